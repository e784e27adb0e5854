"""Informed traders: only what is wrong, and never more than it is worth."""

import random

import pytest

from havklo.sim.flow import NORMAL
from havklo.sim.flow.floor import Floor
from havklo.sim.flow.informed import Informed
from havklo.sim.flow.value import Value
from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.market.matching import Market
from havklo.sim.symbols import pairs

BOOK = {
    BID: (100_000, 99_995, 99_990, 99_980, 99_970, 99_960),
    ASK: (100_002, 100_006, 100_012, 100_020, 100_030, 100_040),
}


def floor(value: float, seed: int) -> Floor:
    """A book of single orders of 1,000 lots, and a value."""
    (pair,) = pairs(["BTC/USD"])
    market = Market()
    for side in (BID, ASK):
        for price in BOOK[side]:
            market.place(side, price, 1_000)
    rng = random.Random(seed)
    here = Floor(pair, market, Value(value, NORMAL, rng), NORMAL, rng)
    here.lean = value - 100_001
    here.width = 2
    return here


@pytest.mark.parametrize(
    ("value", "side"), [(100_001, None), (100_004, None), (99_998, None), (100_006, BID), (99_994, ASK)]
)
def test_when_it_is_worth_it(value: float, side: Side | None) -> None:
    """Half the spread and a margin: nearer than that, nothing is done."""
    assert Informed(floor(value, 1)).side() == side


@pytest.mark.parametrize(("value", "side", "worst"), [(100_013.0, BID, 100_012), (99_989.0, ASK, 99_990)])
def test_what_is_wrong_is_taken(value: float, side: Side, worst: int) -> None:
    """From the best level on, as deep as the value reaches, sometimes less."""
    deepest: set[int] = set()
    for seed in range(100):
        here = floor(value, seed)
        here.market.begin(1)
        Informed(here).act(side)
        prices = [fill.price for fill in here.market.fills]
        assert prices == list(BOOK[ASK if side == BID else BID])[: len(prices)]
        assert len(here.market.orders) + sum(fill.done for fill in here.market.fills) == 12, "nothing new rests"
        deepest.add(prices[-1])
    assert worst in deepest
    assert len(deepest) == 3
