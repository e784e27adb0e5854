"""Models against each other in a world whose truth is known: fitted on one seed, scored on another."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from havklo.analytics.estimator import FillModel
from havklo.analytics.fill import fill_within
from havklo.analytics.scores import (
    Interval,
    ReliabilityBin,
    brier,
    calibration_error,
    log_loss,
    mean_interval,
    reliability,
)
from worlds.feed import feed, query
from worlds.market import Market

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from worlds.nature import Nature
    from worlds.probes import Probe

__all__ = ["HORIZONS", "Fit", "Score", "fit", "probes_of", "score"]

HORIZONS: Final = (1.0, 3.0, 10.0)
BLOCK: Final = 120.0
MODELS: Final = ("cst", "auto", "empirical")
_TABLE: Final = 20
_UNFINISHED: Final = 12  # the last seconds of a world have no outcomes yet


@dataclass(frozen=True, slots=True)
class Fit:
    """What was learned on the first seed: by the estimator from the stream, by the baselines from the truth.

    Attributes:
        model: The estimator.
        probes: The truth of the same seed, for the baselines.
        messages: How many messages that took.
    """

    model: FillModel
    probes: list[Probe]
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one model did.

    Attributes:
        model: Its name.
        bias: Mean predicted less mean observed, with its block-bootstrap interval.
        brier: Brier score.
        log_loss: Log-loss.
        calibration_error: Over ten bins with equally many cases.
        worse_than_base: Brier score less that of the base rate, with its block-bootstrap interval.
        worse_than_no_cancels: The same less that of the model without cancels.
        calibrated: Whether all its estimates said so.
        bins: Its reliability.
    """

    model: str
    bias: Interval
    brier: float
    log_loss: float
    calibration_error: float
    worse_than_base: Interval
    worse_than_no_cancels: Interval
    calibrated: bool
    bins: tuple[ReliabilityBin, ...]


def fit(nature: Nature, seed: int, seconds: float) -> Fit:
    """Learn a world from its stream, nothing of which is forgotten."""
    market = Market(nature, seed)
    model = FillModel(half_life=None, outcomes_half_life=None, horizons=HORIZONS)
    messages = feed(model, market, market.steps(seconds))
    return Fit(model, market.probes.all[:-_UNFINISHED], messages)


def probes_of(nature: Nature, seed: int, seconds: float) -> list[Probe]:
    """The truth of another seed."""
    market = Market(nature, seed)
    for _ in market.steps(seconds):
        continue
    return market.probes.all[:-_UNFINISHED]


def score(fitted: Fit, probes: Sequence[Probe], within: float, until: str) -> list[Score]:
    """Score all models and baselines at one horizon on the probes of another seed."""

    def outcome(probe: Probe) -> bool:
        return probe.by(within) if until == "price_held" else probe.before_move(within)

    outcomes = [outcome(probe) for probe in probes]
    known = [outcome(probe) for probe in fitted.probes]
    base = [sum(known) / len(known)] * len(probes)
    no_cancels = _no_cancels(fitted.model, probes, within)
    contestants: dict[str, tuple[list[float], bool]] = {
        "base rate": (base, False),
        "no cancels": (no_cancels, False),
        "20-bin table": (_table(fitted.probes, known, probes), False),
    }
    for name in MODELS:
        estimates = [
            fitted.model.probability(within=within, model=name, until=until, **query(probe)) for probe in probes
        ]
        predicted = [estimate.p for estimate in estimates]
        contestants[name] = (predicted, all(estimate.calibrated for estimate in estimates))
    times = [probe.placed for probe in probes]

    def better(one: Sequence[float], other: Sequence[float]) -> Interval:
        errors = [(p - so) ** 2 - (q - so) ** 2 for p, q, so in zip(one, other, outcomes, strict=True)]
        return mean_interval(errors, times, block=BLOCK)

    return [
        Score(
            model=name,
            bias=mean_interval([p - so for p, so in zip(predicted, outcomes, strict=True)], times, block=BLOCK),
            brier=brier(predicted, outcomes),
            log_loss=log_loss(predicted, outcomes),
            calibration_error=calibration_error(predicted, outcomes),
            worse_than_base=better(predicted, base),
            worse_than_no_cancels=better(predicted, no_cancels),
            calibrated=calibrated,
            bins=reliability(predicted, outcomes, times, block=BLOCK, resamples=400),
        )
        for name, (predicted, calibrated) in contestants.items()
    ]


def _no_cancels(model: FillModel, probes: Sequence[Probe], within: float) -> list[float]:
    """Trades alone work the queue off: whoever is careful counts like this."""
    rates = [model.rates(side, within) for side in ("bid", "ask")]
    return [
        fill_within(
            1.0 + sum(qty for qty, _ in probe.ahead) / rates[probe.side].unit, within, rates[probe.side].market, 0.0
        )
        for probe in probes
    ]


def _table(known: Sequence[Probe], outcomes: Sequence[bool], probes: Sequence[Probe]) -> list[float]:
    """What became of those with about as much ahead, in bins with equally many."""
    ahead: Callable[[Probe], float] = lambda probe: sum(qty for qty, _ in probe.ahead)  # noqa: E731  # a key
    rising = sorted(zip(map(ahead, known), outcomes, strict=True), key=lambda case: case[0])
    cuts = [len(rising) * index // _TABLE for index in range(_TABLE + 1)]
    bins = [rising[start:end] for start, end in pairwise(cuts)]
    starts = [cases[0][0] for cases in bins[1:]]
    means = [sum(so for _, so in cases) / len(cases) for cases in bins]
    return [means[bisect_right(starts, ahead(probe))] for probe in probes]
