"""The socket's seam: what a client needs from a connection, whatever carries the bytes.

A `Venue` opens a `Transport` and hands it a `Handler`. Frames are delivered synchronously, in the receive
path and in the order they came; nothing is queued in between. `websocket` is the real one, `memory` is for
tests.
"""

from collections.abc import Callable
from typing import Protocol

from havklo.errors import MalformedFrame

__all__ = ["Handler", "Transport"]


class Handler(Protocol):
    """What a transport tells; both callables are read once, when the transport opens."""

    @property
    def on_frame(self) -> Callable[[bytes, int], MalformedFrame | None]:
        """Take one message: its bytes, and the epoch nanoseconds at which its socket read happened.

        All messages of one socket read carry the same instant. It must not raise. What can't be read is
        given back: the transport knows whether the bytes were a message at all, and not a control frame or
        a fragment of a message. If they were one it calls `on_malformed`. So the usual frame, which is whole
        and can be read, needs no look at its kind, for which some libraries ask as much time as the engine.
        """
        ...

    @property
    def on_malformed(self) -> Callable[[MalformedFrame], object]:
        """Learn that what `on_frame` gave back was indeed a whole message."""
        ...

    @property
    def on_closed(self) -> Callable[[str, int | None], object]:
        """Learn, exactly once and after the last frame, that the connection has ended, and why.

        With the code of the peer's close frame, or None if it sent none.
        """
        ...


class Transport(Protocol):
    """An open connection."""

    @property
    def last_read(self) -> int:
        """The monotonic instant of the latest read from the peer, or of the opening."""
        ...

    def send(self, payload: bytes) -> None:
        """Send one text message; does nothing once the connection has ended."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and end the connection; `on_closed` follows. Closing twice is allowed."""

    def abort(self, code: int = 1001, reason: str = "") -> None:
        """Drop the connection without waiting for the peer; `on_closed` follows."""

    async def wait_closed(self) -> None:
        """Wait until `on_closed` has been called; may be cancelled at any time."""
