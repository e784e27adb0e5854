"""The judge of books: each book is read after every message and at random instants, and compared with the true one."""

import random
from collections.abc import Iterable
from typing import Any, Final, final

from havklo import BookNotLive, BookState, Client
from havklo.channels import book
from havklo.events import BookUpdate, ConnectionLost, Desync, Level, Malformed, Stalled
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.wire.stamps import micros
from matrix.venue import FarKraken

__all__ = ["Books"]

DEPTH: Final = 25
TOP: Final = 10
_LOSSES: Final = (Desync, Malformed, Stalled, ConnectionLost)


@final
class Books:
    """Reads books as a program would, and knows what they should say.

    Attributes:
        noticed: When something was seen to be wrong, in monotonic nanoseconds.
    """

    def __init__(self, far: FarKraken, kraken: Client, seed: int) -> None:
        self.noticed: list[int] = []
        self._far = far
        self._kraken = kraken
        self._random = random.Random(f"{seed} reads")
        self._precisions = {name: (pair.price_precision, pair.qty_precision) for name, pair in far.pairs.items()}
        self._reads = self._refused = self._unjudged = self._wrong = self._deep = 0
        self._disturbed: set[str] = set()
        self._open: dict[str, int] = {}  # since when a level below the top ten is wrong
        self._deep_noticed: list[int] = []
        self._deep_passed = 0
        kraken.on(BookUpdate, self._updated)
        kraken.on(Desync, self._desynced)
        for loss in _LOSSES:
            kraken.on(loss, self._lost)

    async def subscribe(self) -> None:
        """Subscribe to all there is."""
        await self._kraken.subscribe(book(*self._far.symbols, depth=DEPTH), timeout=60.0)

    def read(self) -> None:
        """Read the ten best levels of a book at any instant."""
        symbol = self._random.choice(self._far.symbols)
        try:
            snapshot = self._kraken.books[symbol].snapshot(TOP)
        except BookNotLive:
            self._refused += 1
            return
        self._reads += 1
        try:
            bids, asks = self._far.ladder(symbol, TOP, snapshot.timestamp)
        except LookupError:
            self._unjudged += 1
            return
        self._wrong += (_texts(snapshot.bids), _texts(snapshot.asks)) != (bids, asks)

    def is_well(self) -> bool:
        """Whether every book can be read."""
        return all(each.state is BookState.LIVE for each in self._kraken.books.values())

    def write_off(self) -> None:
        """Do nothing: a book that is away stays away."""

    async def end(self) -> None:
        """Do nothing: all of it can be compared at any time."""

    def figures(self) -> dict[str, Any]:
        """What came out: counts, and times in nanoseconds."""
        return {
            "reads": self._reads,
            "refused": self._refused,
            "unjudged": self._unjudged,
            "wrong": self._wrong,
            "deep": self._deep,
            "deep_noticed": sorted(self._deep_noticed),
            "deep_passed": self._deep_passed,
            "deep_left": len(self._open),
            "disturbed": sorted(self._disturbed),
        }

    def _updated(self, update: BookUpdate) -> None:
        seen = self._kraken.books.get(update.symbol)
        if seen is None:
            return  # its first snapshot: the subscription is not complete yet
        self._reads += 1
        arrays = seen.to_numpy()
        bids = list(zip(arrays.bid_price.tolist(), arrays.bid_qty.tolist(), strict=True))
        asks = list(zip(arrays.ask_price.tolist(), arrays.ask_qty.tolist(), strict=True))
        history = self._far.listing(update.symbol).history
        try:
            moment = micros(update.timestamp or "")
            true_bids, true_asks = history.at(moment, BID)[:DEPTH], history.at(moment, ASK)[:DEPTH]
        except LookupError:
            self._unjudged += 1
            return
        scales = (arrays.price_scale, arrays.qty_scale) == self._precisions[update.symbol]
        if not scales or bids[:TOP] != true_bids[:TOP] or asks[:TOP] != true_asks[:TOP]:
            self._wrong += 1
        elif (bids, asks) != (true_bids, true_asks):
            self._deep += 1
            self._open.setdefault(update.symbol, self._far.clock.now())
        elif self._open.pop(update.symbol, None) is not None:
            self._deep_passed += 1

    def _desynced(self, desync: Desync) -> None:
        self._disturbed.update(desync.symbols)
        self._close(desync.symbols)
        for symbol in desync.symbols:
            # From this instant on nobody may get an answer.
            seen = self._kraken.books.get(symbol)
            self._wrong += seen is not None and seen.top is not None

    def _lost(self, event: object) -> None:
        self.noticed.append(self._far.clock.now())
        if not isinstance(event, Desync):
            self._close(tuple(self._open))

    def _close(self, symbols: Iterable[str]) -> None:
        now = self._far.clock.now()
        self._deep_noticed += [now - self._open.pop(symbol) for symbol in symbols if symbol in self._open]


def _texts(levels: Iterable[Level]) -> list[tuple[str, str]]:
    return [(f"{level.price:f}", f"{level.qty:f}") for level in levels]
