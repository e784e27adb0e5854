"""The rate counter: what counts when, what waits, and what a correction may change."""

from decimal import Context, Decimal, localcontext

import pytest

from havklo._protocol.trading.costs import Kind, Tier
from havklo._protocol.trading.counter import Charge, RateCounter
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000
BTC = "BTC/USD"


def done(counter: RateCounter, kind: Kind, now: int, *ages: int, count: int = 1) -> None:
    """A request that takes no time."""
    counter.ended(counter.began(BTC, kind, now, *ages, count=count), now)


def full(tier: int = 10, decay: str = "1", reserve: Decimal | int = 0) -> RateCounter:
    """A counter that is at its threshold at 0 s."""
    counter = RateCounter(Tier(tier, Decimal(decay), 5), reserve)
    for _ in range(tier):
        done(counter, "add", 0)
    return counter


def test_it_begins_at_nothing_and_pairs_have_their_own() -> None:
    """What counts on one pair does not count on another."""
    counter = RateCounter()
    assert counter.value(BTC, 0) == 0
    done(counter, "add", 0)
    assert (counter.value(BTC, 0), counter.value("ETH/USD", 0)) == (1, 0)
    assert repr(counter) == "<RateCounter of 2 pairs, threshold 60>"


def test_it_falls_by_the_nanosecond_and_not_below_nothing() -> None:
    """2.34 a second are 0.00000000234 a nanosecond, exactly."""
    counter = RateCounter("intermediate")
    done(counter, "add", 0)
    assert counter.value(BTC, 1) == Decimal("0.99999999766")
    assert counter.value(BTC, SECOND) == 0
    done(counter, "add", 2 * SECOND)
    assert counter.value(BTC, 2 * SECOND) == 1


def test_the_callers_decimal_context_has_no_part_in_it() -> None:
    """Two digits of precision outside leave all of them inside."""
    counter = RateCounter("pro")
    with localcontext(Context(prec=2)):
        for _ in range(170):
            done(counter, "add", 0)
        assert str(counter.value(BTC, 1).normalize(Context(prec=40))) == "169.99999999625"


