"""Whether an attempt to connect may begin: what the endpoint's breaker and the client's budget say."""

from typing import final

from havklo._protocol.breaker import Breaker
from havklo._protocol.limits import Window
from havklo.events import BreakerChanged

__all__ = ["Gate"]


@final
class Gate:
    """The way to one endpoint, shared by all connections of its role; the window is shared by all roles.

    Args:
        role: The endpoint's role, by which events name it.
        breaker: Its circuit breaker.
        window: How many attempts the whole client may make.
    """

    def __init__(self, role: str = "public", breaker: Breaker | None = None, window: Window | None = None) -> None:
        self.role = role
        self.breaker: Breaker = breaker or Breaker()
        self.window: Window = window or Window()

    def __repr__(self) -> str:
        return f"<Gate to {self.role}: {self.breaker!r}, {self.window!r}>"

    def allows(self, now: int) -> int:
        """Give `now` if an attempt may begin, else the instant at which to ask again."""
        return max(self.breaker.allows(now), self.window.allows(now))

    def began(self, now: int) -> list[BreakerChanged]:
        """Note that an attempt begins; tells what has changed by it."""
        self.window.count(now)
        return self._told(now, changed=self.breaker.began(now))

    def succeeded(self, now: int) -> list[BreakerChanged]:
        """Note that an attempt has led to a connection that speaks."""
        return self._told(now, changed=self.breaker.succeeded())

    def failed(self, now: int) -> list[BreakerChanged]:
        """Note that an attempt has failed, or that its connection ended without a word."""
        return self._told(now, changed=self.breaker.failed(now))

    def _told(self, now: int, *, changed: bool) -> list[BreakerChanged]:
        if not changed:
            return []
        breaker = self.breaker
        wait = 0 if breaker.retry_at is None else breaker.retry_at - now
        event = BreakerChanged(role=self.role, state=breaker.state.value, failures=breaker.failures, retry_in_ns=wait)
        return [event]
