"""batch_add."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from sim.trading.world import World

BUY: dict[str, Any] = {"side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 40_000}


def test_a_batch_in_request_order(world: World, alice: Account) -> None:
    """One entry for each order, in the order of the request; each is an event of its own."""
    orders = [
        BUY | {"order_userref": 1},
        BUY | {"cl_ord_id": "mine"},
        BUY | {"order_qty": Decimal("0.1"), "no_mpp": True},
    ]
    result = world.ask(alice, "batch_add", symbol="BTC/USD", orders=orders)
    first, second, third = world.desk.open_orders(alice)
    assert result == [
        {"order_id": first.order_id, "order_userref": 1},
        {"order_id": second.order_id, "cl_ord_id": "mine"},
        {"order_id": third.order_id, "warnings": ["no_mpp is deprecated"]},
    ]
    assert world.shown("buy") == [(Decimal(40_000), [Decimal(1), Decimal(1), Decimal("0.1")])]
    assert len({world.last(ticket, "new")["timestamp"] for ticket in (first, second, third)}) == 3


@pytest.mark.parametrize(
    ("rule", "entries"),
    [("entry", [True, {"error": "EOrder:Insufficient funds", "success": False}, True]), ("omit", [True, True])],
)
def test_lack_of_money_concerns_one_order(make_world: Callable[..., World], rule: str, entries: list[Any]) -> None:
    """The others come in; how the refused one is told is a rule's choice."""
    world = make_world(batch_refusal=rule)
    alice = world.account()
    orders = [BUY, BUY | {"order_qty": 2}, BUY]
    result = world.ask(alice, "batch_add", symbol="BTC/USD", orders=orders)
    assert [entry if "error" in entry else True for entry in result] == entries
    assert len(world.desk.open_orders(alice)) == 2


@pytest.mark.parametrize(
    ("error", "params"),
    [
        ("EGeneral:Invalid arguments:orders", {"orders": [BUY]}),
        ("EGeneral:Invalid arguments:orders", {"orders": [BUY] * 16}),
        ("EGeneral:Invalid arguments:orders", {"orders": BUY}),
        ("EGeneral:Invalid arguments:orders", {"orders": [BUY, "buy"]}),
        ("EGeneral:Invalid arguments:symbol", {"symbol": None}),
        ("EGeneral:Invalid arguments:cl_ord_id", {"orders": [BUY | {"cl_ord_id": "twice"}] * 2}),
        ("EOrder:Invalid price", {"orders": [BUY, BUY | {"limit_price": 0}]}),
        ("EService:Deadline elapsed", {"deadline": "2023-11-14T22:13:19Z"}),
        ("Unsupported field: 'symbol' for the given msg type: batch add", {"orders": [BUY, BUY | {"symbol": "X"}]}),
        ("Unsupported field: 'side' for the given msg type: batch add", {"side": "buy"}),
    ],
)
def test_one_bad_order_spoils_the_batch(world: World, alice: Account, error: str, params: dict[str, Any]) -> None:
    """Then none of them comes in."""
    assert world.refusal(alice, "batch_add", **({"symbol": "BTC/USD", "orders": [BUY, BUY]} | params)) == error
    assert world.reports == []


def test_a_batch_can_be_tried(world: World, alice: Account) -> None:
    """With validate nothing comes in."""
    result = world.ask(alice, "batch_add", symbol="BTC/USD", orders=[BUY, BUY | {"order_qty": 3}], validate=True)
    assert result == [{}, {"error": "EOrder:Insufficient funds", "success": False}]
    assert world.reports == []


def test_names_can_repeat_where_the_rules_let_them(make_world: Callable[..., World]) -> None:
    """Two orders of a batch may have one cl_ord_id then."""
    world = make_world(duplicate_cl_ord_id="accept")
    orders = [BUY | {"cl_ord_id": "twice"}] * 2
    assert len(world.ask(world.account(), "batch_add", symbol="BTC/USD", orders=orders)) == 2
