"""Rate counters against a model in fractions."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from havklo.sim.accounts.counter import (
    Cost,
    Counter,
    Decay,
    RateCounter,
    RestCounter,
    cost_add,
    cost_amend,
    cost_batch_add,
    cost_batch_cancel,
    cost_cancel,
    cost_edit,
)
from havklo.sim.accounts.tiers import TIERS, TierName

SECOND = 1_000_000_000
AGES = (0, 5, 10, 15, 45, 90, 300)


@pytest.mark.parametrize(
    ("cost", "fixed", "resting"),
    [
        (cost_amend, 1, (3, 2, 1, 0, 0, 0, 0)),
        (cost_edit, 1, (6, 5, 4, 2, 1, 0, 0)),
        (cost_cancel, 0, (8, 6, 5, 4, 2, 1, 0)),
    ],
)
def test_costs_by_age(cost: Callable[[int], Cost], fixed: int, resting: tuple[int, ...]) -> None:
    """An order of exactly 5 seconds is not younger than 5 seconds."""
    assert [cost(age * SECOND) for age in AGES] == [Cost(fixed, extra) for extra in resting]
    before = [cost(age * SECOND - 1).resting for age in AGES[1:]]
    assert before == list(resting[:-1])


def test_costs_of_batches() -> None:
    """Half a point per order, and the cancels of every age together."""
    assert cost_add() == Cost(1)
    assert [cost_batch_add(n).fixed for n in (2, 3, 15)] == [1, Decimal("1.5"), Decimal("7.5")]
    assert cost_batch_cancel([0, 7 * SECOND, 400 * SECOND]) == Cost(0, 14)


def test_example_of_the_documentation() -> None:
    """Add, amend at 7 seconds, cancel 36 seconds later: 1, then 1 and 2, then 4."""
    counter = Counter(60, 0)
    assert counter.charge(0, cost_add())
    assert counter.charge(7 * SECOND, cost_amend(7 * SECOND))
    assert counter.charge(43 * SECOND, cost_cancel(36 * SECOND))
    assert counter.value(43 * SECOND) == 8


@pytest.mark.parametrize(("tier", "threshold", "after"), [("starter", 60, 59), ("pro", 180, Decimal("176.25"))])
def test_threshold_and_decay(tier: TierName, threshold: int, after: Decimal | int) -> None:
    """The threshold itself may be reached; a second later there is room for what has decayed."""
    counter = RateCounter(TIERS[tier])
    assert all(counter.charge(0, cost_add()) for _ in range(threshold))
    assert counter.value(0) == threshold
    assert not counter.charge(0, Cost(0, 1))
    assert counter.value(0) == threshold
    assert counter.value(SECOND) == after
    assert counter.charge(SECOND, 1)


def test_refused_all_the_same_counted() -> None:
    """The fixed part is charged on receipt; the part for the order's age is not, as it was not touched."""
    counter = Counter(3, 0)
    assert counter.charge(0, 3)
    assert not counter.charge(0, cost_edit(0))
    assert counter.value(0) == 4


def test_force() -> None:
    """A batch cancel is never refused, and counted in full."""
    counter = Counter(3, 0)
    assert counter.charge(0, cost_batch_cancel([0, 0]), force=True)
    assert counter.value(0) == 16


def test_nanoseconds_count() -> None:
    """2.34 per second is exact to the last of eleven digits."""
    counter = RateCounter(TIERS["intermediate"])
    counter.charge(0, 1)
    assert counter.value(1) == Decimal("0.99999999766")
    assert counter.value(427_350_427) == Decimal("0.00000000082")
    assert counter.value(427_350_428) == 0


def test_rest_counter() -> None:
    """15 calls at once, then one every three seconds and a bit: 0.33 per second."""
    counter = RestCounter(TIERS["starter"])
    assert all(counter.charge(0, 1) for _ in range(15))
    assert counter.value(3 * SECOND) == Decimal("14.01")
    assert not RestCounter(TIERS["starter"]).charge(0, 16)
    assert counter.charge(4 * SECOND, 1)


def test_steps_begin_with_the_first_charge() -> None:
    """A look before it starts nothing."""
    counter = Counter(9, 100, "steps")
    assert counter.value(300) == 0
    counter.charge(1_000, 5)
    assert counter.value(SECOND + 999) == 5
    assert counter.value(SECOND + 1_000) == 4
    counter.charge(2 * SECOND, 1)
    assert counter.value(2 * SECOND + 1_000) == 4


class Agreement(RuleBasedStateMachine):
    """A counter and a fraction that falls."""

    @initialize(tier=st.sampled_from(sorted(TIERS)), decay=st.sampled_from(["continuous", "steps"]))
    def begin(self, tier: TierName, decay: Decay) -> None:
        """One of each kind."""
        self.counter = RateCounter(TIERS[tier], decay)
        self.threshold = TIERS[tier].threshold
        self.rate = Fraction(TIERS[tier].decay_hundredths, 100)
        self.stepwise = decay == "steps"
        self.now = 0
        self.first: int | None = None
        self.model = Fraction(0)

    @rule(
        wait=st.one_of(st.integers(0, 3 * SECOND), st.sampled_from([0, SECOND, 60 * SECOND])),
        cost=st.one_of(
            st.just(cost_add()),
            st.integers(2, 15).map(cost_batch_add),
            st.integers(0, 310 * SECOND).map(cost_cancel),
            st.integers(0, 100 * SECOND).map(cost_edit),
            st.lists(st.integers(0, 310 * SECOND), min_size=2, max_size=12).map(cost_batch_cancel),
        ),
        force=st.booleans(),
    )
    def charge(self, wait: int, cost: Cost, force: bool) -> None:
        """Time passes, a transaction comes."""
        self.pass_time(wait)
        if self.first is None:
            self.first = self.now
        fixed = Fraction(cost.fixed)
        accepted = force or self.model + fixed + cost.resting <= self.threshold
        assert self.counter.charge(self.now, cost, force=force) == accepted
        self.model += fixed + (cost.resting if accepted else 0)

    @rule(wait=st.integers(0, 100 * SECOND))
    def look(self, wait: int) -> None:
        """Time passes, nothing comes."""
        self.pass_time(wait)

    def pass_time(self, wait: int) -> None:
        """Let the model fall, all the time or at the whole seconds that have gone by."""
        if self.first is None or not self.stepwise:
            fallen = Fraction(wait, SECOND)
        else:
            fallen = floor(Fraction(self.now + wait - self.first, SECOND)) - floor(
                Fraction(self.now - self.first, SECOND)
            )
        self.now += wait
        self.model = max(Fraction(0), self.model - fallen * self.rate)

    @invariant()
    def same(self) -> None:
        """To the last digit."""
        if hasattr(self, "counter"):
            assert Fraction(self.counter.value(self.now)) == self.model


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
