"""A margin position: what was bought or sold with borrowed money, netted per pair."""

from dataclasses import dataclass, replace
from typing import final

from havklo.sim.symbols import Pair

__all__ = ["Position"]


@final
@dataclass(frozen=True, slots=True)
class Position:
    """One account's position in one pair.

    Attributes:
        symbol: Which pair.
        qty: In lots: above 0 long, below 0 short, 0 flat.
        cost: What the open quantity was bought or sold for, in units of the quote asset.
        margin: The initial margin it uses, in the same units.
        owed: Losses and fees that the main wallet could not pay, in the same units.
    """

    symbol: str
    qty: int = 0
    cost: int = 0
    margin: int = 0
    owed: int = 0

    def after(self, pair: Pair, qty: int, cost: int) -> "Position":
        """The position after a fill of `qty` lots, below 0 for a sale, for `cost` units.

        A fill against it closes it first, in proportion, and opens the opposite with what is left.
        """
        total = self.qty + qty
        if self.qty * qty >= 0:
            basis = self.cost + cost
        elif self.qty * total >= 0:
            basis = self.cost * abs(total) // abs(self.qty)
        else:
            basis = cost * abs(total) // abs(qty)
        part, whole = pair.margin_initial.as_integer_ratio()
        return Position(self.symbol, total, basis, -(-basis * part // whole), self.owed)

    def owing(self, owed: int) -> "Position":
        """The position with so much owed."""
        return replace(self, owed=owed)

    @property
    def borrowed(self) -> int:
        """What its wallet holds of the quote asset besides what is owed: minus the cost of a long position."""
        return self.cost if self.qty < 0 else -self.cost

    def profit(self, value: int) -> int:
        """What closing it would bring if the open quantity is worth `value` units now; below 0 a loss."""
        return self.cost - value if self.qty < 0 else value - self.cost
