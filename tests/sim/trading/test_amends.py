"""amend_order and edit_order: what changes, what stays, what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.money import units
from havklo.sim.wire.stamps import rfc3339
from sim.trading.world import SECOND, World


def test_an_amend_keeps_the_ids(world: World, alice: Account) -> None:
    """The answer names the amend and the order as it was named; the report has the new terms."""
    ticket = world.add(alice, "buy", "1", "40000", cl_ord_id="mine")
    result = world.ask(alice, "amend_order", cl_ord_id="mine", order_qty=Decimal("0.6"), limit_price=Decimal("40000.5"))
    assert result == {"amend_id": result["amend_id"], "cl_ord_id": "mine"}
    assert result["amend_id"][0] == "T"
    assert world.last(ticket, "amended") == {
        "order_id": ticket.order_id,
        "order_userref": 0,
        "cl_ord_id": "mine",
        "exec_type": "amended",
        "order_status": "new",
        "timestamp": "2023-11-14T22:13:20.000002Z",
        "order_qty": Decimal("0.6"),
        "limit_price": Decimal("40000.5"),
        "limit_price_type": "static",
        "cum_qty": Decimal(0),
        "cum_cost": Decimal(0),
        "avg_price": Decimal(0),
        "fee_usd_equiv": Decimal(0),
        "amended": True,
    }
    assert world.shown("buy") == [(Decimal("40000.5"), [Decimal("0.6")])]
    assert alice.held("USD") == units("24096.3012")
    (standing,) = world.desk.snapshot_orders(alice)
    assert standing["amended"] is True
    result = world.ask(alice, "amend_order", order_id=ticket.order_id, order_qty=1, symbol="BTC/USD")
    assert set(result) == {"amend_id", "order_id"}


def test_less_keeps_the_place_and_more_loses_it(world: World, alice: Account) -> None:
    """Queue priority stays where it can."""
    ticket = world.add(alice, "buy", "1", "40000")
    world.crowd("buy", 40_000, 1)
    world.ask(alice, "amend_order", order_id=ticket.order_id, order_qty=Decimal("0.5"))
    assert world.shown("buy") == [(Decimal(40_000), [Decimal("0.5"), Decimal("0.0001")])]
    world.ask(alice, "amend_order", order_id=ticket.order_id, order_qty=Decimal("0.7"))
    assert world.shown("buy") == [(Decimal(40_000), [Decimal("0.0001"), Decimal("0.7")])]


def test_an_amended_price_may_take(world: World, alice: Account) -> None:
    """The order takes at the new price as a taker, and rests with what is left."""
    world.crowd("sell", 50_000, 3_000)
    ticket = world.add(alice, "buy", "1", "40000")
    world.ask(alice, "amend_order", order_id=ticket.order_id, limit_price=50_000)
    assert world.told(ticket) == ["pending_new", "new", "amended", "trade"]
    assert ticket.executions[0].maker is False
    assert world.shown("buy") == [(Decimal(50_000), [Decimal("0.7")])]
    world.crowd("sell", None, 7_000)
    assert ticket.status == "filled"


def test_an_amend_below_what_was_filled(world: World, alice: Account) -> None:
    """The rest is cancelled."""
    ticket = world.add(alice, "buy", "1", "40000")
    world.crowd("sell", 40_000, 6_000)
    world.ask(alice, "amend_order", order_id=ticket.order_id, order_qty=Decimal("0.5"))
    assert world.told(ticket) == ["pending_new", "new", "trade", "amended", "canceled"]
    assert (ticket.qty, ticket.filled, ticket.status) == (6_000, 6_000, "canceled")
    assert world.shown("buy") == []


def test_an_amended_iceberg(world: World, alice: Account) -> None:
    """What it shows can change; a fifteenth of what is open is the least."""
    ticket = world.add(alice, "sell", "1.5", "50000", order_type="iceberg", display_qty=Decimal("0.1"))
    world.crowd("buy", 50_000, 5_000)
    order_id = ticket.order_id
    error = world.refusal(alice, "amend_order", order_id=order_id, order_qty=3)
    assert error == "EGeneral:Invalid arguments:display_qty"
    world.ask(alice, "amend_order", order_id=order_id, order_qty=2)
    assert world.shown("sell") == [(Decimal(50_000), [Decimal("0.1")])]
    world.ask(alice, "amend_order", order_id=order_id, display_qty=Decimal("0.7"))
    assert world.shown("sell") == [(Decimal(50_000), [Decimal("0.7")])]
    assert world.last(ticket, "amended")["display_qty"] == Decimal("0.7")
    # Less than it shows: it shows all that is left.
    world.ask(alice, "amend_order", order_id=order_id, order_qty=1)
    assert (ticket.display, world.shown("sell")) == (5_000, [(Decimal(50_000), [Decimal("0.5")])])


def test_an_amended_stop(world: World, alice: Account) -> None:
    """Its trigger and its limit can change while it waits; a trigger that is reached goes off."""
    stop = {"order_type": "stop-loss-limit", "triggers": {"price": 48_000}}
    ticket = world.add(alice, "sell", "1", "47000", **stop)
    world.ask(alice, "amend_order", order_id=ticket.order_id, trigger_price=49_000, limit_price=46_000)
    amended = world.last(ticket, "amended")
    assert (ticket.trigger_price, amended["limit_price"]) == (490_000, 46_000)
    world.ask(alice, "amend_order", order_id=ticket.order_id, trigger_price=0, trigger_price_type="pct")
    assert world.told(ticket)[-2:] == ["amended", "status"]
    assert ticket.resting
    error = world.refusal(alice, "amend_order", order_id=ticket.order_id, trigger_price=48_000)
    assert error == "EGeneral:Invalid arguments:trigger_price"
    world.ask(alice, "amend_order", order_id=ticket.order_id, limit_price=60_000)
    assert world.shown("sell") == [(Decimal(60_000), [Decimal(1)])]


def test_an_amended_trailing_stop_keeps_its_peak(world: World, alice: Account) -> None:
    """Only the distance changes."""
    trailing = {"order_type": "trailing-stop-limit", "triggers": {"price": 1_000, "price_type": "quote"}}
    ticket = world.add(alice, "sell", "1", "-10", **trailing)
    world.print(51_000)
    world.ask(alice, "amend_order", order_id=ticket.order_id, trigger_price=500, limit_price=-20)
    assert (ticket.peak_price, ticket.trigger_price) == (510_000, 505_000)
    assert world.last(ticket, "amended")["limit_price"] == -20
    world.print(50_500)
    assert ticket.limit_price == 504_800


def test_an_amend_needs_money(world: World, alice: Account) -> None:
    """What is held grows with it; where there is not enough, nothing changes."""
    ticket = world.add(alice, "buy", "1", "40000")
    error = world.refusal(alice, "amend_order", order_id=ticket.order_id, limit_price=100_000)
    assert error == "EOrder:Insufficient funds"
    assert (ticket.limit_price, alice.held("USD")) == (400_000, units(40_160))
    sale = world.add(alice, "sell", "1", "60000")
    assert world.refusal(alice, "amend_order", order_id=sale.order_id, order_qty=11) == "EOrder:Insufficient funds"
    # All of it, without what a fee in base would need.
    world.ask(alice, "amend_order", order_id=sale.order_id, order_qty=10)
    assert (alice.held("BTC"), sale.fee_in) == (units(10), "quote")


@pytest.mark.parametrize(
    ("error", "params"),
    [
        ("EGeneral:Invalid arguments:order_qty", {}),
        ("EGeneral:Invalid arguments:symbol", {"symbol": "ETH/USD", "order_qty": 2}),
        ("EGeneral:Invalid arguments:display_qty", {"display_qty": 1}),
        ("EGeneral:Invalid arguments:limit_price_type", {"limit_price": 1, "limit_price_type": "pct"}),
        ("EGeneral:Invalid arguments:trigger_price", {"trigger_price": 1}),
        ("EGeneral:Invalid arguments:cl_ord_id", {"cl_ord_id": "mine", "order_qty": 2}),
        ("EService:Deadline elapsed", {"order_qty": 2, "deadline": "2023-11-14T22:13:19.000Z"}),
        ("EOrder:Order minimum not met", {"order_qty": Decimal("0.0009")}),
        ("EOrder:Cost minimum not met", {"limit_price": Decimal("0.4")}),
        ("EOrder:Tick size check failed", {"limit_price": Decimal("0.01")}),
        ("EOrder:Invalid price", {"limit_price": -1}),
        ("Unsupported field: 'reduce_only' for the given msg type: amend order", {"reduce_only": True}),
    ],
)
def test_amends_that_can_not_be(world: World, alice: Account, error: str, params: dict[str, Any]) -> None:
    """The order stays as it was."""
    ticket = world.add(alice, "buy", "1", "40000")
    assert world.refusal(alice, "amend_order", order_id=ticket.order_id, **params) == error
    assert world.told(ticket) == ["pending_new", "new"]
    assert alice.held("USD") == units(40_160)


def test_amends_of_other_types(world: World, alice: Account) -> None:
    """A stop has no limit and can't be post-only; what is not open, or not one's own, is not known."""
    ticket = world.add(alice, "sell", "1", order_type="stop-loss", triggers={"price": 48_000})
    error = world.refusal(alice, "amend_order", order_id=ticket.order_id, limit_price=1)
    assert error == "EGeneral:Invalid arguments:limit_price"
    error = world.refusal(alice, "amend_order", order_id=ticket.order_id, order_qty=1, post_only=True)
    assert error == "EGeneral:Invalid arguments:post_only"
    assert world.refusal(alice, "amend_order", order_qty=1) == "EGeneral:Invalid arguments:order_id"
    assert world.refusal(alice, "amend_order", cl_ord_id="mine", order_qty=1) == "EOrder:Unknown order"
    bob = world.account("bob")
    assert world.refusal(bob, "amend_order", order_id=ticket.order_id, order_qty=1) == "EOrder:Unknown order"


def test_a_scheduled_cash_order_has_no_quantity_to_amend(world: World, alice: Account) -> None:
    """Nor can it be edited."""
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "cash_order_qty": 1_000}
    later = rfc3339((world.now_ns + SECOND) // 1_000)
    order_id = world.ask(alice, "add_order", **order, effective_time=later)["order_id"]
    error = "EGeneral:Invalid arguments:order_qty"
    assert world.refusal(alice, "amend_order", order_id=order_id, order_qty=1) == error
    assert world.refusal(alice, "edit_order", order_id=order_id, symbol="BTC/USD", order_qty=1) == error


def test_a_scheduled_market_order_can_be_amended(world: World, alice: Account) -> None:
    """It holds what the present book would cost."""
    world.crowd("sell", 50_000, 20_000)
    ticket = world.add(alice, "buy", "1", effective_time=rfc3339((world.now_ns + SECOND) // 1_000))
    assert alice.held("USD") == units(50_200)
    world.ask(alice, "amend_order", order_id=ticket.order_id, order_qty=Decimal("1.5"))
    assert (ticket.qty, alice.held("USD")) == (15_000, units(75_300))


def test_an_edit_puts_a_new_order_in_its_place(world: World, alice: Account) -> None:
    """A new id, the end of the queue, and what was filled does not come back."""
    ticket = world.add(alice, "buy", "1", "40000", order_userref=3)
    world.crowd("sell", 40_000, 2_000)
    world.crowd("buy", 40_000, 1)
    result = world.ask(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", order_userref=4, no_mpp=True)
    (new,) = world.desk.open_orders(alice)
    assert result == {
        "order_id": new.order_id,
        "original_order_id": ticket.order_id,
        "warnings": ["no_mpp is deprecated"],
    }
    assert (ticket.status, ticket.reason) == ("canceled", "Order replaced")
    assert (new.qty, new.limit_price, new.userref, new.status) == (8_000, 400_000, 4, "new")
    assert world.shown("buy") == [(Decimal(40_000), [Decimal("0.0001"), Decimal("0.8")])]
    assert alice.held("USD") == units("32128")


def test_an_edit_of_everything(world: World, alice: Account) -> None:
    """Each field that is given replaces the old one."""
    stop = {"order_type": "stop-loss-limit", "triggers": {"price": 48_000}, "time_in_force": "gtd"}
    ticket = world.add(alice, "sell", "1", "47000", **stop, expire_time="2023-11-15T00:00:00Z")
    world.ask(
        alice,
        "edit_order",
        order_id=ticket.order_id,
        symbol="BTC/USD",
        order_qty=2,
        limit_price=46_000,
        triggers={"reference": "last", "price": -1_000, "price_type": "quote"},
        fee_preference="quote",
    )
    (new,) = world.desk.open_orders(alice)
    assert (new.qty, new.limit_price, new.trigger_price) == (20_000, 460_000, 490_000)
    assert (new.fee_preference, new.expire_ns) == ("quote", ticket.expire_ns)
    iceberg = world.add(alice, "sell", "2", "60000", order_type="iceberg", display_qty=1)
    edit = {"order_id": iceberg.order_id, "symbol": "BTC/USD"}
    world.ask(alice, "edit_order", **edit, display_qty=Decimal("0.5"), post_only=True)
    assert world.shown("sell") == [(Decimal(60_000), [Decimal("0.5")])]
    assert world.desk.open_orders(alice)[-1].post_only


def test_an_edit_that_fails_leaves_the_order_alone(world: World, alice: Account) -> None:
    """Also its place in the queue and its hold, which the new order might have used."""
    ticket = world.add(alice, "buy", "2", "40000")
    world.crowd("buy", 40_000, 1)
    edit = {"order_id": ticket.order_id, "symbol": "BTC/USD"}
    assert world.refusal(alice, "edit_order", **edit, order_qty=3) == "EOrder:Insufficient funds"
    assert world.ask(alice, "edit_order", **edit, order_qty=1, validate=True) == {"original_order_id": ticket.order_id}
    assert world.told(ticket) == ["pending_new", "new"]
    assert (alice.held("USD"), world.desk.open_orders(alice)) == (units(80_320), [ticket])
    assert world.shown("buy") == [(Decimal(40_000), [Decimal(2), Decimal("0.0001")])]
    # Alone the old order's money is enough for the new one.
    world.ask(alice, "edit_order", **edit, order_qty=1, limit_price=90_000)


def test_an_edit_that_would_take_post_only(world: World, alice: Account) -> None:
    """The old order is gone then, and the new one cancelled."""
    world.crowd("sell", 50_000, 1_000)
    ticket = world.add(alice, "buy", "1", "40000", post_only=True)
    world.ask(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", limit_price=50_000)
    assert [each.reason for each in world.desk.closed_orders(alice)] == ["Order replaced", "Post only order"]


@pytest.mark.parametrize(
    ("error", "params"),
    [
        ("EGeneral:Invalid arguments:order_id", {"order_id": None}),
        ("EGeneral:Invalid arguments:symbol", {"symbol": None}),
        ("EGeneral:Invalid arguments:symbol", {"symbol": "ETH/USD"}),
        ("EOrder:Unknown order", {"order_id": "OAAAAA-AAAAA-AAAAAA"}),
        ("EGeneral:Invalid arguments:order_qty", {"order_qty": Decimal("0.2")}),
        ("EOrder:Cost minimum not met", {"limit_price": Decimal("0.4")}),
        ("EGeneral:Invalid arguments:display_qty", {"display_qty": 1}),
        ("EGeneral:Invalid arguments:triggers", {"triggers": {"price": 1}}),
        ("EGeneral:Invalid arguments:reduce_only", {"reduce_only": True}),
        ("Unsupported field: 'cl_ord_id' for the given msg type: edit order", {"cl_ord_id": "mine"}),
        ("EService:Deadline elapsed", {"deadline": "2023-11-14T22:13:19.000Z"}),
    ],
)
def test_edits_that_can_not_be(world: World, alice: Account, error: str, params: dict[str, Any]) -> None:
    """The order stays."""
    ticket = world.add(alice, "buy", "1", "40000")
    world.crowd("sell", 40_000, 2_000)
    edit = {"order_id": ticket.order_id, "symbol": "BTC/USD"} | params
    wanted = {name: value for name, value in edit.items() if value is not None}
    assert world.refusal(alice, "edit_order", **wanted) == error
    assert ticket.resting


def test_edits_of_other_types(world: World, alice: Account) -> None:
    """A market-type stop has no limit to edit and can't be post-only; less than the minimum is too little."""
    ticket = world.add(alice, "sell", "1", order_type="stop-loss", triggers={"price": 48_000})
    edit = {"order_id": ticket.order_id, "symbol": "BTC/USD"}
    assert world.refusal(alice, "edit_order", **edit, limit_price=1) == "EGeneral:Invalid arguments:limit_price"
    assert world.refusal(alice, "edit_order", **edit, post_only=True) == "EGeneral:Invalid arguments:post_only"
    assert world.refusal(alice, "edit_order", **edit, order_qty=Decimal("0.0009")) == "EOrder:Order minimum not met"


def test_what_can_not_be_edited(world: World, alice: Account) -> None:
    """An order that was triggered, and one with a conditional close."""
    stop = world.add(alice, "sell", "1", "47000", order_type="stop-loss-limit", triggers={"price": 50_000})
    close = {"order_type": "limit", "limit_price": 60_000}
    opener = world.add(alice, "buy", "1", "40000", conditional=close)
    for ticket in (stop, opener):
        error = world.refusal(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", order_qty=2)
        assert error == "EGeneral:Invalid arguments:order_id"


def test_the_rules_decide_about_places(make_world: Callable[..., World]) -> None:
    """With other rules, an amend to less loses the place and one to more keeps it."""
    world = make_world(qty_down="back", qty_up="keep")
    ticket = world.add(world.account(), "buy", "1", "40000")
    world.crowd("buy", 40_000, 1)
    world.ask(ticket.account, "amend_order", order_id=ticket.order_id, order_qty=2)
    assert world.shown("buy") == [(Decimal(40_000), [Decimal(2), Decimal("0.0001")])]
    world.ask(ticket.account, "amend_order", order_id=ticket.order_id, order_qty=1)
    assert world.shown("buy") == [(Decimal(40_000), [Decimal("0.0001"), Decimal(1)])]
