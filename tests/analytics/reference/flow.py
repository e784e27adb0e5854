"""Order-flow imbalance and trade flow by window, from the whole list of events."""

from fractions import Fraction
from typing import Any

from analytics.reference.windows import effective_times, windows

__all__ = ["level_flow", "step", "trade_flow"]


def step(old: list[tuple[Any, Any]], new: list[tuple[Any, Any]]) -> Any:
    """`e` of Cont, Kukanov and Stoikov, case by case."""
    (old_bid, old_bid_qty), (old_ask, old_ask_qty) = old
    (bid, bid_qty), (ask, ask_qty) = new
    if bid > old_bid:
        demand = bid_qty
    elif bid == old_bid:
        demand = bid_qty - old_bid_qty
    else:
        demand = -old_bid_qty
    if ask < old_ask:
        supply = ask_qty
    elif ask == old_ask:
        supply = ask_qty - old_ask_qty
    else:
        supply = -old_ask_qty
    return demand - supply


def level_flow(events: list[Any], states: list[Any], time: Any, width: int, levels: int) -> list[Any]:
    """Rows (start, end, sums or None, events, mean depth or None) from the states after each event.

    A state is None for an event that is no book message, "lost" for a break, and otherwise
    (is a snapshot, bids, asks) with the best levels of each side, at most `levels`.
    """
    rows: list[Any] = []
    latest, stamps = None, list[Any]()
    for event, state in zip(events, states, strict=True):
        if state is not None and state != "lost":
            latest = time(event) if latest is None else max(latest, time(event))
        stamps.append(latest)
    for number, (start, end, inside) in enumerate(windows(stamps, width)):
        complete = number > 0 and _full(
            _state_before(states, inside[0] if inside else _first_after(stamps, end)), levels
        )
        sums, depth, count = [Fraction(0)] * levels, Fraction(0), 0
        for i in inside:
            if states[i] is None:
                continue
            before = _state_before(states, i)
            if states[i] == "lost" or states[i][0] or not _full(before, levels) or not _full(states[i], levels):
                complete = False
                continue
            count += 1
            _, old_bids, old_asks = before
            _, bids, asks = states[i]
            for m in range(levels):
                sums[m] += Fraction(step([old_bids[m], old_asks[m]], [bids[m], asks[m]]))
                depth += Fraction(bids[m][1] + asks[m][1]) / 2
        mean = depth / (levels * count) if count else None
        rows.append((start, end, tuple(sums) if complete else None, count, mean))
    return rows


def trade_flow(trades: list[Any], gaps: list[int], time: Any, width: int) -> list[Any]:
    """Rows (start, end, bought, sold, buys, sells, turnover, cvd, whole); a gap is how many trades came before it."""
    stamps = effective_times(trades, lambda _: True, time)
    rows: list[Any] = []
    for number, (start, end, inside) in enumerate(windows(stamps, width)):
        bought = [trades[i] for i in inside if trades[i].side == "buy"]
        sold = [trades[i] for i in inside if trades[i].side == "sell"]
        told = [trade for trade, at in zip(trades, stamps, strict=True) if at is not None and at < end]
        broken = any(gap and start <= (stamps[gap - 1] or 0) < end for gap in gaps)
        rows.append(
            (
                start,
                end,
                sum(Fraction(trade.qty) for trade in bought),
                sum(Fraction(trade.qty) for trade in sold),
                len(bought),
                len(sold),
                sum(Fraction(trade.price) * Fraction(trade.qty) for trade in bought + sold),
                sum(Fraction(trade.qty) * (1 if trade.side == "buy" else -1) for trade in told),
                number > 0 and not broken,
            )
        )
    return rows


def _full(state: Any, levels: int) -> bool:
    return state is not None and state != "lost" and len(state[1]) == len(state[2]) == levels


def _state_before(states: list[Any], number: int) -> Any:
    """The state that an event meets: that of the latest book message, unless it was lost since."""
    return next((state for state in reversed(states[:number]) if state is not None), None)


def _first_after(stamps: list[Any], end: int) -> int:
    return next(i for i, at in enumerate(stamps) if at is not None and at >= end)
