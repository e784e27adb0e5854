"""Kraken order books that prove themselves; the compiled part of Havklo.

Everything here is frozen: events and values are facts about one moment, and a `Book` is a handle that asks its engine.
All calls are safe from any thread; each getter is atomic, and `Book.snapshot` gives several values of one instant.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Literal, final, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

from havklo.errors import BookNotLive as BookNotLive
from havklo.errors import ConfigurationError as ConfigurationError
from havklo.errors import HavkloError as HavkloError
from havklo.errors import MalformedFrame as MalformedFrame
from havklo.errors import NumberTooLarge as NumberTooLarge
from havklo.errors import UnknownSymbol as UnknownSymbol

__all__ = [
    "Book",
    "BookArrays",
    "BookNotLive",
    "BookSnapshot",
    "BookState",
    "BookStatistics",
    "BookUpdate",
    "Change",
    "ConfigurationError",
    "Desync",
    "DesyncReason",
    "Engine",
    "FillEstimate",
    "FillModel",
    "FillRates",
    "HavkloError",
    "Level",
    "Level3Book",
    "Level3Update",
    "MalformedFrame",
    "NumberTooLarge",
    "Order",
    "OrderChange",
    "Peek",
    "Priority",
    "QueuePosition",
    "Sweep",
    "Top",
    "UnknownSymbol",
    "fill_before_move",
    "fill_before_move_within",
    "fill_incidence",
    "fill_time",
    "fill_within",
    "fill_within_full",
    "fill_within_mixed",
]

class BookState(StrEnum):
    """What a book can be relied on for: only a live one answers reads."""

    AWAITING = "awaiting"
    LIVE = "live"
    DESYNCED = "desynced"
    CLOSED = "closed"

class DesyncReason(StrEnum):
    """Why a book was given up."""

    CHECKSUM = "checksum"
    MALFORMED = "malformed"
    MISSING_CHECKSUM = "missing_checksum"
    UNKNOWN_DELETE = "unknown_delete"
    UNCHANGED_LEVEL = "unchanged_level"
    SHORT_SIDE = "short_side"
    BETTER_REFILL = "better_refill"
    CROSSED = "crossed"

@final
class Engine:
    """The books of one connection: Kraken WebSocket v2 frames in, verified updates or desyncs out.

    Frames must come in the order of the wire. A message is applied whole, truncated to the depth and verified before
    `receive` returns; one that fails is taken back and its book can't be read until a verified snapshot comes.

    Args:
        rules: The structural rules that watch what the checksum does not cover (levels below the ten best). Each
            that is broken by a message whose checksum holds desynchronises the book. All four by default.

    Raises:
        ConfigurationError: A rule's name is unknown.
    """

    def __new__(
        cls,
        *,
        rules: Iterable[str] = ("unknown_delete", "unchanged_level", "short_side", "better_refill"),
    ) -> Engine: ...
    @overload
    def track(
        self,
        symbol: str,
        depth: int = 10,
        precision: tuple[int, int] | None = None,
        channel: Literal["book"] = "book",
    ) -> Book:
        """Keep a symbol's book from now on; a symbol that is tracked already starts anew with these settings.

        Args:
            symbol: Kraken's v2 name, such as `BTC/USD`.
            depth: Levels a side, as subscribed: 10, 25, 100, 500 or 1000; of level 3 10, 100 or 1000.
            precision: Decimals of price and quantity, for a source that lost trailing zeros (a float-parsed file).
                Live frames need none: their checksum is computed from the digits as sent.
            channel: `book`, or `level3` for a book that knows its orders. One engine keeps a symbol for one of them.

        Returns:
            The book, awaiting a snapshot; a `Level3Book` of level 3.

        Raises:
            ConfigurationError: Kraken offers no such depth or channel.
        """

    @overload
    def track(
        self,
        symbol: str,
        depth: int = 10,
        precision: tuple[int, int] | None = None,
        *,
        channel: Literal["level3"],
    ) -> Level3Book: ...
    @overload
    def track(
        self, symbol: str, depth: int = 10, precision: tuple[int, int] | None = None, channel: str = "book"
    ) -> Book: ...
    def untrack(self, symbol: str) -> None:
        """Stop keeping a symbol's book, whose handles become closed.

        Raises:
            UnknownSymbol: The symbol is not tracked.
        """

    def book(self, symbol: str) -> Book:
        """Give the book of a tracked symbol, whichever channel it is made of.

        Raises:
            UnknownSymbol: The symbol is not tracked.
        """

    def level3(self, symbol: str) -> Level3Book:
        """Give the book of a symbol that is tracked at level 3.

        Raises:
            UnknownSymbol: The symbol is not tracked at level 3.
        """

    def suspend(self, symbol: str | None = None, reason: str = "suspended") -> None:
        """Make a book (or all) wait for a snapshot: the connection ended, stalled, or it is being subscribed anew.

        Raises:
            UnknownSymbol: The symbol is not tracked.
        """

    def receive(self, frame: bytes | bytearray | memoryview, recv_ns: int) -> BookUpdate | Level3Update | Desync | None:
        """Take in one frame; when it returns, the frame is applied whole and proven, or not at all.

        Args:
            frame: The frame's bytes. Bytes are read in place, other buffers are copied.
            recv_ns: When it came, in nanoseconds since the epoch.

        Returns:
            A `BookUpdate` or `Level3Update` for a verified message; a `Desync` when a tracked book had to be given up;
            None for another channel, a symbol that is not tracked, and an update while its book is not live.

        Raises:
            MalformedFrame: The bytes are no Kraken frame, and the fault can't be put to a tracked book.
        """

    def receive_many(
        self, frames: Sequence[tuple[bytes | bytearray | memoryview, int]]
    ) -> list[BookUpdate | Level3Update | Desync | MalformedFrame | None]:
        """Take in many frames without holding the interpreter; the same results, in order.

        A frame for which `receive` would raise has its `MalformedFrame` in the list, so that the others are not lost.
        """

    @property
    def symbols(self) -> tuple[str, ...]:
        """The tracked symbols, in the order of tracking."""

    @property
    def ignored(self) -> int:
        """How many book messages were not used: for symbols that are not tracked, or while a book was not live."""

@disjoint_base
class Book:
    """An order book that answers only while every message up to now was proven.

    Given by `Engine.track` and by subscriptions. A read while the book is not live raises `BookNotLive`; `top` is None
    instead, and `peek` gives the last verified state to whoever asks for it by name.
    """

    @property
    def symbol(self) -> str:
        """The symbol."""

    @property
    def depth(self) -> int:
        """Levels a side, as subscribed; 0 once closed."""

    @property
    def state(self) -> BookState:
        """The state; only a live book answers reads."""

    @property
    def reason(self) -> str | None:
        """Why the book is not live; None if it is."""

    @property
    def proven_depth(self) -> int:
        """How many levels a side Kraken's checksum proves: 10. Deeper ones are watched by structure."""

    @property
    def crossed(self) -> bool:
        """Whether the book is crossed, and a fresh snapshot was, too.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def best_bid(self) -> Level | None:
        """The best bid; None while there is none.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def best_ask(self) -> Level | None:
        """The best ask; None while there is none.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def top(self) -> Top | None:
        """Best bid and best ask of one instant; None while a side is empty or the book is not live."""

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid, in the quote currency; None while a side is empty.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def mid(self) -> Decimal | None:
        """The middle of best bid and best ask, exact; None while a side is empty.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def microprice(self) -> Decimal | None:
        """The weighted mid price `Pa·I + Pb·(1 - I)` with `I = Qb / (Qb + Qa)`, to 28 significant digits.

        None while a side is empty. In much of the industry this is called the microprice; it is not Stoikov's
        martingale estimate (SSRN 2970694).

        Raises:
            BookNotLive: The book is not proven now.
            NumberTooLarge: Prices and quantities are beyond 256-bit arithmetic.
        """

    def imbalance(self, levels: int = 10) -> Decimal | None:
        """Queue imbalance `(Qb - Qa) / (Qb + Qa)` over the best levels a side, from -1 (all asks) to 1 (all bids).

        None of an empty book.

        Raises:
            BookNotLive: The book is not proven now.
            ConfigurationError: No level was asked for.
        """

    def bids(self, n: int | None = None) -> list[Level]:
        """Give the bids, best first, at most `n`.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def asks(self, n: int | None = None) -> list[Level]:
        """Give the asks, best first, at most `n`.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def vwap(self, side: Literal["buy", "sell"], qty: str | int | Decimal) -> Sweep:
        """Tell what it costs to take `qty` at once: a buy takes from the asks, a sell from the bids.

        Args:
            side: `buy` or `sell`.
            qty: How much, in units of the base currency. Never a float.

        Raises:
            BookNotLive: The book is not proven now.
            ConfigurationError: The side or the quantity can't be meant.
            NumberTooLarge: Prices and quantities are beyond 256-bit arithmetic.
        """

    def snapshot(self, n: int | None = None) -> BookSnapshot:
        """Give levels (at most `n` a side), checksum and times of one instant.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def peek(self, now_ns: int | None = None) -> Peek:
        """Give the last verified state with its age, whatever the state is now.

        Args:
            now_ns: The time to count the age to, in nanoseconds since the epoch; the system's clock by default.
        """

    def age_ns(self, now_ns: int | None = None) -> int | None:
        """Give the nanoseconds since the last verified message came; None before the first."""

    @property
    def checksum(self) -> int:
        """Kraken's checksum of the last message, which the book's equals.

        Raises:
            BookNotLive: The book is not proven now.
        """

    @property
    def timestamp(self) -> str | None:
        """The time in the last verified message as Kraken sent it, or None."""

    @property
    def recv_ns(self) -> int | None:
        """When the last verified message came, in nanoseconds since the epoch; None before the first."""

    def to_numpy(self) -> BookArrays:
        """Give ticks and lots as read-only int64 arrays with their scales.

        Raises:
            BookNotLive: The book is not proven now.
            NumberTooLarge: A number does not fit in 64 bits.
        """

    def to_floats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give bids and asks as read-only float64 arrays of shape (levels, 2): price and quantity, nearest doubles.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def statistics(self) -> BookStatistics:
        """Give the counters since the symbol was tracked."""

@final
class Level3Book(Book):
    """An order book that knows the orders behind its levels; it, too, answers only while every message was proven.

    All that a `Book` answers is answered from levels that are sums over these orders. Kraken's checksum covers the
    sequence of the orders in the ten best levels.
    """

    def orders(self, side: Literal["bid", "ask"], level: int | None = None) -> list[Order]:
        """Give the orders of a side, first to be filled first; none beyond the book.

        Args:
            side: `bid` or `ask`.
            level: Which price's, 0 for the best; None: all of them, best price first.

        Raises:
            BookNotLive: The book is not proven now.
            ConfigurationError: There is no such side.
        """

    def order(self, order_id: str) -> Order | None:
        """Give an order by its id; None if the book does not hold it.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def queue_position(self, order_id: str) -> QueuePosition:
        """Tell an order's place in the queue at its price, in time that grows with the logarithm of the queue.

        It is of exactness `unknown` if the book does not hold the order.

        Raises:
            BookNotLive: The book is not proven now.
        """

    def order_count(self, side: Literal["bid", "ask"], level: int) -> int:
        """Tell how many orders stand at a level, 0 for the best price; 0 beyond the book.

        Raises:
            BookNotLive: The book is not proven now.
            ConfigurationError: There is no such side.
        """

    def learn(self, *, half_life: float | None = 1800.0, horizons: Sequence[float] | None = None) -> None:
        """Start to learn how orders of this book are filled, anew if it does already.

        Every message then also feeds an estimator, which `fill_probability` asks. It goes on through resyncs.

        Args:
            half_life: After how many seconds an event counts half in the rates; None: all count alike for ever.
            horizons: For which horizons, in seconds, outcomes are collected; six at most, the longest 600. By default
                1, 3, 10 and 60.

        Raises:
            ConfigurationError: A number is not above 0.
        """

    @property
    def learns(self) -> bool:
        """Whether it learns."""

    def traded(
        self,
        side: Literal["buy", "sell"],
        price: str | int | Decimal,
        qty: str | int | Decimal,
        timestamp_ns: int,
    ) -> None:
        """Tell the book of a trade of its symbol, so that what it learns does not take cancels for trades.

        A client that subscribes to the symbol's trades, too, does this by itself.

        Args:
            side: The taker's side.
            price: The price.
            qty: The quantity, in units of the base currency.
            timestamp_ns: When, on the exchange's clock, in nanoseconds since the epoch.

        Raises:
            ConfigurationError: An argument can't be meant.
        """

    def own(self, order_id: str) -> None:
        """Tell the book that an order is the user's own: it counts neither in rates nor as being ahead."""

    def fill_probability(
        self,
        order_id: str | None = None,
        /,
        *,
        within: float,
        side: Literal["bid", "ask"] | None = None,
        price: str | int | Decimal | None = None,
        qty: str | int | Decimal | None = None,
        model: Literal["auto", "cst", "empirical"] = "auto",
        amount: Literal["first_touch", "full_fill"] = "first_touch",
        until: Literal["price_held", "before_move"] = "price_held",
    ) -> FillEstimate:
        """Tell how likely an order is to be filled within so many seconds, if its owner does not cancel it.

        A book that does not learn begins to with the first question; before it has seen anything, `p` is nan. Model
        "cst" is that of Cont, Stoikov and Talreja (2010); "auto" knows the ages of the orders ahead and that trades
        cluster, is corrected by what became of imagined orders, and says whether enough of them stand behind it
        (`calibrated`); "empirical" is what became of those that had about as much ahead of them.

        Args:
            order_id: An order that rests in the book.
            within: How many seconds; infinite: ever, which only "before_move" ends.
            side: Instead of an order: the side of one that would be placed at the back of the queue,
            price: at this price,
            qty: of this quantity.
            model: How it is found.
            amount: Whether any part of the order must be filled, or all of it.
            until: What ends the observation beside the horizon: nothing, or a best price that moves away.

        Raises:
            BookNotLive: The book is not proven now.
            OrderNotInBook: It does not hold this order.
            ConfigurationError: An argument can't be meant, an order at this price would be traded at once, or the
                book does not reach to it.
        """

    @property
    def priority(self) -> Priority:
        """What was found out about amended orders since the symbol was tracked.

        Raises:
            BookNotLive: The book is not proven now.
        """

