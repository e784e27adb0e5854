"""How a client is, gathered from all its parts; and the news when that changes."""

from collections.abc import Callable, Iterable
from typing import Any, final

from havklo import events
from havklo._hub import Feed, Hub
from havklo._protocol.life import Life, Phase
from havklo._protocol.quantiles import Quantiles, Samples
from havklo._protocol.session import LinkState
from havklo.connection import Connection
from havklo.health import (
    BreakerHealth,
    ConnectionHealth,
    ConnectionState,
    Health,
    HealthState,
    TopicHealth,
    TopicState,
    judge,
)
from havklo.statistics import ClientStatistics
from havklo.subscription import Subscription

__all__ = ["Checkup"]


@final
class Checkup:
    """Examines a client, and tells when its state as a whole has changed.

    Args:
        hub: The client's machine room.
        is_closed: Whether the client has ended.
    """

    def __init__(self, hub: Hub, is_closed: Callable[[], bool]) -> None:
        self._hub = hub
        self._is_closed = is_closed
        self._state = HealthState.STARTING
        self._due = False
        hub.on_change = self._soon

    def examine(self) -> Health:
        """Look at everything now."""
        hub = self._hub
        now = hub.clock.now()
        now_ns = hub.clock.to_epoch(now)
        connections = tuple(_connection(line, now) for line in hub.connections if _is_of_use(line))
        topics = tuple(_topic(feed, now, now_ns) for feed in hub.feeds.values())
        breakers = self._breakers(now)
        state, reason = judge(connections, topics, breakers, self._is_closed())
        books = hub.totals.with_books(feed.book for feed in hub.feeds.values() if feed.book is not None)
        ages = [age for line in connections if (age := line.last_message_age_ns) is not None]
        best = min(
            (line.session.clock for line in hub.connections if line.session.clock.error_ns is not None),
            key=lambda clock: clock.error_ns or 0,
            default=None,
        )
        return Health(
            state=state,
            reason=reason,
            connections=connections,
            topics=topics,
            breakers=breakers,
            last_message_age_ns=min(ages, default=None),
            reconnects=sum(line.session.reconnects for line in hub.connections),
            # Sessions live by the monotonic clock, people by the other one.
            clock_offset_ns=None if best is None or best.offset_ns is None else best.offset_ns - (now_ns - now),
            clock_error_ns=None if best is None else best.error_ns,
            latency=_together([line.pulse.latency for line in hub.connections]),
            processing=_together([line.pulse.processing for line in hub.connections]),
            messages=books.messages + hub.totals.rows,
            verified=books.verified,
            desyncs=dict(books.desyncs),
            resyncs=dict(hub.totals.resyncs),
            resync_took=hub.totals.resync_took.summary(),
        )

    def count(self) -> ClientStatistics:
        """Give the counters."""
        hub = self._hub
        books = [feed.book for feed in hub.feeds.values() if feed.book is not None]
        counted = hub.totals.with_books(books)
        subscriptions = {each for feed in hub.feeds.values() for each in feed.subscriptions}
        sessions = [connection.session for connection in hub.connections]
        return ClientStatistics(
            connections=sum(session.load > 0 for session in sessions),
            reconnects=sum(session.reconnects for session in sessions),
            books=len(books),
            live=sum(book.state == "live" for book in books),
            messages=counted.messages,
            verified=counted.verified,
            ignored=sum(engine.ignored for engine in hub.lines.engines),
            desyncs=counted.desyncs.total(),
            resyncs=sum(session.resyncs for session in sessions),
            dropped=hub.totals.dropped + hub.handlers.dropped + sum(each.dropped for each in subscriptions),
            rows=hub.totals.rows,
            repaired=hub.totals.repaired,
            gaps=hub.totals.gaps,
            requests=sum(session.requests for session in sessions),
            pending=self.pending(subscriptions),
            unknown=sum(connection.unknown for connection in hub.connections),
        )

    def pending(self, subscriptions: Iterable[Subscription[Any]]) -> int:
        """Give how many events readers have still to read."""
        return self._hub.handlers.pending + sum(each.pending for each in subscriptions)

    def _breakers(self, now: int) -> tuple[BreakerHealth, ...]:
        return tuple(
            BreakerHealth(
                role=role,
                state=gate.breaker.state.value,
                failures=gate.breaker.failures,
                retry_in_ns=None if gate.breaker.retry_at is None else max(0, gate.breaker.retry_at - now),
            )
            for role, gate in self._hub.lines.gates.items()
        )

    def _soon(self) -> None:
        """Look a moment later, once for all that happens now."""
        if not self._due and not self._is_closed():
            self._due = True
            self._hub.clock.call_at(self._hub.clock.now(), self._look)

    def _look(self) -> None:
        self._due = False
        if self._is_closed():
            return
        hub = self._hub
        now = hub.clock.now()
        now_ns = hub.clock.to_epoch(now)
        lines = [_connection(line, now) for line in hub.connections if _is_of_use(line)]
        topics = [_topic(feed, now, now_ns) for feed in hub.feeds.values()]
        after, reason = judge(lines, topics, self._breakers(now))
        before, self._state = self._state, after
        if before is not after:
            try:
                hub.emit(events.HealthChanged(before=before.value, after=after.value, reason=reason))
            except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
                hub.crash(error)


def _is_of_use(line: Connection) -> bool:
    return line.session.load > 0 or line.session.link is not LinkState.IDLE


def _connection(line: Connection, now: int) -> ConnectionHealth:
    session = line.session
    state: ConnectionState = "stalled" if session.is_stalled else session.link.value
    return ConnectionHealth(
        number=line.number,
        role=line.role,
        state=state,
        open_for_ns=None if session.opened_at is None else now - session.opened_at,
        last_message_age_ns=line.last_message_age_ns,
        reconnects=session.reconnects,
        rtt_ns=session.clock.rtt_ns,
        topics=session.load,
        retry_in_ns=None if session.reconnect_at is None else max(0, session.reconnect_at - now),
    )


def _topic(feed: Feed, now: int, now_ns: int) -> TopicHealth:
    topic = feed.topic
    life = feed.connection.session.lives.get(*topic.key)
    if feed.book is not None:
        age = feed.book.age_ns(now_ns)
    else:
        age = None if life is None or life.messages == 0 else now - life.heard_at
    return TopicHealth(
        channel=topic.channel,
        symbol=topic.symbol,
        depth=topic.depth,
        interval=topic.interval,
        event_trigger=topic.event_trigger,
        connection=feed.connection.number,
        state="subscribing" if life is None else _state(life),
        age_ns=age,
        lost_for_ns=None if life is None or not life.lost else now - life.lost_at,
    )


def _state(life: Life) -> TopicState:
    if life.phase is Phase.REPORTED:
        return "reported"
    if life.lost:
        return "lost"
    # Trades are live once they are acknowledged; their snapshot may be still to come.
    return "live" if life.complete else "subscribing"


def _together(samples: list[Samples]) -> Quantiles | None:
    """Summarise what several connections have measured."""
    return Samples.joined(samples).summary()
