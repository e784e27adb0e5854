"""Spreads of trades, looked up in the whole list of book messages."""

from fractions import Fraction
from typing import Any

__all__ = ["mid_at", "mid_before", "spreads"]


def mid_before(steps: list[tuple[int, Any]], moment: int) -> Any:
    """The last mid price that began to hold before a moment."""
    found = [mid for at, mid in steps if at < moment]
    return found[-1] if found else None


def mid_at(steps: list[tuple[int, Any]], moment: int) -> Any:
    """The last mid price that began to hold at a moment or before."""
    found = [mid for at, mid in steps if at <= moment]
    return found[-1] if found else None


def spreads(side: str, price: Any, mid: Any, mid_after: Any) -> tuple[Any, Any, Any]:
    """Effective spread, realized spread and price impact, exactly; None where a mid price is missing."""
    d = 1 if side == "buy" else -1
    effective = None if mid is None else 2 * d * (Fraction(price) - Fraction(mid))
    realized = None if mid_after is None else 2 * d * (Fraction(price) - Fraction(mid_after))
    impact = None if mid is None or mid_after is None else 2 * d * (Fraction(mid_after) - Fraction(mid))
    return effective, realized, impact
