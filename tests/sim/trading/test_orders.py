"""Plain orders through their lives: what is answered, what is reported, what changes hands."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.fees import FeeSchedule
from havklo.sim.accounts.money import units
from havklo.sim.exchange import Exchange
from havklo.sim.market.ladder import ASK
from havklo.sim.trading.desk import Answer, Desk
from sim.trading.world import BTC, START, World


def test_a_limit_order_rests_and_is_cancelled(world: World, alice: Account) -> None:
    """Its answers and reports, word for word."""
    (answer,) = world.request(
        alice,
        "add_order",
        order_type="limit",
        side="buy",
        symbol="BTC/USD",
        order_qty=Decimal("0.5"),
        limit_price=Decimal("49000.5"),
        order_userref=3,
        token="…",  # noqa: S106
    )
    (ticket,) = world.desk.open_orders(alice)
    order_id = ticket.order_id
    assert answer == Answer(True, {"order_id": order_id, "order_userref": 3})
    assert order_id[0] == "O"
    assert world.shown("buy") == [(Decimal("49000.5"), [Decimal("0.5")])]
    # 24,500.25 and 0.4 percent of it.
    assert alice.held("USD") == units("24598.251")
    (cancelled,) = world.request(alice, "cancel_order", order_id=[order_id])
    assert cancelled == Answer(True, {"order_id": order_id})
    assert world.shown("buy") == []
    assert alice.held("USD") == 0
    common = {"order_id": order_id, "order_userref": 3}
    assert [report for _, report in world.reports] == [
        common
        | {
            "exec_type": "pending_new",
            "order_status": "pending_new",
            "timestamp": "2023-11-14T22:13:20.000000Z",
            "symbol": "BTC/USD",
            "side": "buy",
            "order_type": "limit",
            "order_qty": Decimal("0.5"),
            "limit_price": Decimal("49000.5"),
            "limit_price_type": "static",
            "time_in_force": "GTC",
            "fee_ccy_pref": "fciq",
            "cum_cost": Decimal(0),
            "fee_usd_equiv": Decimal(0),
        },
        common | {"exec_type": "new", "order_status": "new", "timestamp": "2023-11-14T22:13:20.000001Z"},
        common
        | {
            "exec_type": "canceled",
            "order_status": "canceled",
            "timestamp": "2023-11-14T22:13:20.000002Z",
            "cum_qty": Decimal(0),
            "cum_cost": Decimal(0),
            "avg_price": Decimal(0),
            "fee_usd_equiv": Decimal(0),
            "reason": "User requested",
            "cancel_reason": "User requested",
        },
    ]
    assert world.desk.closed_orders(alice) == [ticket]
    assert ticket.reports == [report for _, report in world.reports]
    assert (ticket.status, ticket.reason, ticket.closed_ns) == ("canceled", "User requested", world.listing.moment)


def test_a_maker_is_filled_in_two_parts(world: World, alice: Account) -> None:
    """Each fill is one report; the last one is followed by `filled`. A maker pays a quarter percent."""
    ticket = world.add(alice, "buy", "0.5", "49000", cl_ord_id="mine")
    world.crowd("sell", 49_000, 2_000)
    assert (ticket.status, ticket.filled, ticket.remaining) == ("partially_filled", 2_000, 3_000)
    # 0.3 more at 49,000 with the taker's fee, which it might have to pay after an amend.
    assert alice.held("USD") == units("14758.8")
    world.crowd("sell", None, 3_000)
    assert world.told(ticket) == ["pending_new", "new", "trade", "trade", "filled"]
    first, second = ticket.executions
    assert world.last(ticket, "trade") == {
        "order_id": ticket.order_id,
        "order_userref": 0,
        "cl_ord_id": "mine",
        "exec_type": "trade",
        "order_status": "filled",
        "timestamp": "2023-11-14T22:13:20.000003Z",
        "exec_id": second.exec_id,
        "trade_id": 2,
        "symbol": "BTC/USD",
        "side": "buy",
        "order_type": "limit",
        "last_qty": Decimal("0.3"),
        "last_price": Decimal(49_000),
        "liquidity_ind": "m",
        "cost": Decimal(14_700),
        "fees": [{"asset": "USD", "qty": Decimal("36.75")}],
        "fee_usd_equiv": Decimal("36.75"),
    }
    assert world.last(ticket, "filled") == {
        "order_id": ticket.order_id,
        "order_userref": 0,
        "cl_ord_id": "mine",
        "exec_type": "filled",
        "order_status": "filled",
        "timestamp": "2023-11-14T22:13:20.000003Z",
        "cum_qty": Decimal("0.5"),
        "cum_cost": Decimal(24_500),
        "avg_price": Decimal(49_000),
        "fee_usd_equiv": Decimal("61.25"),
    }
    assert first.exec_id[0] == "T"
    assert first.exec_id != second.exec_id
    assert (alice.balance("BTC"), alice.balance("USD")) == (units("10.5"), units("75438.75"))
    assert alice.held("USD") == 0
    assert ticket.fees == {"USD": units("61.25")}


def test_a_taker_sweeps_and_rests(world: World, alice: Account) -> None:
    """A limit order takes what it crosses, at the makers' prices, and rests with the remainder."""
    world.crowd("sell", 50_000, 1_000)
    world.crowd("sell", 50_001, 1_000)
    ticket = world.add(alice, "buy", "0.3", "50001")
    assert world.told(ticket) == ["pending_new", "new", "trade", "trade"]
    assert [(fill.price, fill.qty, fill.maker, fill.trade_id) for fill in ticket.executions] == [
        (500_000, 1_000, False, 1),
        (500_010, 1_000, False, 2),
    ]
    assert ticket.avg_price == Decimal("50000.5")
    assert world.shown("buy") == [(Decimal(50_001), [Decimal("0.1")])]


