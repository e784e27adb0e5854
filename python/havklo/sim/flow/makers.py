"""Makers keep the book near the touch: they place, withdraw, resize and move orders.

They place where the book is thinner than usual and withdraw where it is thicker, which keeps its shape. What
the asset is worth they know roughly and late: they rather improve the side that the value is moving away
from, and some of them back away on the side that is about to be run over. An order's risk of being withdrawn
falls with its age.
"""

from typing import Final, final

from havklo.sim.flow.floor import Floor
from havklo.sim.market.ladder import ASK, BID, Ladder, Order, Side

__all__ = ["Makers"]

_REMEMBERED: Final = 256  # the last orders of each side
_TOP: Final = 9  # a maker looks after orders up to this rank
_FEAR: Final = 0.35  # how often who sees the price coming gets out of its way
_ICEBERGS: Final = 0.03  # part of the new orders that show a part of themselves only
# What they do, as the upper ends of shares: resize, move; the rest is to place or to withdraw.
_LIQUID: Final = (0.14, 0.48)
_THIN: Final = (0.43, 0.53)


@final
class Makers:
    """They keep the book near the touch."""

    __slots__ = ("_at", "_floor", "_gap", "_recent", "_roll", "_shares", "_sides", "_thin")

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._roll = floor.roll
        self._gap = floor.pair.gap
        self._sides = floor.market.sides
        self._thin = floor.pair.thin
        self._shares = _THIN if self._thin else _LIQUID
        # Order numbers start at 1: 0 is nobody's.
        self._recent = ([0] * _REMEMBERED, [0] * _REMEMBERED)
        self._at = [0, 0]

    def act(self) -> None:
        """One event near the touch."""
        floor, roll, gap = self._floor, self._roll, self._gap
        # Above 0, the price is going to rise; later, for either side, that it should come forward.
        lean = floor.lean - floor.value.news
        if roll() < 0.5:
            side, ladder, lean = ASK, self._sides[ASK], -lean
        else:
            side, ladder = BID, self._sides[BID]
        lean += gap * (2 * roll() - 1)
        if lean < -gap and roll() < _FEAR:
            self._retreat(side, ladder)
            return
        what = roll()
        resizes, moves = self._shares
        if what < resizes:
            self._resize(side, ladder)
        elif what < moves:
            self._move(side, ladder, lean)
        elif roll() < self._appetite(ladder):
            self._place(side, ladder, lean)
        else:
            self._withdraw(side, ladder, lean)

    def _appetite(self, ladder: Ladder) -> float:
        """How much rather to place than to withdraw: more where ten levels span more ticks than usual."""
        floor, keys = self._floor, ladder.keys
        if self._thin:
            return 1.0 - floor.count(ladder) / (2 * floor.pair.levels[1])
        span = keys[_TOP] - keys[0]
        return span / (span + _TOP * self._gap * floor.regime.cancels)

    def _place(self, side: Side, ladder: Ladder, lean: float) -> None:
        floor = self._floor
        market = floor.market
        if floor.count(ladder) >= floor.pair.levels[2] and (worst := floor.worst(ladder)) is not None:
            self._renew(worst, ladder, lean)
            return
        price = floor.price(ladder, self._quote(ladder, lean))
        qty = floor.size()
        if self._roll() < _ICEBERGS:
            order_id = market.submit(side, price, qty * floor.rng.randint(2, 10), peak=qty).order_id
        else:
            order_id = market.limit(side, price, qty).order_id
        at = self._at[side] = (self._at[side] + 1) % _REMEMBERED
        self._recent[side][at] = order_id

    def _renew(self, worst: Order, ladder: Ladder, lean: float) -> None:
        """A full side gets a better order only in place of its worst."""
        market = self._floor.market
        key = self._quote(ladder, lean)
        level = ladder.levels[worst.price * ladder.sign]
        if len(level.orders) > 1 or key >= worst.price * ladder.sign or key in ladder.levels:
            market.cancel(worst.id)
        else:
            market.amend(worst.id, price=key * ladder.sign)

    def _withdraw(self, side: Side, ladder: Ladder, lean: float) -> None:
        order = self._own(side, ladder)
        if order is None:
            self._place(side, ladder, lean)
        else:
            self._floor.market.cancel(order.id)

    def _resize(self, side: Side, ladder: Ladder) -> None:
        """Another quantity: half of it at the best level, where makers adjust all the time."""
        floor = self._floor
        order = floor.order(ladder.at(0)) if self._roll() < 0.5 else self._own(side, ladder)
        if order is None or order.peak:
            self._place(side, ladder, 0.0)
            return
        qty = floor.size()
        floor.market.amend(order.id, qty=qty if qty != order.qty else qty + 1)

    def _move(self, side: Side, ladder: Ladder, lean: float) -> None:
        """Another price."""
        floor = self._floor
        order = self._own(side, ladder)
        price = floor.price(ladder, self._quote(ladder, lean))
        if order is None:
            floor.market.limit(side, price, floor.size())
        elif price == order.price:
            floor.market.cancel(order.id)
        else:
            floor.market.amend(order.id, price=price)

    def _retreat(self, side: Side, ladder: Ladder) -> None:
        """Out of the way: the newest order at the best level goes, or goes back a few levels."""
        floor = self._floor
        order = next(reversed(ladder.at(0).orders.values()))
        if order.owner:
            self._place(side, ladder, 0.0)
        elif self._roll() < 0.5:
            floor.market.cancel(order.id)
        else:
            price = floor.price(ladder, floor.behind(ladder, floor.near(ladder) or 1))
            floor.market.amend(order.id, price=price)

    def _quote(self, ladder: Ladder, lean: float) -> int:
        """A key for an order near the touch, never one that crosses."""
        floor, roll = self._floor, self._roll
        spread, usual = floor.width, floor.spread
        # From the best as far as half a usual spread from what the maker believes.
        room = (spread - usual) / 2 + lean
        if room >= spread - 1:
            room = spread - 1.0
        if room >= 1.0 and roll() < room / (room + usual):
            return ladder.keys[0] - 1 - int((room - 1.0) * roll())
        if self._thin and roll() < 0.3:
            return floor.beyond(ladder)
        return floor.behind(ladder, floor.near(ladder))

    def _own(self, side: Side, ladder: Ladder) -> Order | None:
        """A maker's order near the touch: the risk of being chosen falls as one over its age."""
        floor, roll = self._floor, self._roll
        orders, recent, newest = floor.market.orders, self._recent[side], self._at[side] + 1
        keys, sign = ladder.keys, ladder.sign
        worst = keys[_TOP] if len(keys) > _TOP else keys[-1]
        for _ in range(3):
            order = orders.get(recent[newest - int(_REMEMBERED ** roll())])
            if order is not None and order.price * sign <= worst:
                return order
        return floor.order(ladder.levels[keys[floor.near(ladder)]])
