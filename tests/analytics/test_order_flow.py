"""Order-flow imbalance at one level and at several, against the formula applied to the whole list."""

from decimal import Decimal
from fractions import Fraction
from math import isnan
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from analytics.records import SECOND, START, SYMBOL, Book, Change, Lost, Market, OrderChange, Orders, book
from analytics.reference.flow import level_flow, step
from havklo.analytics import (
    MultiLevelOrderFlowImbalance,
    OrderFlowImbalance,
    multi_level_order_flow_imbalance,
    order_flow_imbalance,
    replay,
)
from havklo.errors import ConfigurationError

SEEDS = st.integers(0, 2**32)
WINDOW = 1.5


def levels_of(market: Market, steps: int, most: int) -> tuple[list[Any], list[Any]]:
    """The market's next events, and the state of its best levels after each book message."""
    events, states = list[Any](), list[Any]()
    known = False
    for number in range(steps + 1):
        told = market.events(0) if number == 0 else market.events(1, snapshot=False)
        sides = [
            [(price, sum(order[1] for order in market.sides[side][price])) for price in market.prices(side)[:most]]
            for side in ("bid", "ask")
        ]
        for event in told:
            events.append(event)
            if isinstance(event, Lost):
                known = False
                states.append("lost")
            elif not isinstance(event, Book | Orders):
                states.append(None)
            else:
                known = known or event.type == "snapshot" or most == 1
                states.append((event.type == "snapshot", *sides) if known else (False, [], []))
    return events, states


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from((2, 3)))
def test_the_best_level(seed: int, level: int) -> None:
    """Sums, counts, depth and the change of the mid price by window."""
    events, states = levels_of(Market(seed, level=level), 60, 1)
    rows = list(replay(events, OrderFlowImbalance(SYMBOL, window=WINDOW)))
    expected = level_flow(events, states, lambda event: event.recv_ns, round(WINDOW * SECOND), 1)
    assert [(row.start_ns, row.end_ns, row.events) for row in rows] == [(*e[:2], e[3]) for e in expected]
    for row, (_, end, sums, _, depth) in zip(rows, expected, strict=True):
        assert (row.ofi is None) == (sums is None)
        assert isnan(row.depth) if depth is None else row.depth == pytest.approx(float(depth))
        if row.ofi is not None:
            assert Fraction(row.ofi) == sums[0]
            mids = [mid_before(events, moment) for moment in (row.start_ns, end)]
            assert row.mid_change == mids[1] - mids[0]


def mid_before(events: list[Any], moment: int) -> Decimal:
    """The mid price at a moment."""
    top = [event.top for event in events if isinstance(event, Book | Orders) and event.recv_ns < moment][-1]
    return (top.bid.price + top.ask.price) / 2


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from((2, 3)), st.integers(1, 3))
def test_several_levels(seed: int, level: int, levels: int) -> None:
    """The levels that the metric keeps from the messages are the market's, and so are their sums."""
    # A state that one level alone can tell is known with any message; several need a snapshot.
    market = Market(seed, level=level)
    events, states = levels_of(market, 60, max(levels, 2))
    states = [
        state if state is None or state == "lost" else (state[0], state[1][:levels], state[2][:levels])
        for state in states
    ]
    rows = list(replay(events, MultiLevelOrderFlowImbalance(SYMBOL, levels=levels, window=WINDOW)))
    expected = level_flow(events, states, lambda event: event.recv_ns, round(WINDOW * SECOND), levels)
    assert [(row.start_ns, row.end_ns, row.events) for row in rows] == [(*e[:2], e[3]) for e in expected]
    for row, (_, _, sums, _, depth) in zip(rows, expected, strict=True):
        assert (row.ofi is None) == (sums is None)
        if row.ofi is not None:
            assert tuple(map(Fraction, row.ofi)) == sums
            if depth:
                assert row.normalised == pytest.approx([float(each / depth) for each in sums])


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_arrays_say_the_same(seed: int) -> None:
    """The vectorised form is the formula, row by row and level by level."""
    random = Random(seed)
    shape = (30, 3)
    bid = 100 - np.sort([[random.randint(0, 9) for _ in range(3)] for _ in range(30)]) / 2
    ask = 101 + np.sort([[random.randint(0, 9) for _ in range(3)] for _ in range(30)]) / 2
    bid_qty, ask_qty = (np.array([random.randint(1, 20) / 4 for _ in range(90)]).reshape(shape) for _ in range(2))
    several = multi_level_order_flow_imbalance(bid, bid_qty, ask, ask_qty)
    assert several.shape == shape
    assert np.isnan(several[0]).all()
    for m in range(3):
        columns = [table[:, m] for table in (bid, bid_qty, ask, ask_qty)]
        assert order_flow_imbalance(*columns) == pytest.approx(several[:, m], nan_ok=True)
        for n in range(1, 30):
            rows = [[(b[i], q[i]) for b, q in (columns[:2], columns[2:])] for i in (n - 1, n)]
            assert several[n, m] == pytest.approx(step(*rows))


