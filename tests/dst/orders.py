"""Who looks at a client's level-3 books: each queue, and each place in it, must be the truth or must not be said."""

import random
from collections import Counter
from typing import TYPE_CHECKING, Final, final

from dst.journal import Journal
from dst.links import HEALING
from dst.network import Network
from dst.pipe import Pipe
from dst.queues import PROVEN, Queue, Queues, place_of
from dst.watch import (
    Key,
    heals_in_time,
    never_backwards_without_a_fault,
    never_lost_without_a_fault,
    never_wrong_without_a_fault,
)
from havklo import BookNotLive, Client
from havklo.events import (
    BreakerChanged,
    Connected,
    ConnectionLost,
    Desync,
    Level3Book,
    Level3Update,
    Malformed,
    Moved,
    QueueChange,
    Refused,
    Resync,
    Silent,
    Stalled,
    SubscriptionLost,
    TradeGap,
)

if TYPE_CHECKING:
    from dst.readers import Reader

__all__ = ["OrderWatch"]

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
_PLACES: Final = 2  # orders of each read whose place is asked for


@final
class OrderWatch:
    """Judges the level-3 books of one client.

    Args:
        reader: The program that uses it.
        network: Its way to the exchange.
        queues: What its books should be.
        journal: Where violations go.
        rng: Chooses the orders whose places are asked for.

    Attributes:
        desyncs: Desyncs by reason.
        resyncs: Books that were made live again, by what had broken them.
        deep: How wrong books below the ten best levels were found out: by a desync, by coming right, or not.
        noticed_after: For how many nanoseconds each of them was wrong.
        reads: Reads judged, by what they were.
    """

    def __init__(
        self, reader: "Reader", network: Network, queues: Queues, journal: Journal, rng: random.Random
    ) -> None:
        self.desyncs: Counter[str] = Counter()
        self.resyncs: Counter[str] = Counter()
        self.deep: Counter[str] = Counter()
        self.noticed_after: list[int] = []
        self.reads: Counter[str] = Counter()
        self._reader = reader
        self._network = network
        self._queues = queues
        self._journal = journal
        self._random = rng
        self._clock = network.clock
        self._latest: dict[Key, str] = {}
        self._held: dict[Key, tuple[str, tuple[Queue, Queue]]] = {}
        self._wrong_since: dict[Key, int] = {}
        self._lost: dict[Key, int] = {}
        self._away_since: dict[Key, int] = {}

    def follow(self, kraken: Client) -> None:
        """Be told of everything."""
        self._network.links.follow(kraken)
        kraken.on(Level3Update, self._updated)
        kraken.on(Desync, self._desynced)
        kraken.on(Resync, self._resynced)
        kraken.on(SubscriptionLost, self._ended)
        for kind in _TOLD:
            kraken.on(kind, self._tell)

    # -- events

    def _updated(self, update: Level3Update) -> None:
        """In the receive path: the book is that of this very update."""
        pipe, symbol, stamp = self._network.delivering, update.symbol, update.timestamp or ""
        if update.type == "snapshot" and pipe is not None:
            pipe.based_on(symbol, stamp)
            self._queues.trust(symbol, update.depth)
        key = (symbol, update.depth)
        book = self._reader.books.get(key)
        if book is None:
            return  # the subscription is not complete yet
        if book.timestamp != stamp:
            self._journal.violate("not the book of the update", f"{symbol}: {book.timestamp}, not {stamp}")
        never_backwards_without_a_fault(self._journal, pipe, symbol, self._latest.get(key, ""), stamp)
        self._latest[key] = stamp
        self._judge(key, book, pipe, "after a level-3 update")

    def _desynced(self, desync: Desync) -> None:
        """A book may not be read from this instant on, and there is a fault that explains it."""
        self._tell(desync)
        self.desyncs[f"{desync.reason.value} of level 3"] += 1
        pipe = self._network.delivering
        for symbol in desync.symbols:
            key = self._key(symbol)
            self._note_end_of_wrong(key, f"noticed by {desync.reason.value}")
            is_thin = self._network.house.is_thin(symbol, key[1])
            never_lost_without_a_fault(self._journal, pipe, symbol, desync.reason.value, is_thin=is_thin)
            book = self._reader.books.get(key)
            if book is not None:
                self._lost[key] = self._clock.now()
                refuses_orders(self._journal, book)

    def _resynced(self, resync: Resync) -> None:
        self._tell(resync)
        if resync.channel == "level3":
            self.resyncs[f"{resync.reason} of level 3"] += 1
            key = self._key(resync.symbol)
            self._note_end_of_wrong(key, f"mended by a resync: {resync.reason}")
            self._lost.pop(key, None)

    def _ended(self, event: SubscriptionLost) -> None:
        self._tell(event)
        if event.channel == "level3":
            # Not always while a frame is delivered: a token that can't be had is a reason, too.
            gone = [
                key for key, book in self._reader.books.items() if key[0] == event.symbol and book.state == "closed"
            ]
            for key in gone:
                self._lost.pop(key, None)
                self._reader.let_go(key)

    def _tell(self, event: object) -> None:
        self._journal.counts[f"event {type(event).__name__}"] += 1
        words = repr(event)
        never_shows_a_token(self._journal, words, self._reader.counter.issued)
        self._journal.note(f"tells {self._reader.number}", words)

    # -- reads

    def look(self, key: Key, book: Level3Book) -> None:
        """Read a book at any instant; one that is not live refuses."""
        if book.state == "live":
            self._judge(key, book, None, "of orders at any instant")
        else:
            self.reads["refused"] += 1
            refuses_orders(self._journal, book)

    def judge_change(self, change: QueueChange, before: QueueChange | None) -> None:
        """Judge what is told of a tracked order: its place was the true one, and follows the one told before."""
        self.reads[f"of a tracked order: {change.cause}"] += 1
        if before is not None:
            goes_on(self._journal, before, change)
        place = self._queues.place(change.symbol, change.after)
        if place.exactness == "exact":
            true = self._queues.top(change.symbol, change.timestamp or "")
            if true is not None:
                places = [
                    place_of(queue, at)
                    for queue in true
                    for at, entry in enumerate(queue)
                    if entry[1] == change.order_id
                ]
                is_in_its_place(self._journal, change.symbol, change.order_id, place, places[0] if places else None)

    def _judge(self, key: Key, book: Level3Book, pipe: Pipe | None, how: str) -> None:
        symbol, depth = key
        stamp = book.timestamp or ""
        true = self._queues.top(symbol, stamp)
        if true is None:
            held = self._held.get(key)
            true = held[1] if held is not None and held[0] == stamp else None
        else:
            self._held[key] = (stamp, true)
        self.reads[how] += 1
        seen = self._queues.read(book, PROVEN)
        are_the_orders(self._journal, book, true, seen)
        if true is not None and seen == true:
            self._judge_places(book, seen)
        if depth > PROVEN:
            whole = self._queues.whole(symbol, depth, stamp)
            if whole is not None:
                self._judge_whole(key, self._queues.read(book) == whole, pipe)

    def _judge_places(self, book: Level3Book, true: tuple[Queue, Queue]) -> None:
        for _ in range(_PLACES):
            queue = true[self._random.random() < 0.5]
            if queue:
                at = int(self._random.random() * len(queue))
                place = self._queues.place(book.symbol, book.queue_position(queue[at][1]))
                is_in_its_place(self._journal, book.symbol, queue[at][1], place, place_of(queue, at))

    def _judge_whole(self, key: Key, right: bool, pipe: Pipe | None) -> None:
        self.reads["of orders to the full depth"] += 1
        if right:
            self._note_end_of_wrong(key, "came right by itself")
        elif key not in self._wrong_since:
            self._wrong_since[key] = self._clock.now()
            never_wrong_without_a_fault(self._journal, pipe, key)

    def _note_end_of_wrong(self, key: Key, how: str) -> None:
        since = self._wrong_since.pop(key, None)
        if since is not None:
            self.deep[f"{how}, of level 3"] += 1
            self.noticed_after.append(self._clock.now() - since)

    # -- healing

    def sweep(self) -> None:
        """See to it that every wanted book is live, or has reason not to be."""
        now = self._clock.now()
        pipes = self._network.pipes[-20:]
        self._network.links.sweep(max(self._network.disturbed_at, *(pipe.disturbed_at for pipe in pipes), 0))
        for key, book in self._reader.books.items():
            if book.state == "live":
                self._away_since.pop(key, None)
                if self._lost.pop(key, None) is not None:
                    self._journal.violate("healed without a word", f"{key[0]} at depth {key[1]}")
            elif key in self._reader.left_to_the_user:
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
        """How many books are wrong below the ten best levels, and nothing has told so."""
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


