"""Who gets which frame."""

from typing import Any

from havklo.sim.delivery.hub import Hub
from havklo.sim.delivery.topics import ANSWER, Topic

TEN, DEEP, ETH = ("book", "BTC/USD", 10), ("book", "BTC/USD", 25), ("book", "ETH/USD", 10)
TRADES = ("trade", "BTC/USD", 0)


class Inbox:
    """A subscriber that keeps what it gets."""

    role = "public"

    def __init__(self, number: int) -> None:
        self.number = number
        self.received: list[tuple[bytes, Topic]] = []

    def send(self, frame: bytes, topic: Topic = ANSWER) -> None:
        """Keep a frame."""
        self.received.append((frame, topic))

    def abort(self) -> None:
        """No test here gets that far."""
        raise AssertionError("nobody ordered a fault")


def test_the_key_decides() -> None:
    """A frame goes to those who read its stream, in the order they came, until they leave."""
    hub = Hub()
    near, also_near, far, elsewhere = inboxes = [Inbox(number) for number in range(1, 5)]
    for inbox, key in zip(inboxes, (TEN, TEN, DEEP, ETH), strict=True):
        hub.join(inbox, key)
    hub.join(near, TRADES)
    assert hub.subscriptions == 5
    frame = b"near"
    hub.publish(TEN, frame)
    hub.publish(TRADES, b"trade")
    hub.leave(near, TEN)
    hub.publish(TEN, b"again")
    hub.publish(("book", "XRP/USD", 10), b"nobody reads this")
    book, trade = Topic("book", "BTC/USD"), Topic("trade", "BTC/USD")
    assert near.received == [(b"near", book), (b"trade", trade)]
    assert also_near.received == [(b"near", book), (b"again", book)]
    assert (far.received, elsewhere.received) == ([], [])
    assert near.received[0][0] is also_near.received[0][0] is frame, "the bytes are shared"
    assert hub.frames == 4


def test_joining_and_leaving_twice_does_nothing() -> None:
    """One subscription is one, and none is none."""
    hub, inbox = Hub(), Inbox(1)
    hub.join(inbox, TEN)
    hub.join(inbox, TEN)
    assert hub.subscriptions == 1
    hub.leave(inbox, TEN)
    hub.leave(inbox, TEN)
    assert hub.subscriptions == 0


def test_leaving_while_a_frame_goes_out() -> None:
    """A subscriber who leaves because of a frame takes it from nobody."""
    hub = Hub()

    class Leaver(Inbox):
        def send(self, frame: bytes, topic: Topic = ANSWER) -> None:
            super().send(frame, topic)
            hub.leave(self, TEN)

    inboxes: list[Any] = [Leaver(1), Inbox(2)]
    for inbox in inboxes:
        hub.join(inbox, TEN)
    hub.publish(TEN, b"one")
    hub.publish(TEN, b"two")
    assert [len(inbox.received) for inbox in inboxes] == [1, 2]


def test_who_reads_what() -> None:
    """Random faults choose among a channel's subscriptions; the log tells a book's depth."""
    hub = Hub()
    first, second = Inbox(1), Inbox(2)
    for inbox, key in ((second, ETH), (second, TEN), (first, DEEP), (first, TRADES)):
        hub.join(inbox, key)
    assert hub.targets("book") == [("BTC/USD", 1), ("BTC/USD", 2), ("ETH/USD", 2)]
    assert hub.targets("trade") == [("BTC/USD", 1)]
    assert hub.targets("ohlc") == []
    depths = [hub.depth(1, Topic("book", "BTC/USD")), hub.depth(2, Topic("book", "BTC/USD"))]
    assert depths == [25, 10]
    assert hub.depth(1, Topic("book", "ETH/USD")) == hub.depth(1, Topic("trade", "BTC/USD")) == 0
