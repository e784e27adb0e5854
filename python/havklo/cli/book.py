"""`havklo book`: an order book in the terminal, live, with its proof."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter

from havklo._run import run
from havklo.channels import book as book_channel
from havklo.cli._checks import check_seconds
from havklo.cli._feed import JsonStage, advising, venue_of
from havklo.cli._output import results
from havklo.cli._stage import open_stage
from havklo.cli._watch import Watch
from havklo.client import Client
from havklo.errors import HavkloError, SubscribeTimeout
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

__all__ = ["app", "book"]

_LOG: Final = 3
_TICK: Final = 0.1
_SECOND: Final = 1_000_000_000
_TOLD: Final = (BookUpdate, Desync, Resync, CrossedBook, Connected, ConnectionLost, Stalled, Malformed, Status)
"""What `--json` writes."""

_MORE: Final = """\
Asks stand above the spread, bids below it. The head tells the state: live,
resyncing, stalled, disconnected, desynced; a book that is not live turns grey.
Kraken's checksum proves the ten best levels on every message; deeper ones,
marked ~, are watched by structure. Where no terminal is, it prints a line a
second. It runs until Ctrl-C.

--json prints one object a line: event is book_update for each proven message,
with its changes, or what happened to the book: desync, resync, connection_lost
and so on. Prices and quantities are texts with every digit that Kraken sent.

Venues:
  live       Kraken itself, no account needed (the default)
  sim        a simulated Kraken of its own, no network needed
  ws://...   the public endpoint at this address, such as havklo sim's

Examples:
  havklo book BTC/USD
  havklo book ETH/USD --depth 25 --venue sim
  havklo book BTC/USD --venue ws://127.0.0.1:8900/v2 --seconds 10
  havklo book BTC/USD --json
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
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show an order book live, with its proof.

    Args:
        symbol: The pair, such as BTC/USD.
        depth: Levels a side.
        venue: Where it comes from: live, sim, or the URL of a public endpoint.
        seconds: End after so many seconds.
        json: One JSON object a line.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: A value that can't be.
        HavkloError: The book could not be subscribed, or was lost for good.
    """
    check_seconds(seconds)
    symbol = canonical(symbol)
    chosen = venue_of(venue, [symbol])
    if json:
        with contextlib.suppress(KeyboardInterrupt), JsonStage() as lines:
            run(_write(chosen, symbol, depth, lines, seconds))
        return 0
    watches: list[Watch] = []
    with contextlib.suppress(KeyboardInterrupt), open_stage(log=_LOG) as stage:

        def make(kraken: Client, name: str) -> Watch:
            watches.append(Watch(kraken, symbol, depth, venue=name, stage=stage))
            return watches[-1]

        run(_show(chosen, make, seconds))
    for watch in watches:
        results().print(watch.summary(), markup=False, soft_wrap=True)
    return 0


async def _show(venue: Venue, make: Callable[[Client, str], Watch], seconds: float | None) -> None:
    async with Client(venue) as kraken:
        url = venue.endpoint("public")
        try:
            await make(kraken, url if url == venue.name else f"{venue.name}, {url}").show(seconds)
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
