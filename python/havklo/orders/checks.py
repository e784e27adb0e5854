"""Whether Kraken can take a request at all: its words, its numbers, what goes together, and what the pair allows.

What depends on the account or on the market is not known here. The rules are those of Kraken's add_order and
amend_order pages.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast, get_args

import msgspec

from havklo.instruments import Pair, Side
from havklo.orders._findings import Findings
from havklo.orders.requests import Market, OrderRequest
from havklo.orders.terms import (
    Amend,
    Close,
    FeePreference,
    OrderType,
    PriceType,
    Reference,
    SelfTrade,
    TimeInForce,
)

__all__ = ["check", "check_amend"]

_RESTING: Final = frozenset({"limit", "iceberg"})
_TRAILING: Final = frozenset({"trailing-stop", "trailing-stop-limit"})
_TRIGGERED: Final = frozenset({"stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit", *_TRAILING})
_WITH_LIMIT: Final = frozenset({*_RESTING, "stop-loss-limit", "take-profit-limit", "trailing-stop-limit"})
_CLOSING: Final = tuple(sorted({"limit", *_TRIGGERED}))
_UNFIT: Final = {"market": ("gtd",), "iceberg": ("ioc", "fok")}

_SIDES: Final = get_args(Side)
_TIMES_IN_FORCE: Final = get_args(TimeInForce)
_FEE_PREFERENCES: Final = get_args(FeePreference)
_SELF_TRADES: Final = get_args(SelfTrade)
_REFERENCES: Final = get_args(Reference)
_PRICE_TYPES: Final = get_args(PriceType)

_MONTH: Final = timedelta(days=31)
_NAME: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[ -~]{1,18}")
_USERREF: Final = range(-(2**31), 2**31)
_ZERO: Final = Decimal(0)


def check(
    request: OrderRequest, pair: Pair, *, last: Decimal | None = None, now: datetime | None = None
) -> OrderRequest:
    """Refuse an order that Kraken would refuse whatever the account has and the market does.

    Args:
        request: The order.
        pair: What it trades, as the instrument channel lists it at present.
        last: The price that an order without one of its own is worth by, where that shall be checked.
        now: The present, with a time zone, where the order's times shall be checked against it.

    Returns:
        The same order, with the pair's own symbol.

    Raises:
        OrderInvalid: Something is wrong; it names all of it at once.
    """
    findings = Findings(pair)
    _check_words(findings, request)
    _check_status(findings, request, pair)
    _check_names(findings, request)
    _check_times(findings, request, now)
    _check_combinations(findings, request, pair)
    _check_numbers(findings, request, last)
    if request.conditional is not None:
        _check_close(findings, request.conditional)
    findings.done()
    return request if request.symbol == pair.symbol else msgspec.structs.replace(request, symbol=pair.symbol)


def check_amend(
    change: Amend,
    pair: Pair,
    order_type: OrderType,
    *,
    order_qty: Decimal | None = None,
    cum_qty: Decimal = _ZERO,
    limit_price: Decimal | None = None,
    display_qty: Decimal | None = None,
    trigger_type: PriceType | None = None,
) -> Amend:
    """Refuse a change that Kraken would refuse whatever the account has and the market does.

    Args:
        change: What shall change.
        pair: What the order trades, as the instrument channel lists it at present.
        order_type: Kraken's name of the order's type.
        order_qty: All of the order at present, where it is known; one below the pair's minimum may stay there.
        cum_qty: How much of it is filled.
        limit_price: Its limit at present, where it has one that is a price.
        display_qty: What it shows at a time at present, where it is known.
        trigger_type: What its trigger is in at present, where it is known.

    Returns:
        The same change.

    Raises:
        OrderInvalid: Something is wrong; it names all of it at once.
    """
    findings = Findings(pair)
    if change.qty is None and change.price is None and change.display_qty is None and change.trigger is None:
        findings.add("qty", None, "an amend changes qty, price, display_qty or trigger")
    _check_post_only(findings, order_type, "gtc", post_only=bool(change.post_only))
    price = limit_price
    trigger = _decimal(change.trigger)
    if _check_trigger(findings, order_type, trigger, change.trigger_type or trigger_type, required=False):
        price = limit_price or trigger
    if _check_limit(findings, order_type, _decimal(change.price), change.price_type, required=False):
        price = _decimal(change.price)
    _check_amended_sizes(findings, change, order_type, price, order_qty=order_qty, cum_qty=cum_qty)
    grown = (_decimal(change.qty) or _ZERO) - cum_qty
    if change.display_qty is None and display_qty is not None and grown > display_qty:
        findings.display("display_qty", display_qty, grown)
    findings.done()
    return change


def _check_words(findings: Findings, request: OrderRequest) -> None:
    findings.word("side", request.side, _SIDES)
    findings.word("time_in_force", request.time_in_force, _TIMES_IN_FORCE)
    if request.fee_preference is not None:
        findings.word("fee_preference", request.fee_preference, _FEE_PREFERENCES)
    if request.stp_type is not None:
        findings.word("stp_type", request.stp_type, _SELF_TRADES)


def _check_status(findings: Findings, request: OrderRequest, pair: Pair) -> None:
    """Expect that the pair takes such orders at present; a status that is not known here is left to Kraken."""
    match pair.status:
        case "post_only":
            taken = _post_only(request)
        case "limit_only":
            taken = request.order_type in _WITH_LIMIT
        case "reduce_only":
            taken = request.reduce_only
        case "cancel_only" | "maintenance" | "delisted" | "work_in_progress":
            taken = False
        case _:
            taken = True
    if not taken:
        findings.add("symbol", request.symbol, f"{pair.symbol} does not take it: its status is {pair.status}")


def _check_names(findings: Findings, request: OrderRequest) -> None:
    name, number = request.cl_ord_id, request.order_userref
    if name is not None and not _NAME.fullmatch(name):
        findings.add("cl_ord_id", name, "a cl_ord_id is a UUID, 32 hex digits, or 1 to 18 ASCII characters")
    if number is not None and (isinstance(number, bool) or number not in _USERREF):
        findings.add("order_userref", number, "an order_userref is an integer of 32 bits")
    if name is not None and number is not None:
        findings.add("order_userref", number, "an order has either a cl_ord_id or an order_userref, not both")


def _check_times(findings: Findings, request: OrderRequest, now: datetime | None) -> None:
    start, end = request.effective_time, request.expire_time
    for field, moment in (("effective_time", start), ("expire_time", end)):
        if moment is not None and moment.tzinfo is None:
            findings.add(field, moment, f"{field} has no time zone")
            return
    if (end is not None) != (request.time_in_force == "gtd"):
        findings.add("expire_time", end, 'expire_time goes with time_in_force="gtd", and that with expire_time')
    if start is not None and now is not None and not timedelta() < start - now <= _MONTH:
        findings.add("effective_time", start, "effective_time lies ahead, and at most a month")
    begin = max((moment for moment in (start, now) if moment is not None), default=None)
    if end is not None and begin is not None and not timedelta() < end - begin <= _MONTH:
        findings.add("expire_time", end, "expire_time is later than the order's start, and at most a month")


def _check_combinations(findings: Findings, request: OrderRequest, pair: Pair) -> None:
    order_type, time_in_force = request.order_type, request.time_in_force
    if time_in_force in _UNFIT.get(order_type, ()):
        findings.add("time_in_force", time_in_force, f"an order of type {order_type} can't be {time_in_force}")
    _check_post_only(findings, order_type, time_in_force, post_only=_post_only(request))
    if request.margin and not pair.marginable:
        findings.add("margin", True, f"{pair.symbol} is not traded on margin")
    if request.reduce_only and not request.margin:
        findings.add("reduce_only", True, "reduce_only is for orders on margin")
    reference: Reference = getattr(request, "reference", "last")
    findings.word("reference", reference, _REFERENCES)
    if reference == "index" and not pair.has_index:
        findings.add("reference", reference, f"{pair.symbol} has no index price")


def _check_numbers(findings: Findings, request: OrderRequest, last: Decimal | None) -> None:
    """Check what an order is worth, too, once its quantity and price are right themselves."""
    order_type = request.order_type
    limit = cast("Decimal | None", getattr(request, "price", None))
    limit_type = cast("PriceType | None", getattr(request, "price_type", None))
    trigger = cast("Decimal | None", getattr(request, "trigger", None))
    trigger_type = cast("PriceType | None", getattr(request, "trigger_type", None))
    price = last
    if _check_trigger(findings, order_type, trigger, trigger_type):
        price = trigger
    if _check_limit(findings, order_type, limit, limit_type):
        price = limit
    qty = cast("Decimal | None", getattr(request, "qty", None))
    if isinstance(request, Market) and request.cash_qty is not None:
        _check_cash(findings, request, last)
        return
    if qty is None:
        findings.add("qty", None, "an order needs a qty, or to buy at the market a cash_qty")
        return
    valid = findings.size("qty", qty, findings.pair.qty_min)
    display = cast("Decimal | None", getattr(request, "display_qty", None))
    if display is not None and findings.size("display_qty", display, _ZERO) and valid:
        findings.display("display_qty", display, qty)
    if valid and price is not None:
        findings.cost("qty", qty, price)


def _check_amended_sizes(
    findings: Findings,
    change: Amend,
    order_type: OrderType,
    price: Decimal | None,
    *,
    order_qty: Decimal | None,
    cum_qty: Decimal,
) -> None:
    """Check what an order becomes; one that is amended to no more than what is filled just ends."""
    pair, qty = findings.pair, _decimal(change.qty)
    whole, valid = order_qty if qty is None else qty, True
    ends = whole is not None and whole <= cum_qty
    if qty is not None:
        least = pair.qty_min if order_qty is None else min(pair.qty_min, order_qty)
        valid = findings.size("qty", qty, _ZERO if ends else least)
    display = _decimal(change.display_qty)
    if display is not None and order_type != "iceberg":
        findings.add("display_qty", display, f"an order of type {order_type} has no display_qty")
    elif display is not None and findings.size("display_qty", display, _ZERO) and whole is not None and not ends:
        findings.display("display_qty", display, whole - cum_qty)
    if valid and not ends and whole is not None and price is not None:
        findings.cost("qty", whole, price)


def _check_cash(findings: Findings, request: Market, last: Decimal | None) -> None:
    cash = cast("Decimal", request.cash_qty)
    if request.qty is not None:
        findings.add("cash_qty", cash, "an order has either a qty or a cash_qty, not both")
    if request.side != "buy" or request.margin:
        findings.add("cash_qty", cash, "a cash_qty is only to buy, and not on margin")
    findings.cash("cash_qty", cash, last)


def _check_post_only(findings: Findings, order_type: str, time_in_force: str, *, post_only: bool) -> None:
    if post_only and (order_type not in _RESTING or time_in_force in ("ioc", "fok")):
        findings.add("post_only", True, f"an order of type {order_type} that is {time_in_force} can't be post-only")


def _check_limit(
    findings: Findings,
    order_type: str,
    limit: Decimal | None,
    kind: PriceType | None,
    *,
    required: bool = True,
) -> bool:
    """Expect a limit price, or for a trailing stop its distance; give whether it is a valid price."""
    relative = order_type == "trailing-stop-limit"
    if kind is not None:
        if not findings.word("price_type", kind, _PRICE_TYPES):
            return False
        if kind != "static" and not relative:
            findings.add("price_type", kind, f"an order of type {order_type} has a price itself, not a distance")
            return False
    if limit is None:
        if required and order_type in _WITH_LIMIT:
            findings.add("price", None, f"an order of type {order_type} needs a price")
        return False
    if order_type not in _WITH_LIMIT:
        findings.add("price", limit, f"an order of type {order_type} has no price")
        return False
    if (kind or "quote") != "static" and relative:
        findings.distance("price", limit, kind or "quote", above_zero=False)
        return False
    return findings.price("price", limit)


def _check_trigger(
    findings: Findings, order_type: str, trigger: Decimal | None, kind: PriceType | None, *, required: bool = True
) -> bool:
    """Expect what an order waits for; give whether it is a valid price."""
    if trigger is None:
        if required and order_type in _TRIGGERED:
            findings.add("trigger", None, f"an order of type {order_type} needs a trigger")
        return False
    if order_type not in _TRIGGERED:
        findings.add("trigger", trigger, f"an order of type {order_type} has no trigger")
        return False
    if kind is not None and not findings.word("trigger_type", kind, _PRICE_TYPES):
        return False
    trailing = order_type in _TRAILING
    if trailing and kind == "static":
        findings.add("trigger_type", kind, "a trailing stop's trigger is a distance: pct or quote")
        return False
    if kind == "static":
        return findings.price("trigger", trigger)
    if trailing or kind is not None:
        findings.distance("trigger", trigger, kind or "pct", above_zero=trailing)
    return False


def _check_close(findings: Findings, close: Close) -> None:
    """Check the order that follows each fill."""
    findings.prefix = "conditional."
    if findings.word("order_type", close.order_type, _CLOSING):
        _check_limit(findings, close.order_type, _decimal(close.price), close.price_type)
        _check_trigger(findings, close.order_type, _decimal(close.trigger), close.trigger_type)


def _post_only(request: OrderRequest) -> bool:
    return bool(getattr(request, "post_only", False))


def _decimal(value: Decimal | int | str | None) -> Decimal | None:
    """A finished request's number, which is a Decimal."""
    return cast("Decimal | None", value)
