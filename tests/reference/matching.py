"""The matching engine as a plain list of orders: slow, and easy to believe."""

from dataclasses import dataclass
from typing import Literal

Side = Literal[0, 1]
BID: Side = 0

Match = tuple[int, int, int, int]
"""(maker, taker, price, quantity)"""


@dataclass
class Resting:
    """An order that rests; its place in the model's list is its time."""

    id: int
    side: Side
    price: int
    qty: int
    hidden: int = 0
    peak: int = 0
    owner: int = 0

    @property
    def open(self) -> int:
        """All of it."""
        return self.qty + self.hidden


class Model:
    """All resting orders in order of time; every question looks at all of them."""

    def __init__(self, *, refill_to_the_back: bool = True) -> None:
        self.orders: list[Resting] = []
        self.stopped: list[int] = []
        self.refill_to_the_back = refill_to_the_back

    def opposite(self, side: Side, limit: int | None) -> list[Resting]:
        """What an order could meet, in the order it would meet them."""
        others = [
            other
            for other in self.orders
            if other.side != side and (limit is None or (other.price <= limit if side == BID else other.price >= limit))
        ]
        # sorted() is stable: equals stay in order of time.
        return sorted(others, key=lambda other: other.price if side == BID else -other.price)

    def take(
        self, taker: int, side: Side, limit: int | None, qty: int, owner: int, stp: str
    ) -> tuple[list[Match], int, bool]:
        """Match one by one; returns the matches, what is left, and whether it had to stop at its own order."""
        matches: list[Match] = []
        while qty and (others := self.opposite(side, limit)):
            maker = others[0]
            if owner and maker.owner == owner:
                if stp != "cancel_newest":
                    self.orders.remove(maker)
                    self.stopped.append(maker.id)
                if stp != "cancel_oldest":
                    return matches, qty, True
                continue
            traded = min(qty, maker.qty)
            qty -= traded
            maker.qty -= traded
            matches.append((maker.id, taker, maker.price, traded))
            if maker.qty:
                continue
            if not maker.hidden:
                self.orders.remove(maker)
                continue
            maker.qty = min(maker.peak, maker.hidden)
            maker.hidden -= maker.qty
            if self.refill_to_the_back:
                self.to_the_back(maker)
        return matches, qty, False

    def whole(self, side: Side, limit: int | None, qty: int, owner: int, stp: str) -> bool:
        """Whether an order could be filled completely: it is tried on a copy."""
        copy = Model(refill_to_the_back=self.refill_to_the_back)
        copy.orders = [Resting(**vars(order)) for order in self.orders]
        return copy.take(0, side, limit, qty, owner, stp)[1] == 0

    def to_the_back(self, order: Resting) -> None:
        """It is the youngest now."""
        self.orders.remove(order)
        self.orders.append(order)

    def queues(self, side: Side) -> dict[int, list[tuple[int, int, int]]]:
        """Per price, the orders in order of time: (id, shown, hidden)."""
        queues: dict[int, list[tuple[int, int, int]]] = {}
        for order in self.orders:
            if order.side == side:
                queues.setdefault(order.price, []).append((order.id, order.qty, order.hidden))
        return queues
