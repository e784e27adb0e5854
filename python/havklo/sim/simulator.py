"""The simulated Kraken as users meet it: a venue that starts its own server and can be told to misbehave."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Final, Self, final

from havklo.clock import Clock, SystemClock, Timer
from havklo.errors import ConfigurationError, HavkloError
from havklo.sim.conversation.conversation import Conversation, Texts
from havklo.sim.delivery.faults import Fault, FaultKind, Faults, Injection
from havklo.sim.delivery.hub import Hub, Subscriber
from havklo.sim.exchange import Exchange, Levels
from havklo.sim.symbols import pairs
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo.sim.server.websocket import Server

__all__ = ["Simulator", "SimulatorStatistics"]

_SECOND: Final = 1_000_000_000
_QUANTUM: Final = _SECOND // 1_000  # messages due within the same millisecond go out together
_SLICE: Final = _SECOND // 200  # after so long, sockets get their turn
_LATE: Final = _SECOND  # what is later than this is left out


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatorStatistics:
    """Counters of a simulator.

    Attributes:
        seconds: How long it has been running.
        messages: Market messages: engine events that changed the ten best levels of a book.
        events: All engine events.
        frames: Book updates put on their way, over all connections.
        skipped: Messages left out because this machine was too slow for the rate.
        connections: Open connections.
        subscriptions: Subscribed books, over all connections.
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
    """A simulated Kraken on loopback: a real limit-order market, Kraken's protocol, and faults on demand.

    It is a venue, `Client(Simulator())` starts it and stops it; and it is a server, which any program can
    connect to at `url` while `async with Simulator() as sim` runs.

    Args:
        symbols: How many symbols, or which; see `havklo.sim.symbols`.
        seed: Same seed, same trading.
        rate: Market messages a second over all symbols, as a client with depth 10 would count them; deeper
            books have more to tell. With 0 nothing happens but by `step`.
        port: The port, 0 for any free one.
        host: The address to listen on.
        history: For how many changes of each book `ladder` can be asked about the past.
        history_depth: How many levels of it are kept.
        fault_every: Seconds between two random faults, or None.
        clock: Whose time it follows; on a `ManualClock` nothing moves, heartbeats included, but by its
            `advance`.
        texts: The error texts that Kraken does not publish.
        queue_bytes: How much may wait for a slow reader before it is disconnected.
        heartbeat: Seconds between heartbeats.
        idle: Seconds without any frame after which a connection is closed.

    Raises:
        ConfigurationError: A symbol's form, a rate or an interval that can't be.
    """

    def __init__(
        self,
        symbols: int | Sequence[str] = 5,
        *,
        seed: int = 7,
        rate: float = 100.0,
        port: int = 0,
        host: str = "127.0.0.1",
        history: int = 0,
        history_depth: int = 10,
        fault_every: float | None = None,
        clock: Clock | None = None,
        texts: Texts | None = None,
        queue_bytes: int = 16 << 20,
        heartbeat: float = 1.0,
        idle: float = 60.0,
    ) -> None:
        if rate < 0:
            raise ConfigurationError(f"a rate is messages a second, not {rate}")
        if fault_every is not None and fault_every <= 0:
            raise ConfigurationError(f"fault_every is a time in seconds, not {fault_every}")
        self.rate = rate
        self.seed = seed
        self._clock = clock or SystemClock()
        self._exchange = Exchange(pairs(symbols), seed=seed, history=history, history_depth=history_depth)
        self._faults = Faults(seed)
        self._hub = Hub(self._faults)
        self._texts = texts or Texts()
        if not 0 <= port <= 65_535:
            raise ConfigurationError(f"a port is from 0 to 65535, not {port}", hint="0 is any free one")
        self._address = (host, port)
        self._limits = (queue_bytes, heartbeat, idle)
        self._fault_every = fault_every
        self._ids = random.Random(f"{seed} connections")
        self._server: Server | None = None
        self._url: str | None = None
        self._entered = 0
        self._timers: dict[str, Timer] = {}
        self._started_at = 0
        self._due = 0
        self._messages = 0
        self._skipped = 0

    def __repr__(self) -> str:
        return f"<Simulator {self._url or 'not running'}, {len(self.symbols)} symbols, seed {self.seed}>"

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
        """The public endpoint; there is one while it runs."""
        return MappingProxyType({} if self._url is None else {"public": self._url})

    @property
    def url(self) -> str:
        """Where it listens, like ws://127.0.0.1:40123/v2.

        Raises:
            HavkloError: It is not running.
        """
        if self._url is None:
            raise HavkloError("the simulator is not running", hint="async with Simulator() as sim: ... sim.url")
        return self._url

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is listed."""
        return tuple(self._exchange.pairs)

    @property
    def faults(self) -> list[Fault]:
        """The faults that have happened, oldest first: the last 10,000."""
        return list(self._faults.log)

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
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        server, self._server, self._url = self._server, None, None
        if server is not None:
            await server.stop()

    def step(self, n: int = 1, symbol: str | None = None) -> None:
        """Send the next n market messages now; they are on their way as soon as the event loop runs.

        Args:
            n: How many changes of the ten best levels of a book.
            symbol: Of this book, or None for whichever has its turn.
        """
        if symbol is not None:
            self._check(symbol)
        for _ in range(n):
            self._emit(self._clock.epoch_ns(), symbol)

    def inject(
        self, kind: FaultKind, symbol: str | None = None, count: int = 1, *, connection: int | None = None
    ) -> Injection:
        """Order a fault; it takes effect on the next book update that matches.

        Args:
            kind: "drop" loses the update, "corrupt" changes one of its digits, "disconnect" cuts the
                connection.
            symbol: Only updates of this book.
            count: How many updates in a row.
            connection: Only on the way to the connection with this number, counted from 1.

        Returns:
            The order; its `faults` and `remaining` tell what has happened of it.

        Raises:
            ConfigurationError: An unknown kind or symbol.
        """
        if symbol is not None:
            self._check(symbol)
        return self._faults.inject(kind, symbol, count, connection)

    def ladder(self, symbol: str, depth: int = 10, timestamp: str | None = None) -> tuple[Levels, Levels]:
        """The truth: the best bids and asks as texts, (price, quantity), best first.

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
        return self._exchange.listing(symbol, self._clock.epoch_ns() // 1_000).ladder(depth, timestamp)

    def statistics(self) -> SimulatorStatistics:
        """Counters for a status line."""
        server = self._server
        return SimulatorStatistics(
            seconds=(self._clock.now() - self._started_at) / _SECOND if self._started_at else 0.0,
            messages=self._messages,
            events=self._exchange.events,
            frames=self._hub.frames,
            skipped=self._skipped,
            connections=len(server.connections) if server else 0,
            subscriptions=self._hub.subscriptions,
            overflows=server.overflows if server else 0,
            faults=MappingProxyType(dict(self._faults.counts)),
        )

    async def _start(self) -> None:
        # aiohttp is loaded when a simulator starts: importing havklo stays light.
        from havklo.sim.server.websocket import Limits, Server  # noqa: PLC0415

        queue_bytes, heartbeat, idle = self._limits
        limits = Limits(queue_bytes=queue_bytes, heartbeat=heartbeat, idle=idle)
        server = Server(self._converse, self._clock, limits, lambda: self._ids.getrandbits(64) | 1 << 63)
        server.forget = self._faults.forget
        host, port = self._address
        try:
            bound = await server.start(host, port)
        except OSError as error:
            raise ConfigurationError(
                f"can't listen on {host}:{port}: {error.strerror or error}", hint="port=0 takes any free port"
            ) from error
        self._server = server
        self._url = f"ws://{f'[{host}]' if ':' in host else host}:{bound}/v2"
        self._started_at = self._due = self._clock.now()
        if self.rate:
            self._schedule()
        if self._fault_every is not None:
            self._schedule_fault(self._started_at, self._fault_every)

    def _converse(self, subscriber: Subscriber) -> Conversation:
        return Conversation(self._exchange, self._hub, subscriber, self._clock, self._texts)

    def _schedule(self) -> None:
        self._due += round(self._exchange.wait() / self.rate * _SECOND)
        self._timers["market"] = self._clock.call_at(max(self._due, self._clock.now() + _QUANTUM), self._trade)

    def _trade(self) -> None:
        """Send what is due. Each message carries the time it was due at, so that lateness can be measured."""
        now = self._clock.now()
        while self._due <= now and self._clock.now() - now < _SLICE:
            if now - self._due > _LATE:
                self._skipped += round((now - self._due) / _SECOND * self.rate)
                self._due = now
            self._emit(self._clock.to_epoch(self._due), None)
            self._due += round(self._exchange.wait() / self.rate * _SECOND)
        self._timers["market"] = self._clock.call_at(max(self._due, now + _QUANTUM), self._trade)

    def _emit(self, epoch_ns: int, symbol: str | None) -> None:
        self._messages += 1
        for publication in self._exchange.step(epoch_ns // 1_000, symbol):
            self._hub.publish(publication, epoch_ns)

    def _schedule_fault(self, last: int, seconds: float) -> None:
        due = last + round(seconds * _SECOND)
        self._timers["fault"] = self._clock.call_at(due, lambda: self._random_fault(due, seconds))

    def _random_fault(self, due: int, seconds: float) -> None:
        # One at a time: a quiet book must not collect faults that then strike all at once.
        if not self._faults.pending:
            self._faults.random(self._hub.targets)
        self._schedule_fault(due, seconds)

    def _check(self, symbol: str) -> None:
        if symbol not in self._exchange.pairs:
            raise ConfigurationError(f"{symbol!r} is not listed", hint=f"there are {', '.join(self.symbols[:5])} ...")
