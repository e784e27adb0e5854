"""Effective spread, realized spread, price impact and markouts, against a look-up in the whole list."""

from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.records import SECOND, START, Lost, Market, book, trade
from analytics.reference.costs import mid_at, mid_before, spreads
from havklo.analytics import EffectiveSpreads, Markouts, markouts, replay
from havklo.errors import ConfigurationError
from havklo.events import ConnectionLost, Trade

HORIZONS = (0.5, 2.0, 10.0)
SEEDS = st.integers(0, 2**32)


def mid(message: Any) -> Any:
    """The mid price of a message, or None."""
    top = message.top
    return None if top is None else (Fraction(top.bid.price) + Fraction(top.ask.price)) / 2


def steps_of(events: list[Any]) -> list[tuple[int, Any]]:
    """When which mid price began to hold; what was lost ends just after the last one."""
    steps: list[tuple[int, Any]] = []
    for event in events:
        if isinstance(event, Lost):
            if steps:
                steps.append((steps[-1][0] + 1, None))
        elif not isinstance(event, Trade) and hasattr(event, "changes"):
            steps.append((max(event.recv_ns, steps[-1][0] if steps else 0), mid(event)))
    return steps


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from((2, 3)))
def test_against_the_reference(seed: int, level: int) -> None:
    """Each trade has the mid price before it and those at its horizons; the identity holds to the last digit."""
    events = Market(seed, level=level).events(60)
    rows = list(replay(events, Markouts("BTC/USD", horizons=HORIZONS)))
    told = {(row.trade_id, row.horizon): row for row in rows}
    assert len(told) == len(rows)
    last = max(event.recv_ns for event in events if hasattr(event, "changes"))
    steps: list[Any] = steps_of(events)
    for number, event in enumerate(events):
        if not isinstance(event, Trade):
            continue
        before = mid_before(steps_of(events[:number]), event.recv_ns)
        for horizon in HORIZONS:
            end = event.recv_ns + round(horizon * SECOND)
            row = told.pop((event.trade_id, horizon), None)
            if row is None:
                assert end >= last
                continue
            expected = spreads(event.side, event.price, before, mid_at(steps, end))
            given_ = tuple(None if x is None else Fraction(x) for x in (row.effective, row.realized, row.impact))
            assert given_ == expected
            assert (row.at_ns, row.end_ns) == (event.recv_ns, end)
            if row.impact is not None:
                assert row.effective == row.realized + row.impact
                assert row.effective_bps == pytest.approx(float(expected[0] / before * 10_000))
                assert row.taker_bps == pytest.approx(-row.realized_bps / 2)
    assert not told


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_effective_spreads_come_at_once(seed: int) -> None:
    """One row for each trade, with the trade, on either clock."""
    events = Market(seed, level=2).events(60)
    for clock in ("exchange", "receive"):
        metric = EffectiveSpreads("BTC/USD", clock=clock, tick=Decimal("0.1"))
        for number, event in enumerate(events):
            rows = metric.feed(event)
            assert len(rows) == isinstance(event, Trade)
            steps = steps_of(events[:number])
            for row in rows:
                by_arrival = steps[-1][1] if steps else None
                before = by_arrival if clock == "receive" else mid_before(steps, event.recv_ns)
                assert (row.mid is None) == (before is None)
                if before is not None:
                    assert Fraction(row.effective) == spreads(event.side, event.price, before, None)[0]
                    assert row.effective_ticks == pytest.approx(float(row.effective) * 10)
                else:
                    assert isnan(row.effective_bps)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_arrays_say_the_same(seed: int) -> None:
    """The vectorised form gives what the rows give, and NaN where they have nothing."""
    events = Market(seed, level=2, breaks=False).events(60)
    books = [event for event in events if not isinstance(event, Trade)]
    trades = [event for event in events if isinstance(event, Trade)]
    events.sort(key=lambda event: event.recv_ns)  # the arrays know of no arrival
    rows = {row.trade_id: row for row in replay(events, Markouts("BTC/USD", horizons=[2.0]))}
    result = markouts(
        [event.recv_ns for event in trades],
        [1 if event.side == "buy" else -1 for event in trades],
        [float(event.price) for event in trades],
        [event.recv_ns for event in books],
        [float("nan") if event.top is None else float(mid(event)) for event in books],
        horizon=2.0,
    )
    for number, event in enumerate(trades):
        row = rows.get(event.trade_id)
        told = (result.effective_bps[number], result.realized_bps[number], result.impact_bps[number])
        if row is None:
            assert np.isnan(told[1:]).all()
        else:
            assert told == pytest.approx((row.effective_bps, row.realized_bps, row.impact_bps), nan_ok=True, abs=1e-8)


