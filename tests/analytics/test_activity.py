"""What orders do for each trade, and what becomes of the best level, against counts over the whole list."""

from decimal import Decimal
from math import isnan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.records import SECOND, START, SYMBOL, Level, Lost, Market, OrderChange, Orders, Settled, trade
from analytics.reference.windows import effective_times, windows
from havklo.analytics import OrderActivity, QueueDepletion, Tally, replay
from havklo.events import Trade, TradeGap

SEEDS = st.integers(0, 2**32)
WIDTH = round(1.5 * SECOND)
ZERO = Decimal(0)


def known_before(events: list[Any]) -> list[bool]:
    """Whether the book is known when each event comes."""
    found, known = list[bool](), False
    for event in events:
        found.append(known)
        if isinstance(event, Orders):
            known = known or event.type == "snapshot"
        elif isinstance(event, Lost):
            known = False
    return found


def broken(events: list[Any], inside: list[int], *, trades: bool) -> bool:
    """Whether something in a window hides what happened."""
    return any(
        isinstance(events[i], Lost)
        or (isinstance(events[i], Orders) and events[i].type == "snapshot")
        or (trades and isinstance(events[i], TradeGap))
        for i in inside
    )


def entered_known(events: list[Any], times: list[int | None], start: int) -> bool:
    """Whether the book is known when a window begins."""
    number = next(i for i, at in enumerate(times) if at is not None and at >= start)
    return known_before(events)[number]


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_activity_against_the_reference(seed: int) -> None:
    """Counts and quantities by reason."""
    events = Market(seed, level=3).events(80)
    rows = list(replay(events, OrderActivity(SYMBOL, window=1.5)))
    times = effective_times(events, lambda event: isinstance(event, Orders | Trade), lambda event: event.recv_ns)
    expected = windows(times, WIDTH)
    assert [(row.start_ns, row.end_ns) for row in rows] == [window[:2] for window in expected]
    for number, (row, (start, _, inside)) in enumerate(zip(rows, expected, strict=True)):
        changes = [
            change
            for i in inside
            if isinstance(events[i], Orders) and events[i].type == "update"
            for change in events[i].changes
        ]

        def tally(reason: str, qty: Any, changes: list[Any] = changes) -> Tally:
            found = [abs(qty(c)) for c in changes if c.reason == reason and (reason, c.event) != ("amend", "delete")]
            return Tally(count=len(found), qty=sum(found, ZERO))

        assert row.adds == tally("new", lambda c: c.order_qty)
        assert row.amends == tally("amend", lambda c: c.order_qty)
        assert row.cancels == tally("cancel", lambda c: c.qty_before)
        assert row.fills == tally("fill", lambda c: c.qty_before - c.order_qty)
        assert row.unknown == tally("unknown", lambda c: c.qty_before - c.order_qty)
        traded = [events[i].qty for i in inside if isinstance(events[i], Trade)]
        assert row.trades == Tally(count=len(traded), qty=sum(traded, ZERO))
        whole = number > 0 and entered_known(events, times, start) and not broken(events, inside, trades=True)
        assert row.whole == whole


def test_ratios_by_hand() -> None:
    """Two adds, one cancel, one that may be one, one amend, two trades."""
    metric = OrderActivity(SYMBOL, window=1)
    reasons = [("add", "new", "4", "0"), ("add", "new", "2", "0"), ("add", "edge", "9", "0")]
    reasons += [("delete", "cancel", "0", "1"), ("delete", "unknown", "0", "3"), ("modify", "amend", "5", "1")]
    events: list[Any] = [message(0, kind="snapshot"), message(1, *reasons), trade(1.1, "buy", "1", "2")]
    events += [trade(1.2, "buy", "1", "2"), trade(1.3, "buy", "1", "5", source="snapshot"), message(2)]
    first, row = replay(events, metric)
    assert (first.whole, row.whole) == (False, True)
    assert row.cancel_ratio == (0.5, 1)
    assert row.cancel_ratio_qty == pytest.approx((1 / 6, 4 / 6))
    assert row.order_to_trade == (2, 2.5)
    assert row.order_to_trade_qty == (3, 3.75)
    for nothing in (first.cancel_ratio, first.cancel_ratio_qty, first.order_to_trade, first.order_to_trade_qty):
        assert all(map(isnan, nothing))
    metric.feed(message(2.5, conflated=1))
    metric.feed(message(3.5, kind="snapshot"))
    assert [row.whole for row in metric.tick(START + 6 * SECOND)] == [False, True, True]


