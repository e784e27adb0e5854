"""What a queue study found, as values that can be written as JSON; missing is None, never NaN."""

from typing import Final

import msgspec

from havklo.analytics.scores import Interval
from havklo.study.queues import Joined, PlaceRate
from havklo.study.tape import Source

__all__ = [
    "SCHEMA",
    "Bin",
    "Contest",
    "LifetimeCurve",
    "Lifetimes",
    "PlaceFills",
    "QueueLengths",
    "QueueReport",
    "Score",
    "encode",
]

SCHEMA: Final = "havklo.study.queue/1"
"""The name of the form; it changes with the form."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Shadow orders that were given about the same probability.

    Attributes:
        predicted: The mean of what was predicted.
        observed: The share that was filled.
        low: The lower end of the 95 % interval of `observed`.
        high: The upper end.
        count: How many orders these are.
    """

    predicted: float
    observed: float
    low: float
    high: float
    count: int


class PlaceFills(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the shadow orders that joined a best price behind so many others.

    Attributes:
        place: How many stood before it; the last one stands for all further back.
        count: How many shadow orders these are.
        filled: The share of them that was filled within the horizon.
        low: The lower end of its 95 % interval, from blocks of time.
        high: The upper end.
    """

    place: int
    count: int
    filled: float
    low: float
    high: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good one model's probabilities were at one horizon, with 95 % intervals from blocks of time.

    Attributes:
        model: Its name.
        brier: The Brier score; less is better.
        log_loss: The log-loss in nats; less is better.
        calibration_error: The expected calibration error over ten bins with equally many cases.
        bias: The mean predicted less the share that was filled.
        brier_less_base: Its Brier score less that of the base rate: below 0 it knows more than how many are filled.
        calibrated: The share of its predictions that it called calibrated; None for what makes no such claim.
        reliability: What it predicted against what was observed.
    """

    model: str
    brier: Interval
    log_loss: Interval
    calibration_error: Interval
    bias: Interval
    brier_less_base: Interval
    calibrated: float | None
    reliability: tuple[Bin, ...]


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """All models at one horizon, on the same shadow orders of the second part.

    Attributes:
        within: The horizon in seconds.
        cases: How many shadow orders were scored.
        filled: The share of them that was filled; None without any.
        unseen: How many were left out because it was not seen what became of them.
        unpredicted: How many were left out because a model could not tell yet.
        block: How many seconds were resampled together.
        blocks: How many such blocks there are.
        places: What became of those that joined a best price, by their place there.
        scores: The models; empty if there is nothing to score.
        is_thin: Whether all this is made of too few cases to judge by it; pages then show none of it.
        warnings: Why these numbers decide little, if they do.
    """

    within: float
    cases: int
    filled: float | None
    unseen: int
    unpredicted: int
    block: float
    blocks: int
    places: tuple[PlaceFills, ...]
    scores: tuple[Score, ...]
    is_thin: bool
    warnings: tuple[str, ...]


class QueueLengths(msgspec.Struct, frozen=True, kw_only=True):
    """How long the queues at both best prices are.

    Attributes:
        lengths: How many seconds (of both sides) found so many orders at a best price: (orders, seconds).
        ahead: How many new orders at a best price found so many before them: (orders, orders that came).
        rates: How often orders are canceled, by their place.
        joined: What became of those that joined, by the place at which they did.
    """

    lengths: tuple[tuple[int, int], ...]
    ahead: tuple[tuple[int, int], ...]
    rates: tuple[PlaceRate, ...]
    joined: tuple[Joined, ...]


class LifetimeCurve(msgspec.Struct, frozen=True, kw_only=True):
    """The probability to have ended in one way by each age; each way competes with the others.

    Attributes:
        fate: filled, canceled, amended or unknown.
        orders: How many orders ended so.
        probability: At each of the ages.
    """

    fate: str
    orders: int
    probability: tuple[float, ...]


class Lifetimes(msgspec.Struct, frozen=True, kw_only=True):
    """How old orders become, and how they end.

    Attributes:
        orders: How many orders were seen.
        censored: How many of them were still there when they were seen last.
        ages: The ages, in seconds; up to where at least 20 orders are still in view.
        surviving: The probability to outlive each (Kaplan and Meier).
        curves: The probability to have ended by each, by fate (Aalen and Johansen).
        median: The age that half of the orders outlive, in seconds; None if it was not reached.
    """

    orders: int
    censored: int
    ages: tuple[float, ...]
    surviving: tuple[float, ...]
    curves: tuple[LifetimeCurve, ...]
    median: float | None


class QueueReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a queue study found.

    Attributes:
        schema: The name of this form.
        source: What it was made of.
        seconds: How much time of the exchange that covers.
        messages: Level-3 messages that were proven.
        desyncs: Those that were not.
        ignored: Those that came while the book waited for a snapshot after one that was not.
        trades: Trades.
        has_trades: Whether trades were told at all; without them fills at the front can't be told from cancels.
        split: The second at which the part that is scored begins.
        shadows: How many shadow orders were placed.
        contests: The models against each other, by horizon.
        queues: The queues at the best prices.
        lifetimes: How orders live.
        warnings: What a reader must know before believing any of it.
    """

    schema: str = SCHEMA
    source: Source
    seconds: float
    messages: int
    desyncs: int
    ignored: int
    trades: int
    has_trades: bool
    split: float
    shadows: int
    contests: tuple[Contest, ...]
    queues: QueueLengths
    lifetimes: Lifetimes
    warnings: tuple[str, ...]


def encode(report: QueueReport) -> bytes:
    """The report as one JSON object."""
    return msgspec.json.encode(report)
