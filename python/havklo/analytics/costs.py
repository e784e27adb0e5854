"""What trades cost their takers, and what the price did afterwards: effective and realized spread, impact, markouts."""

import heapq
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, final

import msgspec

from havklo.analytics._metric import Metric
from havklo.analytics._mids import Mids, mid_of
from havklo.analytics._shapes import EXACT, NAN, BookMessage, Clock, Kind, OrdersMessage, TradeMessage, nanoseconds
from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EffectiveSpread", "EffectiveSpreads", "Markout", "Markouts"]

R = TypeVar("R")


class EffectiveSpread(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one trade cost its taker, compared with the mid price just before it.

    Attributes:
        symbol: The symbol.
        trade_id: The trade.
        side: The taker's side.
        price: The price.
        qty: The quantity, in units of the base currency.
        end_ns: When it happened, on the metric's clock.
        mid: The mid price just before it; None if the book was not known, or a side was empty.
        effective: The effective spread `2 * d * (price - mid)` in the quote currency, d = 1 for a buy and -1 for a
            sell; exact; None without a mid price.
        tick: The price increment that was given, or None.
    """

    symbol: str
    trade_id: int
    side: str
    price: Decimal
    qty: Decimal
    end_ns: int
    mid: Decimal | None
    effective: Decimal | None
    tick: Decimal | None

    @property
    def effective_bps(self) -> float:
        """The effective spread in hundredths of a per cent of the mid price; NaN without one."""
        return _bps(self.effective, self.mid)

    @property
    def effective_ticks(self) -> float:
        """The effective spread in price increments; NaN if it or the increment is unknown."""
        return _ticks(self.effective, self.tick)


class Markout(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One trade's spread, and what the mid price had made of it after a horizon.

    `effective = realized + impact`, exactly.

    Attributes:
        symbol: The symbol.
        trade_id: The trade.
        side: The taker's side.
        price: The price.
        qty: The quantity, in units of the base currency.
        at_ns: When it happened, on the metric's clock.
        horizon: How long after it the mid price is looked at, in seconds.
        end_ns: That moment.
        mid: The mid price just before the trade, or None.
        mid_after: The mid price at the horizon, or None.
        effective: `2 * d * (price - mid)`, in the quote currency.
        realized: `2 * d * (price - mid_after)`: what the maker keeps.
        impact: `2 * d * (mid_after - mid)`: what the price moved with the taker.
        tick: The price increment that was given, or None.
    """

    symbol: str
    trade_id: int
    side: str
    price: Decimal
    qty: Decimal
    at_ns: int
    horizon: float
    end_ns: int
    mid: Decimal | None
    mid_after: Decimal | None
    effective: Decimal | None
    realized: Decimal | None
    impact: Decimal | None
    tick: Decimal | None

    @property
    def effective_bps(self) -> float:
        """The effective spread in hundredths of a per cent of `mid`; NaN if it is unknown, as are the others."""
        return _bps(self.effective, self.mid)

    @property
    def realized_bps(self) -> float:
        """The realized spread in hundredths of a per cent of `mid`."""
        return _bps(self.realized, self.mid)

    @property
    def impact_bps(self) -> float:
        """The price impact in hundredths of a per cent of `mid`."""
        return _bps(self.impact, self.mid)

    @property
    def effective_ticks(self) -> float:
        """The effective spread in price increments."""
        return _ticks(self.effective, self.tick)

    @property
    def realized_ticks(self) -> float:
        """The realized spread in price increments."""
        return _ticks(self.realized, self.tick)

    @property
    def impact_ticks(self) -> float:
        """The price impact in price increments."""
        return _ticks(self.impact, self.tick)

    @property
    def taker_bps(self) -> float:
        """The taker's markout `d * (mid_after - price)`, as a share of `mid` in hundredths of a per cent."""
        return -self.realized_bps / 2


class _Costs(Metric[R]):
    """The mid prices of a symbol, and the one that a trade met."""

    _takes = frozenset({Kind.BOOK, Kind.ORDERS, Kind.TRADE})

    def __init__(self, symbol: str, *, tick: Decimal | None, clock: Clock, memory: int) -> None:
        super().__init__(symbol, clock=clock)
        self._tick = tick
        self._mids = Mids(memory)
        self._book_at: int | None = None

    def _book(self, message: BookMessage | OrdersMessage, now: int | None) -> None:
        if now is not None:
            self._book_at = now if self._book_at is None else max(now, self._book_at)
            self._mids.put(self._book_at, mid_of(message.top))

    def _orders(self, message: OrdersMessage, now: int | None) -> None:
        self._book(message, now)

    def _lose(self) -> None:
        if self._book_at is not None:
            self._book_at += 1  # the last proven mid price held at its own moment
            self._mids.put(self._book_at, None)

    def _spread(self, trade: TradeMessage, now: int) -> EffectiveSpread | None:
        if trade.source == "snapshot":
            return None  # it happened before anything was watched
        # By arrival, a trade meets the book that came before it, be it in the same read of the socket.
        mid = self._mids.latest() if self.clock == "receive" else self._mids.before(now)
        return EffectiveSpread(
            symbol=trade.symbol,
            trade_id=trade.trade_id,
            side=trade.side,
            price=trade.price,
            qty=trade.qty,
            end_ns=now,
            mid=mid,
            effective=_twice(trade.side, trade.price, mid),
            tick=self._tick,
        )


@final
class EffectiveSpreads(_Costs[EffectiveSpread]):
    """Tells the effective spread of each trade as it comes: `2 * d * (price - mid)` (Huang and Stoll 1996).

    The side is Kraken's own, so none is guessed. On the exchange's clock the mid price is that of the last book
    message with an earlier time than the trade's; on the receiver's, that of the last book message that arrived
    before it. A trade whose messages the two channels bring in another order is thus only judged well by the
    exchange's clock. Trades of the subscription's snapshot are passed over.

    Args:
        symbol: Kraken's name for the pair.
        tick: The pair's price increment, for figures in ticks.
        clock: Whose time counts.
        memory: How many changes of the mid price are remembered, for trades that come late.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(
        self, symbol: str, *, tick: Decimal | None = None, clock: Clock = "exchange", memory: int = 4_096
    ) -> None:
        super().__init__(symbol, tick=tick, clock=clock, memory=memory)

    def _trade(self, trade: TradeMessage, now: int | None) -> None:
        spread = None if now is None else self._spread(trade, now)
        if spread is not None:
            self._rows.append(spread)


@final
class Markouts(_Costs[Markout]):
    """Tells each trade's effective spread, realized spread and price impact at several horizons.

    A row is certain when a book message later than the horizon has come: a trade that was faster than the book makes
    no time pass, a `tick` does. The mid price at the horizon includes a message at that very moment. Where the book was
    not known then, or a side was empty, `mid_after` is None.

    Args:
        symbol: Kraken's name for the pair.
        horizons: How long after a trade to look, in seconds.
        tick: The pair's price increment, for figures in ticks.
        clock: Whose time counts.
        memory: How many changes of the mid price are remembered.
        pending: How many rows may wait for their horizon; beyond that the next one to come is told without it.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(
        self,
        symbol: str,
        *,
        horizons: "Iterable[float]" = (5.0, 10.0, 30.0, 60.0),
        tick: Decimal | None = None,
        clock: Clock = "exchange",
        memory: int = 65_536,
        pending: int = 100_000,
    ) -> None:
        super().__init__(symbol, tick=tick, clock=clock, memory=memory)
        self._horizons = [(seconds, nanoseconds(seconds, "a horizon")) for seconds in sorted(set(horizons))]
        if not self._horizons or pending < 1:
            raise ConfigurationError("there is at least one horizon, and place for one row")
        self._pending: list[tuple[int, int, float, EffectiveSpread]] = []
        self._most = pending
        self._count = 0

    @property
    def waiting(self) -> int:
        """How many rows wait for their horizon."""
        return len(self._pending)

    def _trade(self, trade: TradeMessage, now: int | None) -> None:
        spread = None if now is None else self._spread(trade, now)
        if spread is None:
            return
        for seconds, ahead in self._horizons:
            self._count += 1
            heapq.heappush(self._pending, (spread.end_ns + ahead, self._count, seconds, spread))
        while len(self._pending) > self._most:
            self._tell(None)

    def _pass(self, now: int, kind: Kind) -> None:
        super()._pass(now, kind)
        if kind is not Kind.TRADE:
            while self._pending and self._pending[0][0] < now:
                self._tell(self._mids.at(self._pending[0][0]))

    def _tell(self, mid_after: Decimal | None) -> None:
        end, _, seconds, spread = heapq.heappop(self._pending)
        known = spread.mid is not None and mid_after is not None
        self._rows.append(
            Markout(
                symbol=spread.symbol,
                trade_id=spread.trade_id,
                side=spread.side,
                price=spread.price,
                qty=spread.qty,
                at_ns=spread.end_ns,
                horizon=seconds,
                end_ns=end,
                mid=spread.mid,
                mid_after=mid_after,
                effective=spread.effective,
                realized=_twice(spread.side, spread.price, mid_after),
                impact=_twice(spread.side, mid_after, spread.mid) if known else None,
                tick=spread.tick,
            )
        )


def _twice(side: str, price: Decimal | None, mid: Decimal | None) -> Decimal | None:
    if price is None or mid is None:
        return None
    return EXACT.multiply(EXACT.subtract(price, mid), Decimal(2 if side == "buy" else -2))


def _bps(amount: Decimal | None, mid: Decimal | None) -> float:
    return NAN if amount is None or not mid else float(amount) / float(mid) * 1e4


def _ticks(amount: Decimal | None, tick: Decimal | None) -> float:
    return NAN if amount is None or not tick else float(EXACT.divide(amount, tick))
