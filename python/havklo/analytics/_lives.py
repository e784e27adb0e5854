"""The orders of one level-3 book from their coming into view to their leaving it."""

from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal, TypeAlias, final

import msgspec

from havklo.analytics._shapes import OrderChange, OrdersMessage

__all__ = ["Fate", "Left", "Life", "Lives", "Origin"]

Fate: TypeAlias = Literal["filled", "canceled", "amended", "unknown", "censored"]
"""How an order's time ended: "unknown" is a trade or a cancel, "censored" is out of sight and perhaps still there."""

Origin: TypeAlias = Literal["new", "amend", "seen"]
"""How an order came into view."""

_ORIGINS: Final[dict[str, Origin]] = {"new": "new", "amend": "amend"}
_FATES: Final[dict[str, Fate]] = {"fill": "filled", "cancel": "canceled", "amend": "amended", "unknown": "unknown"}


class Life(msgspec.Struct, kw_only=True, gc=False):
    """An order as long as it is seen.

    Attributes:
        order_id: Kraken's id.
        side: "bid" or "ask".
        price: Its limit price.
        qty: Its quantity when it came into view.
        stamp: Kraken's time for it: when it was inserted or amended.
        start_ns: When it came into view.
        age_ns: How old it was then; 0 if it was seen being born.
        origin: "new" if it was seen being placed, "amend" if being changed, "seen" if it was there already.
    """

    order_id: str
    side: str
    price: Decimal
    qty: Decimal
    stamp: int
    start_ns: int
    age_ns: int
    origin: Origin


class Left(msgspec.Struct, kw_only=True, gc=False):
    """That an order's time ended."""

    life: Life
    end_ns: int
    fate: Fate


@final
class _Shelf:
    """One side's orders by price, worst price first, so that those at the edge are found."""

    def __init__(self, *, is_bid: bool) -> None:
        self._is_bid = is_bid
        self._keys: list[Decimal] = []
        self._orders: dict[Decimal, dict[str, Life]] = {}

    def add(self, life: Life) -> None:
        """Take an order in."""
        key = self._key(life)
        if key not in self._orders:
            self._keys.insert(bisect_left(self._keys, key), key)
            self._orders[key] = {}
        self._orders[key][life.order_id] = life

    def remove(self, life: Life) -> None:
        """Take an order out."""
        key = self._key(life)
        del self._orders[key][life.order_id]
        if not self._orders[key]:
            del self._orders[key]
            del self._keys[bisect_left(self._keys, key)]

    def beyond(self, depth: int) -> Iterator[Life]:
        """The orders at prices that the subscription no longer reaches."""
        for key in self._keys[: max(0, len(self._keys) - depth)]:
            yield from self._orders[key].values()

    def _key(self, life: Life) -> Decimal:
        return life.price if self._is_bid else life.price.copy_negate()


@final
class Lives:
    """Follows the orders in view, message by message."""

    def __init__(self) -> None:
        self.is_known = False
        self._lives: dict[str, Life] = {}
        self._shelves = {"bid": _Shelf(is_bid=True), "ask": _Shelf(is_bid=False)}
        self._seen_at = 0

    def __len__(self) -> int:
        return len(self._lives)

    def lose(self) -> None:
        """Learn that nothing is known until the next snapshot."""
        self.is_known = False

    def take(self, message: OrdersMessage, now: int) -> list[Life | Left]:
        """Take a message of a time; gives who came and who left, in the order of the message."""
        events: list[Life | Left] = []
        if message.type == "snapshot":
            self._begin(message, now, events)
        elif message.conflated:
            self.is_known = False  # what happened in the messages that it stands for, nobody told
        elif self.is_known:
            for change in message.changes:
                self._apply(change, message, now, events)
        if self.is_known:
            for shelf in self._shelves.values():
                for life in [*shelf.beyond(message.depth)]:
                    self._end(life, now, "censored", events)
            self._seen_at = now
        return events

    def _begin(self, message: OrdersMessage, now: int, events: list[Life | Left]) -> None:
        """Take a snapshot: who is in it unchanged has lived on, whoever else was known is out of sight since."""
        self.is_known = True
        there = {change.order_id: change for change in message.changes}
        for life in [*self._lives.values()]:
            change = there.get(life.order_id)
            if change is None or (change.timestamp_ns, change.limit_price) != (life.stamp, life.price):
                self._end(life, self._seen_at, "censored", events)
        for change in message.changes:
            if change.order_id not in self._lives:
                self._meet(change, message, now, events)

    def _apply(self, change: OrderChange, message: OrdersMessage, now: int, events: list[Life | Left]) -> None:
        life = self._lives.get(change.order_id)
        amended = change.reason == "amend"
        if life is not None and (change.event == "delete" or amended):
            self._end(life, now, _FATES.get(change.reason, "unknown"), events)
            life = None
        if life is None and change.event != "delete":
            self._meet(change, message, now, events)

    def _meet(self, change: OrderChange, message: OrdersMessage, now: int, events: list[Life | Left]) -> None:
        origin = _ORIGINS.get(change.reason, "seen")
        clock = message.timestamp_ns
        life = Life(
            order_id=change.order_id,
            side=change.side,
            price=change.limit_price,
            qty=change.order_qty,
            stamp=change.timestamp_ns,
            start_ns=now,
            # Both are Kraken's times, so that the age does not hang on the clock here.
            age_ns=0 if origin != "seen" or clock is None else max(0, clock - change.timestamp_ns),
            origin=origin,
        )
        self._lives[life.order_id] = life
        self._shelves[life.side].add(life)
        events.append(life)

    def _end(self, life: Life, now: int, fate: Fate, events: list[Life | Left]) -> None:
        del self._lives[life.order_id]
        self._shelves[life.side].remove(life)
        events.append(Left(life=life, end_ns=now, fate=fate))
