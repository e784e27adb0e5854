"""What the tests of conversations share: a simulated Kraken without sockets, and peers that talk to it."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from havklo.clock import ManualClock
from havklo.sim.delivery.topics import ANSWER, Topic
from havklo.sim.kraken import Kraken
from havklo.sim.rules import Rules
from havklo.sim.symbols import pairs

if TYPE_CHECKING:
    from havklo.sim.accounts.keys import Permission

NOW = '"time_in":"2027-01-15T08:00:00.000000Z","time_out":"2027-01-15T08:00:00.000000Z"}'
"""How every answer ends while the clock stands."""


class Peer:
    """A connection: what it is sent is kept, and what it asks is answered."""

    def __init__(self, kraken: Kraken, number: int, role: str) -> None:
        self.number = number
        self.role = role
        self.frames: list[tuple[Topic, str]] = []
        self.conversation = kraken.converse(self)

    def send(self, frame: bytes, topic: Topic = ANSWER) -> None:
        """Keep a frame."""
        self.frames.append((topic, frame.decode()))

    def abort(self) -> None:
        """Nothing here cuts it."""
        raise NotImplementedError

    def told(self) -> list[str]:
        """What came without having been asked for since the last call."""
        frames = [frame for _, frame in self.frames]
        self.frames.clear()
        return frames

    def ask(self, request: object) -> list[str]:
        """The answers to a request, which is JSON unless it is bytes or text already."""
        message = request if isinstance(request, (bytes, str)) else json.dumps(request)
        return [frame.decode() for frame in self.conversation.handle(message)]

    def call(self, method: str, /, **params: Any) -> list[str]:
        """The answers to a request with these parameters."""
        return self.ask({"method": method, "params": params})


class World:
    """A Kraken with three pairs on a clock that stands."""

    def __init__(self, rules: Rules) -> None:
        self.clock = ManualClock()
        self.kraken = Kraken(pairs(3), self.clock, seed=1, rules=rules)
        self._peers = 0

    @property
    def now_ns(self) -> int:
        """What time it is."""
        return self.clock.epoch_ns()

    def peer(self, role: str = "public") -> Peer:
        """One more connection."""
        self._peers += 1
        return Peer(self.kraken, self._peers, role)

    def token(self, name: str = "alice", permissions: "set[Permission] | None" = None, tier: Any = "starter") -> str:
        """A token of an account, which is opened with some money on first use."""
        bank = self.kraken.bank
        account = next((each for each in bank.accounts.values() if each.name == name), None)
        if account is None:
            account = bank.open(name, tier=tier, deposits={"USD": 100_000, "BTC": 2}, now_ns=self.now_ns)
        if permissions is None:
            return bank.tokens.issue(account, self.now_ns)
        return bank.tokens.issue(account, self.now_ns, permissions)

    def trade(self, symbol: str = "BTC/USD") -> None:
        """The ten best levels change once."""
        self.kraken.exchange.step(self.now_ns, symbol)


@pytest.fixture
def make_world() -> Callable[..., World]:
    """A Kraken by other rules."""
    return lambda **rules: World(Rules(**rules))


@pytest.fixture
def world() -> World:
    """A Kraken by the usual rules."""
    return World(Rules())
