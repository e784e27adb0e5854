"""The simulated Kraken at the end of an imagined wire: no sockets, no waiting, and delays as far away servers have."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast, final

from havklo import Client, Credentials
from havklo._transport import Handler
from havklo._transport.memory import MemoryTransport
from havklo.clock import ManualClock
from havklo.errors import Disconnected
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import Faults, Hooks
from havklo.sim.delivery.kinds import Mode
from havklo.sim.delivery.kinds import Role as LinkRole
from havklo.sim.kraken import Kraken
from havklo.sim.listing import Listing
from havklo.sim.rules import Rules
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.symbols import Pair, pairs
from havklo.venues import Role, Venue
from matrix.counter import Counter, get_tokens_from
from matrix.wire import SECOND, Request, Wire

__all__ = ["PLENTY", "SECOND", "FarKraken", "Way"]

STEP: Final = 0.005  # virtual seconds between two turns of the event loop
TURNS: Final = 3
NUDGES: Final = 10
PLENTY: Final = 16 << 20
BANNED: Final = 429
ADDRESS: Final = "10.0.0.1"
TIER: Final = "pro"  # what asks REST a few times a minute, because it is struck so often, needs its pace
_ROLES: Final = {"level3": "level3", "trading": "private"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How far away the exchange is, in seconds, each drawn between two bounds.

    Attributes:
        round_trip: There and back; once per connection.
        snapshot: From the ack of a subscribe to its snapshot; once per request.
    """

    round_trip: tuple[float, float] = (0.02, 0.04)
    snapshot: tuple[float, float] = (0.04, 0.1)


