"""Order-flow imbalance: what arrived, left and traded at the quotes, as one signed quantity (OFI and its levels)."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar, final

import msgspec

from havklo.analytics._ladder import Ladder, Rung
from havklo.analytics._metric import Windowed
from havklo.analytics._mids import mid_of
from havklo.analytics._shapes import EXACT, BookMessage, Clock, Kind, OrdersMessage, ratio
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from havklo.events import Top

__all__ = [
    "LevelFlow",
    "MultiLevelOrderFlowImbalance",
    "OrderFlow",
    "OrderFlowImbalance",
]

R = TypeVar("R")

_ZERO: Final = Decimal(0)


class OrderFlow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The order-flow imbalance of one window.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        end_ns: Where it ends; it is not in it.
        ofi: The sum of `e` over the window's messages, in units of the base currency; exact. None if the book was
            not known throughout, or one of its sides was empty.
        events: How many messages it is made of.
        mid_change: The mid price at the end minus that at the beginning; None where `ofi` is.
        depth: The mean of (best bid's + best ask's quantity) / 2 over the window's messages: D of `1 / (2 * D)`;
            NaN without a message.
    """

    symbol: str
    start_ns: int
    end_ns: int
    ofi: Decimal | None
    events: int
    mid_change: Decimal | None
    depth: float


class LevelFlow(msgspec.Struct, frozen=True, kw_only=True):
    """The order-flow imbalance of one window at several levels.

    Attributes:
        symbol: The symbol.
        start_ns: Where the window begins, on the metric's clock.
        end_ns: Where it ends; it is not in it.
        ofi: The sum of `e` at each level, best first, in units of the base currency; exact. None if the book was not
            known throughout, or did not have that many levels.
        events: How many messages it is made of.
        depth: The mean of (bid's + ask's quantity) / 2 over the levels and the window's messages; NaN without any.
    """

    symbol: str
    start_ns: int
    end_ns: int
    ofi: tuple[Decimal, ...] | None
    events: int
    depth: float

    @property
    def normalised(self) -> tuple[float, ...]:
        """Each level's imbalance divided by the mean depth (Cont, Cucuringu and Zhang); empty where it is unknown."""
        return () if self.ofi is None else tuple(ratio(each, self.depth) for each in self.ofi)


class _Flow(Windowed[R]):
    """What both have in common: a state after each message, and the sum of what moved it."""

    _takes = frozenset({Kind.BOOK, Kind.ORDERS})

    def __init__(self, symbol: str, *, levels: int, window: float, clock: Clock) -> None:
        super().__init__(symbol, window=window, clock=clock)
        self._levels = levels
        self._bids: tuple[Rung, ...] = ()
        self._asks: tuple[Rung, ...] = ()
        self._sums = [_ZERO] * levels
        self._depth = _ZERO
        self._events = 0

    @property
    def _known(self) -> bool:
        return len(self._bids) == len(self._asks) == self._levels

    def _move(self, bids: tuple[Rung, ...], asks: tuple[Rung, ...], *, anew: bool) -> None:
        """Take the state after a message."""
        counts = self._known and not anew
        before = zip(self._bids, self._asks, strict=True) if counts else ()
        self._bids, self._asks = bids, asks
        if not counts or not self._known:
            self._whole = False
            return
        self._events += 1
        for level, (old_bid, old_ask) in enumerate(before):
            bid, ask = bids[level], asks[level]
            self._sums[level] = EXACT.add(self._sums[level], _contribution(old_bid, old_ask, bid, ask))
            self._depth = EXACT.add(self._depth, EXACT.add(bid[1], ask[1]))

    def _lose(self) -> None:
        self._bids = self._asks = ()
        self._whole = False

    def _continues(self) -> bool:
        return self._known

    def _take(self) -> tuple[tuple[Decimal, ...] | None, int, float]:
        """The window's sums, events and mean depth; they begin anew."""
        sums = tuple(self._sums) if self._whole else None
        events = self._events
        depth = ratio(self._depth, 2 * self._levels * events)
        self._sums, self._depth, self._events = [_ZERO] * self._levels, _ZERO, 0
        return sums, events, depth


