"""`havklo demo`: a simulated book proves itself, loses a message, notices and heals."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Annotated, Final, final

from cyclopts import App, Parameter

from havklo._run import run
from havklo.cli._checks import check_seconds
from havklo.cli._output import complain, results
from havklo.cli._stage import Stage, open_stage
from havklo.cli._view import count, number
from havklo.cli._watch import Watch
from havklo.client import Client
from havklo.errors import BookNotLive, ConfigurationError
from havklo.events import BookState, Desync, Level

if TYPE_CHECKING:
    from havklo.sim import Injection, Simulator

__all__ = ["app", "demo"]

_SYMBOL: Final = "BTC/USD"
_LOG: Final = 8
_RATE: Final = 60.0
_FIRST: Final = 3.0  # seconds until the first message is lost
_EVERY: Final = 10.0
_HOLD: Final = 2.0
_REMIND: Final = 30.0  # how often the log tells again where the browser apps are
_WITHOUT_TERMINAL: Final = 8.0  # how long it runs where nobody can press Ctrl-C

_MORE: Final = """\
It starts a simulated Kraken on this machine and shows its BTC/USD book. After
a few seconds the simulator loses one message. The book's checksum is no longer
Kraken's: from that instant it can't be read, takes a fresh snapshot, and is
live again. A few losses are undone by the very next message; then another one
is lost. It runs until Ctrl-C; where no terminal is, for 8 seconds.

Meanwhile the links that it prints lead to the browser apps, which have a
simulated market of their own. havklo serve has more of that.

Exit code: 0 if a lost message was noticed and healed, 1 if not.

Examples:
  havklo demo
  havklo demo --seconds 8
