"""The judge of level 3: order by order, each queue in its sequence, and places in it, against the true queues."""

import json
import random
from array import array
from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, final

from havklo import BookNotLive, BookState, Client, Level3Book
from havklo.channels import level3
from havklo.events import ConnectionLost, Desync, Level3Update, Malformed, Stalled
from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.wire.stamps import nanos
from matrix.venue import SECOND, FarKraken

__all__ = ["Orders", "depth_for"]

TOP: Final = 10
KEPT: Final = 40 * SECOND  # how long the truth is kept that something newer has followed
MANY: Final = 64  # and how much of it at least
PLACES: Final = 4  # orders of each read whose place is asked for
WHOLE: Final = 5  # one read of so many is compared to its full depth, besides all of a book that is wrong there
_DEEP: Final = 100
_FEW: Final = 20  # symbols, up to which all are read deep: 200 of them would cost Kraken's budget for 25 seconds
_LOSSES: Final = (Desync, Malformed, Stalled, ConnectionLost)

Entry = tuple[int, int, int]
"""An order: its price in ticks, its number, its quantity in lots."""


def depth_for(symbols: int) -> int:
    """How deep so many symbols are read."""
    return _DEEP if symbols <= _FEW else TOP


@final
class Orders:
    """Reads queues as a program would, and knows what they should say.

    Attributes:
        noticed: When something was seen to be wrong, in monotonic nanoseconds.
    """

    def __init__(self, far: FarKraken, kraken: Client, seed: int) -> None:
        self.noticed: list[int] = []
        self._far = far
        self._kraken = kraken
        self._random = random.Random(f"{seed} reads")
        self._depth = depth_for(len(far.symbols))
        self._queues = {symbol: _Queues(far, symbol, self._depth) for symbol in far.symbols}
        self._reads = self._places = self._refused = self._unjudged = self._wrong = self._misplaced = self._deep = 0
        self._disturbed: set[str] = set()
        self._open: dict[str, int] = {}  # since when something below the ten best levels is wrong
        self._deep_noticed: list[int] = []
        self._deep_passed = 0
        publish = far.kraken.exchange.publish

        def published(key: Any, frame: bytes) -> None:
            if key[0] == "level3":
                self._queues[key[1]].take_down()
            publish(key, frame)

        far.kraken.exchange.publish = published
        far.said = self._said
        kraken.on(Level3Update, self._updated)
        kraken.on(Desync, self._desynced)
        for loss in _LOSSES:
            kraken.on(loss, self._lost)

    async def subscribe(self) -> None:
        """Subscribe to all there is."""
        await self._kraken.subscribe(level3(*self._far.symbols, depth=self._depth), timeout=60.0)

    def read(self) -> None:
        """Read a book at any instant."""
        symbol = self._random.choice(self._far.symbols)
        book = self._kraken.level3[symbol]
        try:
            book.orders("bid", 0)
        except BookNotLive:
            self._refused += 1
            return
        self._judge(book)

    def is_well(self) -> bool:
        """Whether every book can be read."""
        return all(each.state is BookState.LIVE for each in self._kraken.level3.values())

    def write_off(self) -> None:
        """Do nothing: a book that is away stays away."""

    async def end(self) -> None:
        """Do nothing: all of it can be compared at any time."""

    def figures(self) -> dict[str, Any]:
        """What came out: counts, and times in nanoseconds."""
        return {
            "reads": self._reads,
            "places": self._places,
            "refused": self._refused,
            "unjudged": self._unjudged,
            "wrong": self._wrong,
            "misplaced": self._misplaced,
            "deep": self._deep,
            "deep_noticed": sorted(self._deep_noticed),
            "deep_passed": self._deep_passed,
            "deep_left": len(self._open),
            "disturbed": sorted(self._disturbed),
        }

    def _said(self, frame: bytes) -> None:
        """A snapshot is a moment of which the truth is taken down like that of an update."""
        if frame.startswith(b'{"channel":"level3","type":"snapshot"'):
            self._queues[json.loads(frame)["data"][0]["symbol"]].take_down()

    def _updated(self, update: Level3Update) -> None:
        book = self._kraken.level3.get(update.symbol)
        if book is not None:  # else it is its first snapshot: the subscription is not complete yet
            self._judge(book)

    def _judge(self, book: Level3Book) -> None:
        """Compare a book with the truth as of its last message."""
        symbol = book.symbol
        self._reads += 1
        true = self._queues[symbol].at(book.timestamp or "")
        if true is None:
            self._unjudged += 1
            return
        whole = self._depth > TOP and (self._reads % WHOLE == 0 or symbol in self._open)
        right_whole = True
        for name, entries in zip(("bid", "ask"), true, strict=True):
            top = _first(entries, TOP)
            seen = self._queues[symbol].numbers(_orders(book, name, None if whole else TOP))
            if seen[: len(top)] != entries[: len(top)] or (not whole and len(seen) != len(top)):
                self._wrong += 1
                return
            right = not whole or seen == entries
            right_whole = right_whole and right
            self._judge_places(book, entries, len(entries) if whole and right else len(top))
        if not whole:
            return
        if not right_whole:
            self._deep += 1
            self._open.setdefault(symbol, self._far.clock.now())
        elif self._open.pop(symbol, None) is not None:
            self._deep_passed += 1

    def _judge_places(self, book: Level3Book, entries: list[Entry], reach: int) -> None:
        """Compare the places of some orders, of so many that the book has right."""
        queues = self._queues[book.symbol]
        for _ in range(PLACES if reach else 0):
            at = self._random.randrange(reach)
            price, number, _ = entries[at]
            rank = len(dict.fromkeys(entry[0] for entry in entries[:at] if entry[0] != price))
            level = [entry for entry in entries if entry[0] == price]
            ahead = level[: level.index(entries[at])]
            place = book.queue_position(queues.text(number))
            seen = (place.exactness, place.orders_ahead, place.qty_ahead, place.qty_level, place.level)
            exactness = "exact" if rank < TOP else "bounded"
            lots_ahead, lots = (queues.qty(sum(entry[2] for entry in some)) for some in (ahead, level))
            self._places += 1
            self._misplaced += seen != (exactness, len(ahead), lots_ahead, lots, rank)

    def _desynced(self, desync: Desync) -> None:
        self._disturbed.update(desync.symbols)
        self._close(desync.symbols)
        for symbol in desync.symbols:
            # From this instant on nobody may get an answer.
            seen = self._kraken.level3.get(symbol)
            self._wrong += seen is not None and _answers(seen)

    def _lost(self, event: object) -> None:
        self.noticed.append(self._far.clock.now())
        if not isinstance(event, Desync):
            self._close(tuple(self._open))

    def _close(self, symbols: Iterable[str]) -> None:
        now = self._far.clock.now()
        self._deep_noticed += [now - self._open.pop(symbol) for symbol in symbols if symbol in self._open]


