"""One connection's session: it knows what is wanted, and says what to do so that all of it is proven."""

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import final

from havklo import events
from havklo._protocol.actions import Action, Close, Connect, Emit, Send, Suspend
from havklo._protocol.backoff import Backoff
from havklo._protocol.heartbeat import Silence, Verdict
from havklo._protocol.life import Timings
from havklo._protocol.messages import (
    Ack,
    BookLost,
    BookProven,
    Malformed,
    Message,
    Refusal,
    StatusReport,
)
from havklo._protocol.requests import Requests
from havklo._protocol.wants import Wants
from havklo.channels import Topic

__all__ = ["Session"]

_SECOND = 1_000_000_000
_DEFAULT_TIMINGS = Timings()
_EASED = 5  # attempts that a connection which served leaves on the account: the next failure waits 8 s


class _Link(Enum):
    IDLE = auto()
    """Nothing is wanted, so there is no connection."""
    CONNECTING = auto()
    OPEN = auto()
    WAITING = auto()
    """Lost; the next attempt has its time."""


@final
class Session:
    """The state machine of one connection; its shell carries the actions out, in order.

    The shell calls `connected` and `disconnected` for what becomes of its transport, `receive` for messages,
    and `heard` and `tick` when `next_deadline` has come. All times are monotonic nanoseconds.

    Args:
        random: Gives numbers in [0, 1), for the jitter of retries.
        connection: The number that events name this connection by.
        timings: The session's patience.

    Attributes:
        reconnects: How often a lost connection was replaced.
    """

    def __init__(
        self, random: Callable[[], float], *, connection: int = 0, timings: Timings = _DEFAULT_TIMINGS
    ) -> None:
        self.reconnects = 0
        self._connection = connection
        self._timings = timings
        self._requests = Requests()
        self._wants = Wants(timings, random, self._requests)
        self._silence = Silence(stall_after=timings.stall_after, dead_after=timings.dead_after)
        self._backoff = Backoff(random)
        self._link = _Link.IDLE
        self._opened_at: int | None = None
        self._reconnect_at: int | None = None
        self._attempts = 0
        self._served = False
        self._trouble: str | None = None
        self._early: list[Action] = []

    def __repr__(self) -> str:
        topics = ", ".join(f"{life.topic}: {life.phase.value}" for life in self._wants)
        return f"<Session {self._connection} {self._link.name.lower()} [{topics}]>"

    @property
    def attention(self) -> set[str]:
        """The symbols of which the session wants to hear each book message, by `BookProven`.

        Other books need not be told of; a `BookLost` always must. It is one set that changes in place.
        """
        return self._wants.attention

    @property
    def resyncs(self) -> int:
        """How many books were made live again."""
        return self._wants.resyncs

    @property
    def load(self) -> int:
        """How many topics the connection carries, those being taken back included."""
        return len(self._wants)

    def can_carry(self, topic: Topic) -> bool:
        """Whether the connection has room for a topic: it can't carry one symbol at two depths."""
        return self._wants.can_want(topic)

    @property
    def next_deadline(self) -> int | None:
        """When `tick` next has something to do, or None; it may move with every call."""
        is_open = self._link is _Link.OPEN
        instants = (
            self._wants.deadline(is_open=is_open),
            self._silence.due,
            self._reconnect_at,
        )
        return min((instant for instant in instants if instant is not None), default=None)

    def subscribe(self, topics: Iterable[Topic], now: int, timeout: int | None = None) -> list[Action]:
        """Want topics: each ends in a `Complete` or a `Fail`, and stays wanted after the former."""
        patience = self._timings.subscribe_timeout if timeout is None else timeout
        actions = self._wants.want(topics, now, patience)
        if self._link is _Link.IDLE and self._wants:
            self._reconnect_at = now
            actions += self._reconnect(now)
        return actions + self._flush(now)

    def unsubscribe(self, topics: Iterable[Topic], now: int) -> list[Action]:
        """Want topics no more; neither a `Complete` nor a `Fail` follows."""
        return self._unless_idle(self._wants.unwant(topics, now, is_open=self._link is _Link.OPEN))

    def resync(self, symbols: Iterable[str], now: int) -> list[Action]:
        """Take fresh snapshots of these books, at the pace that resyncs have."""
        self._wants.resync(symbols, now)
        return self._flush(now)

    def connected(self, now: int) -> list[Action]:
        """Learn that the transport is open."""
        again = self._opened_at is not None
        self.reconnects += again
        self._link, self._opened_at, self._trouble = _Link.OPEN, now, None
        self._silence.start(now)
        opened = events.Connected(connection=self._connection, attempts=self._attempts, again=again)
        self._attempts, self._served = 0, False
        early, self._early = self._early, []
        return [Emit(opened), *early, *self._flush(now)]

    def disconnected(self, reason: str, now: int) -> list[Action]:
        """Learn that the transport has ended or could not be opened."""
        if self._link not in (_Link.OPEN, _Link.CONNECTING):
            return []
        was_open = self._link is _Link.OPEN
        if was_open and self._opened_at is not None and now - self._opened_at >= self._timings.stable_after:
            self._backoff.reset()
        self._silence.stop()
        self._wants.offline("disconnected", now)
        actions: list[Action] = [Suspend(None, "disconnected")] if was_open else []
        if not self._wants:
            self._link, self._opened_at = _Link.IDLE, None
            return actions
        # The attempt that has just failed was the first, immediate one.
        if not was_open and self._backoff.attempts == 0:
            self._backoff.next()
        delay = self._delay(served=was_open and self._served)
        self._link, self._reconnect_at, self._trouble = _Link.WAITING, now + delay, reason
        lost = events.ConnectionLost(connection=self._connection, reason=reason, retry_in_ns=delay)
        return [*actions, Emit(lost), *self._reconnect(now)]

    def receive(self, message: Message, now: int) -> list[Action]:
        """Take one message from Kraken, or one fact from the engine."""
        actions = self.heard(now)
        match message:
            case BookProven():
                self._served = True
                return actions + self._wants.proven(message, now)
            case BookLost():
                actions += self._wants.lost(message, now)
            case Ack():
                actions += self._wants.acked(message, now)
            case Refusal():
                actions += self._wants.refused(message, now)
            case Malformed():
                actions += self._malformed(message, now)
            case StatusReport():
                return actions + self._status(message)
            case _:
                return actions
        return self._unless_idle(actions + self._flush(now))

    def heard(self, at: int) -> list[Action]:
        """Learn when the peer was last heard of; a stall ends, and its books are subscribed anew."""
        if not self._silence.heard(at):
            return []
        self._wants.resume(at)
        return self._flush(at)

    def tick(self, now: int) -> list[Action]:
        """Do what has come to its time."""
        actions = self._reconnect(now) + self._judge_silence(now)
        actions += self._wants.tick(now, self._trouble, is_open=self._link is _Link.OPEN)
        return self._unless_idle(actions + self._flush(now))

    def _status(self, report: StatusReport) -> list[Action]:
        status = events.Status(
            system=report.system,
            connection_id=report.connection_id,
            version=report.version,
            api_version=report.api_version,
            upcoming_maintenance=report.upcoming_maintenance,
        )
        if self._link is _Link.OPEN:
            return [Emit(status)]
        # Kraken's first word may come with the handshake's last; that there is a connection is told first.
        self._early = [Emit(status)]
        return []

    def _flush(self, now: int) -> list[Action]:
        return self._wants.flush(now) if self._link is _Link.OPEN else []

    def _malformed(self, message: Malformed, now: int) -> list[Action]:
        self._wants.malformed(now)
        event = events.Malformed(connection=self._connection, detail=message.detail)
        return [Suspend(None, "malformed"), Emit(event)]

    def _judge_silence(self, now: int) -> list[Action]:
        silent_ns = self._silence.silent_for(now)
        verdict = self._silence.tick(now)
        if verdict is Verdict.STALLED:
            self._wants.stall(now)
            _, ping = self._requests.ping()
            stalled = events.Stalled(connection=self._connection, silent_ns=silent_ns)
            return [Suspend(None, "stalled"), Send(ping), Emit(stalled)]
        if verdict is Verdict.DEAD:
            reason = f"silent for {silent_ns / _SECOND:.1f} s"
            return [Close(reason), *self.disconnected(reason, now)]
        return []

    def _delay(self, *, served: bool) -> int:
        delay = self._backoff.next()
        if not served:
            return delay
        # It works, it only does not last: half a minute of silence would help nobody.
        self._backoff.ease(_EASED)
        return min(delay, self._timings.served_wait)

    def _reconnect(self, now: int) -> list[Action]:
        if self._reconnect_at is None or now < self._reconnect_at:
            return []
        self._link, self._reconnect_at = _Link.CONNECTING, None
        self._attempts += 1
        return [Connect()]

    def _unless_idle(self, actions: list[Action]) -> list[Action]:
        """End the connection once nothing is wanted of it any more."""
        if self._wants or self._link is _Link.IDLE:
            return actions
        has_transport = self._link is not _Link.WAITING
        self._silence.stop()
        self._link, self._reconnect_at, self._opened_at = _Link.IDLE, None, None
        return [*actions, Close("nothing is subscribed")] if has_transport else actions