"""

app: App = App(name="demo", usage="Usage: havklo demo [OPTIONS]", help_epilogue=_MORE)


@app.default
def demo(*, seconds: Annotated[float | None, Parameter(metavar="N")] = None) -> int:
    """Watch a simulated book prove itself, lose a message, notice and heal.

    Args:
        seconds: End after so many seconds.

    Returns:
        The exit code: 0 if a lost message was noticed and healed.

    Raises:
        ConfigurationError: The time is not positive.
    """
    check_seconds(seconds)
    # aiohttp takes a while to load, so that --help does without.
    from havklo.sim import Simulator  # noqa: PLC0415

    stories: list[_Story] = []
    try:
        with open_stage(log=_LOG) as stage:
            if seconds is None and not stage.redraws:
                seconds = _WITHOUT_TERMINAL
            run(_show(Simulator(seed=7, rate=_RATE, history=1_000), seconds, stage, stories))
    except KeyboardInterrupt:
        if not any(story.lost for story in stories):
            raise
    return stories[0].conclude()


async def _show(exchange: "Simulator", seconds: float | None, stage: Stage, stories: list["_Story"]) -> None:
    async with _apps(stage) as links, exchange, Client(exchange) as kraken:
        story = _Story(exchange, kraken, stage, _FIRST if seconds is None else min(_FIRST, seconds / 3))
        story.links = links
        stories.append(story)
        await story.watch.show(seconds, story.tell)


@contextlib.asynccontextmanager
async def _apps(stage: Stage) -> AsyncGenerator[Sequence[str]]:
    """Serve the browser apps, if they are built; gives what the log of a terminal is to tell of them.

    Their market is another one: a message lost here is to be this book's, whatever a page does.
    """
    # All this takes a while to load, so that --help does without.
    from havklo.cli.serve import tell_links  # noqa: PLC0415
    from havklo.serve import Gateway, simulated  # noqa: PLC0415
    from havklo.sim import Simulator  # noqa: PLC0415

    source = simulated(Simulator(seed=7))
    try:
        gateway = Gateway(source)
    except ConfigurationError as error:
        results().print(f"{error.message}; {error.hint}", markup=False, soft_wrap=True)
        yield ()
        return
    async with gateway:
        tell_links(gateway, source)
        yield [f"{name} {link}" for name, link in gateway.links.items()] if stage.redraws else ()


@final
class _Story:
    """Loses a message now and then, and sees to it that the log tells what came of it."""

    def __init__(self, exchange: "Simulator", kraken: Client, stage: Stage, first: float) -> None:
        # Handlers are called in the order of their registration: the cause is told before the effect.
        kraken.on(Desync, lambda _: self._tell_faults())
        venue = f"simulated Kraken at {exchange.url}"
        self.watch = Watch(kraken, _SYMBOL, 10, venue=venue, stage=stage, hold=_HOLD)
        kraken.on(Desync, self._try_to_read)
        self.links: Sequence[str] = ()
        self._exchange = exchange
        self._kraken = kraken
        self._next = first
        self._remind = 0.0
        self._orders: list[Injection] = []
        self._told = 0
        self._harmless = 0
        self._wrong = 0
        self._greeted = False

    @property
    def lost(self) -> int:
        """How many messages were lost so far."""
        return sum(len(order.faults) for order in self._orders)

    def tell(self, seconds: float) -> None:
        """Go on with the story, so many seconds after the book went live."""
        if not self._greeted:
            self._greeted = True
            self.watch.note("live", f"the first snapshot is proven; in {self._next:.1f} s a message will be lost")
        if seconds >= self._remind:
            self._remind += _REMIND
            for link in self.links:
                self.watch.note("apps", link)
        if seconds >= self._next:
            self._next += _EVERY
            self._orders.append(self._exchange.inject("drop", _SYMBOL))
        self._tell_faults()
        if self._judge_unnoticed():
            self._next = seconds

    def conclude(self) -> int:
        """Say how it went; returns the exit code."""
        noticed, healed = len(self.watch.desyncs), len(self.watch.resyncs)
        harmless = f" ({self._harmless} of them harmless)" if self._harmless else ""
        results().print(
            f"{count(self.lost, 'message')} lost{harmless}, {noticed} noticed, {healed} healed"
            f" | {self.watch.summary()}",
            markup=False,
            soft_wrap=True,
        )
        if self._wrong:
            complain("the book was wrong, and nobody noticed")
        elif not self.lost:
            complain("no message was lost yet", hint=f"let it run for {_FIRST + 1:g} seconds or more")
        elif not noticed or healed < noticed:
            complain("a lost message was not noticed and healed in time", hint="let it run for longer")
        else:
            return 0
        return 1

    def _try_to_read(self, desync: Desync) -> None:
        try:
            self._kraken.books[desync.symbol].best_bid  # noqa: B018 - to see it refuse
        except BookNotLive as error:
            self.watch.note("refused", f"book.best_bid raises BookNotLive: {error.message}")

    def _tell_faults(self) -> None:
        faults = [fault for order in self._orders for fault in order.faults]
        for fault in faults[self._told :]:
            self.watch.note(
                "fault", f"the simulator lost the message of {fault.timestamp} on its way here", fault.at_ns
            )
        self._told = len(faults)

    def _judge_unnoticed(self) -> bool:
        """Whether the latest loss did no harm: a few are undone by the very next message, and nobody can notice."""
        faults = [fault for order in self._orders for fault in order.faults]
        if len(self.watch.desyncs) + self._harmless + self._wrong >= len(faults):
            return False
        peek = self._kraken.books[_SYMBOL].peek()
        held = peek.snapshot
        if peek.state is not BookState.LIVE or held is None or (held.timestamp or "") <= faults[-1].timestamp:
            return False  # nothing has come since
        truth = self._exchange.ladder(_SYMBOL, 10, held.timestamp)
        if truth == (_texts(held.bids), _texts(held.asks)):
            self._harmless += 1
            self.watch.note("harmless", "the next message set the same levels, so the book is right; another one")
            return True
        self._wrong += 1
        self.watch.note("wrong", "the book is not the simulator's, and nobody noticed")
        return False


def _texts(levels: Sequence[Level]) -> list[tuple[str, str]]:
    return [(number(level.price), number(level.qty)) for level in levels]
