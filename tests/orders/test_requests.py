"""Requests: what they are made of, what they refuse to be, and that they never change."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.errors import ConfigurationError
from havklo.orders import (
    Amend,
    Close,
    Iceberg,
    Limit,
    Market,
    OrderRequest,
    SettlePosition,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    TrailingStop,
    TrailingStopLimit,
)
from havklo.sim.trading.terms import ORDER_TYPES

ALL: list[OrderRequest] = [
    Limit("BTC/USD", "buy", qty="0.1", price="45283.5"),
    Market("BTC/USD", "buy", cash_qty=250),
    Iceberg("BTC/USD", "buy", qty=1, price=45_000, display_qty="0.1"),
    StopLoss("BTC/USD", "sell", qty=1, trigger=40_000),
    StopLossLimit("BTC/USD", "sell", qty=1, trigger=40_000, price=39_900),
    TakeProfit("BTC/USD", "sell", qty=1, trigger=60_000),
    TakeProfitLimit("BTC/USD", "sell", qty=1, trigger=60_000, price=59_900),
    TrailingStop("BTC/USD", "sell", qty=1, trigger=5, trigger_type="pct"),
    TrailingStopLimit("BTC/USD", "sell", qty=1, trigger=50, trigger_type="quote", price="-1.5"),
    SettlePosition("BTC/USD", "sell", qty=1),
]


def test_there_is_a_class_for_each_of_krakens_types() -> None:
    """By the names that Kraken, and the simulator, have for them."""
    assert {request.order_type for request in ALL} == ORDER_TYPES


def test_symbol_and_side_come_first_and_everything_else_by_name() -> None:
    """So no price is taken for a quantity."""
    request = Limit("BTC/USD", "buy", qty="0.10", price="45283.5", post_only=True)
    assert (request.symbol, request.side, request.post_only) == ("BTC/USD", "buy", True)
    with pytest.raises(TypeError):
        Limit("BTC/USD", "buy", "0.10", "45283.5")  # type: ignore[call-arg, misc]


@pytest.mark.parametrize(
    ("given", "digits"),
    [("0.10", "0.10"), (7, "7"), (Decimal("1E+3"), "1E+3"), ("1e-8", "1E-8"), ("-0.5", "-0.5")],
)
def test_numbers_are_decimals_with_the_digits_that_were_given(given: str | int | Decimal, digits: str) -> None:
    """Whatever they were given as."""
    assert str(Limit("BTC/USD", "buy", qty=1, price=given).price) == digits


def test_a_limit_that_shows_only_a_part_is_an_iceberg() -> None:
    """Kraken has no display_qty elsewhere."""
    assert Limit("BTC/USD", "buy", qty=1, price=1).order_type == "limit"
    assert Limit("BTC/USD", "buy", qty=1, price=1, display_qty="0.5").order_type == "iceberg"


@pytest.mark.parametrize(("field", "helper"), [("qty", "pair.qty("), ("price", "pair.price(")])
def test_a_float_is_refused_with_the_helpers_name(field: str, helper: str) -> None:
    """It is no exact number, and the hint says what makes one."""
    fields: dict[str, Any] = {"qty": "1", "price": "1", field: 0.1}
    with pytest.raises(ConfigurationError, match=f"{field}=0.1 is a float") as refused:
        Limit("BTC/USD", "buy", **fields)
    assert refused.value.hint is not None
    assert helper in refused.value.hint


@pytest.mark.parametrize("value", ["", "ten", "1,5", "nan", Decimal("inf"), True, b"1", [1]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    """Texts that are none, what is not finite, and other things."""
    with pytest.raises(ConfigurationError, match="is no number"):
        Market("BTC/USD", "buy", qty=value)
    with pytest.raises(ConfigurationError, match="is no number"):
        Amend(price=value)
    with pytest.raises(ConfigurationError, match="is no number"):
        Close(order_type="limit", price=value)


def test_a_request_never_changes() -> None:
    """Neither its fields nor what was passed for `extra`."""
    extra: dict[str, object] = {"sender_sub_id": "desk 7"}
    request = Limit("BTC/USD", "buy", qty=1, price=1, extra=extra)
    extra["sender_sub_id"] = "desk 8"
    assert request.extra == {"sender_sub_id": "desk 7"}
    with pytest.raises(AttributeError):
        request.qty = Decimal(2)  # type: ignore[misc]
    with pytest.raises(TypeError):
        request.extra["x"] = 1  # type: ignore[index]


def test_equal_requests_are_equal_and_hash_alike() -> None:
    """Also with an `extra`, which may hold anything."""
    one, same, other = (Limit("BTC/USD", "buy", qty=qty, price=1, extra={"a": [1]}) for qty in ("1", 1, 2))
    assert one == same != other
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2


@pytest.mark.parametrize("name", ["limit_price", "token", "cl_ord_id", "deadline"])
def test_extra_has_no_name_that_a_request_writes_itself(name: str) -> None:
    """It would be said twice, or in secret."""
    with pytest.raises(ConfigurationError, match=f"extra has {name}"):
        Market("BTC/USD", "buy", qty=1, extra={name: "x"})


def test_a_trailing_stop_says_what_its_distance_is_in() -> None:
    """Fifty percent and fifty dollars are not the same."""
    with pytest.raises(TypeError, match="trigger_type"):
        TrailingStop("BTC/USD", "sell", qty=1, trigger=50)  # type: ignore[call-arg]


def test_only_kinds_of_orders_can_be_made() -> None:
    """What they have in common is no order."""
    with pytest.raises(ConfigurationError, match="no order type"):
        OrderRequest("BTC/USD", "buy")


def test_a_repr_shows_what_was_asked_for() -> None:
    """And nothing that was not."""
    assert repr(Limit("BTC/USD", "buy", qty="0.1", price="1.5")) == (
        "Limit(symbol='BTC/USD', side='buy', qty=Decimal('0.1'), price=Decimal('1.5'))"
    )
