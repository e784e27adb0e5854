"""How good probabilities were: scores, calibration, and how much of a difference is chance.

All take what was predicted and what came of it, as sequences of one length. Predictions that are close in time share
their luck, so intervals resample whole blocks of time and never single cases.
"""

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal, TypeAlias, final

import msgspec

from havklo.errors import ConfigurationError

__all__ = [
    "End",
    "Interval",
    "ReliabilityBin",
    "brier",
    "calibration_error",
    "ipcw_brier",
    "log_loss",
    "mean_interval",
    "reliability",
]

End: TypeAlias = Literal["filled", "away", "censored"]
"""How an observation ended: with the fill, with something after which no fill counts, or unseen."""

_LEVEL = 0.95


@final
class Interval(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mean, and where it can be.

    Attributes:
        mean: The mean of the cases.
        low: The lower end of the 95 % interval.
        high: The upper end.
    """

    mean: float
    low: float
    high: float


@final
class ReliabilityBin(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cases that were given about the same probability.

    Attributes:
        predicted: The mean of what was predicted.
        observed: The share in which it came true.
        low: The lower end of the 95 % interval of `observed`.
        high: The upper end.
        count: How many cases these are.
    """

    predicted: float
    observed: float
    low: float
    high: float
    count: int


def brier(predicted: Sequence[float], outcomes: Sequence[bool]) -> float:
    """The mean squared error of probabilities (Brier 1950): 0 is perfect, the variance of the outcomes is no skill.

    Raises:
        ConfigurationError: There is no case, the lengths differ, or a probability is none.
    """
    _check(predicted, outcomes)
    return math.fsum((p - so) ** 2 for p, so in zip(predicted, outcomes, strict=True)) / len(predicted)


def log_loss(predicted: Sequence[float], outcomes: Sequence[bool], *, floor: float = 1e-6) -> float:
    """The mean negative log-likelihood, in nats.

    Args:
        predicted: Probabilities.
        outcomes: Whether it came true.
        floor: Probabilities count as at least this and at most one minus this: one case that was called impossible
            and came true would else be infinitely bad.

    Raises:
        ConfigurationError: As for `brier`; or `floor` is not between 0 and 0.5.
    """
    _check(predicted, outcomes)
    if not 0.0 < floor < 0.5:
        raise ConfigurationError(f"floor must be between 0 and 0.5, not {floor}")
    clipped = (min(max(p, floor), 1.0 - floor) for p in predicted)
    cases = zip(clipped, outcomes, strict=True)
    return -math.fsum(math.log(p) if so else math.log1p(-p) for p, so in cases) / len(predicted)


def calibration_error(predicted: Sequence[float], outcomes: Sequence[bool], *, bins: int = 10) -> float:
    """Expected calibration error: the mean distance of predicted and observed over bins with equally many cases.

    It is above 0 by chance alone, the more so the fewer cases a bin has.

    Raises:
        ConfigurationError: As for `brier`; or there are fewer cases than bins.
    """
    _check(predicted, outcomes)
    return math.fsum(
        abs(math.fsum(predicted[case] - outcomes[case] for case in cases)) for cases in _equal_mass(predicted, bins)
    ) / len(predicted)


def reliability(
    predicted: Sequence[float],
    outcomes: Sequence[bool],
    times: Sequence[float],
    *,
    bins: int = 10,
    block: float = 300.0,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[ReliabilityBin, ...]:
    """What was predicted against what came true, in bins with equally many cases, with block-bootstrap intervals.

    Args:
        predicted: Probabilities.
        outcomes: Whether it came true.
        times: When each was predicted, in seconds.
        bins: How many bins.
        block: Cases within so many seconds are resampled together.
        resamples: How often the blocks are drawn anew.
        seed: Of the drawing.

    Raises:
        ConfigurationError: As for `calibration_error`; or a setting is not above 0.
    """
    _check(predicted, outcomes)
    rows: list[ReliabilityBin] = []
    for cases in _equal_mass(predicted, bins):
        observed = mean_interval(
            [float(outcomes[case]) for case in cases],
            [times[case] for case in cases],
            block=block,
            resamples=resamples,
            seed=seed,
        )
        rows.append(
            ReliabilityBin(
                predicted=math.fsum(predicted[case] for case in cases) / len(cases),
                observed=observed.mean,
                low=observed.low,
                high=observed.high,
                count=len(cases),
            )
        )
    return tuple(rows)


def mean_interval(
    values: Sequence[float],
    times: Sequence[float],
    *,
    block: float = 300.0,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """The mean of values and its 95 % interval by resampling blocks of time.

    Give it the difference of two models' scores case by case, and it tells whether one is better than the other.

    Args:
        values: One number for each case.
        times: When each case was, in seconds.
        block: Cases within so many seconds are resampled together.
        resamples: How often the blocks are drawn anew.
        seed: Of the drawing.

    Raises:
        ConfigurationError: There is no case, the lengths differ, or a setting is not above 0.
    """
    if not values or len(values) != len(times):
        raise ConfigurationError(
            f"{len(values)} values and {len(times)} times: there must be as many, and at least one"
        )
    if block <= 0.0 or resamples <= 0:
        raise ConfigurationError("block and resamples must be above 0")
    sums: dict[int, tuple[float, int]] = {}
    for value, time in zip(values, times, strict=True):
        total, count = sums.get(int(time // block), (0.0, 0))
        sums[int(time // block)] = (total + value, count + 1)
    blocks = list(sums.values())
    draw = random.Random(seed)  # noqa: S311  # a bootstrap guards no secret
    means: list[float] = []
    for _ in range(resamples):
        drawn = draw.choices(blocks, k=len(blocks))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    tail = (1.0 - _LEVEL) / 2.0
    last = len(means) - 1
    return Interval(
        mean=math.fsum(values) / len(values), low=means[round(tail * last)], high=means[round((1.0 - tail) * last)]
    )


def ipcw_brier(predicted: Sequence[float], times: Sequence[float], ends: Sequence[End], horizon: float) -> float:
    """The Brier score at a horizon where some cases were lost sight of before it.

    Each case that was seen to its end or to the horizon stands for those like it that were not: it is weighted by the
    inverse probability of not having been censored, from a Kaplan-Meier curve of the censoring (Graf et al. 1999). It
    holds where cases are lost for reasons that have nothing to do with their outcome.

    Args:
        predicted: The probability of a fill by the horizon.
        times: How long each case was observed, in seconds.
        ends: How its observation ended: "away" is seen to its end, without a fill.
        horizon: In seconds.

    Raises:
        ConfigurationError: As for `brier`; or an end is unknown; or no case was seen long enough.
    """
    _check(predicted, ends)
    if len(times) != len(ends):
        raise ConfigurationError(f"{len(ends)} ends and {len(times)} times: there must be as many")
    unknown = {end for end in ends if end not in {"filled", "away", "censored"}}
    if unknown:
        raise ConfigurationError(f"an end is filled, away or censored, not {sorted(unknown)}")
    if all(end == "censored" and time <= horizon for time, end in zip(times, ends, strict=True)):
        raise ConfigurationError("no case was observed to its end or to the horizon")
    # At one time ends come before censoring: what has ended is not at risk of it any more.
    order = sorted((time, end == "censored") for time, end in zip(times, ends, strict=True))
    censored: list[float] = []
    seen = [1.0]
    for index, (time, is_censored) in enumerate(order):
        if is_censored:
            censored.append(time)
            seen.append(seen[-1] * (1.0 - 1.0 / (len(order) - index)))
    total = 0.0
    for p, time, end in zip(predicted, times, ends, strict=True):
        if time > horizon:
            total += p**2 / seen[bisect_right(censored, horizon)]
        elif end != "censored":
            total += (p - (end == "filled")) ** 2 / seen[bisect_left(censored, time)]
    return total / len(predicted)


def _check(predicted: Sequence[float], outcomes: Sequence[object]) -> None:
    if not predicted or len(predicted) != len(outcomes):
        raise ConfigurationError(
            f"{len(predicted)} predictions and {len(outcomes)} outcomes: there must be as many, and at least one"
        )
    for p in predicted:
        if not 0.0 <= p <= 1.0:
            raise ConfigurationError(f"a probability is between 0 and 1, not {p}")


def _equal_mass(predicted: Sequence[float], bins: int) -> list[list[int]]:
    if not 0 < bins <= len(predicted):
        raise ConfigurationError(f"{bins} bins of {len(predicted)} cases: there must be at least one case in each")
    rising = sorted(range(len(predicted)), key=predicted.__getitem__)
    ends = [len(rising) * (index + 1) // bins for index in range(bins)]
    return [rising[start:end] for start, end in zip([0, *ends], ends, strict=False)]
