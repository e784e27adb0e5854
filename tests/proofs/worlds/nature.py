"""What a world is made of: rates, sizes, lifetimes, and how trades come."""

import math
import random
from dataclasses import dataclass
from typing import Final

__all__ = ["HOSTILE", "TEXTBOOK", "TEXTBOOK_MOVING", "Nature", "Trades"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """The laws of one world; both sides have the same.

    Attributes:
        arrivals: Limit orders a second at the best price, one tick deeper, and so on; of mean size 1.
        lifetime: Mean seconds until an order is canceled.
        shape: Weibull shape of the lifetimes; 1 is exponential.
        size_sigma: Sigma of the lognormal sizes of orders and trades; 0 makes them all equal.
        trades: Market orders a second against one side, those that others excited not counted.
        branching: How many trades one trade excites directly, on average.
        excitement: Rate at which excitement fades, 1/s.
        trade_size: Mean size of a trade.
        moves: Whether the price moves when a queue is empty; otherwise a new order comes at once.
        refill: Mean orders that take a price which the other side has just left.
    """

    arrivals: tuple[float, ...] = (5.0, 2.0, 1.0)
    lifetime: float = 2.5
    shape: float = 1.0
    size_sigma: float = 0.0
    trades: float = 2.0
    branching: float = 0.0
    excitement: float = 1.0
    trade_size: float = 1.0
    moves: bool = False
    refill: float = 4.0

    def draw_lifetime(self, draw: random.Random) -> float:
        """Seconds until an order is canceled."""
        if self.shape == 1.0:
            return draw.expovariate(1.0 / self.lifetime)
        scale = self.lifetime / math.gamma(1.0 + 1.0 / self.shape)
        return draw.weibullvariate(scale, self.shape)

    def draw_size(self, draw: random.Random, mean: float) -> float:
        """A quantity of this mean, in 128ths and above 0, so that floats add up exactly, in any order."""
        if not self.size_sigma:
            return mean
        size = mean * draw.lognormvariate(-0.5 * self.size_sigma**2, self.size_sigma)
        return max(1, round(size * 128)) / 128


TEXTBOOK: Final = Nature()
TEXTBOOK_MOVING: Final = Nature(arrivals=(3.0, 1.5, 1.0), moves=True)
HOSTILE: Final = Nature(
    lifetime=3.0, shape=0.5, size_sigma=1.0, trades=0.5, branching=0.5, excitement=0.7, trade_size=1.75, moves=True
)


class Trades:
    """When the next market order comes against one side: a Hawkes process with an exponential kernel, drawn exactly.

    Between trades the excitement only fades, so the time to the next trade is the lesser of two: of one that the
    base rate brings, and of one that the excitement brings, which may never come (Dassios and Zhao 2013).
    """

    def __init__(self, nature: Nature, draw: random.Random) -> None:
        self._nature = nature
        self._draw = draw
        self._excited = nature.trades * nature.branching / (1.0 - nature.branching)
        self._since = 0.0
        self.due = 0.0
        self._next()

    def happened(self) -> None:
        """The trade that was due has happened: go on to the next."""
        nature = self._nature
        self._excited *= math.exp(-nature.excitement * (self.due - self._since))
        self._excited += nature.branching * nature.excitement
        self._since = self.due
        self._next()

    def _next(self) -> None:
        nature, draw = self._nature, self._draw
        wait = draw.expovariate(nature.trades)
        if nature.branching:
            left = 1.0 - nature.excitement * draw.expovariate(1.0) / self._excited
            if left > 0.0:
                wait = min(wait, -math.log(left) / nature.excitement)
        self.due = self._since + wait
