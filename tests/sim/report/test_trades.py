"""Trade statistics."""

import random

import pytest

from havklo.sim.report import TradeTally

SECOND = 1_000_000


def test_matches_of_one_taker_are_one_order() -> None:
    """Same moment and side: one order. Its size is their sum."""
    tally = TradeTally(0)
    for side, qty, at in (("buy", 3, 5), ("buy", 4, 5), ("sell", 2, 5), ("sell", 6, 9)):
        tally.on_trade(side, qty, at)
    assert (tally.prints, tally.orders) == (4, 3)
    assert tally.sizes() == (6, 5)
    assert TradeTally(0).sizes() == (0.0, 0.0)


def counted(*counts: int) -> TradeTally:
    """So many orders in each second."""
    tally = TradeTally(7 * SECOND)
    for second, count in enumerate(counts, 7):
        for number in range(count):
            tally.on_trade("buy", 1, second * SECOND + number)
    return tally


def test_clustering() -> None:
    """Variance over mean, and correlation with the second before, over whole seconds only."""
    assert counted(2, 2, 2, 2).clustering(11 * SECOND) == (0.0, 0.0)
    ratio, memory = counted(4, 0, 4, 0).clustering(11 * SECOND)
    assert ratio == 2.0
    assert memory == -0.75
    assert counted(4, 0, 4, 0, 9).clustering(11 * SECOND + 999_999) == (ratio, memory)
    ratio, memory = counted(*[5] * 50, *[0] * 50).clustering(107 * SECOND)
    assert ratio == 2.5
    assert memory == pytest.approx(0.97)
    assert counted(4).clustering(8 * SECOND) == counted().clustering(99 * SECOND) == (0.0, 0.0)


def test_independent_orders_have_a_ratio_of_one() -> None:
    """Poisson counts vary as much as their mean."""
    rng = random.Random(3)
    tally = TradeTally(0)
    at = 0.0
    while at < 2_000 * SECOND:
        at += rng.expovariate(3.0) * SECOND
        tally.on_trade("sell", 1, int(at))
    ratio, memory = tally.clustering(2_000 * SECOND)
    assert ratio == pytest.approx(1.0, abs=0.15)
    assert memory == pytest.approx(0.0, abs=0.06)
