"""Who looks at a client's level-3 books: each queue, and each place in it, must be the truth or must not be said."""

import random
from typing import TYPE_CHECKING, ClassVar, Final, final

from dst.journal import Journal
from dst.judge import BookJudge, Key
from dst.network import Network
from dst.pipe import Pipe
from dst.queues import PROVEN, Queue, Queues, place_of
from havklo import BookNotLive
from havklo.events import Level3Book, Level3Update, QueueChange

if TYPE_CHECKING:
    from dst.readers import Reader

__all__ = ["OrderWatch"]

_PLACES: Final = 2  # orders of each read whose place is asked for


@final
class OrderWatch(BookJudge):
    """Judges the level-3 books of one client.

    Args:
        reader: The program that uses it.
        network: Its way to the exchange.
        queues: What its books should be.
        journal: Where violations go.
        rng: Chooses the orders whose places are asked for.
    """

    CHANNEL: ClassVar[str] = "level3"
    UPDATE: ClassVar[type] = Level3Update
    OF: ClassVar[str] = " of level 3"

    def __init__(
        self, reader: "Reader", network: Network, queues: Queues, journal: Journal, rng: random.Random
    ) -> None:
        super().__init__(reader, network, queues, journal)
        self._reader = reader
        self._queues = queues
        self._random = rng

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

    def _is_refused(self, book: Level3Book) -> None:
        refuses_orders(self._journal, book)

    def _hears(self, words: str) -> None:
        never_shows_a_token(self._journal, words, self._reader.counter.issued)

    def _judge(self, key: Key, book: Level3Book, pipe: Pipe | None, how: str) -> None:
        symbol, depth = key
        stamp = book.timestamp or ""
        self.reads[f"{how}{self.OF}"] += 1
        true = self._true(key, stamp)
        seen = self._queues.read(book, PROVEN)
        are_the_orders(self._journal, book, true, seen)
        if true is not None and seen == true:
            self._judge_places(book, seen)
        if depth > PROVEN:
            whole = self._queues.whole(symbol, depth, stamp)
            if whole is not None:
                self._judge_whole(key, pipe, right=self._queues.read(book) == whole)

    def _judge_places(self, book: Level3Book, true: tuple[Queue, Queue]) -> None:
        for _ in range(_PLACES):
            queue = true[self._random.random() < 0.5]
            if queue:
                at = int(self._random.random() * len(queue))
                place = self._queues.place(book.symbol, book.queue_position(queue[at][1]))
                is_in_its_place(self._journal, book.symbol, queue[at][1], place, place_of(queue, at))


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
