"""Watching a book: what there is to see while it is live, at the instant of a desync, and after it has healed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from havklo import Client, HavkloError, Simulator, SubscriptionError
from havklo.cli._watch import Watch
from havklo.clock import ManualClock
from havklo.events import Malformed, Stalled, Status, SubscriptionLost

Eventually = Callable[[Callable[[], object]], Awaitable[None]]
SYMBOL = "BTC/USD"


class Scene:
    """A simulator that trades when told to, a client, a watch, and the stage that it plays on."""

    def __init__(self, exchange: Simulator, clock: ManualClock, watch: Watch, stage: Any) -> None:
        self.exchange = exchange
        self.clock = clock
        self.watch = watch
        self.stage = stage
        self.showing: asyncio.Task[None] | None = None

    def begin(self, seconds: float | None = None, each: Callable[[float], object] | None = None) -> None:
        """Show the book from now on."""
        self.showing = asyncio.create_task(self.watch.show(seconds, each))

    async def first_picture(self) -> Any:
        """Let the first tenth of a second pass, before the sockets have said anything."""
        await asyncio.sleep(0)
        self.clock.advance(0.1)
        await asyncio.sleep(0)
        return self.stage.views[-1]

    async def picture(self, condition: Callable[[], object]) -> Any:
        """Let a tenth of a second pass again and again until a condition holds; gives the latest view."""
        for _ in range(500):
            for _ in range(20):  # what the sockets hold is read before time goes on
                await asyncio.sleep(0)
                if condition():
                    return self.stage.views[-1]
            self.clock.advance(0.1)
        pytest.fail("it never happened")


@pytest.fixture
def scene(stage: Any) -> Any:
    """Set a scene."""

    @asynccontextmanager
    async def make(*, symbol: str = SYMBOL, hold: float = 0.0, redraws: bool = True) -> AsyncIterator[Scene]:
        clock, shown = ManualClock(), stage(redraws=redraws)
        # Fast-forwarded time must not look like silence: heartbeats are due more often than it jumps.
        async with Simulator([SYMBOL], rate=0, clock=clock, heartbeat=0.05) as exchange, Client(exchange) as kraken:
            scene = Scene(exchange, clock, Watch(kraken, symbol, 10, venue="sim", stage=shown, hold=hold), shown)
            yield scene
            if scene.showing is not None and not scene.showing.done():
                scene.showing.cancel()
                await asyncio.wait([scene.showing])

    return make


async def test_a_book_goes_live(scene: Any) -> None:
    """First it is connecting, then live, with its figures; each picture follows a tenth of a second."""
    async with scene() as play:
        play.begin()
        first = await play.first_picture()
        assert (first.word, first.shown, first.verified) == ("connecting", None, 0)
        view = await play.picture(lambda: play.stage.views[-1].live)
        assert (view.symbol, view.depth, view.venue, view.word) == (SYMBOL, 10, "sim", "live")
        assert (view.verified, view.resyncs, dict(view.desyncs)) == (1, 0, {})
        assert view.microprice is not None
        assert view.imbalance is not None
        assert [str(level.price) for level in view.shown.bids] == [
            price for price, _ in play.exchange.ladder(SYMBOL, 10)[0]
        ]


async def test_a_desync_is_seen_as_it_happens(scene: Any, eventually: Eventually) -> None:
    """At that instant the view is not live, holds the last proven state, and both sums are told."""
    async with scene(hold=2.0) as play:
        play.begin()
        await play.picture(lambda: play.stage.views and play.stage.views[-1].live)
        proven = play.stage.views[-1].shown.checksum
        play.exchange.inject("drop", SYMBOL)
        play.exchange.step(2, SYMBOL)
        await eventually(lambda: "healed" in play.stage.kinds)
        assert play.stage.kinds == ["desync", "healed"]
        (desync,) = play.watch.desyncs
        assert str(desync.expected) in play.stage.notes[0].text
        assert str(desync.computed) in play.stage.notes[0].text
        held = play.watch.view()
        assert (held.live, held.word, held.shown.checksum) == (False, "desynced", proven)
        assert (held.microprice, held.imbalance) == (None, None)
        assert held.held.startswith("picture held for 2 s; it was live again after ")
        play.clock.advance(2.0)
        healed = play.watch.view()
        assert (healed.live, healed.held, healed.resyncs) == (True, None, 1)
        assert play.watch.summary() == "BTC/USD at depth 10: 2 messages verified, 1 desync, 1 resync"


async def test_a_stage_of_lines_holds_no_picture(scene: Any, eventually: Eventually) -> None:
    """Where nothing is drawn over, the present is always told."""
    async with scene(hold=2.0, redraws=False) as play:
        play.begin()
        await play.picture(lambda: play.stage.views and play.stage.views[-1].live)
        play.exchange.inject("corrupt", SYMBOL)
        play.exchange.step(1, SYMBOL)
        await eventually(lambda: "healed" in play.stage.kinds)
        assert play.watch.view().live


async def test_a_lost_connection_is_told(scene: Any) -> None:
    """The book is disconnected, then live again on a new connection; both are in the log."""
    async with scene() as play:
        play.begin()
        await play.picture(lambda: play.stage.views and play.stage.views[-1].live)
        play.exchange.inject("disconnect", SYMBOL)
        play.exchange.step(1, SYMBOL)
        await play.picture(lambda: "healed" in play.stage.kinds)
        assert play.stage.kinds == ["lost", "healed"]
        assert play.stage.notes[0].text.startswith("the connection: ")


async def test_what_else_is_told(scene: Any) -> None:
    """A stall, an unreadable frame and a maintenance are in the log; the latter stays in sight."""
    async with scene() as play:
        handlers = play.watch._kraken._hub.handlers
        handlers.tell(Stalled(connection=0, silent_ns=3_000_000_000))
        handlers.tell(Malformed(connection=0, detail="expected a string at byte 7"))
        for system in ("maintenance", "maintenance"):
            handlers.tell(
                Status(system=system, connection_id=1, version="2", api_version="v2", upcoming_maintenance=())
            )
        assert [(note.kind, note.text) for note in play.stage.notes] == [
            ("stalled", "nothing came for 3.0 s"),
            ("malformed", "expected a string at byte 7"),
            ("status", "Kraken says it is maintenance"),
        ]


async def test_a_refusal_ends_it(scene: Any) -> None:
    """A symbol that is not listed is the subscription's own error."""
    async with scene(symbol="FOO/BAR") as play:
        play.begin()
        with pytest.raises(SubscriptionError, match="Currency pair not supported FOO/BAR"):
            await play.picture(lambda: play.showing.done() and play.showing.result())


async def test_a_subscription_that_is_lost_for_good_ends_it(scene: Any) -> None:
    """What ended the subscription ends the watch."""
    async with scene() as play:
        play.begin()
        await play.picture(lambda: play.stage.views and play.stage.views[-1].live)
        error = SubscriptionError(SYMBOL, "book", "delisted")
        play.watch._kraken._hub.handlers.tell(SubscriptionLost(symbol=SYMBOL, channel="book", error=error))
        with pytest.raises(SubscriptionError, match="delisted"):
            await play.picture(lambda: play.showing.done() and play.showing.result())


async def test_the_time_is_up(scene: Any) -> None:
    """It ends by itself, having counted the seconds since the book went live."""
    async with scene() as play:
        seconds: list[float] = []
        play.begin(20.0, seconds.append)
        await play.picture(play.showing.done)
        assert play.showing.exception() is None
        assert seconds[0] == 0
        assert seconds == sorted(seconds)


async def test_the_time_is_up_too_soon(scene: Any) -> None:
    """A book that was not live in time is an error."""
    async with scene() as play:
        play.begin(0.1)
        await play.first_picture()
        with pytest.raises(HavkloError, match=r"BTC/USD was not live within 0\.1 s"):
            await play.showing
