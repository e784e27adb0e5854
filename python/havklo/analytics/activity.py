"""What orders do for each trade: adds, amends, cancels and fills, cancel ratio and order-to-trade ratio."""

from decimal import Decimal
from typing import Final, final

import msgspec

from havklo.analytics._metric import Windowed
from havklo.analytics._shapes import EXACT, Clock, Kind, OrderChange, OrdersMessage, TradeMessage, ratio

__all__ = ["OrderActivity", "Tally", "WindowActivity"]

_ZERO: Final = Decimal(0)


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A count and the quantity that belongs to it.

    Attributes:
        count: How many.
        qty: How much, in units of the base currency; exact.
    """

    count: int = 0
    qty: Decimal = _ZERO


class WindowActivity(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the orders of a book in one window.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        end_ns: Where it ends; it is not in it.
        adds: Orders that were placed, with their quantity.
        amends: Orders that were changed, with their quantity afterwards.
        cancels: Orders that were taken back, with what was left of them.
        fills: Orders that were filled in part, with what was filled.
        unknown: Orders that left as the first of the best level, filled or canceled, with what was left of them.
        trades: Trades, if they were fed, with what was traded.
        whole: Whether the book was known throughout, and no trade is missing.
    """

    symbol: str
    start_ns: int
    end_ns: int
    adds: Tally
    amends: Tally
    cancels: Tally
    fills: Tally
    unknown: Tally
    trades: Tally
    whole: bool

    @property
    def cancel_ratio(self) -> tuple[float, float]:
        """Cancels for each add, by count: the least and the most it can be; NaN if no order was placed."""
        return _range(self.cancels.count, self.unknown.count, self.adds.count)

    @property
    def cancel_ratio_qty(self) -> tuple[float, float]:
        """The same by quantity."""
        return _range(self.cancels.qty, self.unknown.qty, self.adds.qty)

    @property
    def order_to_trade(self) -> tuple[float, float]:
        """Adds, amends and cancels for each trade, by count: the least and the most; NaN without a trade."""
        sure = self.adds.count + self.amends.count + self.cancels.count
        return _range(sure, self.unknown.count, self.trades.count)

    @property
    def order_to_trade_qty(self) -> tuple[float, float]:
        """The same by quantity."""
        sure = EXACT.add(EXACT.add(self.adds.qty, self.amends.qty), self.cancels.qty)
        return _range(sure, self.unknown.qty, self.trades.qty)


@final
class OrderActivity(Windowed[WindowActivity]):
    """Tells what orders did in each window (the order-to-trade ratio of MiFID II's RTS 9 counts them alike).

    It is fed a level-3 book and, for ratios to trades, the trades of the same symbol. Orders that come in over the
    edge of the depth or with a snapshot are no adds, and those that leave over it no cancels. What leaves as the first
    order of the best level may have been traded or canceled: it is counted apart, and ratios are given as least and
    most.

    Args:
        symbol: Kraken's name for the pair.
        window: The length of a window in seconds; closed on the left.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    _takes = frozenset({Kind.ORDERS, Kind.TRADE, Kind.GAP})

    def __init__(self, symbol: str, *, window: float = 60.0, clock: Clock = "exchange") -> None:
        super().__init__(symbol, window=window, clock=clock)
        self._counts: dict[str, Tally] = {}
        self._known = False

    def feed(self, event: object) -> tuple[WindowActivity, ...]:
        """Take the next event; gives the rows that became certain with it.

        Args:
            event: Any event of `havklo.events`, or a record of the same shape.
        """
        return () if getattr(event, "source", None) == "snapshot" else super().feed(event)

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        del now
        if message.type == "snapshot":
            self._known, self._whole = True, False
        elif message.conflated:
            self._lose()
        else:
            for change in message.changes:
                self._count(change)

    def _count(self, change: OrderChange) -> None:
        match change.reason, change.event:
            case "new", _:
                self._add("adds", change.order_qty)
            case "amend", "add" | "modify":
                self._add("amends", change.order_qty)
            case "cancel", _:
                self._add("cancels", change.qty_before)
            case "fill", _:
                self._add("fills", EXACT.subtract(change.qty_before, change.order_qty))
            case "unknown", _:
                self._add("unknown", EXACT.subtract(change.qty_before, change.order_qty))
            case _:
                return  # over the edge of the depth, or the first half of an amend

    def _trade(self, trade: TradeMessage, now: int | None) -> None:
        del now
        self._add("trades", trade.qty)

    def _add(self, name: str, qty: Decimal) -> None:
        before = self._counts.get(name, Tally())
        self._counts[name] = Tally(count=before.count + 1, qty=EXACT.add(before.qty, qty))

    def _miss(self) -> None:
        self._whole = False

    def _lose(self) -> None:
        self._known = self._whole = False

    def _continues(self) -> bool:
        return self._known

    def _close(self, start: int, end: int) -> None:
        counts, self._counts = self._counts, {}
        self._rows.append(
            WindowActivity(
                symbol=self.symbol,
                start_ns=start,
                end_ns=end,
                adds=counts.get("adds", Tally()),
                amends=counts.get("amends", Tally()),
                cancels=counts.get("cancels", Tally()),
                fills=counts.get("fills", Tally()),
                unknown=counts.get("unknown", Tally()),
                trades=counts.get("trades", Tally()),
                whole=self._whole,
            )
        )


def _range(sure: int | Decimal, perhaps: int | Decimal, per: int | Decimal) -> tuple[float, float]:
    return ratio(sure, per), ratio(sure + perhaps, per)
