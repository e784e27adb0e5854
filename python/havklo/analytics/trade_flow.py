"""What takers bought and sold: trade-flow imbalance and the cumulative volume delta."""

from decimal import Decimal
from typing import Final, final

import msgspec

from havklo.analytics._metric import Windowed
from havklo.analytics._shapes import EXACT, Clock, Kind, TradeMessage, ratio

__all__ = ["TradeFlow", "TradeFlowImbalance"]

_ZERO: Final = Decimal(0)


class TradeFlow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was traded in one window.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        end_ns: Where it ends; it is not in it.
        buy_qty: What takers bought, in units of the base currency; exact.
        sell_qty: What takers sold.
        buys: How many trades had a buying taker.
        sells: How many had a selling one.
        turnover: What was paid for all of it, in the quote currency; exact.
        cvd: The cumulative volume delta at the window's end: bought minus sold since the metric's beginning.
        whole: Whether all trades of the window are known; not in the first one, nor where some are missing.
    """

    symbol: str
    start_ns: int
    end_ns: int
    buy_qty: Decimal
    sell_qty: Decimal
    buys: int
    sells: int
    turnover: Decimal
    cvd: Decimal
    whole: bool

    @property
    def net_qty(self) -> Decimal:
        """The trade-flow imbalance `sum(d * qty)`, or delta: bought minus sold, in units of the base currency."""
        return EXACT.subtract(self.buy_qty, self.sell_qty)

    @property
    def imbalance(self) -> float:
        """The net quantity's share of what was traded, from -1 to 1; NaN if nothing was."""
        return ratio(self.net_qty, EXACT.add(self.buy_qty, self.sell_qty))

    @property
    def vwap(self) -> float:
        """The volume-weighted average price, in the quote currency; NaN if nothing was traded."""
        return ratio(self.turnover, EXACT.add(self.buy_qty, self.sell_qty))


@final
class TradeFlowImbalance(Windowed[TradeFlow]):
    """Tells what was traded in each window, by the taker's side as Kraken says it (TFI, delta, CVD).

    Trades of the subscription's snapshot are passed over, for they happened before it; repaired ones count. Time passes
    with trades alone, so a quiet end of the tape needs a `tick`.

    Args:
        symbol: Kraken's name for the pair.
        window: The length of a window in seconds; closed on the left.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.

    Attributes:
        cvd: The cumulative volume delta up to now, in units of the base currency.
    """

    _takes = frozenset({Kind.TRADE, Kind.GAP})

    def __init__(self, symbol: str, *, window: float = 60.0, clock: Clock = "exchange") -> None:
        super().__init__(symbol, window=window, clock=clock)
        self.cvd: Decimal = _ZERO
        self._bought = self._sold = self._turnover = _ZERO
        self._buys = self._sells = 0

    def feed(self, event: object) -> tuple[TradeFlow, ...]:
        """Take the next event; gives the rows that became certain with it.

        Args:
            event: Any event of `havklo.events`, or a record of the same shape.
        """
        return () if getattr(event, "source", None) == "snapshot" else super().feed(event)

    def _trade(self, trade: TradeMessage, now: int | None) -> None:
        del now
        if trade.side == "buy":
            self._bought = EXACT.add(self._bought, trade.qty)
            self._buys += 1
            self.cvd = EXACT.add(self.cvd, trade.qty)
        else:
            self._sold = EXACT.add(self._sold, trade.qty)
            self._sells += 1
            self.cvd = EXACT.subtract(self.cvd, trade.qty)
        self._turnover = EXACT.fma(trade.price, trade.qty, self._turnover)

    def _miss(self) -> None:
        self._whole = False

    def _close(self, start: int, end: int) -> None:
        self._rows.append(
            TradeFlow(
                symbol=self.symbol,
                start_ns=start,
                end_ns=end,
                buy_qty=self._bought,
                sell_qty=self._sold,
                buys=self._buys,
                sells=self._sells,
                turnover=self._turnover,
                cvd=self.cvd,
                whole=self._whole,
            )
        )
        self._bought = self._sold = self._turnover = _ZERO
        self._buys = self._sells = 0
