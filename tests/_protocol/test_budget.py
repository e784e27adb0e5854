"""The budget of level-3 subscriptions: it holds however it is counted, and is used as far as it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo import ConfigurationError
from havklo._protocol.budget import LEVEL3_COSTS, Budget

SECOND = 1_000_000_000
MS = 1_000_000


def spend_all(budget: Budget, costs: list[int], waits: list[int]) -> list[tuple[int, int]]:
    """Spend each cost as soon as it fits, having waited before it; gives when what was spent."""
    now, spent = 0, []
    for cost, wait in zip(costs, waits, strict=True):
        now += wait
        at = budget.allows(cost, now)
        assert at == now or budget.fits(cost, at - 1) == 0, "not a nanosecond too late"
        now = at
        assert budget.fits(cost, now) >= 1
        budget.spend(cost, now)
        spent.append((now, cost))
    return spent


@given(
    st.sampled_from([100, 200, 500]),
    st.lists(st.tuples(st.sampled_from([5, 25, 100]), st.integers(0, 2 * SECOND)), min_size=1, max_size=60),
)
def test_it_holds_however_it_is_counted(per_second: int, asked: list[tuple[int, int]]) -> None:
    """In each second that begins with a request, and in a bucket that fills evenly, even if requests are late."""
    spent = spend_all(Budget(per_second), [cost for cost, _ in asked], [wait for _, wait in asked])
    for since, _ in spent:
        assert sum(cost for at, cost in spent if since <= at < since + SECOND + SECOND // 4) <= per_second
    level, before = 0.0, 0
    for at, cost in spent:
        level = max(0.0, level - (at - before) / SECOND * per_second) + cost
        before = at
        assert level <= per_second + 1e-6


def test_two_hundred_symbols() -> None:
    """Of depth 10, forty at a time, every second and a quarter."""
    budget = Budget()
    now, rounds = 0, []
    left = 200
    while left:
        now = budget.allows(5, now)
        room = budget.fits(5, now)
        budget.spend(5 * room, now)
        rounds.append((now // MS, room))
        left -= room
    assert rounds == [(0, 40), (1250, 40), (2500, 40), (3750, 40), (5000, 40)]


def test_beside_what_is_about_to_be_spent() -> None:
    """Whoever has just been given all room tells the others when there will be more."""
    budget = Budget()
    assert budget.allows(100, 7, beside=200) == 7 + 1250 * MS
    assert budget.allows(100, 7, beside=100) == 7
    assert budget.allows(100, 7) == 7


def test_refusals_in_a_row_make_it_slower() -> None:
    """Each pause is twice as long, up to half a minute; refusals within a pause are one; acceptance ends it."""
    budget, now, pauses = Budget(), 0, []
    for _ in range(7):
        budget.refused(now)
        budget.refused(now + 1)
        at = budget.allows(5, now)
        assert budget.fits(5, at - 1) == 0
        pauses.append((at - now) // MS)
        now = at
    assert pauses == [1250, 2500, 5000, 10_000, 20_000, 30_000, 30_000]
    budget.refused(now)
    budget.accepted(now + 1)  # of the request that was refused in part: no reason to hurry
    now = budget.allows(5, now)
    budget.refused(now)
    assert budget.allows(5, now) - now == 30 * SECOND
    now += 30 * SECOND
    budget.accepted(now)
    budget.refused(now)
    assert budget.allows(5, now) - now == 1250 * MS


def test_it_has_room_for_one() -> None:
    """A budget for which nothing could ever go out is refused."""
    with pytest.raises(ConfigurationError, match="too little"):
        Budget(99)
    assert Budget(100).fits(LEVEL3_COSTS[1000], 0) == 1
    assert repr(Budget(500)) == "<Budget of 500 a second>"
