"""A limit-order market with price-time priority: it takes orders, matches them, and tells each step.

One call of `limit`, `market`, `amend` or `cancel` is one engine event. An event is a row of steps: every
fill, every order that leaves and every order that rests is one, told to the listener at the moment it has
happened, so that the listener sees the full book exactly as it was between two steps. A step is `(side,
rank, price, quantity)`: the level's new total, 0 when the level is gone.
"""

from collections.abc import Callable
from typing import NamedTuple, final

from havklo.sim.market.ladder import ASK, BID, Ladder, Order, Side, opposite

__all__ = ["Fill", "Market", "Outcome", "Step"]

Step = Callable[[Side, int, int, int], None]


class Fill(NamedTuple):
    """One match: a resting order gave `qty` at its own price."""

    maker: int
    taker: int
    price: int
    qty: int


class Outcome(NamedTuple):
    """What an order did: its fills in order, and what of it rests now."""

    order_id: int
    fills: tuple[Fill, ...]
    resting: int

    @property
    def filled(self) -> int:
        """The quantity that was matched."""
        return sum(fill.qty for fill in self.fills)


def _ignore(_side: Side, _index: int, _price: int, _qty: int) -> None:
    """Nobody listens."""


@final
class Market:
    """The order book and matching engine of one pair."""

    def __init__(self, on_step: Step = _ignore) -> None:
        self.on_step = on_step
        self.sides: tuple[Ladder, Ladder] = (Ladder(BID), Ladder(ASK))
        self.orders: dict[int, Order] = {}
        self._last_id = 0

    def __repr__(self) -> str:
        bids, asks = self.sides
        return f"<Market {len(bids)} bid and {len(asks)} ask levels, {len(self.orders)} orders>"

    def limit(self, side: Side, price: int, qty: int) -> Outcome:
        """An order that takes what it crosses and rests with the remainder."""
        _positive(price, qty)
        order = Order(self._next_id(), side, price, qty)
        fills = self._match(order, price)
        self._rest(order)
        return Outcome(order.id, fills, order.qty)

    def place(self, side: Side, price: int, qty: int) -> None:
        """An order that is known to cross nothing, as when a market is set up: it just rests."""
        _positive(price, qty)
        self._rest(Order(self._next_id(), side, price, qty))

    def market(self, side: Side, qty: int) -> Outcome:
        """An order that takes at any price and never rests; what finds no counterpart is cancelled."""
        _positive(1, qty)
        order = Order(self._next_id(), side, 0, qty)
        return Outcome(order.id, self._match(order, None), 0)

    def cancel(self, order_id: int) -> int:
        """Take an order out; returns the quantity that was still open."""
        order = self._find(order_id)
        qty = order.qty
        self._reduce(order, qty)
        return qty

    def amend(self, order_id: int, *, price: int | None = None, qty: int | None = None) -> Outcome:
        """Change a resting order; its id stays.

        A smaller quantity keeps the place in the queue, a larger one loses it. A new price takes the order
        out and brings it back like a new one: it may match, and rests at the end of its new queue.
        """
        order = self._find(order_id)
        new_price = order.price if price is None else price
        new_qty = order.qty if qty is None else qty
        _positive(new_price, new_qty)
        if new_price != order.price:
            return self._move(order, new_price, new_qty)
        if new_qty < order.qty:
            self._reduce(order, order.qty - new_qty)
        elif new_qty > order.qty:
            index, total = self.sides[order.side].enlarge(order, new_qty - order.qty)
            self.on_step(order.side, index, order.price, total)
        return Outcome(order_id, (), new_qty)

    def _move(self, order: Order, price: int, qty: int) -> Outcome:
        self._reduce(order, order.qty)
        moved = Order(order.id, order.side, price, qty)
        fills = self._match(moved, price)
        self._rest(moved)
        return Outcome(moved.id, fills, moved.qty)

    def _match(self, taker: Order, limit: int | None) -> tuple[Fill, ...]:
        ladder = self.sides[opposite(taker.side)]
        # On the other ladder's scale: whatever sorts behind the limit is too expensive.
        bound = None if limit is None else limit * ladder.sign
        fills: list[Fill] = []
        while taker.qty and ladder.keys and (bound is None or ladder.keys[0] <= bound):
            maker = next(iter(ladder.at(0).orders.values()))
            qty = min(taker.qty, maker.qty)
            taker.qty -= qty
            self._reduce(maker, qty)
            fills.append(Fill(maker.id, taker.id, maker.price, qty))
        return tuple(fills)

    def _rest(self, order: Order) -> None:
        if order.qty:
            self.orders[order.id] = order
            index, total = self.sides[order.side].append(order)
            self.on_step(order.side, index, order.price, total)

    def _reduce(self, order: Order, qty: int) -> None:
        index, total = self.sides[order.side].reduce(order, qty)
        if not order.qty:
            del self.orders[order.id]
        self.on_step(order.side, index, order.price, total)

    def _find(self, order_id: int) -> Order:
        try:
            return self.orders[order_id]
        except KeyError:
            raise LookupError(f"no resting order has the id {order_id}") from None

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _positive(price: int, qty: int) -> None:
    if price <= 0 or qty <= 0:
        raise ValueError("a price and a quantity are at least one tick and one lot")
