"""Investors keep the book behind the touch: they place where it is thinner than usual, withdraw where it is thicker.

So the deep book follows the price wherever the value takes it: what the price has moved away from is thinned
out, what it comes close to fills up.
"""

from typing import Final, final

from havklo.sim.flow.floor import Floor
from havklo.sim.market.ladder import ASK, BID, Ladder, Side, opposite

__all__ = ["Investors"]

_TOUCH: Final = 10  # they stay behind these levels
_STRETCH: Final = 8  # levels over which they judge how thick the book is
_CLOSE: Final = 6  # the higher, the closer to the touch
_QUEUE: Final = 2  # orders at one price that are not too many
_WIDE: Final = 1.5  # usual breadths from the best, they give up
_ATTEMPTS: Final = 4


@final
class Investors:
    """They fill the book behind the touch."""

    __slots__ = ("_floor",)

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def act(self) -> None:
        """One event in the deep of one side."""
        floor = self._floor
        roll = floor.roll
        side: Side = ASK if roll() < 0.5 else BID
        ladder = floor.market.sides[side]
        keys = ladder.keys
        _, usual, most = floor.pair.levels
        count = len(keys)
        worst = floor.worst(ladder)
        if worst is not None and (
            worst.price * ladder.sign - keys[0] > _WIDE * floor.span or (count > usual and roll() < 0.2)
        ):
            floor.market.cancel(worst.id)
            return
        rank = min(_TOUCH + int((count - _TOUCH) * roll() ** _CLOSE), count - 1)
        end = min(rank + _STRETCH, count - 1)
        width = keys[end] - keys[rank]
        thin = width / (width + (end - rank) * floor.gap(rank)) if end > rank else 0.0
        # Long queues are thinned out as well: with every price taken, the count of levels says nothing.
        if len(ladder.at(rank).orders) <= _QUEUE and roll() < thin + (usual - count) / (most - usual):
            self._place(side, ladder, rank)
        else:
            self._withdraw(side, ladder, rank)

    def fill(self, side: Side) -> None:
        """A side has become too short: one level more, in the first gap that is found, or behind everything."""
        floor = self._floor
        ladder = floor.market.sides[side]
        keys = ladder.keys
        if not keys:
            self._found(side, ladder)
            return
        for _ in range(_ATTEMPTS):
            rank = int(len(keys) * floor.roll() ** 3)
            if rank and keys[rank] - keys[rank - 1] > 1:
                floor.place(side, min(floor.behind(ladder, rank), keys[rank] - 1))
                return
        floor.place(side, floor.beyond(ladder))

    def _found(self, side: Side, ladder: Ladder) -> None:
        """The first level of a side that somebody has emptied: near the value, and behind the other side."""
        floor = self._floor
        half = floor.spread / 2
        key = int(floor.value.price * ladder.sign + half)
        other = floor.market.sides[opposite(side)].keys
        if other:
            key = max(key, 1 - other[0])
        floor.place(side, key if key * ladder.sign > 0 else ladder.sign)

    def _place(self, side: Side, ladder: Ladder, rank: int) -> None:
        floor = self._floor
        floor.place(side, floor.beyond(ladder) if floor.roll() < 0.1 else floor.behind(ladder, rank))

    def _withdraw(self, side: Side, ladder: Ladder, rank: int) -> None:
        floor = self._floor
        order = floor.order(ladder.at(rank))
        if order is None:
            self._place(side, ladder, rank)
        else:
            floor.market.cancel(order.id)
