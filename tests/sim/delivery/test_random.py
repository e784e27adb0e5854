"""Faults at random."""

from collections import Counter
from typing import Any

from havklo.sim.delivery.faults import Chance

BTC, ETH, TRADE = ("book", "BTC/USD", 10), ("book", "ETH/USD", 10), ("trade", "XRP/USD", 0)


def orders(rig: Any, count: int) -> list[Any]:
    """Order some, each taken back before the next."""
    given = []
    for _ in range(count):
        given.append(rig.faults.random())
        if given[-1] is not None:
            given[-1].cancel()
    return given


def test_the_usual_ones(make_rig: Any) -> None:
    """Each kind comes up, for whoever reads a book, and the same seed makes the same choice."""
    rigs = [make_rig(seed=3) for _ in range(2)]
    for rig in rigs:
        rig.connect(BTC, TRADE)
        rig.connect(ETH)
    first, again = (orders(rig, 500) for rig in rigs)
    assert {(order.symbol, order.connection) for order in first} == {("BTC/USD", 1), ("ETH/USD", 2)}
    kinds = Counter(order.kind for order in first)
    assert set(kinds) == {"drop", "corrupt", "disconnect"}
    assert kinds["drop"] > kinds["corrupt"] > 2 * kinds["disconnect"]
    assert [(order.kind, order.symbol) for order in first] == [(order.kind, order.symbol) for order in again]


def test_nobody_is_there(rig: Any) -> None:
    """Without anybody to be struck nothing is ordered."""
    rig.connect(TRADE)
    assert orders(rig, 20) == [None] * 20


def test_one_at_a_time(rig: Any) -> None:
    """While the last one is still to come there is no other; what a script has ordered is no obstacle."""
    rig.connect(BTC)
    rig.faults.inject("drop", "ETH/USD")
    first = rig.faults.random()
    assert first.active
    assert rig.faults.random() is None
    rig.publish(*BTC)
    assert not first.active
    assert rig.faults.random() is not None


def test_other_ones(make_rig: Any) -> None:
    """A scenario may want others, each with what it needs, each where it can strike."""
    chances = [
        Chance(kind="duplicate", options={"channel": "trade"}),
        Chance(kind="slow_reader", options={"bytes_per_second": 9, "role": "level3"}),
        Chance(kind="lose_ack"),
        Chance(kind="maintenance", options={"seconds": 7}),
        Chance(kind="stall", weight=0.5, options={"seconds": 2}),
    ]
    rig = make_rig(chances=chances)
    rig.connect(BTC)
    rig.connect(TRADE)
    rig.connect(role="private")
    rig.connect(role="level3")
    given = {order.kind: order for order in orders(rig, 200)}
    assert {kind: (order.symbol, order.connection) for kind, order in given.items()} == {
        "duplicate": ("XRP/USD", 2),
        "slow_reader": (None, 4),
        "lose_ack": (None, 3),
        "maintenance": (None, None),
        "stall": ("BTC/USD", 1),
    }
    assert (given["slow_reader"].bytes_per_second, given["maintenance"].seconds) == (9, 7)
    assert rig.modes.count(("maintenance", None)) == rig.modes.count(("online", None)) > 10
