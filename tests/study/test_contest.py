"""Scores: those of the scores module, from nothing but what was known, with intervals that tell small samples."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from havklo.analytics.scores import brier, calibration_error, log_loss, mean_interval, reliability
from havklo.study import Contest
from havklo.study.blocks import Blocks
from havklo.study.contest import BASE, MODELS, NO_CANCELS, TABLE, _Past, contest
from havklo.study.shadows import Shadow

SECOND = 1_000_000_000
Make = Callable[..., Shadow]


@pytest.fixture
def shadows(shadow: Make) -> list[Shadow]:
    """A thousand seconds with one order each, whose fill a model knows in part."""
    draw = random.Random(5)
    made: list[Shadow] = []
    for second in range(1_000):
        p = draw.random()
        filled = 0.5 if draw.random() < p else None
        said = {"auto": p, "cst": min(1.0, p + 0.2), "empirical": 0.5, "no_cancels": 0.1}
        made.append(shadow(second, filled_after=filled, ahead=draw.expovariate(1.0), **said))
    return made


def judged(shadows: list[Shadow], split: float = 500, seen: float = 999.5) -> Contest:
    """The contest of these orders."""
    return contest(shadows, 1.0, begin_ns=0, split_ns=round(split * SECOND), seen_ns=round(seen * SECOND))


def test_scores_are_those_of_the_scores_module(shadows: list[Shadow]) -> None:
    """Brier score, log-loss, calibration error, bias and reliability, case by case."""
    found = judged(shadows)
    scored = shadows[500:-1]  # the outcome of the last one is not known yet
    outcomes = [each.filled_ns is not None for each in scored]
    times = [each.placed_ns / SECOND for each in scored]
    assert found.cases == len(scored)
    assert found.unseen == 1
    assert found.unpredicted == 0
    assert found.filled == pytest.approx(sum(outcomes) / len(outcomes))
    assert [score.model for score in found.scores] == [*MODELS, TABLE, NO_CANCELS, BASE]
    for score in found.scores[:3]:
        said = [each.said[1.0, score.model].p for each in scored]
        assert score.brier.mean == pytest.approx(brier(said, outcomes), abs=1e-12)
        assert score.log_loss.mean == pytest.approx(log_loss(said, outcomes), abs=1e-12)
        assert score.bias.mean == pytest.approx(sum(said) / len(said) - sum(outcomes) / len(outcomes), abs=1e-12)
        assert score.calibration_error.mean == pytest.approx(calibration_error(said, outcomes), abs=1e-12)
        theirs = reliability(said, outcomes, times, block=found.block)
        assert [each.count for each in score.reliability] == [each.count for each in theirs]
        for mine, other in zip(score.reliability, theirs, strict=True):
            assert (mine.predicted, mine.observed) == pytest.approx((other.predicted, other.observed), abs=1e-12)


def test_intervals_agree_with_another_drawing(shadows: list[Shadow]) -> None:
    """Blocks are drawn otherwise than in the scores module, and so the ends differ by the drawing alone."""
    scored = shadows[500:]
    errors = np.array([(each.said[1.0, "auto"].p - (each.filled_ns is not None)) ** 2 for each in scored])
    times = [each.placed_ns / SECOND for each in scored]
    mine = Blocks(times, 20.0, resamples=4_000).mean(errors)
    theirs = mean_interval(list(errors), times, block=20.0, resamples=4_000)
    assert mine.mean == pytest.approx(theirs.mean, abs=1e-12)
    assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.15 * (theirs.high - theirs.low))


def test_who_knows_more_is_better(shadows: list[Shadow]) -> None:
    """The model that knows the probabilities beats the base rate, one that is always too high does not hide it."""
    by_name = {score.model: score for score in judged(shadows).scores}
    assert by_name["auto"].brier_less_base.high < 0
    assert by_name["cst"].bias.low > 0.05
    assert by_name["auto"].bias.low < 0 < by_name["auto"].bias.high
    assert by_name["auto"].calibration_error.low <= 0.04
    assert by_name[BASE].brier_less_base.mean == 0
    assert by_name["auto"].calibrated == 0
    assert by_name[BASE].calibrated is None


def test_baselines_know_only_the_past(shadows: list[Shadow], shadow: Make) -> None:
    """Whatever comes after an order, and whatever is not decided yet, changes nothing that was said of it."""

    def said(orders: list[Shadow]) -> list[dict[str, float]]:
        past, rows = _Past(1.0), []
        for each in orders:
            past.reach(each.placed_ns)
            past.expect(each, filled=each.filled_ns is not None)
            rows.append(past.predict(each.qty_ahead))
        return rows

    turned = [
        shadow(n, filled_after=None if each.filled_ns else 0.5, ahead=each.qty_ahead) for n, each in enumerate(shadows)
    ]
    one, other = said(shadows), said([*shadows[:600], *turned[600:]])
    assert one[:601] == other[:601]
    assert one[700][BASE] != other[700][BASE]
    assert one[0] == {}
    # The outcome of an order is known a second after it was placed, and two more settle what was a trade.
    assert one[3][BASE] == (shadows[0].filled_ns is not None)


def test_the_table_has_bins_of_equal_mass(shadow: Make) -> None:
    """What stands ahead decides, and each bin has the share of its own orders."""
    past = _Past(1.0)
    for number in range(400):
        past.expect(shadow(0, ahead=float(number)), filled=number % 400 < 100)
    past.reach(100 * SECOND)
    assert past.predict(3.0)[TABLE] == 1.0
    assert past.predict(399.0)[TABLE] == 0.0
    assert past.predict(1e9)[TABLE] == 0.0
    assert past.predict(0.0)[BASE] == 0.25


def test_small_samples_say_so(shadow: Make) -> None:
    """Few orders, few fills, few blocks; nothing at all; and nothing that is NaN."""
    few = judged([shadow(n, filled_after=0.5 if n % 10 == 0 else None) for n in range(100)], split=50, seen=200)
    assert few.cases == 50
    assert few.is_thin
    (warning,) = few.warnings
    assert warning.startswith("too little to judge by: 50 shadow orders, 5 of them filled, in ")
    some = judged([shadow(n, filled_after=0.5 if n % 10 == 0 else None) for n in range(350)], split=150, seen=400)
    assert not some.is_thin
    assert any("small sample: 200 shadow orders" in each for each in some.warnings)
    assert any("only 20 of 200 shadow orders were filled" in each for each in some.warnings)
    none = judged([shadow(n, auto=float("nan")) for n in range(100)], split=50, seen=200)
    assert (none.cases, none.unpredicted, none.filled, none.scores) == (0, 50, None, ())
    assert none.warnings[0].startswith("nothing to score")
    assert none.is_thin


def test_one_case_is_scored(shadow: Make) -> None:
    """One bin, one block."""
    orders: list[Any] = [shadow(0), shadow(50, filled_after=0.5)]
    found = judged(orders, split=20, seen=60)
    assert found.cases == 1
    assert len(found.scores[0].reliability) == 1
    assert found.scores[0].brier.low == found.scores[0].brier.high == 0.25
