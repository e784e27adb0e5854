"""One side of a book."""

import pytest

from havklo.sim.market.ladder import ASK, BID, Ladder, Order, Side, opposite


def filled(side: Side, *prices: int) -> Ladder:
    """A ladder with one order of 10 lots at each price."""
    ladder = Ladder(side)
    for number, price in enumerate(prices):
        ladder.append(Order(number, side, price, 10))
    return ladder


@pytest.mark.parametrize(("side", "best_first"), [(BID, [103, 102, 100]), (ASK, [100, 102, 103])])
def test_best_first(side: Side, best_first: list[int]) -> None:
    """Ranks count from the best level: the highest bid, the lowest ask."""
    ladder = filled(side, 102, 100, 103)
    assert [level.price for level in ladder.top(5)] == best_first
    assert [ladder.index(price) for price in best_first] == [0, 1, 2]
    assert len(ladder) == 3
    assert opposite(opposite(side)) == side


def test_rank_of_a_price_that_is_not_there() -> None:
    """It is the rank that the price would have."""
    assert [filled(ASK, 100, 102).index(price) for price in (99, 101, 103)] == [0, 1, 2]
    assert [filled(BID, 100, 102).index(price) for price in (103, 101, 99)] == [0, 1, 2]
    assert filled(BID, 100).find(101) is None


def test_an_emptied_level_is_gone() -> None:
    """The last order takes its level away."""
    ladder = filled(ASK, 100, 100, 101)
    first, second = ladder.at(0).orders.values()
    assert ladder.remove(first) == (0, 10)
    assert list(ladder.at(0).orders) == [second.id]
    assert ladder.remove(second) == (0, 0)
    assert [level.price for level in ladder.top(9)] == [101]


def test_another_size_at_the_same_place_or_at_the_end() -> None:
    """`resize` keeps the queue as it is, `requeue` does not."""
    ladder = filled(ASK, 100, 100)
    first, second = ladder.at(0).orders.values()
    assert ladder.resize(first, 15) == (0, 25)
    assert list(ladder.at(0).orders) == [first.id, second.id]
    assert ladder.requeue(first, 5) == (0, 15)
    assert list(ladder.at(0).orders) == [second.id, first.id]