@final
class FarKraken(Venue):
    """All of the simulated Kraken, on a clock that stands until `run` moves it.

    It has what a `Simulator` has between its sockets and its markets: the same door, links, faults and duties.

    Args:
        symbols: How many symbols.
        seed: Same seed, same trading, faults and delays.
        rate: Market messages a second over all symbols, once the crowd was told to `trade`.
        history: For how many changes of each book the truth is kept.
        depth: How many levels of it.
        way: How far away it is.
        rules: The open points of the protocol.

    Attributes:
        counter: Where tokens are had.
        bans: How many attempts were refused because there had been too many.
        attempts: When somebody knocked at the door, on the monotonic clock.
        requests: What came in.
        faults: What goes wrong.
        queue_bytes: How much may wait for a slow reader before it is disconnected.
        damage: Called with each frame that is put on the wire; what it gives is sent instead.
        said: Called with each frame that answers a request, before any fault gets hold of it.
    """

    def __init__(
        self,
        symbols: int,
        *,
        seed: int,
        rate: float,
        history: int = 0,
        depth: int = 10,
        way: Way | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._clock = ManualClock()
        self.bans = 0
        self.attempts: list[int] = []
        self.requests: list[Request] = []
        self.damage: Callable[[bytes], bytes] = bytes
        self.said: Callable[[bytes], object] = bytes
        self.way = way or Way()
        self.queue_bytes = PLENTY
        self.random = random.Random(f"{seed} way")
        self.kraken = Kraken(
            pairs(symbols),
            self._clock,
            seed=seed,
            rate=rate,
            rules=rules,
            accounts=[AccountPlan(tier=TIER)],
            history=history,
            history_depth=depth,
        )
        self.counter = Counter(self.kraken.rest, self._clock, random.Random(f"{seed} counter"), self.way.round_trip)
        hooks = Hooks(top=self.ladder, set_system=self._set_mode, expire_tokens=self.kraken.expire_tokens)
        self.faults = Faults(seed, self._clock, self.kraken.hub, hooks, self.kraken.rules)
        self.door = Door(self.faults, self._clock, self.kraken.rules)
        self._wires: dict[int, Wire] = {}
        self._last_number = 0

    @property
    def name(self) -> str:
        """The name "far"."""
        return "far"

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """Market data, trading, and the REST interface for tokens and questions."""
        return {"public": "far:public", "private": "far:private", "level3": "far:level3", "rest": "http://far"}

    @property
    def clock(self) -> ManualClock:
        """The time, which `run` moves."""
        return self._clock

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is listed."""
        return tuple(self.pairs)

    @property
    def is_subscribed(self) -> bool:
        """Whether there are as many subscriptions as symbols."""
        return self.kraken.hub.subscriptions >= len(self.pairs)

    @property
    def connections(self) -> tuple[int, ...]:
        """The numbers of the connections that are open."""
        return tuple(self._wires)

    def connections_of(self, channel: str) -> tuple[int, ...]:
        """The numbers of the open connections to the endpoint that a column of the matrix is about."""
        role = _ROLES.get(channel, "public")
        return tuple(number for number, wire in self._wires.items() if wire.role == role)

    def client(self, **options: Any) -> Client:
        """A client that has the account's key."""
        account = self.kraken.bank.by_name("trader")
        credentials = Credentials(account.key, account.secret)
        kraken = Client(self, credentials=credentials, tier=TIER, **options)
        get_tokens_from(self.counter, kraken, credentials)
        return kraken

    def trade(self) -> None:
        """Let the crowd trade what is due, and come back for more."""
        exchange, clock = self.kraken.exchange, self._clock
        while (due := exchange.due()) <= clock.epoch_ns():
            exchange.step(due)
        clock.call_at(clock.now() + due - clock.epoch_ns(), self.trade)

    def warm_up(self, trades: int) -> None:
        """Let the crowd trade until every market has had so many trades, as markets that were always there have."""
        for symbol in self.symbols:
            feed = self.listing(symbol).trade
            while feed.next_id <= trades:
                self.step(symbol)

    def step(self, symbol: str) -> None:
        """Let the crowd trade in one market now."""
        self.kraken.exchange.step(self._clock.epoch_ns(), symbol)

    def nudge(self, symbol: str, *, until_trade: bool) -> None:
        """Have one market move now; if it should trade, at most so often that it does not race ahead."""
        feed = self.listing(symbol).trade
        before = feed.next_id
        for _ in range(NUDGES if until_trade else 1):
            self.step(symbol)
            if feed.next_id > before:
                return

    async def run(self, seconds: float, until: Callable[[], bool] | None = None, *, step: float = STEP) -> bool:
        """Let time pass, or until something holds; whether it does."""
        for _ in range(max(1, round(seconds / step))):
            if until is not None and until():
                return True
            self._clock.advance(step)
            for _ in range(TURNS):
                await asyncio.sleep(0)
        return until is None or until()

    @property
    def pairs(self) -> Mapping[str, Pair]:
        """What is listed, by symbol."""
        return self.kraken.exchange.pairs

    def listing(self, symbol: str) -> Listing:
        """A pair's market."""
        return self.kraken.exchange.listing(symbol, self._clock.epoch_ns())

    def ladder(self, symbol: str, depth: int = 10, timestamp: str | None = None) -> tuple[Any, Any]:
        """The true best bids and asks as texts, now or at the message with this timestamp."""
        return self.listing(symbol).ladder(depth, timestamp)

    async def open(self, role: Role, handler: Handler) -> MemoryTransport:
        """Knock at the door, one round trip away.

        Raises:
            Disconnected: Nobody is let in.
        """
        self.endpoint(role)
        round_trip = self.random.uniform(*self.way.round_trip)
        await self._clock.sleep(round_trip / 2)
        self.attempts.append(self._clock.now())
        refusal = self.door.knock(ADDRESS, cast("LinkRole", role))
        self.bans += refusal is not None and refusal.status == BANNED and not self._is_ban_ordered
        await self._clock.sleep(round_trip / 2)
        if refusal is not None:
            raise Disconnected(f"HTTP {refusal.status}")
        self._last_number += 1
        number = self._last_number
        wire = self._wires[number] = Wire(self, number, cast("LinkRole", role), handler, round(round_trip * SECOND / 2))
        wire.begin()
        return wire.transport

    @property
    def _is_ban_ordered(self) -> bool:
        return any(order.kind == "ban" for order in self.faults.pending)

    def leave(self, number: int) -> None:
        """A connection has ended on this side."""
        if self._wires.pop(number, None) is not None:
            self.door.leave(number)

    def _set_mode(self, mode: Mode, symbol: str | None) -> None:
        now = self._clock.epoch_ns()
        if symbol is None:
            self.kraken.exchange.set_system(mode, now)
        else:
            self.kraken.exchange.set_status(symbol, mode, now)
