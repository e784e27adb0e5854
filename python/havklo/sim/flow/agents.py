"""Who trades: makers near the touch, takers who cross it, investors deep in the book.

Each agent's `act` is one engine event. What an agent does follows from the book it sees and from a seeded
generator; a price comes about by orders that meet, and nothing here ever sets one.

* `Makers` place, cancel, resize and re-price orders near the touch. They place where the book is thinner
  than usual and cancel where it is thicker, which keeps its shape.
* `Takers` lift part of the best level, sweep several, cross with a limit order whose remainder rests, or
  move a resting order across the spread. They lean against a price far from the pair's home, as value
  investors would.
* `Investors` keep the far levels filled.
"""

import random
from math import exp
from statistics import NormalDist
from typing import Final, final

from havklo.sim.market.ladder import ASK, BID, Ladder, Level, Order, Side, opposite
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair

__all__ = ["Flow"]

_NEAR: Final = 7.0  # how many levels deep makers are active, on average
_TOUCH: Final = 10  # investors stay behind these
_SIZES: Final = tuple(exp(1.1 * NormalDist().inv_cdf((rank + 0.5) / 512)) for rank in range(512))
_CROWD: Final = 8  # orders in one queue at most; with it a level of any pair fits 64 bits


@final
class Floor:
    """A market as its agents see it, with what they share: sizes, prices and the choice of an order."""

    def __init__(self, pair: Pair, market: Market, rng: random.Random) -> None:
        self.pair = pair
        self.market = market
        self.rng = rng

    @property
    def spread(self) -> int:
        """Best ask minus best bid; keys of bids are negative prices."""
        bids, asks = self.market.sides
        return bids.keys[0] + asks.keys[0]

    def side(self) -> Side:
        """Either side."""
        return ASK if self.rng.random() < 0.5 else BID

    def size(self) -> int:
        """An order's quantity: log-normal, now and then a round one, as people and programs order them."""
        pair, rng = self.pair, self.rng
        # From a table, with a little noise so that the digits differ: half the price of an exact draw.
        qty = int(pair.size * _SIZES[int(rng.random() * len(_SIZES))] * (0.98 + 0.04 * rng.random()))
        # Thirty medians at most: the crowd's limit times this stays below 2^63 for every pair.
        qty = max(pair.qty_min, min(qty, 30 * pair.size, 10**18))
        if rng.random() < 0.4:
            unit = 10 ** (len(str(qty)) - 2)
            qty = max(pair.qty_min, qty // unit * unit)
        return qty

    def near(self, ladder: Ladder) -> int:
        """A rank near the touch."""
        return min(int(self.rng.expovariate(1 / _NEAR)), len(ladder) - 1)

    def order(self, level: Level) -> Order:
        """Any order of a level."""
        orders = level.orders
        if len(orders) == 1:
            return next(iter(orders.values()))
        return self.rng.choice(list(orders.values()))

    def quote(self, side: Side) -> int:
        """A price for a new order near the touch, never one that crosses."""
        ladder, rng, pair = self.market.sides[side], self.rng, self.pair
        keys = ladder.keys
        spread = self.spread
        if spread > 1 and rng.random() < spread / (spread + 8 * pair.spread):
            # Into the spread: a little better than the best, rarely much better, unless it is wide.
            key = keys[0] - 1 - int((spread - 1) * rng.random() ** 2)
        elif pair.thin and rng.random() < 0.3:
            key = keys[-1] + 1 + int(rng.expovariate(1 / pair.gap))
        else:
            rank = self.near(ladder)
            key = rng.randint(keys[rank - 1] + 1, keys[rank]) if rank else keys[0]
        return self.free(ladder, key)

    def free(self, ladder: Ladder, key: int) -> int:
        """A key's price, or the next one behind it where the queue is not crowded yet."""
        levels = ladder.levels
        if len(ladder) >= self.pair.levels[2]:
            # A full side gets no new level: the order joins one that has room, or else the worst.
            room = (key for key in ladder.keys[self.near(ladder) :] if len(levels[key].orders) < _CROWD)
            return levels[next(room, ladder.keys[-1])].price
        while (level := levels.get(key)) is not None and len(level.orders) >= _CROWD:
            key += 1
        # A bid can't go below one tick; it joins the worst level there is.
        return abs(key) if key * ladder.sign > 0 else ladder.at(-1).price


@final
class Makers:
    """They keep the book near the touch."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def act(self) -> None:
        """One event near the touch."""
        floor = self._floor
        side = floor.side()
        roll = floor.rng.random()
        if roll < 0.20:
            self._resize(side)
        elif roll < 0.50:
            self._reprice(side)
        elif floor.rng.random() < self._appetite(side):
            floor.market.limit(side, floor.quote(side), floor.size())
        else:
            self._cancel(side)

    def _appetite(self, side: Side) -> float:
        """How much rather to place than to cancel: more where ten levels span more ticks than usual."""
        ladder, pair = self._floor.market.sides[side], self._floor.pair
        if pair.thin:
            return 1.0 - len(ladder) / (2 * pair.levels[1])
        span = ladder.keys[9] - ladder.keys[0]
        return span / (span + 9 * pair.gap)

    def _cancel(self, side: Side) -> None:
        floor = self._floor
        ladder = floor.market.sides[side]
        floor.market.cancel(floor.order(ladder.at(floor.near(ladder))).id)

    def _resize(self, side: Side) -> None:
        floor = self._floor
        ladder = floor.market.sides[side]
        # Half of it at the best level, where makers adjust all the time.
        rank = 0 if floor.rng.random() < 0.4 else floor.near(ladder)
        order = floor.order(ladder.at(rank))
        qty = floor.size()
        floor.market.amend(order.id, qty=qty if qty != order.qty else qty + 1)

    def _reprice(self, side: Side) -> None:
        floor = self._floor
        ladder = floor.market.sides[side]
        order = floor.order(ladder.at(floor.near(ladder)))
        price = floor.quote(side)
        if price == order.price:
            floor.market.cancel(order.id)
        else:
            floor.market.amend(order.id, price=price)


@final
class Takers:
    """They cross the spread."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._side: Side = BID

    def act(self) -> None:
        """One aggressive order."""
        floor, rng = self._floor, self._floor.rng
        self._side = side = self._direction()
        ladder = floor.market.sides[opposite(side)]
        # No order empties a side: one level more than a taker eats always stays.
        reach = min(6, len(ladder) - 2)
        roll = rng.random()
        if reach < 1 or roll < 0.88:
            self._lift(side, ladder)
        elif roll < 0.98:
            depth = rng.randint(1, reach)
            part = int(ladder.at(depth).qty * rng.random())
            floor.market.market(side, sum(level.qty for level in ladder.top(depth)) + part)
        elif roll < 0.99 and len(floor.market.sides[side]) < floor.pair.levels[2]:
            self._sweep_and_rest(side, ladder, rng.randint(1, min(3, reach)))
        else:
            self._cross_over(side, ladder, rng.randint(0, min(2, reach)))

    def _direction(self) -> Side:
        """Buy or sell: mostly what was done before, and rather towards home the further the price strayed."""
        rng, pair, market = self._floor.rng, self._floor.pair, self._floor.market
        if rng.random() < 0.6:
            return self._side
        stray = (market.sides[ASK].keys[0] - pair.price) / pair.price
        return BID if rng.random() < 0.5 - max(-0.45, min(0.45, 60 * stray)) else ASK

    def _lift(self, side: Side, ladder: Ladder) -> None:
        """Take from the best level: its first order exactly, or a part of it."""
        floor, rng = self._floor, self._floor.rng
        level = ladder.at(0)
        first = next(iter(level.orders.values()))
        last_of_two = len(level.orders) == 1 and len(ladder) <= 2
        if rng.random() < 0.5 and not last_of_two:
            floor.market.market(side, first.qty)
        else:
            self._bite(side, level)

    def _bite(self, side: Side, level: Level) -> None:
        """Take less than a level has."""
        floor = self._floor
        first = next(iter(level.orders.values()))
        qty = min(int(first.qty * floor.rng.random() * 1.3), level.qty - 1)
        if qty:
            floor.market.market(side, qty)
        else:
            floor.market.limit(opposite(side), level.price, floor.size())

    def _sweep_and_rest(self, side: Side, ladder: Ladder, depth: int) -> None:
        """A limit order eats whole levels and rests with the remainder: both sides change at once."""
        floor = self._floor
        eaten = sum(level.qty for level in ladder.top(depth))
        floor.market.limit(side, ladder.at(depth - 1).price, eaten + floor.size())

    def _cross_over(self, side: Side, ladder: Ladder, depth: int) -> None:
        """A resting order is moved across the spread and takes from the other side."""
        floor = self._floor
        own = floor.market.sides[side]
        if len(own) <= floor.pair.levels[0]:
            self._lift(side, ladder)
            return
        mover = floor.order(own.at(floor.near(own)))
        # It never eats the level at its own price whole.
        most = sum(level.qty for level in ladder.top(depth)) + ladder.at(depth).qty // 2
        if most:
            floor.market.amend(mover.id, price=ladder.at(depth).price, qty=min(mover.qty, most))
        else:
            floor.market.cancel(mover.id)


@final
class Investors:
    """They fill the book behind the touch."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def act(self) -> None:
        """One event in the deep of one side."""
        floor, rng = self._floor, self._floor.rng
        side = floor.side()
        ladder = floor.market.sides[side]
        least, usual, most = floor.pair.levels
        missing = usual - len(ladder)
        if self._too_wide(ladder):
            floor.market.cancel(floor.order(ladder.at(-1)).id)
        elif len(ladder) >= most or rng.random() * (most - least) < (most - least) / 2 - 2 * missing:
            # From the longer of two queues, which keeps all of them short.
            levels = [ladder.at(rng.randrange(_TOUCH, len(ladder))) for _ in range(2)]
            floor.market.cancel(floor.order(max(levels, key=lambda level: len(level.orders))).id)
        else:
            self._place(side)

    def _too_wide(self, ladder: Ladder) -> bool:
        """Whether a side reaches so far from the touch that its last orders give up."""
        pair = self._floor.pair
        return ladder.keys[-1] - ladder.keys[0] > 2 * pair.gap * pair.levels[1]

    def _place(self, side: Side) -> None:
        """One more order anywhere behind the touch, or behind everything."""
        floor, rng = self._floor, self._floor.rng
        ladder = floor.market.sides[side]
        keys = ladder.keys
        if rng.random() < 0.1:
            key = keys[-1] + 1 + int(rng.expovariate(1 / floor.pair.gap))
        else:
            rank = rng.randrange(_TOUCH, len(keys))
            key = rng.randint(keys[rank - 1] + 1, keys[rank])
        floor.market.limit(side, floor.free(ladder, key), floor.size())


@final
class Flow:
    """All agents of one market, and who acts next."""

    def __init__(self, pair: Pair, market: Market, rng: random.Random) -> None:
        self._pair = pair
        self._market = market
        self._rng = rng
        self._floor = Floor(pair, market, rng)
        self._makers = Makers(self._floor)
        self._takers = Takers(self._floor)
        self._investors = Investors(self._floor)

    def populate(self) -> None:
        """Open the market: a full book of resting orders."""
        pair, rng, market = self._pair, self._rng, self._market
        for side in (BID, ASK):
            sign = market.sides[side].sign
            key = sign * pair.price + (pair.spread if side == ASK else 0)
            for _ in range(pair.levels[1]):
                if key * sign <= 0:
                    break
                for _ in range(1 + (rng.random() < 0.25)):
                    market.place(side, abs(key), self._floor.size())
                key += 1 + int(rng.expovariate(1 / pair.gap))

    def act(self) -> None:
        """One engine event. A side that has become too short is filled first of all."""
        for side in (BID, ASK):
            if len(self._market.sides[side]) < self._pair.levels[0]:
                self._fill(side)
                return
        roll = self._rng.random()
        if roll < 0.07:
            self._takers.act()
        elif self._pair.thin or roll < 0.6:
            self._makers.act()
        else:
            self._investors.act()

    def _fill(self, side: Side) -> None:
        ladder, rng = self._market.sides[side], self._rng
        key = ladder.keys[-1] + 1 + int(rng.expovariate(1 / self._pair.gap))
        self._market.limit(side, self._floor.free(ladder, key), self._floor.size())
