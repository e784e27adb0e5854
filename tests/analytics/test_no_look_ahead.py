"""No metric looks ahead: whatever comes after a moment, what is said about the time before it stays the same.

Every metric and every function over arrays that the package exports must be in one of the tables here.
"""

from collections.abc import Callable
from inspect import isclass, isfunction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.records import SYMBOL, Market
from havklo import analytics
from havklo.analytics import Metric, replay
from havklo.events import Trade

SEEDS = st.integers(0, 2**32)

METRICS: dict[str, tuple[Callable[[], Metric[Any]], tuple[int, ...]]] = {
    "EffectiveSpreads": (lambda: analytics.EffectiveSpreads(SYMBOL), (2, 3)),
    "FleetingOrders": (lambda: analytics.FleetingOrders(SYMBOL, limit=0.3, window=1), (3,)),
    "Markouts": (lambda: analytics.Markouts(SYMBOL, horizons=(0.1, 1, 3)), (2, 3)),
    "MultiLevelOrderFlowImbalance": (lambda: analytics.MultiLevelOrderFlowImbalance(SYMBOL, levels=2), (2, 3)),
    "OrderActivity": (lambda: analytics.OrderActivity(SYMBOL, window=1), (3,)),
    "OrderFlowImbalance": (lambda: analytics.OrderFlowImbalance(SYMBOL), (2, 3)),
    "OrderLifetimes": (lambda: analytics.OrderLifetimes(SYMBOL), (3,)),
    "QueueDepletion": (lambda: analytics.QueueDepletion(SYMBOL, window=1), (3,)),
    "TradeFlowImbalance": (lambda: analytics.TradeFlowImbalance(SYMBOL, window=1), (2, 3)),
}

Columns = dict[str, Any]
Output = tuple[Any, Any]  # until when the data of each value reach, and the values


def markouts(c: Columns) -> Output:
    """A markout looks one horizon ahead, and is said to."""
    result = analytics.markouts(c["ns"], c["sign"], c["price"], c["ns"], (c["bid"] + c["ask"]) / 2, horizon=3e-9)
    return c["ns"] + 3, np.column_stack([result.effective_bps, result.realized_bps, result.impact_bps])


def flow(c: Columns) -> Output:
    """A contribution is of the messages up to its own."""
    return c["ns"], analytics.order_flow_imbalance(c["bid"], c["qty"], c["ask"], c["other"])


def levels(c: Columns) -> Output:
    """The same for several levels."""
    tables = [np.column_stack([c[name], c[name] + 1]) for name in ("bid", "qty", "ask", "other")]
    return c["ns"], analytics.multi_level_order_flow_imbalance(*tables)


def sums(c: Columns) -> Output:
    """A sum is of its window."""
    starts, values = analytics.window_sums(c["ns"], c["qty"], 5e-9)
    return starts + 5 - 1, values


ARRAYS: dict[str, Callable[[Columns], Output]] = {
    "markouts": markouts,
    "multi_level_order_flow_imbalance": levels,
    "order_flow_imbalance": flow,
    "window_sums": sums,
}
# Of one instant; estimates of a whole sample that say so; sources of events.
OTHERS = {
    "bid_share",
    "cumulative_incidence",
    "fill_before_move",
    "fill_before_move_within",
    "fill_incidence",
    "fill_time",
    "fill_within",
    "fill_within_full",
    "fill_within_mixed",
    "imbalance",
    "microprice",
    "read",
    "replay",
    "size_to_move",
    "sweep",
    "weighted_mid",
}


def test_none_is_forgotten() -> None:
    """All that is exported is looked at, or is known to need none."""
    exported = {name: getattr(analytics, name) for name in analytics.__all__}
    metrics = {name for name, value in exported.items() if isclass(value) and issubclass(value, Metric)}
    assert metrics - {"Metric", "Windowed"} == set(METRICS)
    assert {name for name, value in exported.items() if isfunction(value)} <= set(ARRAYS) | OTHERS
    assert set(ARRAYS) <= set(exported)


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=10, deadline=None)
@given(SEEDS, SEEDS, SEEDS)
@example(seed=189, one=0, other=3307)  # a future without a trade
def test_a_metric(name: str, seed: int, one: int, other: int) -> None:
    """Two futures of the same past: what ends before they part is the same, told before or after that.

    What a metric tells at the moment of parting, asked by `tick`, is all that it will ever tell of the time before.
    """
    make, levels = METRICS[name]
    for level in levels:
        past = Market(seed, level=level).events(30)
        parted = past[-1].recv_ns if hasattr(past[-1], "recv_ns") else past[-2].recv_ns
        metric = make()
        before = [*replay(past, metric), *metric.tick(parted + 1)]
        for future in (one, other):
            market = Market(seed, level=level)
            assert market.events(30) == past
            market.random.seed(future)
            market.breaks = False
            market.now += 1
            whole = make()
            rows = [*replay([*past, *market.events(30, snapshot=False)], whole), *whole.tick(market.now + 1)]
            known = [row for row in rows if row.end_ns < parted + 1]
            assert sorted(map(repr, known)) == sorted(repr(row) for row in before if row.end_ns < parted + 1)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_tells_something(name: str) -> None:
    """The test above has something to compare, before the parting and after it."""
    make, levels = METRICS[name]
    for level in levels:
        past = Market(1, level=level, breaks=False).events(120)
        rows = list(replay(past, make()))
        assert len(rows) > 5
        assert any(row.end_ns < past[60].recv_ns for row in rows)


def columns(seed: int, parted: int, future: int) -> Columns:
    """A hundred messages and trades, of which those from a moment on are of another future."""
    random, after = np.random.default_rng(seed), np.random.default_rng([seed, future])

    def draw(low: int, high: int) -> Any:
        values, others = random.integers(low, high, 100), after.integers(low, high, 100)
        return np.where(np.arange(100) < parted, values, others).astype(float)

    bid = draw(90, 95)
    steps = draw(0, 4).astype(np.int64)
    return {
        "ns": np.cumsum(steps),
        "bid": bid,
        "ask": bid + draw(1, 4),
        "qty": draw(1, 9),
        "other": draw(1, 9),
        "price": draw(90, 99),
        "sign": draw(0, 2) * 2 - 1,
    }


@pytest.mark.parametrize("name", ARRAYS)
@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 99), SEEDS)
def test_a_function_over_arrays(name: str, seed: int, parted: int, future: int) -> None:
    """Values whose data end before the futures part are the same in both."""
    told: list[Any] = []
    for number in (0, future + 1):
        c = columns(seed, parted, number)
        until, values = ARRAYS[name](c)
        told.append(values[until < c["ns"][parted - 1]])
    np.testing.assert_array_equal(*told)
    c = columns(seed, parted, 0)
    assert len(ARRAYS[name](c)[1]) > 0


def test_trades_are_among_the_events() -> None:
    """The market of these tests trades."""
    assert sum(isinstance(event, Trade) for event in Market(1, level=3).events(120)) > 10
