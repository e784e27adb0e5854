"""The checks of changes held against the simulator's desk, with orders that are open there."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from havklo.errors.trading import OrderInvalid
from havklo.orders import (
    Amend,
    Iceberg,
    Limit,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    TrailingStop,
    TrailingStopLimit,
)
from havklo.orders.checks import check_amend
from havklo.orders.requests import OrderRequest
from orders.market import FORM, PAIR, Judge

JUDGE = Judge()

OPEN: list[OrderRequest] = [
    Limit("BTC/USD", "buy", qty="0.1", price="40000.0"),
    Iceberg("BTC/USD", "sell", qty="1.5", price="60000.0", display_qty="0.1"),
    StopLoss("BTC/USD", "sell", qty="0.1", trigger="40000.0"),
    StopLoss("BTC/USD", "sell", qty="0.1", trigger="-5", trigger_type="pct"),
    StopLossLimit("BTC/USD", "sell", qty="0.1", trigger="40000.0", price="39000.0"),
    TakeProfit("BTC/USD", "sell", qty="0.1", trigger="6000", trigger_type="quote"),
    TakeProfitLimit("BTC/USD", "sell", qty="0.1", trigger="60000.0", price="59000.0"),
    TrailingStop("BTC/USD", "sell", qty="0.1", trigger="5", trigger_type="pct"),
    TrailingStopLimit("BTC/USD", "sell", qty="0.1", trigger="500", trigger_type="quote", price="-10.0"),
]
QTY = st.sampled_from(["0.2000", "0.1000", "0.0010", "0.0009", "0.00101", "0.05", "1.5001", "-1", "0", "10"])
PRICE = st.sampled_from(["41000.0", "39000.5", "1", "39000.55", "0.1", "0", "-10", "-0.05", "61000", "0.00000001"])
KIND = st.none() | st.none() | st.sampled_from(["static", "pct", "quote"])


@st.composite
def changes(draw: st.DrawFn) -> Amend:
    """Changes of one or two things."""
    names = draw(st.lists(st.sampled_from(["qty", "price", "display_qty", "trigger", "post_only"]), max_size=2))
    fields: dict[str, Any] = {}
    for name in names:
        fields[name] = True if name == "post_only" else draw(QTY if "qty" in name else PRICE)
    if "price" in fields:
        fields["price_type"] = draw(KIND)
    if "trigger" in fields:
        fields["trigger_type"] = draw(KIND)
    return Amend(**fields)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(OPEN), changes(), st.sampled_from([Decimal(0), Decimal("0.05")]))
def test_what_passes_is_taken_and_what_is_refused_was_stopped(
    request: OrderRequest, change: Amend, filled: Decimal
) -> None:
    """Both ways, for every type of order, some of them half filled."""
    if type(request) is not Limit:
        filled = Decimal(0)
    refusal = JUDGE.amend_refusal(request, change, filled)
    found = problems(request, change, filled)
    if found is None:
        assert refusal is None or not refusal.startswith(FORM), refusal
    else:
        assert refusal is not None, found


def problems(request: OrderRequest, change: Amend, filled: Decimal) -> OrderInvalid | None:
    """What the checks find, knowing the order as its maker does."""
    try:
        check_amend(
            change,
            PAIR,
            request.order_type,
            order_qty=getattr(request, "qty", None),
            cum_qty=filled,
            limit_price=getattr(request, "price", None) if "price_type" not in request.__struct_fields__ else None,
            display_qty=getattr(request, "display_qty", None),
            trigger_type=getattr(request, "trigger_type", None),
        )
    except OrderInvalid as invalid:
        return invalid
    return None
