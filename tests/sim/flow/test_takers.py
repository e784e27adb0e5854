"""Takers: how much at once, what their trades tell, and when they rather wait."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from havklo.sim.flow import NORMAL
from havklo.sim.flow.floor import Floor
from havklo.sim.flow.takers import Takers
from havklo.sim.flow.value import Value
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.symbols import pairs


def floor(seed: int, qty: int = 4_000_000, spread: int = 2) -> Floor:
    """A book of twenty single orders a side around 100,000, which is the value too."""
    pair = replace(pairs(["BTC/USD"])[0], levels=(10, 20, 30))
    still = replace(NORMAL, volatility=0.0, jumps=0.0)
    market = Market()
    for number in range(20):
        market.place(BID, 100_000 - spread // 2 - 5 * number, qty)
        market.place(ASK, 100_000 + spread // 2 + 5 * number, qty)
    rng = random.Random(seed)
    here = Floor(pair, market, Value(100_000.0, still, rng), still, rng)
    here.width = spread
    return here


def test_a_huge_order_is_not_taken_at_once() -> None:
    """However much stands at the best price, a taker takes what takers take."""
    for seed in range(100):
        here = floor(seed, qty=10**15)
        here.market.begin(1)
        Takers(here).act(follows=False)
        assert sum(fill.qty for fill in here.market.fills) <= here.most < 10**10


def test_what_a_trade_tells() -> None:
    """The value is worth at least the price paid, and a bit; who pays less than it is worth tells nothing."""
    here = floor(1)
    takers = Takers(here)
    here.market.begin(1)
    takers.act(follows=False)
    told = here.value.at(10**12) - 100_000
    assert abs(told) == pytest.approx(1 + 0.5 * here.pair.gap, abs=0.01)
    assert (told > 0) == (takers.side == BID)


def test_followers_do_what_was_done_before() -> None:
    """More often than others."""
    shares: list[float] = []
    for follows in (False, True):
        same = 0
        for seed in range(300):
            takers = Takers(floor(seed))
            before = takers.side
            takers.act(follows=follows)
            same += takers.side == before
        shares.append(same / 300)
    assert shares[0] < 0.65 < shares[1] < 0.85


def test_a_wide_spread_is_not_paid() -> None:
    """Whoever does not have to trade waits."""
    assert not Takers(floor(1, spread=2)).patient()
    assert Takers(floor(1, spread=40)).patient()


def test_kinds_of_orders() -> None:
    """Market orders, limit orders that are filled at once, sweeps, and orders that rest with their remainder."""
    kinds: Counter[str] = Counter()
    for seed in range(700):
        here = floor(seed)
        here.market.begin(1)
        known = set(here.market.orders)
        Takers(here).act(follows=False)
        fills = here.market.fills
        if not fills:
            continue
        kinds["limit" if fills[0].taker.price else "market"] += 1
        kinds["sweeps"] += len({fill.price for fill in fills}) > 1
        kinds["rests"] += bool(set(here.market.orders) - known)
        kinds["crossed over"] += fills[0].taker.id in known
    assert kinds["market"] > 200
    assert kinds["limit"] > 200
    assert all(5 <= kinds[kind] < 100 for kind in ("sweeps", "rests", "crossed over")), kinds
