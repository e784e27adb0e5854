"""The simulated exchange as one object: markets, truth, door and faults, without sockets and in virtual time."""

import random
from typing import TYPE_CHECKING, Any, Final, final

from dst.journal import Journal
from dst.queues import Queues
from dst.truth import Truth
from dst.virtual import VirtualClock
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import Faults, Hooks
from havklo.sim.delivery.hub import Key
from havklo.sim.delivery.injection import Injection
from havklo.sim.delivery.kinds import FaultKind, Mode
from havklo.sim.delivery.link import Link
from havklo.sim.delivery.topics import Topic
from havklo.sim.kraken import Kraken
from havklo.sim.rules import Rules
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.symbols import pairs

if TYPE_CHECKING:
    from dst.pipe import Pipe

__all__ = ["House"]

_FEW_MORE: Final = 3  # levels that may have come while a message was under way
_WINDOW: Final = 50  # trades after which it is looked at whether anything of them arrives
_PACE_WHEN_NOBODY_READS: Final = 20.0
_APART: Final = 10_001  # their numbers begin here


@final
class House:
    """The exchange's side of all connections.

    Args:
        seed: The run's seed.
        symbols: How many pairs are listed.
        clock: The run's time.
        journal: The run's account.
        rules: The open points of the protocol.

    Attributes:
        pace: How many steps of the crowd come in a second.
        pipes: Every connection there ever was, by its number.
        queues: What the queues of orders truly are.
        apart: The numbers of connections that do not count for the others.
        level3: Decides about what happens to level 3 alone.
    """

    def __init__(self, seed: int, symbols: int, clock: VirtualClock, journal: Journal, rules: Rules) -> None:
        self.clock = clock
        self.journal = journal
        self.kraken = Kraken(pairs(symbols), clock, seed=seed, rules=rules, accounts=[AccountPlan()])
        self.exchange = self.kraken.exchange
        self.truth = Truth(self.exchange)
        self.queues = Queues(self.exchange)
        self.apart: set[int] = set()
        self.level3 = random.Random(f"{seed} level3")
        self.random = random.Random(f"{seed} network")
        self.pace = 100.0
        self.pipes: dict[int, Pipe] = {}
        self._trades = self._arrived = 0
        self._is_read = True
        self._is_stopped = False
        self._turns = random.Random(f"{seed} pace")
        hooks = Hooks(top=self._top, set_system=self._set_mode, expire_tokens=self.kraken.expire_tokens)
        self.faults = Faults(seed, clock, self.kraken.hub, hooks, rules)
        self.door = Door(self.faults, clock, rules)
        self.exchange.publish = self._publish
        # The log tells of each fault as soon as it has happened.
        self._happened = self.faults.happened
        self.faults.happened = self._on_fault  # type: ignore[method-assign]
        self._damaged = self.faults.damage
        self.faults.damage = self._damage  # type: ignore[method-assign]

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is listed."""
        return tuple(self.exchange.pairs)

    def number(self, *, apart: bool) -> int:
        """Give a connection its number."""
        if not apart:
            return len(self.pipes) - len(self.apart) + 1
        number = _APART + len(self.apart)
        self.apart.add(number)
        return number

    def start(self) -> None:
        """Let the crowd trade from now on."""
        self._schedule()

    def stop(self) -> None:
        """Let the crowd trade no more, but by `trade`."""
        self._is_stopped = True

    def is_thin(self, symbol: str, depth: int) -> bool:
        """Whether a market has hardly more levels on a side than a book of this depth shows."""
        bids, asks = self.exchange.listing(symbol, self.clock.epoch_ns()).ladder(depth + _FEW_MORE)
        return min(len(bids), len(asks)) < depth + _FEW_MORE

    def trade(self) -> None:
        """Let there be a trade in every market that has been opened."""
        now = self.clock.epoch_ns()
        for symbol in self.symbols:
            feed = self.exchange.listing(symbol, now).trade
            before = feed.next_id
            while feed.next_id == before:
                self.exchange.step(now, symbol)

    def _schedule(self) -> None:
        self._trades += 1
        if self._trades % _WINDOW == 0:
            arrived, self._arrived = self.journal.messages - self._arrived, self.journal.messages
            self._is_read = arrived > _WINDOW // 2
        pace = self.pace if self._is_read else min(self.pace, _PACE_WHEN_NOBODY_READS)
        self.clock.call_in(round(self._turns.expovariate(pace / 2) * 1e9), self._trade)

    def _trade(self) -> None:
        """A few events at one instant, two on average: Kraken's messages come in clusters."""
        if self._is_stopped:
            return
        now, step, draw = self.clock.epoch_ns(), self.exchange.step, self._turns.random
        step(now)
        while draw() < 0.5:
            step(now)
        self._schedule()

    def _publish(self, key: Key, frame: bytes) -> None:
        if key[0] == "book":
            self.truth.made(key[1], int(key[2]), frame)
        elif key[0] == "level3":
            self.queues.made(key[1], int(key[2]), frame)
        self.kraken.hub.publish(key, frame)

    def _on_fault(
        self,
        order: Injection,
        link: Link | None = None,
        topic: Topic | None = None,
        frame: bytes | None = None,
        **known: Any,
    ) -> None:
        self._happened(order, link, topic, frame, **known)
        fault = self.faults.log[-1]
        self.journal.counts[f"fault {fault.kind}"] += 1
        self.journal.note("fault", f"{fault.kind} {fault.channel} {fault.symbol} on {fault.connection}")
        if fault.connection:
            self.pipes[fault.connection].struck_by(fault)

    def _damage(self, kind: FaultKind, topic: Topic, frame: bytes) -> bytes | None:
        """Break a frame; what is apart has its own chance."""
        if topic.channel != "level3":
            return self._damaged(kind, topic, frame)
        chance, self.faults._rng = self.faults._rng, self.level3
        try:
            return self._damaged(kind, topic, frame)
        finally:
            self.faults._rng = chance

    def _top(self, symbol: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        return self.exchange.listing(symbol, self.clock.epoch_ns()).ladder(10)

    def _set_mode(self, mode: Mode, symbol: str | None) -> None:
        if symbol is None:
            self.exchange.set_system(mode, self.clock.epoch_ns())
        else:
            self.exchange.set_status(symbol, mode, self.clock.epoch_ns())
