"""The matching engine against a model that is a plain list of orders."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.market.matching import Fill, Market

PRICES = st.integers(95, 105)
QUANTITIES = st.integers(1, 20)
SIDES = st.sampled_from([BID, ASK])


class Model:
    """Orders in order of arrival; a match looks through all of them."""

    def __init__(self) -> None:
        self.orders: list[list[int]] = []  # id, side, price, qty; a list's order is time

    def take(self, side: Side, limit: int | None, qty: int, taker: int) -> tuple[list[Fill], int]:
        """Match at the best price first, and the oldest order first among equals."""
        fills: list[Fill] = []
        while qty:
            others = [o for o in self.orders if o[1] != side and (limit is None or self.crosses(side, limit, o[2]))]
            if not others:
                break
            maker = min(others, key=lambda o: o[2] if side == BID else -o[2])
            traded = min(qty, maker[3])
            qty -= traded
            maker[3] -= traded
            fills.append(Fill(maker[0], taker, maker[2], traded))
            if not maker[3]:
                self.orders.remove(maker)
        return fills, qty

    @staticmethod
    def crosses(side: Side, limit: int, price: int) -> bool:
        """Whether an order with this limit takes this price."""
        return price <= limit if side == BID else price >= limit

    def queues(self, side: Side) -> dict[int, list[tuple[int, int]]]:
        """Per price, the orders in time order."""
        queues: dict[int, list[tuple[int, int]]] = {}
        for order_id, its_side, price, qty in self.orders:
            if its_side == side:
                queues.setdefault(price, []).append((order_id, qty))
        return queues


class MarketMachine(RuleBasedStateMachine):
    """Any sequence of orders: the engine does what the model does, and nothing is made or lost."""

    def __init__(self) -> None:
        super().__init__()
        self.market = Market(self.on_step)
        self.model = Model()
        self.shown: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.entered = self.left = 0

    def on_step(self, side: Side, index: int, price: int, qty: int) -> None:
        """Each step is true at the moment it is told."""
        ladder = self.market.sides[side]
        level = ladder.find(price)
        assert (level.qty if level else 0) == qty
        assert ladder.index(price) == index
        assert self.shown[side].get(price, 0) != qty, "a step that changes nothing"
        if qty:
            self.shown[side][price] = qty
        else:
            del self.shown[side][price]

    @rule(side=SIDES, price=PRICES, qty=QUANTITIES)
    def limit(self, side: Side, price: int, qty: int) -> None:
        """A limit order matches what it crosses and rests with the remainder."""
        outcome = self.market.limit(side, price, qty)
        self.entered += qty
        fills, rest = self.model.take(side, price, qty, outcome.order_id)
        self.left += 2 * (qty - rest)
        assert list(outcome.fills) == fills
        assert (outcome.resting, outcome.filled) == (rest, qty - rest)
        if rest:
            self.model.orders.append([outcome.order_id, side, price, rest])

    @rule(side=SIDES, qty=QUANTITIES)
    def take(self, side: Side, qty: int) -> None:
        """A market order takes at any price and never rests."""
        outcome = self.market.market(side, qty)
        fills, rest = self.model.take(side, None, qty, outcome.order_id)
        self.entered += qty - rest
        self.left += 2 * (qty - rest)
        assert list(outcome.fills) == fills
        assert outcome.resting == 0

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A cancelled order is gone, with all that was left of it."""
        order = data.draw(st.sampled_from(self.model.orders))
        self.model.orders.remove(order)
        assert self.market.cancel(order[0]) == order[3]
        self.left += order[3]

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), qty=QUANTITIES)
    def resize(self, data: st.DataObject, qty: int) -> None:
        """Less keeps the place in the queue, more loses it."""
        order = data.draw(st.sampled_from(self.model.orders))
        self.market.amend(order[0], qty=qty)
        self.entered += max(0, qty - order[3])
        self.left += max(0, order[3] - qty)
        if qty > order[3]:
            self.model.orders.remove(order)
            self.model.orders.append(order)
        order[3] = qty

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), price=PRICES)
    def reprice(self, data: st.DataObject, price: int) -> None:
        """Another price means another queue, at its end; on the way there it may match."""
        order = data.draw(st.sampled_from(self.model.orders))
        outcome = self.market.amend(order[0], price=price)
        if price == order[2]:
            return
        self.model.orders.remove(order)
        fills, rest = self.model.take(BID if order[1] == BID else ASK, price, order[3], order[0])
        self.left += 2 * (order[3] - rest)
        assert list(outcome.fills) == fills
        assert outcome.order_id == order[0]
        if rest:
            self.model.orders.append([order[0], order[1], price, rest])

    @invariant()
    def same_queues(self) -> None:
        """Levels, their order and the queues in them are the model's."""
        for side in (BID, ASK):
            ladder = self.market.sides[side]
            queues = self.model.queues(side)
            assert [ladder.at(rank).price for rank in range(len(ladder))] == sorted(queues, reverse=side == BID)
            for level in ladder.levels.values():
                assert [(order.id, order.qty) for order in level.orders.values()] == queues[level.price]
                assert level.qty == sum(order.qty for order in level.orders.values())
            assert self.shown[side] == {level.price: level.qty for level in ladder.levels.values()}

    @invariant()
    def conservation(self) -> None:
        """What came in is resting, or was cancelled, or met as much from the other side."""
        resting = sum(order.qty for order in self.market.orders.values())
        assert self.entered == resting + self.left

    @invariant()
    def never_crossed(self) -> None:
        """The best bid is below the best ask."""
        bids, asks = self.market.sides
        if bids.keys and asks.keys:
            assert bids.at(0).price < asks.at(0).price


TestMarket = MarketMachine.TestCase
TestMarket.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_first_come_first_served() -> None:
    """At one price the older order is filled first, whatever the sizes."""
    market = Market()
    first = market.limit(ASK, 100, 1).order_id
    second = market.limit(ASK, 100, 50).order_id
    fills = market.market(BID, 3).fills
    assert [(fill.maker, fill.qty) for fill in fills] == [(first, 1), (second, 2)]


def test_a_sweep_is_one_step_per_fill() -> None:
    """A taker that meets three orders at two prices shows three steps, removals among them."""
    steps: list[tuple[int, int, int, int]] = []
    market = Market()
    for price, qty in ((100, 5), (100, 7), (101, 9)):
        market.limit(ASK, price, qty)
    market.on_step = lambda *step: steps.append(step)
    market.limit(BID, 101, 13)
    assert steps == [(ASK, 0, 100, 7), (ASK, 0, 100, 0), (ASK, 0, 101, 8)]


def test_remainder_rests() -> None:
    """A limit order that finds less than it wants rests with what is left, on its own side."""
    market = Market()
    market.limit(ASK, 100, 5)
    outcome = market.limit(BID, 100, 8)
    assert (outcome.filled, outcome.resting) == (5, 3)
    assert repr(market) == "<Market 1 bid and 0 ask levels, 1 orders>"
    assert repr(market.orders[outcome.order_id]) == f"<Order {outcome.order_id} bid 3 @ 100>"
    assert repr(market.sides[BID].at(0)) == "<Level 3 @ 100, 1 orders>"


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
    with pytest.raises(ValueError, match="at least one tick and one lot"):
        Market().limit(BID, price, qty)
