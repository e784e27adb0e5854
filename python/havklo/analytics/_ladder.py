"""The best levels of a book as its messages tell them: where a metric needs more than the best one."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, final

from havklo.analytics._shapes import EXACT, BookMessage, LevelChange, OrderChange, OrdersMessage

__all__ = ["Ladder", "Rung"]

Rung = tuple[Decimal, Decimal]
"""A price and the quantity that stands there."""

_NOTHING: Final = Decimal(0)


@final
class _Side:
    """One side, worst price first."""

    def __init__(self, *, is_bid: bool) -> None:
        self._is_bid = is_bid
        self._keys: list[Decimal] = []  # rising toward the best, so that the busy end is the cheap one
        self._qty: dict[Decimal, Decimal] = {}

    def set(self, price: Decimal, qty: Decimal) -> None:
        """Let so much stand at a price."""
        key = price if self._is_bid else price.copy_negate()
        known = key in self._qty
        if qty:
            if not known:
                self._keys.insert(bisect_left(self._keys, key), key)
            self._qty[key] = qty
        elif known:
            del self._keys[bisect_left(self._keys, key)]
            del self._qty[key]

    def qty(self, price: Decimal) -> Decimal:
        """What stands at a price."""
        return self._qty.get(price if self._is_bid else price.copy_negate(), _NOTHING)

    def cut(self, depth: int) -> None:
        """Forget what lies deeper than the subscription."""
        while len(self._keys) > depth:
            del self._qty[self._keys.pop(0)]

    def best(self, levels: int) -> tuple[Rung, ...]:
        """The best levels, best first."""
        keys = self._keys[: -levels - 1 : -1]
        return tuple((key if self._is_bid else key.copy_negate(), self._qty[key]) for key in keys)


@final
class Ladder:
    """Both sides of one book, made of the changes in its messages."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all, until a snapshot comes."""
        self._bids, self._asks = _Side(is_bid=True), _Side(is_bid=False)
        self.is_known = False

    def take_levels(self, message: BookMessage) -> None:
        """Apply a message of the level-2 book."""
        if self._begins(message):
            self._set(message.changes)
            self._cut(message.depth)

    def take_orders(self, message: OrdersMessage) -> None:
        """Apply a message of the level-3 book, whose orders add up to levels."""
        if self._begins(message):
            self._add(message.changes)
            self._cut(message.depth)

    def bids(self, levels: int) -> tuple[Rung, ...]:
        """The best bids, best first."""
        return self._bids.best(levels)

    def asks(self, levels: int) -> tuple[Rung, ...]:
        """The best asks, best first."""
        return self._asks.best(levels)

    def _begins(self, message: BookMessage | OrdersMessage) -> bool:
        if message.type == "snapshot":
            self.clear()
            self.is_known = True
        elif message.conflated:
            self.clear()  # it stands for messages whose changes nobody told
        return self.is_known

    def _set(self, changes: Sequence[LevelChange]) -> None:
        for change in changes:
            (self._bids if change.side == "bid" else self._asks).set(change.price, change.qty)

    def _add(self, changes: Sequence[OrderChange]) -> None:
        for change in changes:
            side = self._bids if change.side == "bid" else self._asks
            more = EXACT.subtract(change.order_qty, change.qty_before)
            side.set(change.limit_price, EXACT.add(side.qty(change.limit_price), more))

    def _cut(self, depth: int) -> None:
        self._bids.cut(depth)
        self._asks.cut(depth)
