"""What goes out: each parameter in Kraken's words, each number with the digits that were given."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.errors import ConfigurationError
from havklo.orders import Amend, Close, Iceberg, Limit, Market, OrderRequest, StopLossLimit, TrailingStopLimit, wire
from havklo.sim.trading.amends import AMEND_FIELDS, EDIT_FIELDS
from havklo.sim.trading.intake import ADD_FIELDS
from orders.market import sent
from orders.test_requests import ALL


def added(request: OrderRequest, **options: Any) -> dict[str, Any]:
    """What add_order is sent."""
    params = wire.add_params(request, **({"cl_ord_id": None, "deadline": None} | options))
    read: dict[str, Any] = json.loads(sent(params), parse_float=Decimal)
    return read


def test_a_limit_order_has_nothing_that_was_not_asked_for() -> None:
    """Kraken's defaults are left to Kraken."""
    text = sent(wire.add_params(Limit("BTC/USD", "buy", qty="0.10", price="45283.5"), cl_ord_id="a", deadline=None))
    assert text == (
        b'{"symbol":"BTC/USD","order_type":"limit","side":"buy","order_qty":0.10,"limit_price":45283.5,"cl_ord_id":"a"}'
    )


def test_everything_that_was_asked_for_is_there() -> None:
    """In Kraken's words; times in UTC."""
    zone = timezone(timedelta(hours=2))
    request = TrailingStopLimit(
        "BTC/USD",
        "sell",
        qty=1,
        trigger="2.5",
        trigger_type="pct",
        price="-10",
        reference="index",
        time_in_force="gtd",
        expire_time=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=zone),
        effective_time=datetime(2026, 1, 1, tzinfo=UTC),
        margin=True,
        reduce_only=True,
        fee_preference="base",
        stp_type="cancel_both",
        conditional=Close(order_type="stop-loss-limit", price="3.10", trigger="4", trigger_type="pct"),
        extra={"sender_sub_id": "desk 7"},
    )
    assert added(request, cl_ord_id="mine", deadline="2026-01-01T00:00:05.000Z", validate=True) == {
        "symbol": "BTC/USD",
        "order_type": "trailing-stop-limit",
        "side": "sell",
        "order_qty": 1,
        "limit_price": -10,
        "limit_price_type": "quote",
        "triggers": {"reference": "index", "price": Decimal("2.5"), "price_type": "pct"},
        "time_in_force": "gtd",
        "expire_time": "2026-01-02T01:04:05.000678Z",
        "effective_time": "2026-01-01T00:00:00.000000Z",
        "margin": True,
        "reduce_only": True,
        "fee_preference": "base",
        "stp_type": "cancel_both",
        "conditional": {
            "order_type": "stop-loss-limit",
            "limit_price": Decimal("3.10"),
            "trigger_price": 4,
            "trigger_price_type": "pct",
        },
        "cl_ord_id": "mine",
        "sender_sub_id": "desk 7",
        "deadline": "2026-01-01T00:00:05.000Z",
        "validate": True,
    }


def test_sizes_have_their_own_names() -> None:
    """What to spend, what to show, and what may not take."""
    assert added(Market("BTC/USD", "buy", cash_qty="250"))["cash_order_qty"] == 250
    shown = added(Iceberg("BTC/USD", "buy", qty=1, price=1, display_qty="0.1", post_only=True))
    assert (shown["display_qty"], shown["post_only"]) == (Decimal("0.1"), True)
    assert added(Limit("BTC/USD", "buy", qty=1, price=1, display_qty="0.1"))["order_type"] == "iceberg"


@pytest.mark.parametrize("request_", ALL, ids=lambda request: request.order_type)
def test_no_parameter_is_unknown_to_kraken(request_: OrderRequest) -> None:
    """Of any type."""
    assert added(request_, cl_ord_id="a", deadline="x", validate=True).keys() <= ADD_FIELDS


NUMBERS = st.from_regex(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,12})?", fullmatch=True)


@given(NUMBERS, NUMBERS)
def test_numbers_go_out_with_the_digits_that_were_given(qty: str, price: str) -> None:
    """Zeros at the end included; never with an exponent, however small."""
    params = wire.add_params(
        StopLossLimit("A/B", "buy", qty=qty, price=price, trigger=price), cl_ord_id=None, deadline=None
    )
    raw = msgspec.json.decode(sent(params), type=dict[str, msgspec.Raw])
    assert bytes(raw["order_qty"]) == qty.encode()
    assert bytes(raw["limit_price"]) == price.encode()
    assert f'"price":{price},'.encode() in bytes(raw["triggers"])


@pytest.mark.parametrize(
    ("given", "text"), [("1e-8", b"0.00000001"), ("1E+3", b"1000"), (Decimal("0E-10"), b"0.0000000000"), (5, b"5")]
)
def test_exponents_do_not_go_out(given: str | int | Decimal, text: bytes) -> None:
    """The same number is written out."""
    params = wire.amend_params(Amend(qty=given), order_id="O")
    assert b'"order_qty":' + text + b"}" in sent(params)


