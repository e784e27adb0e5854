"""The books of a client by their symbol, of several depths the deepest."""

from typing import TypeVar, final

from havklo._engine import Book
from havklo.errors import UnknownSymbol

__all__ = ["Shelf"]

B = TypeVar("B", bound=Book)


@final
class Shelf(dict[str, B]):
    """Books of one channel.

    Args:
        channel: The channel, for whoever asks for a book that is not there.
    """

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel

    def __missing__(self, symbol: str) -> B:
        raise UnknownSymbol(symbol, hint=f"subscribe to it first: await kraken.subscribe({self._channel}(...))")

    def add(self, book: B) -> None:
        """Put a book there, unless there is a deeper one."""
        known = self.get(book.symbol)
        if known is None or known.depth < book.depth:
            self[book.symbol] = book

    def remove(self, book: B) -> bool:
        """Take a book away; False if it was not there."""
        if self.get(book.symbol) is not book:
            return False
        del self[book.symbol]
        return True
