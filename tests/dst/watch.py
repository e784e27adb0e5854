"""Who looks at a client's books of levels: their best levels must be the exchange's own."""

from typing import TYPE_CHECKING, ClassVar, final

from dst.journal import Journal
from dst.judge import BookJudge, Key
from dst.network import Network
from dst.pipe import Pipe
from dst.truth import TOP, Truth, pack, read
from havklo import BookNotLive
from havklo.events import Book, BookUpdate, CrossedBook, HealthChanged

if TYPE_CHECKING:
    from dst.users import Program

__all__ = ["Watch"]


@final
class Watch(BookJudge):
    """Judges the books of levels of one client.

    Args:
        program: The program that uses it.
        network: Its way to the exchange.
        truth: What its books should be.
        journal: Where violations go.
    """

    CHANNEL: ClassVar[str] = "book"
    UPDATE: ClassVar[type] = BookUpdate
    TOLD: ClassVar[tuple[type, ...]] = (*BookJudge.TOLD, CrossedBook, HealthChanged)

    def __init__(self, program: "Program", network: Network, truth: Truth, journal: Journal) -> None:
        super().__init__(program, network, truth, journal)
        self._truth = truth

    def _is_refused(self, book: Book) -> None:
        refuses(self._journal, book)

    def _judge(self, key: Key, book: Book, pipe: Pipe | None, how: str) -> None:
        symbol, depth = key
        stamp = book.timestamp or ""
        self.reads[how] += 1
        rows = read(book, self._truth.precisions[symbol])
        is_right(self._journal, book, self._true(key, stamp), pack(rows, TOP))
        whole = self._truth.whole(symbol, depth, stamp)
        if whole is not None:
            self._judge_whole(key, pipe, right=pack(rows) == whole)


# -- the invariants


def is_right(journal: Journal, book: Book, true: bytes | None, seen: bytes) -> None:
    """A live book's ten best levels are the exchange's own as of the book's last message."""
    if true is None:
        journal.violate("a message that never was", f"{book.symbol} rests on one of {book.timestamp}")
    elif seen != true:
        journal.violate("a wrong read", f"{book.symbol} at depth {book.depth} as of {book.timestamp}")


def refuses(journal: Journal, book: Book) -> None:
    """A book that is not live answers nothing."""
    try:
        book.best_bid  # noqa: B018  # it must raise
    except BookNotLive:
        return
    journal.violate("an unproven read", f"{book.symbol} answers, and is {book.state}")
