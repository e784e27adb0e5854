"""One order of an account through its life."""

from decimal import Decimal
from typing import Literal, NamedTuple, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.settlement import Fee
from havklo.sim.market.ladder import BID, Side
from havklo.sim.symbols import Pair
from havklo.sim.trading.terms import TRIGGERED, NewOrder, OrderType

__all__ = ["Execution", "Report", "Status", "Ticket"]

Status = Literal["pending_new", "new", "partially_filled", "filled", "canceled", "expired"]
Report = dict[str, object]
"""One element of the executions channel; its numbers are decimals."""


class Execution(NamedTuple):
    """One fill of an order.

    Attributes:
        exec_id: Its id, unique for this side of it.
        trade_id: Its number in the pair's trade channel.
        price: In ticks.
        qty: In lots.
        cost: In units of the quote asset.
        fee: What was taken for it.
        maker: Whether the order was resting.
        now_ns: When.
    """

    exec_id: str
    trade_id: int
    price: int
    qty: int
    cost: int
    fee: Fee
    maker: bool
    now_ns: int


@final
class Ticket:
    """An order of an account: what it asked for, how it stands, what has happened to it.

    Args:
        number: Its number at the desk, unique over all pairs.
        order_number: Its number in its market.
        order_id: Its Kraken-form id.
        account: Whose it is.
        pair: What it trades.
        terms: What it asked for.
        now_ns: When it was accepted.
        parent: The order that it closes, or None.

    Attributes:
        qty: All of it, in lots; amends change it.
        limit_price: Its limit in ticks, or None; of a trailing one, None until it is triggered.
        trigger_price: Where it is triggered, in ticks; of a trailing one, where it would be now.
        peak_price: The best price since a trailing one was placed.
        display: What an iceberg shows at a time.
        shown: What it shows now.
        fee_in: The asset that its fees are taken in, as far as there is enough of it.
        filled: What of it was filled, in lots.
        turnover: Price times quantity over all fills, in ticks times lots.
        cost: What its fills cost, in units of the quote asset.
        fees: Its fees by asset.
        fee_usd: Its fees in units of the dollar; 0 for a pair that is not quoted in dollars.
        executions: Its fills.
        reports: All that the executions channel was told about it.
        status: As the executions channel has it.
        reason: Why it was canceled or has expired.
        resting: Whether it stands in the book.
        waiting: Whether it waits for its trigger.
        amended: Whether it has ever been amended.
        opened_ns: When it was accepted.
        aged_ns: Since when its age counts: acceptance, or the last amend.
        triggered_ns: When it was triggered.
        closed_ns: When it was filled or canceled or has expired.
        parent: The order that it closes.
    """

    __slots__ = (
        "account",
        "aged_ns",
        "amended",
        "closed_ns",
        "cost",
        "display",
        "executions",
        "fee_in",
        "fee_usd",
        "fees",
        "filled",
        "limit_price",
        "number",
        "opened_ns",
        "order_id",
        "order_number",
        "pair",
        "parent",
        "peak_price",
        "qty",
        "reason",
        "reports",
        "resting",
        "shown",
        "status",
        "terms",
        "trigger_price",
        "triggered_ns",
        "turnover",
        "waiting",
    )

    def __init__(
        self,
        number: int,
        order_number: int,
        order_id: str,
        account: Account,
        pair: Pair,
        terms: NewOrder,
        now_ns: int,
        parent: "Ticket | None" = None,
    ) -> None:
        self.number: int = number
        self.order_number: int = order_number
        self.order_id: str = order_id
        self.account: Account = account
        self.pair: Pair = pair
        self.terms: NewOrder = terms
        self.parent: Ticket | None = parent
        self.qty: int = terms.qty
        self.limit_price: int | None = (
            terms.limit.value if terms.limit is not None and terms.limit.kind == "static" else None
        )
        self.trigger_price: int | None = None
        self.peak_price: int | None = None
        self.display: int = terms.display
        self.shown: int = 0
        self.fee_in: Literal["base", "quote"] = "base" if terms.fee_in_base and not terms.margin else "quote"
        self.filled: int = 0
        self.turnover: int = 0
        self.cost: int = 0
        self.fees: dict[str, int] = {}
        self.fee_usd: int = 0
        self.executions: list[Execution] = []
        self.reports: list[Report] = []
        self.status: Status = "pending_new"
        self.reason: str | None = None
        self.resting: bool = False
        self.waiting: bool = False
        self.amended: bool = False
        self.opened_ns: int = now_ns
        self.aged_ns: int = now_ns
        self.triggered_ns: int | None = None
        self.closed_ns: int | None = None

    def __repr__(self) -> str:
        return f"<Ticket {self.order_id} {self.side} {self.symbol} {self.order_type}, {self.status}>"

    def end(self, status: Status, now_ns: int, reason: str | None = None) -> None:
        """It is over: nothing more can happen to it."""
        self.status = status
        self.reason = reason
        self.closed_ns = now_ns
        self.resting = self.waiting = False
        self.account.release(self.number)

    @property
    def open(self) -> bool:
        """Whether it can still be filled."""
        return self.closed_ns is None

    @property
    def remaining(self) -> int:
        """What can still be filled."""
        return self.qty - self.filled

    @property
    def symbol(self) -> str:
        """Its pair, like BTC/USD."""
        return self.pair.symbol

    @property
    def direction(self) -> Side:
        """Its side of the book."""
        return self.terms.side

    @property
    def side(self) -> Literal["buy", "sell"]:
        """The same in Kraken's words."""
        return "buy" if self.terms.side == BID else "sell"

    @property
    def order_type(self) -> OrderType:
        """Its type, like stop-loss-limit."""
        return self.terms.order_type

    @property
    def stop(self) -> bool:
        """Whether its type has a trigger."""
        return self.terms.order_type in TRIGGERED

    @property
    def post_only(self) -> bool:
        """Whether it may only rest."""
        return self.terms.post_only

    @property
    def margin(self) -> bool:
        """Whether it trades on margin."""
        return self.terms.margin

    @property
    def fee_preference(self) -> Literal["base", "quote"]:
        """The asset that its fees are wanted in."""
        return "base" if self.terms.fee_in_base else "quote"

    @property
    def cl_ord_id(self) -> str | None:
        """The id that its owner gave it."""
        return self.terms.cl_ord_id

    @property
    def userref(self) -> int | None:
        """The number that its owner gave it."""
        return self.terms.order_userref

    @property
    def effective_ns(self) -> int | None:
        """When it takes effect, if that was asked for."""
        return self.terms.effective_ns

    @property
    def expire_ns(self) -> int | None:
        """When it expires, if that was asked for."""
        return self.terms.expire_ns

    @property
    def avg_price(self) -> Decimal:
        """The mean price of its fills, to ten decimals; 0 before the first."""
        if not self.filled:
            return Decimal(0)
        scale = max(10, self.pair.price_precision)
        mean = self.turnover * 10 ** (scale - self.pair.price_precision)
        return Decimal((2 * mean + self.filled) // (2 * self.filled)).scaleb(-scale).normalize()
