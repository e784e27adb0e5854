"""What prices are like: how far best bid and best ask are apart, and how much their middle moves."""

from math import log, sqrt
from statistics import fmean, median
from typing import Final, final

__all__ = ["PriceTally"]

_MICROS: Final = 1_000_000
_BPS: Final = 10_000.0


@final
class PriceTally:
    """The best prices of one symbol, looked at once per whole second.

    Args:
        start_us: The first of these moments.
    """

    def __init__(self, start_us: int) -> None:
        self._next = start_us
        self._middle = 0.0
        self._spread = 0.0
        self._middles: list[float] = []
        self._spreads: list[float] = []

    def __repr__(self) -> str:
        return f"<PriceTally {len(self._middles)} seconds>"

    def on_quote(self, bid: int, ask: int, now_us: int) -> None:
        """New best prices, which hold from this moment on."""
        self.close(now_us)
        self._middle = (bid + ask) / 2
        self._spread = (ask - bid) / self._middle * _BPS

    def close(self, now_us: int) -> None:
        """Nothing changes until this moment."""
        while self._next <= now_us:
            if self._middle:
                self._middles.append(self._middle)
                self._spreads.append(self._spread)
            self._next += _MICROS

    def spread(self) -> tuple[float, float]:
        """The median and the mean distance of best bid and best ask, in basis points."""
        return (median(self._spreads), fmean(self._spreads)) if self._spreads else (0.0, 0.0)

    def volatility(self, seconds: int) -> float:
        """The root mean square of the middle's moves over so many seconds, in basis points."""
        moves = [
            log(later / earlier) * _BPS
            for earlier, later in zip(self._middles[::seconds], self._middles[seconds::seconds], strict=False)
        ]
        return sqrt(fmean(move * move for move in moves)) if moves else 0.0
