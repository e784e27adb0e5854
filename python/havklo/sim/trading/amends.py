"""amend_order changes an order where it stands; edit_order, its elder, puts a new one in its place."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.counter import cost_amend, cost_edit
from havklo.sim.exchange import Exchange
from havklo.sim.trading import reports
from havklo.sim.trading.admission import Admission, charge, check_room
from havklo.sim.trading.answer import Answer, identity
from havklo.sim.trading.dealer import Dealer
from havklo.sim.trading.fields import Fields
from havklo.sim.trading.holds import closable
from havklo.sim.trading.intake import (
    TRIGGER_FIELDS,
    check_deadline,
    check_display,
    check_reference,
    check_trigger,
    read_fee_in_base,
    read_qty,
    read_term,
)
from havklo.sim.trading.refusals import ORDER_MINIMUM, POST_ONLY, RefusedError, invalid
from havklo.sim.trading.terms import PRICE_TYPES, RESTING, WITH_LIMIT, Change, NewOrder, Term
from havklo.sim.trading.ticket import Ticket
from havklo.sim.trading.triggers import target

__all__ = ["Amends"]

AMEND_FIELDS: Final = frozenset(
    {
        "cl_ord_id",
        "deadline",
        "display_qty",
        "limit_price",
        "limit_price_type",
        "order_id",
        "order_qty",
        "post_only",
        "symbol",
        "token",
        "trigger_price",
        "trigger_price_type",
    }
)
EDIT_FIELDS: Final = frozenset(
    {
        "deadline",
        "display_qty",
        "fee_preference",
        "limit_price",
        "no_mpp",
        "order_id",
        "order_qty",
        "order_userref",
        "post_only",
        "reduce_only",
        "symbol",
        "token",
        "triggers",
        "validate",
    }
)


@final
class Amends:
    """The two ways to change an order.

    Args:
        exchange: The markets.
        dealer: Who knows the orders and changes them.
        admission: Who decides whether a change may be.
    """

    def __init__(self, exchange: Exchange, dealer: Dealer, admission: Admission) -> None:
        self._exchange = exchange
        self._dealer = dealer
        self._admission = admission

    def amend(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer amend_order."""
        self._admission.check_service()
        fields = Fields(params, "amend order", AMEND_FIELDS)
        ticket = self._find(account, fields)
        self._admission.check_service(ticket.symbol)
        fixed, resting = cost_amend(now_ns - ticket.aged_ns)
        charge(account, ticket.symbol, now_ns, fixed)
        check_deadline(fields, now_ns)
        change = self._change(ticket, fields)
        terms = replace(
            ticket.terms, qty=change.qty, limit=change.limit, trigger=change.trigger, post_only=change.post_only
        )
        self._admission.check_market(ticket.symbol, terms)
        if change.qty > ticket.filled:
            self._check(ticket, change, terms, now_ns)
        check_room(account, ticket.symbol, now_ns, resting)
        if change.qty > ticket.filled:
            self._admission.secure(ticket, qty=change.qty - ticket.filled, price=self._price(ticket, change))
        charge(account, ticket.symbol, now_ns, resting)
        self._dealer.amend(ticket, change, now_ns)
        key = "order_id" if "order_id" in fields else "cl_ord_id"
        return [Answer(True, {"amend_id": self._dealer.next_id(), key: identity(ticket)[key]})]

    def edit(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer edit_order."""
        self._admission.check_service()
        fields = Fields(params, "edit order", EDIT_FIELDS)
        order_id = fields.text("order_id")
        if order_id is None:
            raise invalid("order_id")
        ticket = self._own(account, self._dealer.register.find(order_id))
        if fields.text("symbol") != ticket.symbol:
            raise invalid("symbol")
        self._admission.check_service(ticket.symbol)
        fixed, resting = cost_edit(now_ns - ticket.aged_ns)
        charge(account, ticket.symbol, now_ns, fixed)
        check_deadline(fields, now_ns)
        if ticket.triggered_ns is not None or ticket.terms.close is not None or ticket.parent is not None:
            raise invalid("order_id")
        terms = self._edited(ticket, fields)
        self._admission.check_market(ticket.symbol, terms)
        self._admission.check_size(ticket.pair, replace(terms, qty=terms.qty + ticket.filled), now_ns)
        result: dict[str, object] = {"original_order_id": ticket.order_id}
        if "no_mpp" in fields:
            result["warnings"] = ["no_mpp is deprecated"]
        validate = fields.flag("validate")
        if not validate:
            check_room(account, ticket.symbol, now_ns, resting)
        with self._dealer.without(ticket):
            new = self._admission.admit(account, ticket.pair, terms, now_ns)
            if validate:
                account.release(new.number)
                return [Answer(True, result)]
        charge(account, ticket.symbol, now_ns, resting)
        self._dealer.cancel(ticket, now_ns, reports.REPLACED)
        self._dealer.place(new, now_ns)
        return [Answer(True, {"order_id": new.order_id} | result)]

    def _find(self, account: Account, fields: Fields) -> Ticket:
        """The order that is meant."""
        order_id, cl_ord_id = fields.text("order_id"), fields.cl_ord_id()
        if (order_id is None) == (cl_ord_id is None):
            raise invalid("order_id" if order_id is None else "cl_ord_id")
        register = self._dealer.register
        if cl_ord_id is None:
            ticket = self._own(account, register.find(order_id or ""))
        else:
            named = register.named(account.number, cl_ord_id)
            ticket = self._own(account, named[-1] if named else None)
        if fields.text("symbol") not in (None, ticket.symbol):
            raise invalid("symbol")
        return ticket

    def _own(self, account: Account, ticket: Ticket | None) -> Ticket:
        if ticket is None or ticket.account is not account or not ticket.open:
            raise RefusedError(self._exchange.rules.texts.unknown_order)
        return ticket

    def _change(self, ticket: Ticket, fields: Fields) -> Change:
        """What an amend asks for."""
        if not any(name in fields for name in ("order_qty", "limit_price", "display_qty", "trigger_price")):
            raise invalid("order_qty")
        pair, terms = ticket.pair, ticket.terms
        qty = read_qty(fields, "order_qty", pair) or ticket.qty
        if terms.cash:
            raise invalid("order_qty")
        display = read_qty(fields, "display_qty", pair)
        if display is not None and not ticket.display:
            raise invalid("display_qty")
        post_only = fields.flag("post_only")
        if post_only and ticket.order_type not in RESTING:
            raise invalid("post_only")
        return Change(
            qty=qty,
            limit=self._limit(ticket, fields),
            display=min(ticket.display, max(0, qty - ticket.filled)) if display is None else display,
            trigger=self._trigger(ticket, fields),
            post_only=post_only or terms.post_only,
        )

    def _limit(self, ticket: Ticket, fields: Fields) -> Term | None:
        relative = ticket.order_type == "trailing-stop-limit" and ticket.triggered_ns is None
        default = self._exchange.rules.limit_price_type if relative else "static"
        kind = fields.choice("limit_price_type", PRICE_TYPES, default)
        if kind != "static" and not relative:
            raise invalid("limit_price_type")
        limit = read_term(fields, "limit_price", kind, ticket.pair)
        if limit is None:
            return ticket.terms.limit
        if ticket.order_type not in WITH_LIMIT:
            raise invalid("limit_price")
        return limit

    def _trigger(self, ticket: Ticket, fields: Fields) -> Term | None:
        present = ticket.terms.trigger
        default = "static" if present is None else present.kind
        trigger = read_term(
            fields, "trigger_price", fields.choice("trigger_price_type", PRICE_TYPES, default), ticket.pair
        )
        if trigger is None:
            return present
        if ticket.triggered_ns is not None:
            raise invalid("trigger_price")
        check_trigger(ticket.order_type, trigger, "trigger_price")
        return trigger

    def _check(self, ticket: Ticket, change: Change, terms: NewOrder, now_ns: int) -> None:
        """Refuse a change of an order that stays open."""
        pair = ticket.pair
        if change.qty < min(pair.qty_min, ticket.qty):
            raise RefusedError(ORDER_MINIMUM)
        if change.display:
            check_display(change.display, change.qty - ticket.filled)
        if terms.reduce_only and change.qty - ticket.filled > closable(ticket):
            raise invalid("order_qty")
        self._admission.check_size(pair, terms, now_ns)
        market = self._exchange.listing(ticket.symbol, now_ns).market
        if ticket.resting and change.post_only and change.limit is not None:
            price = change.limit.value
            if price != ticket.limit_price and market.crosses(ticket.direction, price):
                raise RefusedError(POST_ONLY)

    def _price(self, ticket: Ticket, change: Change) -> int | None:
        """What the order will count with."""
        if change.limit is not None and change.limit.kind == "static":
            return change.limit.value
        if change.trigger is None:
            return None
        price = target(ticket, change.trigger, self._dealer.last_price(ticket.symbol))
        return max(1, price if change.limit is None else change.limit.at(price))

    def _edited(self, ticket: Ticket, fields: Fields) -> NewOrder:
        """What the order in its place asks for: the same, but for what is given; what was filled stays so."""
        terms, pair = ticket.terms, ticket.pair
        qty = read_qty(fields, "order_qty", pair) or ticket.qty
        if terms.cash or qty <= ticket.filled:
            raise invalid("order_qty")
        if qty < pair.qty_min:
            raise RefusedError(ORDER_MINIMUM)
        kind = "static" if terms.limit is None else terms.limit.kind
        limit = read_term(fields, "limit_price", kind, pair)
        if limit is not None and terms.limit is None:
            raise invalid("limit_price")
        trigger, table = terms.trigger, fields.table("triggers", "edit order", TRIGGER_FIELDS)
        if table is not None:
            check_reference(table, "reference")
            trigger = read_term(table, "price", table.choice("price_type", PRICE_TYPES, "static"), pair)
            check_trigger(ticket.order_type, trigger, "triggers")
        left = qty - ticket.filled
        display = read_qty(fields, "display_qty", pair)
        if display is not None and not ticket.display:
            raise invalid("display_qty")
        display = min(ticket.display, left) if display is None else display
        if display:
            check_display(display, left)
        post_only = fields.flag("post_only") if "post_only" in fields else terms.post_only
        if post_only and (ticket.order_type not in RESTING or terms.time_in_force in ("ioc", "fok")):
            raise invalid("post_only")
        reduce_only = fields.flag("reduce_only") if "reduce_only" in fields else terms.reduce_only
        if reduce_only and not terms.margin:
            raise invalid("reduce_only")
        return replace(
            terms,
            qty=left,
            limit=limit or terms.limit,
            display=display,
            trigger=trigger,
            post_only=post_only,
            reduce_only=reduce_only,
            effective_ns=terms.effective_ns if ticket.status == "pending_new" else None,
            cl_ord_id=None,
            order_userref=fields.userref(),
            fee_in_base=read_fee_in_base(fields, terms.fee_in_base),
        )
