"""What can be subscribed to: each function here describes a channel, `Client.subscribe` makes it live."""

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, overload

import msgspec

from havklo.errors import ConfigurationError
from havklo.instruments import canonical

if TYPE_CHECKING:
    from havklo.events import BalanceChange, Candle, Execution, Ticker, Trade, TradeGap
    from havklo.level3 import Level3Subscription, Level3Subscriptions
    from havklo.subscription import BookSubscription, BookSubscriptions, InstrumentSubscription, Subscription

__all__ = [
    "BOOK_DEPTHS",
    "LEVEL3_DEPTHS",
    "OHLC_INTERVALS",
    "Channel",
    "Served",
    "Topic",
    "balances",
    "book",
    "executions",
    "instrument",
    "level3",
    "ohlc",
    "ticker",
    "trade",
]

S = TypeVar("S", bound="Subscription[Any]")

BOOK_DEPTHS = (10, 25, 100, 500, 1000)
"""The depths that Kraken serves books at."""

LEVEL3_DEPTHS = (10, 100, 1000)
"""The depths, in price levels, that Kraken serves level 3 at."""

OHLC_INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""The intervals that Kraken serves candles of, in minutes."""

Served: TypeAlias = Literal["public", "private", "level3"]
"""The endpoint that a channel is served at: one of a venue's roles."""


class Topic(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, cache_hash=True):
    """One thing on the wire: a channel of one symbol, with its options.

    Attributes:
        channel: The channel's name, as Kraken writes it.
        symbol: The symbol, `BASE/QUOTE`; empty for what is about all of them.
        depth: The depth, for books.
        interval: The interval in minutes, for candles.
        event_trigger: What makes the ticker speak.
    """

    channel: str
    symbol: str
    depth: int | None = None
    interval: int | None = None
    event_trigger: str | None = None

    @property
    def role(self) -> Served:
        """The endpoint that serves it."""
        return _role(self.channel)

    @property
    def is_book(self) -> bool:
        """Whether an engine keeps it, so that checksums prove it: level 2 and level 3."""
        return self.channel in ("book", "level3")

    @property
    def needs_token(self) -> bool:
        """Whether Kraken serves it only to whoever shows a token."""
        return _role(self.channel) != "public"

    @property
    def is_account(self) -> bool:
        """Whether it is about an account: its messages are numbered."""
        return self.channel in _ACCOUNT

    @property
    def key(self) -> tuple[str, str]:
        """What one connection can carry only once: the channel and the symbol, with whatever options."""
        return self.channel, self.symbol

    @property
    def kind(self) -> tuple[str, int | None, int | None, str | None]:
        """What topics that share a request have in common: all but the symbol."""
        return self.channel, self.depth, self.interval, self.event_trigger

    def __str__(self) -> str:
        options = f" at depth {self.depth}" if self.depth else f" of {self.interval} min" if self.interval else ""
        return f"{self.channel} {self.symbol}".rstrip() + options