@final
class OrderFlowImbalance(_Flow[OrderFlow]):
    """Tells the order-flow imbalance of each window (Cont, Kukanov and Stoikov, J. Financial Econometrics 12, 2014).

    Each message moves the best quotes from `(Pb', Qb', Pa', Qa')` to `(Pb, Qb, Pa, Qa)` and counts
    `e = 1{Pb >= Pb'} Qb - 1{Pb <= Pb'} Qb' - 1{Pa <= Pa'} Qa + 1{Pa >= Pa'} Qa'`; the imbalance is their sum. In their
    stylized book the mid price moves by `ofi / (2 * depth)` ticks. A message counts as one step, however many orders
    it is about. A snapshot and a conflated update hide steps, so their windows have no value.

    Args:
        symbol: Kraken's name for the pair.
        window: The length of a window in seconds; closed on the left.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(self, symbol: str, *, window: float = 1.0, clock: Clock = "exchange") -> None:
        super().__init__(symbol, levels=1, window=window, clock=clock)
        self._mid_at_start: Decimal | None = None
        self._mid: Decimal | None = None

    def _book(self, message: BookMessage | OrdersMessage, now: int | None) -> None:
        del now
        anew = message.type == "snapshot" or message.conflated > 0
        self._move(*_quotes(message.top), anew=anew)
        self._mid = mid_of(message.top)

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        self._book(message, now)

    def _close(self, start: int, end: int) -> None:
        sums, events, depth = self._take()
        change = None
        if sums is not None and self._mid is not None and self._mid_at_start is not None:
            change = EXACT.subtract(self._mid, self._mid_at_start)
        self._rows.append(
            OrderFlow(
                symbol=self.symbol,
                start_ns=start,
                end_ns=end,
                ofi=None if sums is None else sums[0],
                events=events,
                mid_change=change,
                depth=depth,
            )
        )
        self._mid_at_start = self._mid


@final
class MultiLevelOrderFlowImbalance(_Flow[LevelFlow]):
    """Tells the order-flow imbalance of each window at each of the best levels (Xu, Gould and Howison, 2019).

    The same `e` as `OrderFlowImbalance` counts, with the prices and quantities of the m-th best level, whatever its
    price is at the time: levels are numbered from the best. Normalised by the mean depth they are those of Cont,
    Cucuringu and Zhang (2023). It keeps the levels itself, from the messages: a conflated update ends that until the
    next snapshot.

    Args:
        symbol: Kraken's name for the pair.
        levels: How many; not more than the subscription has.
        window: The length of a window in seconds; closed on the left.
        clock: Whose time counts.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(self, symbol: str, *, levels: int = 5, window: float = 1.0, clock: Clock = "exchange") -> None:
        if levels < 1:
            raise ConfigurationError(f"levels is at least 1, not {levels!r}")
        super().__init__(symbol, levels=levels, window=window, clock=clock)
        self._ladder = Ladder()

    def _book(self, message: BookMessage, now: int | None) -> None:
        del now
        self._ladder.take_levels(message)
        self._step(message)

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        del now
        self._ladder.take_orders(message)
        self._step(message)

    def _step(self, message: BookMessage | OrdersMessage) -> None:
        ladder, levels = self._ladder, self._levels
        self._move(ladder.bids(levels), ladder.asks(levels), anew=message.type == "snapshot")

    def _lose(self) -> None:
        super()._lose()
        self._ladder.clear()

    def _close(self, start: int, end: int) -> None:
        sums, events, depth = self._take()
        self._rows.append(
            LevelFlow(symbol=self.symbol, start_ns=start, end_ns=end, ofi=sums, events=events, depth=depth)
        )


def _contribution(old_bid: Rung, old_ask: Rung, bid: Rung, ask: Rung) -> Decimal:
    e = _ZERO
    if bid[0] >= old_bid[0]:
        e = EXACT.add(e, bid[1])
    if bid[0] <= old_bid[0]:
        e = EXACT.subtract(e, old_bid[1])
    if ask[0] <= old_ask[0]:
        e = EXACT.subtract(e, ask[1])
    if ask[0] >= old_ask[0]:
        e = EXACT.add(e, old_ask[1])
    return e


def _quotes(top: "Top | None") -> tuple[tuple[Rung, ...], tuple[Rung, ...]]:
    if top is None:
        return (), ()
    return ((top.bid.price, top.bid.qty),), ((top.ask.price, top.ask.qty),)
