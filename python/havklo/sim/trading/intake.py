"""From an order's parameters to a typed order, or to the error that refuses it.

What can be known from the parameters and the pair alone is checked here; what depends on the account or the
market comes later.
"""

from typing import Final, cast, get_args

from havklo.sim.accounts.money import SCALE
from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.market.matching import Prevention
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair
from havklo.sim.trading.fields import LOTS_MAX, Fields, scaled, ticks
from havklo.sim.trading.refusals import (
    DEADLINE_ELAPSED,
    INDEX_UNAVAILABLE,
    ORDER_MINIMUM,
    TICK_SIZE,
    UNKNOWN_POSITION,
    RefusedError,
    invalid,
)
from havklo.sim.trading.terms import (
    ORDER_TYPES,
    PERCENT,
    PRICE_TYPES,
    RESTING,
    TRAILING,
    TRIGGERED,
    WITH_LIMIT,
    Close,
    NewOrder,
    OrderType,
    Term,
    TimeInForce,
)

__all__ = [
    "ADD_FIELDS",
    "BATCH_FIELDS",
    "TRIGGER_FIELDS",
    "check_deadline",
    "check_display",
    "check_reference",
    "check_trigger",
    "read_fee_in_base",
    "read_order",
    "read_qty",
    "read_term",
]

BATCH_FIELDS: Final = frozenset(
    {
        "cash_order_qty",
        "cl_ord_id",
        "conditional",
        "display_qty",
        "effective_time",
        "expire_time",
        "fee_preference",
        "limit_price",
        "limit_price_type",
        "margin",
        "no_mpp",
        "order_qty",
        "order_type",
        "order_userref",
        "post_only",
        "reduce_only",
        "sender_sub_id",
        "side",
        "stop_price",
        "stp_type",
        "time_in_force",
        "trigger",
        "triggers",
    }
)
"""What each order of a batch may have."""

ADD_FIELDS: Final = BATCH_FIELDS | {"deadline", "symbol", "token", "validate"}
"""What add_order may have."""

TRIGGER_FIELDS: Final = frozenset({"reference", "price", "price_type"})
CLOSE_FIELDS: Final = frozenset(
    {"order_type", "limit_price", "limit_price_type", "trigger_price", "trigger_price_type"}
)

_PREVENTIONS: Final = get_args(Prevention)
_SECOND: Final = 1_000_000_000
_MONTH: Final = 31 * 86_400 * _SECOND
_NEAREST: Final = _SECOND // 2
_FURTHEST: Final = 60 * _SECOND


def check_deadline(fields: Fields, now_ns: int) -> None:
    """Refuse a request whose deadline has passed or is out of bounds."""
    deadline = fields.moment("deadline")
    if deadline is not None and not _NEAREST <= deadline - now_ns <= _FURTHEST:
        raise RefusedError(DEADLINE_ELAPSED)


def read_order(
    fields: Fields, pair: Pair, rules: Rules, now_ns: int, *, position: int = 0
) -> tuple[NewOrder, list[str]]:
    """One order and the warnings about it.

    Args:
        fields: Its parameters.
        pair: What it trades.
        rules: The open points of the protocol.
        now_ns: When it arrives.
        position: What position the account has in the pair, in lots.
    """
    order_type = fields.choice("order_type", ORDER_TYPES)
    if order_type == "settle-position":
        raise RefusedError(rules.texts.unsupported_order_type if position else UNKNOWN_POSITION)
    side: Side = BID if fields.choice("side", ("buy", "sell")) == "buy" else ASK
    margin = fields.flag("margin")
    qty, cash = _size(fields, pair, cash_allowed=order_type == "market" and side == BID and not margin)
    trigger, warnings = _trigger(fields, pair, order_type)
    time_in_force = _time_in_force(fields, rules, order_type)
    effective_ns, expire_ns = _period(fields, time_in_force, now_ns)
    reduce_only = fields.flag("reduce_only")
    if reduce_only and not margin:
        raise invalid("reduce_only")
    if margin and not pair.marginable:
        raise invalid("margin")
    post_only = fields.flag("post_only")
    if post_only and (order_type not in RESTING or time_in_force in ("ioc", "fok")):
        raise invalid("post_only")
    cl_ord_id, userref = fields.cl_ord_id(), fields.userref()
    if cl_ord_id is not None and userref is not None:
        raise invalid("order_userref")
    order = NewOrder(
        order_type=cast("OrderType", order_type),
        side=side,
        qty=qty,
        cash=cash,
        limit=_limit(fields, pair, rules, order_type),
        display=_display(fields, pair, order_type, qty),
        trigger=trigger,
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=reduce_only,
        margin=margin,
        effective_ns=effective_ns,
        expire_ns=expire_ns,
        cl_ord_id=cl_ord_id,
        order_userref=userref,
        close=_close(fields, pair, rules),
        fee_in_base=read_fee_in_base(fields, side == ASK and rules.sell_fee == "base"),
        stp_type=cast("Prevention", fields.choice("stp_type", _PREVENTIONS, "cancel_newest")),
        sender_sub_id=fields.text("sender_sub_id"),
    )
    if "no_mpp" in fields:
        fields.flag("no_mpp")
        warnings.append("no_mpp is deprecated")
    return order, warnings


def read_qty(fields: Fields, name: str, pair: Pair) -> int | None:
    """A quantity in lots, if it is there."""
    value = fields.number(name)
    if value is None:
        return None
    qty = scaled(value, pair.qty_precision)
    if qty is None or not 0 < qty <= LOTS_MAX:
        raise invalid(name)
    return qty


