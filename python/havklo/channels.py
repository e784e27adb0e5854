"""What can be subscribed to: each function here describes a channel, `Client.subscribe` makes it live."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from havklo.subscription import BookSubscription, BookSubscriptions, Subscription

__all__ = ["BOOK_DEPTHS", "Channel", "Topic", "book"]

S = TypeVar("S", bound="Subscription[Any]")

BOOK_DEPTHS = (10, 25, 100, 500, 1000)
"""The depths that Kraken serves books at."""


class Topic(msgspec.Struct, frozen=True, gc=False):
    """One thing on the wire: a channel of one symbol at one depth.

    Attributes:
        channel: The channel's name, as Kraken writes it.
        symbol: The symbol, `BASE/QUOTE`.
        depth: The depth, for books.
    """

    channel: str
    symbol: str
    depth: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What one connection can carry only once: the channel and the symbol, at whatever depth."""
        return self.channel, self.symbol

    def __str__(self) -> str:
        return f"{self.channel} {self.symbol}" + (f" at depth {self.depth}" if self.depth else "")


class Channel(msgspec.Struct, Generic[S], frozen=True):
    """A description of something to subscribe to; its type says what `Client.subscribe` gives back.

    Attributes:
        name: The channel's name, as Kraken writes it.
        symbols: The symbols, in the order given.
        depth: The depth, for books.
    """

    name: str
    symbols: tuple[str, ...]
    depth: int | None = None

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The single things on the wire that this channel consists of."""
        return tuple(Topic(self.name, symbol, self.depth) for symbol in self.symbols)


@overload
def book(symbol: str, /, *, depth: int = 10) -> "Channel[BookSubscription]": ...


@overload
def book(symbol: str, second: str, /, *more: str, depth: int = 10) -> "Channel[BookSubscriptions]": ...


def book(*symbols: str, depth: int = 10) -> Channel[Any]:
    """Describe the verified level-2 book of one or several symbols.

    Args:
        *symbols: Kraken's v2 names, such as "BTC/USD".
        depth: 10, 25, 100, 500 or 1000 levels a side.

    Returns:
        A channel that becomes a `BookSubscription` for one symbol, a `BookSubscriptions` for several.

    Raises:
        ConfigurationError: No symbol, a symbol that is not `BASE/QUOTE`, one named twice, or a depth that
            Kraken does not serve.
    """
    if depth not in BOOK_DEPTHS:
        raise ConfigurationError(
            f"Kraken serves no book of depth {depth!r}",
            hint=f"the depths are {', '.join(map(str, BOOK_DEPTHS))}",
        )
    return Channel("book", _checked(symbols), depth)


def _checked(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if not symbols:
        raise ConfigurationError("at least one symbol is needed", hint='for example book("BTC/USD")')
    for symbol in symbols:
        base, slash, quote = symbol.partition("/")
        if not (base and slash and quote) or "/" in quote or symbol != symbol.strip():
            raise ConfigurationError(f"{symbol!r} is no symbol", hint="symbols are written BASE/QUOTE, such as BTC/USD")
    if len(set(symbols)) < len(symbols):
        twice = next(symbol for symbol in symbols if symbols.count(symbol) > 1)
        raise ConfigurationError(f"{twice!r} is named twice")
    return symbols
