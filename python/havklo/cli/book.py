"""`havklo book`: an order book in the terminal, live, with its proof."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import App, Parameter

from havklo._run import run
from havklo.channels import LEVEL3_DEPTHS
from havklo.channels import book as book_channel
from havklo.cli._checks import check_seconds
from havklo.cli._feed import JsonStage, advising, venue_of
from havklo.cli._output import results
from havklo.cli._stage import open_stage
from havklo.cli._watch import Watch
from havklo.client import Client
from havklo.errors import ConfigurationError, CredentialsError, HavkloError, SubscribeTimeout
from havklo.events import (
    BookUpdate,
    Connected,
    ConnectionLost,
    CrossedBook,
    Desync,
    Malformed,
    Resync,
    Stalled,
    Status,
    SubscriptionLost,
)
from havklo.instruments import canonical
from havklo.venues import LIVE, Venue

if TYPE_CHECKING:
    from havklo.cli._queues import Asked
    from havklo.credentials import Credentials

__all__ = ["app", "book"]

_LOG: Final = 3
_TICK: Final = 0.1
_WITHIN: Final = 10.0
_LONGEST: Final = 600.0  # a book learns for no longer horizons
_SECOND: Final = 1_000_000_000
_TOLD: Final = (BookUpdate, Desync, Resync, CrossedBook, Connected, ConnectionLost, Stalled, Malformed, Status)
"""What `--json` writes."""

_MORE: Final = """\
Asks stand above the spread, bids below it. The head tells the state: live,
resyncing, stalled, disconnected, desynced; a book that is not live turns grey.
Kraken's checksum proves the ten best levels on every message; deeper ones,
marked ~, are watched by structure. Where no terminal is, it prints a line a
second. It runs until Ctrl-C.

--l3 shows the queue at each price, order by order, first to be filled first;
the place of an order that --order names, exact or bounded, and how likely it is
to be filled --within so many seconds, learned from what has come so far; what
the checksum has told about amended orders. It needs an API key, of whatever permissions: --key FILE, or
KRAKEN_API_KEY and KRAKEN_API_SECRET. The sim venue has its own.

--json prints one object a line: event is book_update (level3_update) for each
proven message, with its changes (and the queues after it), or what happened to
the book: desync, resync, connection_lost and so on. Prices and quantities are
texts with every digit that Kraken sent.

Venues:
  live       Kraken itself, no account needed (the default)
  sim        a simulated Kraken of its own, no network needed
  ws://...   the public endpoint at this address, such as havklo sim's

Examples:
  havklo book BTC/USD
  havklo book ETH/USD --depth 25 --venue sim
  havklo book BTC/USD --venue ws://127.0.0.1:8900/v2 --seconds 10
  havklo book BTC/USD --json
  havklo book BTC/USD --l3 --venue sim
  havklo book BTC/USD --l3 --key kraken.toml --order OABCDE-FGHIJ-KLMNOP
