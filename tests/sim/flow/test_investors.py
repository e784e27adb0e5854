"""Investors: the deep book, and sides that somebody has emptied."""

import pytest

from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.symbols import pairs


@pytest.mark.parametrize("symbol", ["BTC/USD", "MINA/GBP"])
@pytest.mark.parametrize("side", [BID, ASK])
def test_an_emptied_side_comes_back(crowd: type, symbol: str, side: Side) -> None:
    """An account takes everything there is; one event later there is a price again, and some time later a book."""
    (pair,) = pairs([symbol])
    here = crowd(pair)
    ladder = here.market.sides[side]
    here.market.begin(here.now_ns)
    here.market.submit(ASK if side == BID else BID, None, 10**30, owner=1)
    assert not len(ladder)
    here.market.begin(here.now_ns)
    here.flow.act(here.now_ns)
    assert len(ladder) == 1
    assert ladder.at(0).price == pytest.approx(pair.price, rel=0.01)
    for _ in range(1_200):
        here.event()
    assert len(ladder) > (1 if pair.thin else 1_000)


def test_the_deep_book_keeps_its_shape(crowd: type) -> None:
    """Wherever the price goes, levels lie about as far from the best as they usually do."""
    (pair,) = pairs(["XRP/USD"])
    here = crowd(pair)
    here.flow.crash(0.02)
    start = here.middle
    here.run(120)
    assert here.middle < 0.999 * start
    for ladder in here.market.sides:
        for rank in (200, 500, 1_000):
            usual = here.flow._floor.breadth(rank)
            assert 0.4 < (ladder.keys[rank] - ladder.keys[0]) / usual < 2.5
    assert len(here.market.orders) < 2 * 1.5 * pair.levels[2]
