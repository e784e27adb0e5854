"""What can be asked for: one class for each of Kraken's order types, and the change of an order."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final, TypeAlias, final

import msgspec

from havklo.errors import ConfigurationError
from havklo.instruments import Side
from havklo.orders.terms import (
    Close,
    FeePreference,
    Number,
    OrderType,
    PriceType,
    Reference,
    SelfTrade,
    TimeInForce,
    read_numbers,
)

__all__ = [
    "AnyRequest",
    "Iceberg",
    "Limit",
    "Market",
    "OrderRequest",
    "SettlePosition",
    "StopLoss",
    "StopLossLimit",
    "TakeProfit",
    "TakeProfitLimit",
    "TrailingStop",
    "TrailingStopLimit",
    "Triggered",
]

_WRITTEN: Final = frozenset(
    {
        "cash_order_qty",
        "cl_ord_id",
        "conditional",
        "deadline",
        "display_qty",
        "effective_time",
        "expire_time",
        "fee_preference",
        "limit_price",
        "limit_price_type",
        "margin",
        "order_qty",
        "order_type",
        "order_userref",
        "post_only",
        "reduce_only",
        "side",
        "stp_type",
        "symbol",
        "time_in_force",
        "token",
        "triggers",
        "validate",
    }
)
"""What requests write themselves, in Kraken's names."""

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class _Named(msgspec.Struct, frozen=True):
    """What every request for an order names."""

    symbol: str
    side: Side


class OrderRequest(_Named, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True, tag_field="request"):
    """What all orders can have. Only the classes made from it can be placed.

    Numbers are given as Decimal, int or text and are sent with the digits that they were given with. They are
    Decimals in the finished request.

    Attributes:
        symbol: The pair, such as BTC/USD.
        side: "buy" or "sell".
        cl_ord_id: An id of one's own: a UUID, 32 hex digits, or up to 18 ASCII characters. Orders without one, and
            without `order_userref`, are given one.
        order_userref: A number of one's own, of 32 bits, which several orders may share; Kraken takes either this or
            a `cl_ord_id`.
        time_in_force: How long the order may wait.
        expire_time: When it ends, for "gtd"; with a time zone, at most a month ahead.
        effective_time: When it starts; with a time zone, at most a month ahead.
        margin: Whether it trades a position instead of the assets.
        reduce_only: Whether it may only reduce a position.
        fee_preference: The asset that the fee is taken in; Kraken's default is quote for buys, base for sells.
        stp_type: What happens where it meets an order of the same account; Kraken's default is "cancel_newest".
        conditional: An order that follows each of its fills.
        extra: Further parameters, in Kraken's names, sent as they are.

    Raises:
        ConfigurationError: A number is a float or no number, or `extra` has a name that a request writes itself.
    """

    cl_ord_id: str | None = None
    order_userref: int | None = None
    time_in_force: TimeInForce = "gtc"
    expire_time: datetime | None = None
    effective_time: datetime | None = None
    margin: bool = False
    reduce_only: bool = False
    fee_preference: FeePreference | None = None
    stp_type: SelfTrade | None = None
    conditional: Close | None = None
    extra: Mapping[str, object] = _NOTHING

    _order_type: ClassVar[OrderType | None] = None

    def __post_init__(self) -> None:
        if self._order_type is None:
            raise ConfigurationError(
                "an OrderRequest has no order type", hint="make one of its kinds, such as Limit or Market"
            )
        read_numbers(self)
        taken = sorted(_WRITTEN & self.extra.keys())
        if taken:
            raise ConfigurationError(
                f"extra has {', '.join(taken)}, which a request writes itself",
                hint="extra is for parameters that no field of the request stands for",
            )
        if self.extra is not _NOTHING:
            msgspec.structs.force_setattr(self, "extra", MappingProxyType(dict(self.extra)))

    def __hash__(self) -> int:
        # `extra` may hold anything.
        return hash((type(self), self.symbol, self.side, self.cl_ord_id, self.order_userref))

    @property
    def order_type(self) -> OrderType:
        """Kraken's name of the order's type."""
        return self._order_type or "limit"


