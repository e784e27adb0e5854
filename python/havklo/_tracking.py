"""What becomes of single orders of a level-3 book: each change of their place in the queue, with its cause."""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final, final

from msgspec.structs import replace

from havklo._protocol.attribution import Attribution, Reduction
from havklo._queues import EventQueue, Iteration
from havklo.channels import Topic
from havklo.events import (
    Cause,
    Level3Book,
    Level3Update,
    OrderChange,
    QueueChange,
    QueuePosition,
    Trade,
    TradeGap,
)

if TYPE_CHECKING:
    from havklo.clock import Timer
    from havklo.errors import HavkloError
    from havklo.subscription import Source

__all__ = ["Tracking"]

_EXACT: Final = Context(prec=60)
_OWN: Final[dict[str, Cause]] = {"trade": "filled", "cancel": "canceled", "amend": "amend", "unknown": "unknown"}


class _Told:
    """A change that may wait until it is known why orders have left.

    Attributes:
        change: The change, without its cause if that is not known yet.
        waits: The numbers of the reductions of which it is not known.
        is_own: Whether the tracked order itself is what has changed.
        is_last: Whether nothing follows, for the order has left.
    """

    __slots__ = ("_lost", "change", "is_last", "is_own", "waits")

    def __init__(self, change: QueueChange, *, is_own: bool = False, is_last: bool = False) -> None:
        self.change = change
        self.waits: set[int] = set()
        self.is_own = is_own
        self.is_last = is_last
        self._lost: dict[Cause, Decimal] = {}

    def lose(self, cause: Cause, qty: Decimal) -> None:
        """Note what has left for a cause; of several, the one that took the most is told."""
        self._lost[cause] = _EXACT.add(self._lost.get(cause, Decimal(0)), qty)
        most = max(self._lost, key=lambda each: self._lost[each])
        total = _EXACT.add(self.change.qty or Decimal(0), qty)
        self.change = replace(self.change, cause=most, qty=total)

    def wait(self, reductions: Iterable[Reduction]) -> None:
        """Wait until it is known of all of these why they happened."""
        self.waits.update(reduction.number for reduction in reductions)

    def settle(self, reduction: Reduction) -> None:
        """Learn why an order has less, if this waits for it."""
        if reduction.number in self.waits:
            self.waits.discard(reduction.number)
            self.lose(_OWN[reduction.cause] if self.is_own else reduction.cause, reduction.qty)


@final
class _Order:
    """One order that is tracked.

    Attributes:
        queue: Where its changes go.
        is_over: Whether it has left the book, or nobody reads of it any more.
    """

    def __init__(self, order_id: str, book: Level3Book, queue: EventQueue[QueueChange]) -> None:
        self.queue = queue
        self.is_over = False
        self._id = order_id
        self._book = book
        self._told: deque[_Told] = deque()
        self._position: QueuePosition | None = None
        self._side: str | None = None
        self._price: Decimal | None = None
        if book.state == "live":
            self._look()

    def update(self, update: Level3Update, changes: Sequence[OrderChange], reductions: Sequence[Reduction]) -> None:
        """Take a message that the book has just been proven by, with all that has left in it."""
        before, price, side = self._position, self._price, self._side
        own = [change for change in changes if change.order_id == self._id]
        after = self._look()
        if before is None:
            return  # the book was not live when this began
        moved = (before.orders_ahead, before.qty_ahead) != (after.orders_ahead, after.qty_ahead)
        change = QueueChange(
            symbol=update.symbol,
            order_id=self._id,
            before=before,
            after=after,
            orders_ahead=None,
            qty_ahead=None,
            cause="unknown",
            price=price,
            timestamp=update.timestamp,
            recv_ns=update.recv_ns,
        )
        if update.type == "snapshot":
            gone = after.orders_ahead is None and self._is_in_sight(side, price)
            if moved or (gone and price is not None):
                self._tell(_Told(replace(change, cause="resync"), is_last=gone and price is not None))
        elif self._id in update.pushed_out:
            self._tell(_Told(replace(change, cause="depth")))
        elif own:
            self._own(change, own, reductions, moved=moved)
        elif moved:
            self._ahead(change, reductions)
        elif after.orders_ahead is None and any(self._is_beyond(each) for each in changes):
            self._tell(_Told(change, is_last=True))  # it has left while it was out of sight

    def settle(self, reduction: Reduction) -> None:
        """Learn why an order has less."""
        for told in self._told:
            told.settle(reduction)
        self._flush()

    def end(self, error: "HavkloError | None") -> None:
        """Tell what still waits for its cause, and end."""
        for told in self._told:
            self.queue.put(replace(told.change, cause="unknown") if told.waits else told.change)
        self._told.clear()
        self.queue.close(error)

    # -- its own -----------------------------------------------------------------------------

    def _own(
        self, change: QueueChange, own: list[OrderChange], reductions: Sequence[Reduction], *, moved: bool
    ) -> None:
        """Tell what has happened to the order itself."""
        last, price = own[-1], own[-1].limit_price
        lost = [reduction for reduction in reductions if reduction.order_id == self._id]
        if change.after.orders_ahead is None:
            told = _Told(change, is_own=True, is_last=True)
            told.wait(lost[-1:])
        elif last.reason == "fill":
            if moved:
                self._ahead(change, reductions)  # what stood before it was filled by the same taker
            told = _Told(_with_deltas(replace(change, before=change.after)), is_own=True)
            told.wait(lost)
        elif last.reason == "amend":
            stayed = price == change.price
            told = _Told(replace(_with_deltas(change) if stayed else change, cause="amend", price=price), is_own=True)
            if stayed:
                told.wait(reduction for reduction in lost if not reduction.proven)  # an iceberg may have been filled
        else:
            told = _Told(replace(change, cause="placed" if last.reason == "new" else "depth", price=price))
        self._tell(told)

    def _ahead(self, change: QueueChange, reductions: Sequence[Reduction]) -> None:
        """Tell what has happened to the orders before it."""
        place = change.before.orders_ahead or 0
        # Where nothing has left there, one of them was amended to more.
        told = _Told(replace(_with_deltas(change), cause="amend"))
        told.wait(
            each
            for each in reductions
            if each.side == self._side and each.price == change.price and each.orders_ahead < place
        )
        self._tell(told)

    def _tell(self, told: _Told) -> None:
        self._told.append(told)
        self.is_over = told.is_last
        self._flush()

    def _flush(self) -> None:
        """Pass on what is known, in order; what comes later waits for it."""
        while self._told and not self._told[0].waits:
            told = self._told.popleft()
            self.queue.put(told.change)
            if told.is_last:
                self.queue.close()

    def _look(self) -> QueuePosition:
        self._position = self._book.queue_position(self._id)
        if self._position.orders_ahead is not None:
            order = self._book.order(self._id)
            if order is not None:
                self._side, self._price = order.side, order.limit_price
        return self._position

    def _is_beyond(self, change: OrderChange) -> bool:
        """Whether a level has come into the book from outside behind which the order can't stand any more."""
        if change.reason != "edge" or change.side != self._side or self._price is None:
            return False
        price = change.limit_price
        return price <= self._price if change.side == "bid" else price >= self._price

    def _is_in_sight(self, side: str | None, price: Decimal | None) -> bool:
        """Whether the book would hold an order at a price, if there were one."""
        book = self._book
        levels = book.bids(book.depth) if side == "bid" else book.asks(book.depth)
        if price is None or len(levels) < book.depth:
            return True
        worst = levels[-1].price
        return price >= worst if side == "bid" else price <= worst


