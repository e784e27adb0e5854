"""The watch over a connection's silence (DESIGN: 3 s is a stall, 10 s is the end)."""

from enum import Enum, auto
from typing import final

__all__ = ["Silence", "Verdict"]

_SECOND = 1_000_000_000


class Verdict(Enum):
    """What the watch has to say."""

    STALLED = auto()
    DEAD = auto()


@final
class Silence:
    """Says when a connection has been silent for too long.

    Kraken sends a heartbeat each second as soon as anything is subscribed, so any frame counts as a sign of
    life, and three seconds without one are no accident.

    Args:
        stall_after: Silence after which the connection is stalled, in nanoseconds.
        dead_after: Silence after which it is given up, in nanoseconds.
    """

    def __init__(self, *, stall_after: int = 3 * _SECOND, dead_after: int = 10 * _SECOND) -> None:
        self._stall_after = stall_after
        self._dead_after = dead_after
        self._heard: int | None = None
        self.stalled = False

    @property
    def due(self) -> int | None:
        """When `tick` may next have something to say, or None while nothing is watched."""
        if self._heard is None:
            return None
        return self._heard + (self._dead_after if self.stalled else self._stall_after)

    def start(self, now: int) -> None:
        """Begin to watch, unless that is already so."""
        if self._heard is None:
            self._heard = now

    def stop(self) -> None:
        """Stop watching."""
        self._heard = None
        self.stalled = False

    def heard(self, at: int) -> bool:
        """Note a frame; True if it ends a stall."""
        if self._heard is None or at <= self._heard:
            return False
        self._heard = at
        ended, self.stalled = self.stalled, False
        return ended

    def silent_for(self, now: int) -> int:
        """Give the nanoseconds since the last frame."""
        return 0 if self._heard is None else max(0, now - self._heard)

    def tick(self, now: int) -> Verdict | None:
        """Judge the silence so far; each verdict is given once."""
        if self.due is None or now < self.due:
            return None
        if self.silent_for(now) >= self._dead_after:
            self.stop()
            return Verdict.DEAD
        self.stalled = True
        return Verdict.STALLED
