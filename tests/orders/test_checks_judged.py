"""The checks held against the simulator's own intake: whatever passes is taken, whatever is refused was stopped."""

from datetime import datetime, timedelta, timezone
from decimal import ROUND_CEILING, Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from havklo.errors.trading import OrderInvalid
from havklo.instruments import Pair
from havklo.orders import (
    Close,
    Iceberg,
    Limit,
    Market,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    TrailingStop,
    TrailingStopLimit,
)
from havklo.orders.checks import check
from havklo.orders.requests import OrderRequest
from orders.market import FORM, LAST, NOW, PAIRS, Judge

JUDGE = Judge()


def numbers(decimals: int, least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Numbers on the grid of so many decimals; seldom ones that are too small, too fine, nothing, or negative."""
    good = st.integers(least, most).map(lambda units: Decimal(units).scaleb(-decimals))
    small = st.integers(1, 2 * least).map(lambda units: Decimal(units).scaleb(-decimals))
    fine = st.integers(-10, 10**6).map(lambda units: Decimal(units).scaleb(-decimals - 1))
    return seldom(good, small | fine)


def seldom(usual: st.SearchStrategy[Any], otherwise: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of ten draws is another one, so that most orders have one or two things wrong, or nothing."""
    return st.integers(0, 9).flatmap(lambda dice: otherwise if dice == 9 else usual)


def sizes(pair: Pair) -> st.SearchStrategy[Decimal]:
    """Quantities from the pair's minimum on."""
    least = int(pair.qty_min.scaleb(pair.qty_precision))
    return numbers(pair.qty_precision, least, 30 * 10**pair.qty_precision)


def prices(pair: Pair) -> st.SearchStrategy[Decimal]:
    """Prices from one tick on."""
    return numbers(pair.price_precision, 1, 10**7)


@st.composite
def times(draw: st.DrawFn) -> datetime:
    """Moments around the ends of the month that Kraken looks ahead, in any zone."""
    span = draw(
        seldom(st.integers(1, 31 * 86_400), st.sampled_from([-1, 0, 1, 31 * 86_400, 31 * 86_400 + 1, 40 * 86_400]))
    )
    zone = timezone(timedelta(hours=draw(st.integers(-12, 12))))
    return (NOW + timedelta(seconds=span)).astimezone(zone)


NONE = st.none()
ANY_KIND = st.sampled_from(["static", "pct", "quote"])
TRAILING_KIND = seldom(st.sampled_from(["pct", "quote"]), st.just("static"))
CLOSING = ["limit", "stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit", "trailing-stop"]


@st.composite
def closes(draw: st.DrawFn, pair: Pair) -> Close:
    """Orders that follow fills."""
    order_type = draw(
        seldom(st.sampled_from([*CLOSING, "trailing-stop-limit"]), st.sampled_from(["market", "iceberg"]))
    )
    trailing = "trailing" in order_type
    limit, trigger = "limit" in order_type, "stop" in order_type or "profit" in order_type
    return Close(
        order_type=order_type,
        price=draw(seldom(prices(pair) if limit else NONE, NONE | prices(pair))),
        price_type=draw(seldom(NONE, ANY_KIND)),
        trigger=draw(seldom(prices(pair) if trigger else NONE, NONE | prices(pair))),
        trigger_type=draw(TRAILING_KIND if trailing else ANY_KIND),
    )


@st.composite
def requests(draw: st.DrawFn, pair: Pair) -> OrderRequest:
    """Orders of every type, right and wrong."""
    kind = draw(
        st.sampled_from(
            [
                *(Limit, Market, Iceberg, StopLoss, StopLossLimit),
                *(TakeProfit, TakeProfitLimit, TrailingStop, TrailingStopLimit),
            ]
        )
    )
    side = draw(st.sampled_from(["buy", "sell"]))
    margin = draw(seldom(st.sampled_from([False, pair.marginable]), st.just(True)))
    fields: dict[str, Any] = {"qty": draw(sizes(pair))}
    names = kind.__struct_fields__
    if kind is Market and draw(seldom(st.just(side == "buy" and not margin), st.booleans())):
        fields = {"qty": draw(seldom(NONE, sizes(pair))), "cash_qty": draw(numbers(5, 50 * 10**6, 10**9))}
    if "price" in names:
        fields["price"] = draw(prices(pair))
    if "price_type" in names:
        fields["price_type"] = draw(ANY_KIND)
    if "trigger" in names:
        fields |= {
            "trigger": draw(prices(pair)),
            "trigger_type": draw(TRAILING_KIND if "Trailing" in kind.__name__ else ANY_KIND),
            "reference": draw(seldom(st.just("last"), st.just("index"))),
        }
    if "display_qty" in names and (kind is Iceberg or draw(seldom(st.just(False), st.just(True)))):
        part = Decimal(draw(seldom(st.sampled_from([1, 2, 14, 15]), st.just(16))))
        shown = (fields["qty"] / part).quantize(pair.qty_increment, ROUND_CEILING)
        fields["display_qty"] = draw(seldom(st.just(shown), sizes(pair)))
    iceberg = "display_qty" in fields
    tifs = ["gtc", "ioc", "fok"] if kind is Market else ["gtc", "gtd"] if iceberg else ["gtc", "gtd", "ioc", "fok"]
    fields["time_in_force"] = draw(seldom(st.sampled_from(tifs), st.sampled_from(["gtd", "ioc", "fok"])))
    start = draw(seldom(NONE, times()))
    end = NOW + timedelta(days=40) if start is None else start + timedelta(seconds=draw(st.sampled_from([-1, 1, 9**7])))
    gtd = fields["time_in_force"] == "gtd"
    fields["expire_time"] = draw(seldom((times() if start is None else st.just(end)) if gtd else NONE, NONE | times()))
    if "post_only" in names:
        resting = fields["time_in_force"] in ("gtc", "gtd")
        fields["post_only"] = draw(seldom(st.sampled_from([False, resting]), st.just(True)))
    named = st.from_regex(r"[ -~]{1,18}", fullmatch=True) | st.uuids().map(str) | st.uuids().map(lambda name: name.hex)
    return kind(
        pair.symbol,
        side,
        effective_time=start,
        margin=margin,
        reduce_only=draw(seldom(st.just(False), st.just(True))),
        fee_preference=draw(NONE | st.sampled_from(["base", "quote"])),
        stp_type=draw(NONE | st.sampled_from(["cancel_newest", "cancel_oldest", "cancel_both"])),
        conditional=draw(seldom(NONE, closes(pair))),
        cl_ord_id=draw(seldom(NONE | named, st.text(max_size=20))),
        **fields,
    )


def problems(request: OrderRequest) -> OrderInvalid | None:
    """What the checks find."""
    pair = PAIRS[request.symbol]
    last = LAST if pair.base == "BTC" else Decimal(2_000)
    try:
        check(request, pair, last=last, now=NOW)
    except OrderInvalid as invalid:
        return invalid
    return None


@settings(deadline=None, max_examples=250)
@given(st.sampled_from(list(PAIRS.values())).flatmap(requests))
def test_what_passes_is_taken_and_what_is_refused_was_stopped(request: OrderRequest) -> None:
    """Both ways: nothing that the desk refuses for its form passes, and nothing is stopped that the desk would take."""
    found, refusal = problems(request), JUDGE.refusal(request)
    if found is None:
        assert refusal is None or not refusal.startswith(FORM), refusal
    elif refusal is None:
        # Kraken rounds what an order is worth; here the exact worth has to be enough.
        assert all("is worth" in problem.message or problem.field == "cash_qty" for problem in found.problems), found


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(list(PAIRS.values())).flatmap(requests))
def test_the_nearest_values_are_valid(request: OrderRequest) -> None:
    """An order that takes the advice on its numbers has no problem with them any more, but for what they lead to."""
    found = problems(request)
    if found is None:
        return
    for problem in found.problems:
        if problem.field in ("qty", "price", "display_qty", "trigger") and problem.nearest:
            for value in problem.nearest:
                again = problems(_with(request, problem.field, value))
                assert again is None or all(
                    other.field != problem.field or other.message != problem.message for other in again.problems
                )


def _with(request: OrderRequest, field: str, value: Decimal) -> OrderRequest:
    return msgspec.structs.replace(request, **{field: value})
