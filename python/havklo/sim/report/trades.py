"""What trading is like: how often, how much, and how much it comes in bunches."""

from itertools import pairwise
from statistics import fmean, median, pvariance
from typing import Final, Literal, final

__all__ = ["TradeTally"]

_MICROS: Final = 1_000_000


@final
class TradeTally:
    """Counts of one symbol's trades. A taker's matches with several resting orders are one order here.

    Args:
        start_us: Where the seconds begin to be counted.

    Attributes:
        prints: Single matches.
        orders: Takers.
    """

    def __init__(self, start_us: int) -> None:
        self.prints: int = 0
        self.orders: int = 0
        self._start = start_us
        self._last: tuple[int, str] | None = None
        self._seconds: dict[int, int] = {}
        self._sizes: list[int] = []

    def __repr__(self) -> str:
        return f"<TradeTally {self.orders} orders, {self.prints} prints>"

    def on_trade(self, side: Literal["buy", "sell"], qty: int, now_us: int) -> None:
        """One match."""
        self.prints += 1
        if self._last == (now_us, side):
            self._sizes[-1] += qty
            return
        self._last = (now_us, side)
        self._sizes.append(qty)
        self.orders += 1
        second = (now_us - self._start) // _MICROS
        self._seconds[second] = self._seconds.get(second, 0) + 1

    def sizes(self) -> tuple[float, float]:
        """The median and the mean quantity of an order; zeros without any."""
        return (median(self._sizes), fmean(self._sizes)) if self._sizes else (0.0, 0.0)

    def clustering(self, end_us: int) -> tuple[float, float]:
        """How much orders come in bunches, judged by their counts in each whole second.

        Returns:
            The counts' variance over their mean, 1 for independent arrivals; and their correlation with
            those of the second before.
        """
        counts = [self._seconds.get(second, 0) for second in range((end_us - self._start) // _MICROS)]
        if len(counts) < 2 or not any(counts):
            return 0.0, 0.0
        mean, variance = fmean(counts), pvariance(counts)
        pairs = pairwise(counts)
        covariance = sum((a - mean) * (b - mean) for a, b in pairs) / len(counts)
        return variance / mean, covariance / variance if variance else 0.0