def test_two_accounts_trade_with_each_other(world: World, alice: Account, bob: Account) -> None:
    """Each side has an exec id of its own and the same trade id; nothing is lost between them but fees."""
    maker = world.add(alice, "sell", "1", "50000", fee_preference="quote")
    taker = world.add(bob, "buy", "1", "50000")
    assert maker.executions[0].exec_id != taker.executions[0].exec_id
    assert maker.executions[0].trade_id == taker.executions[0].trade_id == 1
    assert (alice.balance("BTC"), alice.balance("USD")) == (units(9), units(149_875))
    assert (bob.balance("BTC"), bob.balance("USD")) == (units(11), units(49_800))
    assert set(world.bank.ledger.totals().values()) == {0}


def test_a_market_order_takes_and_what_is_left_is_cancelled(world: World, alice: Account) -> None:
    """A market order never rests."""
    world.crowd("sell", 50_000, 1_000)
    ticket = world.add(alice, "buy", "0.3")
    assert world.told(ticket) == ["pending_new", "new", "trade", "canceled"]
    assert (ticket.filled, ticket.reason) == (1_000, "Order could not be filled")
    assert alice.held("USD") == 0
    world.crowd("sell", 50_000, 5_000)
    assert world.add(alice, "buy", "0.3").status == "filled"


def test_cash_buys_what_it_can(world: World, alice: Account) -> None:
    """cash_order_qty is spent level by level, rounded down to whole lots; the fee comes on top."""
    world.crowd("sell", 50_000, 1_000)
    world.crowd("sell", 60_000, 1_000)
    result = world.ask(
        alice, "add_order", symbol="BTC/USD", side="buy", order_type="market", cash_order_qty=Decimal("5009.5")
    )
    ticket = world.desk.ticket(result["order_id"])
    assert ticket is not None
    # 0.1 for 5,000; the other 9.5 buy one lot for 6, not two.
    assert (ticket.status, ticket.filled, ticket.cost) == ("filled", 1_001, units(5_006))
    assert world.last(ticket, "pending_new")["cash_order_qty"] == Decimal("5009.5")
    assert "order_qty" not in world.last(ticket, "pending_new")
    assert alice.balance("USD") == units("94973.976")


