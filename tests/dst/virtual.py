"""Virtual time: a clock that is stepped from timer to timer, and an event loop without sockets that lives by it."""

import asyncio
import heapq
from collections.abc import Callable
from typing import Any, Final, final

from havklo.clock import Clock

__all__ = ["SECOND", "VirtualClock", "VirtualLoop", "VirtualTimer"]

SECOND: Final = 1_000_000_000


@final
class VirtualTimer:
    """A call that has been asked for."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Take the call back."""
        self.callback = None


@final
class VirtualClock(Clock):
    """A clock that jumps from one timer to the next.

    Unlike `ManualClock.advance` it runs one timer at a time, so that the event loop has its turn in between, where
    the client's tasks go on.
    """

    def __init__(self) -> None:
        self._now = 1_000 * SECOND
        self._offset = 1_800_000_000 * SECOND - self._now
        self._count = 0
        self._timers: list[tuple[int, int, VirtualTimer]] = []

    def now(self) -> int:
        """Give the instant the clock stands at."""
        return self._now

    def to_epoch(self, now: int) -> int:
        """Turn an instant into nanoseconds since 1970."""
        return now + self._offset

    def call_at(self, when: int, callback: Callable[[], None]) -> VirtualTimer:
        """Call `callback` when the clock comes to `when`; what falls on one instant goes in the order of asking."""
        timer = VirtualTimer(callback)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, timer))
        return timer

    def call_in(self, nanoseconds: int, callback: Callable[[], None]) -> VirtualTimer:
        """Call `callback` after a while."""
        return self.call_at(self._now + nanoseconds, callback)

    def step(self) -> None:
        """Jump to the next timer and run it.

        Raises:
            IndexError: There is none: nothing will ever happen again.
        """
        while True:
            when, _, timer = heapq.heappop(self._timers)
            callback = timer.callback
            if callback is not None:
                self._now = max(self._now, when)
                callback()
                return


class _NoSockets:
    """What the event loop asks for news of its sockets."""

    def select(self, timeout: float | None) -> list[object]:
        """Have no news; only what is ready at once can ever happen."""
        if timeout != 0:
            raise RuntimeError("the event loop has nothing to do: a task waits for what will never come")
        return []


@final
class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop without sockets, signals or a time of its own.

    Attributes:
        calls: How many callbacks were ever scheduled: by it the driver knows whether a turn is needed.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.calls = 0
        self._clock = clock
        self._selector = _NoSockets()

    def time(self) -> float:
        """Give the virtual time in seconds."""
        return self._clock.now() / SECOND

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:
        """Count, and schedule."""
        self.calls += 1
        return super().call_soon(callback, *args, context=context)

    def call_at(self, *_args: Any, **_context: Any) -> asyncio.TimerHandle:
        """Refuse: the client takes its time from its venue's clock alone."""
        raise RuntimeError("something asks the event loop for a timer instead of the venue's clock")

    async def settle(self, seen: int) -> int:
        """Let tasks run until none of them has anything to do at this instant.

        Args:
            seen: What `calls` was when there was nothing to do.

        Returns:
            What `calls` is now.
        """
        while self.calls != seen:
            seen = self.calls + 1  # the driver's own return from this turn
            await asyncio.sleep(0)
        return seen

    def _process_events(self, event_list: list[object]) -> None:
        """Do nothing: there are never any."""

    def _write_to_self(self) -> None:
        """Do nothing: there is no other thread to wake this one up from."""
