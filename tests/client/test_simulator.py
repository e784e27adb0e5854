"""The client against the simulated Kraken, over real sockets: each fault, and the truth to compare with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from havklo import Book, BookState, BookUpdate, Client, Simulator, SubscriptionError
from havklo.channels import book
from havklo.clock import ManualClock
from havklo.events import Connected, ConnectionLost, Desync, Resync, Stalled, Status

SYMBOLS = ("BTC/USD", "ETH/USD", "XRP/USD", "MINA/GBP", "PEPE/USD")


def sides(of: Book, depth: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A book in the simulator's own terms."""
    snapshot = of.snapshot(depth)
    return (
        [(str(level.price), f"{level.qty:f}") for level in snapshot.bids],
        [(str(level.price), f"{level.qty:f}") for level in snapshot.asks],
    )


def truth(sim: Simulator, symbol: str, depth: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The simulator's own book."""
    bids, asks = sim.ladder(symbol, depth)
    return list(bids), list(asks)


class Watch:
    """Keeps a client's events, and waits for them."""

    def __init__(self, kraken: Client) -> None:
        self.events: list[Any] = []
        self._news = asyncio.Event()
        for kind in (BookUpdate, Desync, Resync, Connected, ConnectionLost, Stalled, Status):
            kraken.on(kind, self._keep)

    def _keep(self, event: Any) -> None:
        self.events.append(event)
        self._news.set()

    def of(self, kind: type) -> list[Any]:
        """The events of a type."""
        return [event for event in self.events if type(event) is kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it can only begin to hold with an event."""
        while not condition():
            self._news.clear()
            await self._news.wait()


@asynccontextmanager
async def playing(**options: Any) -> AsyncIterator[tuple[Simulator, Client, Watch]]:
    """A simulator that only moves when stepped, with a client and its events."""
    sim = Simulator(SYMBOLS, rate=0, clock=ManualClock(), **options)
    async with Client(sim) as kraken:
        yield sim, kraken, Watch(kraken)


def advance(sim: Simulator, seconds: float) -> None:
    """Move the simulator's time, and with it the client's."""
    assert isinstance(sim.clock, ManualClock)
    sim.clock.advance(seconds)


async def agree(sim: Simulator, watch: Watch, of: Book, depth: int) -> None:
    """Wait until the book has caught up with the simulator."""
    await watch.until(lambda: of.state is BookState.LIVE and sides(of, depth) == truth(sim, of.symbol, depth))


@pytest.mark.parametrize("depth", [10, 25, 100, 500, 1000])
async def test_every_depth_follows_the_truth(depth: int) -> None:
    """At each depth, every message verifies, and the book ends as the simulator's own."""
    async with playing() as (sim, kraken, watch):
        many = await kraken.subscribe(book(*SYMBOLS, depth=depth))
        assert many.errors == {}
        sim.step(300)
        for each in many.books.values():
            await agree(sim, watch, each, depth)
        assert watch.of(Desync) == []
        assert kraken.statistics().verified == kraken.statistics().messages > 300


@pytest.mark.parametrize("kind", ["drop", "corrupt"])
async def test_a_broken_message(kind: Any) -> None:
    """A lost or a changed message is noticed, costs one resync of that symbol, and nothing else."""
    async with playing() as (sim, kraken, watch):
        many = await kraken.subscribe(book(*SYMBOLS))
        sim.step(50)
        await agree(sim, watch, many.books["BTC/USD"], 10)
        injection = sim.inject(kind, "BTC/USD")
        while injection.remaining or not watch.of(Desync):
            sim.step(1, "BTC/USD")
            await asyncio.sleep(0)
        await watch.until(lambda: bool(watch.of(Resync)))
        sim.step(50)
        for each in many.books.values():
            await agree(sim, watch, each, 10)
        assert [event.symbol for event in watch.of(Desync)] == ["BTC/USD"]
        assert [event.symbol for event in watch.of(Resync)] == ["BTC/USD"]
        assert len(watch.of(Connected)) == 1
        assert kraken.statistics().reconnects == 0


async def test_no_wrong_level_is_ever_shown() -> None:
    """With a fault on every twentieth message, the top of the book of every update is the true one."""
    async with playing(history=5_000) as (sim, kraken, watch):
        btc = await kraken.subscribe(book("BTC/USD", depth=25))
        for _ in range(30):
            sim.step(10, "BTC/USD")
            await agree(sim, watch, btc.book, 10)
            sim.inject("drop", "BTC/USD")
            sim.step(10, "BTC/USD")
            while btc.book.state is not BookState.LIVE or sides(btc.book, 10) != truth(sim, "BTC/USD", 10):
                await asyncio.sleep(0)
                advance(sim, 0.01)
        updates = watch.of(BookUpdate)
        assert len(updates) > 200
        for update in updates:
            bids, asks = sim.ladder("BTC/USD", 1, update.timestamp)
            assert (str(update.best_bid.price), f"{update.best_bid.qty:f}") == bids[0]
            assert (str(update.best_ask.price), f"{update.best_ask.qty:f}") == asks[0]
        assert len(watch.of(Desync)) >= 20


async def test_a_cut_connection() -> None:
    """After a disconnect everything is restored on a new connection."""
    async with playing() as (sim, kraken, watch):
        many = await kraken.subscribe(book(*SYMBOLS, depth=25))
        sim.inject("disconnect", "ETH/USD")
        sim.step(1, "ETH/USD")
        await watch.until(lambda: len(watch.of(Resync)) == len(SYMBOLS))
        sim.step(50)
        for each in many.books.values():
            await agree(sim, watch, each, 25)
        assert len(watch.of(ConnectionLost)) == 1
        assert [event.again for event in watch.of(Connected)] == [False, True]
        assert {event.reason for event in watch.of(Resync)} == {"disconnected"}


async def test_silence_on_the_wire() -> None:
    """A simulator whose time runs ahead without heartbeats is stalled, and heals with the pong."""
    async with playing(heartbeat=1_000.0) as (sim, kraken, watch):
        btc = await kraken.subscribe(book("BTC/USD"))
        advance(sim, 3.1)
        assert btc.book.reason == "stalled"
        await watch.until(lambda: bool(watch.of(Resync)))
        await agree(sim, watch, btc.book, 10)
        assert len(watch.of(Stalled)) == 1
        assert watch.of(ConnectionLost) == []


async def test_refusals() -> None:
    """What the simulator does not list is refused in Kraken's words; the rest is live."""
    async with playing() as (_, kraken, watch):
        many = await kraken.subscribe(book("BTC/USD", "ETC/USD"))
        error = many.errors["ETC/USD"]
        assert isinstance(error, SubscriptionError)
        assert error.error == "Currency pair not supported ETC/USD"
        assert "ETH/USD" in (error.hint or "")
        assert [event.system for event in watch.of(Status)] == ["online"]
        with pytest.raises(SubscriptionError):
            await kraken.subscribe(book("ETC/USD"))


async def test_several_clients_of_one_simulator() -> None:
    """A simulator serves any number of clients, as a venue and by its address."""
    async with Simulator(SYMBOLS, rate=0, clock=ManualClock()) as sim:
        async with Client(sim) as first, Client(sim.url) as second:
            books = [(await each.subscribe(book("BTC/USD"))).book for each in (first, second)]
            watches = [Watch(first), Watch(second)]
            sim.step(20, "BTC/USD")
            for each, watch in zip(books, watches, strict=True):
                await agree(sim, watch, each, 10)
        assert sim.statistics().subscriptions == 0