def test_an_iceberg_shows_its_parts(world: World, alice: Account) -> None:
    """It shows display_qty, and the next part after that is gone, at the back of the queue."""
    ticket = world.add(alice, "sell", "1", "50000", order_type="iceberg", display_qty=Decimal("0.2"))
    world.crowd("sell", 50_000, 3_000)
    assert world.shown("sell") == [(Decimal(50_000), [Decimal("0.2"), Decimal("0.3")])]
    world.crowd("buy", None, 2_000)
    assert world.told(ticket) == ["pending_new", "new", "trade", "iceberg_refill"]
    refill = world.last(ticket, "iceberg_refill")
    assert (refill["display_qty"], refill["display_qty_remain"]) == (Decimal("0.2"), Decimal("0.2"))
    assert world.shown("sell") == [(Decimal(50_000), [Decimal("0.3"), Decimal("0.2")])]
    world.crowd("buy", None, 3_500)
    assert (ticket.filled, ticket.shown) == (2_500, 1_500)
    (standing,) = world.desk.snapshot_orders(alice)
    assert (standing["display_qty"], standing["display_qty_remain"]) == (Decimal("0.2"), Decimal("0.15"))
    world.crowd("buy", None, 10_000)
    assert ticket.status == "filled"
    assert world.told(ticket).count("iceberg_refill") == 4


@pytest.mark.parametrize(
    ("time_in_force", "there", "told", "left"),
    [
        ("ioc", 1_000, ["pending_new", "new", "trade", "canceled"], 0),
        ("ioc", 0, ["pending_new", "new", "canceled"], 0),
        ("ioc", 5_000, ["pending_new", "new", "trade", "filled"], 2_000),
        ("fok", 2_999, ["pending_new", "canceled"], 2_999),
        ("fok", 3_000, ["pending_new", "new", "trade", "filled"], 0),
    ],
)
def test_orders_that_do_not_wait(
    world: World, alice: Account, time_in_force: str, there: int, told: list[str], left: int
) -> None:
    """Immediate or cancel takes what there is; fill or kill takes all or nothing."""
    if there:
        world.crowd("sell", 50_000, there)
    ticket = world.add(alice, "buy", "0.3", "50000", time_in_force=time_in_force)
    assert world.told(ticket) == told
    assert world.last(ticket, "pending_new")["time_in_force"] == time_in_force.upper()
    assert sum(qty for _, orders in world.shown("sell") for qty in orders) == Decimal(left).scaleb(-4)
    assert world.shown("buy") == []
    assert alice.held("USD") == 0


def test_post_only_never_takes(world: World, alice: Account) -> None:
    """The order is accepted, and cancelled instead of taking."""
    world.crowd("sell", 50_000, 1_000)
    ticket = world.add(alice, "buy", "0.3", "50000", post_only=True)
    assert world.told(ticket) == ["pending_new", "canceled"]
    assert world.last(ticket, "pending_new")["post_only"] is True
    assert world.last(ticket, "canceled")["reason"] == "Post only order"
    assert world.shown("sell") == [(Decimal(50_000), [Decimal("0.1")])]
    assert world.add(alice, "buy", "0.3", "49999.9", post_only=True).status == "new"


@pytest.mark.parametrize(
    ("stp_type", "mine", "new", "left"),
    [
        ("cancel_newest", "new", "canceled", [Decimal("0.2"), Decimal("0.1")]),
        ("cancel_oldest", "canceled", "filled", []),
        ("cancel_both", "canceled", "canceled", [Decimal("0.1")]),
    ],
)
def test_own_orders_do_not_meet(
    world: World, alice: Account, stp_type: str, mine: str, new: str, left: list[Decimal]
) -> None:
    """Of two orders of one account that would trade, the newer, the older or both are cancelled."""
    resting = world.add(alice, "sell", "0.2", "50000")
    world.crowd("sell", 50_000, 1_000)
    ticket = world.add(alice, "buy", "0.1", "50000", stp_type=stp_type)
    assert (resting.status, ticket.status) == (mine, new)
    assert [order for _, orders in world.shown("sell") for order in orders] == left
    reasons = {ticket.reason for ticket in (resting, ticket) if ticket.status == "canceled"}
    assert reasons == {"Self trade prevention"}
    assert alice.held("USD") == 0


def test_self_trade_prevention_after_some_fills(world: World, alice: Account) -> None:
    """What was filled before the own order stays filled."""
    world.crowd("sell", 49_999, 1_000)
    world.add(alice, "sell", "0.2", "50000")
    ticket = world.add(alice, "buy", "0.3", "50000")
    assert (ticket.filled, ticket.status, ticket.reason) == (1_000, "canceled", "Self trade prevention")
    assert world.shown("buy") == []


