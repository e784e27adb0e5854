"""What the queues of orders truly are: read from the simulator's own ladders when a level-3 frame is made."""

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, final

from havklo.sim.exchange import Exchange
from havklo.sim.listing import Listing
from havklo.sim.market.ladder import ASK, BID, Ladder

if TYPE_CHECKING:
    from decimal import Decimal

    from havklo.events import Level3Book, Order, QueuePosition

__all__ = ["PROVEN", "Entry", "Place", "Queue", "Queues", "place_of"]

PROVEN: Final = 10
"""How many levels of a side the checksum covers."""

_KEPT: Final = 6_000  # moments of one book: several minutes of a busy one
_STAMP: Final = slice(-34, -4)  # where a level-3 message, which ends with its timestamp, has it
_EVERY: Final = 31  # one message in so many is judged to its full depth, without any suspicion

Entry = tuple[int, str, int]
"""An order: its price in ticks, its id, what it shows in lots."""

Queue = list[Entry]
"""A side's orders in the order in which they are filled."""

Rows = tuple[bytes, bytes]


class Place(NamedTuple):
    """An order's place: how far it is proven, how many stand before it, with how much, of how much, at which level."""

    exactness: str
    orders_ahead: int | None
    lots_ahead: int | None
    lots: int | None
    level: int | None


@final
class Queues:
    """The orders of the ten best levels of every book at each of its level-3 messages; the whole of it at some.

    Args:
        exchange: The markets.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._tops: defaultdict[str, dict[bytes, Rows]] = defaultdict(dict)
        self._whole: defaultdict[tuple[str, int], dict[bytes, Rows]] = defaultdict(dict)
        self._suspects: dict[tuple[str, int], int] = {}
        self._ids: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self._count = 0

    def made(self, symbol: str, depth: int, frame: bytes, *, snapshot: bool = False) -> bytes:
        """Take down the truth about a level-3 message that was made just now; gives its timestamp."""
        stamp = frame[_STAMP]
        listing = self._exchange.listing(symbol, 0)
        tops = self._tops[symbol]
        if stamp not in tops:
            tops[stamp] = _rows(listing, PROVEN)
            _forget(tops, _KEPT)
        self._count += 1
        if depth > PROVEN and (snapshot or self._count % _EVERY == 0 or (symbol, depth) in self._suspects):
            whole = self._whole[symbol, depth]
            whole[stamp] = _rows(listing, depth)
            _forget(whole, _KEPT // 20)
        return stamp

    def top(self, symbol: str, stamp: str) -> tuple[Queue, Queue] | None:
        """Give the orders of the ten best levels as of a message; None: too long ago, or there was none."""
        return self._queues(symbol, self._tops[symbol].get(stamp.encode()))

    def whole(self, symbol: str, depth: int, stamp: str) -> tuple[Queue, Queue] | None:
        """Give all orders as of a message, if they were taken down."""
        if depth == PROVEN:
            return self.top(symbol, stamp)
        return self._queues(symbol, self._whole[symbol, depth].get(stamp.encode()))

    def suspect(self, symbol: str, depth: int, until: int) -> None:
        """Take down the full depth at every message until then: something was done to this book's frames."""
        self._suspects[symbol, depth] = until

    def trust(self, symbol: str, depth: int) -> None:
        """Suspect a book no longer: it rests on a fresh snapshot."""
        self._suspects.pop((symbol, depth), None)

    def forgive(self, now: int) -> None:
        """Suspect no longer what has been so for long enough."""
        self._suspects = {key: until for key, until in self._suspects.items() if until > now}

    def read(self, book: "Level3Book", levels: int | None = None) -> tuple[Queue, Queue]:
        """Read a client's book in the same terms.

        Raises:
            BookNotLive: It is not live.
        """
        pair = self._exchange.pairs[book.symbol]
        scales = pair.price_precision, pair.qty_precision
        if levels is None or book.depth == levels:
            return _entries(book.orders("bid"), scales), _entries(book.orders("ask"), scales)
        bids, asks = (
            _entries([order for level in range(levels) for order in book.orders(side, level)], scales)
            for side in ("bid", "ask")
        )
        return bids, asks

    def place(self, symbol: str, position: "QueuePosition") -> Place:
        """Give a place that the client has told in the same terms."""
        decimals = self._exchange.pairs[symbol].qty_precision
        ahead, all_of_it = (_lots(qty, decimals) for qty in (position.qty_ahead, position.qty_level))
        return Place(position.exactness, position.orders_ahead, ahead, all_of_it, position.level)

    def _queues(self, symbol: str, rows: Rows | None) -> tuple[Queue, Queue] | None:
        if rows is None:
            return None
        return self._queue(symbol, rows[BID]), self._queue(symbol, rows[ASK])

    def _queue(self, symbol: str, row: bytes) -> Queue:
        ids, order_id = self._ids[symbol], self._exchange.listing(symbol, 0).order_id
        numbers = array("q", row).tolist()
        for number in numbers[1::3]:
            if number not in ids:
                ids[number] = order_id(number)
        return list(zip(numbers[::3], [ids[number] for number in numbers[1::3]], numbers[2::3], strict=True))


def place_of(queue: Queue, at: int) -> Place:
    """Find out the place of an order of a queue."""
    price = queue[at][0]
    first = at
    while first and queue[first - 1][0] == price:
        first -= 1
    level = len({entry[0] for entry in queue[:first]})
    lots = sum(entry[2] for entry in queue[first:] if entry[0] == price)
    ahead = sum(entry[2] for entry in queue[first:at])
    return Place("exact" if level < PROVEN else "bounded", at - first, ahead, lots, level)


def _rows(listing: Listing, depth: int) -> Rows:
    bids, asks = listing.market.sides
    return _row(bids, depth), _row(asks, depth)


def _row(ladder: Ladder, depth: int) -> bytes:
    row: list[int] = []
    levels = ladder.levels
    for key in ladder.keys[:depth]:
        for order in levels[key].orders.values():
            row += (order.price, order.id, order.qty)
    return array("q", row).tobytes()


def _entries(orders: "list[Order]", scales: tuple[int, int]) -> Queue:
    price, qty = scales
    return [
        (int(order.limit_price.scaleb(price)), order.order_id, int(order.order_qty.scaleb(qty))) for order in orders
    ]


def _lots(qty: "Decimal | None", decimals: int) -> int | None:
    return None if qty is None else int(qty.scaleb(decimals))


def _forget(moments: dict[bytes, Rows], kept: int) -> None:
    """Forget the older half of what is too much."""
    if len(moments) > kept:
        for old in list(moments)[: kept // 2]:
            del moments[old]
