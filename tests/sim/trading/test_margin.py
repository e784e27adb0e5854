"""Orders on margin, reduce-only, and conditional closes."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.money import units
from havklo.sim.trading.ticket import Ticket
from sim.trading.world import World


@pytest.fixture
def long(world: World, alice: Account) -> Account:
    """An account that is long one coin at 50,000."""
    world.crowd("sell", 50_000, 10_000)
    world.add(alice, "buy", "1", margin=True)
    return alice


def closing(world: World, account: Account, qty: str, price: str | None = None, **params: Any) -> Ticket:
    """A reduce-only sale on margin."""
    return world.add(account, "sell", qty, price, margin=True, reduce_only=True, **params)


def test_a_position_is_opened_and_closed(world: World, long: Account) -> None:
    """No coins change hands, only margin, fees and the result."""
    assert long.position("BTC/USD").qty == 10_000
    assert (long.balance("BTC"), long.balance("USD")) == (units(10), units(99_800))
    assert long.available("USD") == units(89_800)
    opened = world.desk.closed_orders(long)[0]
    assert world.last(opened, "pending_new")["margin"] is True
    assert world.last(opened, "trade")["margin"] is True
    world.crowd("buy", 51_000, 10_000)
    closed = world.add(long, "sell", "1", margin=True)
    assert closed.status == "filled"
    assert long.position("BTC/USD").qty == 0
    # 0.24 percent, as the volume is 50,000 by now.
    assert long.balance("USD") == units(99_800 + 1_000) - units("122.4")
    assert long.available("USD") == long.balance("USD")
    assert set(world.bank.ledger.totals().values()) == {0}


def test_what_an_order_on_margin_holds(world: World, alice: Account) -> None:
    """A fifth of its worth and its fee; what closes a position, only the fee."""
    ticket = world.add(alice, "sell", "1", "50000", margin=True)
    assert alice.held("USD") == units(10_200)
    assert alice.held("BTC") == 0
    world.crowd("buy", None, 10_000)
    assert (ticket.status, alice.held("USD")) == ("filled", 0)
    assert alice.position("BTC/USD").qty == -10_000
    world.add(alice, "buy", "0.6", "40000", margin=True)
    assert alice.held("USD") == units("57.6")
    # Of another 0.6, the first has left 0.4 to close: 0.2 open a new position.
    world.add(alice, "buy", "0.6", "40000", margin=True)
    assert alice.held("USD") == units("115.2") + units(1_600)


def test_free_margin_counts_losses(world: World, alice: Account) -> None:
    """A loss of the position leaves less to open another one with."""
    world.crowd("sell", 50_000, 80_000)
    world.add(alice, "buy", "8", margin=True)
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 45_000}
    world.ask(alice, "add_order", **order, margin=True, validate=True)
    world.print(48_000)
    assert world.refusal(alice, "add_order", **order, margin=True) == "EOrder:Insufficient margin"


def test_a_triggered_order_without_margin(world: World, alice: Account) -> None:
    """Its hold may not be enough any more when its price comes."""
    ticket = world.add(alice, "buy", "9", order_type="stop-loss", margin=True, triggers={"price": 50_500})
    world.crowd("sell", 70_000, 90_000)
    world.print(50_500)
    assert (ticket.status, ticket.reason) == ("canceled", "Insufficient margin")


def test_reduce_only_is_cut_to_the_position(world: World, long: Account) -> None:
    """It never turns a position round."""
    ticket = closing(world, long, "3", "60000")
    assert (ticket.qty, world.shown("sell")) == (10_000, [(Decimal(60_000), [Decimal(1)])])
    assert world.last(ticket, "pending_new")["reduce_only"] is True
    assert world.last(ticket, "pending_new")["order_qty"] == 1
    world.crowd("buy", 60_000, 10_000)
    assert (ticket.status, long.position("BTC/USD").qty) == ("filled", 0)


def test_reduce_only_shrinks_with_the_position(world: World, long: Account) -> None:
    """When the position becomes smaller, so does the order, or it ends."""
    take = closing(world, long, "1", "60000")
    stop = closing(world, long, "1", order_type="stop-loss", triggers={"price": 40_000})
    world.crowd("buy", 50_000, 3_000)
    world.add(long, "sell", "0.3", margin=True)
    assert [take.qty, stop.qty] == [7_000, 7_000]
    restated = world.last(take, "restated")
    assert (restated["order_qty"], restated["reason"]) == (Decimal("0.7"), "Reduce only")
    assert "amended" not in restated
    assert world.shown("sell") == [(Decimal(60_000), [Decimal("0.7")])]
    world.crowd("buy", 60_000, 7_000)
    assert take.status == "filled"
    assert (stop.status, stop.reason) == ("canceled", "Reduce only")


def test_two_reduce_only_orders_in_one_sweep(world: World, long: Account) -> None:
    """What would turn the position round is the crowd's trade, not the account's."""
    first = closing(world, long, "0.6", "60000")
    second = closing(world, long, "1", "60001")
    world.crowd("buy", 60_001, 14_000)
    assert (first.filled, second.filled) == (6_000, 4_000)
    assert (second.status, second.reason) == ("canceled", "Reduce only")
    assert long.position("BTC/USD").qty == 0
    assert world.shown("sell") == []
    assert set(world.bank.ledger.totals().values()) == {0}


def test_reduce_only_that_takes_after_all_is_closed(world: World, long: Account, bob: Account) -> None:
    """A reduce-only order of each side: both get no more than their positions."""
    world.crowd("buy", 50_000, 4_000)
    world.add(bob, "sell", "0.4", margin=True)
    resting = world.add(bob, "buy", "0.4", "49000", margin=True, reduce_only=True)
    taking = closing(world, long, "1", "49000", time_in_force="ioc")
    assert (resting.status, taking.filled, taking.reason) == ("filled", 4_000, "Order could not be filled")
    assert (bob.position("BTC/USD").qty, long.position("BTC/USD").qty) == (0, 6_000)


def test_two_that_reduce_in_one_sweep_meet_another_that_reduces(world: World, long: Account, bob: Account) -> None:
    """The one whose position is closed already makes room for the crowd; the other one is filled all the same."""
    world.crowd("buy", 50_000, 12_000)
    world.add(bob, "sell", "1.2", margin=True)
    first = closing(world, long, "0.6", "60000")
    second = closing(world, long, "1", "60001")
    buying = world.add(bob, "buy", "1.2", "60001", margin=True, reduce_only=True)
    assert (first.filled, second.filled, buying.filled) == (6_000, 4_000, 12_000)
    assert [(fill.trade_id, fill.qty) for fill in buying.executions[-2:]] == [(4, 4_000), (4, 2_000)]
    assert (bob.position("BTC/USD").qty, long.position("BTC/USD").qty) == (0, 0)
    assert world.desk.open_orders(long) == []


def test_a_stop_that_has_nothing_to_reduce_any_more(world: World, long: Account) -> None:
    """The trade that would set it off closes its position: then it ends, and does not go off."""
    stop = closing(world, long, "1", order_type="stop-loss", triggers={"price": 49_000})
    world.crowd("buy", 49_000, 20_000)
    world.add(long, "sell", "1", margin=True)
    assert (stop.status, stop.reason, stop.triggered_ns) == ("canceled", "Reduce only", None)
    assert long.position("BTC/USD").qty == 0


def test_an_amend_of_reduce_only(world: World, long: Account) -> None:
    """It can't become more than the position."""
    ticket = closing(world, long, "0.5", "60000")
    error = world.refusal(long, "amend_order", order_id=ticket.order_id, order_qty=2)
    assert error == "EGeneral:Invalid arguments:order_qty"
    world.ask(long, "amend_order", order_id=ticket.order_id, order_qty=1)
    edit = {"order_id": ticket.order_id, "symbol": "BTC/USD"}
    world.ask(long, "edit_order", **edit, reduce_only=False, order_qty=2)
    assert world.shown("sell") == [(Decimal(60_000), [Decimal(2)])]