@final
class _Queues:
    """The true queues of one market, as of each of its level-3 messages."""

    def __init__(self, far: FarKraken, symbol: str, depth: int) -> None:
        self._far = far
        self._listing = far.listing(symbol)
        self._depth = depth
        self._moments: dict[str, tuple[bytes, bytes]] = {}
        self._made: deque[tuple[int, str]] = deque()
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def take_down(self) -> None:
        """Take the queues down as they are now, under the time that a message of now has."""
        stamp, now = nanos(self._listing.moment), self._far.clock.now()
        if stamp in self._moments:
            return
        self._moments[stamp] = self._side(BID), self._side(ASK)
        self._made.append((now, stamp))
        while len(self._made) > MANY and self._made[1][0] < now - KEPT:
            del self._moments[self._made.popleft()[1]]

    def at(self, stamp: str) -> tuple[list[Entry], list[Entry]] | None:
        """The bids and asks as of a message; None: it is too long ago, or there was none."""
        rows = self._moments.get(stamp)
        return None if rows is None else (_entries(rows[BID]), _entries(rows[ASK]))

    def text(self, number: int) -> str:
        """An order's id."""
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = self._listing.order_id(number)
            self._numbers[text] = number
        return text

    def numbers(self, orders: Iterable[Any]) -> list[Entry]:
        """The client's orders in the same terms; -1 is an order that nobody has heard of."""
        pair, known = self._listing.pair, self._numbers
        return [
            (
                int(order.limit_price.scaleb(pair.price_precision)),
                known.get(order.order_id, -1),
                int(order.order_qty.scaleb(pair.qty_precision)),
            )
            for order in orders
        ]

    def qty(self, lots: int) -> Decimal:
        """A quantity."""
        return Decimal(lots).scaleb(-self._listing.pair.qty_precision)

    def _side(self, side: Side) -> bytes:
        row: list[int] = []
        for level in self._listing.market.sides[side].top(self._depth):
            for order in level.orders.values():
                self.text(order.id)
                row += (level.price, order.id, order.qty)
        return array("q", row).tobytes()


def _entries(row: bytes) -> list[Entry]:
    numbers = array("q", row).tolist()
    return list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))


def _first(entries: list[Entry], levels: int) -> list[Entry]:
    """The orders of the best levels."""
    if not entries:
        return []
    prices = list(dict.fromkeys(entry[0] for entry in entries))
    if len(prices) <= levels:
        return entries
    beyond = prices[levels]
    return entries[: next(at for at, entry in enumerate(entries) if entry[0] == beyond)]


def _orders(book: Level3Book, side: Any, levels: int | None) -> list[Any]:
    if levels is None or levels == book.depth:
        return book.orders(side)
    return [order for level in range(levels) for order in book.orders(side, level)]


def _answers(book: Level3Book) -> bool:
    """Whether a book says anything about its orders."""
    try:
        book.orders("bid")
    except BookNotLive:
        return book.top is not None
    return True
