"""What a client has counted in its life, those books and subscriptions included that are gone."""

from collections import Counter
from collections.abc import Iterable
from typing import final

from havklo import events
from havklo._engine import Book, BookStatistics
from havklo._protocol.quantiles import Samples

__all__ = ["Totals"]


@final
class Totals:
    """Counters that never fall, so that rates can be taken of them.

    Attributes:
        messages: Book messages.
        verified: Those of them that were proven.
        desyncs: Desyncs by their cause.
        resyncs: Subscriptions that were made live again, by the reason they were lost for.
        resync_took: For how long they were not live.
        dropped: Events that ended subscriptions did not see on their own.
        rows: Events of channels that no engine keeps.
        repaired: Trades that were missed and taken from a later snapshot.
        gaps: Holes in the trades that could not be repaired.
    """

    def __init__(self) -> None:
        self.messages: int = 0
        self.verified: int = 0
        self.desyncs: Counter[str] = Counter()
        self.resyncs: Counter[str] = Counter()
        self.resync_took: Samples = Samples()
        self.dropped = 0
        self.rows = 0
        self.repaired = 0
        self.gaps = 0

    def add(self, book: BookStatistics) -> None:
        """Count what a book has counted."""
        self.messages += book.messages
        self.verified += book.verified
        self.desyncs.update({cause.value: count for cause, count in book.desyncs.items()})

    def healed(self, event: events.Resync) -> None:
        """Count a resync."""
        self.resyncs[event.reason] += 1
        self.resync_took.add(event.took_ns)

    def with_books(self, books: Iterable[Book]) -> "Totals":
        """Give the messages, proofs and desyncs of all books, those that are there now included."""
        together = Totals()
        together.messages, together.verified = self.messages, self.verified
        together.desyncs.update(self.desyncs)
        for book in books:
            together.add(book.statistics())
        return together
