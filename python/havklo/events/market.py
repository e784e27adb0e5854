"""What the market does: trades, tickers, candles, what is listed, and the best levels of proven books."""

from decimal import Decimal
from typing import Literal

import msgspec

from havklo.instruments import Asset, Pair

__all__ = ["Candle", "Instruments", "Spread", "Ticker", "Trade", "TradeGap"]


class Trade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One trade. From event to event `trade_id` rises by one, unless a `TradeGap` stands between.

    Attributes:
        symbol: The symbol.
        side: The taker's side: "buy" or "sell".
        price: The price, in the quote currency.
        qty: The quantity, in units of the base currency.
        ord_type: The taker's order: "limit" or "market".
        trade_id: Kraken's number for it; each pair has its own sequence.
        timestamp: When it happened, as Kraken says it (RFC 3339).
        recv_ns: When its message came, in nanoseconds since the epoch.
        source: "live"; "snapshot": it happened before the subscription; "repair": it was missed, and is
            taken from a later snapshot.
    """

    symbol: str
    side: str
    price: Decimal
    qty: Decimal
    ord_type: str
    trade_id: int
    timestamp: str
    recv_ns: int = 0
    source: Literal["live", "snapshot", "repair"] = "live"


class TradeGap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Trades that happened and could not be had.

    Attributes:
        symbol: The symbol.
        first: The first missing `trade_id`; 1 if nobody can tell, for no trade was told before.
        last: The last one; None if Kraken has begun to number anew, so that nobody can tell.
        count: How many they are; None if nobody can tell.
        reason: Why: "beyond the snapshot", "no snapshot came", "too many held back" or "numbered anew".
        recv_ns: When that became clear, in nanoseconds since the epoch; 0 if no message made it so.
    """

    symbol: str
    first: int
    last: int | None
    count: int | None
    reason: str
    recv_ns: int


class Ticker(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The best bid and ask, the last trade, and the last 24 hours of a symbol.

    Attributes:
        symbol: The symbol.
        bid: The best bid.
        bid_qty: Its quantity, in units of the base currency, as are all quantities here.
        ask: The best ask.
        ask_qty: Its quantity.
        last: The price of the last trade.
        volume: What was traded in 24 hours.
        vwap: The volume-weighted average price of 24 hours.
        low: The lowest price of 24 hours.
        high: The highest price of 24 hours.
        change: The change of the price in 24 hours.
        change_pct: The same in per cent.
        trades: How many trades there were in 24 hours; None where Kraken does not say.
        timestamp: The time as Kraken says it (RFC 3339), or None.
        type: "snapshot" or "update".
        recv_ns: When its message came, in nanoseconds since the epoch.
        conflated: How many earlier updates a slow reader did not see before this one.
    """

    symbol: str
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal
    last: Decimal
    volume: Decimal
    vwap: Decimal
    low: Decimal
    high: Decimal
    change: Decimal
    change_pct: Decimal
    trades: int | None = None
    timestamp: str | None = None
    type: str = "update"
    recv_ns: int = 0
    conflated: int = 0


class Candle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One candle of the channel `ohlc`; the latest one of each symbol is still forming.

    Attributes:
        symbol: The symbol.
        open: The first price.
        high: The highest price.
        low: The lowest price.
        close: The last price.
        vwap: The volume-weighted average price.
        trades: How many trades there were.
        volume: What was traded, in units of the base currency.
        interval_begin: When the candle began (RFC 3339).
        interval: How many minutes it covers.
        timestamp: Kraken's time for it: where the interval ends; None where Kraken does not say.
        type: "snapshot" or "update".
        recv_ns: When its message came, in nanoseconds since the epoch.
    """

    symbol: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    trades: int
    volume: Decimal
    interval_begin: str
    interval: int
    timestamp: str | None = None
    type: str = "update"
    recv_ns: int = 0


class Instruments(msgspec.Struct, frozen=True, kw_only=True):
    """All assets and pairs that Kraken lists (a snapshot), or those that have changed.

    Attributes:
        assets: The assets.
        pairs: The pairs.
        type: "snapshot" or "update".
        recv_ns: When its message came, in nanoseconds since the epoch.
    """

    assets: tuple[Asset, ...] = ()
    pairs: tuple[Pair, ...] = ()
    type: str = "update"
    recv_ns: int = 0


class Spread(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The best bid or the best ask of a verified book has changed, in price or in quantity.

    It is made of the messages of a subscribed book, of several depths the deepest.

    Attributes:
        symbol: The symbol.
        bid: The best bid.
        bid_qty: Its quantity, in units of the base currency.
        ask: The best ask.
        ask_qty: Its quantity.
        timestamp: The time in the book's message as Kraken sent it (RFC 3339), or None.
        recv_ns: When that message came, in nanoseconds since the epoch.
    """

    symbol: str
    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    ask_qty: Decimal
    timestamp: str | None
    recv_ns: int
