"""The matching engine against a model that is a plain list of orders."""

from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from havklo.sim.market.ladder import ASK, BID, Order, Side
from havklo.sim.market.matching import ADD, DELETE, MODIFY, REQUEUE, Kind, Market, Outcome, Prevention
from havklo.sim.rules import Rules
from reference.matching import Match, Model, Resting

PRICES = st.integers(95, 105)
QUANTITIES = st.integers(1, 20)
SIDES = st.sampled_from([BID, ASK])
OWNERS = st.sampled_from([0, 0, 1, 2])
PREVENTIONS = st.sampled_from(get_args(Prevention))
KEEP_OR_BACK = st.sampled_from(["keep", "back"])


def matches(outcome: Outcome) -> list[Match]:
    """An outcome's fills as the model writes them."""
    return [(fill.maker.id, fill.taker.id, fill.price, fill.qty) for fill in outcome.fills]


class MarketMachine(RuleBasedStateMachine):
    """Any sequence of orders: the engine does what the model does, and nothing is made or lost."""

    @initialize(down=KEEP_OR_BACK, up=KEEP_OR_BACK, refill=KEEP_OR_BACK)
    def begin(self, down: str, up: str, refill: str) -> None:
        """Under any rules of priority."""
        rules = Rules(qty_down=down, qty_up=up, iceberg_refill=refill)  # type: ignore[arg-type]
        self.market = Market(self.on_step, rules)
        self.rules = rules
        self.model = Model(refill_to_the_back=refill == "back")
        self.shown: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.entered = self.left = 0

    def on_step(self, side: Side, rank: int, order: Order, total: int, before: int, kind: Kind) -> None:
        """Each step is true at the moment it is told."""
        ladder = self.market.sides[side]
        level = ladder.find(order.price)
        assert (level.qty if level else 0) == total
        assert ladder.index(order.price) == rank
        assert self.shown[side].get(order.price, 0) == before
        there = level is not None and order.id in level.orders
        assert there == (kind != DELETE)
        if kind in (ADD, REQUEUE):
            assert level is not None
            assert list(level.orders)[-1] == order.id, "the youngest is not the last"
        if kind in (ADD, DELETE):
            assert abs(total - before) == order.qty
        if level is not None:
            self.shown[side][order.price] = total
        else:
            del self.shown[side][order.price]

    @rule(
        side=SIDES,
        price=st.one_of(st.none(), PRICES),
        qty=QUANTITIES,
        owner=OWNERS,
        peak=st.sampled_from([0, 0, 1, 3]),
        flag=st.sampled_from(["", "", "", "post_only", "ioc", "fok"]),
        stp=PREVENTIONS,
    )
    def submit(
        self, side: Side, price: int | None, qty: int, owner: int, peak: int, flag: str, stp: Prevention
    ) -> None:
        """An order matches what it crosses; what is left rests, is dropped, or nothing happens at all."""
        self.market.begin(self.market.now_ns + 1)
        post_only = flag == "post_only" and price is not None
        refused = (post_only and bool(self.model.opposite(side, price))) or (
            flag == "fok" and not self.model.whole(side, price, qty, owner, stp)
        )
        self.model.stopped.clear()
        outcome = self.market.submit(
            side,
            price,
            qty,
            owner=owner,
            peak=peak,
            post_only=flag == "post_only",
            rest=flag not in ("ioc", "fok"),
            whole=flag == "fok",
            stp=stp,
        )
        if refused:
            assert outcome == Outcome(outcome.order_id, refused=True)
            return
        self.entered += qty
        found, left, stopped = self.model.take(outcome.order_id, side, price, qty, owner, stp)
        rests = left if price is not None and flag not in ("ioc", "fok") and not stopped else 0
        self.left += 2 * (qty - left) + (left - rests)
        assert matches(outcome) == found
        assert (outcome.resting, outcome.dropped) == (rests, left - rests)
        if rests and price is not None:
            shown = min(peak, rests) if peak else rests
            self.model.orders.append(Resting(outcome.order_id, side, price, shown, rests - shown, peak, owner))
        self.check_stopped()

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A cancelled order is gone, with all that was left of it."""
        order = data.draw(st.sampled_from(self.model.orders))
        self.model.orders.remove(order)
        assert self.market.cancel(order.id) == order.open
        self.left += order.open

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), qty=QUANTITIES)
    def resize(self, data: st.DataObject, qty: int) -> None:
        """Another quantity keeps the place in the queue, or not, as the rules say."""
        order = data.draw(st.sampled_from(self.model.orders))
        outcome = self.market.amend(order.id, qty=qty)
        assert outcome == Outcome(order.id, resting=qty)
        if qty == order.open:
            return
        self.entered += max(0, qty - order.open)
        self.left += max(0, order.open - qty)
        shown = min(qty, order.peak) if order.peak else qty
        rules = self.rules
        if shown != order.qty and (rules.qty_down if shown < order.qty else rules.qty_up) == "back":
            self.model.to_the_back(order)
        order.qty, order.hidden = shown, qty - shown

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), price=PRICES, stp=PREVENTIONS, post_only=st.booleans())
    def reprice(self, data: st.DataObject, price: int, stp: Prevention, post_only: bool) -> None:
        """Another price means another queue, at its end; on the way there it may match."""
        order = data.draw(st.sampled_from(self.model.orders))
        self.market.begin(self.market.now_ns + 1)
        self.model.stopped.clear()
        outcome = self.market.amend(order.id, price=price, post_only=post_only, stp=stp)
        if price == order.price:
            return
        if post_only and self.model.opposite(order.side, price):
            assert outcome.refused
            return
        assert self.market.moving == order.id
        total = order.open
        self.model.orders.remove(order)
        found, left, stopped = self.model.take(order.id, order.side, price, total, order.owner, stp)
        rests = 0 if stopped else left
        self.left += 2 * (total - left) + (left - rests)
        assert matches(outcome) == found
        assert (outcome.resting, outcome.dropped) == (rests, left - rests)
        if rests:
            shown = min(order.peak, rests) if order.peak else rests
            self.model.orders.append(
                Resting(order.id, order.side, price, shown, rests - shown, order.peak, order.owner)
            )
        self.check_stopped()

    def check_stopped(self) -> None:
        """Self-trade prevention took out what the model took out."""
        assert [order.id for order in self.market.stopped] == self.model.stopped
        self.left += sum(order.open for order in self.market.stopped)

    @invariant()
    def same_queues(self) -> None:
        """Levels, their order and the queues in them are the model's."""
        for side in (BID, ASK):
            ladder = self.market.sides[side]
            queues = self.model.queues(side)
            assert [ladder.at(rank).price for rank in range(len(ladder))] == sorted(queues, reverse=side == BID)
            for level in ladder.levels.values():
                found = [(order.id, order.qty, order.hidden) for order in level.orders.values()]
                assert found == queues[level.price]
                assert level.qty == sum(order.qty for order in level.orders.values())
            assert self.shown[side] == {level.price: level.qty for level in ladder.levels.values()}

    @invariant()
    def conservation(self) -> None:
        """What came in is resting, or was cancelled, or met as much from the other side."""
        resting = sum(order.open for order in self.market.orders.values())
        assert self.entered == resting + self.left

    @invariant()
    def never_crossed(self) -> None:
        """The best bid is below the best ask."""
        bids, asks = self.market.sides
        if bids.keys and asks.keys:
            assert bids.at(0).price < asks.at(0).price


