"""The sockets: a loopback WebSocket server that carries conversations, and nothing that knows about markets.

Every connection has a bounded queue. Frames wait there until its socket takes them; a reader who lets more
pile up than `queue_bytes` is disconnected, as an exchange would do, and memory stays flat.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, final

from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from havklo.clock import Clock, Timer
from havklo.sim.conversation.conversation import Conversation
from havklo.sim.delivery.hub import Subscriber
from havklo.sim.wire import frames as wire

__all__ = ["Connection", "Limits", "Server"]

_SECOND: Final = 1_000_000_000
_MAX_REQUEST: Final = 1 << 20
_GOODBYE_SECONDS: Final = 0.5

Converse = Callable[[Subscriber], Conversation]


@final
class Limits:
    """What a connection may cost.

    Args:
        queue_bytes: How much may wait for a slow reader before it is disconnected.
        heartbeat: Seconds between heartbeats once something is subscribed.
        idle: Seconds without any frame either way after which a connection is closed.
    """

    def __init__(self, *, queue_bytes: int = 16 << 20, heartbeat: float = 1.0, idle: float = 60.0) -> None:
        self.queue_bytes = queue_bytes
        self.heartbeat = heartbeat
        self.idle = idle


@final
class Connection:
    """One client's socket with the queue in front of it."""

    def __init__(self, number: int, socket: web.WebSocketResponse, request: web.Request, limit: int) -> None:
        self.number = number
        self.waiting = 0
        self.overflowed = False
        self._socket = socket
        self._request = request
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._ended = False
        self._cut = False

    def __repr__(self) -> str:
        return f"<Connection {self.number}, {len(self._queue)} frames waiting>"

    def send(self, frame: bytes) -> None:
        """Put a frame into the queue, or give the connection up when too much waits there already."""
        if self._ended:
            return
        if self.waiting + len(frame) > self._limit:
            self.overflowed = True
            self._drop()
            return
        self._queue.append(frame)
        self.waiting += len(frame)
        self._filled.set()

    def abort(self) -> None:
        """Cut the connection without a close frame, right behind the frames that are on their way already."""
        self._ended = self._cut = True
        transport = self._request.transport
        if transport is not None and transport.get_write_buffer_size():
            # The peer does not read: there is nothing to wait for.
            self._drop()
        self._filled.set()

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye and end the connection; what still waits is not sent."""
        self._ended = True
        await self._socket.close(code=code, message=reason.encode())

    async def room(self) -> None:
        """Wait while half of the queue is full; for answers that are long, not for market data."""
        while self.waiting > self._limit // 2:
            self._drained.clear()
            await self._drained.wait()

    async def pump(self) -> None:
        """Move frames from the queue to the socket for as long as it lives."""
        try:
            while not self._cut:
                await self._filled.wait()
                self._filled.clear()
                while self._queue:
                    frame = self._queue.popleft()
                    self.waiting -= len(frame)
                    await self._socket.send_frame(frame, WSMsgType.TEXT)
                self._drained.set()
        except ClientConnectionResetError:
            pass
        self._drop()

    def _drop(self) -> None:
        self._ended = True
        self._queue.clear()
        self.waiting = 0
        self._drained.set()
        if self._request.transport is not None:
            self._request.transport.abort()


@final
class Server:
    """Listens on loopback and runs one conversation per connection."""

    def __init__(self, converse: Converse, clock: Clock, limits: Limits, connection_id: Callable[[], int]) -> None:
        self._converse = converse
        self._clock = clock
        self._limits = limits
        self._connection_id = connection_id
        self._runner: web.AppRunner | None = None
        self._last_number = 0
        self._overflows = 0
        self.connections: dict[int, Connection] = {}
        self.forget: Callable[[int], None] = _nothing

    def __repr__(self) -> str:
        return f"<Server with {len(self.connections)} connections>"

    @property
    def overflows(self) -> int:
        """How many connections were given up because they read too slowly."""
        return self._overflows

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which is a free one if 0 was asked for."""
        app = web.Application()
        app.router.add_get("/v2", self._accept)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_SECONDS)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        address = runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        goodbyes = (each.close(WSCloseCode.GOING_AWAY, "going away") for each in tuple(self.connections.values()))
        await asyncio.gather(*goodbyes)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _accept(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=_MAX_REQUEST, timeout=_GOODBYE_SECONDS)
        await socket.prepare(request)
        self._last_number += 1
        connection = Connection(self._last_number, socket, request, self._limits.queue_bytes)
        conversation = self._converse(connection)
        self.connections[connection.number] = connection
        duties = _Duties(connection, conversation, self._clock, self._limits)
        pump = asyncio.create_task(connection.pump())
        connection.send(wire.status(self._connection_id()))
        try:
            async for message in socket:
                duties.active()
                for frame in conversation.handle(message.data):
                    connection.send(frame)
                    duties.subscribed()
                    # The next frame may take a while, to open a market: others get their turn first.
                    await asyncio.sleep(0)
                    await connection.room()
        finally:
            pump.cancel()
            duties.end()
            conversation.end()
            del self.connections[connection.number]
            self._overflows += connection.overflowed
            self.forget(connection.number)
        return socket


def _nothing(_number: int) -> None:
    """Nobody wants to know."""


@final
class _Duties:
    """What the clock demands of a connection: heartbeats while subscribed, an end when nothing happens."""

    def __init__(self, connection: Connection, conversation: Conversation, clock: Clock, limits: Limits) -> None:
        self._connection = connection
        self._conversation = conversation
        self._clock = clock
        self._limits = limits
        self._last = clock.now()
        self._beat: Timer | None = None
        self._idle: Timer = clock.call_at(self._last + round(limits.idle * _SECOND), self._check_idle)
        self._closing: asyncio.Task[None] | None = None

    def active(self) -> None:
        """Something was received or sent."""
        self._last = self._clock.now()

    def subscribed(self) -> None:
        """A request was answered: heartbeats begin with the first subscription."""
        if self._beat is None and self._conversation.subscribed:
            self._schedule(self._clock.now())

    def end(self) -> None:
        """The connection has ended."""
        self._idle.cancel()
        if self._beat is not None:
            self._beat.cancel()

    def _schedule(self, last: int) -> None:
        due = last + round(self._limits.heartbeat * _SECOND)
        self._beat = self._clock.call_at(due, lambda: self._heartbeat(due))

    def _heartbeat(self, due: int) -> None:
        self._beat = None
        if self._conversation.subscribed:
            self._connection.send(wire.heartbeat())
            self.active()
            self._schedule(due)

    def _check_idle(self) -> None:
        due = self._last + round(self._limits.idle * _SECOND)
        if self._clock.now() < due:
            self._idle = self._clock.call_at(due, self._check_idle)
        else:
            # The task is kept here, or it could be collected before it ends.
            self._closing = asyncio.get_running_loop().create_task(
                self._connection.close(WSCloseCode.OK, "no activity")
            )
