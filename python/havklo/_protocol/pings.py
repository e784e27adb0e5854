"""Pings and their pongs: a connection that hears but is not heard is found, and the server's clock is measured."""

from typing import final

from havklo._protocol.offset import ClockOffset
from havklo._protocol.stamps import epoch_ns
from havklo._protocol.timings import Timings

__all__ = ["Pings"]


@final
class Pings:
    """Says when a ping is due and when a pong is overdue.

    Args:
        timings: How often, and how long a pong may take.

    Attributes:
        clock: The server's clock against the monotonic one that the session lives by.
    """

    def __init__(self, timings: Timings) -> None:
        self.clock = ClockOffset()
        self._first = timings.ping_first
        self._every = timings.ping_every
        self._within = timings.pong_within
        self._next_at: int | None = None
        self._overdue_at: int | None = None
        self._sent: tuple[int, int] | None = None

    @property
    def due(self) -> int | None:
        """When there is something to do, or None while there is no connection."""
        instants = [instant for instant in (self._next_at, self._overdue_at) if instant is not None]
        return min(instants, default=None)

    def start(self, now: int) -> None:
        """Begin with a new connection."""
        self._next_at, self._overdue_at, self._sent = now + self._first, None, None

    def stop(self) -> None:
        """There is no connection any more."""
        self._next_at, self._overdue_at, self._sent = None, None, None

    def is_due(self, now: int) -> bool:
        """Whether a ping should go out."""
        return self._next_at is not None and now >= self._next_at

    def is_overdue(self, now: int) -> bool:
        """Whether a pong has not come in time."""
        return self._overdue_at is not None and now >= self._overdue_at

    def sent(self, req_id: int, now: int) -> None:
        """Note a ping that goes out."""
        self._next_at = now + self._every
        self._sent = req_id, now
        if self._overdue_at is None:
            self._overdue_at = now + self._within

    def answered(self, req_id: int | None, time_in: str | None, time_out: str | None, now: int) -> None:
        """Take a pong: any one shows that pings arrive, the latest ping's tells the time."""
        self._overdue_at = None
        if self._sent is None or req_id != self._sent[0] or time_in is None or time_out is None:
            return
        heard, answered = epoch_ns(time_in), epoch_ns(time_out)
        if heard is not None and answered is not None:
            self.clock.add(sent=self._sent[1], time_in=heard, time_out=answered, received=now)