def test_a_batch_has_its_symbol_once() -> None:
    """And the orders' other parameters in their order."""
    orders = [Limit("BTC/USD", "buy", qty=1, price=1), Market("BTC/USD", "sell", qty=2)]
    params = wire.batch_params(orders, cl_ord_ids=["a", None], deadline="d", validate=True)
    assert json.loads(sent(params)) == {
        "symbol": "BTC/USD",
        "orders": [
            {"order_type": "limit", "side": "buy", "order_qty": 1, "limit_price": 1, "cl_ord_id": "a"},
            {"order_type": "market", "side": "sell", "order_qty": 2},
        ],
        "deadline": "d",
        "validate": True,
    }


@pytest.mark.parametrize("symbols", [["A/B"], ["A/B"] * 16, ["A/B", "C/B"], []])
def test_what_is_no_batch_is_refused(symbols: list[str]) -> None:
    """Fewer than 2 orders, more than 15, or of two pairs."""
    orders = [Market(symbol, "buy", qty=1) for symbol in symbols]
    with pytest.raises(ConfigurationError, match="no batch"):
        wire.batch_params(orders, cl_ord_ids=[None] * len(orders), deadline=None)


def test_an_order_has_one_name() -> None:
    """Kraken takes a cl_ord_id or an order_userref."""
    request = Market("BTC/USD", "buy", qty=1, order_userref=7)
    assert added(request)["order_userref"] == 7
    with pytest.raises(ConfigurationError, match="not both"):
        added(request, cl_ord_id="a")


def test_an_amend_has_what_changes() -> None:
    """And nothing else."""
    change = Amend(
        qty="1", price="2", display_qty="0.5", trigger="3", post_only=False, price_type="pct", trigger_type="quote"
    )
    params = wire.amend_params(change, cl_ord_id="a", symbol="TSLAx/USD", deadline="d")
    assert json.loads(sent(params), parse_float=Decimal) == {
        "cl_ord_id": "a",
        "symbol": "TSLAx/USD",
        "order_qty": 1,
        "limit_price": 2,
        "limit_price_type": "pct",
        "display_qty": Decimal("0.5"),
        "post_only": False,
        "trigger_price": 3,
        "trigger_price_type": "quote",
        "deadline": "d",
    }
    assert params.keys() <= AMEND_FIELDS
    assert wire.amend_params(Amend(), order_id="O") == {"order_id": "O"}


@pytest.mark.parametrize("names", [{}, {"order_id": "O", "cl_ord_id": "a"}])
def test_an_amend_names_its_order_once(names: dict[str, str]) -> None:
    """By one of the two ids."""
    with pytest.raises(ConfigurationError, match="either"):
        wire.amend_params(Amend(), **names)


def test_an_edit_has_what_changes() -> None:
    """Its trigger in a table, as add_order has it; further parameters as they are."""
    change = Amend(qty="1", price="2", display_qty="0.5", trigger="3", post_only=True, trigger_type="quote")
    params = wire.edit_params(
        change, order_id="O", symbol="BTC/USD", deadline="d", validate=True, extra={"reduce_only": True}
    )
    assert json.loads(sent(params), parse_float=Decimal) == {
        "order_id": "O",
        "symbol": "BTC/USD",
        "order_qty": 1,
        "limit_price": 2,
        "display_qty": Decimal("0.5"),
        "post_only": True,
        "triggers": {"price": 3, "price_type": "quote"},
        "deadline": "d",
        "validate": True,
        "reduce_only": True,
    }
    assert params.keys() <= EDIT_FIELDS
    assert wire.edit_params(Amend(), order_id="O", symbol="A/B") == {"order_id": "O", "symbol": "A/B"}


def test_an_edit_refuses_what_it_can_not_say() -> None:
    """What a price is in, and names that are written anyway."""
    with pytest.raises(ConfigurationError, match="edit_order"):
        wire.edit_params(Amend(price=1, price_type="pct"), order_id="O", symbol="A/B")
    with pytest.raises(ConfigurationError, match="extra has token"):
        wire.edit_params(Amend(), order_id="O", symbol="A/B", extra={"token": "x"})


@pytest.mark.parametrize("request_", ALL, ids=lambda request: request.order_type)
def test_a_record_gives_the_request_again(request_: OrderRequest) -> None:
    """With its digits, its times and its extra."""
    whole = msgspec.structs.replace(
        request_,
        cl_ord_id="a",
        effective_time=datetime(2026, 1, 1, tzinfo=UTC),
        conditional=Close(order_type="limit", price="3.10"),
        extra={"sender_sub_id": "desk 7"},
    )
    text = wire.record(whole)
    assert b"\n" not in text
    again = wire.from_record(text)
    assert again == whole
    assert repr(again) == repr(whole)


def test_what_is_no_record_is_refused() -> None:
    """And so is an extra that can't be one."""
    with pytest.raises(ConfigurationError, match="no record"):
        wire.from_record(b'{"request":"limit"')
    with pytest.raises(ConfigurationError, match="can't be written"):
        wire.record(Market("A/B", "buy", qty=1, extra={"a": object()}))
