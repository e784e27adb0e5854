"""Faults that strike connections."""

from typing import Any

import pytest

from havklo.sim.delivery.topics import HEARTBEAT

BTC, EXECUTIONS = ("book", "BTC/USD", 10), ("executions", "", 0)
BEAT = b'{"channel":"heartbeat"}'


@pytest.mark.parametrize(
    ("kind", "options", "end"),
    [("half_open", {}, "vanished"), ("disconnect", {}, "cut"), ("disconnect", {"code": 1012}, 1012)],
)
def test_at_once(rig: Any, kind: Any, options: Any, end: object) -> None:
    """The connection is struck when it is ordered, and nothing comes through it any more."""
    link, socket = rig.connect(BTC, role="private")
    order = rig.faults.inject(kind, role="private", **options)
    rig.publish(*BTC)
    link.send(BEAT, HEARTBEAT)
    link.pong(b"p")
    assert (socket.frames, socket.pongs, socket.end) == ([], [], end)
    (fault,) = order.faults
    assert (fault.kind, fault.connection, fault.role, fault.channel, fault.frame) == (kind, 1, "private", "", None)
    assert (fault.at_ns, order.active) == (rig.now_ns, False)


def test_the_oldest_first_and_then_those_that_come(rig: Any) -> None:
    """An order for three strikes three connections, each once, and none of another role."""
    sockets = [rig.connect(role=role)[1] for role in ("private", "public", "public")]
    order = rig.faults.inject("half_open", role="public", count=3)
    assert [socket.end for socket in sockets] == [None, "vanished", "vanished"]
    assert order.remaining == 1
    assert [rig.connect(role=role)[1].end for role in ("level3", "public", "public")] == [None, "vanished", None]
    assert [fault.connection for fault in order.faults] == [2, 3, 5]
    assert not order.active


def test_half_open_until_the_client_gives_up(rig: Any) -> None:
    """A connection that is gone already can't be struck again; the next order takes the next one."""
    link, _ = rig.connect(BTC)
    rig.faults.inject("half_open")
    order = rig.faults.inject("half_open")
    assert order.remaining == 1
    rig.leave(link, BTC)
    assert rig.connect(BTC)[1].end == "vanished"


def test_order_for_a_connection_that_ends(rig: Any) -> None:
    """It is void."""
    link, _ = rig.connect()
    link.abort()
    order = rig.faults.inject("half_open", connection=1)
    rig.leave(link)
    assert (order.active, order.remaining) == (False, 1)


def test_slow_reader(rig: Any) -> None:
    """So many bytes a second come through, and what does not waits in order."""
    _, socket = rig.connect(BTC)
    order = rig.faults.inject("slow_reader", bytes_per_second=50)
    frames = [rig.publish(*BTC) for _ in range(4)]
    size = len(frames[0])
    assert socket.frames == frames[:1], "the way is free at first, and then busy with this frame"
    for count in (2, 3):
        rig.clock.advance(size / 50 - 0.01)
        assert len(socket.frames) == count - 1
        rig.clock.advance(0.01)
        assert len(socket.frames) == count
    rig.clock.advance(60)
    assert socket.take() == frames
    assert (order.active, order.remaining) == (True, 0)
    (fault,) = rig.faults.log
    assert (fault.kind, fault.connection, fault.frame) == ("slow_reader", 1, None)


def test_slow_reader_is_cut_off(rig: Any) -> None:
    """When more waits than the exchange puts up with, it is the reader that has a problem."""
    link, socket = rig.connect(BTC, limit=2_000)
    order = rig.faults.inject("slow_reader", bytes_per_second=100)
    while socket.end is None:
        rig.clock.advance(0.1)
        rig.publish(*BTC)
    assert socket.end == "overflow"
    rig.leave(link, BTC)
    assert not order.active


def test_slow_reader_recovers(rig: Any) -> None:
    """Taken back, everything that waited arrives at once."""
    _, socket = rig.connect(BTC)
    order = rig.faults.inject("slow_reader", bytes_per_second=1)
    frames = [rig.publish(*BTC) for _ in range(3)]
    order.cancel()
    assert (socket.frames, socket.kept, order.active) == (frames, 0, False)
    assert rig.publish(*BTC) == socket.frames[-1]


def test_everything_stops(rig: Any) -> None:
    """When the simulator stops, nothing is ordered any more, and no timer comes back to it."""
    _, socket = rig.connect(BTC)
    orders = [
        rig.faults.inject("drop"),
        rig.faults.inject("stall", seconds=9),
        rig.faults.inject("maintenance", seconds=9),
    ]
    held = rig.publish("trade", "BTC/USD", 0)
    rig.faults.stop()
    assert [order.active for order in orders] == [False] * 3
    assert rig.modes == [("maintenance", None), ("online", None)]
    rig.clock.advance(20)
    assert (socket.frames, rig.modes[2:]) == ([], [])
    assert held not in [fault.frame for fault in rig.faults.log]
