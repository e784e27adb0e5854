"""Faults that strike frames on their way."""

from typing import Any

import pytest

from havklo.sim.delivery.faults import Fault
from havklo.sim.delivery.topics import Topic

BTC, ETH = ("book", "BTC/USD", 10), ("book", "ETH/USD", 10)
SECOND = 1_000_000_000


def test_without_faults(rig: Any) -> None:
    """Frames go straight on."""
    link, socket = rig.connect(BTC)
    frames = [rig.publish(*BTC) for _ in range(3)]
    link.send(b'{"method":"pong"}')
    link.pong(b"ping's payload")
    assert socket.frames == [*frames, b'{"method":"pong"}']
    assert socket.pongs == [b"ping's payload"]
    assert (list(rig.faults.log), rig.faults.counts) == ([], {})


def test_drop(rig: Any) -> None:
    """The next update of that symbol is lost, the others are not, and the log has the frame."""
    _, socket = rig.connect(BTC, ETH)
    order = rig.faults.inject("drop", "ETH/USD")
    assert (order.remaining, order.active, rig.faults.pending) == (1, True, [order])
    before, lost, after = rig.publish(*BTC), rig.publish(*ETH), rig.publish(*ETH)
    assert socket.frames == [before, after]
    assert list(rig.faults.log) == [
        Fault(
            kind="drop",
            channel="book",
            symbol="ETH/USD",
            depth=10,
            connection=1,
            role="public",
            timestamp="2027-01-15T08:00:00.000002Z",
            at_ns=rig.now_ns,
            frame=lost,
        )
    ]
    assert order.faults == list(rig.faults.log)
    assert (order.remaining, order.active, rig.faults.pending) == (0, False, [])
    assert rig.faults.counts == {"drop": 1}


def test_duplicate(rig: Any) -> None:
    """It arrives twice in a row."""
    _, socket = rig.connect(BTC)
    rig.faults.inject("duplicate")
    twice, once = rig.publish(*BTC), rig.publish(*BTC)
    assert socket.frames == [twice, twice, once]
    assert rig.faults.log[0].sent == (twice, twice)


def test_reorder(rig: Any) -> None:
    """Two frames of one stream change places; what goes on beside them does not wait."""
    _, socket = rig.connect(BTC, ETH)
    order = rig.faults.inject("reorder", count=2)
    first = rig.publish(*BTC)
    assert (socket.frames, order.remaining, order.active) == ([], 1, True)
    beside = rig.publish(*ETH)
    assert socket.frames == [], "the order was for two: this one waits for its own next frame"
    rig.clock.advance(0.5)
    second, beside_too, third = rig.publish(*BTC), rig.publish(*ETH), rig.publish(*BTC)
    assert socket.frames == [second, first, beside_too, beside, third]
    assert [(fault.frame, fault.sent) for fault in order.faults] == [
        (first, (second, first)),
        (beside, (beside_too, beside)),
    ]
    assert order.faults[0].until_ns == order.faults[0].at_ns + SECOND // 2
    assert (order.remaining, order.active) == (0, False)


def test_reorder_waits_a_second(rig: Any) -> None:
    """If no other frame comes, it goes on alone."""
    _, socket = rig.connect(BTC)
    order = rig.faults.inject("reorder")
    late = rig.publish(*BTC)
    rig.clock.advance(0.99)
    assert socket.frames == []
    rig.clock.advance(0.01)
    assert socket.frames == [late]
    assert (order.faults[0].sent, order.active) == ((late,), False)
    assert rig.publish(*BTC) == socket.frames[-1]


def test_reorder_and_the_connection_ends(rig: Any) -> None:
    """A frame that waited for another one is lost with its connection, as the log says."""
    link, socket = rig.connect(BTC)
    order = rig.faults.inject("reorder")
    lost = rig.publish(*BTC)
    rig.leave(link, BTC)
    assert [(fault.frame, fault.sent) for fault in order.faults] == [(lost, None)]
    rig.clock.advance(5)
    assert socket.frames == []


@pytest.mark.parametrize("kind", ["corrupt", "truncate"])
def test_broken_frames(rig: Any, kind: Any) -> None:
    """What arrives is what the log says."""
    _, socket = rig.connect(("trade", "BTC/USD", 0))
    rig.faults.inject(kind, channel="trade")
    whole = rig.publish("trade", "BTC/USD", 0)
    (fault,) = rig.faults.log
    assert fault.frame == whole
    assert socket.frames == list(fault.sent) != [whole]


