"""What the client's tests share: a small Kraken made of literal frames, on a connection without a network."""

import asyncio
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from havklo import Client
from havklo._transport.memory import MemoryTransport, MemoryVenue

Level = tuple[str, str]

BIDS: list[Level] = [(f"{100 - n}.0", "1.00000000") for n in range(10)]
ASKS: list[Level] = [(f"{101 + n}.0", "2.00000000") for n in range(10)]


def _digits(text: str) -> str:
    return text.replace(".", "").lstrip("0")


def checksum(bids: Sequence[Level], asks: Sequence[Level]) -> int:
    """Kraken's sum of the ten best levels a side, from its description."""
    text = "".join(_digits(price) + _digits(qty) for price, qty in [*asks[:10], *bids[:10]])
    return zlib.crc32(text.encode())


def frame(kind: str, symbol: str, bids: Sequence[Level], asks: Sequence[Level], total: int) -> bytes:
    """A book message with Kraken's keys in Kraken's order."""
    sides = [",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in levels) for levels in (bids, asks)]
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{sides[0]}],'
        f'"asks":[{sides[1]}],"checksum":{total},"timestamp":"2026-11-22T10:00:00.000000Z"}}]}}'
    ).encode()


class Market:
    """One symbol: its best bid's quantity counts up, which is all the trading that these tests need."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bids = list(BIDS)
        self.asks = list(ASKS)

    def snapshot(self) -> bytes:
        """The book as it stands."""
        return frame("snapshot", self.symbol, self.bids, self.asks, checksum(self.bids, self.asks))

    def update(self, *, wrong: bool = False) -> bytes:
        """The next change; with `wrong`, one whose checksum does not hold."""
        price, qty = self.bids[0]
        self.bids[0] = (price, f"{float(qty) + 1:.8f}")
        total = checksum(self.bids, self.asks)
        return frame("update", self.symbol, self.bids[:1], [], total ^ wrong)


class Kraken:
    """Answers requests as Kraken does; the test decides what else is said, and may silence parts of it.

    Attributes:
        refused: Symbols that are refused, with the words for it.
        mute: Methods that get no answer.
        withheld: Symbols that are acknowledged, but whose snapshot does not come.
        broken: For each of these symbols, the next snapshot's checksum is wrong (once per entry).
        requests: All requests that came, decoded.
    """

    def __init__(self, venue: MemoryVenue) -> None:
        self.venue = venue
        self.markets: dict[str, Market] = {}
        self.refused: dict[str, str] = {}
        self.mute: set[str] = set()
        self.withheld: set[str] = set()
        self.broken: list[str] = []
        self.requests: list[dict[str, Any]] = []
        venue.on_open(self._greet)

    @property
    def wire(self) -> MemoryTransport:
        """The latest connection."""
        return self.venue.connections[-1]

    def market(self, symbol: str) -> Market:
        """A symbol's market."""
        return self.markets.setdefault(symbol, Market(symbol))

    def trade(self, *symbols: str, times: int = 1) -> None:
        """Let the symbols change, and tell the latest connection."""
        for _ in range(times):
            self.wire.deliver(*(self.market(symbol).update() for symbol in symbols))

    def desync(self, symbol: str) -> None:
        """Send a change whose checksum does not hold."""
        self.wire.deliver(self.market(symbol).update(wrong=True))

    def asked(self, method: str) -> list[list[str]]:
        """The symbols of each request of a method."""
        return [request["params"]["symbol"] for request in self.requests if request["method"] == method]

    def _greet(self, transport: MemoryTransport) -> None:
        transport.on_sent = lambda payload: self._hear(transport, json.loads(payload))

    def _hear(self, transport: MemoryTransport, request: dict[str, Any]) -> None:
        self.requests.append(request)
        if request["method"] not in self.mute:
            asyncio.get_running_loop().call_soon(self._answer, transport, request)

    def _answer(self, transport: MemoryTransport, request: dict[str, Any]) -> None:
        method, req_id = request["method"], request["req_id"]
        if method == "ping":
            transport.deliver(json.dumps({"method": "pong", "req_id": req_id}))
            return
        params = request["params"]
        for symbol in params["symbol"]:
            if symbol in self.refused:
                answer = {"error": self.refused[symbol], "symbol": symbol, "success": False}
            else:
                result = {"channel": params["channel"], "depth": params["depth"], "symbol": symbol}
                answer = {"result": result, "success": True}
            transport.deliver(json.dumps({"method": method, "req_id": req_id, **answer}))
            if method == "subscribe" and symbol not in {*self.refused, *self.withheld}:
                transport.deliver(self._snapshot(symbol))

    def _snapshot(self, symbol: str) -> bytes:
        market = self.market(symbol)
        if symbol in self.broken:
            self.broken.remove(symbol)
            return frame("snapshot", symbol, market.bids, market.asks, 0)
        return market.snapshot()


@pytest.fixture
def venue() -> MemoryVenue:
    """A venue in memory, with a clock that stands still."""
    return MemoryVenue()


@pytest.fixture
def exchange(venue: MemoryVenue) -> Kraken:
    """Kraken at the other end of the venue's connections."""
    return Kraken(venue)


@pytest.fixture
def seen() -> Callable[..., list[Any]]:
    """Registers for event types of a client and gives the list that they are kept in."""

    def watch(client: Client, *types: type) -> list[Any]:
        events: list[Any] = []
        for each in types:
            client.on(each, events.append)
        return events

    return watch


async def _turn(times: int = 5) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.fixture
def turn() -> Callable[..., Any]:
    """Lets the event loop run what is ready; no time passes."""
    return _turn


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """Nothing that a client does may block its event loop."""
    with blockbuster_ctx():
        yield
