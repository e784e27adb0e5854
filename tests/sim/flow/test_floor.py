"""What agents share: sizes, prices with room, and hands off the accounts' orders."""

import random
from statistics import median

import pytest

from havklo.sim.flow import NORMAL
from havklo.sim.flow.floor import Floor
from havklo.sim.flow.value import Value
from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.market.matching import Market
from havklo.sim.symbols import NAMED, Pair, pairs


def floor(pair: Pair, *, bids: tuple[int, ...] = (), asks: tuple[int, ...] = ()) -> Floor:
    """A floor with one crowd order of 100 lots at each price."""
    market = Market()
    for side, prices in ((BID, bids), (ASK, asks)):
        for price in prices:
            market.place(side, price, 100)
    rng = random.Random(3)
    return Floor(pair, market, Value(pair.price, NORMAL, rng), NORMAL, rng)


@pytest.mark.parametrize("pair", NAMED, ids=lambda pair: pair.symbol)
def test_sizes(pair: Pair) -> None:
    """Around the pair's median, within its limits, and often round."""
    here = floor(pair)
    sizes = [here.size() for _ in range(4_000)]
    assert min(sizes) >= pair.qty_min
    assert max(sizes) <= min(31.2 * pair.size, 1.04 * 10**18) < here.most
    assert median(sizes) == pytest.approx(pair.size, rel=0.15)
    plain = [size for size in sizes if pair.qty_min < size < 10**18]
    assert 0.3 < sum(str(size).rstrip("0") == str(size)[:2].rstrip("0") for size in plain) / len(plain) < 0.6


@pytest.mark.parametrize(("side", "best", "step"), [(BID, 1_000, -1), (ASK, 1_000, 1)])
def test_a_crowded_price_is_passed_over(side: Side, best: int, step: int) -> None:
    """Eight orders at a price are enough; the next one goes right behind."""
    (pair,) = pairs(["BTC/USD"])
    here = floor(pair)
    ladder = here.market.sides[side]
    for expected in [best] * 8 + [best + step] * 8 + [best + 2 * step]:
        here.place(side, best * ladder.sign)
        assert max(order.id for order in here.market.orders.values()) in ladder.levels[expected * ladder.sign].orders


def test_a_full_side_gets_no_new_level() -> None:
    """The thin pair's nine levels stay nine: an order joins one of them."""
    (pair,) = pairs(["MINA/GBP"])
    here = floor(pair, asks=tuple(range(1_000, 1_090, 10)))
    ladder = here.market.sides[ASK]
    prices = {here.price(ladder, 1_005) for _ in range(200)}
    assert prices <= set(range(1_000, 1_090, 10))
    assert here.price(ladder, 1_020) == 1_020


def test_bids_stay_above_zero() -> None:
    """A price of zero or less becomes the worst there is."""
    (pair,) = pairs(["BTC/USD"])
    here = floor(pair, bids=(5, 3, 1))
    ladder = here.market.sides[BID]
    assert here.price(ladder, 0) == here.price(ladder, 7) == 1
    assert here.price(ladder, -2) == 2


def test_accounts_orders_are_nobody_elses() -> None:
    """No agent gets hold of an account's order."""
    (pair,) = pairs(["BTC/USD"])
    here = floor(pair, asks=(1_000,))
    here.market.submit(ASK, 1_000, 50, owner=7)
    found = {order and order.owner for order in (here.order(here.market.sides[ASK].at(0)) for _ in range(100))}
    assert found == {0, None}


@pytest.mark.parametrize("pair", [pair for pair in NAMED if not pair.thin], ids=lambda pair: pair.symbol)
def test_the_usual_shape(pair: Pair) -> None:
    """Levels lie further apart the deeper they are, and a side spans about an eighth of the price."""
    here = floor(pair)
    assert here.gap(0) == pair.gap
    assert here.gap(500) < here.gap(1_000)
    assert here.breadth(pair.levels[1]) == pytest.approx(0.12 * pair.price, rel=0.01)
    assert here.breadth(1_000) == pytest.approx(sum(here.gap(rank) for rank in range(1_000)), rel=0.01)
