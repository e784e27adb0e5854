"""A limit-order market with price-time priority: it takes orders, matches them, and tells each step.

Between two calls of `begin` lies one engine event. An event is a row of steps: every fill, every order that
leaves, rests or changes is one, told to the listener at the moment it has happened, so that the listener
sees the full book exactly as it was between two steps.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, final

from havklo.sim.market.ladder import ASK, BID, Ladder, Order, Side, opposite
from havklo.sim.rules import Rules

__all__ = ["ADD", "DELETE", "MODIFY", "REQUEUE", "Fill", "Kind", "Market", "Outcome", "Prevention", "Step"]

Kind = Literal[0, 1, 2, 3]
ADD: Final[Kind] = 0
MODIFY: Final[Kind] = 1
DELETE: Final[Kind] = 2
REQUEUE: Final[Kind] = 3
"""Same price, another displayed quantity, and now last in its queue."""

Step = Callable[[Side, int, Order, int, int, Kind], None]
"""`(side, rank, order, total, before, kind)`: the level's displayed quantity after and before the step."""

Prevention = Literal["cancel_newest", "cancel_oldest", "cancel_both"]


class Fill(NamedTuple):
    """One match: a resting order gave `qty` at its own price; `done` says that nothing of it is left."""

    maker: Order
    taker: Order
    price: int
    qty: int
    done: bool


class Outcome(NamedTuple):
    """What an order did.

    Attributes:
        order_id: Its number.
        fills: Its matches, in order.
        resting: What of it stands in the book now, hidden parts included.
        dropped: What was cancelled: a remainder that may not rest, or that would have met its own account.
        refused: Nothing happened at all: post-only and it would have crossed, or fill-or-kill and it could
            not have been filled.
    """

    order_id: int
    fills: tuple[Fill, ...] = ()
    resting: int = 0
    dropped: int = 0
    refused: bool = False

    @property
    def filled(self) -> int:
        """The quantity that was matched."""
        return sum(fill.qty for fill in self.fills)


def _ignore(_side: Side, _rank: int, _order: Order, _total: int, _before: int, _kind: Kind) -> None:
    """Nobody listens."""


