"""What the tests of level 3 share: a simulated Kraken that moves when told to, a client with a key, its events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from havklo import Client, Credentials, Level3Book, Simulator
from havklo.clock import ManualClock
from havklo.events import (
    Connected,
    ConnectionLost,
    Desync,
    Level3Update,
    Refused,
    Resync,
    Spread,
    Stalled,
    SubscriptionLost,
    Trade,
)

__all__ = ["SYMBOLS", "Watch", "agree", "key_of", "playing", "queues", "true_queues"]

SYMBOLS = ("BTC/USD", "ETH/USD", "XRP/USD", "MINA/GBP", "PEPE/USD")
KINDS = (
    Level3Update,
    Desync,
    Resync,
    Connected,
    ConnectionLost,
    Stalled,
    Refused,
    SubscriptionLost,
    Trade,
    Spread,
)
Queue = list[tuple[str, str, str]]


class Watch:
    """Keeps a client's events, and waits for them."""

    def __init__(self, kraken: Client) -> None:
        self.events: list[Any] = []
        self._news = asyncio.Event()
        for kind in KINDS:
            kraken.on(kind, self._keep)

    def _keep(self, event: Any) -> None:
        self.events.append(event)
        self._news.set()

    def of(self, kind: type) -> list[Any]:
        """The events of a type."""
        return [event for event in self.events if type(event) is kind]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds; it can only begin to hold with an event."""
        async with asyncio.timeout(30):
            while not condition():
                self._news.clear()
                await self._news.wait()


def key_of(sim: Simulator, name: str = "trader") -> Credentials:
    """The API key of a simulated account."""
    account = sim.accounts[name]
    return Credentials(account.key, account.secret)


@asynccontextmanager
async def playing(*symbols: str, **options: Any) -> AsyncIterator[tuple[Simulator, Client, Watch]]:
    """A simulator that only moves when stepped, with a client that has a key, and its events."""
    client = {name: options.pop(name) for name in ("level3_budget", "queue", "on_desync") if name in options}
    sim = Simulator(symbols or SYMBOLS, rate=0, clock=ManualClock(), **options)
    async with Client(sim, credentials=key_of(sim), **client) as kraken:
        yield sim, kraken, Watch(kraken)


def queues(book: Level3Book) -> tuple[Queue, Queue]:
    """A book's orders in the simulator's own terms."""
    bids, asks = (
        [(each.order_id, str(each.limit_price), f"{each.order_qty:f}") for each in book.orders(side)]
        for side in ("bid", "ask")
    )
    return bids, asks


def true_queues(sim: Simulator, book: Level3Book) -> tuple[Queue, Queue]:
    """The simulator's own orders."""
    bids, asks = ([tuple(each[:3]) for each in side] for side in sim.queue(book.symbol, book.depth))
    return bids, asks


async def agree(sim: Simulator, watch: Watch, book: Level3Book) -> None:
    """Wait until the book has caught up with the simulator."""
    await watch.until(lambda: book.state == "live" and queues(book) == true_queues(sim, book))
