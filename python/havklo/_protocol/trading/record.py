"""All that is known of one order, merged from acks, execution reports and what REST tells."""

from decimal import Context, Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Final, final

from havklo.events import Fill, OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from havklo._protocol.trading.history import Told
    from havklo._protocol.trading.reports import Report

__all__ = ["Record"]

_ZERO: Final = Decimal(0)
_AVERAGE: Final = Context(prec=28)
_STATES: Final = {
    "pending_new": OrderState.PENDING,
    "new": OrderState.NEW,
    "partially_filled": OrderState.PARTIALLY_FILLED,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "expired": OrderState.EXPIRED,
}
_RANK: Final = {
    OrderState.UNKNOWN: -1,
    OrderState.PENDING: 0,
    OrderState.NEW: 1,
    OrderState.PARTIALLY_FILLED: 2,
    OrderState.FILLED: 3,
    OrderState.CANCELED: 3,
    OrderState.EXPIRED: 3,
    OrderState.REJECTED: 3,
}
_TAKEN_OVER: Final = (
    "order_id",
    "cl_ord_id",
    "order_userref",
    "symbol",
    "side",
    "order_type",
    "order_qty",
    "cash_order_qty",
    "limit_price",
    "limit_price_type",
    "display_qty",
    "trigger_price",
    "trigger_type",
    "time_in_force",
    "opened",
    "ord_ref_id",
)


