"""A market as its agents see it, with what they share: sizes, prices and the choice of an order."""

import random
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, final

from havklo.sim.flow.regime import Regime
from havklo.sim.flow.value import Value
from havklo.sim.market.ladder import Ladder, Level, Order, Side
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Floor"]

_DRAWS: Final = 512
_SIZES: Final = tuple(exp(1.1 * NormalDist().inv_cdf((rank + 0.5) / _DRAWS)) for rank in range(_DRAWS))
_CROWD: Final = 8  # orders in one queue at most; with it a level of any pair fits 64 bits
_NEAR: Final = 10  # makers place before this rank, and rather further in front
_BREADTH: Final = 0.12  # the usual distance of a side's worst level from its best, as a part of the price


@final
class Floor:
    """What everybody in a market sees, and what they have in common.

    Attributes:
        pair: Which market.
        market: Its matching engine.
        rng: Everybody's generator.
        roll: A number from 0 to 1 from it.
        regime: What kind of day it is.
        most: The largest quantity that anybody takes at once.
        span: How far the worst level of a side usually is from its best, in ticks.
        spread: How far best bid and best ask usually are apart on such a day, in ticks.
        value: What the asset is worth; only the informed know.
        width: How far best bid and best ask are apart now.
        lean: How far the value is above their middle.
    """

    __slots__ = (
        "_bend",
        "_plain",
        "_round",
        "lean",
        "market",
        "most",
        "pair",
        "regime",
        "rng",
        "roll",
        "span",
        "spread",
        "value",
        "width",
    )

    def __init__(self, pair: Pair, market: Market, value: Value, regime: Regime, rng: random.Random) -> None:
        self.pair: Pair = pair
        self.market: Market = market
        self.rng: random.Random = rng
        self.roll: Callable[[], float] = rng.random
        self.value: Value = value
        self.width: int = pair.spread
        self.lean: float = 0.0
        self.settle(regime)
        usual = pair.levels[1]
        # Levels lie further apart the deeper they are, so that a whole side spans a good part of the price.
        spare = 0.0 if pair.thin else max(0.0, _BREADTH * pair.price - pair.gap * usual)
        self._bend = 2 * spare / (pair.gap * usual * usual)
        self.span: float = self.breadth(usual)
        # Thirty medians at most: the crowd's limit times this stays below 2^63 for every pair.
        largest = min(30 * pair.size, 10**18)
        self.most: int = 2 * largest
        self._plain = [max(pair.qty_min, min(int(pair.size * size), largest)) for size in _SIZES]
        self._round = [max(pair.qty_min, _rounded(qty)) for qty in self._plain]

    def settle(self, regime: Regime) -> None:
        """Go on under another regime."""
        self.regime: Regime = regime
        self.spread: float = self.pair.spread * regime.spread

    def gap(self, rank: int) -> float:
        """How far a level at this rank usually is from the next, in ticks."""
        return self.pair.gap * (1.0 + self._bend * rank)

    def breadth(self, rank: int) -> float:
        """How far a level at this rank usually is from the best, in ticks."""
        return self.pair.gap * rank * (1.0 + self._bend * rank / 2)

    def size(self) -> int:
        """An order's quantity: log-normal, now and then a round one, as people and programs order them."""
        roll = self.roll
        draw = int(_DRAWS * roll())
        if roll() < 0.4:
            return self._round[draw]
        # A little noise, so that the digits differ; upwards, to stay at or above the pair's least.
        return int(self._plain[draw] * (1.0 + 0.04 * roll()))

    def near(self, ladder: Ladder) -> int:
        """A rank near the touch."""
        return min(int(_NEAR * self.roll() ** 1.3), len(ladder.keys) - 1)

    def count(self, ladder: Ladder) -> int:
        """How many levels the crowd has on a side; among a thousand, those of accounts do not matter."""
        if not self.pair.thin:
            return len(ladder.keys)
        return sum(not next(iter(level.orders.values())).owner for level in ladder.levels.values())

    def worst(self, ladder: Ladder) -> Order | None:
        """The crowd's order that is furthest from the touch."""
        for key in reversed(ladder.keys):
            order = next(reversed(ladder.levels[key].orders.values()))
            if not order.owner:
                return order
        return None

    def order(self, level: Level) -> Order | None:
        """Any order of a level; None if it belongs to an account, whose orders are nobody else's business."""
        orders = level.orders
        order = next(iter(orders.values())) if len(orders) == 1 else self.rng.choice(list(orders.values()))
        return None if order.owner else order

    def behind(self, ladder: Ladder, rank: int) -> int:
        """A key at a rank, or between that and the one before it."""
        keys = ladder.keys
        if not rank:
            return keys[0]
        before = keys[rank - 1]
        return before + 1 + int((keys[rank] - before) * self.roll())

    def beyond(self, ladder: Ladder) -> int:
        """A key about where the worst level usually is. Where it really is may be an account's wild guess."""
        best = ladder.keys[0]
        return best + 1 + int(min(self.span, 0.6 * abs(best)) * (0.5 + self.roll()))

    def price(self, ladder: Ladder, key: int) -> int:
        """A key's price, or that of the next key behind it where the queue is not crowded."""
        levels = ladder.levels
        level = levels.get(key)
        full = self.count(ladder) >= self.pair.levels[2]
        if level is None:
            # A bid can't go below one tick.
            if not full and key * ladder.sign > 0:
                return key * ladder.sign
        elif len(level.orders) < _CROWD:
            return level.price
        if full:
            # A full side gets no new level: the order joins one that has room, or else the worst.
            room = (key for key in ladder.keys[self.near(ladder) :] if len(levels[key].orders) < _CROWD)
            return levels[next(room, ladder.keys[-1])].price
        while level is not None and len(level.orders) >= _CROWD:
            key += 1
            level = levels.get(key)
        return key * ladder.sign if key * ladder.sign > 0 else levels[ladder.keys[-1]].price

    def place(self, side: Side, key: int) -> None:
        """A new order rests at a key, or as close behind it as there is room."""
        self.market.limit(side, self.price(self.market.sides[side], key), self.size())


def _rounded(qty: int) -> int:
    """The first two digits of a quantity, and zeros."""
    unit = 10 ** max(0, len(str(qty)) - 2)
    return qty // unit * unit
