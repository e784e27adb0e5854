"""What the simulator's tests share: a client that is as naive as can be, and a peer on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from havklo.clock import ManualClock
from havklo.sim.wire.checksum import checksum

Sides = tuple[list[tuple[str, str]], list[tuple[str, str]]]


class NaiveBook:
    """Applies a message entry by entry, truncates, and sorts everything anew: slow, and easy to believe.

    `strict` also checks what Kraken's messages were measured to keep to, entry by entry.
    """

    def __init__(self, depth: int, *, strict: bool = False, full: bool = True) -> None:
        self.depth = depth
        self.strict = strict
        self.full = full
        self.levels: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self.timestamp = ""
        self.messages = 0

    def apply(self, frame: bytes | str) -> bool:
        """Take one book message; returns whether its checksum holds."""
        message = json.loads(frame, parse_float=str, parse_int=str)
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.levels = ({}, {})
        before = self.sides
        for side, name in enumerate(("bids", "asks")):
            entries = [(entry["price"], entry["qty"]) for entry in data[name]]
            if self.strict and message["type"] == "update":
                self._check(side, entries)
            for price, qty in entries:
                if float(qty) == 0:
                    del self.levels[side][price]
                else:
                    self.levels[side][price] = qty
            for price, _ in self._sorted(side)[self.depth :]:
                del self.levels[side][price]
        if self.strict:
            assert data["timestamp"] >= self.timestamp, "timestamps went backwards"
            assert self.sides != before, "a message that changes nothing"
        self.timestamp = data["timestamp"]
        self.messages += 1
        return checksum(*self.sides) == int(data["checksum"])

    @property
    def sides(self) -> Sides:
        """Bids and asks, best first."""
        return self._sorted(0), self._sorted(1)

    def _sorted(self, side: int) -> list[tuple[str, str]]:
        return sorted(self.levels[side].items(), key=lambda level: float(level[0]), reverse=side == 0)

    def _check(self, side: int, entries: list[tuple[str, str]]) -> None:
        """Play the entries on a window that is truncated after each of them."""
        window = dict(self.levels[side])
        owed = False
        for price, qty in entries:
            worst = self._worst(side, window)
            if owed:
                assert float(qty) != 0, "a removal instead of the refill"
                behind = float(price) < worst if side == 0 else float(price) > worst
                assert behind, "the refill is not from outside the window"
            owed = False
            if float(qty) == 0:
                assert price in window, "an unknown level was removed"
                del window[price]
                owed = self.full
            else:
                assert window.get(price) != qty, "a level was sent again unchanged"
                window[price] = qty
                if len(window) > self.depth:
                    del window[max(window, key=float) if side else min(window, key=float)]
        assert not owed, "a removal without its refill"
        assert len(window) == self.depth or not self.full, "a side became short"

    @staticmethod
    def _worst(side: int, window: dict[str, str]) -> float:
        return max(map(float, window)) if side else min(map(float, window))


class Peer:
    """A raw WebSocket client: requests out, frames in."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._pings = 0

    async def send(self, method: str, req_id: int | None = None, **params: Any) -> None:
        """Send one request."""
        request: dict[str, Any] = {"method": method}
        if params:
            request["params"] = params
        if req_id is not None:
            request["req_id"] = req_id
        await self.socket.send_str(json.dumps(request))

    async def frame(self) -> str:
        """Wait for the next frame."""
        message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return str(message.data)

    async def everything(self) -> list[str]:
        """All frames that are on their way: sends a ping and reads until its pong, which is left out."""
        self._pings += 1
        req_id = 1_000_000 + self._pings
        await self.send("ping", req_id)
        frames: list[str] = []
        while (frame := await self.frame())[:16] != '{"method":"pong"' or f'"req_id":{req_id},' not in frame:
            frames.append(frame)
        return frames

    async def book(self, *symbols: str, depth: int = 10) -> list[str]:
        """Subscribe to books; returns the acks and snapshots."""
        await self.send("subscribe", channel="book", symbol=list(symbols), depth=depth)
        return await self.everything()


@pytest.fixture
def naive_book() -> type[NaiveBook]:
    """The naive client's book."""
    return NaiveBook


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Let the event loop run until a condition holds; fails if it never does."""

    async def wait(condition: Callable[[], object]) -> None:
        for _ in range(100_000):
            if condition():
                return
            await asyncio.sleep(0)
        pytest.fail("it never happened")

    return wait


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands."""
    return ManualClock()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[[str], Any]]:
    """Connect to a URL; the first frame, status, is left to the test."""
    async with aiohttp.ClientSession() as session:

        async def connect(url: str) -> Peer:
            return Peer(await session.ws_connect(url))

        yield connect
