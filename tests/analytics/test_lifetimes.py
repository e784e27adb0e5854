"""How orders live: their lives by fate, the cumulative incidence of the fates, and the share of the fleeting."""

from collections import Counter
from decimal import Decimal
from math import isnan
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.records import SECOND, START, SYMBOL, Lost, Market, OrderChange, Orders, Settled, trade
from analytics.reference.orders import births, incidence, lifetimes
from havklo.analytics import FleetingOrders, OrderLifetimes, cumulative_incidence, replay
from havklo.errors import ConfigurationError

SEEDS = st.integers(0, 2**32)


def timed(events: list[Any]) -> list[tuple[int, Any]]:
    """Messages with their time, None for a break."""
    return [
        (event.recv_ns, None if isinstance(event, Lost) else event)
        for event in events
        if isinstance(event, Lost | Orders)
    ]


def change(event: str, order_id: str, reason: str, price: str = "100", at: int = 0, **more: Any) -> OrderChange:
    """What became of an order on the bid side."""
    known: dict[str, Any] = {"order_qty": Decimal(event != "delete"), "qty_before": Decimal(event != "add"), "level": 0}
    return OrderChange(
        side="bid",
        event=event,
        order_id=order_id,
        limit_price=Decimal(price),
        timestamp_ns=START + at * SECOND,
        reason=reason,
        **(known | more),
    )


def message(at: float, *changes: OrderChange, **more: Any) -> Orders:
    """A level-3 message, so many seconds after the start."""
    now = START + round(at * SECOND)
    return Orders(changes=changes, timestamp_ns=now, recv_ns=now, **more)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_against_the_reference(seed: int) -> None:
    """Each life that ends is told once, with its beginning, its age then, and its fate."""
    events = Market(seed, level=3).events(80)
    metric = OrderLifetimes(SYMBOL)
    rows = list(replay(events, metric))
    told = [(row.order_id, row.start_ns, row.end_ns, row.age_ns, row.origin, row.fate) for row in rows]
    assert Counter(told) == Counter(lifetimes(timed(events)))
    for row in rows:
        assert row.duration == pytest.approx((row.end_ns - row.start_ns + row.age_ns) / 1e9)
        assert row.duration >= row.entry


def test_a_life_by_hand() -> None:
    """Placed, filled in part, amended in place, moved, and gone: three lives of one order."""
    metric = OrderLifetimes(SYMBOL)
    events = [message(0, type="snapshot"), message(1, change("add", "A", "new", at=1))]
    events += [message(2, change("modify", "A", "fill", at=1)), message(4, change("modify", "A", "amend", at=4))]
    events += [message(5, change("delete", "A", "amend", at=4), change("add", "A", "amend", "99", at=5))]
    rows = list(replay([*events, message(7, change("delete", "A", "unknown", "99", at=5))], metric))
    assert [(row.fate, row.origin, row.duration) for row in rows] == [
        ("amended", "new", 3),
        ("amended", "amend", 1),
        ("unknown", "amend", 2),
    ]
    assert [row.limit_price for row in rows] == [100, 100, 99]
    assert metric.alive == 0


def test_the_edge_is_neither_birth_nor_death() -> None:
    """What a better level pushes out is censored; what comes in is older than we have seen it."""
    metric = OrderLifetimes(SYMBOL)
    metric.feed(
        message(
            0, change("add", "A", "snapshot", "100"), change("add", "B", "snapshot", "99"), type="snapshot", depth=2
        )
    )
    (pushed,) = metric.feed(message(3, change("add", "C", "new", "101", at=3), depth=2))
    assert (pushed.order_id, pushed.fate, pushed.origin, pushed.duration) == ("B", "censored", "seen", 3)
    rows = metric.feed(
        message(5, change("delete", "C", "cancel", "101", at=3), change("add", "B", "edge", "99", at=-1), depth=2)
    )
    assert [(row.order_id, row.fate, row.origin) for row in rows] == [("C", "canceled", "new")]
    (back,) = metric.feed(message(8, change("delete", "B", "cancel", "99"), depth=2))
    assert (back.origin, back.entry, back.duration) == ("seen", 6, 9)


def test_a_break_censors_whom_the_snapshot_does_not_know() -> None:
    """Who is in it unchanged has lived on; who was amended meanwhile has begun anew, out of sight."""
    metric = OrderLifetimes(SYMBOL)
    there = [change("add", name, "snapshot") for name in "ABC"]
    metric.feed(message(0, *there, type="snapshot"))
    metric.feed(message(1))
    metric.feed(Lost())
    assert metric.feed(message(2, change("delete", "A", "cancel"))) == ()
    rows = metric.feed(message(4, there[0], change("add", "B", "snapshot", at=3), type="snapshot"))
    assert {(row.order_id, row.fate, row.end_ns - START) for row in rows} == {
        ("B", "censored", SECOND),
        ("C", "censored", SECOND),
    }
    ended = metric.feed(message(6, change("delete", "A", "cancel"), change("delete", "B", "cancel")))
    assert [(row.order_id, row.duration, row.entry) for row in ended] == [("A", 6, 0), ("B", 3, 1)]
    assert metric.feed(message(7, change("delete", "X", "cancel"))) == ()
    assert metric.feed(message(8, conflated=3)) == ()
    assert metric.feed(message(9, change("add", "Y", "new"))) == ()