@final
class Order:
    """One resting order, as it was when it was read."""

    @property
    def order_id(self) -> str:
        """Its id."""

    @property
    def side(self) -> Literal["bid", "ask"]:
        """`bid` or `ask`."""

    @property
    def limit_price(self) -> Decimal:
        """Its price."""

    @property
    def order_qty(self) -> Decimal:
        """What it shows of its quantity, in units of the base currency."""

    @property
    def timestamp_ns(self) -> int:
        """When it was inserted or last amended, in nanoseconds since the epoch, as Kraken says."""

    @property
    def proven(self) -> bool:
        """Whether the checksum covers its level, and with it the sequence of the orders there."""

@final
class QueuePosition:
    """An order's place in the queue at its price. Equal positions say the same."""

    @property
    def orders_ahead(self) -> int | None:
        """How many orders are filled before it; None if the book does not hold it."""

    @property
    def qty_ahead(self) -> Decimal | None:
        """The quantity ahead of it, in units of the base currency; None if the book does not hold the order."""

    @property
    def qty_level(self) -> Decimal | None:
        """The quantity at its price, its own included; None if the book does not hold the order."""

    @property
    def rank(self) -> int | None:
        """Its place at its price, 1 for the one that is filled next; None if the book does not hold the order."""

    @property
    def level(self) -> int | None:
        """The rank of its price on its side, 0 for the best; None if the book does not hold the order."""

    @property
    def exactness(self) -> Literal["exact", "bounded", "unknown"]:
        """How far it can be relied on.

        exact: the checksum covers its level. bounded: it lies deeper, and the place is what the messages imply.
        unknown: the book does not hold it.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Priority:
    """What was found out about the places of amended orders, by the checksum."""

    @property
    def qty_down(self) -> Literal["keep", "back", "undecided"]:
        """After a quantity that became less."""

    @property
    def qty_up(self) -> Literal["keep", "back", "undecided"]:
        """After a quantity that became more."""

    @property
    def price(self) -> Literal["keep", "back", "undecided"]:
        """After a new price; `back` is the back of the new queue."""

    @property
    def evidence(self) -> dict[str, tuple[int, int, int]]:
        """By these names, how many amends prove `keep`, how many `back`, and how many neither."""

@final
class OrderChange:
    """What a verified message did to one order."""

    @property
    def side(self) -> Literal["bid", "ask"]:
        """`bid` or `ask`."""

    @property
    def event(self) -> Literal["add", "modify", "delete"]:
        """`add`, `modify` or `delete`."""

    @property
    def order_id(self) -> str:
        """The order's id."""

    @property
    def limit_price(self) -> Decimal:
        """Its price, after the change."""

    @property
    def order_qty(self) -> Decimal:
        """Its quantity after the change, in units of the base currency; 0 for a delete."""

    @property
    def qty_before(self) -> Decimal:
        """Its quantity before; 0 for an add."""

    @property
    def timestamp_ns(self) -> int:
        """When it was inserted or last amended, in nanoseconds since the epoch, as Kraken says."""

    @property
    def entered_ns(self) -> int:
        """The first such time that was seen of the order."""

    @property
    def level(self) -> int:
        """The rank of its price on its side when it happened, 0 for the best."""

    @property
    def orders_ahead(self) -> int:
        """How many orders stood before it at its price: before it left or changed, after it came."""

    @property
    def qty_ahead(self) -> Decimal:
        """Their quantity."""

    @property
    def reason(self) -> Literal["snapshot", "new", "edge", "amend", "fill", "cancel", "unknown"]:
        """Why, as far as the message itself proves it.

        snapshot: it stood in a snapshot. new: it was placed. edge: its level came into the window from outside. amend:
        its timestamp moved, or its id was deleted and added in one message. fill: its quantity fell while its timestamp
        stayed. cancel: it was deleted though it was not the first of the best level, so that no trade can have taken
        it. unknown: the first order of the best level was deleted, by a trade or by its owner.
        """

