"""One connection's session: it knows what is wanted, and says what to do so that all of it is proven."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import final

from havklo import events
from havklo._protocol.actions import Action, Close, Connect, DeliverAccount, Emit, Reply, Send, SendSecret, Suspend
from havklo._protocol.admission import Admission
from havklo._protocol.backoff import Backoff, Retry
from havklo._protocol.budget import Budget
from havklo._protocol.data import Data
from havklo._protocol.gate import Gate
from havklo._protocol.heartbeat import Silence, Verdict
from havklo._protocol.life import ON_THE_WIRE, Life
from havklo._protocol.lives import Lives
from havklo._protocol.messages import (
    AccountRows,
    Ack,
    Activity,
    Alive,
    Answer,
    BookLost,
    BookProven,
    Malformed,
    Message,
    Pong,
    Refusal,
    Rows,
    StatusReport,
    Unreadable,
)
from havklo._protocol.offset import ClockOffset
from havklo._protocol.pings import Pings
from havklo._protocol.requests import Requests
from havklo._protocol.timings import Timings
from havklo._protocol.tokens import Token
from havklo._protocol.wants import Wants
from havklo.channels import Topic
from havklo.errors import HavkloError

__all__ = ["LinkState", "Session"]

_SECOND = 1_000_000_000
_DEFAULT_TIMINGS = Timings()
_EASED = 5  # attempts that a connection which served leaves on the account: the next failure waits 8 s
_RESTARTING = frozenset({1012, 1013})  # close codes: service restart, try again later
_GOING_AWAY = 1001


class LinkState(Enum):
    """Where the connection stands."""

    IDLE = "idle"
    """Nothing is wanted, so there is no connection."""
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    """Lost, or not made yet; the next attempt has its time."""


@final
class Session:
    """The state machine of one connection; its shell carries the actions out, in order.

    The shell calls `connected` and `disconnected` for what becomes of its transport, `receive` for messages,
    and `heard` and `tick` when `next_deadline` has come. All times are monotonic nanoseconds.

    Args:
        random: Gives numbers in [0, 1), for the jitter of retries.
        connection: The number that events name this connection by.
        timings: The session's patience.
        gate: Lets attempts to connect through; shared by the connections of an endpoint.
        retry: Spaces attempts to connect; doubling delays with jitter by default.
        budget: What level-3 subscriptions may cost; shared by the connections that have them.

    Attributes:
        link: Where the connection stands.
        reconnects: How often a lost connection was replaced.
        attempts: How many attempts to connect were made since the last that succeeded.
        lives: The connection's topics.
    """

    def __init__(
        self,
        random: Callable[[], float],
        *,
        connection: int = 0,
        timings: Timings = _DEFAULT_TIMINGS,
        gate: Gate | None = None,
        retry: Retry | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.link: LinkState = LinkState.IDLE
        self.reconnects: int = 0
        self.attempts: int = 0
        self.lives: Lives = Lives()
        self._connection = connection
        self._timings = timings
        self._requests = Requests()
        admission = Admission(budget or Budget(), random)
        self._wants = Wants(self.lives, timings, random, self._requests, admission)
        self._data = Data(self.lives, timings)
        self._silence = Silence(stall_after=timings.stall_after, dead_after=timings.dead_after)
        self._pings = Pings(timings)
        self._gate = gate or Gate()
        self._retry = retry or Backoff(random)
        self._opened_at: int | None = None
        self._reconnect_at: int | None = None
        self._spoken = False
        self._served = False
        self._slow = False
        self._trouble: str | None = None
        self._early: list[Action] = []

    def __repr__(self) -> str:
        topics = ", ".join(f"{life.topic}: {life.phase.value}" for life in self.lives)
        return f"<Session {self._connection} {self.link.value} [{topics}]>"

    # -- what can be asked at any time -------------------------------------------------------

    @property
    def attention(self) -> set[str]:
        """The symbols of which the session wants to hear each book message, by `BookProven`.

        Other books need not be told of; a `BookLost` always must. It is one set that changes in place.
        """
        return self.lives.attention

    @property
    def resyncs(self) -> int:
        """How many topics were made live again."""
        return self.lives.resyncs

    @property
    def requests(self) -> int:
        """How many subscribes and unsubscribes were sent."""
        return self._wants.sent

    @property
    def load(self) -> int:
        """How many topics the connection carries, those being taken back included."""
        return len(self.lives)

    @property
    def clock(self) -> ClockOffset:
        """The server's clock, against the monotonic one that is handed in here."""
        return self._pings.clock

    @property
    def opened_at(self) -> int | None:
        """When the present connection was opened, or None."""
        return self._opened_at if self.link is LinkState.OPEN else None

    @property
    def reconnect_at(self) -> int | None:
        """When the next attempt to connect is made, or None."""
        return self._reconnect_at

    @property
    def is_stalled(self) -> bool:
        """Whether the connection is silent."""
        return self._silence.stalled

    def can_carry(self, topic: Topic) -> bool:
        """Whether the connection has room for a topic: it can't carry one symbol at two depths."""
        return self._wants.can_want(topic)

    @property
    def next_deadline(self) -> int | None:
        """When `tick` next has something to do, or None; it may move with every call."""
        is_open = self.link is LinkState.OPEN
        instants = (
            self._wants.deadline(is_open=is_open),
            self._data.deadline(),
            self._data.due,
            self._silence.due,
            self._pings.due,
            self._reconnect_at,
        )
        return min((instant for instant in instants if instant is not None), default=None)

    # -- what the user wants -----------------------------------------------------------------

    def subscribe(self, topics: Iterable[Topic], now: int, timeout: int | None = None) -> list[Action]:
        """Want topics: each ends in a `Complete` or a `Fail`, and stays wanted after the former."""
        patience = self._timings.subscribe_timeout if timeout is None else timeout
        return self._go_on(self._wants.want(topics, now, patience), now)

    def unsubscribe(self, topics: Iterable[Topic], now: int) -> list[Action]:
        """Want topics no more; neither a `Complete` nor a `Fail` follows."""
        return self._unless_idle(self._wants.unwant(topics, now, is_open=self.link is LinkState.OPEN))

    def resync(self, symbols: Iterable[str], now: int, channel: str = "book") -> list[Action]:
        """Take fresh snapshots of these, at the pace that resyncs have."""
        self._wants.resync(channel, symbols, now)
        return self._flush(now)

    def release(self, topics: Iterable[Topic]) -> tuple[list[Action], list[Life]]:
        """Let go of topics that another connection takes over; this one is not open, and their books stay tracked."""
        lives = self._wants.release(topics)
        return self._unless_idle([]), lives

    def adopt(self, lives: Iterable[Life], now: int) -> list[Action]:
        """Take over what another connection has let go of."""
        self._wants.adopt(lives, now)
        return self._go_on([], now)

    def token_came(self, token: Token, now: int) -> list[Action]:
        """Take the token that a `NeedToken` has asked for; it is used at once, or not at all."""
        return self._wants.token_came(token, now, is_open=self.link is LinkState.OPEN)

    def token_failed(self, error: HavkloError, now: int) -> list[Action]:
        """Learn that the token can't be had: what needs it fails if that is for good, and else waits."""
        return self._unless_idle(self._wants.token_failed(error, now))

    # -- requests about orders ---------------------------------------------------------------

    @property
    def asks_with(self) -> Token | None:
        """The token that requests about orders are sent with: that of a subscription which keeps it alive."""
        if self.link is not LinkState.OPEN:
            return None
        token: Token | None = None
        for life in self.lives:
            if life.topic.is_account and life.phase in ON_THE_WIRE:
                if life.is_live:
                    return life.token
                token = token or life.token  # it may be just about to be replaced
        return token

    def ask(self, method: str, params: Mapping[str, object]) -> tuple[int, Action] | None:
        """Send a request about orders, once; None if there is no connection or no token for it.

        Its answers come as `Reply`, with the id that this gives. What becomes of it if the connection ends nobody
        here knows.
        """
        token = self.asks_with
        if token is None:
            return None
        req_id, payload = self._requests.order(method, params, token)
        return req_id, SendSecret(payload)

    def ping(self, now: int) -> list[Action]:
        """Send a ping now, to learn of the server's clock; nothing without a connection."""
        return [self._send_ping(now)] if self.link is LinkState.OPEN else []

    def renew_token(self, token: Token, now: int) -> list[Action]:
        """Subscribe anew what was asked for with a token that Kraken has refused for a request, with a fresh one."""
        self._wants.renew_token(token, now)
        return self._flush(now)

    # -- what becomes of the transport -------------------------------------------------------

    def connected(self, now: int) -> list[Action]:
        """Learn that the transport is open."""
        again = self._opened_at is not None
        self.reconnects += again
        self.link, self._opened_at, self._trouble = LinkState.OPEN, now, None
        self._silence.start(now)
        self._pings.start(now)
        self._data.start(now)
        opened = events.Connected(connection=self._connection, attempts=self.attempts, again=again)
        early, self._early = self._early, []
        self.attempts, self._served, self._spoken = 0, False, bool(early)
        self._slow = self._slow and self._spoken  # what an early status has said holds for this connection
        return [Emit(opened), *early, *self._flush(now)]

    def disconnected(self, reason: str, now: int, code: int | None = None) -> list[Action]:
        """Learn that the transport has ended or could not be opened; with the peer's close code if it sent one."""
        if self.link not in (LinkState.OPEN, LinkState.CONNECTING):
            return []
        was_open = self.link is LinkState.OPEN
        self._slow = self._slow or code in _RESTARTING
        actions: list[Action] = [Suspend(None, "disconnected")] if was_open else []
        if was_open and self._opened_at is not None and now - self._opened_at >= self._timings.stable_after:
            self._retry.reset()
        changed = [] if was_open and self._spoken else self._gate.failed(now)
        self._early.clear()
        self._rest()
        self._wants.offline("disconnected", now)
        if not self.lives:
            self.link, self._opened_at = LinkState.IDLE, None
            return actions + [Emit(change) for change in changed]
        # The attempt that has just failed was the first, immediate one.
        if not was_open and self._retry.attempts == 0 and isinstance(self._retry, Backoff):
            self._retry.next()
        delay = self._delay(served=was_open and self._served)
        retry_at = max(now + delay, self._gate.allows(now))
        self.link, self._reconnect_at, self._trouble = LinkState.WAITING, retry_at, reason
        lost = events.ConnectionLost(connection=self._connection, reason=reason, retry_in_ns=retry_at - now, code=code)
        actions += [Emit(lost), *(Emit(change) for change in changed)]
        return [*actions, *self._reconnect(now)]

    def receive(self, message: Message, now: int) -> list[Action]:  # noqa: C901, PLR0911, PLR0912  # an arm per message
        """Take one message from Kraken, or one fact from the engine."""
        # What this side says to itself is no sign of life.
        actions = [] if isinstance(message, Activity) else self.heard(now)
        if not self._spoken and self.link is LinkState.OPEN:
            self._spoken = True
            actions += [Emit(change) for change in self._gate.succeeded(now)]
        match message:
            case BookProven():
                self._served = True
                return actions + self._data.proven(message, now)
            case Rows():
                self._served = True
                actions += self._data.rows(message, now)
            case AccountRows():
                self._served = True
                actions += self._data.account(message, now)
                if len(actions) == 1 and type(actions[0]) is DeliverAccount:
                    return actions  # the usual case: nothing has moved that could be due
            case Answer():
                return [*actions, Reply(message)]
            case Alive():
                return [*actions, Emit(events.Heartbeat(connection=self._connection, recv_ns=message.recv_ns))]
            case BookLost():
                for life in self._data.lost(message, now):
                    words = f"{self._timings.bad_snapshots} snapshots in a row failed: {message.reason}"
                    actions += self._wants.give_up(life, words, now, is_open=True)
            case Ack():
                actions += self._wants.acked(message, now)
            case Refusal():
                actions += self._wants.refused(message, now)
            case Pong():
                self._pings.answered(message.req_id, message.time_in, message.time_out, now)
                return actions
            case Activity():
                actions += self._data.activity(message, now)
            case Unreadable():
                self._data.unreadable(message.channel, now)
                actions.append(self._malformed(f"a message of {message.channel}: {message.detail}"))
            case Malformed():
                self._wants.malformed(now)
                actions += [Suspend(None, "malformed"), self._malformed(message.detail)]
            case StatusReport():
                return actions + self._status(message, now)
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
        actions = self._reconnect(now) + self._judge_silence(now) + self._ping(now)
        is_open = self.link is LinkState.OPEN
        passed, snapshotless = self._wants.tick(now, self._trouble, is_open=is_open)
        actions += passed
        for life in snapshotless:
            actions += self._data.without_snapshot(life, now)
        actions += self._data.overdue_trades(now) + self._data.look_for_silence(now)
        return self._unless_idle(actions + self._flush(now))

    # -- its own -----------------------------------------------------------------------------

    def _go_on(self, actions: list[Action], now: int) -> list[Action]:
        """After something new is wanted: connect, or ask for it."""
        if self.link is LinkState.IDLE and self.lives:
            self.link, self._reconnect_at = LinkState.WAITING, now
            actions += self._reconnect(now)
        return actions + self._flush(now)

    def _status(self, report: StatusReport, now: int) -> list[Action]:
        self._slow = report.system == "maintenance"
        status = events.Status(
            system=report.system,
            connection_id=report.connection_id,
            version=report.version,
            api_version=report.api_version,
            upcoming_maintenance=report.upcoming_maintenance,
            emergency=report.emergency,
        )
        if self.link is LinkState.OPEN:
            return [Emit(status)]
        # Kraken's first word may come with the handshake's last; that there is a connection is told first.
        self._early.append(Emit(status))
        return [Emit(change) for change in self._gate.succeeded(now)]

    def _flush(self, now: int) -> list[Action]:
        return self._wants.flush(now) if self.link is LinkState.OPEN else []

    def _malformed(self, detail: str) -> Action:
        return Emit(events.Malformed(connection=self._connection, detail=detail))

    def _judge_silence(self, now: int) -> list[Action]:
        silent_ns = self._silence.silent_for(now)
        verdict = self._silence.tick(now)
        if verdict is Verdict.STALLED:
            self._wants.stall(now)
            stalled = events.Stalled(connection=self._connection, silent_ns=silent_ns)
            return [Suspend(None, "stalled"), self._send_ping(now), Emit(stalled)]
        if verdict is Verdict.DEAD:
            return self._end(f"silent for {silent_ns / _SECOND:.1f} s", now)
        return []

    def _ping(self, now: int) -> list[Action]:
        if self._pings.is_overdue(now):
            return self._end(f"no pong within {self._timings.pong_within / _SECOND:g} s", now)
        return [self._send_ping(now)] if self._pings.is_due(now) else []

    def _send_ping(self, now: int) -> Action:
        req_id, ping = self._requests.ping()
        self._pings.sent(req_id, now)
        return Send(ping)

    def _end(self, reason: str, now: int) -> list[Action]:
        return [Close(reason, _GOING_AWAY), *self.disconnected(reason, now)]

    def _rest(self) -> None:
        """Stop all that goes by an open connection."""
        self._silence.stop()
        self._pings.stop()
        self._data.stop()

    def _delay(self, *, served: bool) -> int:
        delay = self._retry.next()
        if served and isinstance(self._retry, Backoff):
            # It works, it only does not last: half a minute of silence would help nobody. A user's choice stays his.
            self._retry.ease(_EASED)
            delay = min(delay, self._timings.served_wait)
        return max(delay, self._timings.slow_down) if self._slow else delay

    def _reconnect(self, now: int) -> list[Action]:
        if self._reconnect_at is None or now < self._reconnect_at:
            return []
        allowed_at = self._gate.allows(now)
        if allowed_at > now:
            self._reconnect_at = allowed_at
            return []
        self.link, self._reconnect_at = LinkState.CONNECTING, None
        self.attempts += 1
        return [*(Emit(change) for change in self._gate.began(now)), Connect()]

    def _unless_idle(self, actions: list[Action]) -> list[Action]:
        """End the connection once nothing is wanted of it any more."""
        if self.lives or self.link is LinkState.IDLE:
            return actions
        has_transport = self.link is not LinkState.WAITING
        self._rest()
        self.link, self._reconnect_at, self._opened_at = LinkState.IDLE, None, None
        return [*actions, Close("nothing is subscribed")] if has_transport else actions
