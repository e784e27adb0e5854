"""What an order can ask for: Kraken's words, and an order's terms as values."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from havklo.sim.market.ladder import Side
from havklo.sim.market.matching import Prevention

__all__ = [
    "ORDER_TYPES",
    "PERCENT",
    "PRICE_TYPES",
    "RESTING",
    "TRAILING",
    "TRIGGERED",
    "WITH_LIMIT",
    "Change",
    "Close",
    "NewOrder",
    "OrderType",
    "PriceType",
    "Term",
    "TimeInForce",
]

OrderType = Literal[
    "limit",
    "market",
    "iceberg",
    "stop-loss",
    "stop-loss-limit",
    "take-profit",
    "take-profit-limit",
    "trailing-stop",
    "trailing-stop-limit",
]
PriceType = Literal["static", "pct", "quote"]
TimeInForce = Literal["gtc", "gtd", "ioc", "fok"]

RESTING: Final = frozenset({"limit", "iceberg"})
WITH_LIMIT: Final = frozenset({"limit", "iceberg", "stop-loss-limit", "take-profit-limit", "trailing-stop-limit"})
TRAILING: Final = frozenset({"trailing-stop", "trailing-stop-limit"})
TRIGGERED: Final = frozenset({"stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit", *TRAILING})
ORDER_TYPES: Final = frozenset({"market", "settle-position", *RESTING, *TRIGGERED})
PRICE_TYPES: Final = ("static", "pct", "quote")


PERCENT: Final = 8
"""Decimals of a percentage."""

_WHOLE: Final = 100 * 10**PERCENT


class Term(NamedTuple):
    """A price as it was asked for.

    Attributes:
        kind: An absolute price, or an offset from another one, in percent or in the quote asset.
        value: Ticks, or hundred-millionths of a percent.
        given: The number that was sent.
    """

    kind: PriceType
    value: int
    given: Decimal

    def at(self, base: int) -> int:
        """The price in ticks, where `base` is what an offset counts from."""
        if self.kind == "static":
            return self.value
        if self.kind == "quote":
            return base + self.value
        return base + (2 * base * self.value + _WHOLE) // (2 * _WHOLE)


class Close(NamedTuple):
    """The order that closes what another one has opened: `conditional`."""

    order_type: OrderType
    limit: Term | None
    trigger: Term | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrder:
    """What an order asks for.

    Attributes:
        order_type: Kraken's word for it.
        side: Buy or sell.
        qty: Lots; 0 where `cash` counts.
        cash: What a market order spends, in units of the quote asset, or 0.
        limit: Its limit, where the type has one.
        display: What an iceberg shows at a time, in lots, else 0.
        trigger: What it waits for, where the type has one; for a trailing stop its distance.
        time_in_force: How long it may wait for a counterpart.
        post_only: It may never take.
        reduce_only: It may only reduce a position.
        margin: It trades a position, not the assets.
        effective_ns: When it starts, or None for now.
        expire_ns: When it ends, for gtd.
        cl_ord_id: The client's id.
        order_userref: The client's number.
        close: The order that follows each of its fills.
        fee_in_base: Whether its fee shall be in the base asset.
        stp_type: What happens when it meets an order of its own account.
        sender_sub_id: Who of the account's traders sent it.
    """

    order_type: OrderType
    side: Side
    qty: int
    cash: int = 0
    limit: Term | None = None
    display: int = 0
    trigger: Term | None = None
    time_in_force: TimeInForce = "gtc"
    post_only: bool = False
    reduce_only: bool = False
    margin: bool = False
    effective_ns: int | None = None
    expire_ns: int | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    close: Close | None = None
    fee_in_base: bool = False
    stp_type: Prevention = "cancel_newest"
    sender_sub_id: str | None = None


class Change(NamedTuple):
    """What an order shall become.

    Attributes:
        qty: All of it, what was filled included.
        limit: Its limit, or None if its type has none.
        display: What an iceberg shows at a time.
        trigger: What it waits for, or None.
        post_only: Whether it may not take now.
    """

    qty: int
    limit: Term | None
    display: int
    trigger: Term | None
    post_only: bool = False
