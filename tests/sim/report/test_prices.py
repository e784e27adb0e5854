"""Spread and volatility."""

from math import exp

import pytest

from havklo.sim.report import PriceTally

SECOND = 1_000_000


def test_spread_is_looked_at_once_a_second() -> None:
    """What lasts a moment between two looks does not count."""
    tally = PriceTally(0)
    tally.on_quote(9_999, 10_001, 0)
    tally.on_quote(9_000, 11_000, SECOND + 1)
    tally.on_quote(9_998, 10_002, SECOND + 2)
    tally.close(3 * SECOND)
    assert tally.spread() == pytest.approx((4.0, 10 / 3))
    assert PriceTally(0).spread() == (0.0, 0.0)


def test_volatility() -> None:
    """The root mean square of moves over so many seconds."""
    tally = PriceTally(0)
    for second in range(11):
        middle = 10_000_000 * exp((second % 2) * 1e-4)
        tally.on_quote(round(middle) - 1, round(middle) + 1, second * SECOND - 1)
    tally.close(10 * SECOND)
    assert tally.volatility(1) == pytest.approx(1.0, rel=1e-3)
    assert tally.volatility(2) == 0.0
    assert PriceTally(0).volatility(1) == 0.0