def test_what_trades_settle() -> None:
    """Who left as the first is told when it is known why, with the time at which it left; the others at once."""
    metric = OrderLifetimes(SYMBOL, attribution=Settled())
    there = [change("add", name, "snapshot") for name in "ABC"]
    metric.feed(message(0, *there, type="snapshot"))
    gone = [change("delete", "A", "unknown", qty_before=Decimal(5)), change("delete", "C", "cancel")]
    assert [row.order_id for row in metric.feed(message(1, *gone))] == ["C"]
    assert metric.feed(message(2, change("delete", "B", "unknown"))) == ()
    assert metric.feed(trade(3, "sell", "100", "5", symbol="ETH/USD")) == ()
    (row,) = metric.feed(trade(3, "sell", "100", "5"))
    assert (row.order_id, row.fate, row.end_ns - START) == ("A", "filled", SECOND)
    (row,) = metric.tick(START + 4 * SECOND)
    assert (row.order_id, row.fate, row.duration) == ("B", "canceled", 2)


def test_time_does_not_turn_back() -> None:
    """A message with an earlier time than the last one is as late as that."""
    metric = OrderLifetimes(SYMBOL)
    metric.feed(message(0, change("add", "A", "snapshot"), type="snapshot"))
    metric.feed(message(5))
    (row,) = metric.feed(message(3, change("delete", "A", "cancel")))
    assert row.duration == 5


def test_messages_without_a_time() -> None:
    """They make no life: nobody could say how long it is."""
    metric = OrderLifetimes(SYMBOL)
    metric.feed(Orders(type="snapshot", changes=(change("add", "A", "snapshot"),)))
    assert metric.alive == 0


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_incidence_against_the_reference(seed: int) -> None:
    """Ages, risk sets and curves are those of the formula in fractions, with left truncation."""
    random = Random(seed)
    lives: list[tuple[float, float, str]] = []
    for _ in range(random.randint(0, 30)):
        entry = random.choice((0, 0, random.randint(1, 6)))
        fate = random.choice(("filled", "canceled", "censored"))
        lives.append((entry / 2, (entry + random.randint(0, 8)) / 2, fate))
    result = cumulative_incidence([life[1] for life in lives], [life[2] for life in lives], [life[0] for life in lives])
    expected = incidence(lives)
    assert result.times.tolist() == [row[0] for row in expected]
    assert result.at_risk.tolist() == [row[1] for row in expected]
    assert result.surviving.tolist() == pytest.approx([row[2] for row in expected])
    for fate, curve in result.by_fate.items():
        assert curve.tolist() == pytest.approx([row[3][fate] for row in expected])
    if expected:
        total = sum(result.by_fate.values()) + result.surviving
        assert total == pytest.approx(np.ones(len(expected)))


def test_fates_compete() -> None:
    """Two rates of one each: half end by each, not the 0.98 that one minus Kaplan and Meier would say."""
    random = np.random.default_rng(5)
    filled, canceled = random.exponential(1, 20_000), random.exponential(1, 20_000)
    fates = np.where(filled < canceled, "filled", "canceled").tolist()
    result = cumulative_incidence(np.minimum(filled, canceled), fates)
    assert result.by_fate["filled"][-1] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "arguments", [([1, 2], ["filled"]), ([1], ["filled"], [2]), ([1], ["filled"], [-1]), ([float("nan")], ["filled"])]
)
def test_what_cannot_be_meant(arguments: Any) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        cumulative_incidence(*arguments)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from((0.005, 0.2, 1.0)))
def test_fleeting_against_the_reference(seed: int, limit: float) -> None:
    """Births by window, and what became of them within the limit."""
    width, most = round(1.5 * SECOND), round(limit * SECOND)
    events = [*Market(seed, level=3, breaks=False).events(80)]
    rows = list(replay(events, FleetingOrders(SYMBOL, limit=limit, window=1.5)))
    messages = timed(events)
    born, lives = births(messages), lifetimes(messages)
    last = messages[-1][0]
    known_from = messages[0][0]
    for row in rows:
        assert row.end_ns == row.born_before_ns + most <= last
        inside = [(name, at) for name, at in born if row.start_ns <= at < row.start_ns + width]
        ends = [
            fate
            for name, at in inside
            for order_id, start, end, _, origin, fate in lives
            if (order_id, start, origin) == (name, at, "new") and end - at < most
        ]
        assert (row.placed, row.fleeting, row.unknown) == (len(inside), ends.count("canceled"), ends.count("unknown"))
        assert row.whole == (known_from <= row.start_ns)
    assert sum(row.placed for row in rows) == sum(at < rows[-1].born_before_ns for _, at in born) if rows else True


def test_fleeting_by_hand() -> None:
    """Of seven placed, one is taken back at once, one may have been, one is out of sight, four stay."""
    metric = FleetingOrders(SYMBOL, limit=0.1, window=1)

    def orders(prices: dict[str, int]) -> list[OrderChange]:
        return [change("add", name, "new", str(price)) for name, price in prices.items()]

    metric.feed(message(-1, change("add", "S", "snapshot", "90"), type="snapshot", depth=4))
    metric.feed(message(0, *orders({"A": 99, "B": 98, "C": 97, "D": 96}), depth=4))
    metric.feed(message(0.05, change("delete", "A", "cancel", "99"), change("delete", "B", "unknown", "98"), depth=4))
    metric.feed(message(0.06, *orders({"E": 100, "F": 101, "G": 102}), depth=4))
    metric.feed(message(0.1, change("delete", "C", "cancel", "97"), depth=4))
    assert metric.tick(START + round(1.1 * SECOND) - 1) == ()
    (row,) = metric.tick(START + round(1.1 * SECOND))
    assert (row.placed, row.fleeting, row.unknown, row.unseen) == (7, 1, 1, 1)
    assert row.share == (1 / 6, 2 / 6)
    assert row.whole
    metric.feed(Lost())
    (row,) = metric.tick(START + round(2.1 * SECOND))
    assert not row.whole
    assert all(map(isnan, row.share))
