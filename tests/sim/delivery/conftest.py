"""What the tests of the delivery share: a rig without sockets and without markets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from havklo.clock import ManualClock
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import USUAL, Faults, Hooks
from havklo.sim.delivery.hub import Hub
from havklo.sim.delivery.link import Link
from havklo.sim.rules import Rules

TEXT, PONG = 1, 10


class Socket:
    """The end of a link: keeps what arrives."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.frames: list[bytes] = []
        self.pongs: list[bytes] = []
        self.kept = 0
        self.end: object = None
        self._limit = limit

    def put(self, frame: bytes, opcode: int = TEXT) -> None:
        """Keep a frame."""
        assert self.end is None
        (self.frames if opcode == TEXT else self.pongs).append(frame)

    def keep(self, size: int) -> bool:
        """Count what waits on its way here."""
        if self.kept + size > self._limit:
            self.end = "overflow"
            return False
        self.kept += size
        assert self.kept >= 0
        return True

    def cut(self) -> None:
        """Note the end."""
        self.end = "cut"

    def goodbye(self, code: int) -> None:
        """Note the end."""
        self.end = code

    def vanish(self) -> None:
        """Note the end."""
        self.end = "vanished"

    def take(self) -> list[bytes]:
        """What has arrived since the last time."""
        taken, self.frames = self.frames, []
        return taken


class Rig:
    """Everything between an exchange and sockets, with both ends pretended."""

    def __init__(self, rules: Rules | None = None, chances: Any = USUAL, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.hub = Hub()
        self.modes: list[tuple[str, str | None]] = []
        self.expired: list[str | None] = []
        self.tops: dict[str, Any] = {}
        rules = rules or Rules()
        hooks = Hooks(
            top=lambda symbol: self.tops.get(symbol, ([], [])),
            set_system=lambda mode, symbol: self.modes.append((mode, symbol)),
            expire_tokens=self.expired.append,
        )
        self.faults = Faults(seed, self.clock, self.hub, hooks, rules, chances)
        self.door = Door(self.faults, self.clock, rules)
        self.sockets: dict[int, Socket] = {}
        self._number = 0
        self._stamp = 0

    def connect(self, *keys: Any, role: Any = "public", limit: int = 1 << 20) -> tuple[Link, Socket]:
        """Open a connection that reads some streams."""
        self._number += 1
        socket = self.sockets[self._number] = Socket(limit)
        link = self.door.enter(self._number, role, socket)
        for key in keys:
            self.hub.join(link, key)
        return link, socket

    def leave(self, link: Link, *keys: Any) -> None:
        """A connection has ended."""
        for key in keys:
            self.hub.leave(link, key)
        self.door.leave(link.number)

    def publish(self, channel: str, symbol: str, parameter: Any = 10) -> bytes:
        """Send the next message of a stream; no two are the same."""
        self._stamp += 1
        row = {"symbol": symbol, "price": 100 + self._stamp, "timestamp": f"2027-01-15T08:00:00.{self._stamp:06}Z"}
        frame = compact({"channel": channel, "type": "update", "data": [row]})
        self.hub.publish((channel, symbol, parameter), frame)
        return frame

    @property
    def now_ns(self) -> int:
        """The time that the log has."""
        return self.clock.epoch_ns()


def compact(message: object) -> bytes:
    """JSON without spaces, as on the wire."""
    return json.dumps(message, separators=(",", ":")).encode()


@pytest.fixture(scope="session")
def make_rig() -> Callable[..., Rig]:
    """The rig's class, for what is not usual."""
    return Rig


@pytest.fixture
def rig() -> Rig:
    """The usual rig."""
    return Rig()


@pytest.fixture
def ack() -> Callable[..., bytes]:
    """Make the answer to a request."""

    def make(method: str, *, success: bool = True, **fields: object) -> bytes:
        return compact({"method": method, "success": success, **fields})

    return make