@final
class Tracking:
    """Follows orders of one level-3 book; its subscription has one for all of them.

    Args:
        topic: The book's topic.
        book: The book.
        source: Where its messages and its symbol's trades come from.
    """

    def __init__(self, topic: Topic, book: Level3Book, source: "Source") -> None:
        self._topic = topic
        self._trades = Topic("trade", topic.symbol)
        self._book = book
        self._source = source
        self._attribution = Attribution(trades=False)
        self._orders: list[_Order] = []
        self._timer: Timer | None = None

    def begin(self, order_id: str, ended: "HavkloError | bool") -> Iteration[QueueChange]:
        """Follow one more order; ends at once if the subscription has ended."""
        queue = EventQueue[QueueChange](self._source.queue_limit)
        if ended is not False:
            queue.close(None if ended is True else ended)
            return Iteration(queue, _nothing)
        if not self._orders:
            self._source.attach(self._topic, self._on_update, history=False)
            self._source.follow(self._trades, self._on_trade)
        order = _Order(order_id, self._book, queue)
        self._orders.append(order)
        return Iteration(queue, lambda: self._drop(order))

    def end(self, error: "HavkloError | None") -> None:
        """End all, once each reader has read what it has."""
        for order in tuple(self._orders):
            order.end(error)
            self._drop(order)

    def _on_update(self, update: Level3Update) -> None:
        self._look_at_trades(update.recv_ns)
        decided = self._attribution.feed(update)
        reductions = self._attribution.latest
        if self._book.state == "live":  # a handler may just have asked for a fresh snapshot
            changes = () if update.type == "snapshot" else update.changes
            for order in self._orders:
                if not order.is_over:
                    order.update(update, changes, reductions)
        self._settle(decided)

    def _on_trade(self, trade: Trade | TradeGap) -> None:
        self._look_at_trades(trade.recv_ns)
        self._settle(self._attribution.feed(trade))

    def _on_time(self) -> None:
        self._timer = None
        now_ns = self._source.clock.epoch_ns()
        self._look_at_trades(now_ns)
        self._settle(self._attribution.tick(now_ns))

    def _look_at_trades(self, now_ns: int) -> None:
        """Take note whether the symbol's trades are subscribed, and whole."""
        state = self._source.state_of(self._trades)
        self._attribution.trades = state != "absent"
        if state == "lost":
            self._attribution.interrupted(now_ns)

    def _settle(self, decided: Sequence[Reduction]) -> None:
        for reduction in decided:
            for order in self._orders:
                order.settle(reduction)
        due_ns, clock = self._attribution.due_ns, self._source.clock
        if due_ns is not None and self._timer is None:
            self._timer = clock.call_at(clock.now() + max(0, due_ns - clock.epoch_ns()), self._on_time)

    def _drop(self, order: _Order) -> None:
        if order in self._orders:
            self._orders.remove(order)
            if not self._orders:
                self._source.detach(self._topic, self._on_update)
                self._source.unfollow(self._trades, self._on_trade)
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None


def _with_deltas(change: QueueChange) -> QueueChange:
    """Add by how much the queue before an order has changed that has stayed at its price."""
    before, after = change.before, change.after
    if before.orders_ahead is None or after.orders_ahead is None or before.qty_ahead is None or after.qty_ahead is None:
        return change
    return replace(
        change,
        orders_ahead=after.orders_ahead - before.orders_ahead,
        qty_ahead=_EXACT.subtract(after.qty_ahead, before.qty_ahead),
    )


def _nothing() -> None:
    """It is fed by nothing."""