@final
class Record:
    """One order. Messages that come twice change nothing twice; what was filled never gets less.

    Attributes:
        cl_ord_id: Its maker's id.
        order_id: Kraken's, once it is known.
        key: The user's idempotency key, or None.
        request: What was asked for; None of an order that was found.
        own: Whether this client has placed it.
        state: Where it stands.
        reason: Why it has ended, or why its state is unknown.
        symbol: The pair; empty as long as it is not known.
        order_qty: All of it, as amends have left it; None where it says what to spend.
        stated_qty: What of it was filled, as Kraken says it; the fills that are known may be fewer.
        stated_cost: What that cost.
        fills: Its fills by their exec_id, oldest first.
        known_qty: What these add up to.
        known_cost: What these cost.
        totals: Its fees as REST sums them up, where single fills can't be had.
        is_described: Whether Kraken has said what the whole order is; a fill alone does not.
        is_whole: Whether all its fills are known, or REST has said that no more can be had.
        opened: When it was accepted, in Kraken's words.
        sent_at: When it was sent, or None.
        aged_at: The latest moment at which it may have been created or amended last, or None while that is open.
        amending: How many amends are not answered yet: each may make it young at any moment.
        filled_at: When its first fill was told here, or None.
        mid: The middle of the verified book when it was sent, or None.
        before: The state before it became unknown.
        amends: How many amends were reported.
        unreported: How many were sent that were neither reported nor refused, so that its terms may be others by now.
        handle: What the user has of it.
    """

    __slots__ = (
        "aged_at",
        "amending",
        "amends",
        "before",
        "cash_order_qty",
        "cl_ord_id",
        "display_qty",
        "filled_at",
        "fills",
        "handle",
        "is_described",
        "is_whole",
        "key",
        "known_cost",
        "known_qty",
        "limit_price",
        "limit_price_type",
        "mid",
        "opened",
        "ord_ref_id",
        "order_id",
        "order_qty",
        "order_type",
        "order_userref",
        "own",
        "reason",
        "request",
        "sent_at",
        "side",
        "state",
        "stated_cost",
        "stated_qty",
        "symbol",
        "time_in_force",
        "totals",
        "trigger_price",
        "trigger_type",
        "unreported",
    )

    def __init__(self, *, cl_ord_id: str | None = None, order_id: str | None = None) -> None:
        self.cl_ord_id = cl_ord_id
        self.order_id = order_id
        self.key: str | None = None
        self.request: object = None
        self.own: bool = False
        self.state: OrderState = OrderState.PENDING
        self.before: OrderState = OrderState.PENDING
        self.reason: str = ""
        self.symbol: str = ""
        self.side: str = ""
        self.order_type: str = ""
        self.order_userref: int | None = None
        self.order_qty: Decimal | None = None
        self.cash_order_qty: Decimal | None = None
        self.limit_price: Decimal | None = None
        self.limit_price_type: str | None = None
        self.display_qty: Decimal | None = None
        self.trigger_price: Decimal | None = None
        self.trigger_type: str | None = None
        self.time_in_force: str | None = None
        self.opened: str = ""
        self.ord_ref_id: str | None = None
        self.stated_qty: Decimal = _ZERO
        self.stated_cost: Decimal = _ZERO
        self.fills: dict[str, Fill] | None = None
        self.known_qty: Decimal = _ZERO
        self.known_cost: Decimal = _ZERO
        self.totals: Mapping[str, Decimal] | None = None
        self.is_described: bool = False
        self.is_whole: bool = True
        self.amends: int = 0
        self.unreported: int = 0
        self.handle: object = None
        self.sent_at: int | None = None
        self.aged_at: int | None = None
        self.amending: int = 0
        self.filled_at: int | None = None
        self.mid: Decimal | None = None

    def __repr__(self) -> str:
        return f"<Record {self.order_id or self.cl_ord_id}: {self.state}>"

    # -- what it adds up to ------------------------------------------------------------------

    @property
    def cum_qty(self) -> Decimal:
        """What of it was filled."""
        return max(self.known_qty, self.stated_qty)

    @property
    def cum_cost(self) -> Decimal:
        """What that cost, in the quote asset."""
        known = self.known_cost
        return known if self.known_qty >= self.stated_qty else max(known, self.stated_cost)

    @property
    def avg_price(self) -> Decimal | None:
        """The average price of what was filled."""
        qty = self.cum_qty
        return _AVERAGE.divide(self.cum_cost, qty) if qty else None

    @property
    def fees(self) -> dict[str, Decimal]:
        """What was taken for it, by asset."""
        if self.totals is not None:
            return dict(self.totals)
        fees: dict[str, Decimal] = {}
        for fill in tuple((self.fills or {}).values()):
            for fee in fill.fees:
                fees[fee.asset] = fees.get(fee.asset, _ZERO) + fee.qty
        return fees

    @property
    def misses_fills(self) -> bool:
        """Whether Kraken says that more was filled than the fills that are known, or has not said how much was."""
        if self.totals is not None or self.state is OrderState.REJECTED:
            return False
        return self.known_qty < self.stated_qty or (self.state.is_final and not self.is_described)

    @property
    def is_settled(self) -> bool:
        """Whether it is over, and nothing about it is open."""
        return self.state.is_final and not self.misses_fills

    # -- what moves it -----------------------------------------------------------------------

    def advance(self, after: OrderState, reason: str = "") -> bool:
        """Go on to a state, or stay where it would be a step back; False if it stays."""
        before = self.state
        if before.is_final or before is after or (after is not OrderState.UNKNOWN and _RANK[after] <= _RANK[before]):
            return False
        if before is OrderState.UNKNOWN and not after.is_final and _RANK[after] < _RANK[self.before]:
            after = self.before
        elif after is OrderState.UNKNOWN:
            self.before = before
        self.state, self.reason = after, reason
        return True

    def merge(self, report: "Report", now: int) -> bool:
        """Take an execution report; False if it is a fill that was known already."""
        self._describe(report)
        if report.exec_type == "trade" and not self._fill(report, now):
            return False
        if report.cum_qty is not None and report.cum_qty >= self.stated_qty:
            self.stated_qty = report.cum_qty
            self.stated_cost = report.cum_cost if report.cum_cost is not None else self.stated_cost
            self.is_described = True
        state = _STATES.get(report.order_status or "")
        if state is not None:
            if not state.is_final and state is not OrderState.PENDING and self.cum_qty:
                state = OrderState.PARTIALLY_FILLED
            self.advance(state, report.reason or "")
            if state is OrderState.FILLED and self.is_described and self.order_qty is not None:
                self.stated_qty = max(self.stated_qty, self.order_qty)
        return True

    def add(self, fill: Fill, now: int) -> bool:
        """Take one fill; False if it is known."""
        if self.fills is None:
            self.fills = {}
        if fill.exec_id in self.fills:
            return False
        self.fills[fill.exec_id] = fill
        self.known_qty += fill.qty
        self.known_cost += fill.cost
        if self.filled_at is None:
            self.filled_at = now
        return True

    def told(self, told: "Told") -> None:
        """Take what REST says of it; its fills come by `add`."""
        self.order_id = told.order_id
        self.side = self.side or told.side
        self.order_type = self.order_type or told.order_type
        self.opened = self.opened or told.opened
        if self.order_userref is None:
            self.order_userref = told.userref
        if self.cash_order_qty is None:
            self.order_qty = told.qty
        if told.limit_price is not None:
            self.limit_price = told.limit_price
        if told.cum_qty >= self.stated_qty:
            # REST rounds the cost down, so what a report has said is the higher one.
            self.stated_qty, self.stated_cost = told.cum_qty, max(self.stated_cost, told.cum_cost)
        self.is_described, self.unreported = True, 0
        state = told.state
        if state is OrderState.NEW and self.cum_qty:
            state = OrderState.PARTIALLY_FILLED
        self.advance(state, told.reason)

    def take_over(self, other: "Record") -> None:
        """Be the order of which something was heard before it was known to be this one."""
        for name in _TAKEN_OVER:
            theirs = getattr(other, name)
            if theirs:
                setattr(self, name, theirs)
        self.stated_qty, self.stated_cost = other.stated_qty, other.stated_cost
        self.fills, self.filled_at, self.aged_at = other.fills, other.filled_at, other.aged_at
        self.known_qty, self.known_cost = other.known_qty, other.known_cost
        self.is_described, self.amends = other.is_described, other.amends
        self.advance(other.state, other.reason)

    # -- its own -----------------------------------------------------------------------------

    def _fill(self, report: "Report", now: int) -> bool:
        if report.exec_id is None or report.last_qty is None or report.last_price is None:
            return False
        return self.add(
            Fill(
                exec_id=report.exec_id,
                trade_id=report.trade_id,
                price=report.last_price,
                qty=report.last_qty,
                cost=report.last_qty * report.last_price if report.cost is None else report.cost,
                fees=report.fees,
                liquidity_ind=report.liquidity_ind,
                timestamp=report.timestamp,
            ),
            now,
        )

    def _describe(self, report: "Report") -> None:
        """Take over what a report says about the order itself."""
        self.order_id = report.order_id
        if report.cl_ord_id is not None:
            self.cl_ord_id = report.cl_ord_id
        for name, said in zip(_DESCRIBED, _said(report), strict=True):
            if said is not None:
                setattr(self, name, said)
        if report.order_userref:
            self.order_userref = report.order_userref
        if report.triggers is not None:
            self.trigger_price, self.trigger_type = report.triggers.price, report.triggers.price_type
        if report.exec_type in ("pending_new", "new"):
            self.is_described = self.is_described or report.order_type is not None
            self.opened = self.opened or report.timestamp


_DESCRIBED: Final = (
    "symbol",
    "side",
    "order_type",
    "order_qty",
    "cash_order_qty",
    "limit_price",
    "limit_price_type",
    "display_qty",
    "time_in_force",
    "ord_ref_id",
)
_said: Final = attrgetter(*_DESCRIBED)
