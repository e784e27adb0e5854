"""Time as something that is handed in: the system's clock, a faster one, and one that a test moves."""

import asyncio
import heapq
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Protocol, final

from havklo.errors import ConfigurationError

__all__ = ["Clock", "ManualClock", "ScaledClock", "SystemClock", "Timer"]

_SECOND = 1_000_000_000


class Timer(Protocol):
    """A call that has been asked for and can still be taken back."""

    def cancel(self) -> None:
        """Take the call back; does nothing once it has run."""


class Clock(ABC):
    """Where a client takes its time from.

    All instants are integers of nanoseconds. `now` only ever rises and has no meaning outside the process;
    `epoch_ns` is comparable between machines.
    """

    @abstractmethod
    def now(self) -> int:
        """Give the monotonic time in nanoseconds."""

    @abstractmethod
    def to_epoch(self, now: int) -> int:
        """Turn a monotonic instant of about this moment into nanoseconds since 1970."""

    @abstractmethod
    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call `callback` once `now` has reached `when`; needs a running event loop on the system's clock."""

    def epoch_ns(self) -> int:
        """Give the nanoseconds since 1970: monotonic time plus an offset measured anew each second."""
        return self.to_epoch(self.now())

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled at any time."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_at(self.now() + round(seconds * _SECOND), lambda: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()

    async def every(self, seconds: float) -> AsyncIterator[int]:
        """Yield the monotonic time once per interval, without drift; missed intervals are skipped."""
        step = round(seconds * _SECOND)
        due = self.now() + step
        while True:
            await self.sleep((due - self.now()) / _SECOND)
            yield self.now()
            due += step * max(1, 1 + (self.now() - due) // step)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


@final
class SystemClock(Clock):
    """The machine's own clock."""

    def __init__(self) -> None:
        self._offset = 0
        self._measured_until = 0

    def now(self) -> int:
        """Give the monotonic time in nanoseconds."""
        return time.monotonic_ns()

    def to_epoch(self, now: int) -> int:
        """Turn a monotonic instant of about this moment into nanoseconds since 1970."""
        if now >= self._measured_until:
            self._offset = time.time_ns() - time.monotonic_ns()
            self._measured_until = now + _SECOND
        return now + self._offset

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call `callback` on the running event loop once `now` has reached `when`."""
        delay = max(0, when - time.monotonic_ns()) / _SECOND
        return asyncio.get_running_loop().call_later(delay, callback)


@final
class ScaledClock(Clock):
    """A clock that runs faster, or slower, than another one, from the moment it is made.

    Args:
        speed: How many of its seconds pass in one of the other clock's.
        clock: The other clock; the system's by default.

    Raises:
        ConfigurationError: The speed is not above 0.
    """

    def __init__(self, speed: float, clock: Clock | None = None) -> None:
        if not speed > 0:
            raise ConfigurationError(f"a clock's speed is above 0, not {speed}")
        self._speed = speed
        self._clock = clock or SystemClock()
        self._start = self._clock.now()
        self._epoch = self._clock.to_epoch(self._start)

    def __repr__(self) -> str:
        return f"<ScaledClock {self._speed:g} times {self._clock!r}>"

    def now(self) -> int:
        """Give the monotonic time in nanoseconds of this clock."""
        return self._start + int((self._clock.now() - self._start) * self._speed)

    def to_epoch(self, now: int) -> int:
        """Turn a monotonic instant into nanoseconds since 1970, as this clock counts them."""
        return self._epoch + now - self._start

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call `callback` once `now` has reached `when`."""
        # Rounded up: the callback must not come before its time.
        delay = -int(-(when - self._start) // self._speed)
        return self._clock.call_at(self._start + delay, callback)


@final
class ManualClock(Clock):
    """A clock that stands still until `advance` moves it, so that no test has to wait.

    Args:
        start: The first monotonic instant.
        epoch: What `epoch_ns` says at that instant.
    """

    def __init__(self, start: int = 1_000 * _SECOND, epoch: int = 1_800_000_000 * _SECOND) -> None:
        self._now = start
        self._offset = epoch - start
        self._order = itertools.count()
        self._timers: list[tuple[int, int, _ManualTimer]] = []

    def __repr__(self) -> str:
        return f"<ManualClock at {self._now / _SECOND:g} s, {len(self._timers)} timers>"

    def now(self) -> int:
        """Give the instant the clock stands at."""
        return self._now

    def to_epoch(self, now: int) -> int:
        """Turn a monotonic instant into nanoseconds since 1970."""
        return now + self._offset

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call `callback` when `advance` reaches `when`."""
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move the clock and run what falls due, each at its own instant and in order."""
        end = self._now + round(seconds * _SECOND)
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, when)
            timer.run()
        self._now = end


class _ManualTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def run(self) -> None:
        if self._callback is not None:
            self._callback()

    def cancel(self) -> None:
        self._callback = None
