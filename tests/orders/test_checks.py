"""The checks one by one: what is found, how it is said, and which valid value is the nearest."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from havklo.errors import ConfigurationError
from havklo.errors.trading import OrderInvalid, Problem
from havklo.instruments import Pair
from havklo.orders import (
    Amend,
    Close,
    Iceberg,
    Limit,
    Market,
    OrderRequest,
    SettlePosition,
    StopLoss,
    TrailingStop,
    TrailingStopLimit,
)
from havklo.orders.checks import check, check_amend
from orders.market import LAST, NOW, PAIR, ahead

D = Decimal


def limit(qty: str = "0.1", price: str = "45283.5", **fields: Any) -> Limit:
    """An order that is right but for what is given."""
    return Limit("BTC/USD", "buy", qty=qty, price=price, **fields)


def found(request: OrderRequest, pair: Pair = PAIR, **known: Any) -> tuple[Problem, ...]:
    """All that is wrong with an order."""
    with pytest.raises(OrderInvalid) as refused:
        check(request, pair, **known)
    return refused.value.problems


def found_in(change: Amend, order_type: Any = "limit", **known: Any) -> tuple[Problem, ...]:
    """All that is wrong with a change."""
    with pytest.raises(OrderInvalid) as refused:
        check_amend(change, PAIR, order_type, **known)
    return refused.value.problems


def listed(**fields: Any) -> Pair:
    """The pair, but for some fields."""
    return msgspec.structs.replace(PAIR, **fields)


def test_an_order_that_is_right_comes_back_with_the_pairs_symbol() -> None:
    """And with the digits that were given."""
    request = limit()
    assert check(request, PAIR) is request
    other = check(Limit("xbtusd", "buy", qty="0.10", price="45283.5"), PAIR)
    assert (other.symbol, str(getattr(other, "qty", None))) == ("BTC/USD", "0.10")


@pytest.mark.parametrize(
    ("request_", "field", "nearest"),
    [
        (TrailingStop("BTC/USD", "sell", qty=1, trigger="0.01", trigger_type="quote"), "trigger", (D("0.1"),)),
        (StopLoss("BTC/USD", "sell", qty=1, trigger="-0.01", trigger_type="quote"), "trigger", (D("-0.1"), D(0))),
        (limit(price="45283.55"), "price", (D("45283.5"), D("45283.6"))),
        (limit(price="0.04"), "price", (D("0.1"),)),
        (limit(price="-1"), "price", (D("0.1"),)),
        (limit(qty="0.12345"), "qty", (D("0.1234"), D("0.1235"))),
        (limit(qty="0.00095"), "qty", (D("0.0010"),)),
        (limit(qty="0.0010", price="499.9"), "qty", (D("0.0011"),)),
        (limit(qty="1.6", display_qty="0.1"), "display_qty", (D("0.1067"),)),
        (limit(qty="1.6", display_qty="1.7"), "display_qty", (D("1.6"),)),
        (limit(qty="1.6", display_qty="0.20001"), "display_qty", (D("0.2000"), D("0.2001"))),
        (Market("BTC/USD", "buy", cash_qty="0.4"), "cash_qty", (D("0.5"),)),
        (Market("BTC/USD", "buy", cash_qty="0.5000001"), "cash_qty", (D("0.50000"), D("0.50001"))),
        (StopLoss("BTC/USD", "sell", qty=1, trigger="40000.01"), "trigger", (D("40000.0"), D("40000.1"))),
        (
            TrailingStop("BTC/USD", "sell", qty=1, trigger="10.01", trigger_type="quote"),
            "trigger",
            (D("10.0"), D("10.1")),
        ),
        (TrailingStop("BTC/USD", "sell", qty=1, trigger="-1", trigger_type="pct"), "trigger", (D("0.00000001"),)),
        (
            TrailingStopLimit("BTC/USD", "sell", qty=1, trigger=1, trigger_type="pct", price="-5.55"),
            "price",
            (D("-5.6"), D("-5.5")),
        ),
    ],
)
def test_numbers_come_with_the_nearest_valid_ones(
    request_: OrderRequest, field: str, nearest: tuple[Decimal, ...]
) -> None:
    """One where there is no other side, two elsewhere; the error's own fields are those of its first problem."""
    with pytest.raises(OrderInvalid) as refused:
        check(request_, PAIR)
    invalid = refused.value
    assert [(problem.field, problem.nearest) for problem in invalid.problems] == [(field, nearest)]
    assert (invalid.symbol, invalid.field, invalid.nearest) == ("BTC/USD", field, nearest)
    assert invalid.value == getattr(request_, field)
    assert isinstance(invalid, ConfigurationError)