@final
class BookUpdate:
    """A verified book message: what changed, and the top of the book as of this message."""

    @property
    def symbol(self) -> str:
        """The symbol."""

    @property
    def type(self) -> Literal["snapshot", "update"]:
        """`snapshot` or `update`."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The message's entries in their order; empty in a conflated update."""

    @property
    def best_bid(self) -> Level | None:
        """The best bid after this message; None while there is none."""

    @property
    def best_ask(self) -> Level | None:
        """The best ask after this message; None while there is none."""

    @property
    def top(self) -> Top | None:
        """Best bid and best ask; None while a side is empty."""

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid; negative in a crossed book; None while a side is empty."""

    @property
    def mid(self) -> Decimal | None:
        """The middle of best bid and best ask, exact; None while a side is empty."""

    @property
    def checksum(self) -> int:
        """Kraken's checksum, which the book's equals."""

    @property
    def timestamp(self) -> str | None:
        """The time in the message as Kraken sent it (RFC 3339), or None."""

    @property
    def recv_ns(self) -> int:
        """When the message came, in nanoseconds since the epoch."""

    @property
    def depth(self) -> int:
        """The book's depth."""

    @property
    def crossed(self) -> bool:
        """Whether the book is crossed, and a fresh snapshot was, too."""

    @property
    def conflated(self) -> int:
        """How many earlier updates a slow reader did not see before this one."""

    def conflate(self, count: int, /) -> BookUpdate:
        """Give the same update standing for `count` earlier ones as well, without changes."""

