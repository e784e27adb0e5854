"""What the crowd's tests share: a market and its agents in their own time."""

import heapq
import random
from dataclasses import replace

import pytest

from havklo.sim.flow import NORMAL, Flow, Regime
from havklo.sim.market.ladder import BID
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair

SECOND = 1_000_000_000


class Crowd:
    """One market where only the crowd trades; followers come when they are due, as on an exchange."""

    def __init__(self, pair: Pair, seed: int = 1, regime: Regime = NORMAL, rate: float = 40.0) -> None:
        self.pair = pair
        self.market = Market()
        self.bids, self.asks = self.market.sides
        self.flow = Flow(pair, self.market, random.Random(f"{seed} {pair.symbol}"))
        self.flow.regime = regime
        self.rate = rate
        self.now_ns = SECOND
        self.events = 0
        self.followers: list[int] = []
        self._rng = random.Random(seed)
        self._next = self.now_ns
        self.market.begin(self.now_ns)
        self.flow.populate(self.now_ns)

    @property
    def middle(self) -> float:
        """The middle of best bid and best ask, in ticks."""
        return (self.asks.keys[0] - self.bids.keys[0]) / 2

    def event(self) -> bool:
        """The next event; returns whether it was a follower's."""
        follows = bool(self.followers) and self.followers[0] <= self._next
        if follows:
            self.now_ns = heapq.heappop(self.followers)
        else:
            self.now_ns = self._next
            pace = self.rate * self.flow.regime.activity * self.flow.share
            self._next += round(self._rng.expovariate(pace) * SECOND)
        self.market.begin(self.now_ns)
        if follows:
            self.flow.follow(self.now_ns)
        else:
            self.flow.act(self.now_ns)
        for delay in self.flow.followers:
            heapq.heappush(self.followers, self.now_ns + round(delay * SECOND))
        self.events += 1
        assert not self.market.crosses(BID, self.asks.at(0).price - 1), "crossed"
        return follows

    def run(self, seconds: float) -> None:
        """Events for so many seconds."""
        end = self.now_ns + round(seconds * SECOND)
        while self.now_ns < end:
            self.event()


@pytest.fixture
def crowd() -> type[Crowd]:
    """A market and its crowd."""
    return Crowd


@pytest.fixture
def lonely() -> Regime:
    """A normal day on which no taker follows another."""
    return replace(NORMAL, branching=0.0)
