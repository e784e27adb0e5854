"""The simulated Kraken as users meet it: a venue that starts its own server and can be told to misbehave."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar, Unpack, final

from havklo.clock import Clock, ManualClock, ScaledClock, SystemClock
from havklo.errors import ConfigurationError, HavkloError
from havklo.sim.accounts.account import Account
from havklo.sim.accounts.ledger import Ledger
from havklo.sim.channels.status import Announcement, Phase
from havklo.sim.channels.trade import Trade
from havklo.sim.conversation import Conversation
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import USUAL, Chance, Fault, FaultKind, Faults, Hooks, Injection, Options
from havklo.sim.delivery.kinds import Mode
from havklo.sim.delivery.link import Link
from havklo.sim.drive import Drive
from havklo.sim.exchange import PairStatus, System
from havklo.sim.flow import Regime
from havklo.sim.kraken import Kraken
from havklo.sim.listing import Levels, QueuedOrder
from havklo.sim.rules import Rules
from havklo.sim.scenario import AccountPlan, Scenario, Settings
from havklo.sim.symbols import pairs
from havklo.sim.trading.ticket import Ticket
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo.sim.server.websocket import Server

__all__ = ["Simulator", "SimulatorStatistics"]

T = TypeVar("T")

_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatorStatistics:
    """Counters of a simulator.

    Attributes:
        seconds: How long it has been running, on its own clock.
        messages: Market messages: steps of the crowd, each of which changes the ten best levels of a book.
        events: All engine events.
        frames: Messages of market data put on their way, over all connections.
        skipped: Messages left out because this machine was too slow for the rate.
        connections: Open connections.
        subscriptions: Streams that are read, over all connections.
        overflows: Connections given up because they read too slowly.
        faults: How often each kind of fault has happened.
    """

    seconds: float
    messages: int
    events: int
    frames: int
    skipped: int
    connections: int
    subscriptions: int
    overflows: int
    faults: Mapping[FaultKind, int]


@final
class Simulator(Venue):
    """A simulated Kraken on loopback: real limit-order markets, accounts, Kraken's protocol, faults on demand.

    It is a venue, `Client(Simulator())` starts it and stops it; and it is a server, which any program in any
    language can connect to at `url` while `async with Simulator() as sim` runs.

    What is not given comes from the scenario, and what that does not say either has the value named here.

    Args:
        symbols: How many symbols, or which; 5. See `havklo.sim.symbols`.
        seed: Same seed, same trading; 7.
        rate: Market messages a second over all symbols, as a client with depth 10 would count them; 100.
            Deeper books have more to tell. With 0 nothing happens but by `step` and by orders.
        port: The port, 0 for any free one.
        host: The address to listen on.
        history: For how many changes of each book `ladder` can be asked about the past.
        history_depth: How many levels of it are kept.
        fault_every: Seconds between two random faults, or None.
        fault_kinds: What may come up then, with weights.
        clock: Whose time it follows; on a `ManualClock` nothing moves, heartbeats included, but by `advance`.
        speed: How many of its seconds pass in one of the clock's; 1.
        rules: What nobody knows for certain about Kraken.
        scenario: What happens when: a ready scenario's name, a file's path, or a `Scenario`.
        accounts: Who can trade: names like "alice" or "alice:pro", or plans; one account "trader".
        queue_bytes: How much may wait for a slow reader before it is disconnected.
        heartbeat: Seconds between heartbeats.
        idle: Seconds without any frame after which a connection is closed.

    Raises:
        ConfigurationError: Anything that can't be.
    """

    def __init__(
        self,
        symbols: int | Sequence[str] | None = None,
        *,
        seed: int | None = None,
        rate: float | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        history: int = 0,
        history_depth: int = 10,
        fault_every: float | None = None,
        fault_kinds: Sequence[Chance] = USUAL,
        clock: Clock | None = None,
        speed: float | None = None,
        rules: Rules | None = None,
        scenario: Scenario | str | Path | None = None,
        accounts: Sequence[AccountPlan | str] | None = None,
        queue_bytes: int = 16 << 20,
        heartbeat: float = 1.0,
        idle: float = 60.0,
    ) -> None:
        played = Scenario.load(scenario) if isinstance(scenario, str | Path) else scenario
        said: Settings = {} if played is None else played.settings()
        self.rate: float = _first(rate, said.get("rate"), 100.0)
        self.seed: int = _first(seed, said.get("seed"), 7)
        self.speed: float = _first(speed, said.get("speed"), 1.0)
        if self.rate < 0:
            raise ConfigurationError(f"a rate is messages a second, not {self.rate}")
        if fault_every is not None and fault_every <= 0:
            raise ConfigurationError(f"fault_every is a time in seconds, not {fault_every}")
        if not 0 <= port <= 65_535:
            raise ConfigurationError(f"a port is from 0 to 65535, not {port}", hint="0 is any free one")
        base = clock or SystemClock()
        self._base = base
        self._clock = base if self.speed == 1 else ScaledClock(self.speed, base)
        plans = _first(accounts, said.get("accounts"), (AccountPlan(),))
        self._kraken = Kraken(
            pairs(_first(symbols, said.get("symbols"), 5)),
            self._clock,
            seed=self.seed,
            rate=self.rate,
            rules=_first(rules, said.get("rules"), Rules()),
            accounts=[AccountPlan.parse(plan) if isinstance(plan, str) else plan for plan in plans],
            history=history,
            history_depth=history_depth,
        )
        if played is not None:
            played.check(self.symbols)
        hooks = Hooks(top=self.ladder, set_system=self._set_mode, expire_tokens=self._kraken.expire_tokens)
        self._faults = Faults(self.seed, self._clock, self._kraken.hub, hooks, self._kraken.rules, fault_kinds)
        self._drive = Drive(
            self._kraken,
            self._faults,
            self._clock,
            None if played is None else played.timeline(self.seed),
            self,
            trades=self.rate > 0,
            fault_every=fault_every,
        )
        self._address = (host, port)
        self._limits = (queue_bytes, heartbeat, idle)
        self._server: Server | None = None
        self._port: int | None = None
        self._entered = 0

    def __repr__(self) -> str:
        where = "not running" if self._port is None else self.url
        return f"<Simulator {where}, {len(self.symbols)} symbols, seed {self.seed}>"

    # -- the venue

    @property
    def name(self) -> str:
        """The name "sim"."""
        return "sim"

    @property
    def clock(self) -> Clock:
        """Whose time it follows."""
        return self._clock

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """All spot endpoints, all on one port; there are some while it runs."""
        if self._port is None:
            return MappingProxyType({})
        return MappingProxyType(
            {
                "public": self._at("ws", "/v2"),
                "private": self._at("ws", "/private/v2"),
                "level3": self._at("ws", "/level3/v2"),
                "rest": self._at("http", ""),
            }
        )

    @property
    def url(self) -> str:
        """Where public market data is, like ws://127.0.0.1:40123/v2.

        Raises:
            HavkloError: It is not running.
        """
        return self._at("ws", "/v2")

    @property
    def private_url(self) -> str:
        """Where accounts trade.

        Raises:
            HavkloError: It is not running.
        """
        return self._at("ws", "/private/v2")

    @property
    def level3_url(self) -> str:
        """Where level 3 is.

        Raises:
            HavkloError: It is not running.
        """
        return self._at("ws", "/level3/v2")

    @property
    def rest_url(self) -> str:
        """Where REST is, like http://127.0.0.1:40123.

        Raises:
            HavkloError: It is not running.
        """
        return self._at("http", "")

    async def __aenter__(self) -> Self:
        """Start it; entering it once more, as a client does with its venue, is fine."""
        self._entered += 1
        if self._entered == 1:
            try:
                await self._start()
            except BaseException:
                self._entered = 0
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it when everybody who entered has left."""
        self._entered = max(0, self._entered - 1)
        if not self._entered:
            await self.stop()

    async def stop(self) -> None:
        """Stop it at once: clients see their connections close."""
        self._drive.stop()
        self._faults.stop()
        server, self._server, self._port = self._server, None, None
        if server is not None:
            await server.stop()

    # -- what moves it

    def step(self, n: int = 1, symbol: str | None = None) -> None:
        """Let the crowd trade now; the messages are on their way as soon as the event loop runs.

        Args:
            n: How many changes of the ten best levels of a book.
            symbol: Of this book, or None for whichever has its turn.
        """
        if symbol is not None:
            self._check(symbol)
        for _ in range(n):
            self._drive.step(symbol)

    def advance(self, seconds: float) -> None:
        """Let time pass, with all that falls due in it.

        Args:
            seconds: How much, on the simulator's own clock.

        Raises:
            ConfigurationError: Its time can't be moved: it does not follow a `ManualClock`.
        """
        if not isinstance(self._base, ManualClock):
            raise ConfigurationError(
                "this simulator's time passes by itself", hint="Simulator(clock=ManualClock()) stands until it is moved"
            )
        self._base.advance(seconds / self.speed)

    def inject(
        self, kind: FaultKind, symbol: str | None = None, count: int = 1, **options: Unpack[Options]
    ) -> Injection:
        """Order a fault.

        Args:
            kind: What goes wrong; `havklo.sim.delivery.faults` says where each kind strikes.
            symbol: Only with messages about this pair.
            count: How often, in a row.
            **options: What else is said about it: channel, connection, role, account, seconds, code and so on,
                see `havklo.sim.delivery.kinds.Options`.

        Returns:
            The order; its `faults` and `remaining` tell what has happened of it, `cancel` takes it back.

        Raises:
            ConfigurationError: An unknown kind or symbol, or an option that the kind does not take.
        """
        if symbol is not None:
            self._check(symbol)
        return self._faults.inject(kind, symbol, count, **options)

    def set_regime(self, symbol: str | None, regime: Regime) -> None:
        """From now on a market, or with None every one, is in this mood: see `havklo.sim.flow.REGIMES`."""
        if symbol is not None:
            self._check(symbol)
        self._kraken.exchange.set_regime(regime, symbol)

    def crash(self, symbol: str, fraction: float) -> None:
        """Let a price fall by a part of it within seconds, and come back over the next minutes."""
        self._check(symbol)
        self._kraken.exchange.listing(symbol, self._clock.epoch_ns()).flow.crash(fraction)

    def set_system(self, system: System) -> None:
        """Change the state of the matching engine; every connection is told."""
        self._kraken.exchange.set_system(system, self._clock.epoch_ns())

    def set_status(self, symbol: str, status: PairStatus) -> None:
        """Change the state of a pair; who reads the instrument channel is told."""
        self._check(symbol)
        self._kraken.exchange.set_status(symbol, status, self._clock.epoch_ns())

    def announce(self, phase: Phase | None, starts_in: float = 0.0, lasts: float = 0.0) -> None:
        """Announce maintenance on the status channel, or with None take the announcement back.

        Args:
            phase: How far it is: announced, imminent_5m, final_warning_30s.
            starts_in: Seconds until it begins.
            lasts: Seconds that it takes.
        """
        now = self._clock.epoch_ns()
        upcoming: list[Announcement] = []
        if phase is not None:
            start = now + round(starts_in * _SECOND)
            upcoming.append(
                Announcement(
                    event_id=1,
                    title="Scheduled maintenance",
                    start_ns=start,
                    end_ns=start + round(lasts * _SECOND),
                    phase=phase,
                )
            )
        self._kraken.announce(upcoming, now)

    # -- the truth, for whoever judges a client

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is listed."""
        return tuple(self._kraken.exchange.pairs)

    @property
    def faults(self) -> list[Fault]:
        """The faults that have happened, oldest first: the last 10,000."""
        return list(self._faults.log)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Who can trade, by name: key, secret, balances, holds, positions."""
        return MappingProxyType({account.name: account for account in self._kraken.bank.accounts.values()})

    @property
    def ledger(self) -> Ledger:
        """Where all the money is."""
        return self._kraken.bank.ledger

    def ladder(self, symbol: str, depth: int = 10, timestamp: str | None = None) -> tuple[Levels, Levels]:
        """The true best bids and asks as texts, (price, quantity), best first.

        Args:
            symbol: Which book.
            depth: How many levels.
            timestamp: At the message with this timestamp, if `history` was asked for; None: now.

        Raises:
            ConfigurationError: The symbol is not listed.
            LookupError: The history does not reach back that far.
            ValueError: The history keeps fewer levels.
        """
        self._check(symbol)
        return self._kraken.exchange.listing(symbol, self._clock.epoch_ns()).ladder(depth, timestamp)

    def queue(self, symbol: str, depth: int = 10) -> tuple[list[QueuedOrder], list[QueuedOrder]]:
        """Every resting order of the best bid and ask levels, in the order in which they are filled.

        Raises:
            ConfigurationError: The symbol is not listed.
        """
        self._check(symbol)
        return self._kraken.exchange.listing(symbol, self._clock.epoch_ns()).queue(depth)

    def orders(self, account: str, *, closed: bool = False) -> list[Ticket]:
        """An account's open orders, oldest first, or its closed ones in the order of their ends.

        Raises:
            ConfigurationError: There is no such account.
        """
        owner, desk = self._kraken.bank.by_name(account), self._kraken.desk
        return desk.closed_orders(owner) if closed else desk.open_orders(owner)

    def trades(self, symbol: str) -> list[Trade]:
        """The last 1,000 trades of a pair, oldest first.

        Raises:
            ConfigurationError: The symbol is not listed.
        """
        self._check(symbol)
        return list(self._kraken.exchange.listing(symbol, self._clock.epoch_ns()).trade.trades)

    def statistics(self) -> SimulatorStatistics:
        """Counters for a status line."""
        server, drive = self._server, self._drive
        return SimulatorStatistics(
            seconds=(self._clock.now() - drive.started_at) / _SECOND if drive.started_at else 0.0,
            messages=drive.messages,
            events=self._kraken.exchange.events,
            frames=self._kraken.hub.frames,
            skipped=drive.skipped,
            connections=len(server.connections) if server else 0,
            subscriptions=self._kraken.hub.subscriptions,
            overflows=server.overflows if server else 0,
            faults=MappingProxyType(dict(self._faults.counts)),
        )

    # -- how it runs

    async def _start(self) -> None:
        # aiohttp is loaded when a simulator starts: importing havklo stays light.
        from havklo.sim.server.websocket import Limits, Server  # noqa: PLC0415

        queue_bytes, heartbeat, idle = self._limits
        limits = Limits(queue_bytes=queue_bytes, heartbeat=heartbeat, idle=idle)
        door = Door(self._faults, self._clock, self._kraken.rules)
        server = Server(lambda _role, link: self._converse(link), self._kraken.rest, self._clock, limits, door)
        host, port = self._address
        try:
            bound = await server.start(host, port)
        except OSError as error:
            raise ConfigurationError(
                f"can't listen on {host}:{port}: {error.strerror or error}", hint="port=0 takes any free port"
            ) from error
        self._server, self._port = server, bound
        self._drive.start()

    def _at(self, scheme: str, path: str) -> str:
        if self._port is None:
            raise HavkloError("the simulator is not running", hint="async with Simulator() as sim: ... sim.url")
        host = self._address[0]
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port}{path}"

    def _converse(self, link: Link) -> "_Watched":
        return _Watched(self._kraken.converse(link), self._drive.arm)

    def _set_mode(self, mode: Mode, symbol: str | None) -> None:
        if symbol is None:
            self.set_system(mode)
        else:
            self.set_status(symbol, mode)

    def _check(self, symbol: str) -> None:
        if symbol not in self._kraken.exchange.pairs:
            raise ConfigurationError(f"{symbol!r} is not listed", hint=f"there are {', '.join(self.symbols[:5])} ...")


@final
class _Watched:
    """A conversation after each of whose requests something of the accounts may be due earlier.

    Args:
        conversation: The conversation.
        after: Called then.
    """

    def __init__(self, conversation: Conversation, after: Callable[[], None]) -> None:
        self._conversation = conversation
        self._after = after
        self.accept = conversation.accept
        self.end = conversation.end

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription."""
        return self._conversation.subscribed

    def handle(self, message: str | bytes) -> Iterator[bytes]:
        """Answer a request."""
        try:
            yield from self._conversation.handle(message)
        finally:
            self._after()


def _first(*values: T | None) -> T:
    """The first that is given; the last one always is."""
    return next(value for value in values if value is not None)
