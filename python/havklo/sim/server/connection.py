"""One client's socket with a bounded queue in front of it.

What is queued during one turn of the event loop goes out in one write: a system call costs more than
everything else that happens to a frame here.
"""

import asyncio
from contextlib import suppress
from typing import Final, final

from aiohttp import web

from havklo.sim.delivery.lane import TEXT

__all__ = ["Connection"]

_WRITE: Final = 1 << 17  # bytes at once; then others get their turn
_LONG: Final = 2_048  # bytes of a message
_LAST: Final = 0x80  # a message is one frame


def _head(size: int, opcode: int) -> bytes:
    """What stands before a frame's payload: servers mask nothing."""
    if size < 126:
        return bytes((_LAST | opcode, size))
    if size < 1 << 16:
        return bytes((_LAST | opcode, 126)) + size.to_bytes(2)
    return bytes((_LAST | opcode, 127)) + size.to_bytes(8)


_TEXT_HEADS: Final = tuple(_head(size, TEXT) for size in range(_LONG))
"""Those of nearly all messages."""


@final
class Connection:
    """The end of a link: frames wait here until the socket takes them.

    A reader who lets more pile up than `limit` bytes is disconnected, as an exchange would do, and memory
    stays flat.

    Args:
        number: Its number, counted from 1.
        socket: The WebSocket, after its handshake.
        request: What it came with.
        limit: How much may wait.

    Attributes:
        overflowed: Whether it was given up because too much waited.
    """

    def __init__(self, number: int, socket: web.WebSocketResponse, request: web.Request, limit: int) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("it was gone before it began")
        self.number = number
        self.overflowed: bool = False
        self._socket = socket
        self._writer = request.writer
        self._transport: asyncio.Transport = transport
        self._protocol: asyncio.Protocol = request.protocol
        self._limit = limit
        self._queue: list[bytes] = []
        self._queued = 0
        self._kept = 0
        self._loop = asyncio.get_running_loop()
        self._drained = asyncio.Event()
        self._ended = False
        self._closing: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Connection {self.number}, {self.waiting:,} bytes waiting>"

    @property
    def waiting(self) -> int:
        """How many bytes wait, here and on the way here."""
        return self._queued + self._kept

    def put(self, frame: bytes, opcode: int = TEXT) -> None:
        """Put a frame into the queue, or give the connection up when too much waits there already."""
        size = len(frame)
        if self._queued + self._kept + size > self._limit:
            self._make_room(size)
        if self._ended:
            return
        if not self._queue:
            self._loop.call_soon(self._flush)
        self._queue.append(_TEXT_HEADS[size] if size < _LONG and opcode == TEXT else _head(size, opcode))
        self._queue.append(frame)
        self._queued += size

    def keep(self, size: int) -> bool:
        """Count bytes that wait on the way here, or (negative) no longer do; False if these are too many."""
        if self.waiting + size > self._limit:
            self._make_room(size)
        if self._ended:
            return False
        self._kept += size
        return True

    def cut(self) -> None:
        """End it without a close frame, right behind the frames that are on their way already."""
        # A peer that has not taken what was written before does not read: there is nothing to wait for.
        if not self._ended and not self._transport.get_write_buffer_size():
            self._write(self._queued)
        self.drop()

    def goodbye(self, code: int, reason: str = "") -> None:
        """End it with a close frame behind the frames that are on their way."""
        # The task is kept here, or it could be collected before it ends.
        self._closing = asyncio.get_running_loop().create_task(self.close(code, reason))

    def vanish(self) -> None:
        """From now on the peer seems to be gone: nothing is read or sent, and the socket stays open."""
        self._ended = True
        self._forget_queue()
        self._transport.set_protocol(_Void(self._protocol))

    async def close(self, code: int, reason: str = "") -> None:
        """Send what waits and a close frame, and end the connection; a peer that does not read is cut off."""
        if self._ended:
            return
        self._ended = True
        self._write(self._queued)
        if self._transport.get_write_buffer_size():
            self.drop()
        else:
            await self._socket.close(code=code, message=reason.encode())

    def drop(self) -> None:
        """End it at once; what waits is lost."""
        self._ended = True
        self._forget_queue()
        self._transport.abort()

    async def room(self) -> None:
        """Wait while half of the queue is full; for answers that are long, not for market data."""
        while self.waiting > self._limit // 2:
            self._drained.clear()
            await self._drained.wait()

    def _flush(self) -> None:
        """Hand over what was queued since the last turn of the event loop."""
        if self._draining is None:
            if not self._transport.get_write_buffer_size():
                self._write()
            if self._queue:
                self._draining = asyncio.create_task(self._drain())
            else:
                self._drained.set()

    async def _drain(self) -> None:
        """The socket does not take everything at once: the rest goes out as it does."""
        with suppress(ConnectionError):
            while self._queue:
                await self._writer.drain()
                self._write()
        self._draining = None
        self._drained.set()

    def _write(self, least: int = _WRITE) -> None:
        """Hand the first frames to the socket: all that wait, or those that make up so many bytes."""
        if self._queued <= least:
            parts, size = self._queue, self._queued
            self._queue = []
        else:
            size = end = 0
            while size < least:
                size += len(self._queue[end + 1])
                end += 2
            parts = self._queue[:end]
            del self._queue[:end]
        self._queued -= size
        if not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def _make_room(self, size: int) -> None:
        """Too much waits: the socket may take what came just now, or else the reader is too slow."""
        while self._queue and not self._transport.get_write_buffer_size():
            self._write()
        if not self._ended and self.waiting + size > self._limit:
            self.overflowed = True
            self.drop()

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._queued = self._kept = 0
        self._drained.set()


@final
class _Void(asyncio.Protocol):
    """Reads and says nothing, and notices only that the peer has hung up.

    Args:
        before: Who was told about this connection until now.
    """

    def __init__(self, before: asyncio.Protocol) -> None:
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer has given up."""
        self._before.connection_lost(exc)

    def pause_writing(self) -> None:
        """What was written before is still on its way."""
        self._before.pause_writing()

    def resume_writing(self) -> None:
        """It has arrived."""
        self._before.resume_writing()