def test_one_by_hand() -> None:
    """A buy at 101 when the mid price is 100.5, which is 101.5 five seconds later."""
    events = [book(0, "100", "1", "101", "1"), trade(1, "buy", "101"), book(1, "100", "1", "102", "1")]
    events += [book(6, "101", "1", "102", "1"), book(6.1, "90", "1", "91", "1")]
    (row,) = replay(events, Markouts("BTC/USD", horizons=[5], tick=Decimal("0.5")))
    assert (row.mid, row.mid_after) == (Decimal("100.5"), Decimal("101.5"))
    assert (row.effective, row.realized, row.impact) == (1, -1, 2)
    assert (row.effective_ticks, row.realized_ticks, row.impact_ticks) == (2, -2, 4)
    assert row.impact_bps == pytest.approx(2 / 100.5 * 10_000)


def test_what_is_not_known_is_not_said() -> None:
    """No mid price before the first message, after a break, and with an empty side; no trade of a snapshot."""
    spread = EffectiveSpreads("BTC/USD")
    (early,) = spread.feed(trade(0, "buy", "101"))
    assert early.effective is None
    assert isnan(early.effective_bps)
    assert isnan(early.effective_ticks)
    spread.feed(book(1, "100", "1", "101", "1"))
    assert spread.feed(trade(2, "buy", "101", source="snapshot")) == ()
    assert spread.feed(trade(2, "buy", "101", symbol="ETH/USD")) == ()
    for lost in (Lost(), ConnectionLost(connection=0, reason="closed", retry_in_ns=0)):
        spread.feed(book(2, "100", "1", "101", "1"))
        spread.feed(lost)
        assert spread.feed(trade(3, "buy", "101"))[0].mid is None
    spread.feed(Lost(symbols=("ETH/USD",)))
    spread.feed(book(4, "100", "1", "", ""))
    assert spread.feed(trade(5, "buy", "101"))[0].mid is None


def test_a_break_before_the_horizon() -> None:
    """What the mid price was while the book was not known stays unknown."""
    metric = Markouts("BTC/USD", horizons=[1, 5])
    events = [book(0, "100", "1", "101", "1"), trade(1, "buy", "101"), book(1.5, "100", "1", "101", "1"), Lost()]
    events += [book(4, "100", "1", "101", "1", type="snapshot"), book(7, "100", "1", "101", "1")]
    first, second = replay(events, metric)
    assert (first.horizon, first.mid_after, first.impact) == (1, None, None)
    assert first.effective is not None
    assert isnan(first.impact_bps)
    assert second.mid_after == Decimal("100.5")


def test_time_can_be_told() -> None:
    """Without a message nothing is certain until the clock says so; and no more rows wait than may."""
    metric = Markouts("BTC/USD", horizons=[1], pending=2)
    metric.feed(book(0, "100", "1", "101", "1"))
    for number in range(3):
        rows = metric.feed(trade(1, "buy", "101", trade_id=number))
        assert len(rows) == (number == 2)
    assert rows[0].mid_after is None
    assert metric.waiting == 2
    assert metric.tick(START + 2 * SECOND) == ()  # a message at that very moment would still count
    assert [row.mid_after for row in metric.tick(START + 2 * SECOND + 1)] == [Decimal("100.5")] * 2


def test_memory_ends() -> None:
    """A trade from longer ago than is remembered meets no mid price."""
    metric = EffectiveSpreads("BTC/USD", memory=2)
    for number in range(9):
        metric.feed(book(number, str(100 + number), "1", str(101 + number), "1"))
    assert metric.feed(trade(1.5, "buy", "101"))[0].mid is None
    assert metric.feed(trade(8.5, "buy", "101"))[0].mid == Decimal("108.5")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Markouts("BTC/USD", horizons=[]),
        lambda: Markouts("BTC/USD", horizons=[0]),
        lambda: Markouts("BTC/USD", horizons=[float("nan")]),
        lambda: Markouts("BTC/USD", pending=0),
        lambda: EffectiveSpreads("BTC/USD", memory=0),
        lambda: EffectiveSpreads("BTC/USD", clock="wall"),  # pyright: ignore[reportArgumentType]
        lambda: markouts([1], [1], [1, 2], [1], [1], horizon=1),
        lambda: markouts([1], [1], [1], [2, 1], [1, 1], horizon=1),
        lambda: markouts([1], [1], [1], [1], [1], horizon=0),
    ],
)
def test_what_cannot_be_meant(make: Any) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        make()