@final
class Level3Update:
    """A verified level-3 message: what happened to orders, and the top of the book as of this message."""

    @property
    def symbol(self) -> str:
        """The symbol."""

    @property
    def type(self) -> Literal["snapshot", "update"]:
        """`snapshot` or `update`."""

    @property
    def changes(self) -> tuple[OrderChange, ...]:
        """The message's entries in their order; a snapshot's, one for each order; empty in a conflated update."""

    @property
    def pushed_out(self) -> tuple[str, ...]:
        """The ids of orders that were pushed out of the book's depth: they rest on, unseen."""

    @property
    def timestamp_ns(self) -> int | None:
        """The time in the message in nanoseconds since the epoch, or None."""

    @property
    def best_bid(self) -> Level | None:
        """The best bid after this message; None while there is none."""

    @property
    def best_ask(self) -> Level | None:
        """The best ask after this message; None while there is none."""

    @property
    def top(self) -> Top | None:
        """Best bid and best ask; None while a side is empty."""

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid; negative in a crossed book; None while a side is empty."""

    @property
    def mid(self) -> Decimal | None:
        """The middle of best bid and best ask, exact; None while a side is empty."""

    @property
    def checksum(self) -> int:
        """Kraken's checksum, which the book's equals."""

    @property
    def timestamp(self) -> str | None:
        """The time in the message as Kraken sent it (RFC 3339), or None."""

    @property
    def recv_ns(self) -> int:
        """When the message came, in nanoseconds since the epoch."""

    @property
    def depth(self) -> int:
        """The book's depth."""

    @property
    def crossed(self) -> bool:
        """Whether the book is crossed, and a fresh snapshot was, too."""

    @property
    def conflated(self) -> int:
        """How many earlier updates a slow reader did not see before this one."""

    def conflate(self, count: int, /) -> Level3Update:
        """Give the same update standing for `count` earlier ones as well, without changes."""

