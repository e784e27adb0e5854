"""What the agents make of a market: its shape, its limits, and statistics like those of real captures."""

import json
import random
from collections import Counter

import pytest

from havklo.sim.exchange import Exchange
from havklo.sim.flow.agents import Flow
from havklo.sim.market.ladder import ASK
from havklo.sim.market.matching import Market
from havklo.sim.symbols import NAMED, Pair, pairs
from havklo.sim.wire.frames import decimal

LIQUID = [pair for pair in NAMED if not pair.thin]


@pytest.mark.parametrize("pair", LIQUID, ids=lambda p: p.symbol)
def test_liquid_books_fill_every_window(pair: Pair) -> None:
    """A liquid side never has fewer than 1,000 levels, a long time on."""
    market = Market()
    flow = Flow(pair, market, random.Random(5))
    flow.populate()
    for _ in range(6_000):
        flow.act()
        assert min(map(len, market.sides)) > 1_000
    assert max(map(len, market.sides)) < 1_400, "and does not grow without end"


def test_thin_books_stay_thin() -> None:
    """The illiquid pair never fills the shallowest window and never loses a side."""
    (pair,) = pairs(["MINA/GBP"])
    market = Market()
    flow = Flow(pair, market, random.Random(5))
    flow.populate()
    for _ in range(20_000):
        flow.act()
        assert all(2 <= len(side) < 10 for side in market.sides)


@pytest.mark.parametrize("pair", NAMED, ids=lambda p: p.symbol)
def test_quantities_fit_64_bits(pair: Pair) -> None:
    """Levels stay below 2^63 lots; the micro-price token's orders pass 2^53."""
    market = Market()
    flow = Flow(pair, market, random.Random(5))
    flow.populate()
    most = 0
    for _ in range(5_000):
        flow.act()
        most = max(most, *(level.qty for side in market.sides for level in side.top(10)))
    assert most < 2**63
    if pair.symbol == "PEPE/USD":
        assert most > 2**53
        assert len(decimal(most, pair.qty_precision).split(".")[0]) >= 10


def test_measured_statistics() -> None:
    """Removals, entries, two-sided messages and repeated prices come as often as in real captures."""
    seen: Counter[str] = Counter()
    exchange = Exchange(LIQUID, seed=11)
    for symbol in exchange.pairs:
        exchange.listing(symbol, 0).feed.open(25)
    for number in range(4_000):
        for publication in exchange.step(number * 1_000):
            for _, frame in publication.messages:
                data = json.loads(frame)["data"][0]
                for name in ("bids", "asks"):
                    prices = [entry["price"] for entry in data[name]]
                    seen["repeated"] += len(prices) != len(set(prices))
                    seen["entries"] += len(prices)
                    seen["removals"] += sum(entry["qty"] == 0 for entry in data[name])
                seen["both"] += bool(data["bids"] and data["asks"])
                seen["messages"] += 1
    assert 0.18 <= seen["removals"] / seen["entries"] <= 0.26
    assert 1.3 <= seen["entries"] / seen["messages"] <= 1.9
    assert 0 < seen["both"] / seen["messages"] < 0.01, "hardly any message touches both sides, but some do"
    assert 0 < seen["repeated"] / seen["messages"] < 0.05, "sweeps show each fill"


@pytest.mark.parametrize("pair", LIQUID, ids=lambda p: p.symbol)
def test_the_market_stays_near_its_home(pair: Pair) -> None:
    """A long run neither drifts away nor falls apart: price, spread, width and memory stay bounded."""
    market = Market()
    flow = Flow(pair, market, random.Random(9))
    flow.populate()
    spreads: list[int] = []
    for _ in range(20_000):
        flow.act()
        spreads.append(market.sides[0].keys[0] + market.sides[1].keys[0])
    spreads.sort()
    assert spreads[0] > 0
    assert spreads[len(spreads) // 2] <= 10 * pair.spread
    assert abs(market.sides[ASK].at(0).price - pair.price) < 0.02 * pair.price
    for side in market.sides:
        assert side.keys[-1] - side.keys[0] < 4 * pair.gap * pair.levels[1]
    assert len(market.orders) < 4 * pair.levels[1]
