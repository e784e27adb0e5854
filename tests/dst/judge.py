"""Who looks at a client's every event, and at its books, whatever is in them: what they say is true, or is not said."""

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dst.journal import Journal
from dst.links import HEALING
from dst.network import Network
from dst.pipe import Pipe
from dst.virtual import SECOND
from havklo import Client
from havklo.events import (
    BreakerChanged,
    Connected,
    ConnectionLost,
    Desync,
    Malformed,
    Moved,
    Refused,
    Resync,
    Silent,
    Stalled,
    SubscriptionLost,
    TradeGap,
)

if TYPE_CHECKING:
    from dst.holder import Holder
    from dst.queues import Queues
    from dst.truth import Truth

__all__ = ["BookJudge", "Key"]

_TOLD: Final = (
    BreakerChanged,
    Connected,
    ConnectionLost,
    Malformed,
    Moved,
    Refused,
    Silent,
    Stalled,
    TradeGap,
)
"""Events that are written down, and judged elsewhere if at all."""

_RULES_OF_REFILL: Final = ("short_side", "better_refill")

Key = tuple[str, int]


class BookJudge(ABC):
    """Judges the books of one client.

    Args:
        holder: Who has them.
        network: Its way to the exchange.
        truth: What they should be.
        journal: Where violations go.

    Attributes:
        desyncs: Desyncs by reason.
        resyncs: What was made live again, by what had broken it.
        deep: How wrong books below the top ten were found out: by a desync, by coming right, or not.
        noticed_after: For how many nanoseconds each of them was wrong.
        reads: Reads judged, by what they were.
    """

    CHANNEL: ClassVar[str]
    UPDATE: ClassVar[type]
    TOLD: ClassVar[tuple[type, ...]] = _TOLD
    OF: ClassVar[str] = ""
    """What is said of such books wherever they are counted."""

    def __init__(self, holder: "Holder", network: Network, truth: "Truth | Queues", journal: Journal) -> None:
        self.desyncs: Counter[str] = Counter()
        self.resyncs: Counter[str] = Counter()
        self.deep: Counter[str] = Counter()
        self.noticed_after: list[int] = []
        self.reads: Counter[str] = Counter()
        self._holder = holder
        self._network = network
        self._trusted = truth
        self._journal = journal
        self._clock = network.clock
        self._latest: dict[Key, str] = {}
        self._held: dict[Key, tuple[str, Any]] = {}
        self._wrong_since: dict[Key, int] = {}
        self._lost: dict[Key, int] = {}
        self._away_since: dict[Key, int] = {}

    def follow(self, kraken: Client) -> None:
        """Be told of everything."""
        self._network.links.follow(kraken)
        kraken.on(self.UPDATE, self._updated)
        kraken.on(Desync, self._desynced)
        kraken.on(Resync, self._resynced)
        kraken.on(SubscriptionLost, self._ended)
        for kind in self.TOLD:
            kraken.on(kind, self._tell)

    # -- what each has of its own

    @abstractmethod
    def _is_refused(self, book: Any) -> None:
        """Judge that a book that is not live answers nothing."""

    @abstractmethod
    def _judge(self, key: Key, book: Any, pipe: Pipe | None, how: str) -> None:
        """Judge what a live book says."""

    def _hears(self, words: str) -> None:  # noqa: B027  # only who has a token has something to hide
        """Judge what an event shows."""

    # -- events

    def _updated(self, update: Any) -> None:
        """In the receive path: the book is that of this very update."""
        pipe, symbol, stamp = self._network.delivering, update.symbol, update.timestamp or ""
        if update.type == "snapshot" and pipe is not None:
            pipe.based_on(symbol, stamp)
            self._trusted.trust(symbol, update.depth)
        key = (symbol, update.depth)
        book = self._holder.books.get(key)
        if book is None:
            return  # the subscription is not complete yet
        if book.timestamp != stamp:
            self._journal.violate("not the book of the update", f"{symbol}: {book.timestamp}, not {stamp}")
        never_backwards_without_a_fault(self._journal, pipe, symbol, self._latest.get(key, ""), stamp)
        self._latest[key] = stamp
        self._judge(key, book, pipe, "after an update")

    def _desynced(self, desync: Desync) -> None:
        """A book may not be read from this instant on, and there is a fault that explains it."""
        self._tell(desync)
        self.desyncs[f"{desync.reason.value}{self.OF}"] += 1
        pipe = self._network.delivering
        for symbol in desync.symbols:
            key = self._key(symbol)
            self._note_end_of_wrong(key, f"noticed by {desync.reason.value}")
            is_thin = self._network.house.is_thin(symbol, key[1])
            never_lost_without_a_fault(self._journal, pipe, symbol, desync.reason.value, is_thin=is_thin)
            book = self._holder.books.get(key)
            if book is not None:
                self._lost[key] = self._clock.now()
                self._is_refused(book)

    def _resynced(self, resync: Resync) -> None:
        self._tell(resync)
        self.resyncs[f"{resync.reason}{self.OF if resync.channel == self.CHANNEL else ''}"] += 1
        if resync.channel == self.CHANNEL:
            key = self._key(resync.symbol)
            self._note_end_of_wrong(key, f"mended by a resync: {resync.reason}")
            self._lost.pop(key, None)

    def _ended(self, event: SubscriptionLost) -> None:
        self._tell(event)
        if event.channel == self.CHANNEL:
            # Not always while a frame is delivered: a token that can't be had is a reason, too.
            held = self._holder.books.items()
            for key in [key for key, book in held if key[0] == event.symbol and book.state == "closed"]:
                self._lost.pop(key, None)
                self._holder.let_go(key)

    def _tell(self, event: object) -> None:
        self._journal.counts[f"event {type(event).__name__}"] += 1
        words = repr(event)
        self._hears(words)
        self._journal.note(f"tells {self._holder.number}", words)

    # -- reads

    def look(self, key: Key, book: Any) -> None:
        """Read a book at any instant; one that is not live refuses."""
        if book.state == "live":
            self._judge(key, book, None, "at any instant")
        else:
            self.reads["refused"] += 1
            self._is_refused(book)

    def _true(self, key: Key, stamp: str) -> Any:
        """What the top of a book should be as of a message; None if there was no such message."""
        true = self._trusted.top(key[0], stamp)
        if true is None:
            held = self._held.get(key)
            return held[1] if held is not None and held[0] == stamp else None
        self._held[key] = (stamp, true)
        return true

    def _judge_whole(self, key: Key, pipe: Pipe | None, *, right: bool) -> None:
        self.reads[f"to the full depth{self.OF}"] += 1
        if right:
            self._note_end_of_wrong(key, "came right by itself")
        elif key not in self._wrong_since:
            self._wrong_since[key] = self._clock.now()
            never_wrong_without_a_fault(self._journal, pipe, key)

    def _note_end_of_wrong(self, key: Key, how: str) -> None:
        since = self._wrong_since.pop(key, None)
        if since is not None:
            self.deep[f"{how}{self.OF}"] += 1
            self.noticed_after.append(self._clock.now() - since)

    # -- healing

    def sweep(self) -> None:
        """See to it that every wanted book is live, or has reason not to be."""
        now = self._clock.now()
        pipes = self._network.pipes[-20:]
        self._network.links.sweep(max(self._network.disturbed_at, *(pipe.disturbed_at for pipe in pipes), 0))
        for key, book in self._holder.books.items():
            if book.state == "live":
                self._away_since.pop(key, None)
                if self._lost.pop(key, None) is not None:
                    self._journal.violate("healed without a word", f"{key[0]} at depth {key[1]}")
            elif key in self._holder.left_to_the_user:
                self._away_since.pop(key, None)
            else:
                since = self._away_since.setdefault(key, now)
                if now - since > HEALING:
                    heals_in_time(self._journal, self._network, key, now - max(since, self._harmed_at(key)))

    def forget(self, key: Key) -> None:
        """A book is wanted no more."""
        for known in (self._latest, self._held, self._wrong_since, self._lost, self._away_since):
            known.pop(key, None)

    def still_wrong(self) -> int:
        """How many books are wrong below the top ten, and nothing has told so."""
        return len(self._wrong_since)

    def _harmed_at(self, key: Key) -> int:
        """When anything was last done to a book's way."""
        symbol, depth = key
        pipe = next((each for each in reversed(self._network.pipes) if each.wire.depths.get(symbol) == depth), None)
        if pipe is None:
            return self._network.harmed_at
        return max(self._network.harmed_at, pipe.disturbed_at, pipe.touched.get(symbol, 0))

    def _key(self, symbol: str) -> Key:
        """Which book is meant, now that a frame about it is being delivered."""
        pipe = self._network.delivering
        depth = 0 if pipe is None else pipe.wire.depths.get(symbol, 0)
        return symbol, depth


