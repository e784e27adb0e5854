"""The rate counter held against the simulator's own, over random histories."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havklo._protocol.trading.costs import TIERS, Kind, TierName
from havklo._protocol.trading.counter import Charge, RateCounter
from havklo.sim.accounts import counter as judge
from havklo.sim.accounts.tiers import TIERS as JUDGES_TIERS

SECOND = 1_000_000_000
BTC = "BTC/USD"

KINDS: tuple[Kind, ...] = get_args(Kind)
AGES = st.integers(0, 320 * SECOND) | st.sampled_from(
    [s * SECOND + d for s in (5, 10, 15, 45, 90, 300) for d in (-1, 0)]
)
# What is asked for: a kind, the ages of up to three orders, and how long after the request before it.
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.lists(AGES, min_size=1, max_size=3), st.integers(0, 3 * SECOND)), max_size=60
)


def judged(kind: Kind, ages: list[int]) -> tuple[judge.Cost, bool]:
    """What the simulator charges for a request, and whether in any case."""
    match kind:
        case "add":
            return judge.cost_add(), False
        case "batch_add":
            return judge.cost_batch_add(len(ages)), False
        case "amend":
            return judge.cost_amend(ages[0]), False
        case "edit":
            return judge.cost_edit(ages[0]), False
        case "cancel":
            return judge.cost_cancel(ages[0]), False
        case "batch_cancel":
            return judge.cost_batch_cancel(ages), True


def asked(kind: Kind, ages: list[int]) -> tuple[tuple[int, ...], int]:
    """The same request's ages and count, as the counter wants them."""
    if kind in ("add", "batch_add"):
        return (), len(ages) if kind == "batch_add" else 1
    return tuple(ages if kind == "batch_cancel" else ages[:1]), 1


@pytest.mark.parametrize("tier", TIERS)
def test_the_tiers_are_the_simulators(tier: TierName) -> None:
    """Threshold, decay and open orders."""
    theirs = JUDGES_TIERS[tier]
    assert TIERS[tier] == (theirs.threshold, Decimal(theirs.decay_hundredths) / 100, theirs.max_open)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(TIERS)), STEPS)
def test_without_delay_it_is_the_exchanges_counter(tier: TierName, steps: list[tuple[Kind, list[int], int]]) -> None:
    """To the last digit after every request, whether it was taken or not; and it knows which will be."""
    ours, theirs, now = RateCounter(tier), judge.RateCounter(JUDGES_TIERS[tier]), 0
    for kind, ages, pause in steps:
        now += pause
        mine, count = asked(kind, ages)
        expected = ours.cost(BTC, kind, now, *mine, count=count)
        charge = ours.began(BTC, kind, now, *mine, count=count)
        cost, force = judged(kind, ages)
        taken = theirs.charge(now, cost, force=force)
        assert expected.allowed == taken
        assert expected.cost == cost.fixed + cost.resting
        ours.ended(charge, now, carried_out=taken)
        assert ours.value(BTC, now) == theirs.value(now)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(list(TIERS)),
    STEPS,
    st.sampled_from([k for k in KINDS if k != "batch_cancel"]),
    st.lists(AGES, min_size=1, max_size=3),
)
def test_a_wait_is_no_nanosecond_too_long_or_too_short(
    tier: TierName, steps: list[tuple[Kind, list[int], int]], kind: Kind, ages: list[int]
) -> None:
    """One nanosecond earlier the exchange would refuse, then it takes it."""
    ours, theirs, now = RateCounter(tier), judge.RateCounter(JUDGES_TIERS[tier]), 0
    for begun, their_ages, pause in steps:
        now += pause
        mine, count = asked(begun, their_ages)
        taken = theirs.charge(now, judged(begun, their_ages)[0], force=judged(begun, their_ages)[1])
        ours.ended(ours.began(BTC, begun, now, *mine, count=count), now, carried_out=taken)
    mine, count = asked(kind, ages)
    wait = ours.cost(BTC, kind, now, *mine, count=count).wait_ns
    assert wait is not None  # any single request fits once the counter has fallen
    for later in sorted({max(0, wait - 1), wait}):
        cost, _ = judged(kind, [age + later for age in ages])
        room = theirs.threshold - theirs.value(now + later)
        assert (cost.fixed + cost.resting <= room) == (later == wait)
        assert ours.cost(BTC, kind, now + later, *(age + later for age in mine), count=count).allowed == (later == wait)


@dataclass
class Resting:
    """An order, as the exchange and as its maker know it."""

    aged: int = 0  # since when its age counts, at the exchange
    known: int | None = None  # when the last answer about it came
    busy: int = 0  # requests about it that are not answered


