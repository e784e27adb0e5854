"""How orders live, told at ages that are evenly spread on a logarithmic scale."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from havklo.analytics import OrderLifetime, cumulative_incidence
from havklo.study.report import LifetimeCurve, Lifetimes

if TYPE_CHECKING:
    import numpy as np

__all__ = ["LEAST_ENDED", "lifetimes"]

LEAST_ENDED: Final = 100
"""Curves of fewer orders that were seen to end would be made of chance, so there are none."""

_LEAST_AT_RISK: Final = 20
_AGES: Final = 200
_FATES: Final = ("filled", "canceled", "amended", "unknown")


def lifetimes(lives: Sequence[OrderLifetime]) -> Lifetimes:
    """How these orders lived and ended; without curves if too few of them did."""
    import numpy as np  # noqa: PLC0415  # heavy, and loaded when a study is reported

    fates = [life.fate for life in lives]
    found = cumulative_incidence(
        [life.duration for life in lives], fates, [min(life.entry, life.duration) for life in lives]
    )
    known = np.flatnonzero(found.at_risk >= _LEAST_AT_RISK)
    ages, places = np.empty(0), np.empty(0, dtype=np.int64)
    if known.size and len(lives) - fates.count("censored") >= LEAST_ENDED:
        last = float(found.times[known[-1]])
        first = max(float(found.times[found.times > 0][0]) if (found.times > 0).any() else last, 0.001)
        ages = np.geomspace(min(first, last), last, _AGES) if last > 0 else np.empty(0)
        ages[-1:] = last
        places = np.searchsorted(found.times, ages, side="right") - 1

    def at(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", before: float) -> tuple[float, ...]:
        return tuple(float(values[place]) if place >= 0 else before for place in places)

    below = np.flatnonzero((found.surviving <= 0.5) & (found.at_risk >= _LEAST_AT_RISK))
    return Lifetimes(
        orders=len(lives),
        censored=fates.count("censored"),
        ages=tuple(float(age) for age in ages),
        surviving=at(found.surviving, 1.0),
        curves=tuple(
            LifetimeCurve(fate=fate, orders=fates.count(fate), probability=at(found.by_fate[fate], 0.0))
            for fate in _FATES
            if fate in found.by_fate
        ),
        median=float(found.times[below[0]]) if below.size else None,
    )