# -- the invariants


def never_lost_without_a_fault(
    journal: Journal, pipe: Pipe | None, symbol: str, reason: str, *, is_thin: bool = False
) -> None:
    """A desync has its cause in a fault on the book's own way since its snapshot.

    Or its market has just as many levels as the book: nothing can move into view then, which two of the rules expect.
    """
    if is_thin and reason in _RULES_OF_REFILL:
        journal.counts["desyncs of books that show all there is"] += 1
    elif pipe is None or not pipe.is_to_blame(symbol):
        journal.violate("a desync without a fault", f"{symbol}: {reason}, on {pipe}")


def never_wrong_without_a_fault(journal: Journal, pipe: Pipe | None, key: Key) -> None:
    """What lies below the ten best levels is wrong only if something was done to the book's frames."""
    if pipe is not None and not pipe.is_to_blame(key[0]):
        journal.violate("wrong below the top without a fault", f"{key[0]} at depth {key[1]}, on {pipe}")


def never_backwards_without_a_fault(journal: Journal, pipe: Pipe | None, symbol: str, before: str, stamp: str) -> None:
    """A book's messages come in the order of their timestamps, unless they were swapped on the way."""
    if stamp < before:
        journal.counts["verified messages out of their order"] += 1
        if pipe is None or not pipe.is_to_blame(symbol):
            journal.violate("backwards without a fault", f"{symbol}: {stamp} after {before}, on {pipe}")


def heals_in_time(journal: Journal, network: Network, key: Key, peace: int) -> None:
    """A wanted book is live again a while after the last harm to its way."""
    if peace > HEALING:
        journal.violate(
            "not healed",
            f"{key[0]} at depth {key[1]} of {network.address}, {peace / SECOND:.1f} s after the last harm to its way",
        )
