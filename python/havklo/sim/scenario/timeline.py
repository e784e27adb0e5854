"""A scenario in the course of time: what is due, again and again if it repeats."""

import heapq
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from math import inf
from typing import final

from havklo.sim.scenario.events import Event, FaultOrder, Recurring

__all__ = ["Timeline"]


@final
class Timeline:
    """Events in the order of time, each handed out once.

    Args:
        events: What happens once in a round, sorted by time.
        recurring: What happens again and again in a round.
        repeat_every: How long a round is, in seconds; None: there is only one.
        seed: Chooses among the kinds of recurring faults.
    """

    def __init__(
        self,
        events: Sequence[Event],
        recurring: Iterable[Recurring] = (),
        *,
        repeat_every: float | None = None,
        seed: int = 7,
    ) -> None:
        streams = [_rounds(events, repeat_every)] if events else []
        for number, fault in enumerate(recurring):
            streams.append(_faults(fault, number, repeat_every, random.Random(f"{seed} scenario {number}")))
        self._stream: Iterator[Event] = heapq.merge(*streams, key=lambda event: event.at)
        self._next = next(self._stream, None)

    def __repr__(self) -> str:
        return f"<Timeline, next at {self.next_at}>"

    @property
    def next_at(self) -> float | None:
        """When the next event is due, in seconds from the beginning; None: there is none any more."""
        return None if self._next is None else self._next.at

    def due(self, now_s: float) -> list[Event]:
        """What has become due since the last call.

        Args:
            now_s: Seconds from the beginning; they never fall.
        """
        found: list[Event] = []
        while self._next is not None and self._next.at <= now_s:
            found.append(self._next)
            self._next = next(self._stream, None)
        return found


def _starts(repeat_every: float | None) -> Iterator[float]:
    """When each round begins."""
    if repeat_every is None:
        yield 0.0
        return
    for number in count():
        yield number * repeat_every


def _rounds(events: Sequence[Event], repeat_every: float | None) -> Iterator[Event]:
    for start in _starts(repeat_every):
        for event in events:
            yield replace(event, at=start + event.at)


def _faults(fault: Recurring, row: int, repeat_every: float | None, rng: random.Random) -> Iterator[FaultOrder]:
    kinds, weights = list(fault.kinds), list(fault.kinds.values())
    until, end = (inf if limit is None else limit for limit in (fault.until, repeat_every))
    for start in _starts(repeat_every):
        for number in count():
            at = fault.first + number * fault.every
            if at > until or at >= end:
                break
            yield FaultOrder(
                at=start + at,
                kind=rng.choices(kinds, weights)[0],
                symbol=fault.symbol,
                count=fault.count,
                options=fault.options,
                row=row,
            )
