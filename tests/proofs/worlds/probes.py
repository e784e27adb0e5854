"""Orders without impact, and what became of them."""

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Probe", "Probes"]

LONGEST: Final = 12.0  # seconds for which a probe is followed, a little more than the longest horizon


@dataclass(slots=True, kw_only=True)
class Probe:
    """One order at the back of a queue that nobody else sees.

    Attributes:
        side: 0 for a bid, 1 for an ask.
        price: In ticks.
        level: Which of its side's prices that was.
        placed: In seconds.
        bound: Orders with a greater sequence came after it.
        ahead: Quantity and age in seconds of every order ahead of it at its price, when it was placed.
        better: The same of those at better prices.
        opposite: Quantity at the best price of the other side then.
        bests: Both best prices then, bid and ask.
        left: Quantity ahead of it at its price.
        filled: When it was filled first, in seconds since it was placed; None as long as it is not.
        away: When one of the best prices got farther from it than when it was placed, likewise.
    """

    side: int
    price: int
    level: int
    placed: float
    bound: int
    ahead: list[tuple[float, float]]
    better: list[tuple[float, float]]
    opposite: float
    bests: tuple[int, int]
    left: float = field(init=False)
    filled: float | None = None
    away: float | None = None

    def __post_init__(self) -> None:
        self.left = sum(qty for qty, _ in self.ahead)

    def by(self, within: float) -> bool:
        """Whether it was filled within so many seconds, held at its price whatever the quotes did."""
        return self.filled is not None and self.filled <= within

    def before_move(self, within: float) -> bool:
        """Whether it was filled within so many seconds, and before a quote moved away from it."""
        return self.by(within) and (self.away is None or (self.filled or 0.0) <= self.away)


class Probes:
    """All probes of a market: those under way by side and price, and all that were ever placed."""

    def __init__(self) -> None:
        self.all: list[Probe] = []
        self._open: list[Probe] = []

    def add(self, probe: Probe) -> None:
        """Follow one from now on."""
        self.all.append(probe)
        self._open.append(probe)

    def expire(self, now: float) -> None:
        """Follow no more those that are old."""
        self._open = [each for each in self._open if each.filled is None and now - each.placed < LONGEST]

    def left(self, side: int, price: int, sequence: int, qty: float) -> None:
        """So much of an order is gone, whatever took it."""
        for each in self._open:
            if each.price == price and each.side == side and sequence <= each.bound:
                each.left -= qty

    def traded(self, now: float, side: int, price: int, sequence: int) -> None:
        """An order was hit: so was every probe that stood before it."""
        for each in self._open:
            if each.side != side or each.filled is not None:
                continue
            is_better = each.price > price if side == 0 else each.price < price
            if is_better or (each.price == price and sequence > each.bound):
                each.filled = now - each.placed

    def quoted(self, now: float, bests: tuple[int, int]) -> None:
        """These are the best prices now; an order that the other side has reached is filled."""
        for each in self._open:
            reached = bests[1] <= each.price if each.side == 0 else bests[0] >= each.price
            if each.filled is None and reached:
                each.filled = now - each.placed
            if each.away is None and (bests[0] > each.bests[0] if each.side == 0 else bests[0] < each.bests[0]):
                each.away = now - each.placed
            if each.away is None and (bests[1] > each.bests[1] if each.side == 0 else bests[1] < each.bests[1]):
                each.away = now - each.placed
