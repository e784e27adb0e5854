"""Turns the messages of verified books into `Spread` events, for those who want them."""

from collections.abc import Callable, Mapping
from typing import final

from havklo._engine import Book, BookUpdate, Level3Book, Level3Update, Top
from havklo.events import Spread

__all__ = ["Spreads"]


@final
class Spreads:
    """Notices when the best bid or ask of a symbol changes.

    Args:
        books: The client's level-2 books: of several depths of a symbol the one that counts here.
        level3: Its level-3 books likewise. One of them counts while its symbol has no level-2 book.
    """

    def __init__(self, books: Mapping[str, Book], level3: Mapping[str, Level3Book]) -> None:
        self._books = books
        self._level3 = level3
        self._latest: dict[str, Top] = {}

    def feed(self, update: BookUpdate | Level3Update, tell: Callable[[Spread], None]) -> None:
        """Take a book message, and tell if it has changed the best levels."""
        top, symbol = update.top, update.symbol
        if top is None or self._latest.get(symbol) == top:
            return
        book = self._books.get(symbol)
        if type(update) is Level3Update:
            if book is not None:
                return
            book = self._level3.get(symbol)
        if book is not None and book.depth != update.depth:
            return
        self._latest[symbol] = top
        bid, ask = top.bid, top.ask
        tell(
            Spread(
                symbol=symbol,
                bid=bid.price,
                bid_qty=bid.qty,
                ask=ask.price,
                ask_qty=ask.qty,
                timestamp=update.timestamp,
                recv_ns=update.recv_ns,
            )
        )
