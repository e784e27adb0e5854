"""A server on a real socket with a pretended exchange behind it, on a clock that stands."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from havklo.clock import ManualClock
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import Faults, Hooks
from havklo.sim.delivery.hub import Hub
from havklo.sim.delivery.link import Link
from havklo.sim.rules import Rules
from havklo.sim.server.websocket import PATHS, Limits, Server


def compact(message: object) -> bytes:
    """JSON without spaces, as on the wire."""
    return json.dumps(message, separators=(",", ":")).encode()


class Talk:
    """A conversation that knows a handful of methods."""

    def __init__(self, stage: "Stage", role: str, link: Link) -> None:
        self.stage = stage
        self.role = role
        self.link = link
        self.keys: list[Any] = []
        self.ended = False

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription."""
        return bool(self.keys)

    def accept(self) -> Iterator[bytes]:
        """The status."""
        yield compact({"channel": "status", "role": self.role})

    def handle(self, message: str | bytes) -> Iterator[bytes]:
        """Answer a request."""
        try:
            request = json.loads(message)
        except ValueError:
            yield compact({"error": "Malformed request", "success": False})
            return
        method, params = request["method"], request.get("params", {})
        if method == "ping":
            yield compact({"method": "pong", "req_id": request["req_id"], "time_in": ""})
        elif method == "subscribe":
            yield from self.subscribe(params)
        else:
            self.stage.carried_out.append(request)
            yield compact({"method": method, "result": {"order_id": "O1"}, "success": True})

    def subscribe(self, params: Any) -> Iterator[bytes]:
        """An ack for each symbol, then a snapshot of each."""
        for symbol in params["symbol"]:
            yield compact({"method": "subscribe", "result": {"symbol": symbol}, "success": True})
        for symbol in params["symbol"]:
            key = (params["channel"], symbol, params.get("depth", 10))
            self.keys.append(key)
            self.stage.hub.join(self.link, key)
            yield compact({"channel": params["channel"], "type": "snapshot", "data": [{"symbol": symbol}]})

    def end(self) -> None:
        """The client has gone."""
        self.ended = True
        for key in self.keys:
            self.stage.hub.leave(self.link, key)


class Echo:
    """A REST interface that says what it was asked."""

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, now_ns: int
    ) -> tuple[int, bytes]:
        """Say it."""
        asked = {"method": method, "path": path, "query": dict(query), "body": body.decode(), "now": now_ns}
        return (200 if "API-Key" in headers else 403), compact(asked)


class Stage:
    """Everything that a simulator has, but for the exchange."""

    def __init__(self, clock: ManualClock, rules: Rules, limits: Limits) -> None:
        self.clock = clock
        self.hub = Hub()
        self.modes: list[tuple[str, str | None]] = []
        self.expired: list[str | None] = []
        self.carried_out: list[Any] = []
        self.talks: list[Talk] = []
        hooks = Hooks(
            top=lambda _: ((), ()),
            set_system=lambda mode, symbol: self.modes.append((mode, symbol)),
            expire_tokens=self.expired.append,
        )
        self.faults = Faults(1, clock, self.hub, hooks, rules)
        self.server = Server(self._converse, Echo(), clock, limits, Door(self.faults, clock, rules))
        self.port = 0
        self._number = 0

    def url(self, role: Any = "public") -> str:
        """Where an endpoint is."""
        return f"ws://127.0.0.1:{self.port}{PATHS[role]}"

    def publish(self, symbol: str = "BTC/USD", channel: str = "book", size: int = 0) -> str:
        """Send the next message of a stream; no two are the same."""
        self._number += 1
        row = {"symbol": symbol, "n": self._number, "checksum": 1_000 + self._number, "bids": [], "asks": []}
        if size:
            row["filler"] = "." * size
        frame = compact({"channel": channel, "type": "update", "data": [row]})
        self.hub.publish((channel, symbol, 10), frame)
        return frame.decode()

    async def turns(self, count: int = 50) -> None:
        """Let the event loop run, so that whatever is on its way arrives."""
        for _ in range(count):
            await asyncio.sleep(0)

    def _converse(self, role: str, link: Link) -> Talk:
        self.talks.append(Talk(self, role, link))
        return self.talks[-1]


@pytest.fixture
def playing(clock: ManualClock) -> Callable[..., Any]:
    """Run a server while the block lasts."""

    @asynccontextmanager
    async def play(rules: Rules | None = None, **limits: Any) -> AsyncIterator[Stage]:
        stage = Stage(clock, rules or Rules(connects=None), Limits(**limits))
        stage.port = await stage.server.start("127.0.0.1", 0)
        try:
            yield stage
        finally:
            await stage.server.stop()
            stage.faults.stop()

    return play


@pytest.fixture
async def meet(dial: Any) -> AsyncIterator[Callable[..., Any]]:
    """Connect to an endpoint, and subscribe there; the first frames are taken already."""
    peers: list[Any] = []

    async def connect(stage: Stage, *symbols: str, role: str = "public", channel: str = "book") -> Any:
        peer = await dial(stage.url(role))
        peers.append(peer)
        assert json.loads(await peer.frame()) == {"channel": "status", "role": role}
        if symbols:
            await peer.send("subscribe", channel=channel, symbol=list(symbols))
            await peer.everything()
        return peer

    yield connect
    for peer in peers:
        await peer.socket.close()
