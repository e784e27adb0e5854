"""Every error that a request can meet, each raised once by a request that deserves it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from havklo.sim.accounts.account import Account
from havklo.sim.exchange import PairStatus, System
from havklo.sim.trading.refusals import ERRORS
from havklo.sim.wire.stamps import rfc3339
from sim.trading.world import BTC, SECOND, World

Case = Callable[[World, Account], str]

CASES: dict[str, Case] = {}


def case(error: str) -> Callable[[Case], Case]:
    """The function raises this error."""

    def mark(function: Case) -> Case:
        CASES[error] = function
        return function

    return mark


def order(**params: Any) -> dict[str, Any]:
    """A buy order of one coin, far from the market."""
    usual = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 40_000}
    return {name: value for name, value in (usual | params).items() if value is not None}


@case("EGeneral:Invalid arguments")
def _invalid(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(side="up")).removesuffix(":side")


@case("EGeneral:Invalid arguments:Index unavailable")
def _index(world: World, alice: Account) -> str:
    triggers = {"reference": "index", "price": 45_000}
    stop = order(order_type="stop-loss", side="sell", limit_price=None, triggers=triggers)
    return world.refusal(alice, "add_order", **stop)


@case("EGeneral:Permission denied")
def _permission(world: World, alice: Account) -> str:
    (answer,) = world.desk.request(alice, "add_order", order(), world.now_ns, {"cancel-orders", "query-orders"})
    assert world.desk.rate_count(alice, "BTC/USD", world.now_ns) == 0
    return str(answer.error)


@case("EService:Unavailable")
def _unavailable(world: World, alice: Account) -> str:
    world.exchange.set_system("maintenance", world.now_ns)
    assert world.refusal(alice, "cancel_all") == "EService:Unavailable"
    return world.refusal(alice, "add_order", **order())


def _in_state(state: System) -> Case:
    def refuse(world: World, alice: Account) -> str:
        world.exchange.set_system(state, world.now_ns)
        return world.refusal(alice, "add_order", **order())

    return refuse


def _in_status(status: PairStatus) -> Case:
    def refuse(world: World, alice: Account) -> str:
        world.exchange.set_status("BTC/USD", status, world.now_ns)
        return world.refusal(alice, "add_order", **order(order_type="market", limit_price=None))

    return refuse


CASES["EService:Market in cancel_only mode"] = _in_state("cancel_only")
CASES["EService:Market in post_only mode"] = _in_state("post_only")
CASES["EService:Market in limit_only mode"] = _in_status("limit_only")
CASES["EService:Market in reduce_only mode"] = _in_status("reduce_only")


@case("EService:Deadline elapsed")
def _deadline(world: World, alice: Account) -> str:
    errors: set[str] = set()
    for seconds in (-1, 0.4, 61):
        deadline = rfc3339((world.now_ns + int(seconds * SECOND)) // 1_000)
        errors.add(world.refusal(alice, "add_order", **order(deadline=deadline)))
    world.ask(alice, "add_order", **order(deadline=rfc3339((world.now_ns + SECOND) // 1_000)))
    (error,) = errors
    return error


@case("EOrder:Insufficient funds")
def _funds(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(order_qty=Decimal("2.4901")))


@case("EOrder:Insufficient margin")
def _margin(world: World, alice: Account) -> str:
    # 13 coins at 40,000 need a fifth of 520,000.
    return world.refusal(alice, "add_order", **order(order_qty=13, margin=True))


@case("EOrder:Order minimum not met")
def _order_minimum(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(order_qty=Decimal("0.0009")))


@case("EOrder:Cost minimum not met")
def _cost_minimum(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(order_qty=Decimal("0.001"), limit_price=Decimal("499.9")))


@case("EOrder:Tick size check failed")
def _tick(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(limit_price=Decimal("40000.01")))


@case("EOrder:Invalid price")
def _price(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(limit_price=0))


@case("EOrder:Post only order")
def _post_only(world: World, alice: Account) -> str:
    world.crowd("sell", 50_000, 1_000)
    ticket = world.add(alice, "buy", "1", "40000", post_only=True)
    error = world.refusal(alice, "amend_order", order_id=ticket.order_id, limit_price=50_000)
    assert (ticket.limit_price, ticket.resting) == (400_000, True)
    return error


@case("EOrder:Orders limit exceeded")
def _orders_limit(world: World, _alice: Account) -> str:
    beginner = world.account("beginner", tier="starter")
    for _ in range(60):
        world.add(beginner, "buy", "0.01", "40000")
        world.now_ns += SECOND
    error = world.refusal(beginner, "add_order", **order(order_qty=Decimal("0.01")))
    # Only this pair is full.
    world.ask(beginner, "add_order", **order(symbol="ETH/USD", limit_price=1_000))
    return error


@case("EOrder:Rate limit exceeded")
def _rate(world: World, alice: Account) -> str:
    for _ in range(180):
        world.add(alice, "buy", "0.01", "40000")
    return world.refusal(alice, "add_order", **order())


@case("EOrder:Unknown position")
def _unknown_position(world: World, alice: Account) -> str:
    settle = order(order_type="settle-position", limit_price=None)
    return world.refusal(alice, "add_order", **settle)


@case("EOrder:Reduce only:No position exists")
def _no_position(world: World, alice: Account) -> str:
    return world.refusal(alice, "add_order", **order(side="sell", margin=True, reduce_only=True))


@case("EOrder:Reduce only:Position is closed")
def _closed_position(world: World, alice: Account) -> str:
    world.crowd("sell", 50_000, 10_000)
    world.add(alice, "buy", "1", margin=True)
    world.crowd("buy", 50_000, 10_000)
    world.add(alice, "sell", "1", margin=True)
    return world.refusal(alice, "add_order", **order(side="sell", margin=True, reduce_only=True))


@case("EOrder:Reduce only:Non-PC")
def _not_closing(world: World, alice: Account) -> str:
    world.crowd("sell", 50_000, 10_000)
    world.add(alice, "buy", "1", margin=True)
    return world.refusal(alice, "add_order", **order(margin=True, reduce_only=True))


def test_every_error_has_its_case() -> None:
    """No error of the table is out of reach."""
    assert set(CASES) == set(ERRORS)


@pytest.mark.parametrize("error", ERRORS)
def test_each_error(world: World, alice: Account, error: str) -> None:
    """The request is refused with Kraken's words, and leaves nothing behind."""
    assert CASES[error](world, alice) == error
    assert all(ticket.reports for ticket in world.desk.open_orders(alice))


