"""What the books truly are: read from the simulator's own ladders at the moment when a frame about them is made."""

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Final, final

from havklo.sim.exchange import Exchange
from havklo.sim.market.ladder import Ladder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from havklo.events import Book

__all__ = ["TOP", "Truth", "pack", "read"]

TOP: Final = 10
_KEPT: Final = 6_000  # moments of one book: several minutes of a busy one
_STAMP: Final = slice(-31, -4)  # where a book message, which ends with its timestamp, has it
_EVERY: Final = 97  # one message in so many is judged to its full depth, without any suspicion

Moments = dict[bytes, bytes]


def _pack(sides: tuple[Ladder, Ladder], levels: int) -> bytes:
    """Write the best levels in one row: keys and quantities of the bids, then of the asks; a bid's key is negative."""
    bids, asks = sides
    row = bids.keys[:levels]
    row += [bids.levels[key].qty for key in row]
    keys = asks.keys[:levels]
    row += keys
    row += [asks.levels[key].qty for key in keys]
    return array("q", row).tobytes()


Rows = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"]


def read(book: "Book", precisions: tuple[int, int]) -> Rows:
    """Read a client's book as numbers: prices and quantities of the bids, whose prices are negative, then of the asks.

    Raises:
        BookNotLive: It is not live.
    """
    arrays = book.to_numpy()
    rows = (-arrays.bid_price, arrays.bid_qty, arrays.ask_price, arrays.ask_qty)
    if arrays.price_scale == precisions[0] and arrays.qty_scale == precisions[1]:
        return rows
    # As many decimals as the wire has had so far: none in a book that was always empty.
    price, qty = 10 ** (precisions[0] - arrays.price_scale), 10 ** (precisions[1] - arrays.qty_scale)
    return rows[0] * price, rows[1] * qty, rows[2] * price, rows[3] * qty


def pack(rows: Rows, levels: int | None = None) -> bytes:
    """Write such numbers in one row, of so many levels a side."""
    return b"".join([row[:levels].tobytes() for row in rows])


@final
class Truth:
    """The top ten of every book at each of its messages; its full depth at some of them.

    Args:
        exchange: The markets.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.precisions = {pair.symbol: (pair.price_precision, pair.qty_precision) for pair in exchange.pairs.values()}
        self._exchange = exchange
        self._tops: dict[str, Moments] = {symbol: {} for symbol in exchange.pairs}
        self._whole: defaultdict[tuple[str, int], Moments] = defaultdict(dict)
        self._suspects: dict[tuple[str, int], int] = {}
        self._ladders: dict[str, tuple[Ladder, Ladder]] = {}
        self._count = 0

    def made(self, symbol: str, depth: int, frame: bytes, *, snapshot: bool = False) -> bytes:
        """Take down the truth about a book message that was made just now; gives its timestamp."""
        stamp = frame[_STAMP]
        tops = self._tops[symbol]
        if stamp not in tops:
            tops[stamp] = _pack(self._sides(symbol), TOP)
            if len(tops) > _KEPT:
                for old in list(tops)[: _KEPT // 2]:
                    del tops[old]
        self._count += 1
        if snapshot or self._count % _EVERY == 0 or (symbol, depth) in self._suspects:
            whole = self._whole[symbol, depth]
            whole[stamp] = _pack(self._sides(symbol), depth)
            if len(whole) > _KEPT // 10:
                for old in list(whole)[: _KEPT // 20]:
                    del whole[old]
        return stamp

    def top(self, symbol: str, stamp: str) -> bytes | None:
        """Give the top ten as of a message; None: it is too long ago, or there was no such message."""
        return self._tops[symbol].get(stamp.encode())

    def whole(self, symbol: str, depth: int, stamp: str) -> bytes | None:
        """Give the full depth as of a message, if it was taken down."""
        moments = self._whole.get((symbol, depth))
        return None if moments is None else moments.get(stamp.encode())

    def suspect(self, symbol: str, depth: int, until: int) -> None:
        """Take down the full depth at every message until then: something was done to this book's frames."""
        self._suspects[symbol, depth] = until

    def trust(self, symbol: str, depth: int) -> None:
        """Suspect a book no longer: it rests on a fresh snapshot."""
        self._suspects.pop((symbol, depth), None)

    def forgive(self, now: int) -> None:
        """Suspect no longer what has been so for long enough."""
        self._suspects = {key: until for key, until in self._suspects.items() if until > now}

    def _sides(self, symbol: str) -> tuple[Ladder, Ladder]:
        sides = self._ladders.get(symbol)
        if sides is None:
            sides = self._ladders[symbol] = self._exchange.listing(symbol, 0).market.sides
        return sides