@final
class Market:
    """The order book and matching engine of one pair.

    Args:
        on_step: Called right after each step.
        rules: Who keeps a place in the queue, and who loses it.

    Attributes:
        sides: The bid and the ask ladder.
        orders: Every resting order.
        fills: The matches of the event that is happening.
        stopped: The resting orders that self-trade prevention took out in it.
        moving: The order that is being given a new price in it, or 0.
        now_ns: When the event happens.
    """

    def __init__(self, on_step: Step = _ignore, rules: Rules | None = None) -> None:
        self.on_step = on_step
        self.sides: tuple[Ladder, Ladder] = (Ladder(BID), Ladder(ASK))
        self.orders: dict[int, Order] = {}
        self.fills: list[Fill] = []
        self.stopped: list[Order] = []
        self.moving: int = 0
        self.now_ns: int = 0
        self._last_id = 0
        self._rules = rules or Rules()

    def __repr__(self) -> str:
        bids, asks = self.sides
        return f"<Market {len(bids)} bid and {len(asks)} ask levels, {len(self.orders)} orders>"

    def begin(self, now_ns: int) -> None:
        """A new event begins."""
        self.now_ns = now_ns
        self.moving = 0
        # New lists, as whoever settles the last event may still hold its own.
        if self.fills:
            self.fills = []
        if self.stopped:
            self.stopped = []

    def reserve(self) -> int:
        """A fresh order number."""
        self._last_id += 1
        return self._last_id

    def submit(
        self,
        side: Side,
        price: int | None,
        qty: int,
        *,
        owner: int = 0,
        order_id: int | None = None,
        peak: int = 0,
        post_only: bool = False,
        rest: bool = True,
        whole: bool = False,
        stp: Prevention = "cancel_newest",
    ) -> Outcome:
        """An order comes in: it takes what it crosses, and rests with the remainder.

        Args:
            side: Bid to buy, ask to sell.
            price: Its limit, or None for a market order, which never rests.
            qty: All of it, hidden parts included.
            owner: Its account; 0 is the crowd.
            order_id: A number from `reserve`, or None for a fresh one.
            peak: How much an iceberg shows at a time.
            post_only: Refuse it if it would take.
            rest: Whether a remainder may stay; else it is dropped (immediate or cancel).
            whole: Refuse it unless all of it can be filled at once (fill or kill).
            stp: What happens when it meets an order of its own account.
        """
        _positive(1 if price is None else price, qty)
        order = Order(order_id or self.reserve(), side, price or 0, qty, self.now_ns, owner)
        order.peak = peak
        if post_only and price is not None and self.crosses(side, price):
            return Outcome(order.id, refused=True)
        if whole and self._available(side, price, qty, owner, stp) < qty:
            return Outcome(order.id, refused=True)
        return self._enter(order, qty, stp, rest=rest and price is not None)

    def limit(self, side: Side, price: int, qty: int) -> Outcome:
        """The crowd's limit order."""
        _positive(price, qty)
        return self._enter(Order(self.reserve(), side, price, qty, self.now_ns), qty, "cancel_newest", rest=True)

    def market(self, side: Side, qty: int) -> Outcome:
        """The crowd's market order; what finds no counterpart is dropped."""
        _positive(1, qty)
        return self._enter(Order(self.reserve(), side, 0, qty, self.now_ns), qty, "cancel_newest", rest=False)

    def place(self, side: Side, price: int, qty: int) -> None:
        """An order that is known to cross nothing, as when a market is set up: it just rests."""
        _positive(price, qty)
        self._rest(Order(self.reserve(), side, price, qty, self.now_ns))

    def cancel(self, order_id: int) -> int:
        """Take an order out; returns the quantity that was still open.

        Raises:
            LookupError: It does not rest here.
        """
        order = self._find(order_id)
        self._take_out(order)
        return order.open

    def amend(
        self,
        order_id: int,
        *,
        price: int | None = None,
        qty: int | None = None,
        peak: int | None = None,
        post_only: bool = False,
        stp: Prevention = "cancel_newest",
    ) -> Outcome:
        """Change a resting order; its number stays, and its place as far as the rules let it.

        A new price takes the order out and brings it back like a new one: it may match, and rests at the
        end of its new queue.

        Args:
            order_id: Which order.
            price: Its new limit.
            qty: Its new open quantity, hidden parts included.
            peak: How much an iceberg shows from now on.
            post_only: Refuse the change if the order would take.
            stp: What happens when it meets an order of its own account.

        Raises:
            LookupError: It does not rest here.
        """
        order = self._find(order_id)
        new_price = order.price if price is None else price
        total = order.open if qty is None else qty
        _positive(new_price, total)
        if new_price != order.price:
            if post_only and self.crosses(order.side, new_price):
                return Outcome(order_id, refused=True)
            return self._move(order, new_price, total, order.peak if peak is None else peak, stp)
        if total != order.open or peak not in (None, order.peak):
            order.peak = order.peak if peak is None else peak
            self._reshape(order, total)
        return Outcome(order_id, resting=total)

    def crosses(self, side: Side, price: int) -> bool:
        """Whether an order would take."""
        ladder = self.sides[opposite(side)]
        return bool(ladder.keys) and ladder.keys[0] <= price * ladder.sign

    def fillable(self, side: Side, price: int | None) -> int:
        """What an order could take now, hidden parts included."""
        return self._available(side, price)

    def _enter(self, order: Order, qty: int, stp: Prevention, *, rest: bool) -> Outcome:
        fills: tuple[Fill, ...] = ()
        left, stopped = qty, False
        if not order.price or self.crosses(order.side, order.price):
            known = len(self.fills)
            left, stopped = self._match(order, qty, stp)
            fills = tuple(self.fills[known:])
        if not left or stopped or not rest:
            return Outcome(order.id, fills, 0, left)
        order.show(left)
        self._rest(order)
        return Outcome(order.id, fills, left)

    def _match(self, taker: Order, left: int, stp: Prevention) -> tuple[int, bool]:
        """Take what can be taken; returns what is left, and whether it met its own account and has to stop."""
        ladder = self.sides[opposite(taker.side)]
        # On the other ladder's scale: whatever sorts behind the limit is too expensive.
        bound = taker.price * ladder.sign if taker.price else None
        keys, owner, fills = ladder.keys, taker.owner, self.fills
        while left and keys and (bound is None or keys[0] <= bound):
            maker = next(iter(ladder.levels[keys[0]].orders.values()))
            if owner and maker.owner == owner:
                if stp != "cancel_newest":
                    self._take_out(maker)
                    self.stopped.append(maker)
                if stp != "cancel_oldest":
                    return left, True
                continue
            qty = min(left, maker.qty)
            left -= qty
            done = qty == maker.qty and not maker.hidden
            fills.append(Fill(maker, taker, maker.price, qty, done))
            self._give(maker, qty)
        return left, False

    def _give(self, maker: Order, qty: int) -> None:
        """A resting order gives up a part of what it shows; an iceberg shows its next part at once."""
        ladder = self.sides[maker.side]
        before = ladder.levels[maker.price * ladder.sign].qty
        left = maker.qty - qty
        if left:
            rank, total = ladder.resize(maker, left)
            self.on_step(maker.side, rank, maker, total, before, MODIFY)
        elif not maker.hidden:
            self._take_out(maker)
            # Whoever reads the fill later sees that nothing is left.
            maker.qty = 0
        else:
            refill = min(maker.peak, maker.hidden)
            maker.hidden -= refill
            if self._rules.iceberg_refill == "back":
                maker.stamp = self.now_ns
                rank, total = ladder.requeue(maker, refill)
                self.on_step(maker.side, rank, maker, total, before, REQUEUE)
            else:
                rank, total = ladder.resize(maker, refill)
                self.on_step(maker.side, rank, maker, total, before, MODIFY)

    def _move(self, order: Order, price: int, total: int, peak: int, stp: Prevention) -> Outcome:
        self.moving = order.id
        self._take_out(order)
        # The same object goes on: whoever follows an order follows it through its prices.
        order.price, order.peak, order.stamp = price, peak, self.now_ns
        return self._enter(order, total, stp, rest=True)

    def _reshape(self, order: Order, total: int) -> None:
        """Another open quantity at the same price."""
        shown = min(total, order.peak) if order.peak else total
        order.hidden = total - shown
        if shown == order.qty:
            return
        ladder, rules = self.sides[order.side], self._rules
        before = ladder.levels[order.price * ladder.sign].qty
        order.stamp = self.now_ns
        if (rules.qty_down if shown < order.qty else rules.qty_up) == "back":
            rank, level = ladder.requeue(order, shown)
            self.on_step(order.side, rank, order, level, before, REQUEUE)
        else:
            rank, level = ladder.resize(order, shown)
            self.on_step(order.side, rank, order, level, before, MODIFY)

    def _rest(self, order: Order) -> None:
        self.orders[order.id] = order
        rank, total = self.sides[order.side].append(order)
        self.on_step(order.side, rank, order, total, total - order.qty, ADD)

    def _take_out(self, order: Order) -> None:
        rank, total = self.sides[order.side].remove(order)
        del self.orders[order.id]
        self.on_step(order.side, rank, order, total, total + order.qty, DELETE)

    def _available(
        self,
        side: Side,
        price: int | None,
        enough: int | None = None,
        owner: int = 0,
        stp: Prevention = "cancel_newest",
    ) -> int:
        """The opposite quantity up to a limit, counted no further than needed.

        The account's own is not there for it, and ends everything unless it would be taken out.
        """
        ladder = self.sides[opposite(side)]
        bound = None if price is None else price * ladder.sign
        total = 0
        for key in ladder.keys:
            if bound is not None and key > bound:
                break
            for order in ladder.levels[key].orders.values():
                if enough is not None and total >= enough:
                    return total
                if not owner or order.owner != owner:
                    total += order.open
                elif stp != "cancel_oldest":
                    return total
        return total

    def _find(self, order_id: int) -> Order:
        try:
            return self.orders[order_id]
        except KeyError:
            raise LookupError(f"no resting order has the id {order_id}") from None


def _positive(price: int, qty: int) -> None:
    if price <= 0 or qty <= 0:
        raise ValueError("a price and a quantity are at least one tick and one lot")
