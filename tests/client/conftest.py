"""What the client's tests share: a small Kraken made of literal frames, on a connection without a network."""

import asyncio
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from havklo import Client
from havklo._transport.memory import MemoryTransport, MemoryVenue

Level = tuple[str, str]

BIDS: list[Level] = [(f"{100 - n}.0", "1.00000000") for n in range(10)]
ASKS: list[Level] = [(f"{101 + n}.0", "2.00000000") for n in range(10)]

_SECOND = 1_000_000_000


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


def rows(channel: str, kind: str, *data: str) -> bytes:
    """A message of a channel without checksums."""
    return f'{{"channel":"{channel}","type":"{kind}","data":[{",".join(data)}]}}'.encode()


class Market:
    """One symbol: its best bid's quantity counts up, and its trades are numbered; more trading these tests do not need.

    Attributes:
        trades: Its trades, each as Kraken writes it; number 0 has happened before anybody came.
        candles: Its candles by their interval.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bids = list(BIDS)
        self.asks = list(ASKS)
        self.trades: list[str] = []
        self.candles: dict[int, list[str]] = {}
        self.print()

    def snapshot(self) -> bytes:
        """The book as it stands."""
        return frame("snapshot", self.symbol, self.bids, self.asks, checksum(self.bids, self.asks))

    def update(self, *, wrong: bool = False) -> bytes:
        """The next change; with `wrong`, one whose checksum does not hold."""
        price, qty = self.bids[0]
        self.bids[0] = (price, f"{float(qty) + 1:.8f}")
        total = checksum(self.bids, self.asks)
        return frame("update", self.symbol, self.bids[:1], [], total ^ wrong)

    def change(self, *, bids: Sequence[Level] = (), asks: Sequence[Level] = ()) -> bytes:
        """A message about levels that the test has changed itself."""
        return frame("update", self.symbol, bids, asks, checksum(self.bids, self.asks))

    def print(self, count: int = 1) -> bytes:
        """The next trades, in one message."""
        for number in range(len(self.trades), len(self.trades) + count):
            self.trades.append(
                f'{{"symbol":"{self.symbol}","side":"buy","price":100.{number:04d},"qty":0.10000000,"ord_type":"market",'
                f'"trade_id":{number},"timestamp":"2026-11-22T10:{number // 60:02d}:{number % 60:02d}.000000Z"}}'
            )
        return rows("trade", "update", *self.trades[-count:])

    def ticker(self, kind: str = "update", **changed: str) -> bytes:
        """What the ticker says, with some of it in other words."""
        said = {
            "symbol": f'"{self.symbol}"',
            "bid": "100.10",
            "bid_qty": "1.00000000",
            "ask": "100.20",
            "ask_qty": "2.50000000",
            "last": "100.10",
            "volume": "1234.56780000",
            "vwap": "99.90",
            "low": "90.00",
            "high": "110.00",
            "change": "-1.50",
            "change_pct": "-1.48",
        }
        return rows("ticker", kind, "{" + ",".join(f'"{key}":{value}' for key, value in (said | changed).items()) + "}")

    def candle(self, minute: int, *, interval: int = 1, trades: int = 5) -> bytes:
        """The candle of a minute, as it is now."""
        begin = f"2026-11-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00.000000000Z"
        said = (
            f'{{"symbol":"{self.symbol}","open":100.0,"high":101.0,"low":99.0,"close":100.{trades},"trades":{trades},'
            f'"volume":12.50000000,"vwap":100.1,"interval_begin":"{begin}","interval":{interval},"timestamp":"{begin}"}}'
        )
        self.candles.setdefault(interval, []).append(said)
        return rows("ohlc", "update", said)


def _pair(symbol: str) -> dict[str, Any]:
    base, _, quote = symbol.partition("/")
    return {
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "status": "online",
        "qty_precision": 8,
        "qty_increment": 1e-08,
        "qty_min": 5e-05,
        "price_precision": 1,
        "price_increment": 0.1,
        "cost_precision": 5,
        "cost_min": "0.5",
        "marginable": True,
        "has_index": True,
    }


def _stamp(epoch_ns: int) -> str:
    seconds, rest = divmod(epoch_ns, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


class Kraken:
    """Answers requests as Kraken does; the test decides what else is said, and may silence parts of it.

    Attributes:
        refused: Symbols that are refused, with the words for it.
        mute: Methods that get no answer.
        withheld: Symbols that are acknowledged, but whose snapshot does not come.
        broken: For each of these symbols, the next snapshot's checksum is wrong (once per entry).
        listed: What the instrument channel lists, by symbol.
        ahead_ns: By how many nanoseconds its clock is ahead.
        requests: All requests that came, decoded.
        readers: What each connection reads, as channel and symbol.
    """

    def __init__(self, venue: MemoryVenue) -> None:
        self.venue = venue
        self.markets: dict[str, Market] = {}
        self.refused: dict[str, str] = {}
        self.mute: set[str] = set()
        self.withheld: set[str] = set()
        self.broken: list[str] = []
        self.listed = {symbol: _pair(symbol) for symbol in ("BTC/USD", "ETH/USD", "XRP/USD", "DOGE/USD", "ETH/BTC")}
        self.ahead_ns = 0
        self.requests: list[dict[str, Any]] = []
        self.readers: dict[MemoryTransport, set[tuple[str, str]]] = {}
        venue.on_open(self._greet)

    @property
    def wire(self) -> MemoryTransport:
        """The latest connection."""
        return self.venue.connections[-1]

    def market(self, symbol: str) -> Market:
        """A symbol's market."""
        return self.markets.setdefault(symbol, Market(symbol))

    def trade(self, *symbols: str, times: int = 1) -> None:
        """Let the symbols' books change, and tell the latest connection."""
        for _ in range(times):
            self.wire.deliver(*(self.market(symbol).update() for symbol in symbols))

    def print(self, symbol: str, count: int = 1, *, lost: bool = False) -> None:
        """Let trades happen, and tell who reads them, unless the message is lost on the way."""
        message = self.market(symbol).print(count)
        if not lost:
            self.tell("trade", symbol, message)

    def tell(self, channel: str, symbol: str, *frames: bytes) -> None:
        """Send frames to every connection that reads a channel of a symbol."""
        for transport, reads in self.readers.items():
            if (channel, symbol) in reads:
                transport.deliver(*frames)

    def beat(self) -> None:
        """Send a heartbeat over every open connection."""
        for transport in self.venue.connections:
            transport.deliver(b'{"channel":"heartbeat"}')

    def desync(self, symbol: str) -> None:
        """Send a change whose checksum does not hold."""
        self.wire.deliver(self.market(symbol).update(wrong=True))

    def asked(self, method: str, channel: str = "book") -> list[list[str]]:
        """The symbols of each request of a method about a channel."""
        about = [request["params"] for request in self.requests if request["method"] == method]
        return [params.get("symbol", []) for params in about if params["channel"] == channel]

    def _greet(self, transport: MemoryTransport) -> None:
        self.readers[transport] = set()
        transport.on_sent = lambda payload: self._hear(transport, json.loads(payload))

    def _hear(self, transport: MemoryTransport, request: dict[str, Any]) -> None:
        self.requests.append(request)
        if request["method"] not in self.mute:
            asyncio.get_running_loop().call_soon(self._answer, transport, request)

    def _answer(self, transport: MemoryTransport, request: dict[str, Any]) -> None:
        method, req_id = request["method"], request["req_id"]
        if method == "ping":
            at = _stamp(self.venue.clock.epoch_ns() + self.ahead_ns)
            transport.deliver(json.dumps({"method": "pong", "req_id": req_id, "time_in": at, "time_out": at}))
            return
        params = request["params"]
        for symbol in params.get("symbol", [""]):
            if symbol in self.refused:
                answer = {"error": self.refused[symbol], "symbol": symbol, "success": False}
            else:
                about = {"symbol": symbol} if symbol else {}
                answer = {"result": params | about, "success": True}
                reads = self.readers[transport]
                (reads.add if method == "subscribe" else reads.discard)((params["channel"], symbol))
            transport.deliver(json.dumps({"method": method, "req_id": req_id, **answer}))
            if method == "subscribe" and symbol not in {*self.refused, *self.withheld}:
                transport.deliver(*self._snapshot(params["channel"], symbol, params.get("interval")))

    def _snapshot(self, channel: str, symbol: str, interval: int | None) -> list[bytes]:
        market = self.market(symbol)
        match channel:
            case "book":
                if symbol not in self.broken:
                    return [market.snapshot()]
                self.broken.remove(symbol)
                return [frame("snapshot", symbol, market.bids, market.asks, 0)]
            case "trade":
                return [rows("trade", "snapshot", *market.trades[-50:])] if market.trades else []
            case "ticker":
                return [market.ticker("snapshot")]
            case "ohlc":
                return [rows("ohlc", "snapshot", *market.candles.get(interval, [])[-720:])]
            case _:
                assets = [{"id": "BTC", "status": "enabled", "precision": 10, "precision_display": 5}]
                listing = {"assets": assets, "pairs": list(self.listed.values())}
                return [json.dumps({"channel": "instrument", "type": "snapshot", "data": listing}).encode()]


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
