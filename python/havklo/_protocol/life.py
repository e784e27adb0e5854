"""One topic's life on one connection: wanted, asked for, proven, lost, taken back and asked for again."""

from collections.abc import Callable
from enum import Enum
from typing import final

from havklo._protocol.backoff import Backoff
from havklo._protocol.rhythm import Rhythm
from havklo._protocol.tape import Tape
from havklo._protocol.timings import Timings
from havklo._protocol.tokens import Token
from havklo.channels import Topic

__all__ = ["ON_THE_WIRE", "Life", "Phase"]


class Phase(Enum):
    """Where a life stands."""

    QUEUED = "queued"
    """Not on the wire; a subscribe goes out when it is due."""
    SUBSCRIBING = "subscribing"
    """Asked for; a verified snapshot is awaited."""
    SETTLING = "settling"
    """Live, with verified updates still to come before a loss counts as a new one."""
    LIVE = "live"
    """Live and settled."""
    BROKEN = "broken"
    """On the wire but lost; an unsubscribe goes out when it is due, or when the connection speaks again."""
    REPORTED = "reported"
    """On the wire but lost, and left to the user."""
    UNSUBSCRIBING = "unsubscribing"
    """Taken back; the ack is awaited."""


ON_THE_WIRE = frozenset({Phase.SUBSCRIBING, Phase.SETTLING, Phase.LIVE, Phase.BROKEN, Phase.REPORTED})


