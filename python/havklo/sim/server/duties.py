"""What the clock demands of a connection: heartbeats while subscribed, an end when nothing happens."""

from collections.abc import Callable
from typing import Final, Protocol, final

from havklo.clock import Clock, Timer
from havklo.sim.delivery.link import Link
from havklo.sim.delivery.topics import HEARTBEAT
from havklo.sim.wire import frames as wire

__all__ = ["Duties", "Subscriptions"]

_SECOND: Final = 1_000_000_000


class Subscriptions(Protocol):
    """A conversation, as far as it matters here."""

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription."""
        ...


@final
class Duties:
    """One connection's timers.

    Args:
        link: The way to the client.
        conversation: Knows whether anything is subscribed.
        clock: Whose time counts.
        heartbeat: Seconds between heartbeats.
        idle: Seconds without any frame either way after which a connection is closed.
        close: Closes it.
    """

    def __init__(
        self,
        link: Link,
        conversation: Subscriptions,
        clock: Clock,
        *,
        heartbeat: float,
        idle: float,
        close: Callable[[], None],
    ) -> None:
        self._link = link
        self._conversation = conversation
        self._clock = clock
        self._heartbeat = round(heartbeat * _SECOND)
        self._idle = round(idle * _SECOND)
        self._close = close
        self._last = clock.now()
        self._beat: Timer | None = None
        self._check: Timer = clock.call_at(self._last + self._idle, self._check_idle)

    def active(self) -> None:
        """Something was received or sent."""
        self._last = self._clock.now()

    def subscribed(self) -> None:
        """A request was answered: heartbeats begin with the first subscription."""
        if self._beat is None and self._conversation.subscribed:
            self._schedule(self._clock.now())

    def end(self) -> None:
        """The connection has ended."""
        self._check.cancel()
        if self._beat is not None:
            self._beat.cancel()

    def _schedule(self, last: int) -> None:
        due = last + self._heartbeat
        self._beat = self._clock.call_at(due, lambda: self._send_heartbeat(due))

    def _send_heartbeat(self, due: int) -> None:
        self._beat = None
        if self._conversation.subscribed:
            self._link.send(wire.heartbeat(), HEARTBEAT)
            self.active()
            self._schedule(due)

    def _check_idle(self) -> None:
        due = self._last + self._idle
        if self._clock.now() < due:
            self._check = self._clock.call_at(due, self._check_idle)
        else:
            self._close()