def test_a_request_counts_in_full_until_it_is_answered() -> None:
    """It may reach the engine at any moment until then."""
    counter = RateCounter()
    charge = counter.began(BTC, "add", 0)
    assert counter.value(BTC, 30 * SECOND) == 1
    counter.ended(charge, 30 * SECOND)
    assert counter.value(BTC, 30 * SECOND + SECOND // 4) == Decimal("0.75")
    assert repr(charge) == "<Charge on BTC/USD>"


def test_what_is_said_twice_counts_once() -> None:
    """A second answer to the same request changes nothing."""
    counter = RateCounter()
    charge = counter.began(BTC, "cancel", 0, 0)
    counter.ended(charge, 0)
    counter.ended(charge, 0)
    assert counter.value(BTC, 0) == 8


def test_a_refused_change_costs_no_youth() -> None:
    """The fixed cost of its arrival stays."""
    counter = RateCounter()
    charge = counter.began(BTC, "amend", 0, 0)
    assert counter.value(BTC, 0) == 4
    counter.ended(charge, 0, carried_out=False)
    assert counter.value(BTC, 0) == 1


def test_what_was_never_sent_costs_nothing() -> None:
    """It is taken back whole."""
    counter = RateCounter()
    charge = counter.began(BTC, "add", 0)
    counter.withdrawn(charge)
    counter.withdrawn(charge)
    assert counter.value(BTC, 0) == 0


def test_a_lost_request_falls_from_the_moment_after_which_it_can_not_be_carried_out() -> None:
    """Its deadline lies ahead when the connection is lost; the sooner one begins to fall first."""
    counter = RateCounter()
    late, soon = counter.began(BTC, "add", 0), counter.began(BTC, "add", 0)
    counter.ended(late, 9 * SECOND)
    counter.ended(soon, 5 * SECOND)
    assert counter.value(BTC, 5 * SECOND) == 2
    assert counter.value(BTC, 5 * SECOND + SECOND // 2) == Decimal("1.5")
    assert counter.value(BTC, 9 * SECOND) == 1
    assert counter.value(BTC, 10 * SECOND) == 0


def test_an_answer_from_before_the_last_look_counts_from_that_look() -> None:
    """Time that was looked at already does not come back."""
    counter = RateCounter()
    charge = counter.began(BTC, "add", 0)
    assert counter.value(BTC, 2 * SECOND) == 1
    counter.ended(charge, SECOND)
    assert counter.value(BTC, 2 * SECOND) == 1


def test_what_has_room_begins_at_once() -> None:
    """And what has none counts nothing; the reserve is for cancels, and a batch_cancel always goes."""
    counter = RateCounter(Tier(10, Decimal(1), 5), 4)
    for _ in range(6):
        assert counter.began_if_room(BTC, "add", 0) is not None
    assert counter.began_if_room(BTC, "add", 0) is None
    assert counter.began_if_room(BTC, "cancel", 0, 0) is None
    assert counter.began_if_room(BTC, "cancel", 0, 30 * SECOND) is not None
    assert counter.value(BTC, 0) == 10
    assert counter.began_if_room(BTC, "batch_cancel", 0, 0, 0) is not None
    assert counter.value(BTC, 0) == 26


def test_figures_are_as_people_write_them() -> None:
    """No zeros behind them, and no exponent."""
    counter = RateCounter("pro")
    for _ in range(100):
        done(counter, "add", 0)
    room = counter.headroom(BTC, 0)
    assert [str(each) for each in (room.value, room.add.cost, room.cancel.cost)] == ["100", "1", "8"]
    assert str(counter.cost(BTC, "batch_add", 0, count=3).cost) == "1.5"
    assert str(counter.value(BTC, SECOND)) == "96.25"


def test_headroom_names_the_three_requests() -> None:
    """Value, threshold, and cost, permission and wait of each."""
    counter = full()
    room = counter.headroom(BTC, 0, 7 * SECOND)
    assert (room.symbol, room.value, room.threshold) == (BTC, 10, 10)
    assert (room.add.cost, room.add.allowed, room.add.wait_ns, room.add.wait) == (1, False, SECOND, 1.0)
    # The amend's three points fall to two when the order is 10 s old, but three points of room are there as soon.
    assert (room.amend.cost, room.amend.wait) == (3, 3.0)
    # The cancel costs six until the order is 10 s old in 3 s, five until 15 s in 8 s.
    assert (room.cancel.cost, room.cancel.wait) == (6, 5.0)
    assert counter.headroom(BTC, 0).cancel.cost == 8


def test_growing_older_may_make_room_at_once() -> None:
    """The very moment an order is 300 s old its cancel is free."""
    cost = full().cost(BTC, "cancel", 0, 300 * SECOND - 7)
    assert (cost.cost, cost.wait_ns) == (1, 7)


def test_the_reserve_is_for_cancels() -> None:
    """New orders and changes stop short of it."""
    counter = RateCounter(Tier(10, Decimal(1), 5), reserve=Decimal("8.5"))
    assert counter.cost(BTC, "add", 0).allowed
    done(counter, "add", 0)
    assert counter.cost(BTC, "add", 0).wait_ns == SECOND // 2
    assert counter.cost(BTC, "cancel", 0, 0).allowed


def test_a_batch_cancel_always_goes() -> None:
    """Kraken takes it over the threshold, and counts it."""
    counter = full()
    cost = counter.cost(BTC, "batch_cancel", 0, 0, 0)
    assert (cost.cost, cost.allowed, cost.wait_ns) == (16, True, 0)
    done(counter, "batch_cancel", 0, 0, 0)
    assert counter.value(BTC, 0) == 26


def test_a_batch_counts_half_a_point_for_each_order() -> None:
    """Three orders cost a point and a half."""
    counter = RateCounter()
    assert counter.cost(BTC, "batch_add", 0, count=3).cost == Decimal("1.5")
    done(counter, "batch_add", 0, count=3)
    assert counter.value(BTC, 0) == Decimal("1.5")


def test_what_never_fits_has_no_wait() -> None:
    """An amend of a young order costs more than the whole threshold, until the order is old enough."""
    counter = RateCounter(Tier(3, Decimal(1), 5))
    assert counter.cost(BTC, "amend", 0, 0).wait_ns == 5 * SECOND
    cost = RateCounter(Tier(1, Decimal(1), 5)).cost(BTC, "batch_add", 0, count=3)
    assert (cost.allowed, cost.wait_ns, cost.wait) == (False, None, None)


def test_room_that_depends_on_answers_has_no_wait() -> None:
    """What is under way does not fall, so nobody can say when there is room."""
    counter = RateCounter(Tier(2, Decimal(1), 5))
    charges: list[Charge] = [counter.began(BTC, "add", 0) for _ in range(2)]
    assert counter.cost(BTC, "add", 0).wait_ns is None
    counter.ended(charges[0], 0)
    assert counter.cost(BTC, "add", 0).wait_ns == SECOND


def test_room_that_comes_after_a_deadline_is_waited_for() -> None:
    """A lost request begins to fall in 4 s, and has fallen by one a second later."""
    counter = RateCounter(Tier(2, Decimal(1), 5))
    for _ in range(2):
        counter.ended(counter.began(BTC, "add", 0), 4 * SECOND)
    assert counter.cost(BTC, "add", 0).wait_ns == 5 * SECOND


@pytest.mark.parametrize(("decay", "wait"), [("0.001", 1000 * SECOND), ("3", 333_333_334), ("20", SECOND // 20)])
def test_any_decay_is_exact(decay: str, wait: int) -> None:
    """A wait that is no whole number of nanoseconds is one more."""
    assert full(decay=decay).cost(BTC, "add", 0).wait_ns == wait


def test_a_higher_report_is_taken_over() -> None:
    """Another program with the same account counts, too; what is under way from here counts on top."""
    counter = RateCounter()
    counter.began(BTC, "add", 0)
    counter.corrected(BTC, Decimal("20.5"), SECOND)
    assert counter.value(BTC, SECOND) == Decimal("21.5")


def test_a_lower_report_is_not_taken_over_without_a_moment() -> None:
    """It may be older than what has counted since."""
    counter = full()
    counter.corrected(BTC, Decimal(3), 0)
    assert counter.value(BTC, 0) == 10


def test_a_lower_report_of_a_known_moment_is_taken_over() -> None:
    """Refused requests may have counted less than is known here; what was answered since counts on top."""
    counter = full()
    done(counter, "add", SECOND)
    counter.corrected(BTC, Decimal(3), 2 * SECOND, since=SECOND // 2)
    assert counter.value(BTC, 2 * SECOND) == 4
    counter.corrected(BTC, Decimal(2), 2 * SECOND, since=SECOND)
    assert counter.value(BTC, 2 * SECOND) == 2


def test_a_report_that_says_nothing_new_changes_nothing() -> None:
    """Its value may hold a request whose answer is still to come, which is not counted twice."""
    counter = RateCounter()
    counter.began(BTC, "add", 0)
    counter.corrected(BTC, Decimal(1), 0, since=0)
    assert counter.value(BTC, 0) == 1


def test_a_moment_too_long_ago_is_none() -> None:
    """What was answered more than a minute ago is forgotten, so it can't be set against the report."""
    counter = full(100)
    done(counter, "add", 61 * SECOND)
    counter.corrected(BTC, Decimal(0), 61 * SECOND, since=SECOND // 2)
    assert counter.value(BTC, 61 * SECOND) == 40


def test_a_report_with_more_digits_is_rounded_up() -> None:
    """Nothing is ever below what Kraken says."""
    counter = RateCounter()
    counter.corrected(BTC, Decimal("1.00000000000001"), 0)
    assert counter.value(BTC, 0) == Decimal("1.0000000001")


@pytest.mark.parametrize(
    ("tier", "reserve"),
    [
        ("expert", 0),
        (Tier(0, Decimal(1), 1), 0),
        (Tier(1, Decimal(0), 1), 0),
        (Tier(1, Decimal("nan"), 1), 0),
        ("starter", 60),
        ("starter", -1),
        ("starter", 0.5),
        ("starter", Decimal("nan")),
    ],
)
def test_what_can_not_be_is_refused(tier: object, reserve: object) -> None:
    """An unknown level, numbers that can't be, and a reserve that leaves nothing or is no exact number."""
    with pytest.raises(ConfigurationError):
        RateCounter(tier, reserve)  # type: ignore[arg-type]
