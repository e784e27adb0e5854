"""What the metrics need to see of an event: its kind, told by its shape, and its time on the chosen clock."""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from havklo._protocol.stamps import epoch_ns
from havklo.errors import ConfigurationError
from havklo.events import ConnectionLost, Stalled

if TYPE_CHECKING:
    from havklo.events import Level, Top

__all__ = [
    "EXACT",
    "NAN",
    "Attributing",
    "BookMessage",
    "Clock",
    "Kind",
    "LevelChange",
    "OrderChange",
    "OrdersMessage",
    "Reduction",
    "TradeMessage",
    "kind_of",
    "moment",
    "nanoseconds",
    "ratio",
]

Clock: TypeAlias = Literal["exchange", "receive"]
"""Whose time counts: "exchange" is Kraken's in the message, "receive" that of its arrival here."""

EXACT: Final = Context(prec=200)
"""Sums, differences and products of prices and quantities are exact in it, whatever the caller's own context is."""

NAN: Final = float("nan")


class Kind(Enum):
    """What an event tells a metric."""

    BOOK = auto()
    ORDERS = auto()
    TRADE = auto()
    GAP = auto()
    LOST = auto()
    DOWN = auto()
    OTHER = auto()


class LevelChange(Protocol):
    """A level's new quantity, as `havklo.events.Change`."""

    @property
    def side(self) -> str: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def qty(self) -> Decimal: ...


class OrderChange(Protocol):
    """What became of one order, as `havklo.events.OrderChange`."""

    @property
    def side(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def order_id(self) -> str: ...
    @property
    def limit_price(self) -> Decimal: ...
    @property
    def order_qty(self) -> Decimal: ...
    @property
    def qty_before(self) -> Decimal: ...
    @property
    def timestamp_ns(self) -> int: ...
    @property
    def level(self) -> int: ...
    @property
    def reason(self) -> str: ...


class _Message(Protocol):
    @property
    def symbol(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def top(self) -> "Top | None": ...
    @property
    def best_bid(self) -> "Level | None": ...
    @property
    def best_ask(self) -> "Level | None": ...
    @property
    def depth(self) -> int: ...
    @property
    def conflated(self) -> int: ...
    @property
    def recv_ns(self) -> int: ...


class BookMessage(_Message, Protocol):
    """A verified message of a level-2 book, as `havklo.events.BookUpdate`."""

    @property
    def changes(self) -> Sequence[LevelChange]: ...


class OrdersMessage(_Message, Protocol):
    """A verified message of a level-3 book, as `havklo.events.Level3Update`."""

    @property
    def changes(self) -> Sequence[OrderChange]: ...
    @property
    def timestamp_ns(self) -> int | None: ...


class Reduction(Protocol):
    """Why an order has less than before."""

    @property
    def order_id(self) -> str: ...
    @property
    def qty(self) -> Decimal: ...
    @property
    def cause(self) -> str: ...
    @property
    def recv_ns(self) -> int: ...


class Attributing(Protocol):
    """Settles by the trades what a level-3 message leaves open: `havklo.analytics.Attribution`."""

    def feed(self, event: Any, /) -> Iterable[Reduction]:
        """Take a level-3 message, a trade or a gap; gives what is decided now, also of earlier messages."""
        ...

    def tick(self, now_ns: int, /) -> Iterable[Reduction]:
        """Decide what has waited for long enough, by the receiver's clock."""
        ...


class TradeMessage(Protocol):
    """A trade, as `havklo.events.Trade`."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def qty(self) -> Decimal: ...
    @property
    def trade_id(self) -> int: ...
    @property
    def source(self) -> str: ...


@cache
def kind_of(event: type[object]) -> Kind:
    """Tell what an event of this class is by the names it has, so that a record of a table can be fed as well."""
    if issubclass(event, ConnectionLost | Stalled):
        return Kind.DOWN
    shapes = {
        Kind.TRADE: ("trade_id", "side", "price", "qty"),
        Kind.ORDERS: ("top", "changes", "timestamp_ns"),
        Kind.BOOK: ("top", "changes", "timestamp"),
        Kind.GAP: ("symbol", "first", "last", "count"),
        Kind.LOST: ("symbols", "expected", "computed"),
    }
    return next((kind for kind, names in shapes.items() if all(hasattr(event, name) for name in names)), Kind.OTHER)


def moment(event: object, clock: Clock) -> int | None:
    """Give an event's time on a clock, in nanoseconds since the epoch; None where it has none."""
    if clock == "receive":
        return getattr(event, "recv_ns", None)
    if hasattr(event, "timestamp_ns"):
        stamp: int | None = getattr(event, "timestamp_ns", None)
        return stamp
    text: str | None = getattr(event, "timestamp", None)
    return None if text is None else epoch_ns(text)


def nanoseconds(seconds: float, name: str) -> int:
    """Turn a positive duration in seconds into nanoseconds.

    Raises:
        ConfigurationError: It is not above 0, or none that can be counted.
    """
    if not 0 < seconds < 1e9 or round(seconds * 1e9) < 1:
        raise ConfigurationError(f"{name} is a number of seconds above 0, not {seconds!r}")
    return round(seconds * 1e9)


def ratio(numerator: float | Decimal, denominator: float | Decimal) -> float:
    """Divide for a statistic; NaN where there is nothing to divide by."""
    return float(numerator) / float(denominator) if denominator else NAN