TestMarket = MarketMachine.TestCase
TestMarket.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


def test_first_come_first_served() -> None:
    """At one price the older order is filled first, whatever the sizes."""
    market = Market()
    first = market.limit(ASK, 100, 1).order_id
    second = market.limit(ASK, 100, 50).order_id
    fills = market.market(BID, 3).fills
    assert [(fill.maker.id, fill.qty, fill.done) for fill in fills] == [(first, 1, True), (second, 2, False)]


def test_a_sweep_is_one_step_per_fill() -> None:
    """A taker that meets three orders at two prices shows three steps, removals among them."""
    steps: list[tuple[int, int, int, int, int]] = []
    market = Market()
    for price, qty in ((100, 5), (100, 7), (101, 9)):
        market.limit(ASK, price, qty)
    market.on_step = lambda side, rank, order, total, _before, kind: steps.append(
        (side, rank, order.price, total, kind)
    )
    market.limit(BID, 101, 13)
    assert steps == [(ASK, 0, 100, 7, DELETE), (ASK, 0, 100, 0, DELETE), (ASK, 0, 101, 8, MODIFY)]


def test_an_iceberg_shows_its_next_part_in_the_same_step() -> None:
    """Its level never vanishes in between, and its place is at the back now."""
    steps: list[tuple[int, int, int, int]] = []
    market = Market()
    iceberg = market.submit(ASK, 100, 12, peak=5).order_id
    other = market.limit(ASK, 100, 3).order_id
    market.on_step = lambda _side, rank, order, total, before, kind: steps.append(
        (rank, order.id, total - before, kind)
    )
    market.begin(9)
    assert [(fill.maker.id, fill.done) for fill in market.market(BID, 9).fills] == [
        (iceberg, False),
        (other, True),
        (iceberg, False),
    ]
    assert steps == [(0, iceberg, 0, REQUEUE), (0, other, -3, DELETE), (0, iceberg, -1, MODIFY)]
    order = market.orders[iceberg]
    assert (order.qty, order.hidden, order.stamp) == (4, 2, 9)
    assert repr(order) == f"<Order {iceberg} ask 4 + 2 hidden @ 100>"