def test_arrays_with_holes() -> None:
    """Next to a NaN nothing is known, on either side of it."""
    nan = float("nan")
    e = order_flow_imbalance([1, 1, nan, 1, 1], [5, 6, 6, 6, 8], [2, 2, 2, 2, 2], [1, 1, 1, 1, 1])
    assert e == pytest.approx([nan, 1, nan, nan, 2], nan_ok=True)


def test_the_stylized_book() -> None:
    """Each level holds D, orders come and go at the best quotes only: the mid price moves by OFI / 2D ticks.

    This is the model of Cont, Kukanov and Stoikov, of which they derive the slope; rounding to whole ticks is what
    is left over.
    """
    random, depth = Random(3), 20
    position = 0  # of the bids' queue and of the asks', in units that have come less those that have gone
    supply = 0
    messages, time = [], 0.0
    flow = 0
    start = None
    for _ in range(4_000):
        if random.random() < 0.5:
            change = random.choice((-1, 1))
            position += change
            flow += change
        else:
            change = random.choice((-1, 1))
            supply += change
            flow -= change
        time += 0.01
        # Full levels of D units below the best; the best one holds the remainder, 1 to D.
        bid, bid_qty = 1000 + (position - 1) // depth, (position - 1) % depth + 1
        ask, ask_qty = 1010 - (supply - 1) // depth, (supply - 1) % depth + 1
        messages.append(book(time, str(bid), str(bid_qty), str(ask), str(ask_qty)))
        start = (flow, messages[0]) if start is None else start
    e = order_flow_imbalance(
        [float(m.best_bid.price) for m in messages],
        [float(m.best_bid.qty) for m in messages],
        [float(m.best_ask.price) for m in messages],
        [float(m.best_ask.qty) for m in messages],
    )
    assert start is not None
    assert np.nansum(e) == flow - start[0]  # e is the signed flow, event by event
    rows = list(replay(messages, OrderFlowImbalance(SYMBOL, window=2)))[1:]
    ofi = np.array([float(row.ofi) for row in rows])
    moved = np.array([float(row.mid_change) for row in rows])
    residual = moved - ofi / (2 * depth)
    assert np.abs(residual).max() <= 1
    mids = [float(m.best_bid.price + m.best_ask.price) / 2 for m in messages]
    total = mids[-1] - mids[0]
    assert total == pytest.approx(np.nansum(e) / (2 * depth), abs=1)
    assert np.polyfit(np.nancumsum(e), mids, 1)[0] * 2 * depth == pytest.approx(1, abs=0.05)


def test_what_hides_steps() -> None:
    """A window with a snapshot, a conflated update or an empty side in it has no value; the next one has."""
    for hiding in ({"type": "snapshot"}, {"conflated": 2}, {"best_ask": None}):
        events = [
            book(0, "100", "1", "101", "1"),
            book(1, "100", "2", "101", "1"),
            replace(book(2, "100", "2", "101", "1"), **hiding),
        ]
        events += [
            book(2.5, "100", "3", "101", "1"),
            book(3.5, "100", "5", "101", "1"),
            book(4, "100", "5", "101", "1"),
        ]
        rows = list(replay(events, OrderFlowImbalance(SYMBOL, window=1)))
        assert [row.ofi for row in rows] == [None, 1, None, 2]
        assert rows[2].mid_change is None


