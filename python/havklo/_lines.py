"""A client's connections: where a new topic goes, and where topics go whose connection does not come back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, final

import msgspec

from havklo import events
from havklo._engine import Engine
from havklo._owner import Owner
from havklo._protocol.backoff import Chosen
from havklo._protocol.breaker import Breaker
from havklo._protocol.budget import LEVEL3_BUDGET, LEVEL3_SYMBOLS, Budget
from havklo._protocol.gate import Gate
from havklo._protocol.limits import Window
from havklo._protocol.session import LinkState, Session
from havklo._protocol.timings import Timings
from havklo.channels import Topic
from havklo.connection import Connection
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo._feed import Feed
    from havklo._handlers import Handlers

__all__ = ["Lines", "Options"]

_SECOND = 1_000_000_000
_MOVE_AFTER = 2  # failed attempts to come back, after which topics go to a connection that stands


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How connections are made and kept; see `havklo.Client`."""

    rules: tuple[str, ...]
    timings: Timings
    reconnect: Callable[[int], float] | None
    connects_per_10_minutes: int
    breaker_failures: int
    breaker_cool_down_ns: int
    topics_per_connection: int
    level3_budget: int = LEVEL3_BUDGET


class Machinery(Protocol):
    """What the connections' keeper needs from the client."""

    @property
    def feeds(self) -> Mapping[Topic, "Feed"]:
        """All feeds by their topic."""
        ...

    @property
    def handlers(self) -> "Handlers":
        """Who is told of what."""
        ...


class _Owner(Owner, Machinery, Protocol):
    """Both at once."""


@final
class Lines:
    """Makes connections as topics need them, each for an endpoint, and shares engines between them.

    Two connections to an endpoint may share an engine as long as they do not carry the same symbol; a symbol at another
    depth goes to a connection on the next engine.

    Args:
        owner: The client's machine room.
        venue: Where to connect.
        options: How connections are made and kept.
        random: Gives numbers in [0, 1).

    Attributes:
        connections: All connections, by their number.
        gates: The way to each endpoint in use.
    """

    def __init__(self, owner: _Owner, venue: Venue, options: Options, random: Callable[[], float]) -> None:
        self.connections: list[Connection] = []
        self.gates: dict[Role, Gate] = {}
        self._owner = owner
        self._venue = venue
        self._options = options
        self._random = random
        self._engines: list[Engine] = []
        self._window = Window(options.connects_per_10_minutes)
        self._budget = Budget(options.level3_budget)

    @property
    def engines(self) -> Sequence[Engine]:
        """All engines."""
        return self._engines

    def find(self, topic: Topic, role: Role, planned: Mapping[Connection, Sequence[Topic]]) -> Connection:
        """Find a connection that has room for a topic, or make one.

        Args:
            topic: The topic.
            role: Its endpoint.
            planned: What is about to be asked of connections besides.
        """
        for connection in self.connections:
            if connection.role == role and connection.session.lives.get(*topic.key) and _is_free(connection, topic, ()):
                return connection  # it is just being taken back there, and no other may carry it meanwhile
        engine = self._engine_for(topic, role, planned)
        for connection in self.connections:
            if connection.role == role and connection.engine is engine and self._has_room(connection, topic, planned):
                return connection
        return self._make(role, engine)

    def lost(self, event: events.ConnectionLost) -> None:
        """Learn that a connection is gone, or still is; soon its topics may move."""
        connection = self.connections[event.connection]
        if connection.session.attempts >= _MOVE_AFTER:
            # A moment later, for the connection is in the middle of its own doings.
            clock = self._venue.clock
            clock.call_at(clock.now(), lambda: self._evacuate(connection))

    def _evacuate(self, source: Connection) -> None:
        """Move what a connection carries to others that stand and have room."""
        if source.is_closed or source.session.link is LinkState.OPEN:
            return  # the client has ended meanwhile, or it came back
        plan: dict[Connection, list[Topic]] = {}
        for life in source.session.lives.all():
            target = self._refuge(life.topic, source, plan)
            if life.wanted and target is not None:
                plan.setdefault(target, []).append(life.topic)
        for target, topics in plan.items():
            for topic in topics:
                self._owner.feeds[topic].connection = target
                if topic.is_book and topic.symbol in source.routes:
                    target.routes[topic.symbol] = source.routes.pop(topic.symbol)
            target.adopt(source.release(topics))
            symbols = tuple(dict.fromkeys(topic.symbol for topic in topics))
            self._owner.emit(events.Moved(symbols=symbols, source=source.number, target=target.number))

    def _refuge(
        self, topic: Topic, source: Connection, plan: Mapping[Connection, Sequence[Topic]]
    ) -> Connection | None:
        for connection in self.connections:
            stands = connection.session.link is LinkState.OPEN and not connection.session.is_stalled
            fits = connection.role == source.role and connection.engine is source.engine
            if stands and fits and self._has_room(connection, topic, plan):
                return connection
        return None

    def _has_room(self, connection: Connection, topic: Topic, planned: Mapping[Connection, Sequence[Topic]]) -> bool:
        plan = planned.get(connection, ())
        most = self._options.topics_per_connection
        if connection.role == "level3":
            most = min(most, LEVEL3_SYMBOLS)
        room = most - connection.session.load - len(plan)
        free = connection.session.can_carry(topic) and all(other.key != topic.key for other in plan)
        return room > 0 and free

    def _engine_for(self, topic: Topic, role: Role, planned: Mapping[Connection, Sequence[Topic]]) -> Engine:
        """Find an engine of this role whose connections do not carry the topic's key, or make one."""
        for engine in self._engines:
            lines = [connection for connection in self.connections if connection.engine is engine]
            if all(connection.role == role for connection in lines) and all(
                _is_free(connection, topic, planned.get(connection, ())) for connection in lines
            ):
                return engine
        engine = Engine(rules=self._options.rules)
        self._engines.append(engine)
        return engine

    def _make(self, role: Role, engine: Engine) -> Connection:
        options = self._options
        number = len(self.connections)
        session = Session(
            self._random,
            connection=number,
            timings=options.timings,
            gate=self._gate(role),
            retry=None if options.reconnect is None else Chosen(options.reconnect),
            budget=self._budget,
        )
        connection = Connection(self._owner, number, self._venue, role, engine=engine, session=session)
        connection.set_handlers(self._owner.handlers.for_updates(role))
        self.connections.append(connection)
        return connection

    def _gate(self, role: Role) -> Gate:
        if role not in self.gates:
            options = self._options
            breaker = Breaker(failures=options.breaker_failures, cool_down=options.breaker_cool_down_ns)
            self.gates[role] = Gate(role, breaker, self._window)
        return self.gates[role]


def _is_free(connection: Connection, topic: Topic, plan: Iterable[Topic]) -> bool:
    return connection.session.can_carry(topic) and all(other.key != topic.key for other in plan)