@final
class Desync:
    """A message that was not proven: its books can't be read until a verified snapshot comes."""

    @property
    def symbol(self) -> str:
        """The (first) book's symbol."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of all books that this message desynchronised; usually one."""

    @property
    def reason(self) -> DesyncReason:
        """Why."""

    @property
    def expected(self) -> int | None:
        """Kraken's checksum, or None where the message had none."""

    @property
    def computed(self) -> int | None:
        """The book's checksum after the message, or None where it could not be applied."""

    @property
    def detail(self) -> str:
        """What was wrong, as a sentence."""

    @property
    def timestamp(self) -> str | None:
        """The time in the last verified message of the book, or None."""

    @property
    def recv_ns(self) -> int:
        """When the message came, in nanoseconds since the epoch."""

@final
class Level:
    """One price of a book and the quantity that stands there; unpacks as `price, qty`.

    Equal levels have equal prices and quantities, however many zeros end them.
    """

    @property
    def price(self) -> Decimal:
        """The price, with the digits Kraken sent."""

    @property
    def qty(self) -> Decimal:
        """The quantity, in units of the base currency."""

    @property
    def proven(self) -> bool:
        """Whether the checksum covers this level: it is among the ten best."""

    def __iter__(self) -> Iterator[Decimal]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Top:
    """The best bid and the best ask of one instant."""

    @property
    def bid(self) -> Level:
        """The best bid."""

    @property
    def ask(self) -> Level:
        """The best ask."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Change:
    """One entry of a message's `bids` or `asks`."""

    @property
    def side(self) -> Literal["bid", "ask"]:
        """`bid` or `ask`."""

    @property
    def price(self) -> Decimal:
        """The price."""

    @property
    def qty(self) -> Decimal:
        """The quantity that stands there now; 0 removes the level."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Sweep:
    """What it costs to take a quantity from a book. Fees are not included."""

    @property
    def price(self) -> Decimal | None:
        """Volume-weighted average price of what was filled, to 28 significant digits; None if nothing was."""

    @property
    def filled(self) -> Decimal:
        """How much of the quantity the book holds."""

    @property
    def unfilled(self) -> Decimal:
        """The rest, for which the book is too thin."""

    @property
    def levels(self) -> int:
        """How many levels were touched."""

    @property
    def slippage_bps(self) -> Decimal | None:
        """`10⁴ · d · (price - mid) / mid` with `d` = 1 for a buy and -1 for a sell; None without a mid price."""

    @property
    def proven(self) -> bool:
        """Whether only levels that the checksum covers were touched."""

@final
class BookSnapshot:
    """Several levels of one instant."""

    @property
    def symbol(self) -> str:
        """The symbol."""

    @property
    def depth(self) -> int:
        """The book's depth."""

    @property
    def bids(self) -> tuple[Level, ...]:
        """Bids, best first."""

    @property
    def asks(self) -> tuple[Level, ...]:
        """Asks, best first."""

    @property
    def checksum(self) -> int:
        """Kraken's checksum of the message that made it so."""

    @property
    def timestamp(self) -> str | None:
        """That message's time as Kraken sent it, or None."""

    @property
    def recv_ns(self) -> int | None:
        """When that message came, in nanoseconds since the epoch."""

    @property
    def state(self) -> BookState:
        """The book's state."""

    @property
    def crossed(self) -> bool:
        """Whether it is crossed, and a fresh snapshot was, too."""

