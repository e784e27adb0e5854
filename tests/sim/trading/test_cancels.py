"""All the ways to cancel."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.trading.desk import Answer
from sim.trading.world import SECOND, START, World


def test_one_answer_for_each_order(world: World, alice: Account) -> None:
    """By id, by cl_ord_id, by number, in this order; an unknown name is an error of its own."""
    first = world.add(alice, "buy", "1", "10000")
    second = world.add(alice, "buy", "1", "10000", cl_ord_id="mine")
    third = world.add(alice, "buy", "1", "10000", order_userref=5)
    fourth = world.add(alice, "buy", "1", "10000", order_userref=5)
    answers = world.request(
        alice,
        "cancel_order",
        order_userref=[5, 6],
        cl_ord_id=["mine", "yours"],
        order_id=[first.order_id, first.order_id, "O"],
        token="…",  # noqa: S106
    )
    unknown = "EOrder:Unknown order"
    assert answers == [
        Answer(True, {"order_id": first.order_id}),
        Answer(False, error=unknown, fields={"order_id": first.order_id}),
        Answer(False, error=unknown, fields={"order_id": "O"}),
        Answer(True, {"order_id": second.order_id, "cl_ord_id": "mine"}),
        Answer(False, error=unknown, fields={"cl_ord_id": "yours"}),
        Answer(True, {"order_id": third.order_id}),
        Answer(True, {"order_id": fourth.order_id}),
        Answer(False, error=unknown, fields={"order_userref": 6}),
    ]
    assert world.desk.open_orders(alice) == []


def test_orders_of_others_are_unknown(world: World, alice: Account, bob: Account) -> None:
    """Nobody can cancel what is not his."""
    ticket = world.add(alice, "buy", "1", "10000", cl_ord_id="mine")
    assert world.refusal(bob, "cancel_order", order_id=[ticket.order_id]) == "EOrder:Unknown order"
    assert world.refusal(bob, "cancel_order", cl_ord_id=["mine"]) == "EOrder:Unknown order"
    assert world.ask(bob, "cancel_all") == {"count": 0}
    assert ticket.open


def test_a_name_of_the_wrong_type_spoils_the_request(world: World, alice: Account) -> None:
    """Then nothing is cancelled."""
    ticket = world.add(alice, "buy", "1", "10000")
    error = world.refusal(alice, "cancel_order", order_id=[ticket.order_id, 5])
    assert error == "EGeneral:Invalid arguments:order_id"
    assert ticket.open


def test_cancel_all(world: World, alice: Account) -> None:
    """Everything that is open: resting, waiting or scheduled."""
    tickets = [
        world.add(alice, "buy", "1", "10000"),
        world.add(alice, "sell", "1", order_type="stop-loss", triggers={"price": 40_000}),
        world.add(alice, "buy", "1", "10000", effective_time="2023-11-14T23:00:00Z"),
    ]
    assert world.ask(alice, "cancel_all") == {"count": 3}
    assert [ticket.reason for ticket in tickets] == ["User requested"] * 3
    assert world.ask(alice, "cancel_all") == {"count": 0}
    assert alice.held("USD") == alice.held("BTC") == 0


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ("result", Answer(True, {"count": 3})),
        ("response", Answer(True, fields={"orders_cancelled": 3})),
    ],
)
def test_batch_cancel(make_world: Callable[..., World], rule: str, answer: Answer) -> None:
    """What is known is cancelled once, what is not is left out; where the count stands is a rule's choice."""
    world = make_world(batch_cancel_count=rule)
    alice = world.account()
    first = world.add(alice, "buy", "1", "10000")
    world.add(alice, "buy", "1", "10000", cl_ord_id="mine")
    world.add(alice, "buy", "1", "10000", order_userref=5)
    orders = [first.order_id, 5, first.order_id, "O"]
    assert world.request(alice, "batch_cancel", orders=orders, cl_ord_id=["mine"]) == [answer]
    assert world.desk.open_orders(alice) == []


@pytest.mark.parametrize(
    ("method", "field", "params"),
    [
        ("cancel_order", "order_id", {}),
        ("cancel_order", "order_id", {"order_id": "O"}),
        ("cancel_order", "order_id", {"order_id": [1]}),
        ("cancel_order", "cl_ord_id", {"cl_ord_id": [1]}),
        ("cancel_order", "order_userref", {"order_userref": ["1"]}),
        ("batch_cancel", "orders", {}),
        ("batch_cancel", "orders", {"orders": ["O"]}),
        ("batch_cancel", "orders", {"orders": ["O"] * 51}),
        ("batch_cancel", "order_userref", {"orders": ["O", True]}),
        ("cancel_all_orders_after", "timeout", {}),
        ("cancel_all_orders_after", "timeout", {"timeout": -1}),
        ("cancel_all_orders_after", "timeout", {"timeout": 86_400}),
        ("cancel_all_orders_after", "timeout", {"timeout": 1.5}),
    ],
)
def test_arguments_that_can_not_be(
    world: World, alice: Account, method: str, field: str, params: dict[str, Any]
) -> None:
    """The error names the field."""
    assert world.refusal(alice, method, **params) == f"EGeneral:Invalid arguments:{field}"


