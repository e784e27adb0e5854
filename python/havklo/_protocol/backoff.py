"""Spacing of retries: the first at once, then twice as long each time, with jitter."""

from collections.abc import Callable
from typing import final

__all__ = ["Backoff"]

_SECOND = 1_000_000_000


@final
class Backoff:
    """Delays of 0, then `base`·2ⁿ up to `cap`, each shortened at random by at most a quarter.

    The jitter only ever shortens, so that `cap` is a promise; it keeps many clients from returning in step.

    Args:
        random: Gives numbers in [0, 1).
        base: The second delay, in nanoseconds.
        cap: The longest delay, in nanoseconds.
    """

    def __init__(self, random: Callable[[], float], *, base: int = _SECOND // 2, cap: int = 30 * _SECOND) -> None:
        self._random = random
        self._base = base
        self._cap = cap
        self._attempts = 0

    @property
    def attempts(self) -> int:
        """How many delays were given since the last reset."""
        return self._attempts

    def next(self) -> int:
        """Give the next delay in nanoseconds and count it."""
        doublings = self._attempts - 1
        self._attempts += 1
        if doublings < 0:
            return 0
        # Beyond 2**40 every delay is capped anyway; the exponent stays small however long the outage.
        delay = min(self._cap, self._base << min(doublings, 40))
        return round(delay * (1 - self._random() / 4))

    def ease(self, attempts: int) -> None:
        """Forget all but so many attempts."""
        self._attempts = min(self._attempts, attempts)

    def reset(self) -> None:
        """Begin anew: the next delay is 0."""
        self._attempts = 0
