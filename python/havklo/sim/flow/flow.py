"""All agents of one market, and whose turn it is.

A price comes about by orders that meet; nothing here ever sets one. Behind it stands a hidden value: informed
traders take what is wrong, makers follow slowly, and everybody else trades without knowing. Takers come in
bunches: each may set off others, a self-exciting process whose clusters are drawn one generation at a time.
"""

import random
from bisect import bisect_left
from itertools import accumulate
from math import exp, factorial
from typing import Final, final

from havklo.errors import ConfigurationError
from havklo.sim.flow.floor import Floor
from havklo.sim.flow.informed import Informed
from havklo.sim.flow.investors import Investors
from havklo.sim.flow.makers import Makers
from havklo.sim.flow.regime import NORMAL, Regime
from havklo.sim.flow.takers import Takers
from havklo.sim.flow.value import Value
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair

__all__ = ["Flow"]

_SECOND: Final = 1_000_000_000
_DEEP: Final = 0.22  # part of the events of a liquid market that belong to investors; a thin one has none
_PLAIN: Final = 0.001  # beyond the spread and this part of the price, it is plainly wrong
_RUSH: Final = 0.5  # then takers come who would not have come, up to this part of all
_PANIC: Final = 250.0  # events a second in a crash, beside the usual ones
_BROOD: Final = 8  # followers of one taker, less one, at most


@final
class Flow:
    """All agents of one market.

    `act` and `follow` are one engine event each, whose time the market has been told before.

    Args:
        pair: Which market.
        market: Its matching engine.
        rng: All of the market's chance.

    Attributes:
        followers: In how many seconds those come who follow the taker of the last event: `follow` is theirs.
    """

    def __init__(self, pair: Pair, market: Market, rng: random.Random) -> None:
        self.followers: list[float] = []
        self._pair = pair
        self._market = market
        self._rng = rng
        self._keys = (market.sides[BID].keys, market.sides[ASK].keys)
        self._deep = 1.0 if pair.thin else 1.0 - _DEEP
        self._least = pair.levels[0]
        self._plain = _PLAIN * pair.price
        self._value = Value(pair.price + pair.spread / 2, NORMAL, rng)
        self._floor = Floor(pair, market, self._value, NORMAL, rng)
        self._makers = Makers(self._floor)
        self._takers = Takers(self._floor)
        self._informed = Informed(self._floor)
        self._investors = Investors(self._floor)
        self._chances: list[float] = []
        self._share = 0.0
        self._hurried = 0
        self.regime = NORMAL

    def __repr__(self) -> str:
        return f"<Flow {self._pair.symbol} {self.regime.name}>"

    @property
    def regime(self) -> Regime:
        """What kind of day it is; it can be set at any time."""
        return self._floor.regime

    @regime.setter
    def regime(self, regime: Regime) -> None:
        self._floor.settle(regime)
        self._value.settle(regime)
        self._share = regime.takers
        # The chances of at most 0, 1, 2, ... followers: Poisson, with an end.
        mean = regime.branching
        self._chances = list(accumulate(exp(-mean) * mean**n / factorial(n) for n in range(_BROOD)))

    @property
    def share(self) -> float:
        """The expected share of events by those who follow nobody."""
        return self.regime.share

    @property
    def value(self) -> float:
        """What the asset is worth, in ticks, as of the last event."""
        return self._value.price

    def populate(self, now_ns: int) -> None:
        """Open the market: a full book of resting orders."""
        pair, rng, market, floor = self._pair, self._rng, self._market, self._floor
        self._value.at(now_ns)
        for side in (BID, ASK):
            sign = market.sides[side].sign
            key = sign * pair.price + (pair.spread if side == ASK else 0)
            for rank in range(pair.levels[1]):
                if key * sign <= 0:
                    break
                for _ in range(1 + (rng.random() < 0.25)):
                    market.place(side, abs(key), floor.size())
                key += 1 + int(rng.expovariate(1 / floor.gap(rank)))

    def act(self, now_ns: int) -> None:
        """One event by whoever's turn it is."""
        if self._ready(now_ns):
            self._turn()
        if self._value.crashed:
            self._hurry(now_ns)

    def follow(self, now_ns: int) -> None:
        """One event by a taker who follows another; in a crash, by whoever is fast."""
        if self._ready(now_ns):
            if self._value.crashed:
                self._turn()
            else:
                self._take(follows=True)
        if self._value.crashed:
            self._hurry(now_ns)

    def crash(self, fraction: float) -> None:
        """A flash crash: the value loses a fraction at once, and gets it back over the next minutes.

        Sellers who know come running, makers get out of the way, and the price falls after the value.

        Raises:
            ConfigurationError: The fraction is not above 0 and at most a half.
        """
        if not 0.0 < fraction <= 0.5:
            raise ConfigurationError(f"a crash is a fraction above 0 and at most 0.5, not {fraction}")
        self._value.fall(fraction)

    def _ready(self, now_ns: int) -> bool:
        """Let time pass; a side that has become too short is filled first of all, which is the event then."""
        if self.followers:
            self.followers = []
        price = self._value.at(now_ns)
        bids, asks = self._keys
        least = self._least
        if len(bids) < least or len(asks) < least:
            self._investors.fill(BID if len(bids) < least else ASK)
            return False
        floor = self._floor
        bid, ask = bids[0], asks[0]
        floor.width = bid + ask
        floor.lean = price - (ask - bid) / 2
        return True

    def _turn(self) -> None:
        """Takers have their share, and more when the price is plainly wrong; makers and investors the rest."""
        roll = self._rng.random()
        takers = self._share
        lean = self._floor.lean
        if lean > self._plain or lean < -self._plain:
            takers += min(_RUSH, 100.0 * self._excess() / self._pair.price)
        if roll < takers:
            self._take(follows=False)
        elif roll < self._deep:
            self._makers.act()
        else:
            self._investors.act()

    def _excess(self) -> float:
        """How far the price is wrong beyond any doubt, in ticks; 0 if it is not."""
        floor = self._floor
        return max(0.0, abs(floor.lean) - floor.width - self._plain)

    def _hurry(self, now_ns: int) -> None:
        """A crash is a burst: as long as the price is plainly wrong, somebody else comes within milliseconds."""
        if now_ns >= self._hurried and self._excess():
            delay = self._rng.expovariate(_PANIC)
            self._hurried = now_ns + round(delay * _SECOND)
            self.followers.append(delay)

    def _take(self, *, follows: bool) -> None:
        takers, rng = self._takers, self._rng
        side = self._informed.side() if rng.random() < self._floor.regime.informed else None
        if side is not None:
            takers.side = side
            self._informed.act(side)
        elif takers.patient():
            self._makers.act()
            return
        else:
            takers.act(follows=follows)
        number = bisect_left(self._chances, rng.random())
        if number:
            rate = 1.0 / self._floor.regime.memory
            self.followers = [rng.expovariate(rate) for _ in range(number)]