def test_one_book_counts() -> None:
    """Where two books of a symbol are fed, of another depth or level, the first one to come counts alone."""
    metric = OrderFlowImbalance(SYMBOL, window=1)
    for at in (0, 1, 2, 3):
        first = book(at, "100", str(at + 1), "101", "1")
        rows = metric.feed(first)
        metric.feed(replace(first, depth=25, best_bid=None))
        metric.feed(Orders(timestamp_ns=START + at * SECOND))
    assert [row.ofi for row in rows] == [1]


def test_quiet_windows_are_told() -> None:
    """Nothing happened is 0; but of a pause of ten thousand windows only the first is told."""
    metric = OrderFlowImbalance(SYMBOL, window=1)
    metric.feed(book(0, "100", "1", "101", "1"))
    rows = metric.feed(book(4.5, "100", "2", "101", "1"))
    assert [row.ofi for row in rows] == [None, 0, 0, 0]
    assert isnan(rows[1].depth)
    assert [row.ofi for row in metric.feed(book(20_000, "100", "2", "101", "1"))] == [1]
    assert [row.ofi for row in metric.feed(book(20_002, "100", "2", "101", "1"))] == [None, 0]


def test_levels_come_and_go_at_the_edge() -> None:
    """Depth cuts the book after each message; a conflated update ends what is known of the deeper levels."""

    def message(at: float, changes: list[tuple[str, str, str]], **more: Any) -> Book:
        rows = tuple(Change(side, Decimal(price), Decimal(qty)) for side, price, qty in changes)
        return book(at, "100", "1", "101", "1", changes=rows, depth=2, **more)

    both = [("ask", "101", "1"), ("ask", "102", "1"), ("bid", "100", "1"), ("bid", "99", "1")]
    metric = MultiLevelOrderFlowImbalance(SYMBOL, levels=2, window=1)
    metric.feed(message(0, both, type="snapshot"))
    metric.feed(message(1, [("bid", "99.5", "4")]))  # pushes 99 out
    (row,) = metric.feed(message(2, [("bid", "99.5", "0"), ("bid", "98", "7")]))  # 99 is not there any more
    assert row.ofi == (0, 4)
    (row,) = metric.feed(message(3, [], conflated=1))
    assert row.ofi == (0, -4)
    assert metric.feed(message(4, both))[0].ofi is None
    assert metric.feed(message(5, both, type="snapshot"))[0].ofi is None
    assert metric.feed(message(7, []))[1].ofi == (0, 0)


def test_orders_add_up_to_levels() -> None:
    """A level's quantity is that of its orders, whatever happens to them."""

    def change(event: str, order: str, qty: str, before: str) -> OrderChange:
        numbers = {"limit_price": Decimal(100), "order_qty": Decimal(qty), "qty_before": Decimal(before)}
        return OrderChange(side="bid", event=event, order_id=order, timestamp_ns=0, level=0, reason="", **numbers)

    def message(at: int, *changes: OrderChange, kind: str = "update") -> Orders:
        return Orders(type=kind, changes=changes, timestamp_ns=at * SECOND)

    ask = OrderChange(
        side="ask",
        event="add",
        order_id="C",
        limit_price=Decimal(101),
        order_qty=Decimal(1),
        qty_before=Decimal(0),
        timestamp_ns=0,
        level=0,
        reason="snapshot",
    )
    metric = MultiLevelOrderFlowImbalance(SYMBOL, levels=1, window=1)
    metric.feed(message(0, change("add", "A", "3", "0"), change("add", "B", "2", "0"), ask, kind="snapshot"))
    metric.feed(message(1, change("modify", "A", "1", "3"), change("delete", "B", "0", "2")))
    (row,) = metric.feed(message(2, change("add", "B", "6", "0")))
    assert row.ofi == (-4,)
    assert row.depth == 1
    (row,) = metric.feed(message(3))
    assert row.ofi == (6,)
    assert row.normalised == (1.5,)


@pytest.mark.parametrize(
    "make",
    [
        lambda: OrderFlowImbalance(SYMBOL, window=0),
        lambda: OrderFlowImbalance(SYMBOL, window=float("inf")),
        lambda: MultiLevelOrderFlowImbalance(SYMBOL, levels=0),
        lambda: order_flow_imbalance([1, 2], [1, 2], [1, 2], [1]),
        lambda: multi_level_order_flow_imbalance([1, 2], [1, 2], [1, 2], [1, 2]),
    ],
)
def test_what_cannot_be_meant(make: Any) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        make()
