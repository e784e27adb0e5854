"""What the executions channel is told: one dictionary per event, with the fields that matter for it.

A client merges them by `order_id`: `pending_new` has all that was asked for, later ones only what is new.
"""

from decimal import Decimal
from typing import Final

from havklo.sim.accounts.money import amount
from havklo.sim.accounts.settlement import Fee
from havklo.sim.trading.terms import Close, Term
from havklo.sim.trading.ticket import Execution, Report, Ticket
from havklo.sim.wire.stamps import rfc3339

__all__ = [
    "REASONS",
    "amended",
    "ended",
    "filled",
    "iceberg_refill",
    "new",
    "pending_new",
    "standing",
    "status",
    "trade",
    "usd",
]

USER_REQUESTED: Final = "User requested"
POST_ONLY: Final = "Post only order"
TIMEOUT: Final = "CancelAllOrdersAfter Timeout"
REPLACED: Final = "Order replaced"
SELF_TRADE: Final = "Self trade prevention"
NOT_FILLED: Final = "Order could not be filled"
NO_FUNDS: Final = "Insufficient funds"
NO_MARGIN: Final = "Insufficient margin"
EXPIRED: Final = "Order expired"
REDUCE_ONLY: Final = "Reduce only"
BAD_PRICE: Final = "Invalid price"

REASONS: Final = {
    USER_REQUESTED: "cancel_order, cancel_all or batch_cancel.",
    POST_ONLY: "A post-only order would have taken.",
    TIMEOUT: "The dead man's switch.",
    REPLACED: "edit_order has put another order in its place.",
    SELF_TRADE: "It met an order of its own account.",
    NOT_FILLED: "Immediate or cancel, fill or kill, or a market order: the book had no more for it.",
    NO_FUNDS: "An order that was triggered, or that closes another one, lacks money.",
    NO_MARGIN: "The same for one on margin.",
    EXPIRED: "Its expire_time has come.",
    REDUCE_ONLY: "The position that it was to reduce is smaller, or closed.",
    BAD_PRICE: "A trailing stop's limit, counted from its trigger, is not a price.",
}
"""Why an order ended or was restated. Only the first three are known from Kraken; the others are ours."""


def pending_new(ticket: Ticket, last_price: int, now_ns: int) -> Report:
    """It is accepted, and not live yet."""
    report = _event(ticket, "pending_new", now_ns) | _asked(ticket, last_price)
    return report | {"cum_cost": _ZERO, "fee_usd_equiv": _ZERO}


def new(ticket: Ticket, now_ns: int) -> Report:
    """It is live."""
    return _event(ticket, "new", now_ns)


def trade(ticket: Ticket, execution: Execution) -> Report:
    """A part of it was filled."""
    fee = execution.fee
    report = _event(ticket, "trade", execution.now_ns) | {
        "exec_id": execution.exec_id,
        "trade_id": execution.trade_id,
        "symbol": ticket.symbol,
        "side": ticket.side,
        "order_type": ticket.order_type,
        "last_qty": _qty(ticket, execution.qty),
        "last_price": _price(ticket, execution.price),
        "liquidity_ind": "m" if execution.maker else "t",
        "cost": amount(execution.cost),
        "fees": [{"asset": fee.asset, "qty": amount(fee.units)}],
        "fee_usd_equiv": amount(usd(ticket, fee, execution.price)),
    }
    if ticket.margin:
        report["margin"] = True
    return report


def filled(ticket: Ticket, now_ns: int) -> Report:
    """Nothing of it is left."""
    return _event(ticket, "filled", now_ns) | _sums(ticket)


def ended(ticket: Ticket, now_ns: int) -> Report:
    """It was canceled, or has expired."""
    report = _event(ticket, ticket.status, now_ns) | _sums(ticket)
    report["reason"] = ticket.reason
    if ticket.status == "canceled":
        report["cancel_reason"] = ticket.reason
    return report


def iceberg_refill(ticket: Ticket, now_ns: int) -> Report:
    """It shows its next part."""
    report = _event(ticket, "iceberg_refill", now_ns)
    report["display_qty"] = _qty(ticket, ticket.display)
    report["display_qty_remain"] = _qty(ticket, ticket.shown)
    return report


def amended(ticket: Ticket, now_ns: int, reason: str | None = None) -> Report:
    """It was changed: by its owner, or, with a reason, by the engine."""
    report = _event(ticket, "amended" if reason is None else "restated", now_ns)
    report |= _sizes(ticket) | _prices(ticket) | _sums(ticket)
    if ticket.amended:
        report["amended"] = True
    if reason is not None:
        report["reason"] = reason
    return report


def status(ticket: Ticket, last_price: int, now_ns: int) -> Report:
    """Its trigger has gone off."""
    report = _event(ticket, "status", now_ns) | _prices(ticket)
    report["triggers"] = _triggers(ticket, last_price)
    return report