def read_term(fields: Fields, name: str, kind: str, pair: Pair) -> Term | None:
    """A price or an offset, if it is there."""
    given = fields.number(name)
    if given is None:
        return None
    if kind == "static":
        return Term("static", ticks(given, pair.price_precision), given)
    if kind == "quote":
        value = scaled(given, pair.price_precision)
        if value is None:
            raise RefusedError(TICK_SIZE)
        return Term("quote", value, given)
    value = scaled(given, PERCENT)
    if value is None:
        raise invalid(name)
    return Term("pct", value, given)


def read_fee_in_base(fields: Fields, default: bool) -> bool:
    """Whether the fee shall be in the base asset."""
    return fields.choice("fee_preference", ("base", "quote"), "base" if default else "quote") == "base"


def check_trigger(order_type: str, trigger: Term | None, name: str) -> None:
    """Refuse a trigger where there can't be one, a missing one, and a trailing stop without a distance."""
    if (trigger is not None) != (order_type in TRIGGERED):
        raise invalid(name)
    if trigger is not None and order_type in TRAILING and (trigger.kind == "static" or trigger.value <= 0):
        raise invalid(name)


def check_reference(fields: Fields, name: str) -> None:
    """Refuse the index price."""
    if fields.choice(name, ("last", "index"), "last") == "index":
        raise RefusedError(INDEX_UNAVAILABLE)


def check_display(display: int, qty: int) -> None:
    """Refuse an iceberg that shows too little, or more than it is."""
    if not qty <= 15 * display <= 15 * qty:
        raise invalid("display_qty")


def _size(fields: Fields, pair: Pair, *, cash_allowed: bool) -> tuple[int, int]:
    qty, spend = read_qty(fields, "order_qty", pair), fields.number("cash_order_qty")
    if spend is None:
        if qty is None:
            raise invalid("order_qty")
        if qty < pair.qty_min:
            raise RefusedError(ORDER_MINIMUM)
        return qty, 0
    cash = scaled(spend, pair.cost_precision)
    if qty is not None or not cash_allowed or cash is None or cash <= 0:
        raise invalid("cash_order_qty")
    return 0, cash * 10 ** (SCALE - pair.cost_precision)


def _limit(fields: Fields, pair: Pair, rules: Rules, order_type: str) -> Term | None:
    relative = order_type == "trailing-stop-limit"
    kind = fields.choice("limit_price_type", PRICE_TYPES, rules.limit_price_type if relative else "static")
    if kind != "static" and not relative:
        raise invalid("limit_price_type")
    limit = read_term(fields, "limit_price", kind, pair)
    if (limit is not None) != (order_type in WITH_LIMIT):
        raise invalid("limit_price")
    return limit


def _display(fields: Fields, pair: Pair, order_type: str, qty: int) -> int:
    display = read_qty(fields, "display_qty", pair)
    if (display is not None) != (order_type == "iceberg"):
        raise invalid("display_qty")
    if display is None:
        return 0
    check_display(display, qty)
    return display


def _trigger(fields: Fields, pair: Pair, order_type: str) -> tuple[Term | None, list[str]]:
    """What an order waits for; its two older fields still work, and are warned about."""
    table = fields.table("triggers", "add order", TRIGGER_FIELDS)
    warnings: list[str] = []
    for old, new in (("stop_price", "triggers.price"), ("trigger", "triggers.reference")):
        if old in fields:
            if table is not None:
                raise invalid(old)
            warnings.append(f"{old} is deprecated, use {new}")
    if table is None:
        check_reference(fields, "trigger")
        trigger = read_term(fields, "stop_price", "static", pair)
    else:
        check_reference(table, "reference")
        trigger = read_term(table, "price", table.choice("price_type", PRICE_TYPES, "static"), pair)
    check_trigger(order_type, trigger, "triggers")
    return trigger, warnings


def _close(fields: Fields, pair: Pair, rules: Rules) -> Close | None:
    table = fields.table("conditional", "add order", CLOSE_FIELDS)
    if table is None:
        return None
    order_type = table.choice("order_type", (RESTING | TRIGGERED) - {"iceberg"})
    kind = table.choice("trigger_price_type", PRICE_TYPES, "static")
    trigger = read_term(table, "trigger_price", kind, pair)
    check_trigger(order_type, trigger, "trigger_price")
    return Close(cast("OrderType", order_type), _limit(table, pair, rules, order_type), trigger)


def _time_in_force(fields: Fields, rules: Rules, order_type: str) -> TimeInForce:
    word = fields.choice("time_in_force", ("gtc", "gtd", "ioc", "fok"), "gtc")
    if word == "fok" and not rules.fok:
        raise RefusedError(rules.texts.fok)
    unfit = {"market": ("gtd",), "iceberg": ("ioc", "fok")}.get(order_type, ())
    if word in unfit:
        raise invalid("time_in_force")
    return cast("TimeInForce", word)


def _period(fields: Fields, time_in_force: str, now_ns: int) -> tuple[int | None, int | None]:
    """When the order starts and ends."""
    effective_ns, expire_ns = fields.moment("effective_time"), fields.moment("expire_time")
    if effective_ns is not None and not 0 < effective_ns - now_ns <= _MONTH:
        raise invalid("effective_time")
    if (expire_ns is not None) != (time_in_force == "gtd"):
        raise invalid("expire_time")
    if expire_ns is not None and not 0 < expire_ns - max(now_ns, effective_ns or 0) <= _MONTH:
        raise invalid("expire_time")
    return effective_ns, expire_ns
