"""One side of a market: price levels, best first, and in each level a queue of orders in time order.

Prices are ticks and quantities are lots, both integers. A level stands in `keys` under its price for asks
and under the negative price for bids, so that both sides sort the same way and the best level is always
`keys[0]`.
"""

from bisect import bisect_left
from typing import Final, Literal, final

__all__ = ["ASK", "BID", "Ladder", "Level", "Order", "Side", "opposite"]

Side = Literal[0, 1]
BID: Final[Side] = 0
ASK: Final[Side] = 1


def opposite(side: Side) -> Side:
    """The other side."""
    return BID if side == ASK else ASK


@final
class Order:
    """A limit order in a book, or an order on its way through it.

    Attributes:
        id: Its number, unique in its market.
        side: Bid or ask.
        price: Its limit in ticks; 0 for a market order, which never rests.
        qty: The displayed quantity.
        hidden: What an iceberg has not shown yet.
        peak: How much an iceberg shows at a time; 0 for any other order.
        stamp: When it was inserted or amended, in epoch nanoseconds.
        owner: The account it belongs to; 0 for the crowd.
    """

    __slots__ = ("hidden", "id", "owner", "peak", "price", "qty", "side", "stamp")

    def __init__(self, order_id: int, side: Side, price: int, qty: int, stamp: int = 0, owner: int = 0) -> None:
        self.id: int = order_id
        self.side: Side = side
        self.price: int = price
        self.qty: int = qty
        self.hidden: int = 0
        self.peak: int = 0
        self.stamp: int = stamp
        self.owner: int = owner

    def __repr__(self) -> str:
        hidden = f" + {self.hidden} hidden" if self.hidden else ""
        return f"<Order {self.id} {'bid' if self.side == BID else 'ask'} {self.qty}{hidden} @ {self.price}>"

    @property
    def open(self) -> int:
        """All that can still be filled."""
        return self.qty + self.hidden

    def show(self, total: int) -> None:
        """Set the open quantity; an iceberg shows no more than its peak of it."""
        self.qty = min(total, self.peak) if self.peak else total
        self.hidden = total - self.qty


@final
class Level:
    """All orders at one price, first come first; `qty` is always the sum of what they show."""

    __slots__ = ("orders", "price", "qty")

    def __init__(self, price: int) -> None:
        self.price: int = price
        self.qty: int = 0
        self.orders: dict[int, Order] = {}

    def __repr__(self) -> str:
        return f"<Level {self.qty} @ {self.price}, {len(self.orders)} orders>"


@final
class Ladder:
    """The levels of one side, best first."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = -1 if side == BID else 1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, rank: int) -> Level:
        """The level at a rank; 0 is the best."""
        return self.levels[self.keys[rank]]

    def top(self, n: int) -> list[Level]:
        """The n best levels, or all there are."""
        levels = self.levels
        return [levels[key] for key in self.keys[:n]]

    def index(self, price: int) -> int:
        """The rank that a price has, or would have."""
        return bisect_left(self.keys, price * self.sign)

    def find(self, price: int) -> Level | None:
        """The level at a price."""
        return self.levels.get(price * self.sign)

    def append(self, order: Order) -> tuple[int, int]:
        """Put an order at the end of its price's queue; returns the level's rank and new quantity."""
        key = order.price * self.sign
        rank = bisect_left(self.keys, key)
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(order.price)
            self.keys.insert(rank, key)
        level.orders[order.id] = order
        level.qty += order.qty
        return rank, level.qty

    def remove(self, order: Order) -> tuple[int, int]:
        """Take an order out; a level without orders is gone. Returns the rank and what the level has left."""
        key = order.price * self.sign
        rank = bisect_left(self.keys, key)
        level = self.levels[key]
        del level.orders[order.id]
        level.qty -= order.qty
        if not level.orders:
            del self.levels[key]
            del self.keys[rank]
        return rank, level.qty

    def resize(self, order: Order, qty: int) -> tuple[int, int]:
        """Change what an order shows; its place stays. Returns the level's rank and new quantity."""
        key = order.price * self.sign
        level = self.levels[key]
        level.qty += qty - order.qty
        order.qty = qty
        return bisect_left(self.keys, key), level.qty

    def requeue(self, order: Order, qty: int) -> tuple[int, int]:
        """Change what an order shows and put it at the end of its queue."""
        orders = self.levels[order.price * self.sign].orders
        del orders[order.id]
        orders[order.id] = order
        return self.resize(order, qty)
