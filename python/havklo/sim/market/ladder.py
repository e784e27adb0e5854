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
    """A resting limit order."""

    __slots__ = ("id", "price", "qty", "side")

    def __init__(self, order_id: int, side: Side, price: int, qty: int) -> None:
        self.id = order_id
        self.side: Side = side
        self.price = price
        self.qty = qty

    def __repr__(self) -> str:
        return f"<Order {self.id} {'bid' if self.side == BID else 'ask'} {self.qty} @ {self.price}>"


@final
class Level:
    """All orders at one price, first come first; `qty` is always their sum."""

    __slots__ = ("orders", "price", "qty")

    def __init__(self, price: int) -> None:
        self.price = price
        self.qty = 0
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

    def at(self, index: int) -> Level:
        """The level at a rank; 0 is the best."""
        return self.levels[self.keys[index]]

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
        index = bisect_left(self.keys, key)
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(order.price)
            self.keys.insert(index, key)
        level.orders[order.id] = order
        level.qty += order.qty
        return index, level.qty

    def reduce(self, order: Order, qty: int) -> tuple[int, int]:
        """Take a quantity off an order; an order or a level that is empty then is gone."""
        key = order.price * self.sign
        index = bisect_left(self.keys, key)
        level = self.levels[key]
        order.qty -= qty
        level.qty -= qty
        if not order.qty:
            del level.orders[order.id]
            if not level.orders:
                del self.levels[key]
                del self.keys[index]
        return index, level.qty

    def enlarge(self, order: Order, qty: int) -> tuple[int, int]:
        """Add a quantity to an order, which costs it its place in the queue."""
        key = order.price * self.sign
        level = self.levels[key]
        del level.orders[order.id]
        level.orders[order.id] = order
        order.qty += qty
        level.qty += qty
        return bisect_left(self.keys, key), level.qty
