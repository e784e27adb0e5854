"""When Kraken shall not carry a request out any more: by its own clock, and by this machine's."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from havklo._protocol.offset import ClockOffset
    from havklo.clock import Clock

__all__ = ["deadline"]

_SECOND: Final = 1_000_000_000
_NOT_MEASURED: Final = _SECOND  # how wrong the clock may be as long as no ping has measured it


def deadline(clock: "Clock", measured: "ClockOffset | None", seconds: float) -> tuple[str, int]:
    """Give a deadline so many seconds ahead.

    Args:
        clock: This machine's.
        measured: How far Kraken's is from it, as far as pings have told.
        seconds: How far ahead.

    Returns:
        The deadline by Kraken's clock, RFC 3339 to the millisecond; and the monotonic nanosecond at which it has
        passed there, however wrong the measured difference is.
    """
    now, ahead = clock.now(), round(seconds * _SECOND)
    offset = None if measured is None else measured.offset_ns
    error = None if measured is None else measured.error_ns
    moment = (clock.to_epoch(now) if offset is None else now + offset) + ahead
    text = f"{_whole(moment // _SECOND)}.{moment % _SECOND // 1_000_000:03}Z"
    return text, now + ahead + (_NOT_MEASURED if error is None else error)


@lru_cache(4)
def _whole(second: int) -> str:
    """A second since 1970 in words; many orders have the same."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
