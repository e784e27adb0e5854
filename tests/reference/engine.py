"""The reference for a whole connection: books by symbol, and frames that name them."""

from collections.abc import Iterable
from dataclasses import dataclass

from reference.book import RULES, Desync, ReferenceBook, Update
from reference.message import MalformedMessageError, decode


@dataclass(frozen=True)
class Malformed:
    """A frame that is none, or whose fault can't be put to a tracked book."""


Result = Update | Desync | Malformed | None


class ReferenceEngine:
    """Several books on one connection, with the engine's contract."""

    def __init__(self, rules: Iterable[str] = RULES) -> None:
        self.rules = tuple(rules)
        self.books: dict[str, ReferenceBook] = {}
        self.closed: dict[str, ReferenceBook] = {}

    def track(self, symbol: str, depth: int = 10, precision: tuple[int, int] | None = None) -> ReferenceBook:
        """Starts a book; it awaits its snapshot."""
        self.books[symbol] = ReferenceBook(symbol, depth, precision, self.rules)
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
            return self._malformed(error)
        if message is None or message.symbol not in self.books:
            return None
        return self.books[message.symbol].apply(message)

    def _malformed(self, error: MalformedMessageError) -> Desync | Malformed:
        named = tuple(symbol for symbol in error.symbols if symbol in self.books)
        for symbol in named:
            self.books[symbol].state = "desynced"
        return Desync(named, "malformed") if named else Malformed()