def test_corrupt_needs_a_number(rig: Any) -> None:
    """A frame without one is let through, and the order waits for the next."""
    link, socket = rig.connect()
    order = rig.faults.inject("corrupt", channel="heartbeat")
    link.send(b'{"channel":"heartbeat"}', Topic("heartbeat"))
    assert socket.frames == [b'{"channel":"heartbeat"}']
    assert order.remaining == 1


def test_delay(rig: Any) -> None:
    """A delayed frame holds up all that comes behind it, as TCP does; each has a delay of its own."""
    link, socket = rig.connect(BTC, ETH)
    rig.faults.inject("delay", "BTC/USD", 2, seconds=2)
    before, first = rig.publish(*ETH), rig.publish(*BTC)
    rig.clock.advance(1)
    second, behind = rig.publish(*BTC), rig.publish(*ETH)
    link.pong(b"p")
    assert (socket.take(), socket.pongs) == ([before], [])
    assert socket.kept == len(first + second + behind) + 1
    rig.clock.advance(1)
    assert socket.take() == [first]
    rig.clock.advance(1)
    assert (socket.take(), socket.pongs) == ([second, behind], [b"p"])
    assert socket.kept == 0
    assert rig.publish(*BTC) == socket.take()[0], "and then nothing waits any more"
    log = rig.faults.log
    assert [(fault.frame, fault.sent, fault.until_ns - fault.at_ns) for fault in log] == [
        (first, (first,), 2 * SECOND),
        (second, (second,), 2 * SECOND),
    ]


def test_lose_ack(rig: Any, ack: Any) -> None:
    """The next answer to an order method that was carried out is lost; other answers are not."""
    link, socket = rig.connect(role="private")
    rig.faults.inject("lose_ack")
    passing = [ack("subscribe"), ack("pong"), ack("add_order", success=False, error="EOrder:Insufficient funds")]
    lost = ack("cancel_order", result={"order_id": "O1"})
    for frame in (*passing, lost, lost):
        link.send(frame)
    assert socket.frames == [*passing, lost]
    (fault,) = rig.faults.log
    assert (fault.kind, fault.channel, fault.frame, fault.sent) == ("lose_ack", "ack", lost, None)
    assert (fault.symbol, fault.role) == ("", "private")


def test_lose_ack_of_a_method(rig: Any, ack: Any) -> None:
    """Whoever routes the frame may say what it is; only this method's ack is lost."""
    link, socket = rig.connect(role="private")
    rig.faults.inject("lose_ack", method="subscribe", role="private")
    link.send(ack("add_order"), Topic("ack", "add_order"))
    link.send(ack("subscribe"))
    assert socket.frames == [ack("add_order")]


def test_lose_ack_with_its_connection(rig: Any, ack: Any) -> None:
    """The connection is cut in place of the ack."""
    link, socket = rig.connect(role="private")
    order = rig.faults.inject("lose_ack", cut=True)
    link.send(ack("add_order"))
    assert (socket.frames, socket.end) == ([], "cut")
    assert order.faults[0].frame == ack("add_order")


@pytest.mark.parametrize(("options", "end"), [({}, "cut"), ({"code": 1001}, 1001)])
def test_disconnect(rig: Any, options: Any, end: object) -> None:
    """The connection ends in place of the update, with a close frame if a code is given."""
    _, socket = rig.connect(BTC)
    rig.faults.inject("disconnect", **options)
    lost = rig.publish(*BTC)
    rig.publish(*BTC)
    assert (socket.frames, socket.end) == ([], end)
    assert [fault.frame for fault in rig.faults.log] == [lost]


def test_count_means_in_a_row_on_one_connection(rig: Any) -> None:
    """Three drops are three updates in a row of one connection; the other one loses nothing."""
    sockets = [rig.connect(BTC)[1] for _ in range(2)]
    rig.faults.inject("drop", count=3)
    due = [rig.publish(*BTC) for _ in range(5)]
    assert [socket.frames for socket in sockets] == [due[3:], due]
    assert [fault.connection for fault in rig.faults.log] == [1, 1, 1]
    assert rig.faults.counts == {"drop": 3}


def test_chosen_connection(rig: Any) -> None:
    """A fault for a connection strikes that one only; it is void when the connection ends."""
    (_, other), (link, chosen) = (rig.connect(BTC) for _ in range(2))
    order = rig.faults.inject("drop", count=2, connection=2)
    due = rig.publish(*BTC)
    assert (other.frames, chosen.frames) == ([due], [])
    rig.leave(link, BTC)
    assert (rig.faults.pending, order.remaining, order.active) == ([], 1, False)


