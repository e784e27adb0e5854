"""What becomes of the best level: how much of its queue is traded and how much is taken back."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, final

import msgspec

from havklo.analytics._metric import Windowed
from havklo.analytics._shapes import (
    EXACT,
    Attributing,
    Clock,
    Kind,
    OrderChange,
    OrdersMessage,
    Reduction,
    kind_of,
    ratio,
)

__all__ = ["QueueDepletion", "SideDepletion", "WindowDepletion"]

_ZERO: Final = Decimal(0)
_DECIDED: Final = {"trade": "traded", "cancel": "canceled"}
_LEAVING: Final = {"fill": "traded", "cancel": "canceled", "amend": "amended", "unknown": "unknown"}


class SideDepletion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came to and left the best level of one side; quantities in units of the base currency, exact.

    Attributes:
        came: What joined it: new orders, and those amended to its price or to more.
        traded: What is known to have been traded: partial fills, and what trades explain.
        canceled: What was taken back by orders that were not the first, so that no trade can have had them, and by
            those that no trade explains.
        amended: What left by an amend.
        unknown: What left as the first order, by a trade or a cancel, and nothing tells which.
        emptied: How often the best price got worse, for nothing was left at it.
    """

    came: Decimal = _ZERO
    traded: Decimal = _ZERO
    canceled: Decimal = _ZERO
    amended: Decimal = _ZERO
    unknown: Decimal = _ZERO
    emptied: int = 0

    @property
    def traded_share(self) -> tuple[float, float]:
        """The least and the most that trades can have had of what left; NaN if nothing did."""
        left = EXACT.add(EXACT.add(self.traded, self.canceled), EXACT.add(self.amended, self.unknown))
        return ratio(self.traded, left), ratio(EXACT.add(self.traded, self.unknown), left)


class WindowDepletion(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the best levels in one window.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        end_ns: Where it ends; it is not in it.
        bid: The best bid's level.
        ask: The best ask's level.
        whole: Whether the book was known throughout.
    """

    symbol: str
    start_ns: int
    end_ns: int
    bid: SideDepletion
    ask: SideDepletion
    whole: bool


@final
class _Window:
    """A window's sums, until all of it is settled."""

    def __init__(self) -> None:
        self.start = self.end = self.undecided = 0
        self.whole = False
        self.sums: dict[tuple[str, str], Decimal] = {}
        self.emptied = {"bid": 0, "ask": 0}

    def add(self, side: str, name: str, qty: Decimal) -> None:
        """Count a quantity."""
        self.sums[side, name] = EXACT.add(self.sums.get((side, name), _ZERO), qty)

    def row(self, symbol: str) -> WindowDepletion:
        """Give the row."""
        return WindowDepletion(
            symbol=symbol,
            start_ns=self.start,
            end_ns=self.end,
            bid=self._side("bid"),
            ask=self._side("ask"),
            whole=self.whole,
        )

    def _side(self, side: str) -> SideDepletion:
        names = ("came", "traded", "canceled", "amended", "unknown")
        sums = {name: self.sums.get((side, name), _ZERO) for name in names}
        return SideDepletion(**sums, emptied=self.emptied[side])


@final
class QueueDepletion(Windowed[WindowDepletion]):
    """Splits what leaves the best level of each side into trades and cancels, by window.

    "Best" is a level at the moment of each change, so that what a sweep takes from the next level counts as well once
    that is the best. The messages of a level-3 book prove most of the split by themselves; what they leave open, the
    first order of the best level leaving whole, is `unknown`, and shares are given as least and most. With an
    `Attribution`, and trades fed as well, it is settled by them: a row then waits until all in it is.

    Args:
        symbol: Kraken's name for the pair.
        window: The length of a window in seconds; closed on the left.
        attribution: What settles by the trades who took the first order; nobody else may feed it.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    _takes = frozenset({Kind.ORDERS, Kind.TRADE, Kind.GAP})

    def __init__(
        self,
        symbol: str,
        *,
        window: float = 60.0,
        attribution: Attributing | None = None,
        clock: Clock = "exchange",
    ) -> None:
        super().__init__(symbol, window=window, clock=clock)
        self._attribution = attribution
        self._open = _Window()
        self._closed: deque[_Window] = deque()
        self._undecided: dict[tuple[str, int], tuple[_Window, str]] = {}
        self._best: dict[str, Decimal | None] = {"bid": None, "ask": None}
        self._known = False

    def feed(self, event: object) -> tuple[WindowDepletion, ...]:
        """Take the next event; gives the rows that became certain with it.

        Args:
            event: Any event of `havklo.events`, or a record of the same shape.
        """
        told = super().feed(event)
        if self._attribution is not None and self._is_mine(kind_of(type(event)), event):
            self._settle(self._attribution.feed(event))
        return told + self._told()

    def tick(self, now_ns: int) -> tuple[WindowDepletion, ...]:
        """Tell how late it is on the metric's clock.

        Args:
            now_ns: The time, in nanoseconds since the epoch.
        """
        told = super().tick(now_ns)
        if self._attribution is not None:
            self._settle(self._attribution.tick(now_ns))
        return told + self._told()

    def _pass(self, now: int, kind: Kind) -> None:
        if kind is not Kind.TRADE:  # windows are of the book's messages
            super()._pass(now, kind)

    def _settle(self, reductions: Iterable[Reduction]) -> None:
        for reduction in reductions:
            window, side = self._undecided.pop((reduction.order_id, reduction.recv_ns), (None, ""))
            if window is not None:
                window.undecided -= 1
                window.add(side, _DECIDED.get(reduction.cause, "unknown"), reduction.qty)
        self._tell()

    def _tell(self) -> None:
        while self._closed and not self._closed[0].undecided:
            self._rows.append(self._closed.popleft().row(self.symbol))

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        del now
        best = {
            "bid": None if message.best_bid is None else message.best_bid.price,
            "ask": None if message.best_ask is None else message.best_ask.price,
        }
        if message.type == "snapshot":
            self._known, self._whole = True, False
        elif message.conflated:
            self._lose()
        else:
            for change in message.changes:
                if change.level == 0:
                    self._count(change, message.recv_ns)
            self._compare(best)
        self._best = best

    def _compare(self, best: dict[str, Decimal | None]) -> None:
        for side, old in self._best.items():
            new = best[side]
            if old is not None and (new is None or (new < old if side == "bid" else new > old)):
                self._open.emptied[side] += 1

    def _count(self, change: OrderChange, recv_ns: int) -> None:
        more = EXACT.subtract(change.order_qty, change.qty_before)
        name = "came" if change.reason in ("new", "amend") else None
        if more < 0:
            name = _LEAVING.get(change.reason)
        if name == "unknown" and self._attribution is not None:
            self._open.undecided += 1
            self._undecided[change.order_id, recv_ns] = self._open, change.side
        elif name is not None:
            self._open.add(change.side, name, more.copy_abs())

    def _lose(self) -> None:
        self._known = self._whole = False
        self._best = {"bid": None, "ask": None}

    def _continues(self) -> bool:
        return self._known

    def _close(self, start: int, end: int) -> None:
        window, self._open = self._open, _Window()
        window.start, window.end, window.whole = start, end, self._whole
        self._closed.append(window)
        self._tell()