def test_an_amend_to_what_is_there_changes_nothing() -> None:
    """An iceberg that has been eaten into does not show more because somebody asks for what it is already."""
    steps: list[Kind] = []
    market = Market()
    iceberg = market.submit(ASK, 100, 12, peak=5).order_id
    market.market(BID, 3)
    market.on_step = lambda _side, _rank, _order, _total, _before, kind: steps.append(kind)
    for amend in ({}, {"price": 100}, {"qty": 9}, {"peak": 5}, {"price": 100, "qty": 9, "peak": 5}):
        assert market.amend(iceberg, **amend) == Outcome(iceberg, resting=9)
    assert steps == []
    market.amend(iceberg, peak=4)
    assert (market.orders[iceberg].qty, market.orders[iceberg].hidden) == (4, 5)


def test_remainder_rests() -> None:
    """A limit order that finds less than it wants rests with what is left, on its own side."""
    market = Market()
    market.limit(ASK, 100, 5)
    outcome = market.limit(BID, 100, 8)
    assert (outcome.filled, outcome.resting) == (5, 3)
    assert repr(market) == "<Market 1 bid and 0 ask levels, 1 orders>"
    assert repr(market.orders[outcome.order_id]) == f"<Order {outcome.order_id} bid 3 @ 100>"
    assert repr(market.sides[BID].at(0)) == "<Level 3 @ 100, 1 orders>"


def test_what_can_be_filled() -> None:
    """Hidden parts count; what is too expensive does not."""
    market = Market()
    market.submit(ASK, 100, 12, peak=5)
    market.limit(ASK, 102, 4)
    assert (market.fillable(BID, None), market.fillable(BID, 101), market.fillable(BID, 99)) == (16, 12, 0)
    assert market.crosses(BID, 100)
    assert not market.crosses(BID, 99)
    assert not market.crosses(ASK, 1)


def test_unknown_order() -> None:
    """An order that is gone can't be cancelled or amended."""
    market = Market()
    order_id = market.limit(BID, 100, 1).order_id
    market.cancel(order_id)
    with pytest.raises(LookupError, match=f"no resting order has the id {order_id}"):
        market.amend(order_id, qty=2)


@pytest.mark.parametrize(("price", "qty"), [(0, 1), (1, 0), (-1, 1), (1, -1)])
def test_no_empty_order(price: int, qty: int) -> None:
    """A price and a quantity are positive."""
    market = Market()
    for place in (market.limit, market.place, market.submit):
        with pytest.raises(ValueError, match="at least one tick and one lot"):
            place(BID, price, qty)