def test_order_moves_on_when_its_connection_ends(rig: Any) -> None:
    """Two disconnects cut two connections, not the same one twice."""
    (first, one), (_, two) = (rig.connect(BTC) for _ in range(2))
    rig.faults.inject("disconnect", count=2)
    rig.publish(*BTC)
    assert (one.end, two.end) == ("cut", None)
    rig.leave(first, BTC)
    rig.publish(*BTC)
    assert two.end == "cut"


def test_orders_are_carried_out_in_turn(rig: Any) -> None:
    """One frame is struck once, by the oldest order that matches."""
    _, socket = rig.connect(BTC)
    rig.faults.inject("drop")
    rig.faults.inject("duplicate")
    rig.publish(*BTC)
    twice = rig.publish(*BTC)
    assert socket.frames == [twice, twice]


def test_cancel(rig: Any) -> None:
    """What was not done yet is not done any more."""
    _, socket = rig.connect(BTC)
    order = rig.faults.inject("drop", count=3)
    rig.publish(*BTC)
    order.cancel()
    assert (order.remaining, order.active, rig.faults.pending) == (2, False, [])
    assert rig.publish(*BTC) == socket.frames[0]
    order.cancel()


MATCHING = [
    # order, what is sent: channel, symbol, type, connection's role → struck?
    ({}, ("book", "BTC/USD", "update", "public"), True),
    ({}, ("book", "BTC/USD", "snapshot", "public"), False),
    ({}, ("trade", "BTC/USD", "update", "public"), False),
    ({}, ("level3", "BTC/USD", "update", "level3"), False),
    ({"channel": "book"}, ("book", "BTC/USD", "snapshot", "public"), True),
    ({"channel": "trade"}, ("trade", "BTC/USD", "update", "public"), True),
    ({"channel": "trade", "symbol": "ETH/USD"}, ("trade", "BTC/USD", "update", "public"), False),
    ({"role": "level3"}, ("level3", "BTC/USD", "update", "level3"), True),
    ({"role": "level3"}, ("book", "BTC/USD", "update", "public"), False),
    ({"role": "private"}, ("executions", "", "update", "private"), True),
    ({"role": "private"}, ("balances", "", "update", "private"), False),
    ({"role": "private"}, ("executions", "", "snapshot", "private"), False),
    ({"connection": 1}, ("level3", "BTC/USD", "update", "level3"), True),
    ({"connection": 2}, ("book", "BTC/USD", "update", "public"), False),
    ({"channel": "executions", "symbol": "BTC/USD"}, ("executions", "", "update", "private"), True),
    ({"channel": "executions", "symbol": "ETH/USD"}, ("executions", "", "update", "private"), False),
]


@pytest.mark.parametrize("answer", [True, False], ids=["answer", "publication"])
@pytest.mark.parametrize(("order", "sent", "struck"), MATCHING)
def test_what_an_order_strikes(rig: Any, order: Any, sent: Any, struck: bool, answer: bool) -> None:
    """By default updates of books, or of what a role is for; it does not matter who says what a frame is."""
    channel, symbol, kind, role = sent
    link, socket = rig.connect(role=role)
    rig.faults.inject("drop", **order)
    frame = b'{"channel":"%b","type":"%b","data":[{"symbol":"BTC/USD","n":1}]}' % (channel.encode(), kind.encode())
    if answer:
        link.send(frame)
    else:
        link.send(frame, Topic(channel, symbol))
    assert socket.frames == ([] if struck else [frame])


@pytest.mark.parametrize(
    ("frame", "stamp"),
    [
        (b'{"channel":"ohlc","type":"update","timestamp":"T2","data":[{"symbol":"A/B","timestamp":"T3"}]}', "T2"),
        (b'{"channel":"trade","type":"update","data":[{"symbol":"A/B","timestamp":"T1"},{"timestamp":"T2"}]}', "T2"),
        (b'{"channel":"instrument","type":"update","data":{"assets":[],"pairs":[]}}', ""),
        (b'{"channel":"status","type":"update","data":[]}', ""),
        (b'{"Error":"Exceeded msg rate"}', ""),
        (b"[1]", ""),
    ],
)
def test_a_message_s_own_time(rig: Any, frame: bytes, stamp: str) -> None:
    """It is the message's timestamp, or its last row's; some have none."""
    link, _ = rig.connect()
    channels = ("ohlc", "trade", "instrument", "status", "ack")
    for channel in channels:
        rig.faults.inject("drop", channel=channel)
    link.send(frame)
    assert [fault.timestamp for fault in rig.faults.log] == [stamp]
