"""The reference for a connection to the level3 channel: books by symbol, and frames that name them."""

from collections.abc import Iterable

from reference.book import RULES, Desync
from reference.engine import Malformed
from reference.level3.book import ReferenceBook, Update
from reference.level3.message import decode
from reference.level3.telling import Priority
from reference.message import MalformedMessageError

Result = Update | Desync | Malformed | None


class ReferenceEngine:
    """Several level-3 books on one connection."""

    def __init__(self, rules: Iterable[str] = RULES) -> None:
        self.rules = tuple(rules)
        self.books: dict[str, ReferenceBook] = {}
        self.closed: dict[str, ReferenceBook] = {}

    def track(
        self,
        symbol: str,
        depth: int = 10,
        precision: tuple[int, int] | None = None,
        priority: Priority | None = None,
    ) -> ReferenceBook:
        """Starts a book; it awaits its snapshot."""
        self.books[symbol] = ReferenceBook(symbol, depth, precision, self.rules, priority)
        return self.books[symbol]

    def untrack(self, symbol: str) -> None:
        """Closes a book; its frames are then nobody's."""
        book = self.books.pop(symbol)
        book.state = "closed"
        self.closed[symbol] = book

    def suspend(self, symbol: str | None = None) -> None:
        """Takes one book, or all, back to awaiting."""
        for book in self.books.values() if symbol is None else [self.books[symbol]]:
            book.state = "awaiting"

    def receive(self, frame: bytes) -> Result:
        """Takes one frame in and says what comes of it."""
        try:
            message = decode(frame)
        except MalformedMessageError as error:
            named = tuple(symbol for symbol in error.symbols if symbol in self.books)
            for symbol in named:
                self.books[symbol].state = "desynced"
            return Desync(named, "malformed") if named else Malformed()
        if message is None or message.symbol not in self.books:
            return None
        return self.books[message.symbol].apply(message)