UNSURE: dict[str, dict[str, Any]] = {
    "EOrder:Unknown order": {"method": "amend_order", "order_id": "OAAAAA-AAAAA-AAAAAA", "order_qty": 1},
    "EGeneral:Invalid arguments:time_in_force": order(time_in_force="fok"),
    "Unsupported field: 'price' for the given msg type: add order": order(price=1),
    "Unsupported field: 'price' for the given msg type: cancel order": {"method": "cancel_order", "price": 1},
    "Currency pair not supported XBT/USD": order(symbol="XBT/USD"),
}


@pytest.mark.parametrize("error", UNSURE)
def test_texts_that_kraken_does_not_publish(make_world: Callable[..., World], error: str) -> None:
    """They come from the rules, or from what has been seen."""
    world = make_world(fok=False)
    params = {"method": "add_order"} | UNSURE[error]
    assert world.refusal(world.account(), params.pop("method"), **params) == error


def test_duplicates_are_refused(world: World, alice: Account) -> None:
    """As long as the first order with a cl_ord_id is open."""
    world.ask(alice, "add_order", **order(cl_ord_id="twice"))
    assert world.refusal(alice, "add_order", **order(cl_ord_id="twice")) == "EGeneral:Invalid arguments:cl_ord_id"


def test_settle_position_is_not_simulated(world: World, alice: Account) -> None:
    """With a position, the order type itself is refused."""
    world.crowd("sell", 50_000, 10_000)
    world.add(alice, "buy", "1", margin=True)
    settle = order(order_type="settle-position", limit_price=None)
    assert world.refusal(alice, "add_order", **settle) == "EGeneral:Invalid arguments:order_type"