def test_an_ioc_that_stops_short_of_an_own_order(world: World, alice: Account) -> None:
    """An own order beyond the limit has nothing to do with it."""
    world.crowd("sell", 49_999, 1_000)
    world.add(alice, "sell", "0.2", "50000")
    ticket = world.add(alice, "buy", "0.3", "49999", time_in_force="ioc")
    assert (ticket.filled, ticket.reason) == (1_000, "Order could not be filled")


def test_what_is_filled_and_what_is_open_can_be_asked(world: World, alice: Account, bob: Account) -> None:
    """Snapshots have an order as it stands and the last fifty fills; tickets are found by their names."""
    ticket = world.add(alice, "sell", "1", "50000", cl_ord_id="mine", fee_preference="quote")
    for _ in range(51):
        world.crowd("buy", None, 100)
    (standing,) = world.desk.snapshot_orders(alice)
    assert standing == {
        "order_id": ticket.order_id,
        "order_userref": 0,
        "cl_ord_id": "mine",
        "exec_type": "new",
        "order_status": "partially_filled",
        "timestamp": "2023-11-14T22:13:20.000052Z",
        "symbol": "BTC/USD",
        "side": "sell",
        "order_type": "limit",
        "order_qty": Decimal(1),
        "limit_price": Decimal(50_000),
        "limit_price_type": "static",
        "time_in_force": "GTC",
        "fee_ccy_pref": "fciq",
        "cum_qty": Decimal("0.51"),
        "cum_cost": Decimal(25_500),
        "avg_price": Decimal(50_000),
        # The rates fall with the volume: a quarter percent of 10,000, then a fifth of the rest.
        "fee_usd_equiv": Decimal(25 + 31),
    }
    trades = world.desk.snapshot_trades(alice)
    assert [trade["trade_id"] for trade in trades] == list(range(2, 52))
    assert world.desk.find(alice, "mine") is ticket
    assert world.desk.find(bob, "mine") is None
    assert world.desk.snapshot_orders(bob) == world.desk.snapshot_trades(bob) == []
    assert world.desk.ticket("O-NONE") is None
    world.ask(alice, "cancel_all")
    assert world.desk.find(alice, "mine") is ticket


def test_a_fee_can_be_taken_in_either_asset(world: World, alice: Account) -> None:
    """fee_preference decides; a sale prefers base by default, and falls back on quote if there is too little."""
    world.crowd("sell", 50_000, 10_000)
    world.crowd("buy", 49_000, 300_000)
    bought = world.add(alice, "buy", "1", fee_preference="base")
    assert (bought.fees, bought.fee_preference) == ({"BTC": units("0.004")}, "base")
    assert world.last(bought, "pending_new")["fee_ccy_pref"] == "fcib"
    assert world.last(bought, "trade")["fee_usd_equiv"] == 200
    sold = world.add(alice, "sell", "1")
    # 50,000 dollars of volume have brought the taker's fee down to 0.24 percent.
    assert sold.fees == {"BTC": units("0.0024")}
    assert alice.balance("BTC") == units("9.9936")
    all_of_it = world.add(alice, "sell", "9.9936")
    assert (all_of_it.status, list(all_of_it.fees)) == ("filled", ["USD"])
    assert alice.balance("BTC") == 0


def test_a_sale_may_prefer_quote_by_rule(make_world: Callable[..., World]) -> None:
    """Nobody knows for certain; the order's own word counts in any case."""
    world = make_world(sell_fee="quote")
    alice = world.account()
    world.crowd("buy", 49_000, 300_000)
    assert list(world.add(alice, "sell", "1").fees) == ["USD"]
    assert list(world.add(alice, "sell", "1", fee_preference="base").fees) == ["BTC"]


def test_a_sale_that_can_just_pay_its_fee_in_base(world: World) -> None:
    """Small fills' fees, each rounded up, may need more than was held for them; then the rest is in quote."""
    alice = world.account(fees=FeeSchedule(((0, 2_500, 4_000),)))
    ticket = world.add(alice, "sell", "9.96", "50000")
    assert alice.held("BTC") == units("9.9998")
    for _ in range(498):
        world.crowd("buy", 50_000, 200)
    assert ticket.status == "filled"
    # A quarter percent of 200 lots is half a lot, which is rounded to a whole one.
    assert ticket.fees["BTC"] <= units("0.04")
    assert ticket.fees["USD"] > 0
    assert alice.balance("BTC") + ticket.fees["BTC"] == units("0.04")


