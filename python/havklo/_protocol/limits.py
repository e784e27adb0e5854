"""How much may be sent or tried in a time: at most so many within a span, or so many a second with bursts."""

import math
from collections import deque
from typing import final

from havklo.errors import ConfigurationError

__all__ = ["Bucket", "Window"]

_SECOND = 1_000_000_000


@final
class Window:
    """A sliding window: at most `limit` events in any `span`.

    The defaults are for connection attempts: Kraken bans an address for ten minutes after about 150 of them in ten
    minutes, and other programs may share the address.

    Args:
        limit: How many are allowed.
        span: Within how many nanoseconds.

    Raises:
        ConfigurationError: An argument is not a positive integer.
    """

    def __init__(self, limit: int = 120, span: int = 600 * _SECOND) -> None:
        if limit < 1:
            raise ConfigurationError(f"a window's limit is at least 1, not {limit!r}")
        if span < 1:
            raise ConfigurationError(f"a window's span is above 0, not {span!r} ns")
        self._limit = limit
        self._span = span
        self._events: deque[int] = deque()

    def __repr__(self) -> str:
        return f"<Window of {self._limit} in {self._span / _SECOND:g} s>"

    def allows(self, now: int) -> int:
        """Give `now` if one more fits, else the instant at which it will."""
        used = self.used(now)
        return now if used < self._limit else self._events[used - self._limit] + self._span

    def count(self, now: int) -> None:
        """Note one at `now`, which never falls; it counts even if it does not fit."""
        self._forget(now)
        self._events.append(now)

    def used(self, now: int) -> int:
        """Give how many were noted in the span that ends at `now`."""
        self._forget(now)
        return len(self._events)

    def _forget(self, now: int) -> None:
        events, over = self._events, now - self._span
        while events and events[0] <= over:
            events.popleft()


@final
class Bucket:
    """A token bucket, full at first: bursts of `burst`, and `rate` a second in the long run.

    It is kept as the instant at which it will be full again, in whole nanoseconds, so that nothing adds up to an
    error. Where a token takes no whole number of nanoseconds, it is a fraction of one slower, never faster.

    Args:
        rate: How many tokens come back in a second.
        burst: How many it holds.

    Raises:
        ConfigurationError: The rate is no finite number above 0, or the burst is not at least 1.
    """

    def __init__(self, rate: float, burst: int) -> None:
        if not 0 < rate < math.inf:
            raise ConfigurationError(f"a bucket's rate is a finite number above 0, not {rate!r}")
        if burst < 1:
            raise ConfigurationError(f"a bucket holds at least one token, not {burst!r}")
        self._token = math.ceil(_SECOND / rate)
        self._slack = (burst - 1) * self._token
        self._full_at: int | None = None

    def allows(self, now: int) -> int:
        """Give `now` if a token is there, else the instant at which one will be."""
        return now if self._full_at is None else max(now, self._full_at - self._slack)

    def take(self, now: int) -> None:
        """Take a token; one that is not there is owed, and the next comes later by as much."""
        self._full_at = (now if self._full_at is None else max(now, self._full_at)) + self._token