STOP = {"order_type": "stop-loss", "side": "sell", "limit_price": None}
TRAILING = {"order_type": "trailing-stop", "side": "sell", "limit_price": None}
MARKET = {"order_type": "market", "limit_price": None}
ICEBERG = {"order_type": "iceberg"}


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("order_type", {"order_type": "best"}),
        ("order_type", {"order_type": None}),
        ("side", {"side": None}),
        ("symbol", {"symbol": None}),
        ("symbol", {"symbol": ["BTC/USD"]}),
        ("order_qty", {"order_qty": None}),
        ("order_qty", {"order_qty": "1"}),
        ("order_qty", {"order_qty": True}),
        ("order_qty", {"order_qty": 0}),
        ("order_qty", {"order_qty": -1}),
        ("order_qty", {"order_qty": Decimal("0.00001")}),
        ("order_qty", {"order_qty": float("nan")}),
        ("order_qty", {"order_qty": Decimal("1E+50")}),
        ("order_qty", {"order_qty": Decimal("1E-50")}),
        ("order_qty", {"order_qty": 10**14 + 1}),
        ("limit_price", {"limit_price": None}),
        ("limit_price", {**MARKET, "limit_price": 40_000}),
        ("limit_price", {**STOP, "limit_price": 40_000, "triggers": {"price": 1_000}}),
        ("limit_price_type", {"limit_price_type": "pct"}),
        ("cash_order_qty", {"cash_order_qty": 100}),
        ("cash_order_qty", {**MARKET, "cash_order_qty": 100}),
        ("cash_order_qty", {**MARKET, "order_qty": None, "cash_order_qty": 100, "side": "sell"}),
        ("cash_order_qty", {**MARKET, "order_qty": None, "cash_order_qty": 100, "margin": True}),
        ("cash_order_qty", {**MARKET, "order_qty": None, "cash_order_qty": Decimal("1.000001")}),
        ("display_qty", ICEBERG),
        ("display_qty", {"display_qty": 1}),
        ("display_qty", {**ICEBERG, "display_qty": Decimal("1.0001")}),
        ("display_qty", {**ICEBERG, "order_qty": Decimal("1.5"), "display_qty": Decimal("0.0999")}),
        ("triggers", STOP),
        ("triggers", {"triggers": {"price": 45_000}}),
        ("triggers", {**STOP, "triggers": [45_000]}),
        ("triggers", {**TRAILING, "triggers": {"price": 500}}),
        ("triggers", {**TRAILING, "triggers": {"price": -1, "price_type": "pct"}}),
        ("price_type", {**STOP, "triggers": {"price": 1, "price_type": "cubic"}}),
        ("price", {**STOP, "triggers": {"price": Decimal("0.000000001"), "price_type": "pct"}}),
        ("reference", {**STOP, "triggers": {"price": 1, "reference": "mark"}}),
        ("stop_price", {**STOP, "stop_price": 1, "triggers": {"price": 1}}),
        ("time_in_force", {"time_in_force": "GTC"}),
        ("time_in_force", {**MARKET, "time_in_force": "gtd", "expire_time": "2023-11-15T00:00:00Z"}),
        ("time_in_force", {**ICEBERG, "display_qty": 1, "time_in_force": "ioc"}),
        ("expire_time", {"time_in_force": "gtd"}),
        ("expire_time", {"expire_time": "2023-11-15T00:00:00Z"}),
        ("expire_time", {"time_in_force": "gtd", "expire_time": "2023-11-14T22:13:20Z"}),
        ("expire_time", {"time_in_force": "gtd", "expire_time": "2024-01-01T00:00:00Z"}),
        ("effective_time", {"effective_time": "2023-11-14T22:13:19Z"}),
        ("effective_time", {"effective_time": "tomorrow"}),
        ("effective_time", {"effective_time": "2023-11-15T00:00:00"}),
        ("deadline", {"deadline": 1}),
        ("post_only", {"post_only": 1}),
        ("post_only", {**MARKET, "post_only": True}),
        ("post_only", {"post_only": True, "time_in_force": "ioc"}),
        ("margin", {"symbol": "ETH/USD", "margin": True}),
        ("reduce_only", {"reduce_only": True}),
        ("cl_ord_id", {"cl_ord_id": "nineteen characters"}),
        ("cl_ord_id", {"cl_ord_id": ""}),
        ("cl_ord_id", {"cl_ord_id": "é"}),
        ("cl_ord_id", {"cl_ord_id": "6d1b345e-2821-40e2-ad83-4ecb18a0687"}),
        ("order_userref", {"order_userref": 1.5}),
        ("order_userref", {"order_userref": 2**31}),
        ("order_userref", {"order_userref": 1, "cl_ord_id": "mine"}),
        ("stp_type", {"stp_type": "cancel_all"}),
        ("fee_preference", {"fee_preference": "dollars"}),
        ("no_mpp", {"no_mpp": "yes"}),
        ("sender_sub_id", {"sender_sub_id": 1}),
        ("validate", {"validate": 0}),
        ("conditional", {"conditional": "close"}),
        ("order_type", {"conditional": {"order_type": "market"}}),
        ("limit_price", {"conditional": {"order_type": "limit"}}),
        ("trigger_price", {"conditional": {"order_type": "stop-loss"}}),
    ],
)  # fmt: skip
def test_arguments_that_can_not_be(world: World, alice: Account, field: str, params: dict[str, Any]) -> None:
    """The error names the field; the attempt counts on the rate counter all the same."""
    assert world.refusal(alice, "add_order", **order(**params)) == f"EGeneral:Invalid arguments:{field}"
    counted = params.get("symbol", "BTC/USD")
    if isinstance(counted, str):
        assert world.desk.rate_count(alice, counted, world.now_ns) == 1


