"""Stops, take profits and trailing stops: when they go off, and what they do then."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.money import units
from sim.trading.world import World


def stop(world: World, account: Account, order_type: str, side: str, price: Any, **params: Any) -> Any:
    """An order of half a coin that waits; the last price is 50,000."""
    triggers = {"price": price, **{name: params.pop(name) for name in ("price_type",) if name in params}}
    return world.add(
        account, side, "0.5", params.pop("limit", None), order_type=order_type, triggers=triggers, **params
    )


@pytest.mark.parametrize(
    ("order_type", "side", "price", "quiet", "fires"),
    [
        ("stop-loss", "sell", 49_000, [49_001, 60_000], 49_000),
        ("stop-loss", "buy", 51_000, [50_999, 40_000], 51_000),
        ("take-profit", "sell", 51_000, [50_999, 40_000], 51_005),
        ("take-profit", "buy", 49_000, [49_001, 60_000], 48_000),
    ],
)
def test_when_it_goes_off(
    world: World, alice: Account, order_type: str, side: str, price: int, quiet: list[int], fires: int
) -> None:
    """A trade at the trigger or beyond it sets the order off; anything else does not."""
    ticket = stop(world, alice, order_type, side, price)
    assert world.told(ticket) == ["pending_new", "new"]
    world.print(*quiet)
    assert ticket.waiting
    world.crowd("sell", 70_000, 10_000)
    world.crowd("buy", 30_000, 10_000)
    world.print(fires)
    assert world.told(ticket) == ["pending_new", "new", "status", "trade", "filled"]
    assert ticket.executions[0].price == (700_000 if side == "buy" else 300_000)
    assert world.desk.open_orders(alice) == []
    assert alice.held("USD") == alice.held("BTC") == 0


def test_the_trigger_in_reports(world: World, alice: Account) -> None:
    """Untriggered at first, then triggered, at the time of the event that did it."""
    ticket = stop(world, alice, "stop-loss-limit", "sell", Decimal("49000.5"), limit=48_900)
    untriggered = {
        "reference": "last",
        "price": Decimal("49000.5"),
        "price_type": "static",
        "actual_price": Decimal("49000.5"),
        "last_price": Decimal(50_000),
        "status": "untriggered",
    }
    assert world.last(ticket, "pending_new")["triggers"] == untriggered
    assert world.last(ticket, "pending_new")["limit_price"] == 48_900
    world.crowd("buy", 49_000, 1)
    world.crowd("sell", 49_000, 1)
    moment = world.last(ticket, "status")["timestamp"]
    assert world.last(ticket, "status")["triggers"] == untriggered | {
        "last_price": Decimal(49_000),
        "status": "triggered",
        "timestamp": moment,
    }
    # Now it rests as a limit order, behind whoever was there.
    assert world.shown("sell") == [(Decimal(48_900), [Decimal("0.5")])]
    (standing,) = world.desk.snapshot_orders(alice)
    assert standing["triggers"]["status"] == "triggered"  # type: ignore[index]
    assert (ticket.status, ticket.waiting, ticket.resting) == ("new", False, True)


def test_a_price_that_is_there_already(world: World, alice: Account) -> None:
    """The order goes off as soon as it is placed."""
    world.crowd("buy", 49_000, 10_000)
    ticket = stop(world, alice, "stop-loss", "sell", 50_000)
    assert world.told(ticket) == ["pending_new", "new", "status", "trade", "filled"]


@pytest.mark.parametrize(
    ("order_type", "side", "price", "price_type", "expected"),
    [
        ("stop-loss", "sell", -2, "pct", 490_000),
        ("stop-loss", "buy", Decimal("1000.5"), "quote", 510_005),
        ("take-profit", "sell", Decimal("0.00025"), "pct", 500_001),
        ("trailing-stop", "sell", 2, "pct", 490_000),
        ("trailing-stop", "buy", 1_000, "quote", 510_000),
    ],
)
def test_relative_triggers(
    world: World, alice: Account, order_type: str, side: str, price: Any, price_type: str, expected: int
) -> None:
    """An offset counts from the last price; a trailing stop's is a distance."""
    ticket = stop(world, alice, order_type, side, price, price_type=price_type)
    assert ticket.trigger_price == expected
    triggers = world.last(ticket, "pending_new")["triggers"]
    assert (triggers["price"], triggers["price_type"]) == (price, price_type)


def test_a_trailing_stop_follows_the_peak(world: World, alice: Account) -> None:
    """The trigger rises with the price and never falls with it."""
    ticket = stop(world, alice, "trailing-stop", "sell", 1_000, price_type="quote")
    world.print(50_500, 50_300, 52_000, 51_001)
    assert (ticket.peak_price, ticket.trigger_price) == (520_000, 510_000)
    (standing,) = world.desk.snapshot_orders(alice)
    triggers: Any = standing["triggers"]
    assert (triggers["peak_price"], triggers["actual_price"]) == (52_000, 51_000)
    world.crowd("buy", 50_000, 10_000)
    world.print(51_000)
    assert (ticket.status, ticket.executions[0].price) == ("filled", 500_000)


def test_a_trailing_buy_follows_the_trough(world: World, alice: Account) -> None:
    """The same, upside down."""
    ticket = stop(world, alice, "trailing-stop", "buy", 1, price_type="pct")
    world.print(49_000, 49_200, 40_000)
    assert (ticket.peak_price, ticket.trigger_price) == (400_000, 404_000)
    world.crowd("sell", 41_000, 10_000)
    world.print(40_400)
    assert ticket.status == "filled"


