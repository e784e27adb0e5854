"""How much is traded against each side, and how large orders are: all that the model without cancels knows."""

from typing import Final, final

from havklo._engine import Level3Update
from havklo.analytics import fill_within
from havklo.events import Trade

__all__ = ["Pressure"]

_SECOND: Final = 1_000_000_000
_LEVELS: Final = 2


@final
class Pressure:
    """Rates of trades against each side since the beginning."""

    def __init__(self) -> None:
        self._traded = {"bid": 0.0, "ask": 0.0}
        self._orders = 0
        self._qty = 0.0
        self._began_ns: int | None = None
        self._now_ns = 0

    def update(self, update: Level3Update, at_ns: int) -> None:
        """Take one message of the book."""
        self._began_ns = at_ns if self._began_ns is None else self._began_ns
        self._now_ns = at_ns
        for change in update.changes:
            if change.reason == "new" and change.level < _LEVELS:
                self._orders += 1
                self._qty += float(change.order_qty)

    def trade(self, trade: Trade, at_ns: int) -> None:
        """Take one trade."""
        self._now_ns = max(self._now_ns, at_ns)
        self._traded["bid" if trade.side == "sell" else "ask"] += float(trade.qty)

    def fills(self, side: str, ahead: float, within: float) -> float:
        """The chance that trades alone work off what is ahead, and then the order itself; NaN if nothing was seen."""
        if not self._orders or self._began_ns is None or self._now_ns <= self._began_ns:
            return float("nan")
        unit = self._qty / self._orders
        rate = self._traded[side] / unit / ((self._now_ns - self._began_ns) / _SECOND)
        return fill_within(1.0 + ahead / unit, within, rate, 0.0)
