"""What a slow page is sent: never a book from which something is missing."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havklo._engine import Desync, Engine
from havklo.serve.conflation import Lane, Overflow
from havklo.sim.wire.checksum import checksum


def book(symbol: str, number: int, kind: str = "update") -> bytes:
    """A message about a book, which only its name and number tell apart."""
    return json.dumps({"channel": "book", "type": kind, "data": [{"symbol": symbol, "n": number}]}).encode()


def other(channel: str, number: int, symbol: str = "BTC/USD") -> bytes:
    """A message of another channel."""
    data = [] if channel == "heartbeat" else [{"symbol": symbol, "n": number}]
    return json.dumps({"channel": channel, "type": "update", "data": data}).encode()


def request(method: str, *symbols: str, depth: int = 25) -> bytes:
    """A page's request about books."""
    params = {"channel": "book", "symbol": symbols, "depth": depth}
    return json.dumps({"method": method, "params": params, "req_id": 3}).encode()


def ack(asked: bytes, *, success: bool = True) -> bytes:
    """The answer to a request."""
    read = json.loads(asked)
    return json.dumps({"method": read["method"], "req_id": read["req_id"], "success": success}).encode()


def drain(lane: Lane) -> list[bytes]:
    """Everything that waits."""
    return list(iter(lane.take, None))


def slow(*frames: bytes, most: int = 3) -> Lane:
    """A lane of a page that has read none of these."""
    lane = Lane(most_frames=most)
    lane.asked(request("subscribe", "BTC/USD", "ETH/USD"))
    for frame in frames:
        assert not lane.put(frame)
    return lane


def test_a_page_that_keeps_up_gets_everything() -> None:
    """Every byte in its order, whatever it is."""
    frames = [b"\xff no JSON", *(book("BTC/USD", n) for n in range(9)), b'{"channel":"book"', other("trade", 1)]
    lane = Lane(most_frames=3)
    got: list[bytes] = []
    for frame in frames:
        assert not lane.put(frame)
        got += drain(lane)
    assert got == frames
    assert (lane.sent, lane.left_out, lane.lapses) == (len(frames), 0, 0)
    assert not lane.caught_up()


def test_books_give_way_together() -> None:
    """Of a book nothing is left, of tickers the last, of heartbeats nothing, of trades all, in their order."""
    lane = slow(
        other("ticker", 1),
        book("BTC/USD", 1),
        other("trade", 2),
        book("ETH/USD", 3),
        other("heartbeat", 4),
        other("ticker", 5),
        other("trade", 6),
        b"no JSON",
        book("BTC/USD", 7),
        most=8,
    )
    assert drain(lane) == [other("trade", 2), other("ticker", 5), other("trade", 6), b"no JSON"]
    assert set(lane.lapsed) == {"BTC/USD", "ETH/USD"}
    assert (lane.left_out, lane.lapses) == (5, 2)


def test_a_lapsed_book_comes_back_as_a_snapshot() -> None:
    """Updates are held back until the fresh snapshot, and the answers to requests that the page has not made."""
    lane = slow(*(book("BTC/USD", n) for n in range(4)))
    assert drain(lane) == []
    lane.put(book("BTC/USD", 4))
    lane.put(book("ETH/USD", 5))  # which nothing has happened to
    assert drain(lane) == [book("ETH/USD", 5)]
    (leave,) = lane.caught_up()
    asked = json.loads(leave)
    assert (asked["method"], asked["params"]) == (
        "unsubscribe",
        {"channel": "book", "symbol": ["BTC/USD"], "depth": 25},
    )
    assert not lane.caught_up()  # once is enough
    lane.put(book("BTC/USD", 6, "snapshot"))  # of the old subscription
    (join,) = lane.put(ack(leave))
    assert json.loads(join)["params"] == asked["params"]
    assert json.loads(join)["req_id"] != asked["req_id"]
    assert not lane.put(ack(join))
    lane.put(book("BTC/USD", 7))
    assert drain(lane) == []
    after = [book("BTC/USD", 8, "snapshot"), book("BTC/USD", 9)]
    for frame in after:
        lane.put(frame)
    assert drain(lane) == after
    assert not lane.lapsed


def test_the_page_ends_the_subscription_itself() -> None:
    """Then nothing is subscribed on its behalf, and the answer to its request is its own."""
    lane = slow(*(book("BTC/USD", n) for n in range(4)))
    (leave,) = lane.caught_up()
    own = request("unsubscribe", "BTC/USD")
    lane.asked(own)
    assert not lane.put(ack(leave))
    assert not lane.put(ack(own))
    assert drain(lane) == [ack(own)]
    assert not lane.lapsed


@pytest.mark.parametrize("frames", [[other("trade", n) for n in range(9)], [book("XRP/USD", n) for n in range(9)]])
def test_what_can_not_give_way(frames: list[bytes]) -> None:
    """Trades alone, or a book that was not asked for here: the page needs a new connection."""
    lane = Lane(most_frames=8)
    for frame in frames[:-1]:
        lane.put(frame)
    with pytest.raises(Overflow):
        lane.put(frames[-1])


