"""How far the exchange's clock is from ours, measured by pings."""

from collections import deque
from typing import final

import msgspec

__all__ = ["ClockOffset"]


class _Sample(msgspec.Struct, frozen=True, gc=False):
    error: int
    offset: int
    rtt: int


@final
class ClockOffset:
    """Estimates the exchange's clock as NTP does, from the four instants of a ping and its pong.

    The way there and the way back are taken for equally long; the error is how wrong that can be. Of the last eight
    pings the one with the smallest error counts, for a ping that waited somewhere knows less.
    """

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=8)
        self._best: _Sample | None = None

    def __repr__(self) -> str:
        return "<ClockOffset unknown>" if self._best is None else f"<ClockOffset {self.offset_ns} ± {self.error_ns} ns>"

    @property
    def offset_ns(self) -> int | None:
        """By how many nanoseconds the exchange's clock is ahead of ours (negative: behind), or None."""
        return None if self._best is None else self._best.offset

    @property
    def error_ns(self) -> int | None:
        """By how many nanoseconds the offset can be wrong, the stamps' own resolution aside, or None."""
        return None if self._best is None else self._best.error

    @property
    def rtt_ns(self) -> int | None:
        """How many nanoseconds that ping's round trip took, the exchange's own time included, or None."""
        return None if self._best is None else self._best.rtt

    def add(self, *, sent: int, time_in: int, time_out: int, received: int) -> bool:
        """Take a ping's four instants, each in nanoseconds since 1970.

        Args:
            sent: When the ping was sent, by our clock.
            time_in: When the exchange received it, by its clock.
            time_out: When the exchange sent the pong, by its clock.
            received: When the pong was received, by our clock.

        Returns:
            False if they can't be true, since a clock was set meanwhile; they do not count then.
        """
        rtt, at_exchange = received - sent, time_out - time_in
        if not 0 <= at_exchange <= rtt:
            return False
        # Rounded up: the error is a bound.
        error = (rtt - at_exchange + 1) // 2
        self._samples.append(_Sample(error, (time_in - sent + time_out - received) // 2, rtt))
        # Of equal ones the newest: clocks drift.
        self._best = min(reversed(self._samples), key=lambda sample: sample.error)
        return True