@final
class Peek:
    """The last verified state of a book, whatever its state is now."""

    @property
    def snapshot(self) -> BookSnapshot | None:
        """What the book held; None before the first verified snapshot."""

    @property
    def age_ns(self) -> int | None:
        """Nanoseconds since that message came; None before the first."""

    @property
    def state(self) -> BookState:
        """The book's state now."""

    @property
    def reason(self) -> str | None:
        """Why it is not live; None if it is."""

@final
class BookArrays:
    """A book as integers: ticks and lots with their scales."""

    @property
    def bid_price(self) -> NDArray[np.int64]:
        """Bid prices in ticks, best first."""

    @property
    def bid_qty(self) -> NDArray[np.int64]:
        """Bid quantities in lots."""

    @property
    def ask_price(self) -> NDArray[np.int64]:
        """Ask prices in ticks, best first."""

    @property
    def ask_qty(self) -> NDArray[np.int64]:
        """Ask quantities in lots."""

    @property
    def price_scale(self) -> int:
        """A price is its ticks divided by ten to this."""

    @property
    def qty_scale(self) -> int:
        """A quantity is its lots divided by ten to this."""

@final
class BookStatistics:
    """Counters of one book since it was tracked."""

    @property
    def messages(self) -> int:
        """Book messages addressed to it."""

    @property
    def verified(self) -> int:
        """Messages proven, snapshots among them."""

    @property
    def snapshots(self) -> int:
        """Snapshots proven."""

    @property
    def ignored(self) -> int:
        """Updates that came while it was not live."""

    @property
    def desyncs(self) -> dict[DesyncReason, int]:
        """Desyncs by reason; reasons that never occurred are absent."""

