"""Scores of probabilities, against numbers worked out by hand and against themselves."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from havklo.analytics.scores import (
    brier,
    calibration_error,
    ipcw_brier,
    log_loss,
    mean_interval,
    reliability,
)
from havklo.errors import ConfigurationError


def test_scores_by_hand() -> None:
    """Two cases, one right and one wrong."""
    assert brier([0.8, 0.4], [True, True]) == pytest.approx((0.04 + 0.36) / 2)
    assert log_loss([0.8, 0.4], [True, False]) == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
    assert log_loss([0.0], [True]) == pytest.approx(-math.log(1e-6))
    assert calibration_error([0.2, 0.2, 0.9, 0.9], [False, True, True, True], bins=2) == pytest.approx(0.2)


def test_reliability_counts_all_cases() -> None:
    """Bins have equally many cases; what is said of a fair coin is so, within the interval."""
    draw = random.Random(5)
    predicted = [draw.random() for _ in range(4000)]
    outcomes = [draw.random() < p for p in predicted]
    rows = reliability(predicted, outcomes, [float(at) for at in range(4000)], bins=8, block=50.0, resamples=300)
    assert [row.count for row in rows] == [500] * 8
    assert all(row.low <= row.observed <= row.high for row in rows)
    assert sum(row.low <= row.predicted <= row.high for row in rows) >= 6
    assert calibration_error(predicted, outcomes, bins=8) < 0.04


def test_dependent_cases_have_wider_intervals() -> None:
    """A hundred cases that share their luck are as good as one: blocks of time see it, single cases do not."""
    draw = random.Random(3)
    values = [luck for luck in (draw.random() for _ in range(100)) for _ in range(50)]
    times = [float(at) for at in range(5000)]
    together = mean_interval(values, times, block=50.0)
    single = mean_interval(values, times, block=1.0, resamples=100)
    assert together.low <= together.mean <= together.high
    assert together.high - together.low > 4.0 * (single.high - single.low)
    # A mean of a hundred uniform numbers has a standard error of 0.029.
    assert together.high - together.low == pytest.approx(2 * 1.96 * 0.0289, rel=0.25)


def test_weights_make_up_for_what_was_lost() -> None:
    """Where cases are lost at random, the weighted score is that of all, and the plain one of the rest is not."""
    draw = random.Random(11)
    predicted, times, ends, outcomes = [], [], [], []
    for _ in range(20_000):
        filled, lost = draw.expovariate(0.3), draw.expovariate(0.25)
        predicted.append(0.9)
        outcomes.append(filled <= 3.0)
        times.append(min(filled, lost))
        ends.append("filled" if filled <= lost else "censored")
    right = brier(predicted, outcomes)
    assert ipcw_brier(predicted, times, ends, 3.0) == pytest.approx(right, abs=0.01)
    rest = [
        (p, so) for p, so, at, end in zip(predicted, outcomes, times, ends, strict=True) if end == "filled" or at > 3.0
    ]
    assert abs(brier([p for p, _ in rest], [so for _, so in rest]) - right) > 0.03


def test_weights_by_hand() -> None:
    """One of four is lost before the horizon: the one that lasts counts for one and a half."""
    predicted = [0.5, 0.5, 0.5, 0.8]
    score = ipcw_brier(predicted, [1.0, 2.0, 3.0, 9.0], ["filled", "censored", "away", "censored"], 4.0)
    # After the first has ended, three are at risk of being lost: two thirds are not.
    assert score == pytest.approx((0.25 + 0.25 * 1.5 + 0.64 * 1.5) / 4)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: brier([], []),
        lambda: brier([0.5], [True, False]),
        lambda: brier([1.5], [True]),
        lambda: brier([math.nan], [True]),
        lambda: log_loss([0.5], [True], floor=0.0),
        lambda: calibration_error([0.5], [True], bins=2),
        lambda: mean_interval([1.0], [], block=1.0),
        lambda: mean_interval([1.0], [0.0], block=0.0),
        lambda: reliability([0.5], [True], [0.0], bins=1, resamples=0),
        lambda: ipcw_brier([0.5], [1.0], ["gone"], 1.0),
        lambda: ipcw_brier([0.5], [1.0, 2.0], ["filled"], 1.0),
        lambda: ipcw_brier([0.5], [1.0], ["censored"], 2.0),
    ],
)
def test_what_can_not_be_scored_is_refused(wrong: Callable[[], Any]) -> None:
    """With a sentence that says what is wrong."""
    with pytest.raises(ConfigurationError, match=r"\w"):
        wrong()