def test_bytes_count_too() -> None:
    """A few long messages are as much as many short ones."""
    lane = Lane(most_bytes=100)
    with pytest.raises(Overflow):
        lane.put(b"x" * 101)


def test_no_fresh_snapshot() -> None:
    """A subscription that is refused can't be hidden from the page."""
    lane = slow(*(book("BTC/USD", n) for n in range(4)))
    (leave,) = lane.caught_up()
    (join,) = lane.put(ack(leave, success=False))  # it was gone already, which is as good
    with pytest.raises(Overflow, match="BTC/USD could not be subscribed anew"):
        lane.put(ack(join, success=False))


class Market:
    """A book on the exchange's side, and the connection of one page to it."""

    def __init__(self, symbol: str, seed: int) -> None:
        self.symbol = symbol
        self.rng = random.Random(seed)
        self.bids = {100 - n: 1 for n in range(10)}
        self.asks = {101 + n: 1 for n in range(10)}
        self.subscribed = False

    def handle(self, text: bytes) -> list[bytes]:
        """Answer a request."""
        asked: dict[str, Any] = json.loads(text)
        self.subscribed = asked["method"] == "subscribe"
        return [ack(text), *([self.frame("snapshot", self.bids, self.asks)] if self.subscribed else [])]

    def move(self) -> list[bytes]:
        """Change a quantity."""
        side = self.rng.choice((self.bids, self.asks))
        price = self.rng.choice(list(side))
        side[price] += 1
        change = {price: side[price]}
        frame = self.frame("update", change if side is self.bids else {}, change if side is self.asks else {})
        return [frame] if self.subscribed else []

    def frame(self, kind: str, bids: dict[int, int], asks: dict[int, int]) -> bytes:
        """A message with the checksum of the book as it stands."""
        rows = [
            ",".join(f'{{"price":{p}.0,"qty":{q}.0}}' for p, q in sorted(side.items(), reverse=side is bids))
            for side in (bids, asks)
        ]
        total = checksum(*self.rows())
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{self.symbol}","bids":[{rows[0]}],'
            f'"asks":[{rows[1]}],"checksum":{total},"timestamp":"2026-11-23T10:00:00.000000Z"}}]}}'
        ).encode()

    def rows(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Bids and asks as texts, best first."""
        bids = [(f"{p}.0", f"{q}.0") for p, q in sorted(self.bids.items(), reverse=True)]
        asks = [(f"{p}.0", f"{q}.0") for p, q in sorted(self.asks.items())]
        return bids, asks


class Page:
    """A page that reads now and then, its lane, and the exchange at the other end of it."""

    def __init__(self, *markets: Market) -> None:
        self.engine = Engine()
        self.lane = Lane(most_frames=12)
        self.markets = {market.symbol: market for market in markets}
        for symbol in self.markets:
            self.engine.track(symbol, depth=10)
            asked = request("subscribe", symbol, depth=10)
            self.lane.asked(asked)
            self.ask(asked)

    def ask(self, *requests: bytes) -> None:
        """Ask the exchange, which answers at once."""
        for each in requests:
            symbol = json.loads(each)["params"]["symbol"][0]
            self.come(self.markets[symbol].handle(each))

    def come(self, frames: list[bytes]) -> None:
        """Frames come from the exchange."""
        for frame in frames:
            self.ask(*self.lane.put(frame))

    def read(self) -> None:
        """Read one frame, which leaves its book proven, or find that there is none."""
        frame = self.lane.take()
        if frame is None:
            self.ask(*self.lane.caught_up())
        else:
            assert not isinstance(self.engine.receive(frame, 1), Desync)

    def held(self, symbol: str) -> Any:
        """The book's rows as the page has them."""
        held = self.engine.book(symbol).snapshot(10)
        return tuple([(str(level.price), str(level.qty)) for level in side] for side in (held.bids, held.asks))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from("mmmmmmrrd"), max_size=300))
def test_a_page_never_sees_a_broken_book(seed: int, story: list[str]) -> None:
    """Whenever it reads and however little, each message that reaches it leaves its book proven, and at last right."""
    markets = [Market("BTC/USD", seed), Market("ETH/USD", seed + 1)]
    page = Page(*markets)
    for step in story:
        if step == "m":
            page.come(markets[seed % 2].move() + markets[0].move())
        for _ in range({"m": 0, "r": 1, "d": 20}[step]):
            page.read()
    for _ in range(100):
        page.read()
    assert not page.lane.lapsed
    for market in markets:
        assert page.held(market.symbol) == market.rows()


def test_such_pages_do_lapse() -> None:
    """What is tested above does happen there."""
    market = Market("BTC/USD", 1)
    page = Page(market)
    for _ in range(40):
        page.come(market.move())
    assert page.lane.lapses == 1