@final
class FillEstimate:
    """A probability of a fill, with how sure it is and of what it is one.

    The order's owner is taken not to cancel it.
    """

    @property
    def p(self) -> float:
        """The probability; nan before anything was seen that could tell."""

    @property
    def low(self) -> float:
        """The lower end of its 95 % interval.

        Of a calibrated or empirical one it is binomial on effective outcomes; else it tells only how uncertain the
        rates are, not how wrong the model.
        """

    @property
    def high(self) -> float:
        """The upper end of its 95 % interval."""

    @property
    def model(self) -> str:
        """`cst`, `auto` or `empirical`."""

    @property
    def calibrated(self) -> bool:
        """Whether at least 2,000 effective outcomes of shadow orders stand behind it."""

    @property
    def n_events(self) -> float:
        """Effective outcomes, or for an uncalibrated model the traded sweeps behind the rate of trades; decayed."""

    @property
    def amount(self) -> str:
        """What must be filled: any part (`first_touch`) or all of it (`full_fill`)."""

    @property
    def until(self) -> str:
        """What ends the observation beside the horizon.

        Nothing, the order is held whatever the quotes do (`price_held`); or that a best price of either side gets
        farther from it than it was at first (`before_move`).
        """

@final
class FillRates:
    """The rates of one side of a book, as a `FillModel` estimates them."""

    @property
    def unit(self) -> float:
        """Mean quantity of a limit order near the best price, in base currency: the unit of those below."""

    @property
    def market(self) -> float:
        """Units traded against this side, per second."""

    @property
    def limit(self) -> float:
        """Units of limit orders that join its best price, per second."""

    @property
    def cancel(self) -> float:
        """Cancels per second of each order at the best price."""

    @property
    def shape(self) -> float:
        """Shape of the Gamma law of the trade rate over the asked horizon; inf where trades do not cluster."""

    @property
    def sweeps(self) -> float:
        """Traded sweeps, decayed: all prints of one taker at one time are one."""

    @property
    def cancels(self) -> float:
        """Cancels of both sides, decayed."""

    @property
    def seconds(self) -> float:
        """Seconds of observation, decayed."""

@final
class FillModel:
    """Fill probabilities of one book, learned as its messages and trades come.

    Times are nanoseconds of the exchange's clock; prices are integers, in ticks; quantities are floats, in base
    currency. Nothing that comes later changes what was answered before.

    Args:
        half_life: After how many seconds an event counts half in the rates, 1800 by default; None: all count alike for
            ever.
        outcomes_half_life: The same for the outcomes of shadow orders, 21600 by default.
        horizons: The seconds for which the outcomes of shadow orders are kept: one to six, at most 600; 1, 3, 10
            and 60 by default. Answers for horizons between them are interpolated, those outside are never calibrated.

    Raises:
        ConfigurationError: A half-life is not above 0, or the horizons are none, too many or too long.
    """

    def __new__(
        cls,
        *,
        half_life: float | None = 1800.0,
        outcomes_half_life: float | None = 21600.0,
        horizons: Sequence[float] = (1.0, 3.0, 10.0, 60.0),
    ) -> FillModel: ...
    def snapshot(
        self,
        now_ns: int,
        bids: Sequence[tuple[int, float, int]],
        asks: Sequence[tuple[int, float, int]],
        orders: Sequence[tuple[str, int, float, int, int]],
    ) -> None:
        """The book is live from here on, with these orders; what was under way before is not known to its end.

        Args:
            now_ns: The exchange's time.
            bids: Price, quantity and number of orders of the best few levels, best first.
            asks: The same of the asks.
            orders: Side (`bid`, `ask`), price, quantity, sequence and time of entry of each resting order. Of two
                orders at one price, the one ahead has the smaller sequence.

        Raises:
            ConfigurationError: A side is unknown, or a quantity negative or not finite.
        """

    def message(
        self,
        now_ns: int,
        bids: Sequence[tuple[int, float, int]],
        asks: Sequence[tuple[int, float, int]],
        events: Sequence[tuple[str, int, str, bool, float, int, int]],
    ) -> None:
        """One message of the book, with its best few levels after it; nothing happens before a snapshot.

        Args:
            now_ns: The exchange's time.
            bids: Price, quantity and number of orders of the best few levels, best first.
            asks: The same of the asks.
            events: Side, price, kind, whether it came (rather than left or shrank), the quantity that came or went,
                sequence and time of entry. Kinds are `new`, `edge`, `fill`, `cancel`, `amend` and `unknown`, as in
                `OrderChange.reason`.

        Raises:
            ConfigurationError: A side or kind is unknown, or a quantity negative or not finite.
        """

    def trade(self, now_ns: int, taker: str, price: int, qty: float) -> None:
        """One print of the `trade` channel; `taker` is `buy` or `sell`. Prints of one taker and time are one sweep.

        Whoever tells of trades must go on to: from then on an order that left, and that no trade took, was canceled.

        Raises:
            ConfigurationError: The taker is unknown, or the quantity negative or not finite.
        """

    def interrupted(self) -> None:
        """Messages may have been lost: what was learned stays, what was under way is not followed any more."""

    def exclude(self, sequence: int) -> None:
        """The order with this sequence is an own one: it counts neither in rates nor as being ahead."""

    def probability(
        self,
        *,
        side: str,
        within: float,
        ahead: Sequence[tuple[float, float]],
        opposite: float,
        level: int = 0,
        qty: float = 0.0,
        model: str = "auto",
        amount: str = "first_touch",
        until: str = "price_held",
    ) -> FillEstimate:
        """The probability that an order is filled.

        Args:
            side: `bid` or `ask`.
            within: Seconds; inf for "ever, before a quote moves away".
            ahead: Quantity and age in seconds of each order that is filled before it, those at better prices included.
            opposite: The quantity at the best price of the other side.
            level: How many prices of its side are better than its own. Deeper than the best, an uncalibrated answer is
                an upper bound: orders that will come at better prices go first, and the models do not count them.
                Shadow orders stand at 0 and 1, so deeper ones are never calibrated.
            qty: Its own quantity; matters for `full_fill`.
            model: `cst` (Cont, Stoikov and Talreja 2010, constant rates), `auto` (cancels by age, trades that cluster,
                corrected by shadow orders) or `empirical` (Aalen-Johansen over shadow orders with about as much ahead).
            amount: `first_touch` or `full_fill`.
            until: `price_held` or `before_move`.

        Raises:
            ConfigurationError: A name is unknown, or a number negative or not finite.
        """

    def probability_at(
        self,
        side: str,
        price: int,
        within: float,
        *,
        sequence: int | None = None,
        qty: float = 0.0,
        model: str = "auto",
        amount: str = "first_touch",
        until: str = "price_held",
    ) -> FillEstimate:
        """The same for an order of the book as it is now: that with this sequence, or a new one at the back of a price.

        Raises:
            ConfigurationError: As for `probability`.
        """

    def rates(self, side: str, within: float = 1.0) -> FillRates:
        """The rates of one side; `within` is the horizon of `shape`, in seconds.

        Raises:
            ConfigurationError: The side is unknown, or the horizon not above 0.
        """

