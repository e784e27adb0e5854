"""The server: it carries conversations on WebSockets and REST calls on HTTP, and knows nothing about markets."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, final

from aiohttp import WSCloseCode, WSMsgType, web

from havklo.clock import Clock
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.kinds import Role
from havklo.sim.delivery.link import Link
from havklo.sim.server.connection import Connection
from havklo.sim.server.duties import Duties

__all__ = ["PATHS", "SOFTWARE", "Connection", "Conversation", "Limits", "Rest", "Server"]

PATHS: Final[Mapping[Role, str]] = {"public": "/v2", "private": "/private/v2", "level3": "/level3/v2"}
"""Each ends with the version, as Kraken's own addresses do: many clients add it to an address themselves."""

_ALSO: Final[Mapping[Role, str]] = {"private": "/v2/private", "level3": "/v2/level3"}
"""Whoever knows the public address only can go on from there."""

SOFTWARE: Final = "havklo-simulator"
"""What it says that it is: a client with nothing but its public address learns by this that all is on one port."""

_MAX_REQUEST: Final = 1 << 20
_GOODBYE_SECONDS: Final = 0.5


class Conversation(Protocol):
    """What one client wants, and the frames that it gets for it."""

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription; then heartbeats are due."""
        ...

    def accept(self) -> Iterable[bytes]:
        """The first frames."""
        ...

    def handle(self, message: str | bytes) -> Iterator[bytes]:
        """The answers to a request, each made when it is asked for."""
        ...

    def end(self) -> None:
        """The client has gone."""


class Rest(Protocol):
    """The REST interface."""

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, now_ns: int
    ) -> tuple[int, bytes]:
        """The status and the JSON that answer a request."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a connection may cost.

    Attributes:
        queue_bytes: How much may wait for a slow reader before it is disconnected.
        heartbeat: Seconds between heartbeats once something is subscribed.
        idle: Seconds without any frame either way after which a connection is closed.
    """

    queue_bytes: int = 16 << 20
    heartbeat: float = 1.0
    idle: float = 60.0


@final
class Server:
    """Listens on one port and runs one conversation per connection.

    Args:
        converse: Begins a conversation at an endpoint with the client at the end of a link.
        rest: Answers what comes by HTTP.
        clock: Whose time counts.
        limits: What a connection may cost.
        door: Who may connect.

    Attributes:
        connections: Those that are open.
        forget: Called with the number of a connection that has ended.
    """

    def __init__(
        self, converse: Callable[[Role, Link], Conversation], rest: Rest, clock: Clock, limits: Limits, door: Door
    ) -> None:
        self.connections: dict[int, Connection] = {}
        self.forget: Callable[[int], None] = door.leave
        self._converse = converse
        self._rest = rest
        self._clock = clock
        self._limits = limits
        self._door = door
        self._runner: web.AppRunner | None = None
        self._last_number = 0
        self._overflows = 0

    def __repr__(self) -> str:
        return f"<Server with {len(self.connections)} connections>"

    @property
    def overflows(self) -> int:
        """How many connections were given up because they read too slowly."""
        return self._overflows

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which is a free one if 0 was asked for."""
        app = web.Application(client_max_size=_MAX_REQUEST)
        for role, path in (*PATHS.items(), *_ALSO.items()):
            app.router.add_get(path, partial(self._connect, role))
        app.router.add_route("*", "/0/{call:.*}", self._call)
        runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_SECONDS)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        address = runner.addresses[0]
        return int(address[1])

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        connections = tuple(self.connections.values())
        await asyncio.gather(*(each.close(WSCloseCode.GOING_AWAY, "going away") for each in connections))
        for each in connections:
            each.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _call(self, request: web.Request) -> web.Response:
        """A REST call."""
        body = await request.read()
        status, answer = self._rest.handle(
            request.method, request.path, request.headers, request.query, body, self._clock.epoch_ns()
        )
        return web.Response(status=status, body=answer, content_type="application/json", headers={"Server": SOFTWARE})

    async def _connect(self, role: Role, request: web.Request) -> web.StreamResponse:
        """A WebSocket, from the door to its end."""
        refusal = self._door.knock(request.remote or "", role)
        if refusal is not None:
            return web.Response(status=refusal.status, headers={"Retry-After": str(refusal.seconds)})
        # Pings and goodbyes are answered here rather than by aiohttp: a stalled connection keeps them back, too.
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=_MAX_REQUEST, timeout=_GOODBYE_SECONDS, autoping=False, autoclose=False
        )
        await socket.prepare(request)
        self._last_number += 1
        connection = Connection(self._last_number, socket, request, self._limits.queue_bytes)
        self.connections[connection.number] = connection
        link = self._door.enter(connection.number, role, connection)
        conversation = self._converse(role, link)
        duties = Duties(
            link,
            conversation,
            self._clock,
            heartbeat=self._limits.heartbeat,
            idle=self._limits.idle,
            close=lambda: connection.goodbye(WSCloseCode.OK, "no activity"),
        )
        try:
            for frame in conversation.accept():
                link.send(frame)
            async for message in socket:
                duties.active()
                if message.type is WSMsgType.PING:
                    link.pong(message.data)
                elif message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._answer(message.data, conversation, connection, link, duties)
            # The client's own code comes back to it; 0 is its goodbye without one.
            await connection.close(socket.close_code or WSCloseCode.OK)
        finally:
            duties.end()
            conversation.end()
            del self.connections[connection.number]
            self._overflows += connection.overflowed
            self.forget(connection.number)
        return socket

    async def _answer(
        self, message: str | bytes, conversation: Conversation, connection: Connection, link: Link, duties: Duties
    ) -> None:
        refusal = self._door.refusal(link, message.encode() if isinstance(message, str) else message)
        if refusal is not None:
            link.send(refusal)
            return
        for frame in conversation.handle(message):
            link.send(frame)
            duties.subscribed()
            # The next frame may take a while, to open a market: others get their turn first.
            await asyncio.sleep(0)
            await connection.room()
