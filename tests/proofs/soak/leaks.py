"""What a closed client must not leave behind: tasks, timers and sockets, counted."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import final

from havklo.clock import Clock, SystemClock, Timer
from havklo.venues import Role, Venue

__all__ = ["CountedVenue", "CountingClock", "sockets", "tasks"]

_DESCRIPTORS = "/proc/self/fd"


@final
class CountingClock(Clock):
    """The system's clock, and a count of the timers that were asked for and have neither run nor been taken back."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._waiting: set[_CountedTimer] = set()

    @property
    def timers(self) -> int:
        """How many timers wait."""
        return len(self._waiting)

    def now(self) -> int:
        """Give the monotonic time in nanoseconds."""
        return self._clock.now()

    def to_epoch(self, now: int) -> int:
        """Turn an instant into nanoseconds since 1970."""
        return self._clock.to_epoch(now)

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call `callback` once `now` has reached `when`."""
        timer = _CountedTimer(self._waiting, callback)
        timer.timer = self._clock.call_at(when, timer.run)
        return timer


@final
class _CountedTimer:
    def __init__(self, waiting: set["_CountedTimer"], callback: Callable[[], None]) -> None:
        self.timer: Timer | None = None
        self._waiting = waiting
        self._callback = callback
        waiting.add(self)

    def run(self) -> None:
        self._waiting.discard(self)
        self._callback()

    def cancel(self) -> None:
        self._waiting.discard(self)
        if self.timer is not None:
            self.timer.cancel()


@final
class CountedVenue(Venue):
    """A public endpoint by its URL, on a clock that counts."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clock = CountingClock()

    @property
    def name(self) -> str:
        """The URL."""
        return self._url

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """The public one."""
        return {"public": self._url}

    @property
    def clock(self) -> CountingClock:
        """The clock that counts."""
        return self._clock


def tasks() -> int:
    """How many tasks there are beside the one that asks."""
    return len(asyncio.all_tasks()) - 1


def sockets() -> int:
    """How many sockets this process holds; -1 where nobody can tell."""
    if not os.path.isdir(_DESCRIPTORS):  # noqa: PTH112  # one call, and no object that could count as well
        return -1
    return sum(_is_socket(f"{_DESCRIPTORS}/{number}") for number in os.listdir(_DESCRIPTORS))  # noqa: PTH208


def _is_socket(path: str) -> bool:
    try:
        return os.readlink(path).startswith("socket:")  # noqa: PTH115  # see above
    except FileNotFoundError:
        return False  # the directory's own, which is gone by now
