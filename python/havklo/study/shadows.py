"""Orders in thought: placed at fixed times at the back of a queue, and followed until it is known what became of them.

They are followed by the ids of the orders ahead of them, message by message, and not by what the estimator makes of the
same messages: who judges it must not ask it.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal, final

import msgspec

from havklo._engine import Level3Book, Level3Update
from havklo._protocol.attribution import Reduction

__all__ = ["Said", "Shadow", "Shadows", "outcome"]

_SECOND: Final = 1_000_000_000
_SETTLED: Final = 2 * _SECOND
"""For so long a trade may still explain what happened before, and so make a fill an earlier one."""


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a model said of one shadow order when it was placed.

    Attributes:
        p: The probability to be filled within the horizon; NaN if it could not tell.
        calibrated: Whether the model called it calibrated.
    """

    p: float
    calibrated: bool


class Shadow(msgspec.Struct, kw_only=True):
    """One order in thought.

    Attributes:
        side: "bid" or "ask".
        price: Its price.
        level: 0 at the best price when it was placed, 1 one price deeper.
        placed_ns: When, by the exchange's clock, in nanoseconds since the epoch.
        ahead: The ids of the orders before it at its price that are still there.
        orders_ahead: How many they were.
        qty_ahead: Quantity before it, that at better prices included, in units of the base currency.
        said: What the models said of it then, by horizon in seconds and model.
        no_cancels: What trades alone would do, by horizon.
        filled_ns: When it would have been filled; None if it was not.
        lost_ns: From when on nobody knows.
    """

    side: Literal["bid", "ask"]
    price: Decimal
    level: int
    placed_ns: int
    ahead: set[str]
    orders_ahead: int
    qty_ahead: float
    said: Mapping[tuple[float, str], Said]
    no_cancels: Mapping[float, float]
    filled_ns: int | None = None
    lost_ns: int | None = None

    def fill(self, at_ns: int) -> None:
        """Learn that it would have been filled."""
        self.filled_ns = at_ns if self.filled_ns is None else min(at_ns, self.filled_ns)

    def lose(self, at_ns: int) -> None:
        """Learn that from here on nobody knows."""
        self.lost_ns = at_ns if self.lost_ns is None else min(at_ns, self.lost_ns)


def outcome(shadow: Shadow, within: float, seen_ns: int) -> bool | None:
    """Whether a shadow order was filled within so many seconds; None if that was not seen.

    One that was lost sight of within them does not count even if it had been filled before: those that were not filled
    by then could not count either, and the rest would look luckier than all.

    Args:
        shadow: The order.
        within: The horizon in seconds.
        seen_ns: Up to when everything is known.
    """
    end = shadow.placed_ns + round(within * _SECOND)
    if end > seen_ns or (shadow.lost_ns is not None and shadow.lost_ns <= end):
        return None
    return shadow.filled_ns is not None and shadow.filled_ns <= end


@final
class Shadows:
    """All shadow orders of a book: those under way, and those that are over.

    Args:
        longest: For how many seconds each is followed.
    """

    def __init__(self, longest: float) -> None:
        self.all: list[Shadow] = []
        self._longest = round(longest * _SECOND)
        self._open: list[Shadow] = []
        self._undecided: dict[int, list[Shadow]] = {}

    def place(self, shadow: Shadow) -> None:
        """Follow one from now on."""
        if not self.all or self.all[-1].placed_ns < shadow.placed_ns:
            self._open = [each for each in self._open if self._is_open(each, shadow.placed_ns)]
        self.all.append(shadow)
        self._open.append(shadow)

    def lose(self, at_ns: int) -> None:
        """Learn that messages are missing: nothing that is under way is known to its end."""
        for shadow in reversed(self.all):
            if shadow.placed_ns < at_ns - self._longest:
                break
            shadow.lose(at_ns)  # also one that was filled, see `outcome`
        self._open.clear()

    def update(self, update: Level3Update, book: Level3Book, latest: Iterable[Reduction], at_ns: int) -> None:
        """Take one message of the book.

        Args:
            update: The message.
            book: The book after it.
            latest: Its reductions, decided or not.
            at_ns: The exchange's time.
        """
        if not self._open:
            return
        for reduction in latest:
            struck = [shadow for shadow in self._open if _stands_before(shadow, reduction)]
            if struck:
                self._undecided[reduction.number] = struck
        for change in update.changes:
            if change.event == "add" or (change.event == "modify" and change.reason != "amend"):
                continue
            for shadow in self._open:
                if change.order_id in shadow.ahead and (
                    change.event == "delete" or _is_behind(change.order_id, shadow, book)
                ):
                    shadow.ahead.discard(change.order_id)
        bid, ask = update.best_bid, update.best_ask
        for shadow in self._open:
            reached = ask and ask.price <= shadow.price if shadow.side == "bid" else bid and bid.price >= shadow.price
            if reached:
                shadow.fill(at_ns)

    def decide(self, reductions: Iterable[Reduction]) -> None:
        """Learn why orders got smaller or left: a trade strikes all that stand before the order it took."""
        for reduction in reductions:
            at_ns = reduction.timestamp_ns or reduction.recv_ns
            for shadow in self._undecided.pop(reduction.number, ()):
                if reduction.cause == "trade":
                    shadow.fill(at_ns)
                elif reduction.cause == "unknown":
                    shadow.lose(at_ns)

    def _is_open(self, shadow: Shadow, now_ns: int) -> bool:
        """Whether anything that happens from now on can change what becomes of it."""
        is_young = shadow.placed_ns >= now_ns - self._longest
        return is_young and (shadow.filled_ns is None or shadow.filled_ns >= now_ns - _SETTLED)


def _stands_before(shadow: Shadow, reduction: Reduction) -> bool:
    """Whether a trade that took from this order would have had to fill the shadow order first."""
    if shadow.side != reduction.side:
        return False
    if shadow.price == reduction.price:
        return reduction.order_id not in shadow.ahead
    return (shadow.price > reduction.price) == (shadow.side == "bid")


def _is_behind(order_id: str, shadow: Shadow, book: Level3Book) -> bool:
    """Whether an order that was amended in place now stands behind one that came after the shadow order."""
    order = book.order(order_id)
    if order is None or order.limit_price != shadow.price:
        return True
    for other in book.orders(shadow.side, book.queue_position(order_id).level):
        if other.order_id == order_id:
            return False
        if other.order_id not in shadow.ahead:
            return True
    return False
