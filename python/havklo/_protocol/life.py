"""One topic's life on one connection: wanted, asked for, proven, lost, taken back and asked for again."""

from collections.abc import Callable
from enum import Enum
from typing import final

import msgspec

from havklo._protocol.backoff import Backoff
from havklo.channels import Topic

__all__ = ["Life", "Phase", "Timings"]

_SECOND = 1_000_000_000


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """A session's patience, in nanoseconds and counts.

    Attributes:
        subscribe_timeout: How long a new subscription may take to become live.
        snapshot: How long one attempt waits for its snapshot before the next.
        unsubscribe_ack: How long a subscribe is held back for the ack of the unsubscribe before it.
        stall_after: Silence after which books are suspended and a ping goes out.
        dead_after: Silence after which the connection is given up.
        resync_floor: The shortest time between two resyncs of one book.
        stable_after: How long a connection must have held for the next reconnect to be immediate again.
        served_wait: The longest wait after a connection that had not held, but had made a book live. Kraken asks for
            5 s between attempts and for fewer than 150 in ten minutes.
        reprove_every: How often a live book is proven by a fresh snapshot, or None.
        bad_snapshots: After how many snapshots that fail a new subscription is given up.
        settle_updates: How many verified updates after its snapshot end a book's convalescence.
    """

    subscribe_timeout: int = 10 * _SECOND
    snapshot: int = 5 * _SECOND
    unsubscribe_ack: int = 2 * _SECOND
    stall_after: int = 3 * _SECOND
    dead_after: int = 10 * _SECOND
    resync_floor: int = _SECOND // 2
    stable_after: int = 10 * _SECOND
    served_wait: int = 5 * _SECOND
    reprove_every: int | None = None
    bad_snapshots: int = 5
    settle_updates: int = 5


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
        complete: Whether it has ever been live.
        give_up_at: When it fails if it has not been complete by then.
        req_id: The id of the latest request for it.
        acked: Whether that request's ack has come.
        reason: What broke it.
        trouble: What stood in the way of the latest attempt.
        attempts: How many subscribes went out since it was lost.
    """

    __slots__ = (
        "_backoff",
        "_bad_snapshots",
        "_lost_at",
        "_random",
        "_restarted_at",
        "_timings",
        "_updates_left",
        "acked",
        "attempts",
        "complete",
        "due",
        "give_up_at",
        "phase",
        "reason",
        "req_id",
        "timeout",
        "topic",
        "trouble",
        "wanted",
    )

    def __init__(self, topic: Topic, now: int, timeout: int, timings: Timings, random: Callable[[], float]) -> None:
        self._timings = timings
        self._random = random
        self._backoff = Backoff(random)
        self.req_id: int | None = None
        self.renew(topic, now, timeout)
        self.queue(now)

    def __repr__(self) -> str:
        return f"<Life {self.topic}: {self.phase.value}{'' if self.wanted else ', unwanted'}>"

    def renew(self, topic: Topic, now: int, timeout: int) -> None:
        """Begin as if never wanted before; an unsubscribe under way is still awaited."""
        self.topic = topic
        self.timeout = timeout
        self.wanted = True
        self.complete = False
        self.give_up_at: int | None = now + timeout
        self.acked = False
        self.reason = ""
        self.trouble: str | None = None
        self.attempts = 0
        self._lost_at = now
        self._bad_snapshots = 0
        self._updates_left = 0
        self._restarted_at: int | None = None
        self._backoff.reset()

    def queue(self, due: int | None) -> None:
        """Wait for a subscribe to go out: at `due`, or (None) until others of the same request are ready."""
        self.phase, self.due = Phase.QUEUED, due

    def ask(self, req_id: int, now: int) -> None:
        """Note that a subscribe went out."""
        self.phase, self.due = Phase.SUBSCRIBING, now + self._timings.snapshot
        self.req_id, self.acked = req_id, False
        self.attempts += 1

    def take_back(self, req_id: int, now: int) -> None:
        """Note that an unsubscribe went out."""
        self.phase, self.due = Phase.UNSUBSCRIBING, now + self._timings.unsubscribe_ack
        self.req_id, self.acked = req_id, False
        self._restarted_at = now

    def prove(self, now: int) -> int:
        """Note a verified snapshot; gives the nanoseconds for which the topic was not live."""
        self.phase = Phase.SETTLING
        self.due = self._next_reproof(now)
        self._updates_left = self._timings.settle_updates
        self._bad_snapshots = 0
        self.complete, self.give_up_at, self.trouble = True, None, None
        return now - self._lost_at

    def count_update(self) -> None:
        """Note a verified update: after enough of them the next loss counts as a new one."""
        self._updates_left -= 1
        if self._updates_left <= 0:
            self.phase = Phase.LIVE
            self._backoff.reset()

    def lose(self, reason: str, now: int) -> None:
        """Note that a live topic is not proven any more."""
        self.reason, self.attempts, self._lost_at = reason, 0, now

    def report(self) -> None:
        """Leave a lost topic to the user."""
        self.phase, self.due = Phase.REPORTED, None

    def await_sign_of_life(self) -> None:
        """Hold a lost topic's resync back until its connection speaks again."""
        self.phase, self.due = Phase.BROKEN, None

    def resync(self, now: int) -> None:
        """Plan the next resync: at once the first time, then ever later."""
        self.phase, self.due = Phase.BROKEN, self._next_attempt(now)

    def resync_at_once(self, now: int) -> None:
        """Plan a resync that no fault has caused."""
        self.phase, self.due = Phase.BROKEN, now

    def requeue(self, trouble: str, now: int) -> None:
        """Plan the next subscribe after one that left nothing on the wire."""
        self.trouble = trouble
        if self._backoff.attempts == 0:
            self._backoff.next()  # who was just told to be slower does not come back at once
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
