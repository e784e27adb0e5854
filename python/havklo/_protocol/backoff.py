"""Spacing of retries: the first at once, then twice as long each time, with jitter; or as the user chooses."""

import math
from collections.abc import Callable
from typing import Protocol, final

from havklo.errors import ConfigurationError

__all__ = ["Backoff", "Chosen", "Retry"]

_SECOND = 1_000_000_000


class Retry(Protocol):
    """What spaces retries."""

    @property
    def attempts(self) -> int:
        """How many delays were given since the last reset."""
        ...

    def next(self) -> int:
        """Give the next delay in nanoseconds and count it."""
        ...

    def ease(self, attempts: int) -> None:
        """Forget all but so many attempts."""
        ...

    def reset(self) -> None:
        """Begin anew."""
        ...


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


@final
class Chosen:
    """Delays that a user's function gives.

    Args:
        strategy: Turns the attempt's number, from 1, into seconds.
    """

    def __init__(self, strategy: Callable[[int], float]) -> None:
        self._strategy = strategy
        self._attempts = 0

    @property
    def attempts(self) -> int:
        """How many delays were given since the last reset."""
        return self._attempts

    def next(self) -> int:
        """Give the next delay in nanoseconds and count it.

        Raises:
            ConfigurationError: The strategy's result is no finite number of at least 0.
        """
        self._attempts += 1
        return _nanoseconds(self._strategy(self._attempts), self._attempts)

    def ease(self, attempts: int) -> None:
        """Forget all but so many attempts."""
        self._attempts = min(self._attempts, attempts)

    def reset(self) -> None:
        """Begin anew: the next attempt is number 1."""
        self._attempts = 0


def _nanoseconds(seconds: object, attempt: int) -> int:
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ConfigurationError(
            f"the reconnect strategy gave {seconds!r} for attempt {attempt}",
            hint="it turns an attempt's number, from 1, into a finite number of seconds of at least 0",
        )
    whole = int(seconds)  # apart from the fraction, so that no finite number becomes an infinite one
    return whole * _SECOND + round((seconds - whole) * _SECOND)
