"""Faults on the way, and their log."""

import json
import random

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.delivery.faults import Faults, corrupt
from havklo.sim.delivery.hub import Hub
from havklo.sim.exchange import Exchange, Publication
from havklo.sim.symbols import pairs


class Inbox:
    """A subscriber that keeps what it gets."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.frames: list[bytes] = []
        self.aborted = False

    def send(self, frame: bytes) -> None:
        """Keep a frame."""
        self.frames.append(frame)

    def abort(self) -> None:
        """Note the end."""
        self.aborted = True


class Rig:
    """An exchange with two books, a hub, and subscribers to both."""

    def __init__(self, subscribers: int = 1, depth: int = 10) -> None:
        self.faults = Faults(1)
        self.hub = Hub(self.faults)
        self.exchange = Exchange(pairs(["BTC/USD", "ETH/USD"]), seed=1)
        self.inboxes = [Inbox(number + 1) for number in range(subscribers)]
        self.snapshots: dict[str, bytes] = {}
        for symbol in self.exchange.pairs:
            listing = self.exchange.listing(symbol, 0)
            self.snapshots[symbol] = listing.snapshot(depth)
            for inbox in self.inboxes:
                listing.feed.open(depth)
                self.hub.join(inbox, symbol, depth)

    def trade(self, symbol: str, n: int = 1) -> list[bytes]:
        """Let a market trade; returns what should have arrived."""
        due: list[bytes] = []
        for _ in range(n):
            for publication in self.exchange.step(0, symbol):
                self.publish(publication)
                due += [frame for _, frame in publication.messages]
        return due

    def publish(self, publication: Publication) -> None:
        """Hand an event to the hub."""
        self.hub.publish(publication, 99)


def test_drop() -> None:
    """The next update of that symbol is lost, the others are not, and the log has the frame."""
    rig = Rig()
    order = rig.faults.inject("drop", "ETH/USD")
    btc = rig.trade("BTC/USD")
    lost = rig.trade("ETH/USD")
    after = rig.trade("ETH/USD")
    assert rig.inboxes[0].frames == btc + after
    (fault,) = rig.faults.log
    assert order.faults == [fault]
    assert order.remaining == 0
    assert rig.faults.pending == []
    assert (fault.kind, fault.symbol, fault.depth, fault.connection) == ("drop", "ETH/USD", 10, 1)
    assert (fault.frame, fault.sent, fault.at_ns) == (lost[0], None, 99)
    assert fault.timestamp == json.loads(lost[0])["data"][0]["timestamp"]


def test_disconnect() -> None:
    """The connection is cut in place of the update."""
    rig = Rig()
    rig.faults.inject("disconnect")
    (lost,) = rig.trade("BTC/USD")
    assert rig.inboxes[0].aborted
    assert rig.inboxes[0].frames == []
    assert rig.faults.log[0].frame == lost


@pytest.mark.parametrize("depth", [10, 25, 1000])
def test_corrupt(depth: int, naive_book: type) -> None:
    """Exactly one digit differs, the frame is still JSON, and its checksum fails, every time."""
    rig = Rig(depth=depth)
    book = naive_book(depth)
    assert book.apply(rig.snapshots["BTC/USD"])
    for _ in range(200):
        order = rig.faults.inject("corrupt", "BTC/USD")
        for frame in rig.trade("BTC/USD"):
            if order.faults and order.faults[0].frame == frame:
                sent = order.faults[0].sent
                assert sent is not None
                assert sum(a != b for a, b in zip(frame, sent, strict=True)) == 1
                assert not verifies(book, sent)
            assert book.apply(frame)
        assert order.remaining == 0


def verifies(book: object, frame: bytes) -> bool:
    """Whether a copy of the book holds after a frame; a level that it does not know counts as a failure."""
    copy = type(book)(book.depth)  # type: ignore[attr-defined]
    copy.levels = tuple(dict(side) for side in book.levels)  # type: ignore[attr-defined]
    try:
        return copy.apply(frame)
    except KeyError:
        return False


def test_corrupt_keeps_numbers_whole() -> None:
    """No digit choice ever makes a leading zero, and short checksums are no special case."""
    frame = (
        b'{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":10.5,"qty":0.02}],"asks":[],'
        b'"checksum":7,"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
    )
    rng = random.Random(1)
    changed = {corrupt(frame, ([("10.5", "0.02")], []), rng) for _ in range(500)}
    assert frame not in changed
    for each in changed:
        json.loads(each)
    assert len(changed) == (8 + 9 + 9) + (9 + 9 + 9) + 9


def test_count_means_in_a_row_on_one_connection() -> None:
    """Three drops are three updates in a row of one connection; the other one loses nothing."""
    rig = Rig(subscribers=2)
    rig.faults.inject("drop", count=3)
    due = rig.trade("BTC/USD", 5)
    assert rig.inboxes[0].frames == due[3:]
    assert rig.inboxes[1].frames == due
    assert [fault.connection for fault in rig.faults.log] == [1, 1, 1]
    assert rig.faults.counts == {"drop": 3}


def test_chosen_connection() -> None:
    """A fault for a connection strikes that one only; it is void when the connection ends."""
    rig = Rig(subscribers=2)
    order = rig.faults.inject("drop", count=2, connection=2)
    due = rig.trade("BTC/USD")
    assert rig.inboxes[0].frames == due
    assert rig.inboxes[1].frames == []
    rig.faults.forget(2)
    assert rig.faults.pending == []
    assert order.remaining == 1


def test_order_moves_on_when_its_connection_ends() -> None:
    """Two disconnects cut two connections, not the same one twice."""
    rig = Rig(subscribers=2)
    rig.faults.inject("disconnect", count=2)
    rig.trade("BTC/USD")
    assert [inbox.aborted for inbox in rig.inboxes] == [True, False]
    rig.hub.leave(rig.inboxes[0], "BTC/USD", 10)
    rig.faults.forget(1)
    rig.trade("BTC/USD")
    assert [inbox.aborted for inbox in rig.inboxes] == [True, True]


def test_random_faults() -> None:
    """Each kind comes up, for whom is subscribed, and the same seed makes the same choice."""
    targets = [("BTC/USD", 1), ("ETH/USD", 2)]
    first, second = Faults(3), Faults(3)
    chosen = [first.random(targets) for _ in range(60)]
    again = [second.random(targets) for _ in range(60)]
    assert {(order.symbol, order.connection) for order in chosen if order} == set(targets)
    assert {order.kind for order in chosen if order} == {"drop", "corrupt", "disconnect"}
    assert [order and order.kind for order in chosen] == [order and order.kind for order in again]
    assert Faults(3).random([]) is None


def test_impossible_faults() -> None:
    """An unknown kind or a count below one is refused."""
    faults = Faults(1)
    with pytest.raises(ConfigurationError, match="'explode' is not a fault"):
        faults.inject("explode")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="at least once"):
        faults.inject("drop", count=0)
