"""What becomes of an account: its orders, their fills, its balances, and what guards them."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Literal, final

import msgspec

__all__ = [
    "Balance",
    "BalanceChange",
    "DeadManChanged",
    "Execution",
    "ExecutionGap",
    "Fee",
    "Fill",
    "OrderState",
    "OrderStateChanged",
    "TradingLocked",
    "TradingUnlocked",
    "Wallet",
]


@final
class OrderState(StrEnum):
    """Where an order stands; it only ever moves forward, but for `UNKNOWN`, which ends once the truth is known."""

    PENDING = "pending"
    """Sent, or accepted and not live yet."""
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    """Refused, or never accepted."""
    UNKNOWN = "unknown"
    """Nobody can tell at the moment; it is being looked into."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _FINAL


_FINAL = frozenset({OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED})


class Fee(msgspec.Struct, frozen=True, gc=False):
    """A fee, or a part of one: so much of an asset."""

    asset: str
    qty: Decimal


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One fill of an order.

    Attributes:
        exec_id: Kraken's id of it.
        trade_id: The trade's number in its pair, as the trade channel has it; None where it came by REST without one.
        price: In the quote asset.
        qty: In the base asset.
        cost: Price times quantity.
        fees: What was taken for it.
        liquidity_ind: "m" (maker) or "t" (taker), or None.
        timestamp: When, RFC 3339.
    """

    exec_id: str
    price: Decimal
    qty: Decimal
    cost: Decimal
    fees: tuple[Fee, ...]
    trade_id: int | None = None
    liquidity_ind: str | None = None
    timestamp: str = ""


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the executions channel, beside the whole order as it stands after it.

    Attributes:
        exec_type: What has happened, in Kraken's words: pending_new, new, trade, filled, iceberg_refill, canceled,
            expired, amended, restated or status.
        order_id: Kraken's id of the order.
        cl_ord_id: Its maker's, or None.
        symbol: The pair.
        side: "buy" or "sell".
        order_type: Its type.
        order_status: Its state after this.
        order_qty: All of it, in the base asset; None where the order says what to spend instead.
        limit_price: Its limit, or None.
        cum_qty: What of it was filled, all in all.
        cum_cost: What that cost, in the quote asset.
        avg_price: At which price on average, or None before the first fill.
        cum_fees: What was taken for it, by asset.
        exec_id: Of a trade: its id.
        trade_id: Of a trade: its number in the pair.
        last_qty: Of a trade: how much.
        last_price: Of a trade: at which price.
        cost: Of a trade: price times quantity.
        fees: Of a trade: what was taken for it.
        liquidity_ind: Of a trade: "m" (maker) or "t" (taker).
        reason: Why the order ended or was changed, in Kraken's words.
        timestamp: When, RFC 3339.
        source: "live"; "snapshot": it is from before the client listened; "repair": it was missed, and is told late.
        recv_ns: When it came, in nanoseconds since the epoch.
    """

    exec_type: str
    order_id: str
    symbol: str
    side: str
    order_type: str
    order_status: OrderState
    cl_ord_id: str | None = None
    order_qty: Decimal | None = None
    limit_price: Decimal | None = None
    cum_qty: Decimal = Decimal(0)
    cum_cost: Decimal = Decimal(0)
    avg_price: Decimal | None = None
    cum_fees: Mapping[str, Decimal] = {}
    exec_id: str | None = None
    trade_id: int | None = None
    last_qty: Decimal | None = None
    last_price: Decimal | None = None
    cost: Decimal | None = None
    fees: tuple[Fee, ...] = ()
    liquidity_ind: str | None = None
    reason: str | None = None
    timestamp: str = ""
    source: Literal["live", "snapshot", "repair"] = "live"
    recv_ns: int = 0


class OrderStateChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An order that this client knows has changed its state.

    Attributes:
        order_id: Kraken's id, or None as long as it is not known.
        cl_ord_id: Its maker's, or None.
        before: The state before.
        after: The state now.
        reason: Why, or empty.
    """

    order_id: str | None
    cl_ord_id: str | None
    before: OrderState
    after: OrderState
    reason: str = ""


class Wallet(msgspec.Struct, frozen=True, gc=False):
    """A part of a balance.

    Attributes:
        type: "spot" or "earn".
        id: "main", "flex", "bonded", ...
        balance: What is in it.
    """

    type: str
    id: str
    balance: Decimal


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What the account has of an asset.

    Attributes:
        asset: The asset.
        balance: All of it.
        wallets: Where it is.
    """

    asset: str
    balance: Decimal
    wallets: tuple[Wallet, ...] = ()


class BalanceChange(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of an asset has changed, or is told in a snapshot.

    Attributes:
        asset: The asset.
        balance: What there is of it now, over all wallets.
        amount: By how much it has changed, without the fee; 0 in a snapshot.
        fee: What was taken beside that.
        kind: Kraken's `type`: deposit, withdrawal, trade, ...; "snapshot" in a snapshot.
        category: Kraken's finer word.
        ref_id: What has caused it; of a trade its exec_id.
        ledger_id: The entry's id.
        wallet_type: The wallet's type, "spot" or "earn".
        wallet_id: Which of them.
        timestamp: When, RFC 3339.
        recv_ns: When it came, in nanoseconds since the epoch.
    """

    asset: str
    balance: Decimal
    amount: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    kind: str = ""
    category: str = ""
    ref_id: str = ""
    ledger_id: str = ""
    wallet_type: str = "spot"
    wallet_id: str = "main"
    timestamp: str = ""
    recv_ns: int = 0


class ExecutionGap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message of executions or balances is missing; the channel is subscribed anew, and what it left out looked up.

    Attributes:
        channel: "executions" or "balances".
        expected: The number of the message that was to come.
        got: The number of the one that came.
    """

    channel: str
    expected: int
    got: int


class TradingLocked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The kill switch was used: no order goes out until `orders.unlock`.

    Attributes:
        reason: Why.
    """

    reason: str


class TradingUnlocked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Orders may go out again.

    Attributes:
        reason: Why they were locked.
    """

    reason: str


class DeadManChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account's dead man's switch has changed.

    Attributes:
        state: "armed", "lapsing" (it is not armed anew, and will go off), "lapsed" (it has gone off, as far as can be
            told: all open orders of the whole account are canceled) or "off".
        reason: Why.
    """

    state: Literal["armed", "lapsing", "lapsed", "off"]
    reason: str = ""
