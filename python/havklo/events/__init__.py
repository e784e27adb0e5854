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
    Peek,
    Sweep,
    Top,
)
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
from havklo.instruments import Asset, Pair

__all__ = [
    "Asset",
    "Book",
    "BookArrays",
    "BookSnapshot",
    "BookState",
    "BookStatistics",
    "BookUpdate",
    "BreakerChanged",
    "Candle",
    "Change",
    "Connected",
    "ConnectionLost",
    "CrossedBook",
    "Desync",
    "DesyncReason",
    "Event",
    "HealthChanged",
    "Heartbeat",
    "Instruments",
    "Level",
    "Maintenance",
    "Malformed",
    "Moved",
    "Pair",
    "Peek",
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
]

Event: TypeAlias = (
    BookUpdate
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
)
"""Everything that `async for event in kraken` may yield."""