def standing(ticket: Ticket, last_price: int) -> Report:
    """An open order as a whole, as a snapshot has it; the time is that of its last change."""
    report = _event(ticket, "pending_new" if ticket.status == "pending_new" else "new", ticket.opened_ns)
    report["timestamp"] = ticket.reports[-1]["timestamp"]
    report |= _asked(ticket, last_price) | _sums(ticket)
    if ticket.display and ticket.resting:
        report["display_qty_remain"] = _qty(ticket, ticket.shown)
    if ticket.amended:
        report["amended"] = True
    return report


def usd(ticket: Ticket, fee: Fee, price: int) -> int:
    """A fee in units of the dollar; 0 where the pair is not quoted in dollars, for there are no other rates."""
    pair = ticket.pair
    if pair.quote not in _DOLLARS:
        return 0
    if fee.asset == pair.quote:
        return fee.units
    return fee.units * price // 10**pair.price_precision


_DOLLARS: Final = frozenset({"USD", "USDC", "USDG", "USDT"})
_ZERO: Final = Decimal(0)


def _event(ticket: Ticket, exec_type: str, now_ns: int) -> Report:
    report: Report = {
        "order_id": ticket.order_id,
        "order_userref": ticket.userref or 0,
        "exec_type": exec_type,
        "order_status": ticket.status,
        "timestamp": rfc3339(now_ns // 1_000),
    }
    if ticket.cl_ord_id is not None:
        report["cl_ord_id"] = ticket.cl_ord_id
    return report


def _asked(ticket: Ticket, last_price: int) -> Report:
    """All that was asked for, as amends have left it."""
    terms = ticket.terms
    report: Report = {
        "symbol": ticket.symbol,
        "side": ticket.side,
        "order_type": ticket.order_type,
        "time_in_force": terms.time_in_force.upper(),
        "fee_ccy_pref": "fcib" if terms.fee_in_base else "fciq",
    }
    report |= _sizes(ticket) | _prices(ticket)
    triggers = _triggers(ticket, last_price)
    if triggers:
        report["triggers"] = triggers
    for name in ("post_only", "reduce_only", "margin"):
        if getattr(terms, name):
            report[name] = True
    for name, moment in (("effective_time", terms.effective_ns), ("expire_time", terms.expire_ns)):
        if moment is not None:
            report[name] = rfc3339(moment // 1_000)
    if terms.sender_sub_id is not None:
        report["sender_sub_id"] = terms.sender_sub_id
    if terms.close is not None:
        report["contingent"] = _contingent(terms.close)
    if ticket.parent is not None:
        report["ord_ref_id"] = ticket.parent.order_id
    return report


def _sizes(ticket: Ticket) -> Report:
    if ticket.terms.cash:
        return {"cash_order_qty": amount(ticket.terms.cash)}
    report: Report = {"order_qty": _qty(ticket, ticket.qty)}
    if ticket.display:
        report["display_qty"] = _qty(ticket, ticket.display)
    return report


def _prices(ticket: Ticket) -> Report:
    """The limit: where it is an offset from a trigger that has not gone off, as it was given."""
    limit = ticket.terms.limit
    if ticket.limit_price is not None:
        return {"limit_price": _price(ticket, ticket.limit_price), "limit_price_type": "static"}
    return {} if limit is None else {"limit_price": limit.given, "limit_price_type": limit.kind}


def _triggers(ticket: Ticket, last_price: int) -> Report:
    trigger = ticket.terms.trigger
    if trigger is None or ticket.trigger_price is None:
        return {}
    report: Report = {
        "reference": "last",
        "price": trigger.given,
        "price_type": trigger.kind,
        "actual_price": _price(ticket, ticket.trigger_price),
        "last_price": _price(ticket, last_price),
        "status": "untriggered" if ticket.triggered_ns is None else "triggered",
    }
    if ticket.peak_price is not None:
        report["peak_price"] = _price(ticket, ticket.peak_price)
    if ticket.triggered_ns is not None:
        report["timestamp"] = rfc3339(ticket.triggered_ns // 1_000)
    return report


def _contingent(close: Close) -> Report:
    report: Report = {"order_type": close.order_type}
    terms: tuple[tuple[str, Term | None], ...] = (("trigger_price", close.trigger), ("limit_price", close.limit))
    for name, term in terms:
        if term is not None:
            report[name] = term.given
            report[f"{name}_type"] = term.kind
    return report


def _sums(ticket: Ticket) -> Report:
    return {
        "cum_qty": _qty(ticket, ticket.filled),
        "cum_cost": amount(ticket.cost),
        "avg_price": ticket.avg_price,
        "fee_usd_equiv": amount(ticket.fee_usd),
    }


def _price(ticket: Ticket, value: int) -> Decimal:
    return Decimal(value).scaleb(-ticket.pair.price_precision)


def _qty(ticket: Ticket, value: int) -> Decimal:
    return Decimal(value).scaleb(-ticket.pair.qty_precision)