class Channel(msgspec.Struct, Generic[S], frozen=True):
    """A description of something to subscribe to; its type says what `Client.subscribe` gives back.

    Attributes:
        name: The channel's name, as Kraken writes it.
        symbols: The symbols, in the order given; none for what is about all of them.
        depth: The depth, for books.
        interval: The interval in minutes, for candles.
        event_trigger: What makes the ticker speak: "trades" or "bbo".
        snapshot: Whether trades from before the subscription are wanted, too.
    """

    name: str
    symbols: tuple[str, ...]
    depth: int | None = None
    interval: int | None = None
    event_trigger: str | None = None
    snapshot: bool = True

    @property
    def role(self) -> Served:
        """The endpoint that serves it."""
        return _role(self.name)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The single things on the wire that this channel consists of."""
        symbols = self.symbols or ("",)
        return tuple(Topic(self.name, one, self.depth, self.interval, self.event_trigger) for one in symbols)


@overload
def book(symbol: str, /, *, depth: int = 10) -> "Channel[BookSubscription]": ...


@overload
def book(symbol: str, second: str, /, *more: str, depth: int = 10) -> "Channel[BookSubscriptions]": ...


def book(*symbols: str, depth: int = 10) -> Channel[Any]:
    """Describe the verified level-2 book of one or several symbols.

    Args:
        *symbols: Kraken's v2 names, such as "BTC/USD"; "xbt/usd", "XBTUSD" and "XXBTZUSD" are understood, too.
        depth: 10, 25, 100, 500 or 1000 levels a side.

    Returns:
        A channel that becomes a `BookSubscription` for one symbol, a `BookSubscriptions` for several.

    Raises:
        ConfigurationError: No symbol, one that can't be one, one named twice, or a depth that Kraken does not serve.
    """
    if depth not in BOOK_DEPTHS:
        raise ConfigurationError(
            f"Kraken serves no book of depth {depth!r}",
            hint=f"the depths are {', '.join(map(str, BOOK_DEPTHS))}",
        )
    return Channel("book", _checked(symbols), depth)


@overload
def level3(symbol: str, /, *, depth: int = 10) -> "Channel[Level3Subscription]": ...


@overload
def level3(symbol: str, second: str, /, *more: str, depth: int = 10) -> "Channel[Level3Subscriptions]": ...


def level3(*symbols: str, depth: int = 10) -> Channel[Any]:
    """Describe the verified level-3 book of one or several symbols: every order, in the order of its queue.

    Kraken serves it to whoever has an API key, of whatever permissions beyond "WebSocket interface":
    `Client(credentials=...)`. A subscription costs something of a budget, so many at once take a while: 40 symbols a
    second at depth 10, 8 at depth 100, 2 at depth 1000.

    Args:
        *symbols: Kraken's v2 names, such as "BTC/USD"; other names of theirs are understood, too.
        depth: 10, 100 or 1000 price levels a side.

    Returns:
        A channel that becomes a `Level3Subscription` for one symbol, a `Level3Subscriptions` for several.

    Raises:
        ConfigurationError: No symbol, one that can't be one, one named twice, or a depth that Kraken does not serve.
    """
    if depth not in LEVEL3_DEPTHS:
        raise ConfigurationError(
            f"Kraken serves no level 3 of depth {depth!r}",
            hint=f"the depths are {', '.join(map(str, LEVEL3_DEPTHS))}",
        )
    return Channel("level3", _checked(symbols), depth)


def trade(*symbols: str, snapshot: bool = False) -> "Channel[Subscription[Trade | TradeGap]]":
    """Describe the trades of one or several symbols, without holes.

    What a lost connection or a lost message has left out is repaired from Kraken's last 50 trades; what can't be
    repaired is a `TradeGap` with its bounds.

    Args:
        *symbols: The symbols.
        snapshot: Whether to begin with the last 50 trades from before the subscription.

    Raises:
        ConfigurationError: No symbol, one that can't be one, or one named twice.
    """
    return Channel("trade", _checked(symbols), snapshot=snapshot)


def ticker(*symbols: str, event_trigger: Literal["trades", "bbo"] = "trades") -> "Channel[Subscription[Ticker]]":
    """Describe the ticker of one or several symbols.

    Args:
        *symbols: The symbols.
        event_trigger: What makes it speak: every trade, or with "bbo" every change of the best bid and ask.

    Raises:
        ConfigurationError: No symbol, one that can't be one, one named twice, or another trigger.
    """
    if event_trigger not in ("trades", "bbo"):
        raise ConfigurationError(f"{event_trigger!r} is no event_trigger", hint='it is "trades" or "bbo"')
    return Channel("ticker", _checked(symbols), event_trigger=event_trigger)


def ohlc(*symbols: str, interval: int = 1) -> "Channel[Subscription[Candle]]":
    """Describe the candles of one or several symbols.

    The first events are the finished candles of the snapshot, oldest first; then the one that is still forming comes
    again with each change.

    Args:
        *symbols: The symbols.
        interval: How many minutes a candle covers: 1, 5, 15, 30, 60, 240, 1440, 10080 or 21600.

    Raises:
        ConfigurationError: No symbol, one that can't be one, one named twice, or an interval that Kraken does
            not serve.
    """
    if interval not in OHLC_INTERVALS:
        raise ConfigurationError(
            f"Kraken serves no candles of {interval!r} minutes",
            hint=f"the intervals are {', '.join(map(str, OHLC_INTERVALS))}",
        )
    return Channel("ohlc", _checked(symbols), interval=interval)


def instrument() -> "Channel[InstrumentSubscription]":
    """Describe the list of all assets and pairs, with their precisions, increments, minimums and status."""
    return Channel("instrument", ())


def executions(*, snap_trades: bool = True) -> "Channel[Subscription[Execution]]":
    """Describe what becomes of the account's orders: each event has the whole order beside what is new.

    They are those of the whole account, whoever has placed the orders. Kraken serves it to whoever has an API key that
    may query orders: `Client(credentials=...)`.

    Args:
        snap_trades: Whether to begin with the open orders and the last fills, as far as the snapshot has them.
    """
    return Channel("executions", (), snapshot=snap_trades)


def balances(*, snapshot: bool = True) -> "Channel[Subscription[BalanceChange]]":
    """Describe the account's balances and every change of them; for API keys that may query funds.

    Args:
        snapshot: Whether to begin with the balances as they are.
    """
    return Channel("balances", (), snapshot=snapshot)


_ACCOUNT = frozenset({"executions", "balances"})


def _role(channel: str) -> Served:
    return "level3" if channel == "level3" else "private" if channel in _ACCOUNT else "public"


def _checked(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if not symbols:
        raise ConfigurationError("at least one symbol is needed", hint='for example book("BTC/USD")')
    checked = tuple(canonical(symbol) for symbol in symbols)
    if len(set(checked)) < len(checked):
        twice = next(symbol for symbol in checked if checked.count(symbol) > 1)
        raise ConfigurationError(f"{twice!r} is named twice")
    return checked
