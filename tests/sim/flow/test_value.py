"""The hidden value: its walk, its own time, crashes."""

import random
from dataclasses import replace
from itertools import pairwise
from math import log
from statistics import pstdev

import pytest

from havklo.sim.flow import CALM, NORMAL, VOLATILE, Regime
from havklo.sim.flow.value import Value

SECOND = 1_000_000_000


def walked(value: Value, seconds: int, step: int = SECOND // 10, start: int = SECOND) -> list[float]:
    """The value after each of so many seconds."""
    now, prices = start, [value.price]
    for _ in range(seconds):
        for _ in range(SECOND // step):
            now += step
            value.at(now)
        prices.append(value.price)
    return prices


@pytest.mark.parametrize("regime", [CALM, NORMAL, VOLATILE], ids=lambda regime: regime.name)
def test_it_moves_as_much_as_its_regime_says(regime: Regime) -> None:
    """Without jumps, moves over a second have the regime's standard deviation."""
    value = Value(100_000.0, replace(regime, jumps=0.0), random.Random(3))
    prices = walked(value, 4_000)
    moves = [log(later / earlier) for earlier, later in pairwise(prices)]
    assert pstdev(moves) == pytest.approx(regime.volatility, rel=0.05)


def test_the_same_walk_at_any_rate_of_events() -> None:
    """Two hundred or ten events a second: the value moves as much."""
    spread: list[float] = []
    for step in (SECOND // 1_000, SECOND // 10):
        value = Value(100_000.0, replace(NORMAL, jumps=0.0), random.Random(3))
        prices = walked(value, 2_000, step)
        spread.append(pstdev(log(later / earlier) for earlier, later in pairwise(prices)))
    assert spread[0] == pytest.approx(spread[1], rel=0.1)


def test_jumps() -> None:
    """About as many jumps as the regime says, about as large."""
    value = Value(100_000.0, replace(NORMAL, volatility=0.0, jumps=0.1, jump=1e-3), random.Random(3))
    prices = walked(value, 10_000)
    jumps = [log(b / a) for a, b in pairwise(prices) if a != b]
    assert len(jumps) == pytest.approx(1_000, rel=0.1)
    assert pstdev(jumps) == pytest.approx(1e-3, rel=0.15)


def test_it_moves_while_the_clock_stands() -> None:
    """Where time stands still, events move it."""
    value = Value(100_000.0, VOLATILE, random.Random(3))
    value.at(SECOND)
    seen = {value.at(SECOND) for _ in range(100)}
    assert 10 < len(seen) < 50


def test_a_long_silence_counts_little() -> None:
    """After an hour without an event the value is still where the book can follow."""
    value = Value(100_000.0, replace(NORMAL, jumps=0.0), random.Random(3))
    value.at(SECOND)
    before = value.price
    assert value.at(3_600 * SECOND) == pytest.approx(before, rel=5 * NORMAL.volatility)


def test_makers_learn_late() -> None:
    """What has moved the value lately is news, and old news is none."""
    value = Value(100_000.0, replace(NORMAL, volatility=0.0, jumps=0.0), random.Random(3))
    walked(value, 1)
    value.learn(50.0)
    value.at(3 * SECOND)
    assert value.price == pytest.approx(100_050.0, abs=0.1)
    assert value.news == pytest.approx(50.0, abs=0.1)
    walked(value, 20, start=3 * SECOND)
    assert value.news == pytest.approx(0.0, abs=0.1)


def test_a_crash_heals() -> None:
    """A crash takes its fraction at once and gives it back, until it is over."""
    value = Value(100_000.0, replace(NORMAL, volatility=0.0, jumps=0.0), random.Random(3))
    value.at(SECOND)
    value.fall(0.1)
    prices = walked(value, 600)
    assert prices[1] == pytest.approx(90_000.0, rel=0.01)
    assert prices[60] == pytest.approx(96_200.0, rel=0.01)
    assert prices == [prices[0], *sorted(prices[1:])]
    assert prices[-1] == pytest.approx(100_000.0, rel=0.001)
    assert not value.crashed


def test_it_stays_in_its_range() -> None:
    """Neither a wild walk nor crash upon crash leads to a price that no book could have."""
    value = Value(100_000.0, replace(VOLATILE, volatility=0.1), random.Random(3))
    assert all(25_000 - 1 <= price <= 400_000 + 1 for price in walked(value, 500))
    for _ in range(50):
        value.fall(0.5)
    assert value.at(1_000 * SECOND) > 100_000 / 16 - 1