def fill_incidence(histories: Sequence[tuple[float, str]], times: Sequence[float]) -> list[float]:
    """The probability of a fill by each of the times, before anything else ended the wait (Aalen and Johansen 1978).

    Args:
        histories: How long each was observed, in seconds, and how that ended: `filled`, `away` or `censored`.
        times: In seconds.

    Raises:
        ConfigurationError: A time is negative or not finite, or an end is unknown.
    """

def fill_within(queue: float, within: float, market_rate: float, cancel_rate: float) -> float:
    """See `havklo.analytics.fill_within`.

    Raises:
        ConfigurationError: An argument is no number, negative, not finite or beyond its limits.
    """

def fill_within_mixed(queue: float, within: float, market_rate: float, shape: float, cancel_rate: float) -> float:
    """See `havklo.analytics.fill_within_mixed`.

    Raises:
        ConfigurationError: As for `fill_within`, or the shape is below a millionth.
    """

def fill_within_full(queue: float, own: float, within: float, market_rate: float, cancel_rate: float) -> float:
    """See `havklo.analytics.fill_within_full`.

    Raises:
        ConfigurationError: As for `fill_within`, or the size is not above 0.
    """

def fill_time(queue: float, market_rate: float, cancel_rate: float) -> tuple[float, float]:
    """Mean and variance: see `havklo.analytics.fill_time`.

    Raises:
        ConfigurationError: As for `fill_within`, or there are no trades.
    """

def fill_before_move(queue: int, opposite: int, rates: tuple[float, float, float, float, float, float]) -> float:
    """See `havklo.analytics.fill_before_move`.

    Args:
        queue: Orders from the front to the own one, which counts.
        opposite: Orders at the opposite best price.
        rates: Of limit orders, market orders and cancels, of the own and then of the opposite side.

    Raises:
        ConfigurationError: As for `fill_within`, or a queue is not whole, or the rates decide nothing.
    """

def fill_before_move_within(
    queue: int, opposite: int, within: float, rates: tuple[float, float, float, float, float, float]
) -> tuple[float, float]:
    """The probabilities of a fill and of a move: see `havklo.analytics.fill_before_move_within`.

    Raises:
        ConfigurationError: As for `fill_before_move`, or so much happens in the time that it can't be followed.
    """
