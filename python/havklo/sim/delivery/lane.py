"""Frames that are kept back: they leave in order, each when its time has come."""

from collections import deque
from collections.abc import Callable
from typing import Final, final

from havklo.clock import Clock, Timer

__all__ = ["PONG", "TEXT", "Lane"]

TEXT: Final = 1
PONG: Final = 10

_SECOND: Final = 1_000_000_000


@final
class Lane:
    """A queue in which everybody waits for the one in front, as on a TCP connection.

    Args:
        clock: Whose time counts.
        gate: Until when nothing leaves, asked again for each frame.
        leave: Takes a frame that may go on, and its opcode.

    Attributes:
        rate: Bytes a second that may leave, or None for any number.
    """

    def __init__(self, clock: Clock, gate: Callable[[bytes], int], leave: Callable[[bytes, int], None]) -> None:
        self.rate: int | None = None
        self._clock = clock
        self._gate = gate
        self._leave = leave
        self._frames: deque[tuple[int, bytes, int]] = deque()
        self._free_at = 0
        self._timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: bytes, opcode: int, due: int) -> None:
        """Put a frame at the end; it leaves at `due` at the earliest, in monotonic nanoseconds."""
        self._frames.append((due, frame, opcode))
        if len(self._frames) == 1:
            self.review()

    def review(self) -> None:
        """Let go what may go now, and come back for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._frames:
            due, frame, opcode = self._frames[0]
            due = max(due, self._gate(frame), self._free_at)
            if due > self._clock.now():
                self._timer = self._clock.call_at(due, self.review)
                return
            self._frames.popleft()
            if self.rate is not None:
                # Counted from when it could leave, not from now, or each timer's lateness would add up.
                self._free_at = due + len(frame) * _SECOND // self.rate
            self._leave(frame, opcode)

    def open(self) -> None:
        """No rate any more."""
        self.rate = None
        self._free_at = 0
        self.review()

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self.review()
