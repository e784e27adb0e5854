"""A connection without a network: the test plays the peer, and holds the clock."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import final

from havklo._transport import Handler
from havklo.clock import ManualClock
from havklo.errors import Disconnected
from havklo.venues import Role, Venue

__all__ = ["MemoryTransport", "MemoryVenue"]


@final
class MemoryTransport:
    """One connection of a `MemoryVenue`.

    Attributes:
        role: The endpoint it was opened for.
        sent: What the client has sent, in order.
        open: Whether the connection still stands.
        goodbye: The code and reason of the client's close, or None.
    """

    def __init__(self, role: Role, handler: Handler, clock: ManualClock) -> None:
        self.role: Role = role
        self.sent: list[bytes] = []
        self.open = True
        self.goodbye: tuple[int, str] | None = None
        self.last_read = clock.now()
        self.on_sent: Callable[[bytes], None] | None = None
        self._handler = handler
        self._clock = clock
        self._ended = asyncio.Event()

    def __repr__(self) -> str:
        return f"<MemoryTransport {self.role} {'open' if self.open else 'ended'}, {len(self.sent)} sent>"

    def deliver(self, *frames: bytes | str) -> None:
        """Play one socket read by the peer: all frames carry the same instant."""
        self.last_read = self._clock.now()
        recv_ns = self._clock.to_epoch(self.last_read)
        for frame in frames:
            payload = frame.encode() if isinstance(frame, str) else frame
            if self.open and (error := self._handler.on_frame(payload, recv_ns)) is not None:
                self._handler.on_malformed(error)

    def end(self, reason: str = "closed by the peer: 1000", code: int | None = None) -> None:
        """Play the end of the connection, with the code of a close frame or without one."""
        if self.open:
            self.open = False
            self._handler.on_closed(reason, code)
            self._ended.set()

    def send(self, payload: bytes) -> None:
        """Keep what the client sends."""
        if self.open:
            self.sent.append(payload)
            if self.on_sent is not None:
                self.on_sent(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection as the client asked."""
        if self.open:
            self.goodbye = (code, reason)
            self.end(reason or "closed by this side")

    def abort(self, code: int = 1001, reason: str = "") -> None:
        """Drop the connection."""
        if self.open:
            self.goodbye = (code, reason)
            self.end("dropped by this side")

    async def wait_closed(self) -> None:
        """Wait for the end."""
        await self._ended.wait()


@final
class MemoryVenue(Venue):
    """A venue whose connections lead nowhere but into the test.

    Attributes:
        connections: Every connection that was opened, in order.
    """

    def __init__(self, clock: ManualClock | None = None) -> None:
        self._clock = clock or ManualClock()
        self._failures: deque[str] = deque()
        self._on_open: Callable[[MemoryTransport], None] | None = None
        self.connections: list[MemoryTransport] = []

    @property
    def name(self) -> str:
        """The name "memory"."""
        return "memory"

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """One made-up address per streaming role."""
        return {"public": "memory:public", "private": "memory:private", "level3": "memory:level3"}

    @property
    def clock(self) -> ManualClock:
        """The clock that the test moves."""
        return self._clock

    def refuse(self, *reasons: str) -> None:
        """Let the next attempts to connect fail, one per reason."""
        self._failures.extend(reasons)

    def on_open(self, play: Callable[[MemoryTransport], None]) -> None:
        """Have each new connection prepared by `play` before the client sees it."""
        self._on_open = play

    async def open(self, role: Role, handler: Handler) -> MemoryTransport:
        """Open a connection in memory."""
        self.endpoint(role)
        if self._failures:
            raise Disconnected(self._failures.popleft())
        transport = MemoryTransport(role, handler, self._clock)
        self.connections.append(transport)
        if self._on_open is not None:
            self._on_open(transport)
        return transport
