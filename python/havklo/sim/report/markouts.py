"""Whether waiting pays: what has become of the price some time after a passive order was filled.

A naive maker always keeps one smallest order at the best bid and one at the best ask. Each queues behind
what is there when it joins; trades at its price and withdrawals shorten the queue, a trade beyond its price
fills it, a better price makes it leave and join there. It changes nothing in the market, so that all this
can be read off the messages.
"""

from collections import deque
from collections.abc import Sequence
from math import sqrt
from statistics import fmean
from typing import Final, Literal, NamedTuple, final

__all__ = ["Markout", "Markouts"]

_MICROS: Final = 1_000_000
_BPS: Final = 10_000.0
_BLOCK: Final = 10  # seconds whose fills share their fate when the error is judged


class Markout(NamedTuple):
    """What fills were worth after a while.

    Attributes:
        seconds: After how long.
        fills: How many could be judged.
        mean: The middle's distance from the price paid, in basis points; above 0 it was a gain.
        error: The standard error of that, fills of the same ten seconds counted as one.
    """

    seconds: int
    fills: int
    mean: float
    error: float


@final
class _Waiting:
    """The naive maker's order on one side, prices as sort keys: the best has the lowest."""

    __slots__ = ("ahead", "key", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.key: int | None = None
        self.ahead = 0

    def hit(self, key: int, qty: int) -> bool:
        """A trade on this side; returns whether it reached the order."""
        if self.key is None or key < self.key:
            return False
        if key == self.key and qty <= self.ahead:
            self.ahead -= qty
            return False
        return True

    def follow(self, key: int, qty: int) -> None:
        """The best level of this side is such now."""
        if self.key is None or key < self.key:
            self.key, self.ahead = key, qty
        elif key == self.key:
            self.ahead = min(self.ahead, qty)
        else:
            # Everybody before it has gone: it is the best now, and first.
            self.ahead = 0


@final
class Markouts:
    """The naive maker's fills in one market, judged after some seconds.

    Args:
        horizons: After how many.
    """

    def __init__(self, horizons: Sequence[int] = (1, 10)) -> None:
        self._waiting = (_Waiting(-1), _Waiting(1))
        self._middle = 0.0
        self._open: dict[int, deque[tuple[int, int, int]]] = {seconds: deque() for seconds in horizons}
        self._judged: dict[int, list[tuple[int, float]]] = {seconds: [] for seconds in horizons}

    def __repr__(self) -> str:
        return f"<Markouts {', '.join(str(self.result(seconds)) for seconds in self._judged)}>"

    def on_trade(self, side: Literal["buy", "sell"], price: int, qty: int, now_us: int) -> None:
        """A match; `side` is the taker's. It comes before the quote that it led to."""
        order = self._waiting[side == "buy"]
        if order.hit(price * order.sign, qty) and order.key is not None:
            for fills in self._open.values():
                fills.append((now_us, order.sign, order.key * order.sign))
            order.key = None

    def on_quote(self, bid: int, bid_qty: int, ask: int, ask_qty: int, now_us: int) -> None:
        """The best prices and what is there, from this moment on."""
        self.close(now_us)
        self._middle = (bid + ask) / 2
        bids, asks = self._waiting
        bids.follow(-bid, bid_qty)
        asks.follow(ask, ask_qty)

    def close(self, now_us: int) -> None:
        """The last quote holds until this moment: judge what can be judged."""
        for seconds, fills in self._open.items():
            while fills and fills[0][0] + seconds * _MICROS <= now_us:
                at_us, sign, price = fills.popleft()
                gain = (price - self._middle) * sign / price * _BPS
                self._judged[seconds].append((at_us, gain))

    def result(self, seconds: int) -> Markout:
        """What the fills were worth after so many seconds."""
        judged = self._judged[seconds]
        if not judged:
            return Markout(seconds, 0, 0.0, 0.0)
        mean = fmean(gain for _, gain in judged)
        blocks: dict[int, float] = {}
        for at_us, gain in judged:
            block = at_us // (_BLOCK * _MICROS)
            blocks[block] = blocks.get(block, 0.0) + gain - mean
        return Markout(seconds, len(judged), mean, sqrt(sum(total * total for total in blocks.values())) / len(judged))