@pytest.mark.parametrize(
    "cl_ord_id",
    ["6d1b345e-2821-40e2-ad83-4ecb18a06876", "da8e4ad59b78481c93e589746b0cf91f", "arb-20240509-00010", "a b"],
)
def test_forms_of_a_cl_ord_id(world: World, alice: Account, cl_ord_id: str) -> None:
    """A UUID in either form, or up to 18 ASCII characters."""
    result = world.ask(alice, "add_order", **order(cl_ord_id=cl_ord_id))
    assert result["cl_ord_id"] == cl_ord_id
    assert world.reports[-1][1]["cl_ord_id"] == cl_ord_id


def test_a_trigger_off_the_grid(world: World, alice: Account) -> None:
    """Prices and offsets in quote are whole ticks."""
    for triggers in ({"price": Decimal("45000.01")}, {"price": Decimal("0.01"), "price_type": "quote"}):
        stop = order(**STOP, triggers=triggers)
        assert world.refusal(alice, "add_order", **stop) == "EOrder:Tick size check failed"


def test_a_price_beyond_all_bounds(world: World, alice: Account) -> None:
    """What no 64-bit number of ticks could hold is no price."""
    assert world.refusal(alice, "add_order", **order(limit_price=10**14 + 1)) == "EOrder:Invalid price"


def test_an_order_can_be_as_large_as_its_market_can_tell(world: World) -> None:
    """10^18 lots fit into 64 bits, and into the level of several of them."""
    whale = world.account("whale", deposits={"BTC": 10**15})
    most = 10 ** (18 - BTC.qty_precision)
    world.add(whale, "sell", str(most), "50000")
    assert world.shown("sell") == [(Decimal(50_000), [Decimal(most)])]


def test_cash_is_measured_like_a_quantity(world: World, alice: Account) -> None:
    """What it buys at the last price has to be an order's minimum, and to be worth its cost."""
    cash = {**MARKET, "order_qty": None}
    assert world.refusal(alice, "add_order", **order(**cash, cash_order_qty=49)) == "EOrder:Order minimum not met"
    eth = order(**cash, symbol="ETH/USD", cash_order_qty=Decimal("0.4"))
    assert world.refusal(alice, "add_order", **eth) == "EOrder:Cost minimum not met"
