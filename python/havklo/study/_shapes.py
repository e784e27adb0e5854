"""The shapes that charts are made of: bars of counts, values with their intervals, axes of time."""

# matplotlib tells the types of its keyword arguments nowhere.
# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from havklo.study._paint import COLOURS, INK
from havklo.study.queues import LAST_PLACE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Whisker", "formatter", "histogram", "nothing", "reach", "seconds_text", "whiskers"]

_MOST: Final = 12
"""Longer queues are shown together."""
_LEAST: Final = 30
"""Shares of fewer than these are not shown."""


class Whisker(NamedTuple):
    """A value at a place, and the ends of its interval."""

    place: int
    value: float
    low: float
    high: float


def histogram(axes: "Axes", counts: Sequence[tuple[int, int]], *, start: int) -> None:
    """Shares of counts, each with its figure."""
    total = sum(count for _, count in counts)
    if total < _LEAST:
        nothing(axes, total)
        return
    last = max(start + 3, min(_MOST, max(number for number, _ in counts)))
    shares = [0.0] * (last + 1)
    for number, count in counts:
        shares[min(number, last)] += 100 * count / total
    places = range(start, last + 1)
    bars = axes.bar(places, [shares[place] for place in places], color=COLOURS["auto"], width=0.78)
    axes.bar_label(bars, [_percent(shares[place]) for place in places], padding=2, fontsize=8, color=INK)
    beyond = any(number > last for number, _ in counts)
    axes.set_xticks(places, [f"{place}+" if beyond and place == last else str(place) for place in places])
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.12)


def whiskers(axes: "Axes", rows: Sequence[Whisker], colour: str, *, start: int = 0) -> None:
    """Values by the place in the queue."""
    if not rows:
        nothing(axes, 0)
        return
    places = [row.place for row in rows]
    axes.errorbar(
        places,
        [row.value for row in rows],
        yerr=reach(rows),
        color=colour,
        marker="o",
        markersize=5,
        linewidth=1.2,
        elinewidth=1.1,
    )
    last = max(start + 3, *places)
    axes.set_xlim(start - 0.5, last + 0.5)
    ticks = range(start, last + 1)
    axes.set_xticks(ticks, [f"{place}+" if place == LAST_PLACE else str(place) for place in ticks])


def reach(rows: Sequence[Whisker]) -> list[list[float]]:
    """How far intervals reach below and above; one that does not hold its own value ends there."""
    return [[max(0.0, row.value - row.low) for row in rows], [max(0.0, row.high - row.value) for row in rows]]


def nothing(axes: "Axes", seen: int) -> None:
    """Instead of a chart: there is nothing to draw, or too little."""
    said = f"only {seen} were seen: too few to draw" if seen else "too little was seen to draw"
    axes.text(0.5, 0.5, said, ha="center", va="center", transform=axes.transAxes, color=INK)
    axes.set_xticks([])
    axes.set_yticks([])


def formatter(write: Callable[[float], str]) -> "Callable[[float, float], str]":
    """How an axis writes its numbers."""
    return lambda value, _place: write(value)


def seconds_text(seconds: float) -> str:
    """A time with its unit."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / 60:.3g} min"


def _percent(share: float) -> str:
    return "" if not share else "<0.1" if share < 0.1 else f"{share:.1f}" if share < 10 else f"{share:.0f}"
