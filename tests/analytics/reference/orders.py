"""What becomes of orders, from the whole list of level-3 messages."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

__all__ = ["births", "incidence", "lifetimes"]


def lifetimes(messages: list[tuple[int, Any]]) -> list[tuple[Any, ...]]:  # noqa: C901, PLR0912  # a story in one piece
    """(id, start, end, age, origin, fate) of each life that ended, by replaying a plain list of who is there.

    Messages come with their time; None instead of a message is a break. Depth plays no part here.
    """
    there: dict[str, tuple[int, int, str, Any]] = {}  # id: start, age, origin, (stamp, price)
    ended: list[tuple[Any, ...]] = []
    known, seen_at = False, 0

    def end(order_id: str, at: int, fate: str) -> None:
        start, age, origin, _ = there.pop(order_id)
        ended.append((order_id, start, at, age, origin, fate))

    for now, message in messages:
        if message is None:
            known = False
            continue
        if message.type == "snapshot":
            rows = {row.order_id: (row.timestamp_ns, row.limit_price) for row in message.changes}
            for order_id in list(there):
                if rows.get(order_id) != there[order_id][3]:
                    end(order_id, seen_at, "censored")
            for order_id, mark in rows.items():
                if order_id not in there:
                    there[order_id] = (now, max(0, message.timestamp_ns - mark[0]), "seen", mark)
            known = True
        elif known:
            for row in message.changes:
                if row.event == "delete" or row.reason == "amend":
                    fates = {"cancel": "canceled", "unknown": "unknown", "amend": "amended"}
                    if row.order_id in there:
                        end(row.order_id, now, fates[row.reason])
                if row.event != "delete" and row.order_id not in there:
                    origin = row.reason if row.reason in ("new", "amend") else "seen"
                    there[row.order_id] = (now, 0, origin, (row.timestamp_ns, row.limit_price))
        if known:
            seen_at = now
    return ended


def births(messages: list[tuple[int, Any]]) -> list[tuple[str, int]]:
    """(id, time) of each order that was seen being placed."""
    found: list[tuple[str, int]] = []
    known = False
    for now, message in messages:
        if message is None:
            known = False
        elif message.type == "snapshot":
            known = True
        elif known:
            found += [(row.order_id, now) for row in message.changes if row.reason == "new"]
    return found


def incidence(lives: Iterable[tuple[float, float, str]]) -> list[tuple[float, int, float, dict[str, float]]]:
    """Aalen and Johansen's estimate, age by age: (age, at risk, surviving, by fate) from (entry, duration, fate)."""
    watched = [life for life in lives if life[1] > life[0] or life[0] == 0]
    fates = sorted({fate for _, _, fate in watched if fate != "censored"})
    rows: list[tuple[float, int, float, dict[str, float]]] = []
    surviving, ended = Fraction(1), dict.fromkeys(fates, Fraction(0))
    for age in sorted({duration for _, duration, fate in watched if fate != "censored"}):
        at_risk = sum(1 for entry, duration, _ in watched if duration >= age and (entry < age or entry == 0))
        counts = {fate: sum(1 for _, d, f in watched if d == age and f == fate) for fate in fates}
        for fate, count in counts.items():
            ended[fate] += surviving * Fraction(count, at_risk)
        surviving *= 1 - Fraction(sum(counts.values()), at_risk)
        rows.append((age, at_risk, float(surviving), {fate: float(value) for fate, value in ended.items()}))
    return rows
