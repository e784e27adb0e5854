"""One side of the judge's book: prices, and at each the list of its orders, first to be filled first."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Literal

from reference.numbers import Amount

Name = Literal["bid", "ask"]
_EXACT = Context(prec=200)


@dataclass(frozen=True)
class Order:
    """A resting order; `entered_ns` is the first timestamp that was seen of it."""

    order_id: str
    price: Amount
    qty: Amount
    timestamp_ns: int
    entered_ns: int


@dataclass(frozen=True)
class Position:
    """An order's place: how many and how much ahead, how much in all, and the rank of its price."""

    orders_ahead: int
    qty_ahead: Decimal
    qty_level: Decimal
    level: int


class Side:
    """The bids or the asks."""

    def __init__(self, name: Name) -> None:
        self.name: Name = name
        self.queues: dict[Decimal, list[Order]] = {}
        self.filled = False
        """Whether the last snapshot filled this side to its depth."""

    def prices(self) -> list[Decimal]:
        """The prices, best first."""
        return sorted(self.queues, reverse=self.name == "bid")

    def orders(self) -> list[Order]:
        """All orders, best price first, and at each price first to be filled first."""
        return [order for price in self.prices() for order in self.queues[price]]

    def find(self, order_id: str) -> Order | None:
        """The order with that id."""
        return next((order for queue in self.queues.values() for order in queue if order.order_id == order_id), None)

    def append(self, order: Order) -> None:
        """Puts an order at the end of its price's queue."""
        self.queues.setdefault(order.price.value, []).append(order)

    def remove(self, order: Order) -> bool:
        """Takes an order out; whether its level went with it."""
        queue = self.queues[order.price.value]
        queue.remove(order)
        if not queue:
            del self.queues[order.price.value]
        return not queue

    def change(self, order: Order, to: Order) -> None:
        """Puts an order into another's place at the same price."""
        queue = self.queues[order.price.value]
        queue[queue.index(order)] = to

    def place(self, order: Order) -> Position:
        """Where an order stands, by counting."""
        queue = self.queues[order.price.value]
        ahead = queue[: queue.index(order)]
        return Position(len(ahead), total(ahead), total(queue), self.prices().index(order.price.value))

    def is_worse(self, price: Decimal, other: Decimal) -> bool:
        """Whether a price is strictly worse than another on this side."""
        return price < other if self.name == "bid" else price > other

    def truncate(self, depth: int) -> list[str]:
        """Forgets what lies beyond the depth, and gives the ids."""
        return [order.order_id for price in self.prices()[depth:] for order in self.queues.pop(price)]


def total(orders: Iterable[Order]) -> Decimal:
    """The sum of what these orders show, exact."""
    with localcontext(_EXACT):
        return sum((order.qty.value for order in orders), Decimal(0))