def test_a_fee_in_dollars_needs_a_dollar_price() -> None:
    """For a pair that is not quoted in dollars, fee_usd_equiv is 0: there are no other rates."""
    pair = replace(BTC, symbol="BTC/EUR")
    exchange = Exchange((pair,), start_ns=START, crowd=False)
    bank = Bank(7, ["BTC", "EUR"])
    desk = Desk(exchange, bank)
    account = bank.open("claire", deposits={"EUR": 100_000})
    exchange.run("BTC/EUR", START, lambda market: market.limit(ASK, 500_000, 10_000))
    order = {"symbol": "BTC/EUR", "side": "buy", "order_type": "market", "order_qty": 1, "sender_sub_id": "C"}
    desk.request(account, "add_order", order, START)
    (ticket,) = desk.closed_orders(account)
    assert [report.get("fee_usd_equiv") for report in ticket.reports] == [0, None, 0, 0]
    assert ticket.fees == {"EUR": units(200)}
    assert ticket.reports[0]["sender_sub_id"] == "C"


def test_validate_changes_nothing(world: World, alice: Account) -> None:
    """A valid order is only answered, an invalid one refused as ever."""
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "limit_price": 40_000, "validate": True}
    assert world.ask(alice, "add_order", order_qty=1, **order) == {}
    assert world.refusal(alice, "add_order", order_qty=3, **order) == "EOrder:Insufficient funds"
    assert world.desk.open_orders(alice) == world.reports == []
    assert alice.held("USD") == 0


def test_deprecated_fields_work_with_a_warning(world: World, alice: Account) -> None:
    """stop_price, trigger and no_mpp are still understood."""
    result = world.ask(
        alice,
        "add_order",
        symbol="BTC/USD",
        side="sell",
        order_type="stop-loss",
        order_qty=1,
        stop_price=48_000,
        trigger="last",
        no_mpp=True,
    )
    assert result["warnings"] == [
        "stop_price is deprecated, use triggers.price",
        "trigger is deprecated, use triggers.reference",
        "no_mpp is deprecated",
    ]
    (ticket,) = world.desk.open_orders(alice)
    assert ticket.trigger_price == 480_000


def test_numbers_may_be_floats(world: World, alice: Account) -> None:
    """Of a float counts its shortest text, not what it is in binary."""
    world.ask(alice, "add_order", symbol="BTC/USD", side="buy", order_type="limit", order_qty=0.3, limit_price=40000.1)
    assert world.shown("buy") == [(Decimal("40000.1"), [Decimal("0.3")])]


def test_duplicate_cl_ord_ids_as_the_rules_say(make_world: Callable[..., World]) -> None:
    """An open order's cl_ord_id can be used twice or not; a closed one's in any case."""
    for rule, expected in (("refuse", 1), ("accept", 2)):
        world = make_world(duplicate_cl_ord_id=rule)
        alice = world.account()
        order: dict[str, Any] = {
            "symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 100,
            "cl_ord_id": "twice",
        }  # fmt: skip
        answers = world.request(alice, "add_order", **order) + world.request(alice, "add_order", **order)
        assert [answer.success for answer in answers].count(True) == expected
        assert len(world.request(alice, "cancel_order", cl_ord_id=["twice"])) == expected
        world.ask(alice, "add_order", **order)


def test_reprs(world: World, alice: Account) -> None:
    """They show the state."""
    ticket = world.add(alice, "buy", "1", "40000")
    assert repr(ticket) == f"<Ticket {ticket.order_id} buy BTC/USD limit, new>"
    assert repr(world.desk) == "<Desk <Register 1 open orders>>"
    dealer = world.desk._dealer  # pyright: ignore[reportPrivateUsage]
    parts = [dealer, dealer.schedule, dealer.booking, dealer._triggers, dealer._events]  # pyright: ignore[reportPrivateUsage]
    assert [repr(part) for part in parts] == [
        "<Dealer <Register 1 open orders>>",
        "<Schedule 0 moments, 0 switches>",
        "<Booking for <Bank 1 accounts>>",
        "<Triggers 0 waiting>",
        "<Events 0 to come>",
    ]