@dataclass
class Day:
    """A day of trading with delays: requests leave, arrive (in their order, on one connection), and are answered."""

    tier: TierName
    chance: random.Random
    slowest: int
    careful: bool
    in_order: bool = True
    now: int = 0
    last: int = 0
    turn: int = 0
    refusals: int = 0
    sent: int = 0
    orders: list[Resting] = field(default_factory=list)
    events: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ours = RateCounter(self.tier)
        self.theirs = judge.RateCounter(JUDGES_TIERS[self.tier])

    def at(self, when: int, what: Callable[[], None]) -> None:
        """Plan something."""
        self.turn += 1
        heapq.heappush(self.events, (when, self.turn, what))

    def compare(self) -> None:
        """What is known here is never below what the exchange counts."""
        assert self.ours.value(BTC, self.now) >= self.theirs.value(self.now)

    def ask(self) -> None:
        """Send something, or see that there is no room for it."""
        kind: Kind = self.chance.choice(KINDS)
        if not self.orders or self.chance.random() < 0.3:
            kind = "add"
        picked = [self.chance.choice(self.orders) for _ in range(self.chance.randrange(1, 4))] if self.orders else []
        if kind in ("amend", "edit", "cancel"):
            picked = picked[:1]
        elif kind == "batch_cancel":
            picked = list({id(order): order for order in picked}.values())
        else:
            picked = [Resting() for _ in range(1 if kind == "add" else self.chance.randrange(2, 16))]
        ages = () if "add" in kind else tuple(self.age(order) for order in picked)
        count = len(picked) if kind == "batch_add" else 1
        if self.careful and not self.ours.cost(BTC, kind, self.now, *ages, count=count).allowed:
            return
        self.sent += 1
        charge = self.ours.began(BTC, kind, self.now, *ages, count=count)
        for order in picked:
            order.busy += 1
        if "cancel" in kind:
            self.orders = [order for order in self.orders if order not in picked]
        self.last = max(self.last, self.now + self.delay()) if self.in_order else self.now + self.delay()
        self.at(self.last, lambda: self.arrive(kind, picked, charge))

    def age(self, order: Resting) -> int:
        """How old an order is at least."""
        return 0 if order.busy or order.known is None else self.now - order.known

    def delay(self) -> int:
        """How long a way takes."""
        return self.chance.randrange(self.slowest + 1)

    def arrive(self, kind: Kind, orders: list[Resting], charge: Charge) -> None:
        """The exchange counts it."""
        cost, force = judged(kind, [self.now - order.aged for order in orders])
        taken = self.theirs.charge(self.now, cost, force=force)
        self.refusals += not taken
        for order in orders:
            if taken and "cancel" not in kind:
                order.aged = self.now
        self.at(self.now + self.delay(), lambda: self.answer(kind, orders, charge, taken=taken))

    def answer(self, kind: Kind, orders: list[Resting], charge: Charge, *, taken: bool) -> None:
        """Its maker learns of it."""
        self.ours.ended(charge, self.now, carried_out=taken)
        for order in orders:
            order.busy -= 1
            order.known = self.now
        if taken and "add" in kind:
            self.orders.extend(orders)

    def run(self, requests: int) -> None:
        """Trade, and compare at every moment at which something happens."""
        when = 0
        for _ in range(requests):
            when += int(self.chance.expovariate(1 / SECOND))
            self.at(when, self.ask)
        while self.events:
            self.now, _, what = heapq.heappop(self.events)
            self.compare()
            what()
            self.compare()


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(list(TIERS)), st.integers(0, 2**32), st.sampled_from([0, 1, SECOND // 20, 3 * SECOND, 20 * SECOND])
)
def test_with_delays_it_is_never_below(tier: TierName, seed: int, slowest: int) -> None:
    """However long requests and answers take, whichever overtake each other, and whatever is refused."""
    day = Day(tier, random.Random(seed), slowest, careful=False, in_order=False)
    day.run(100)
    assert day.sent == 100


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(list(TIERS)), st.integers(0, 2**32), st.sampled_from([0, SECOND // 20, 3 * SECOND]))
def test_who_asks_first_is_never_refused(tier: TierName, seed: int, slowest: int) -> None:
    """A day on which nothing is sent that is not allowed has no refusal, as requests arrive in their order."""
    day = Day(tier, random.Random(seed), slowest, careful=True)
    day.run(150)
    assert day.refusals == 0
    assert day.sent > 20


def test_who_does_not_ask_is_refused() -> None:
    """The same day without care has refusals, so the one above can fail."""
    day = Day("starter", random.Random(7), SECOND // 20, careful=False)
    day.run(150)
    assert day.refusals > 10