def test_the_sentence_says_it_all() -> None:
    """What is wrong, and what to do."""
    with pytest.raises(OrderInvalid) as refused:
        check(limit(qty="0.0001", price="45283.55"), PAIR)
    assert str(refused.value) == (
        "this is no order of BTC/USD: price can't be 45283.55 USD; qty is at least 0.0010 BTC, not 0.0001 "
        "(the nearest valid values are price: 45283.5 or 45283.6, qty: 0.0010)"
    )


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """In one go."""
    request = Limit(
        "BTC/USD",
        "hold",  # type: ignore[arg-type]
        qty="0.00001",
        price="0.01",
        post_only=True,
        time_in_force="ioc",
        reduce_only=True,
        stp_type="cancel",  # type: ignore[arg-type]
        fee_preference="both",  # type: ignore[arg-type]
        cl_ord_id="a name that is too long",
        order_userref=2**31,
    )
    assert [problem.field for problem in found(request)] == [
        *("side", "fee_preference", "stp_type", "cl_ord_id", "order_userref", "order_userref"),
        *("post_only", "reduce_only", "price", "qty"),
    ]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (limit(time_in_force="day"), "time_in_force"),
        (limit(time_in_force="ioc", display_qty="0.1"), "time_in_force"),
        (Market("BTC/USD", "buy", qty=1, time_in_force="gtd", expire_time=ahead(days=1)), "time_in_force"),
        (limit(time_in_force="gtd"), "expire_time"),
        (limit(expire_time=ahead(days=1)), "expire_time"),
        (limit(time_in_force="gtd", expire_time=datetime(2023, 11, 15)), "expire_time"),  # noqa: DTZ001
        (limit(effective_time=datetime(2023, 11, 15)), "effective_time"),  # noqa: DTZ001
        (limit(effective_time=NOW), "effective_time"),
        (limit(effective_time=ahead(days=32)), "effective_time"),
        (limit(time_in_force="gtd", expire_time=ahead(days=32)), "expire_time"),
        (
            limit(time_in_force="gtd", effective_time=ahead(days=2), expire_time=ahead(days=2)),
            "expire_time",
        ),
        (limit(post_only=True, time_in_force="fok"), "post_only"),
        (limit(reduce_only=True), "reduce_only"),
        (Market("BTC/USD", "sell", cash_qty=250), "cash_qty"),
        (Market("BTC/USD", "buy", cash_qty=250, margin=True), "cash_qty"),
        (Market("BTC/USD", "buy", cash_qty=250, qty=1), "cash_qty"),
        (Market("BTC/USD", "buy", cash_qty="49.99"), "cash_qty"),
        (Market("BTC/USD", "buy"), "qty"),
        (StopLoss("BTC/USD", "sell", qty=1, trigger=1, reference="index"), "reference"),
        (StopLoss("BTC/USD", "sell", qty=1, trigger=1, reference="mark"), "reference"),  # type: ignore[arg-type]
        (StopLoss("BTC/USD", "sell", qty=1, trigger=1, trigger_type="bps"), "trigger_type"),  # type: ignore[arg-type]
        (TrailingStop("BTC/USD", "sell", qty=1, trigger=1, trigger_type="static"), "trigger_type"),
        (limit(conditional=Close(order_type="market")), "conditional.order_type"),
        (limit(conditional=Close(order_type="limit")), "conditional.price"),
        (limit(conditional=Close(order_type="limit", price="1.05")), "conditional.price"),
        (limit(conditional=Close(order_type="limit", price=1, trigger=2)), "conditional.trigger"),
        (limit(conditional=Close(order_type="limit", price=1, price_type="pct")), "conditional.price_type"),
        (limit(conditional=Close(order_type="stop-loss", price=1, trigger=2)), "conditional.price"),
        (limit(conditional=Close(order_type="stop-loss")), "conditional.trigger"),
        (
            limit(conditional=Close(order_type="limit", price=1, price_type="bps")),  # type: ignore[arg-type]
            "conditional.price_type",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(request_: OrderRequest, field: str) -> None:
    """One thing each."""
    assert [problem.field for problem in found(request_, now=NOW, last=LAST)] == [field]


@pytest.mark.parametrize(
    "request_",
    [
        limit(time_in_force="gtd", expire_time=ahead(days=31)),
        limit(time_in_force="gtd", effective_time=ahead(days=31), expire_time=ahead(days=62)),
        limit(post_only=True, margin=True, reduce_only=True, order_userref=-(2**31)),
        limit(cl_ord_id="b6c0ccf4-8a5c-4bd2-9e0b-2c7c4a4c3e11"),
        Iceberg("BTC/USD", "sell", qty="1.5", price=1, display_qty="0.1", post_only=True),
        Market("BTC/USD", "buy", cash_qty=50, time_in_force="ioc"),
        StopLoss("BTC/USD", "sell", qty=1, trigger="-0.00000001", trigger_type="pct"),
        StopLoss("BTC/USD", "sell", qty=1, trigger=0, trigger_type="quote"),
        TrailingStopLimit("BTC/USD", "sell", qty=1, trigger=1, trigger_type="pct", price="1.5", price_type="static"),
        SettlePosition("BTC/USD", "sell", qty=1),
        limit(conditional=Close(order_type="trailing-stop-limit", price="-1.5", trigger=1, trigger_type="pct")),
    ],
)
def test_what_goes_together_passes(request_: OrderRequest) -> None:
    """At the very edges."""
    assert check(request_, PAIR, now=NOW, last=LAST) == request_


@pytest.mark.parametrize(
    ("status", "takes"),
    [
        ("online", {"market", "limit", "post_only", "reduce_only"}),
        ("post_only", {"post_only"}),
        ("limit_only", {"limit", "post_only"}),
        ("reduce_only", {"reduce_only"}),
        ("cancel_only", set()),
        ("maintenance", set()),
        ("delisted", set()),
        ("work_in_progress", set()),
        ("unknown", {"market", "limit", "post_only", "reduce_only"}),
        ("a newer word", {"market", "limit", "post_only", "reduce_only"}),
    ],
)
def test_the_pairs_status_says_what_it_takes(status: str, takes: set[str]) -> None:
    """A status that is not known is left to Kraken."""
    orders = {
        "market": Market("BTC/USD", "buy", qty=1),
        "limit": limit(),
        "post_only": limit(post_only=True),
        "reduce_only": Market("BTC/USD", "sell", qty=1, margin=True, reduce_only=True),
    }
    for name, order in orders.items():
        if name in takes:
            check(order, listed(status=status))
        else:
            assert [problem.field for problem in found(order, listed(status=status))] == ["symbol"]


def test_pairs_differ_in_what_they_allow() -> None:
    """Margin, an index price, and a worth that Kraken does not name."""
    assert [problem.field for problem in found(limit(margin=True), listed(marginable=False))] == ["margin"]
    check(StopLoss("BTC/USD", "sell", qty=1, trigger=1, reference="index"), listed(has_index=True))
    check(limit(qty="0.0010", price="0.1"), listed(cost_min=None))
    check(Market("BTC/USD", "buy", cash_qty="0.1"), listed(cost_min=None, cost_precision=None))


def test_an_order_without_a_price_is_worth_what_the_market_says() -> None:
    """Where that is known."""
    order = Market("BTC/USD", "buy", qty="0.0010")
    assert check(order, PAIR) is order
    assert found(order, last=D(499))[0].nearest == (D("0.0011"),)


def test_where_no_quantity_is_worth_enough_none_is_named() -> None:
    """At a price of 20 decimals it would have more than 28 digits."""
    pair = listed(price_increment=D("1E-20"), price_precision=20, qty_increment=D("1E-10"), qty_precision=10)
    (problem,) = found(limit(price="1E-20"), pair)
    assert (problem.field, problem.nearest) == ("qty", ())


def test_endless_numbers_are_refused() -> None:
    """Nothing has more than 28 digits."""
    problems = found(limit(qty="1e30", price="1." + "1" * 30))
    assert found(TrailingStop("A/B", "buy", qty=1, trigger="1e30", trigger_type="pct"))[0].field == "trigger"
    assert [(problem.field, problem.message) for problem in problems] == [
        ("price", "price can't be 1.111111111111111111111111111111 USD"),
        ("qty", "qty has more than 28 digits"),
    ]


def test_a_change_that_is_right_comes_back() -> None:
    """As it is."""
    change = Amend(qty="0.2", price="45284.0", post_only=True)
    assert check_amend(change, PAIR, "limit", order_qty=D("0.1")) is change


@pytest.mark.parametrize(
    ("change", "order_type", "field"),
    [
        (Amend(), "limit", "qty"),
        (Amend(post_only=True), "limit", "qty"),
        (Amend(qty="0.2", post_only=True), "stop-loss", "post_only"),
        (Amend(qty="0.0009"), "limit", "qty"),
        (Amend(price="1.05"), "limit", "price"),
        (Amend(price=1), "market", "price"),
        (Amend(price=1, price_type="pct"), "limit", "price_type"),
        (Amend(trigger=1), "limit", "trigger"),
        (Amend(trigger="1.05", trigger_type="static"), "stop-loss", "trigger"),
        (Amend(trigger=1, trigger_type="static"), "trailing-stop", "trigger_type"),
        (Amend(trigger=0), "trailing-stop", "trigger"),
        (Amend(display_qty=1), "limit", "display_qty"),
        (Amend(display_qty="0.00001"), "iceberg", "display_qty"),
    ],
)
def test_a_change_that_can_not_be_is_refused(change: Amend, order_type: Any, field: str) -> None:
    """One thing each, without knowing the order."""
    assert [problem.field for problem in found_in(change, order_type)] == [field]


def test_a_trigger_of_which_nobody_knows_what_it_is_in_is_left_to_kraken() -> None:
    """It may be a price, percent or dollars."""
    check_amend(Amend(trigger="-1.234"), PAIR, "stop-loss")
    assert found_in(Amend(trigger="-1.234"), "stop-loss", trigger_type="static")[0].field == "trigger"


def test_what_is_known_of_the_order_counts() -> None:
    """What is filled, what it is worth, and what it shows."""
    check_amend(Amend(qty="0.0005"), PAIR, "limit", order_qty=D("0.1"), cum_qty=D("0.05"))  # ends it
    check_amend(Amend(qty="0.0008"), PAIR, "limit", order_qty=D("0.0007"))
    assert found_in(Amend(qty="0.0010"), limit_price=D(499))[0].nearest == (D("0.0011"),)
    assert found_in(Amend(price=499), order_qty=D("0.0010"))[0].field == "qty"
    assert found_in(Amend(trigger=499), "stop-loss", order_qty=D("0.0010"), trigger_type="static")[0].field == "qty"
    shows = found_in(Amend(display_qty="0.1"), "iceberg", order_qty=D("1.7"), cum_qty=D("0.1"))
    assert shows[0].nearest == (D("0.1067"),)
    grown = found_in(Amend(qty=3), "iceberg", order_qty=D("1.5"), display_qty=D("0.1"))
    assert grown[0].nearest == (D("0.2000"),)
    check_amend(Amend(display_qty="0.1"), PAIR, "iceberg", order_qty=D("1.7"), cum_qty=D("0.2"))


def test_times_are_only_held_against_a_present_that_is_known() -> None:
    """Without one, the end still has to come after the start."""
    check(limit(time_in_force="gtd", expire_time=NOW - timedelta(days=900)), PAIR)
    late = limit(time_in_force="gtd", effective_time=NOW, expire_time=NOW)
    assert [problem.field for problem in found(late)] == ["expire_time"]
