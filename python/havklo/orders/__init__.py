"""Orders: what to ask for, what it must be like, and what becomes of it."""

from typing import TYPE_CHECKING, Any

from havklo._protocol.trading.costs import Tier
from havklo._protocol.trading.counter import Cost, Headroom
from havklo.events import Balance, Fill, OrderState
from havklo.orders.requests import (
    Iceberg,
    Limit,
    Market,
    OrderRequest,
    SettlePosition,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    TrailingStop,
    TrailingStopLimit,
)
from havklo.orders.risk import RiskLimits
from havklo.orders.terms import Amend, Close

if TYPE_CHECKING:
    from havklo.orders.order import Order
    from havklo.orders.orders import Orders

__all__ = [
    "Amend",
    "Balance",
    "Close",
    "Cost",
    "Fill",
    "Headroom",
    "Iceberg",
    "Limit",
    "Market",
    "Order",
    "OrderRequest",
    "OrderState",
    "Orders",
    "RiskLimits",
    "SettlePosition",
    "StopLoss",
    "StopLossLimit",
    "TakeProfit",
    "TakeProfitLimit",
    "Tier",
    "TrailingStop",
    "TrailingStopLimit",
]


def __getattr__(name: str) -> Any:
    # Who only writes a request down needs no connection, and none of what it takes.
    if name == "Order":
        from havklo.orders.order import Order as value  # noqa: N813, PLC0415
    elif name == "Orders":
        from havklo.orders.orders import Orders as value  # noqa: N813, PLC0415
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
