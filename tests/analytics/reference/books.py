"""The price of size, taken from a list of levels lot by lot in fractions."""

from fractions import Fraction
from typing import Any

__all__ = ["sweep_cost", "sweep_qty", "to_move"]


def sweep_qty(levels: list[tuple[Any, Any]], qty: Any) -> tuple[Fraction, Fraction, int]:
    """(filled, cost, levels) of a quantity."""
    filled, cost, touched = Fraction(0), Fraction(0), 0
    for price, there in levels:
        take = min(Fraction(there), Fraction(qty) - filled)
        if take > 0:
            touched += 1
            filled += take
            cost += take * Fraction(price)
    return filled, cost, touched


def sweep_cost(levels: list[tuple[Any, Any]], cost: Any) -> tuple[Fraction, Fraction, int]:
    """(filled, cost, levels) of a sum of money."""
    filled, spent, touched = Fraction(0), Fraction(0), 0
    for price, there in levels:
        take = min(Fraction(there), (Fraction(cost) - spent) / Fraction(price))
        if take > 0:
            touched += 1
            filled += take
            spent += take * Fraction(price)
    return filled, spent, touched


def to_move(levels: list[tuple[Any, Any]], target: Any, *, up: bool) -> tuple[Fraction, Fraction, int, Any]:
    """(qty, cost, levels, next price or None) of moving the best price to a target or beyond."""
    better = [(p, q) for p, q in levels if (p < target if up else p > target)]
    rest = [p for p, _ in levels if not (p < target if up else p > target)]
    qty = sum((Fraction(q) for _, q in better), Fraction(0))
    cost = sum((Fraction(p) * Fraction(q) for p, q in better), Fraction(0))
    return qty, cost, len(better), rest[0] if rest else None
