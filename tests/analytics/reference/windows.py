"""Windows of time over a list of events, found by looking at every event for every window."""

from collections.abc import Callable
from typing import Any

__all__ = ["effective_times", "windows"]


def effective_times(events: list[Any], takes: Callable[[Any], bool], time: Callable[[Any], int]) -> list[int | None]:
    """For each event the latest time told up to it; None before the first, and for what tells none as well."""
    times: list[int | None] = []
    latest: int | None = None
    for event in events:
        if takes(event):
            latest = time(event) if latest is None else max(latest, time(event))
        times.append(latest)
    return times


def windows(times: list[int | None], width: int) -> list[tuple[int, int, list[int]]]:
    """Each finished window from the first time to the last, with the numbers of its events."""
    known = [time for time in times if time is not None]
    if not known:
        return []
    first, last = known[0] // width, known[-1] // width
    return [
        (
            k * width,
            (k + 1) * width,
            [i for i, time in enumerate(times) if time is not None and k * width <= time < (k + 1) * width],
        )
        for k in range(first, last)
    ]
