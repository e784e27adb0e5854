"""The fixed pure-Python reference of `best_python_book.py`: what a careful user writes by hand."""

from collections.abc import Callable, Iterator, Sequence

from peers import Peer, UnverifiedError
from peers.best_python_book import make_book


class ByHand:
    """One book of the reference."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self._handle, self.top = make_book(depth)
        assert self._handle(snapshot)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        handle = self._handle
        for message in messages:
            if not handle(message):
                raise UnverifiedError(message)
        return len(messages)


def read(running: ByHand) -> tuple[str, dict[str, object]]:
    """Read the best bid; the reference gives both sides at once, as floats."""
    return "top()[0]", {"top": running.top}


def hold(frames: Iterator[bytes]) -> object:
    """Keep a book for every symbol."""
    books: dict[bytes, Callable[[bytes], bool]] = {}
    for frame in frames:
        symbol = frame.partition(b'"symbol":"')[2].partition(b'"')[0]
        if symbol not in books:
            books[symbol] = make_book(10)[0]
        assert books[symbol](frame)
    return books


PEER = Peer(
    name="pure Python, by hand",
    package=None,
    make=ByHand,
    read=read,
    hold=hold,
    note="the fixed reference: one known pair of precisions, floats",
)
