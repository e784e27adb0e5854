"""Informed traders know the value: they take whatever is offered at a price that it has left behind."""

from typing import Final, final

from havklo.sim.flow.floor import Floor
from havklo.sim.market.ladder import ASK, BID, Side, opposite

__all__ = ["Informed"]

_REACH: Final = 8  # levels that one order eats at most
_MARGIN: Final = 0.5  # what a trade has to be worth beyond its price, in usual gaps


@final
class Informed:
    """They trade towards the value."""

    __slots__ = ("_floor",)

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def side(self) -> Side | None:
        """What there is to be done: buy, sell, or nothing that is worth it."""
        floor = self._floor
        if abs(floor.lean) <= floor.width / 2 + _MARGIN * floor.pair.gap:
            return None
        return BID if floor.lean > 0 else ASK

    def act(self, side: Side) -> None:
        """Take the best levels as far as they are wrong, or a part of them."""
        floor, roll = self._floor, self._floor.roll
        ladder = floor.market.sides[opposite(side)]
        keys = ladder.keys
        limit = floor.value.price * ladder.sign
        wrong = 1
        # No order empties a side: one level more than a taker eats always stays.
        most = min(_REACH, len(keys) - 2)
        while wrong < most and keys[wrong] < limit:
            wrong += 1
        *before, last = ladder.top(1 + int(wrong * roll() * roll()))
        first = next(iter(last.orders.values()))
        # Beyond a single order, and from icebergs, a part: the exact quantities that are shown would leave a
        # level with an iceberg as it was.
        whole = not before and not first.hidden and roll() < 0.6
        qty = first.qty if whole else sum(level.qty for level in before) + 1 + int((last.qty - 1) * roll())
        floor.market.limit(side, last.price, min(qty, floor.most))