def message(at: float, *rows: tuple[str, str, str, str], kind: str = "update", conflated: int = 0) -> Orders:
    """A level-3 message about orders of the best bid."""
    now = START + round(at * SECOND)
    changes = tuple(
        OrderChange(
            side="bid",
            event=event,
            order_id="A",
            limit_price=Decimal(100),
            order_qty=Decimal(qty),
            qty_before=Decimal(before),
            timestamp_ns=now,
            level=0,
            reason=reason,
        )
        for event, reason, qty, before in rows
    )
    return Orders(type=kind, changes=changes, timestamp_ns=now, recv_ns=now, conflated=conflated)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_depletion_against_the_reference(seed: int) -> None:
    """What came to and left the best levels, and how often these were emptied."""
    events = Market(seed, level=3).events(80)
    rows = list(replay(events, QueueDepletion(SYMBOL, window=1.5)))
    times = effective_times(events, lambda event: isinstance(event, Orders), lambda event: event.recv_ns)
    expected = windows(times, WIDTH)
    assert [(row.start_ns, row.end_ns) for row in rows] == [window[:2] for window in expected]
    for number, (row, (start, _, inside)) in enumerate(zip(rows, expected, strict=True)):
        for side in ("bid", "ask"):
            told = getattr(row, side)
            changes = [
                change
                for i in inside
                if isinstance(events[i], Orders) and events[i].type == "update"
                for change in events[i].changes
                if change.side == side and change.level == 0
            ]
            more = [c.order_qty - c.qty_before for c in changes if c.reason in ("new", "amend")]
            assert told.came == sum((qty for qty in more if qty > 0), ZERO)
            for name, reason in (
                ("traded", "fill"),
                ("canceled", "cancel"),
                ("unknown", "unknown"),
                ("amended", "amend"),
            ):
                less = [c.qty_before - c.order_qty for c in changes if c.reason == reason]
                assert getattr(told, name) == sum((qty for qty in less if qty > 0), ZERO)
            assert told.emptied == sum(worsened(events, i, side) for i in inside)
        whole = number > 0 and entered_known(events, times, start) and not broken(events, inside, trades=False)
        assert row.whole == whole


def worsened(events: list[Any], number: int, side: str) -> bool:
    """Whether a message made the best price of a side worse."""
    if not isinstance(events[number], Orders) or events[number].type == "snapshot":
        return False
    before: Any = None
    for event in events[:number]:
        if isinstance(event, Orders):
            before = getattr(event, f"best_{side}")
        elif isinstance(event, Lost):
            before = None
    after = getattr(events[number], f"best_{side}")
    if before is None:
        return False
    return after is None or (after.price < before.price if side == "bid" else after.price > before.price)


def test_shares_by_hand() -> None:
    """A fill of 2, a cancel of 1 and a doubtful 1: trades had from half to three quarters of it."""
    metric = QueueDepletion(SYMBOL, window=1)
    rows = [("modify", "fill", "1", "3"), ("delete", "cancel", "0", "1"), ("delete", "unknown", "0", "1")]
    first, row = replay([message(0, kind="snapshot"), message(1, *rows), message(2)], metric)
    assert row.bid.traded_share == (0.5, 0.75)
    assert all(map(isnan, row.ask.traded_share))
    assert (first.whole, row.whole) == (False, True)
    metric.feed(message(2.5, conflated=1))
    assert [row.whole for row in metric.tick(START + 4 * SECOND)] == [False, False]


def test_what_trades_settle() -> None:
    """A row waits until all that left in its window is explained, and so do those after it."""
    metric = QueueDepletion(SYMBOL, window=1, attribution=Settled())
    metric.feed(message(0, kind="snapshot"))
    metric.feed(message(1, ("delete", "unknown", "0", "3"), ("modify", "fill", "1", "3")))
    assert [row.whole for row in metric.feed(message(1.5, ("delete", "unknown", "0", "2")))] == []
    assert metric.feed(message(2.5)) == ()
    assert metric.feed(trade(2.6, "sell", "100", "3")) == ()
    assert metric.feed(trade(2.6, "sell", "100", "3", symbol="ETH/USD")) == ()
    (row,) = metric.feed(trade(2.7, "sell", "100", "2"))
    assert (row.bid.traded, row.bid.canceled, row.bid.unknown) == (7, 0, 0)
    assert row.bid.traded_share == (1, 1)
    metric.feed(message(2.8, ("delete", "unknown", "0", "4")))
    (row,) = metric.tick(START + 3 * SECOND)
    assert (row.bid.traded, row.bid.canceled) == (0, 4)


def test_a_best_level_can_leave_nothing_behind() -> None:
    """A side without a level left is emptied as well."""
    metric = QueueDepletion(SYMBOL, window=1)
    now = START + SECOND // 2
    level = Level(Decimal(100), Decimal(1))
    metric.feed(Orders(type="snapshot", timestamp_ns=START, best_bid=level, best_ask=Level(Decimal(101), Decimal(1))))
    metric.feed(Orders(timestamp_ns=now, best_ask=Level(Decimal(102), Decimal(1))))
    (row,) = metric.tick(START + SECOND)
    assert (row.bid.emptied, row.ask.emptied) == (1, 1)
