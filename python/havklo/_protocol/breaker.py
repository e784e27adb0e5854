"""The circuit breaker of one endpoint role: after failures in a row it lets nobody try, then one, then all."""

from enum import StrEnum
from typing import final

from havklo.errors import ConfigurationError

__all__ = ["Breaker", "BreakerState"]

_SECOND = 1_000_000_000


class BreakerState(StrEnum):
    """Whether attempts may begin."""

    CLOSED = "closed"
    """Attempts may begin."""
    OPEN = "open"
    """None may begin before the cool-down is over."""
    HALF_OPEN = "half_open"
    """One may begin, a probe; its outcome decides for all."""


@final
class Breaker:
    """Holds attempts back from an endpoint that has failed several times in a row.

    All connections of one role share it, so that a dozen of them do not each find out on their own. Ask `allows`
    before an attempt and say `began` when it begins; then say `succeeded` or `failed`, once. It can't tell attempts
    apart: one that began before the breaker opened counts like any other when it ends, so its success closes the
    breaker and its failure while a probe is under way opens it again. Of a probe that is called off nothing is said,
    and its place stays taken: it has knocked, and the endpoint is given its cool-down. After a whole one it has lost
    its place: an outcome that is never told must not lock everybody out.

    Args:
        failures: How many failures in a row open it.
        cool_down: For how long it stays open, in nanoseconds.

    Raises:
        ConfigurationError: A threshold is not a positive integer.
    """

    def __init__(self, *, failures: int = 5, cool_down: int = 30 * _SECOND) -> None:
        if failures < 1:
            raise ConfigurationError(f"a breaker opens after at least one failure, not {failures!r}")
        if cool_down < 1:
            raise ConfigurationError(f"a breaker's cool-down is above 0, not {cool_down!r} ns")
        self._threshold = failures
        self._cool_down = cool_down
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._retry_at: int | None = None
        self._probe_until: int | None = None

    def __repr__(self) -> str:
        return f"<Breaker {self._state}, {self._failures} failures>"

    @property
    def state(self) -> BreakerState:
        """Where it stands; an open one whose cool-down is over stays open until a probe begins."""
        return self._state

    @property
    def failures(self) -> int:
        """How many attempts have failed since the last that did not."""
        return self._failures

    @property
    def retry_at(self) -> int | None:
        """When the cool-down is over, or None unless it is open."""
        return self._retry_at

    def allows(self, now: int) -> int:
        """Give `now` if an attempt may begin, else the instant at which to ask again."""
        if self._retry_at is not None:
            return max(now, self._retry_at)
        # When the probe ends is not known beforehand, so whoever waits for it looks again each second.
        return now if self._probe_until is None or now >= self._probe_until else now + _SECOND

    def began(self, now: int) -> bool:
        """Note that an attempt begins, in an open or half-open breaker as its probe; True if the state changed."""
        if self._state is BreakerState.CLOSED:
            return False
        self._retry_at = None
        self._probe_until = now + self._cool_down
        return self._become(BreakerState.HALF_OPEN)

    def succeeded(self) -> bool:
        """Note that an attempt has succeeded; True if that closed it."""
        self._failures = 0
        self._retry_at = None
        self._probe_until = None
        return self._become(BreakerState.CLOSED)

    def failed(self, now: int) -> bool:
        """Note that an attempt has failed; True if that opened it."""
        self._failures += 1
        self._probe_until = None
        if self._state is BreakerState.OPEN or self._is_closed_and_below_threshold():
            return False
        self._retry_at = now + self._cool_down
        return self._become(BreakerState.OPEN)

    def _is_closed_and_below_threshold(self) -> bool:
        return self._state is BreakerState.CLOSED and self._failures < self._threshold

    def _become(self, state: BreakerState) -> bool:
        changed = self._state is not state
        self._state = state
        return changed
