"""Trade flow by window, against sums over the whole list."""

from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.records import SECOND, START, SYMBOL, Market, book, trade
from analytics.reference.flow import trade_flow
from havklo.analytics import TradeFlowImbalance, order_flow_imbalance, replay, window_sums
from havklo.errors import ConfigurationError
from havklo.events import Trade, TradeGap

SEEDS = st.integers(0, 2**32)
WINDOW = 1.5


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_against_the_reference(seed: int) -> None:
    """All sums, the cumulative delta, and which windows are whole."""
    events = Market(seed, level=2).events(120)
    metric = TradeFlowImbalance(SYMBOL, window=WINDOW)
    rows = list(replay(events, metric))
    trades = [event for event in events if isinstance(event, Trade)]
    gaps = [
        sum(isinstance(event, Trade) for event in events[:number])
        for number, event in enumerate(events)
        if isinstance(event, TradeGap)
    ]
    told = [
        (
            row.start_ns,
            row.end_ns,
            Fraction(row.buy_qty),
            Fraction(row.sell_qty),
            row.buys,
            row.sells,
            Fraction(row.turnover),
            Fraction(row.cvd),
            row.whole,
        )
        for row in rows
    ]
    assert told == trade_flow(trades, gaps, lambda event: event.recv_ns, round(WINDOW * SECOND))
    assert metric.cvd == sum(event.qty if event.side == "buy" else -event.qty for event in trades)
    for row in rows:
        assert row.net_qty == row.buy_qty - row.sell_qty
        if row.buys or row.sells:
            assert row.imbalance == pytest.approx(float(row.net_qty / (row.buy_qty + row.sell_qty)))
            prices = [float(event.price) for event in trades if row.start_ns <= event.recv_ns < row.end_ns]
            assert min(prices) - 1e-9 <= row.vwap <= max(prices) + 1e-9
        else:
            assert isnan(row.imbalance)
            assert isnan(row.vwap)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_window_sums_say_the_same(seed: int) -> None:
    """The array form has the same windows; the last of them is not finished."""
    trades = [event for event in Market(seed, level=2).events(80) if isinstance(event, Trade)]
    rows = list(replay(trades, TradeFlowImbalance(SYMBOL, window=WINDOW)))
    signed = [float(event.qty) * (1 if event.side == "buy" else -1) for event in trades]
    starts, sums = window_sums([event.recv_ns for event in trades], signed, WINDOW)
    assert len(starts) == len(sums) == (len(rows) + 1 if trades else 0)
    assert starts[:-1].tolist() == [row.start_ns for row in rows]
    assert sums[:-1].tolist() == [float(row.net_qty) for row in rows]


def test_a_window_is_closed_on_the_left() -> None:
    """A trade at the very boundary belongs to the window that begins there."""
    metric = TradeFlowImbalance(SYMBOL, window=2)
    events = [trade(0, "buy", "100"), trade(2, "sell", "100", "3"), trade(3.9, "buy", "100", "1")]
    rows = list(replay([*events, trade(4, "buy", "100", "7")], metric))
    assert [row.net_qty for row in rows] == [1, -2]
    assert [row.whole for row in rows] == [False, True]
    assert [row.net_qty for row in metric.tick(START + 6 * SECOND)] == [7]


def test_what_does_not_count() -> None:
    """Trades from before the subscription and of others; repaired ones do, late ones in the open window."""
    metric = TradeFlowImbalance(SYMBOL, window=1)
    events: list[Any] = [trade(0, "buy", "1", source="snapshot"), trade(0, "buy", "1", symbol="ETH/USD")]
    events += [book(0, "1", "1", "2", "1"), trade(1, "buy", "1"), trade(2.5, "buy", "1", "2")]
    events += [trade(1.9, "buy", "1", "4", source="repair"), trade(3, "sell", "1")]
    rows = list(replay(events, metric))
    assert [(row.start_ns - START) // SECOND for row in rows] == [1, 2]
    assert [row.buy_qty for row in rows] == [1, 6]
    assert metric.cvd == Decimal(6)


def test_the_receive_clock() -> None:
    """Windows by arrival differ from those by Kraken's time."""
    events = [trade(at, "buy", "1", recv_ns=START + 10 * SECOND + number) for number, at in enumerate((0, 1, 2, 3))]
    assert len(list(replay(events, TradeFlowImbalance(SYMBOL, window=1)))) == 3
    assert list(replay(events, TradeFlowImbalance(SYMBOL, window=1, clock="receive"))) == []


def test_sums_of_nothing_and_of_nan() -> None:
    """Nothing gives nothing; a NaN makes its window unknown, and no other one."""
    assert [column.size for column in window_sums([], [], 1)] == [0, 0]
    e = order_flow_imbalance([1, 1, 1], [1, 2, 4], [2, 2, 2], [1, 1, 1])
    starts, sums = window_sums([0, SECOND, 3 * SECOND], e, 1)
    assert starts.tolist() == [0, SECOND, 2 * SECOND, 3 * SECOND]
    assert np.isnan(sums[0])
    assert sums[1:].tolist() == [1, 0, 2]


@pytest.mark.parametrize("arguments", [([1], [1, 2], 1), ([2, 1], [1, 1], 1), ([1], [1], 0)])
def test_what_cannot_be_meant(arguments: Any) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        window_sums(*arguments)
