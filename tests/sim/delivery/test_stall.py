"""Stalls: what they hold back, for how long, and that nothing is lost by them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.delivery.topics import HEARTBEAT, Topic

BTC, ETH, TRADE = ("book", "BTC/USD", 10), ("book", "ETH/USD", 10), ("trade", "BTC/USD", 0)
SECOND = 1_000_000_000
BEAT = b'{"channel":"heartbeat"}'


def test_a_connection(rig: Any, ack: Any) -> None:
    """Nothing arrives, of no channel, no pong and no heartbeat; then everything does, in its order."""
    link, socket = rig.connect(BTC, ETH)
    _, other = rig.connect(BTC)
    order = rig.faults.inject("stall", connection=1, seconds=5)
    held = [rig.publish(*BTC), rig.publish(*ETH)]
    link.send(BEAT, HEARTBEAT)
    link.send(ack("pong"))
    link.pong(b"p")
    rig.clock.advance(4.9)
    held.append(rig.publish(*BTC))
    assert (socket.frames, socket.pongs) == ([], [])
    assert other.frames == [held[0], held[-1]]
    assert (order.active, order.remaining) == (True, 0)
    rig.clock.advance(0.1)
    assert socket.take() == [held[0], held[1], BEAT, ack("pong"), held[2]]
    assert (socket.pongs, socket.kept) == ([b"p"], 0)
    assert (order.active, rig.faults.pending) == (False, [])
    (fault,) = rig.faults.log
    assert (fault.kind, fault.connection, fault.frame, fault.sent) == ("stall", 1, held[0], None)
    assert fault.until_ns - fault.at_ns == 5 * SECOND
    assert rig.publish(*BTC) == socket.take()[0]


@pytest.mark.parametrize(
    ("selection", "held"),
    [
        ({"symbol": "BTC/USD"}, [BTC, TRADE]),
        ({"channel": "book"}, [BTC, ETH]),
        ({"symbol": "BTC/USD", "channel": "trade"}, [TRADE]),
        ({"symbol": "BTC/USD", "role": "private"}, []),
    ],
)
def test_a_stream(rig: Any, ack: Any, selection: Any, held: Any) -> None:
    """Only frames of this symbol or channel are held back, on every connection; answers are not."""
    links = [rig.connect(BTC, ETH, TRADE) for _ in range(2)]
    rig.faults.inject("stall", seconds=3, **selection)
    sent = {key: rig.publish(*key) for key in (BTC, ETH, TRADE)}
    answer = ack("subscribe", result={"symbol": "BTC/USD"})
    for link, socket in links:
        link.send(answer)
        assert socket.take() == [*(frame for key, frame in sent.items() if key not in held), answer]
    rig.clock.advance(3)
    for _, socket in links:
        assert sorted(socket.take()) == sorted(sent[key] for key in held)
    channels = {(key[0], key[1]) for key in held}
    assert {(fault.channel, fault.symbol) for fault in rig.faults.log} <= channels
    assert len(rig.faults.log) == (2 if held else 0), "one for each connection, with the first frame it held"


def test_cancelled(rig: Any) -> None:
    """A stall that is taken back is over at once, and so is one whose stream alone was stalled."""
    _, socket = rig.connect(BTC)
    whole = rig.faults.inject("stall", seconds=60)
    stream = rig.faults.inject("stall", "BTC/USD", seconds=60)
    held = rig.publish(*BTC)
    stream.cancel()
    assert socket.frames == []
    whole.cancel()
    assert socket.frames == [held]
    assert rig.faults.pending == []
    rig.clock.advance(100)
    assert socket.frames == [held]


def test_two_that_overlap(rig: Any) -> None:
    """The longer one counts."""
    _, socket = rig.connect(BTC)
    rig.faults.inject("stall", seconds=3)
    rig.faults.inject("stall", "BTC/USD", seconds=2)
    rig.clock.advance(1)
    rig.faults.inject("stall", seconds=4)
    held = rig.publish(*BTC)
    rig.clock.advance(3.9)
    assert socket.frames == []
    rig.clock.advance(0.1)
    assert socket.frames == [held]


def test_a_connection_that_comes_later(rig: Any) -> None:
    """While it lasts, it strikes everybody it meets."""
    rig.faults.inject("stall", seconds=5)
    rig.clock.advance(1)
    link, socket = rig.connect()
    link.send(BEAT, HEARTBEAT)
    assert socket.frames == []
    rig.clock.advance(4)
    assert socket.frames == [BEAT]


def test_nobody_was_struck(rig: Any) -> None:
    """A stall in which nothing was to be sent has done nothing, and the log says so."""
    rig.connect()
    order = rig.faults.inject("stall", seconds=5)
    rig.clock.advance(6)
    assert (order.faults, order.active) == ([], False)


def test_too_much_is_held_back(rig: Any) -> None:
    """What waits on the way counts as waiting for a slow reader."""
    _, socket = rig.connect(BTC, limit=1_000)
    rig.faults.inject("stall", seconds=60)
    while socket.end is None:
        rig.publish(*BTC)
    assert socket.end == "overflow"
    assert 900 < socket.kept <= 1_000


def test_the_connection_is_cut_in_the_middle(rig: Any) -> None:
    """What was held back is lost with it."""
    link, socket = rig.connect(BTC)
    rig.faults.inject("stall", "BTC/USD", seconds=5)
    rig.publish(*BTC)
    link.abort()
    rig.clock.advance(10)
    assert (socket.frames, socket.end) == ([], "cut")


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(["A/B", "C/D", "E/F"])),
        st.tuples(st.just("advance"), st.floats(0, 3)),
        st.tuples(st.just("delay"), st.floats(0.1, 3)),
        st.tuples(st.just("stall"), st.floats(0.1, 3)),
        st.tuples(st.just("stream"), st.floats(0.1, 3)),
        st.tuples(st.just("throttle"), st.integers(20, 1_000)),
        st.tuples(st.just("cancel"), st.integers(0, 10)),
    ),
    max_size=60,
)


@given(ACTIONS)
def test_nothing_is_lost(make_rig: Any, actions: Any) -> None:
    """Whatever is delayed, stalled or throttled arrives once, each stream in its order."""
    rig = make_rig()
    link, socket = rig.connect()
    sent: dict[str, list[bytes]] = {}
    orders: list[Any] = []
    for number, (action, value) in enumerate(actions):
        match action:
            case "send":
                frame = b'{"channel":"book","type":"update","data":[{"symbol":"%b","n":%d}]}' % (value.encode(), number)
                sent.setdefault(value, []).append(frame)
                link.send(frame, Topic("book", value))
            case "advance":
                rig.clock.advance(value)
            case "delay":
                orders.append(rig.faults.inject("delay", seconds=value))
            case "stall":
                orders.append(rig.faults.inject("stall", seconds=value))
            case "stream":
                orders.append(rig.faults.inject("stall", "A/B", seconds=value))
            case "throttle":
                orders.append(rig.faults.inject("slow_reader", bytes_per_second=value))
            case _ if orders:
                orders[value % len(orders)].cancel()
    rig.clock.advance(100_000)
    assert (socket.end, socket.kept) == (None, 0)
    for symbol, frames in sent.items():
        assert [frame for frame in socket.frames if symbol.encode() in frame] == frames
    assert len(socket.frames) == sum(map(len, sent.values()))