@final
class Limit(OrderRequest, frozen=True, kw_only=True, tag="limit"):
    """An order at a price, or better.

    Attributes:
        qty: How much, in the base asset.
        price: The worst price, in the quote asset.
        post_only: Whether it may never take.
        display_qty: What it shows at a time; with it, it is what Kraken calls an iceberg.
    """

    qty: Number
    price: Number
    post_only: bool = False
    display_qty: Number | None = None

    _order_type: ClassVar[OrderType | None] = "limit"

    @property
    def order_type(self) -> OrderType:
        """Kraken's name of the order's type."""
        return "limit" if self.display_qty is None else "iceberg"


@final
class Market(OrderRequest, frozen=True, kw_only=True, tag="market"):
    """An order at whatever price there is.

    Attributes:
        qty: How much, in the base asset.
        cash_qty: Instead of `qty`: what to spend, in the quote asset; only to buy, and not on margin.
    """

    qty: Number | None = None
    cash_qty: Number | None = None

    _order_type: ClassVar[OrderType | None] = "market"


@final
class Iceberg(OrderRequest, frozen=True, kw_only=True, tag="iceberg"):
    """An order at a price that shows only a part of itself at a time.

    Attributes:
        qty: How much, in the base asset.
        price: The worst price, in the quote asset.
        display_qty: What it shows at a time: at least a fifteenth of `qty`.
        post_only: Whether it may never take.
    """

    qty: Number
    price: Number
    display_qty: Number
    post_only: bool = False

    _order_type: ClassVar[OrderType | None] = "iceberg"


class Triggered(OrderRequest, frozen=True, kw_only=True):
    """What all orders have that wait for a price.

    Attributes:
        qty: How much, in the base asset.
        trigger: The price that starts the order, or its distance from the price now.
        trigger_type: Which of the two, and in what. A trailing stop's is always a distance, "pct" or "quote"; there it
            has no default, as 50 may be meant either way.
        reference: The price that is watched.
    """

    qty: Number
    trigger: Number
    trigger_type: PriceType
    reference: Reference = "last"


@final
class StopLoss(Triggered, frozen=True, kw_only=True, tag="stop-loss"):
    """A market order that starts once the price has turned against it so far."""

    trigger_type: PriceType = "static"

    _order_type: ClassVar[OrderType | None] = "stop-loss"


@final
class StopLossLimit(Triggered, frozen=True, kw_only=True, tag="stop-loss-limit"):
    """A limit order that starts once the price has turned against it so far.

    Attributes:
        price: The worst price, in the quote asset.
    """

    price: Number
    trigger_type: PriceType = "static"

    _order_type: ClassVar[OrderType | None] = "stop-loss-limit"


@final
class TakeProfit(Triggered, frozen=True, kw_only=True, tag="take-profit"):
    """A market order that starts once the price has turned in its favour so far."""

    trigger_type: PriceType = "static"

    _order_type: ClassVar[OrderType | None] = "take-profit"


@final
class TakeProfitLimit(Triggered, frozen=True, kw_only=True, tag="take-profit-limit"):
    """A limit order that starts once the price has turned in its favour so far.

    Attributes:
        price: The worst price, in the quote asset.
    """

    price: Number
    trigger_type: PriceType = "static"

    _order_type: ClassVar[OrderType | None] = "take-profit-limit"


@final
class TrailingStop(Triggered, frozen=True, kw_only=True, tag="trailing-stop"):
    """A market order that starts once the price has come back so far from its best."""

    _order_type: ClassVar[OrderType | None] = "trailing-stop"


@final
class TrailingStopLimit(Triggered, frozen=True, kw_only=True, tag="trailing-stop-limit"):
    """A limit order that starts once the price has come back so far from its best.

    Attributes:
        price: The worst price, or its distance from the one that starts the order.
        price_type: Which of the two, and in what.
    """

    price: Number
    price_type: PriceType = "quote"

    _order_type: ClassVar[OrderType | None] = "trailing-stop-limit"


@final
class SettlePosition(OrderRequest, frozen=True, kw_only=True, tag="settle-position"):
    """The settlement of a position with the assets themselves.

    Attributes:
        qty: How much of it, in the base asset.
    """

    qty: Number

    _order_type: ClassVar[OrderType | None] = "settle-position"


AnyRequest: TypeAlias = (
    Limit
    | Market
    | Iceberg
    | StopLoss
    | StopLossLimit
    | TakeProfit
    | TakeProfitLimit
    | TrailingStop
    | TrailingStopLimit
    | SettlePosition
)
"""Any order that can be placed."""
