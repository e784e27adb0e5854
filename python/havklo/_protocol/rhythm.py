"""A subscription's usual pace, and the silences that do not fit it."""

from typing import final

from havklo._protocol.timings import Timings

__all__ = ["Rhythm"]

_LONGEST = 5  # doublings: a pair that has proven to be quiet is asked again after about an hour at the latest
_LIVELY = 3  # messages beyond the snapshot: then a silence is no longer what was seen before


@final
class Rhythm:
    """Says when a subscription on a lively connection has been silent for too long to be trusted.

    A server that has forgotten a subscription goes on with heartbeats and with everything else, and a checksum can't
    notice a message that is never sent. So a silence much longer than the pauses until now is looked into, by a fresh
    snapshot; if nothing follows that either, the pair is simply quiet, and the next look comes later and later.

    Args:
        timings: What is unusual.
    """

    __slots__ = ("_began", "_doublings", "_messages", "_timings")

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._began = 0
        self._messages: int | None = None
        self._doublings = 0

    def begin(self, now: int) -> None:
        """A snapshot has come: begin to count."""
        self._began, self._messages = now, None

    def is_unusual(self, messages: int, age: int, now: int) -> bool:
        """Judge a silence.

        Args:
            messages: How many messages there have been in all, of whatever number to begin with.
            age: How long ago the latest one came; what was before the snapshot does not count.
            now: The time.
        """
        age = min(age, now - self._began)
        if self._messages is None:
            self._messages = messages
        count = messages - self._messages
        if count >= _LIVELY:
            self._doublings = 0
        if age < self._limit(count, now):
            return False
        self._doublings = min(self._doublings + 1, _LONGEST)
        return True

    def _limit(self, count: int, now: int) -> int:
        timings = self._timings
        if self._doublings:
            return timings.quiet_cap << self._doublings
        if count == 0:
            return timings.quiet_cap
        usual = (now - self._began) // count
        return min(max(timings.quiet_gaps * usual, timings.quiet_floor), timings.quiet_cap)