def are_the_orders(
    journal: Journal, book: Level3Book, true: tuple[Queue, Queue] | None, seen: tuple[Queue, Queue]
) -> None:
    """A live book's orders in its ten best levels are the exchange's own, each in its place, as of its last message."""
    if true is None:
        journal.violate("a message that never was", f"{book.symbol} rests on one of {book.timestamp}")
    elif seen != true:
        journal.violate("a wrong queue", f"{book.symbol} at depth {book.depth} as of {book.timestamp}")


def is_in_its_place(journal: Journal, symbol: str, order_id: str, seen: object, true: object) -> None:
    """Where a book says that an order stands, it stands."""
    if seen != true:
        journal.violate("a wrong place", f"{order_id} of {symbol}: {seen}, but it is {true}")


def goes_on(journal: Journal, before: QueueChange, change: QueueChange) -> None:
    """What is told of a tracked order goes on from what was told before, unless both are of one message."""
    ends, begins = ((place.orders_ahead, place.qty_ahead) for place in (before.after, change.before))
    if ends != begins and change.timestamp != before.timestamp:
        journal.violate("a change left out", f"{change.order_id} of {change.symbol}: {change}, after {before}")


def refuses_orders(journal: Journal, book: Level3Book) -> None:
    """A book that is not live answers nothing."""
    for ask in (lambda: book.best_bid, lambda: book.orders("bid"), lambda: book.queue_position("O")):
        try:
            ask()
        except BookNotLive:
            continue
        journal.violate("an unproven read", f"{book.symbol} answers, and is {book.state}")
        return


def never_shows_a_token(journal: Journal, words: str, tokens: object) -> None:
    """No event has a token in it."""
    for token in tokens:  # type: ignore[attr-defined]
        if token in words:
            journal.violate("a token is shown", "in an event")