def test_the_dead_mans_switch(world: World, alice: Account, bob: Account) -> None:
    """It cancels everything of one account when it is not heard of in time, and is off then."""
    ticket = world.add(alice, "buy", "1", "10000")
    other = world.add(bob, "buy", "1", "10000")
    assert world.desk.next_deadline() is None
    assert world.ask(alice, "cancel_all_orders_after", timeout=60) == {
        "currentTime": "2023-11-14T22:13:20Z",
        "triggerTime": "2023-11-14T22:14:20Z",
    }
    world.now_ns += 30 * SECOND
    world.ask(alice, "cancel_all_orders_after", timeout=60)
    assert world.desk.next_deadline() == START + 90 * SECOND
    world.desk.tick(START + 90 * SECOND - 1)
    assert ticket.open
    world.desk.tick(START + 90 * SECOND)
    assert (ticket.status, ticket.reason) == ("canceled", "CancelAllOrdersAfter Timeout")
    assert world.last(ticket, "canceled")["timestamp"] == "2023-11-14T22:14:50.000000Z"
    assert other.open
    assert world.desk.next_deadline() is None


def test_the_switch_can_be_turned_off(world: World, alice: Account) -> None:
    """A timeout of 0 does."""
    ticket = world.add(alice, "buy", "1", "10000")
    world.ask(alice, "cancel_all_orders_after", timeout=60)
    assert world.ask(alice, "cancel_all_orders_after", timeout=0)["triggerTime"] == "0"
    world.desk.tick(START + 90 * SECOND)
    assert ticket.open


def test_the_switchs_times_are_whole_seconds(world: World, alice: Account) -> None:
    """The documentation's example: a request at 28.6 s has 29 s as its time, and 100 s later its trigger."""
    world.now_ns = 1_695_311_368_627_900_000  # 2023-09-21T15:49:28.627900Z
    assert world.ask(alice, "cancel_all_orders_after", timeout=100) == {
        "currentTime": "2023-09-21T15:49:29Z",
        "triggerTime": "2023-09-21T15:51:09Z",
    }


def test_gtd_orders_expire(world: World, alice: Account) -> None:
    """They end as `expired`, wherever they stand."""
    gtd = {"time_in_force": "gtd", "expire_time": "2023-11-14T22:14:20Z"}
    resting = world.add(alice, "buy", "1", "10000", **gtd)
    waiting = world.add(alice, "sell", "1", order_type="stop-loss", triggers={"price": 40_000}, **gtd)
    cancelled = world.add(alice, "buy", "1", "10000", **gtd)
    world.ask(alice, "cancel_order", order_id=[cancelled.order_id])
    assert world.last(resting, "pending_new")["expire_time"] == "2023-11-14T22:14:20.000000Z"
    assert world.desk.next_deadline() == START + 60 * SECOND
    world.desk.tick(START + 61 * SECOND)
    for ticket in (resting, waiting):
        assert (ticket.status, ticket.reason) == ("expired", "Order expired")
        assert "cancel_reason" not in world.last(ticket, "expired")
    assert cancelled.status == "canceled"
    assert world.shown("buy") == []
    assert alice.held("USD") == alice.held("BTC") == 0


def test_scheduled_orders_start(world: World, alice: Account) -> None:
    """Until its effective_time an order is pending; it holds its money all the time."""
    later = {"effective_time": "2023-11-14T22:14:20Z"}
    limit = world.add(alice, "buy", "1", "10000", **later)
    stop = world.add(
        alice, "sell", "1", order_type="trailing-stop", triggers={"price": 1, "price_type": "pct"}, **later
    )
    result = world.ask(
        alice, "add_order", symbol="BTC/USD", side="buy", order_type="market", cash_order_qty=1_000, **later
    )
    cash = world.desk.ticket(result["order_id"])
    assert cash is not None
    assert [world.told(ticket) for ticket in (limit, stop, cash)] == [["pending_new"]] * 3
    (standing, *_) = world.desk.snapshot_orders(alice)
    assert (standing["exec_type"], standing["order_status"]) == ("pending_new", "pending_new")
    assert world.shown("buy") == []
    assert alice.held("USD") > 11_000 * 10**10
    # The price that counts is the one at the start.
    world.print(60_000)
    world.crowd("sell", 60_000, 1_000)
    world.desk.tick(START + 60 * SECOND)
    assert world.shown("buy") == [(Decimal(10_000), [Decimal(1)])]
    assert (stop.waiting, stop.trigger_price) == (True, 594_000)
    assert (cash.status, cash.filled) == ("filled", 166)


def test_a_start_in_a_closed_market(world: World, alice: Account) -> None:
    """The order is cancelled with the words that would have refused it."""
    ticket = world.add(alice, "buy", "1", "10000", effective_time="2023-11-14T22:14:20Z")
    world.exchange.set_system("cancel_only", world.now_ns)
    world.desk.tick(START + 60 * SECOND)
    assert (ticket.status, ticket.reason) == ("canceled", "EService:Market in cancel_only mode")


def test_a_market_order_that_starts_late(world: World, alice: Account) -> None:
    """It buys what its money buys by then; where there is nothing to buy, it is cancelled."""
    world.crowd("sell", 50_000, 20_000)
    later = {"effective_time": "2023-11-14T22:14:20Z"}
    ticket = world.add(alice, "buy", "1.9", **later)
    world.crowd("buy", None, 20_000)
    world.crowd("sell", 60_000, 20_000)
    order = {"symbol": "ETH/USD", "side": "buy", "order_type": "market", "cash_order_qty": 1}
    nothing = world.desk.ticket(world.ask(alice, "add_order", **order)["order_id"])
    world.desk.tick(START + 60 * SECOND)
    assert (ticket.filled, ticket.reason) == (16_600, "Insufficient funds")
    assert nothing is not None
    assert (nothing.status, nothing.reason) == ("canceled", "Order could not be filled")