@final
class Life:
    """The state of one topic. Its session moves it; each method is one move.

    Attributes:
        topic: What is wanted.
        phase: Where it stands.
        due: When the phase ends by itself, or None.
        wanted: False once the user has taken it back; it then only awaits the ack.
        timeout: How long it may take to be live for the first time.
        complete: Whether it has ever been live; trades and candles are so once they are acknowledged.
        lost: Whether it was live and is not any more.
        lost_at: Since when.
        give_up_at: When it fails if it has not been complete by then.
        req_id: The id of the latest request for it.
        asked: The topic as it was asked for; with other options than `topic` if those have been wanted since.
        acked: Whether that request's ack has come.
        reason: What broke it.
        trouble: What stood in the way of the latest attempt.
        unconfirmed: Whether its last unsubscribe was never acknowledged: until the ack of the subscribe after it, what
            comes may still belong to the old one.
        attempts: How many subscribes went out since it was lost.
        rhythm: How lively it is.
        messages: How many messages it has had, unless an engine counts them.
        heard_at: When the latest of them came.
        tape: Its trades, for the channel that has them.
        sequence: The number that its next message has, where a channel numbers them.
        token: The token that it was last asked for with, where one is needed.
        renewed: Whether that was a fresh one, because the one before was refused.
    """

    __slots__ = (
        "_backoff",
        "_bad_snapshots",
        "_live_since",
        "_random",
        "_restarted_at",
        "_timings",
        "_updates_left",
        "acked",
        "asked",
        "attempts",
        "complete",
        "due",
        "give_up_at",
        "heard_at",
        "lost",
        "lost_at",
        "messages",
        "phase",
        "reason",
        "renewed",
        "req_id",
        "rhythm",
        "sequence",
        "tape",
        "timeout",
        "token",
        "topic",
        "trouble",
        "unconfirmed",
        "wanted",
    )

    def __init__(self, topic: Topic, now: int, timeout: int, timings: Timings, random: Callable[[], float]) -> None:
        self._timings = timings
        self._random = random
        self._backoff = Backoff(random)
        self.req_id: int | None = None
        self.asked: Topic = topic
        self.token: Token | None = None
        self.renew(topic, now, timeout)
        self.queue(now)

    def __repr__(self) -> str:
        return f"<Life {self.topic}: {self.phase.value}{'' if self.wanted else ', unwanted'}>"

    @property
    def is_book(self) -> bool:
        """Whether an engine keeps it, so that checksums prove it."""
        return self.topic.is_book

    @property
    def is_sparse(self) -> bool:
        """Whether it may have nothing to say: a pair without trades has no snapshot of trades or candles."""
        return self.topic.channel in ("trade", "ohlc")

    def renew(self, topic: Topic, now: int, timeout: int) -> None:
        """Begin as if never wanted before; an unsubscribe under way is still awaited."""
        self.topic: Topic = topic
        self.timeout: int = timeout
        self.wanted: bool = True
        self.complete: bool = False
        self.lost: bool = False
        self.give_up_at: int | None = now + timeout
        self.acked: bool = False
        self.unconfirmed: bool = False
        self.renewed: bool = False
        self.reason: str = ""
        self.trouble: str | None = None
        self.attempts: int = 0
        self.lost_at: int = now
        self._live_since = now
        self._bad_snapshots = 0
        self._updates_left = 0
        self._restarted_at: int | None = None
        self._backoff.reset()
        self.rhythm: Rhythm = Rhythm(self._timings)
        self.messages: int = 0
        self.heard_at: int = now
        self.sequence: int | None = None
        self.tape: Tape | None = Tape(topic.symbol) if topic.channel == "trade" else None

    def queue(self, due: int | None) -> None:
        """Wait for a subscribe to go out: at `due`, or (None) until others of the same request are ready."""
        self.phase, self.due = Phase.QUEUED, due

    def follow(self, former: "Life") -> None:
        """Take the place of one that is being taken back: its unsubscribe is still awaited."""
        self.phase, self.due, self.req_id, self.asked = former.phase, former.due, former.req_id, former.asked
        self.token = former.token

    def ask(self, req_id: int, now: int, token: Token | None = None) -> None:
        """Note that a subscribe went out, with a token if it needs one."""
        self.phase, self.due = Phase.SUBSCRIBING, now + self._timings.snapshot
        self.req_id, self.acked, self.asked, self.token = req_id, False, self.topic, token
        self.attempts += 1
        if self.tape is not None:
            self.tape.expect_snapshot()

    def answered(self, stamp: str | None, now: int) -> None:
        """Note that the subscribe is acknowledged, at this time of the server's."""
        self.acked, self.unconfirmed, self.renewed = True, False, False
        if self.tape is not None:
            self.tape.begin(stamp)
        if self.is_sparse and self.due is not None:
            self.due = min(self.due, now + self._timings.trades_snapshot)

    def take_back(self, req_id: int, now: int) -> None:
        """Note that an unsubscribe went out."""
        self.phase, self.due = Phase.UNSUBSCRIBING, now + self._timings.unsubscribe_ack
        self.req_id, self.acked = req_id, False
        self._restarted_at = now

    def prove(self, now: int) -> int:
        """Note a verified snapshot; gives the nanoseconds for which the topic was not live."""
        self.phase: Phase = Phase.SETTLING
        self.due = self._next_reproof(now) if self.is_book else None
        self._updates_left = self._timings.settle_updates
        self._bad_snapshots = 0
        self.lost = False
        self.renewed = False  # its token was taken, even if the ack that says so was lost
        self._live_since = now
        self.fulfil()
        self.rhythm.begin(now)
        return now - self.lost_at

    def fulfil(self) -> None:
        """Note that it is what the user has asked for."""
        self.complete, self.give_up_at, self.trouble = True, None, None

    def count_update(self) -> None:
        """Note a verified update: after enough of them the next loss counts as a new one."""
        self._updates_left -= 1
        if self._updates_left <= 0:
            self.phase = Phase.LIVE
            self._backoff.reset()

    def hear(self, now: int) -> None:
        """Note a message of a channel that no engine keeps."""
        self.messages += 1
        self.heard_at = now

    def lose(self, reason: str, now: int) -> None:
        """Note that a live topic is not proven any more."""
        if self.phase is Phase.SETTLING and now - self._live_since >= self._timings.settle_within:
            self._backoff.reset()  # a quiet one has few updates to settle by
        self.reason, self.attempts, self.lost_at = reason, 0, now
        self.lost = True

    def report(self) -> None:
        """Leave a lost topic to the user."""
        self.phase, self.due = Phase.REPORTED, None

    def await_sign_of_life(self) -> None:
        """Hold a lost topic's resync back until its connection speaks again."""
        self.phase, self.due = Phase.BROKEN, None

    def resync(self, now: int) -> None:
        """Plan the next resync: at once the first time, then ever later."""
        self.phase, self.due = Phase.BROKEN, self._next_attempt(now)

    @property
    def is_live(self) -> bool:
        """Whether it can be relied on now."""
        return self.phase in (Phase.SETTLING, Phase.LIVE)

    def resync_at_once(self, now: int) -> None:
        """Plan a resync that no fault has caused."""
        self.phase, self.due = Phase.BROKEN, now

    def slow_down(self, trouble: str, now: int) -> None:
        """Plan a request again that was refused because there were too many."""
        self.trouble = trouble
        if self._backoff.attempts == 0:
            self._backoff.next()  # who was just told to be slower does not come back at once
        if self.phase is Phase.UNSUBSCRIBING:
            self.phase, self.due = Phase.BROKEN, self._next_attempt(now)
        else:
            self.queue(self._next_attempt(now))

    def count_bad_snapshot(self, reason: str) -> bool:
        """Note a snapshot that failed; True if a new subscription should be given up for it."""
        self._bad_snapshots += 1
        self.trouble = f"its snapshot failed: {reason}"
        return not self.complete and self._bad_snapshots >= self._timings.bad_snapshots

    def _next_attempt(self, now: int) -> int:
        at = now + self._backoff.next()
        return at if self._restarted_at is None else max(at, self._restarted_at + self._timings.resync_floor)

    def _next_reproof(self, now: int) -> int | None:
        every = self._timings.reprove_every
        # Shortened at random, so that books which were subscribed together are not all away together.
        return None if every is None else now + round(every * (1 - self._random() / 4))
