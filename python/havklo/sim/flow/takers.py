"""Takers cross the spread because they want to trade, not because they know more than the price says.

Yet each of their orders tells something: the value moves a little with it, by about what crossing the spread
cost, as if one in some of them knew. Without that, whoever rests at the best price would earn the spread for
nothing.
"""

from typing import Final, final

from havklo.sim.flow.floor import Floor
from havklo.sim.market.ladder import BID, Ladder, Side, opposite

__all__ = ["Takers"]

_REACH: Final = 6  # levels that one order eats at most
_HERD: Final = 0.75  # how often a follower does what the one before did
_PERSISTENCE: Final = 0.55  # the same for anybody else
_MESSAGE: Final = 0.5  # what an order tells beyond its price, in usual gaps
_PATIENCE: Final = 6.0  # usual spreads and one gap is more than they pay


@final
class Takers:
    """They cross the spread.

    Attributes:
        side: What the last taker did, whoever it was.
    """

    __slots__ = ("_floor", "side")

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.side: Side = BID

    def patient(self) -> bool:
        """Whether the spread is wider than anybody would pay who does not have to."""
        floor = self._floor
        return floor.width > _PATIENCE * floor.spread + floor.pair.gap

    def act(self, *, follows: bool) -> None:
        """One aggressive order."""
        floor, rng = self._floor, self._floor.rng
        self.side = side = self._direction(_HERD if follows else _PERSISTENCE)
        ladder = floor.market.sides[opposite(side)]
        gain = floor.lean if side == BID else -floor.lean
        told = floor.width / 2 + _MESSAGE * floor.pair.gap - gain
        if told > 0.0:
            floor.value.learn(told if side == BID else -told)
        # No order empties a side: one level more than a taker eats always stays.
        reach = min(_REACH, len(ladder) - 2)
        roll = rng.random()
        if roll < 0.94:
            self._lift(side, ladder)
        elif roll < 0.98:
            self._sweep(side, ladder, rng.randint(1, reach))
        elif roll < 0.99 and len(floor.market.sides[side]) < floor.pair.levels[2]:
            self._sweep_and_rest(side, ladder, rng.randint(1, min(3, reach)))
        else:
            self._cross_over(side, ladder, rng.randint(0, min(2, reach)))

    def _direction(self, persistence: float) -> Side:
        """Buy or sell: rather what was done before, and rarely at a price that is plainly wrong."""
        floor, roll = self._floor, self._floor.rng.random
        side = self.side if roll() < persistence else opposite(self.side)
        gain = floor.lean if side == BID else -floor.lean
        return opposite(side) if gain < -roll() * 3 * floor.pair.gap else side

    def _lift(self, side: Side, ladder: Ladder) -> None:
        """Take from the best level: its first order exactly, or a part of it."""
        floor = self._floor
        level = ladder.at(0)
        first = next(iter(level.orders.values()))
        # What an iceberg shows is not taken exactly: its next part would leave the level as it was.
        whole = floor.roll() < 0.5 and not first.hidden
        qty = min(first.qty if whole else int(first.qty * floor.roll()), floor.most)
        if not qty:
            floor.market.limit(opposite(side), level.price, floor.size())
        elif floor.roll() < 0.5:
            floor.market.market(side, qty)
        else:
            floor.market.limit(side, level.price, qty)

    def _sweep(self, side: Side, ladder: Ladder, depth: int) -> None:
        """Eat whole levels and a part of the next."""
        floor = self._floor
        part = int(ladder.at(depth).qty * floor.roll())
        floor.market.market(side, min(sum(level.qty for level in ladder.top(depth)) + part, floor.most))

    def _sweep_and_rest(self, side: Side, ladder: Ladder, depth: int) -> None:
        """A limit order eats whole levels and rests with the remainder: both sides change at once."""
        floor = self._floor
        levels = ladder.top(depth)
        eaten = sum(order.open for level in levels for order in level.orders.values())
        if eaten <= floor.most:
            floor.market.limit(side, levels[-1].price, eaten + floor.size())
        else:
            self._lift(side, ladder)

    def _cross_over(self, side: Side, ladder: Ladder, depth: int) -> None:
        """A resting order is moved across the spread and takes from the other side."""
        floor = self._floor
        own = floor.market.sides[side]
        mover = floor.order(own.at(floor.near(own))) if len(own) > floor.pair.levels[0] else None
        if mover is None:
            self._lift(side, ladder)
            return
        # It never eats the level at its own price whole.
        most = sum(level.qty for level in ladder.top(depth)) + ladder.at(depth).qty // 2
        if most:
            floor.market.amend(mover.id, price=ladder.at(depth).price, qty=min(mover.qty, most, floor.most))
        else:
            floor.market.cancel(mover.id)
