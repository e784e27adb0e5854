"""Studies for researchers: what queues are like, and how good fill probabilities are, on a capture or the simulator.

    report = study(Simulated(10, seed=7), within=[1, 5, 30])
    for contest in report.contests:
        print(contest.within, [(score.model, score.brier.mean) for score in contest.scores])

Figures and pages are drawn by `havklo.study.charts` and `havklo.study.page`, which need matplotlib.
"""

from havklo.study.queues import Joined, PlaceRate
from havklo.study.report import (
    SCHEMA,
    Bin,
    Contest,
    LifetimeCurve,
    Lifetimes,
    PlaceFills,
    QueueLengths,
    QueueReport,
    Score,
    encode,
)
from havklo.study.tape import Recorded, Simulated, Source, Tape, Told
from havklo.study.walk import HORIZONS, study

__all__ = [  # noqa: RUF022  # grouped as a reader meets them
    # where frames come from
    "Recorded",
    "Simulated",
    "Source",
    "Tape",
    "Told",
    # the study
    "HORIZONS",
    "study",
    # what it finds
    "SCHEMA",
    "QueueReport",
    "Contest",
    "Score",
    "Bin",
    "PlaceFills",
    "QueueLengths",
    "PlaceRate",
    "Joined",
    "Lifetimes",
    "LifetimeCurve",
    "encode",
]