"""

app: App = App(name="book", usage="Usage: havklo book SYMBOL [OPTIONS]", help_epilogue=_MORE)


@app.default
def book(
    symbol: str,
    /,
    *,
    depth: Annotated[Literal[10, 25, 100, 500, 1000], Parameter(metavar="N")] = 10,
    venue: Annotated[str, Parameter(metavar="live|sim|URL")] = "live",
    seconds: Annotated[float | None, Parameter(metavar="N")] = None,
    plain: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    l3: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    order: Annotated[Sequence[str], Parameter(metavar="ID", negative="", show_default=False)] = (),
    within: Annotated[float | None, Parameter(metavar="SECONDS")] = None,
    key: Annotated[Path | None, Parameter(metavar="FILE")] = None,
) -> int:
    """Show an order book live, with its proof.

    Args:
        symbol: The pair, such as BTC/USD.
        depth: Levels a side.
        venue: Where it comes from: live, sim, or the URL of a public endpoint.
        seconds: End after so many seconds.
        plain: A line a second, on a terminal, too.
        json: One JSON object a line.
        l3: Level 3: every order, in the sequence in which they are filled.
        order: Mark this order of level 3, tell its place and chance; may be given several times.
        within: The horizon of that chance; 10 if not given.
        key: A file with the API key for level 3; the environment's if not given.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be.
        CredentialsError: Level 3 needs an API key, and there is none.
        HavkloError: The book could not be subscribed, or was lost for good.
    """
    check_seconds(seconds)
    symbol = canonical(symbol)
    if plain and json:
        raise ConfigurationError("--plain and --json are two ways to write", hint="give one of them")
    if not l3 and (order or key or within is not None):
        raise ConfigurationError("--order, --within and --key are about level 3", hint=f"havklo book {symbol} --l3")
    chosen = venue_of(venue, [symbol])
    if l3:
        asked = _asked(symbol, depth, order, within, seconds)
        _level3(chosen, _credentials(chosen, key), asked, plain=plain, json=json)
        return 0
    if json:
        with contextlib.suppress(KeyboardInterrupt), JsonStage() as lines:
            run(_write(chosen, symbol, depth, lines, seconds))
        return 0
    watches: list[Watch] = []
    with contextlib.suppress(KeyboardInterrupt), open_stage(log=_LOG, plain=plain) as stage:

        def make(kraken: Client, name: str) -> Watch:
            watches.append(Watch(kraken, symbol, depth, venue=name, stage=stage))
            return watches[-1]

        run(_show(chosen, make, seconds))
    for watch in watches:
        results().print(watch.summary(), markup=False, soft_wrap=True)
    return 0


def _asked(symbol: str, depth: int, order: Sequence[str], within: float | None, seconds: float | None) -> "Asked":
    """What is to be watched of level 3.

    Raises:
        ConfigurationError: Level 3 has no such depth, or nobody learns for such a horizon.
    """
    from havklo.cli._queues import Asked  # noqa: PLC0415 - only level 3 needs it

    if depth not in LEVEL3_DEPTHS:
        depths = ", ".join(map(str, LEVEL3_DEPTHS))
        raise ConfigurationError(f"Kraken serves no level 3 of depth {depth}", hint=f"the depths are {depths}")
    if within is not None and not order:
        raise ConfigurationError("--within is about an order", hint="--order ID")
    horizon = _WITHIN if within is None else within
    if not 0 < horizon <= _LONGEST:
        raise ConfigurationError(f"--within is a number above 0 and at most {_LONGEST:g}, not {horizon:g}")
    orders = tuple(dict.fromkeys(order))
    return Asked(symbol=symbol, depth=depth, orders=orders, within=horizon, seconds=seconds)


def _level3(venue: Venue, credentials: "Credentials", asked: "Asked", *, plain: bool, json: bool) -> None:
    """Show or write a level-3 book."""
    # Only level 3 needs these.
    from havklo.cli._queue_json import write_queues  # noqa: PLC0415
    from havklo.cli._queue_stage import QueueStage, open_queue_stage  # noqa: PLC0415
    from havklo.cli._queue_watch import QueueWatch  # noqa: PLC0415

    watches: list[QueueWatch] = []

    async def write(stage: JsonStage) -> None:
        async with Client(venue, credentials=credentials) as kraken:
            with advising(venue):
                await write_queues(kraken, asked, stage)

    async def show(stage: QueueStage) -> None:
        async with Client(venue, credentials=credentials) as kraken:
            watches.append(QueueWatch(kraken, asked, venue=_named(venue), stage=stage))
            with advising(venue):
                await watches[-1].show()

    if json:
        with contextlib.suppress(KeyboardInterrupt), JsonStage() as lines:
            run(write(lines))
        return
    with contextlib.suppress(KeyboardInterrupt), open_queue_stage(plain=plain) as stage:
        run(show(stage))
    for watch in watches:
        results().print(watch.summary(), markup=False, soft_wrap=True)


def _credentials(venue: Venue, key: Path | None) -> "Credentials":
    """The API key: the simulator's own, a file's, or the environment's.

    Raises:
        CredentialsError: There is none.
    """
    from havklo.credentials import Credentials  # noqa: PLC0415

    if key is not None:
        return Credentials.from_file(key)
    if venue.name == "sim":
        from havklo.sim import Simulator  # noqa: PLC0415

        if isinstance(venue, Simulator):
            account = next(iter(venue.accounts.values()))
            return Credentials(account.key, account.secret)
    try:
        return Credentials.from_env()
    except CredentialsError as error:
        error.hint = error.hint or "--key FILE names a file with the key; --venue sim needs none"
        raise


def _named(venue: Venue) -> str:
    """The venue's name for people."""
    url = venue.endpoint("public")
    return url if url == venue.name else f"{venue.name}, {url}"


async def _show(venue: Venue, make: Callable[[Client, str], Watch], seconds: float | None) -> None:
    async with Client(venue) as kraken:
        try:
            await make(kraken, _named(venue)).show(seconds)
        except SubscribeTimeout as error:
            error.hint = "--venue sim needs no network" if venue is LIVE else error.hint
            raise


async def _write(venue: Venue, symbol: str, depth: int, stage: JsonStage, seconds: float | None) -> None:
    """Write everything that happens to a book, in its order, as it happens."""
    async with Client(venue) as kraken:
        lost: list[SubscriptionLost] = []
        for kind in _TOLD:
            kraken.on(kind, stage.take)
        kraken.on(SubscriptionLost, lost.append)
        clock = kraken.clock
        began = clock.now()
        subscribing = asyncio.create_task(kraken.subscribe(book_channel(symbol, depth=depth)))
        try:
            async for now in clock.every(_TICK):
                stage.draw()
                if subscribing.done():
                    with advising(venue):
                        subscribing.result()
                if lost:
                    raise lost[0].error
                if seconds is not None and now - began >= seconds * _SECOND:
                    break
        finally:
            subscribing.cancel()
        if not subscribing.done():
            raise HavkloError(f"{symbol} was not live within {seconds:g} s")