def test_an_edited_closing_order_needs_no_margin(world: World, alice: Account) -> None:
    """The order that it replaces does not count as one before it."""
    world.crowd("sell", 50_000, 90_000)
    world.add(alice, "buy", "9", margin=True)
    ticket = world.add(alice, "sell", "9", "60000", margin=True)
    world.ask(alice, "edit_order", order_id=ticket.order_id, symbol="BTC/USD", limit_price=59_000)
    assert world.shown("sell") == [(Decimal(59_000), [Decimal(9)])]


def test_a_conditional_close_follows_each_fill(world: World, alice: Account) -> None:
    """As much as was filled, the other way round, and it names its parent."""
    conditional = {"order_type": "stop-loss-limit", "trigger_price": 45_000, "limit_price": 44_000}
    parent = world.add(alice, "buy", "1", "49000", conditional=conditional)
    assert world.last(parent, "pending_new")["contingent"] == {
        "order_type": "stop-loss-limit",
        "trigger_price": 45_000,
        "trigger_price_type": "static",
        "limit_price": 44_000,
        "limit_price_type": "static",
    }
    world.crowd("sell", 49_000, 1_000)
    world.crowd("sell", 49_000, 9_000)
    first, second = world.desk.open_orders(alice)
    for ticket, qty in ((first, "0.1"), (second, "0.9")):
        pending = world.last(ticket, "pending_new")
        assert pending["ord_ref_id"] == parent.order_id
        assert (pending["side"], pending["order_qty"], pending["limit_price"]) == ("sell", Decimal(qty), 44_000)
        assert ticket.waiting
    error = world.refusal(alice, "edit_order", order_id=first.order_id, symbol="BTC/USD", order_qty=1)
    assert error == "EGeneral:Invalid arguments:order_id"


def test_one_close_for_a_sweep(world: World, alice: Account) -> None:
    """Several fills of one event are one close; a close without money is cancelled."""
    world.crowd("buy", 50_000, 60_000)
    world.crowd("buy", 49_000, 60_000)
    conditional = {"order_type": "limit", "limit_price": 40_000}
    world.add(alice, "sell", "10", conditional=conditional)
    (close,) = world.desk.open_orders(alice)
    assert (close.side, close.qty, close.status) == ("buy", 100_000, "new")
    world.ask(alice, "cancel_all")
    world.crowd("sell", 50_000, 100_000)
    world.add(alice, "buy", "1", conditional={"order_type": "limit", "limit_price": 60_000}, fee_preference="base")
    lacking = world.desk.closed_orders(alice)[-1]
    assert world.told(lacking) == ["pending_new", "canceled"]
    assert lacking.reason == "Insufficient funds"


def test_a_close_on_margin(world: World, alice: Account) -> None:
    """It is on margin like its parent."""
    world.crowd("sell", 50_000, 10_000)
    conditional = {"order_type": "trailing-stop", "trigger_price": 1, "trigger_price_type": "pct"}
    world.add(alice, "buy", "1", margin=True, conditional=conditional)
    (close,) = world.desk.open_orders(alice)
    assert (close.margin, close.trigger_price) == (True, 495_000)
    world.crowd("buy", 49_400, 20_000)
    world.print(49_400)
    assert alice.position("BTC/USD").qty == 0
