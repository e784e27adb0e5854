"""The mid prices of one book by time, for as long as somebody may still ask."""

from bisect import bisect_left, bisect_right
from decimal import Decimal
from typing import TYPE_CHECKING, final

from havklo.analytics._shapes import EXACT
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from havklo.events import Top

__all__ = ["Mids", "mid_of"]


def mid_of(top: "Top | None") -> Decimal | None:
    """Give the middle of the best quotes, exact; None while a side is empty."""
    if top is None:
        return None
    return EXACT.divide(EXACT.add(top.bid.price, top.ask.price), Decimal(2))


@final
class Mids:
    """A step function of time: each mid price holds from its moment to the next; None where there is none.

    Args:
        memory: How many steps are kept.

    Raises:
        ConfigurationError: None would be.
    """

    def __init__(self, memory: int) -> None:
        if memory < 1:
            raise ConfigurationError(f"memory is at least 1, not {memory!r}")
        self._memory = memory
        self._times: list[int] = []
        self._mids: list[Decimal | None] = []

    def put(self, now: int, mid: Decimal | None) -> None:
        """Let a mid price hold from now on; time does not turn back."""
        times, mids = self._times, self._mids
        if times and now <= times[-1]:
            mids[-1] = mid
            return
        if mids and mids[-1] == mid:
            return
        times.append(now)
        mids.append(mid)
        if len(times) > 2 * self._memory:
            del times[: -self._memory], mids[: -self._memory]

    def latest(self) -> Decimal | None:
        """Give the mid price that holds now."""
        return self._mids[-1] if self._mids else None

    def before(self, now: int) -> Decimal | None:
        """Give the mid price that held just before a moment."""
        return self._at(bisect_left(self._times, now))

    def at(self, now: int) -> Decimal | None:
        """Give the mid price that holds from a moment on."""
        return self._at(bisect_right(self._times, now))

    def _at(self, step: int) -> Decimal | None:
        return self._mids[step - 1] if step else None