@pytest.mark.parametrize(
    ("limit", "limit_price_type", "expected"),
    [(-100, None, 489_000), (-1, "pct", 485_100), (48_500, "static", 485_000)],
)
def test_a_trailing_limit_counts_from_its_trigger(
    world: World, alice: Account, limit: Any, limit_price_type: str | None, expected: int
) -> None:
    """limit_price is an offset from the trigger, in quote unless said otherwise; a static one stays."""
    kind = {} if limit_price_type is None else {"limit_price_type": limit_price_type}
    ticket = stop(world, alice, "trailing-stop-limit", "sell", 1_000, price_type="quote", limit=limit, **kind)
    pending = world.last(ticket, "pending_new")
    assert (pending["limit_price"], pending["limit_price_type"]) == (limit, limit_price_type or "quote")
    world.print(49_000)
    assert (ticket.limit_price, ticket.resting) == (expected, True)


def test_a_limit_that_is_no_price(world: World, alice: Account) -> None:
    """An offset that leads below zero ends the order when it is triggered."""
    ticket = stop(world, alice, "trailing-stop-limit", "sell", 1_000, price_type="quote", limit=-49_000)
    world.print(49_000)
    assert (ticket.status, ticket.reason) == ("canceled", "Invalid price")


def test_one_trade_sets_off_another(world: World, alice: Account, bob: Account) -> None:
    """Triggered orders trade, which triggers others, each in an event of its own, until all is quiet."""
    first = stop(world, alice, "stop-loss", "sell", 49_000)
    second = stop(world, bob, "stop-loss", "sell", 48_000)
    third = stop(world, alice, "stop-loss", "sell", 47_000)
    for price in (48_000, 47_000, 46_000, 45_000):
        world.crowd("buy", price, 5_000)
    world.print(49_000)
    assert [ticket.executions[0].price for ticket in (first, second, third)] == [480_000, 470_000, 460_000]
    moments = [ticket.triggered_ns or 0 for ticket in (first, second, third)]
    assert moments == sorted(set(moments))


def test_the_order_among_those_that_one_event_sets_off(world: World, alice: Account, bob: Account) -> None:
    """By trade first, then by age."""
    late = stop(world, alice, "stop-loss", "sell", 47_000)
    older = stop(world, bob, "stop-loss", "sell", 48_000)
    younger = stop(world, alice, "stop-loss", "sell", Decimal("48000.1"))
    for price in (48_000, 47_000, 40_000):
        world.crowd("buy", price, 1 if price > 40_000 else 20_000)
    world.crowd("sell", 47_000, 2)
    fired = [report["order_id"] for _, report in world.reports if report["exec_type"] == "status"]
    assert fired == [ticket.order_id for ticket in (older, younger, late)]


def test_a_triggered_buy_takes_what_its_money_buys(world: World, alice: Account) -> None:
    """The hold was made at the trigger; a worse book means fewer coins, and never a negative balance."""
    ticket = world.add(alice, "buy", "1.9", order_type="stop-loss", triggers={"price": 51_000})
    assert alice.held("USD") == units("97287.6")
    world.crowd("sell", 60_000, 20_000)
    world.print(51_000)
    # 1.66 coins are 99,600 dollars and their fee 398.4.
    assert (ticket.filled, ticket.reason) == (16_600, "Insufficient funds")
    assert alice.balance("USD") == units("1.6")
    assert alice.held("USD") == 0


def test_a_triggered_buy_whose_fee_is_in_base(world: World, alice: Account) -> None:
    """Then all of the money is for coins."""
    triggers = {"price": 51_000}
    ticket = world.add(alice, "buy", "1.9", order_type="stop-loss", triggers=triggers, fee_preference="base")
    assert alice.held("USD") == units(96_900)
    world.crowd("sell", 60_000, 20_000)
    world.print(51_000)
    assert (ticket.filled, ticket.fees) == (16_666, {"BTC": units("0.0067")})
    assert alice.balance("USD") == units(4)


def test_a_triggered_order_without_money(world: World) -> None:
    """An order whose money does not pay for one lot is cancelled."""
    poor = world.account("poor", deposits={"USD": 52})
    ticket = world.add(poor, "buy", "0.001", order_type="stop-loss", triggers={"price": 51_000})
    world.crowd("sell", 9_999_999, 20_000)
    world.print(51_000)
    assert (ticket.status, ticket.filled, ticket.reason) == ("canceled", 0, "Insufficient funds")


def test_a_triggered_ioc(world: World, alice: Account) -> None:
    """After the trigger, time_in_force counts as for any limit order."""
    ticket = stop(world, alice, "take-profit-limit", "sell", 51_000, limit=51_000, time_in_force="ioc")
    world.print(51_000)
    assert world.told(ticket) == ["pending_new", "new", "status", "canceled"]
    assert ticket.reason == "Order could not be filled"


def test_a_cancelled_stop_stays_quiet(world: World, alice: Account) -> None:
    """It is not waiting any more, and holds nothing."""
    ticket = stop(world, alice, "stop-loss", "sell", 49_000)
    assert alice.held("BTC") == units("0.502")
    world.ask(alice, "cancel_order", order_id=[ticket.order_id])
    world.print(49_000)
    assert world.told(ticket) == ["pending_new", "new", "canceled"]
    assert alice.held("BTC") == 0
