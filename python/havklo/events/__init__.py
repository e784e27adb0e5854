"""Everything that a client tells: facts, immutable once made, in the order in which they happened.

Match on their type: `async for event in kraken` yields all of them, `kraken.on(Type, handler)` those of one.
"""

from typing import TypeAlias

from havklo._engine import (
    Book,
    BookArrays,
    BookSnapshot,
    BookState,
    BookStatistics,
    BookUpdate,
    Change,
    Desync,
    DesyncReason,
    Level,
    Level3Book,
    Level3Update,
    Order,
    OrderChange,
    Peek,
    Priority,
    QueuePosition,
    Sweep,
    Top,
)
from havklo.events.level3 import Cause, QueueChange
from havklo.events.life import (
    BreakerChanged,
    Connected,
    ConnectionLost,
    CrossedBook,
    HealthChanged,
    Heartbeat,
    Maintenance,
    Malformed,
    Moved,
    Refused,
    Resync,
    Silent,
    Stalled,
    Status,
    SubscriptionLost,
)
from havklo.events.market import Candle, Instruments, Spread, Ticker, Trade, TradeGap
from havklo.events.trading import (
    Balance,
    BalanceChange,
    DeadManChanged,
    Execution,
    ExecutionGap,
    Fee,
    Fill,
    OrderState,
    OrderStateChanged,
    TradingLocked,
    TradingUnlocked,
    Wallet,
)
from havklo.instruments import Asset, Pair

__all__ = [
    "Asset",
    "Balance",
    "BalanceChange",
    "Book",
    "BookArrays",
    "BookSnapshot",
    "BookState",
    "BookStatistics",
    "BookUpdate",
    "BreakerChanged",
    "Candle",
    "Cause",
    "Change",
    "Connected",
    "ConnectionLost",
    "CrossedBook",
    "DeadManChanged",
    "Desync",
    "DesyncReason",
    "Event",
    "Execution",
    "ExecutionGap",
    "Fee",
    "Fill",
    "HealthChanged",
    "Heartbeat",
    "Instruments",
    "Level",
    "Level3Book",
    "Level3Update",
    "Maintenance",
    "Malformed",
    "Moved",
    "Order",
    "OrderChange",
    "OrderState",
    "OrderStateChanged",
    "Pair",
    "Peek",
    "Priority",
    "QueueChange",
    "QueuePosition",
    "Refused",
    "Resync",
    "Silent",
    "Spread",
    "Stalled",
    "Status",
    "SubscriptionLost",
    "Sweep",
    "Ticker",
    "Top",
    "Trade",
    "TradeGap",
    "TradingLocked",
    "TradingUnlocked",
    "Wallet",
]

Event: TypeAlias = (
    BookUpdate
    | Level3Update
    | Trade
    | TradeGap
    | Ticker
    | Candle
    | Instruments
    | Spread
    | Desync
    | Resync
    | CrossedBook
    | Silent
    | Moved
    | Connected
    | ConnectionLost
    | Stalled
    | BreakerChanged
    | HealthChanged
    | Heartbeat
    | Malformed
    | Status
    | Refused
    | SubscriptionLost
    | Execution
    | BalanceChange
    | OrderStateChanged
    | ExecutionGap
    | TradingLocked
    | TradingUnlocked
    | DeadManChanged
)
"""Everything that `async for event in kraken` may yield."""
