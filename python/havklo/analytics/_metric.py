"""What all metrics share: one symbol, one clock, time that only moves on, and breaks in what is known."""

from typing import Any, ClassVar, Generic, TypeVar, cast

from havklo.analytics._shapes import (
    BookMessage,
    Clock,
    Kind,
    OrdersMessage,
    TradeMessage,
    kind_of,
    moment,
    nanoseconds,
)
from havklo.errors import ConfigurationError

__all__ = ["Metric", "Windowed"]

R = TypeVar("R")

_LONGEST_PAUSE = 10_000  # windows without an event that are told one by one


class Metric(Generic[R]):
    """An estimator that is fed events in the order of their arrival and tells rows as soon as they are certain.

    Nothing is kept but what open rows need; whoever wants a history keeps the rows. Events of other symbols and
    of other kinds are passed over, and where several books of the symbol are fed, of other levels or depths, the
    first one to come counts alone. A `Desync` of the symbol, a `Stalled` and a `ConnectionLost` are breaks: what
    happened until the next snapshot is unknown, and no row claims to know it.

    Args:
        symbol: Kraken's name for the pair.
        clock: "exchange", the time in the messages, or "receive", that of their arrival.

    Raises:
        ConfigurationError: There is no such clock.

    Attributes:
        symbol: The symbol.
        clock: The clock.
    """

    _takes: ClassVar[frozenset[Kind]] = frozenset()

    def __init__(self, symbol: str, *, clock: Clock = "exchange") -> None:
        if clock not in ("exchange", "receive"):
            raise ConfigurationError(f"{clock!r} is no clock", hint='there are "exchange" and "receive"')
        self.symbol = symbol
        self.clock: Clock = clock
        self._now: int | None = None
        self._source: tuple[Kind, int] | None = None
        self._rows: list[R] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.symbol} on the {self.clock} clock>"

    def feed(self, event: object) -> tuple[R, ...]:
        """Take the next event; gives the rows that became certain with it, in the order of their end.

        Args:
            event: Any event of `havklo.events`, or a record of the same shape.
        """
        kind = kind_of(type(event))
        known: Any = event
        if kind is Kind.LOST:
            if self.symbol in known.symbols:
                self._lose()
        elif kind is Kind.DOWN:
            self._lose()
        elif self._is_mine(kind, known):
            stamp = moment(event, self.clock)
            if stamp is not None:
                self._pass(stamp, kind)
            if kind is Kind.TRADE:
                self._trade(cast("TradeMessage", known), stamp)
            elif kind is Kind.GAP:
                self._miss()
            elif kind is Kind.ORDERS:
                self._orders(cast("OrdersMessage", known), stamp)
            else:
                self._book(cast("BookMessage", known), stamp)
        return self._told()

    def tick(self, now_ns: int) -> tuple[R, ...]:
        """Tell the metric how late it is on its clock, where no event does: a quiet market makes no time pass.

        Everything up to then must have been fed.

        Args:
            now_ns: The time, in nanoseconds since the epoch.
        """
        self._pass(now_ns, Kind.OTHER)
        return self._told()

    def _is_mine(self, kind: Kind, event: Any) -> bool:
        """Whether an event is for this metric, and of the book that it follows."""
        if kind not in self._takes or event.symbol != self.symbol:
            return False
        if kind in (Kind.BOOK, Kind.ORDERS):
            source = kind, event.depth
            if self._source is None:
                self._source = source
            return self._source == source
        return True

    def _told(self) -> tuple[R, ...]:
        if not self._rows:
            return ()
        rows, self._rows = tuple(self._rows), []
        return rows

    def _pass(self, now: int, kind: Kind) -> None:
        """Take notice of the time before an event of this kind counts; late ones do not turn it back."""
        del kind
        self._now = now if self._now is None else max(now, self._now)

    def _book(self, message: BookMessage, now: int | None) -> None:
        """Take a message of the level-2 book."""

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        """Take a message of the level-3 book."""

    def _trade(self, trade: TradeMessage, now: int | None) -> None:
        """Take a trade."""

    def _miss(self) -> None:
        """Learn that trades are missing."""

    def _lose(self) -> None:
        """Learn that the book is not known from here on."""


class Windowed(Metric[R]):
    """A metric with a row for each window of time, closed on the left: `[k * window, (k + 1) * window)`.

    Windows count from the epoch, so that those of several metrics lie alike. A row is certain when an event at or
    after its end comes, or a `tick`. A late event, one with a time before the open window, counts in the open one.
    The window in which watching began is not whole, nor is one with a break in it, nor the one that ends a pause of
    more than 10,000 windows, of which only the first is told.

    Args:
        symbol: Kraken's name for the pair.
        window: The length in seconds.
        clock: Whose time counts.

    Raises:
        ConfigurationError: The window is not above 0, or there is no such clock.
    """

    def __init__(self, symbol: str, *, window: float, clock: Clock = "exchange") -> None:
        super().__init__(symbol, clock=clock)
        self._width = nanoseconds(window, "window")
        self._start: int | None = None
        self._whole = False

    def _pass(self, now: int, kind: Kind) -> None:
        super()._pass(now, kind)
        if self._start is None:
            self._start = now - now % self._width
            return
        passed = (now - self._start) // self._width
        if passed > _LONGEST_PAUSE:
            self._close(self._start, self._start + self._width)
            self._start = now - now % self._width
            self._whole = False
            return
        for _ in range(passed):
            end = self._start + self._width
            self._close(self._start, end)
            self._start, self._whole = end, self._continues()

    def _close(self, start: int, end: int) -> None:
        """Tell the row of a window, and begin the next."""
        raise NotImplementedError

    def _continues(self) -> bool:
        """Whether what is watched is known at the beginning of a window."""
        return True
