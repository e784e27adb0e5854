"""The ticker channel: the touch, the last trade, and what the last 24 hours came to.

The 24 hours move on by whole minutes: what has left them is forgotten a minute at a time, and everything
that counts is kept in integers, so that no sum ever drifts.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final, final

from havklo.sim.channels.numbers import half_up, signed
from havklo.sim.market.ladder import ASK, BID, Side
from havklo.sim.market.matching import Fill, Market
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.stamps import rfc3339

__all__ = ["TRIGGERS", "TickerFeed"]

TRIGGERS: Final = ("trades", "bbo")
_MINUTE: Final = 60_000_000_000
_DAY: Final = 24 * 60  # minutes

_Touch = tuple[int, int, int, int]


@final
class _Minute:
    """The trades of one minute that had any."""

    __slots__ = ("close", "high", "low", "notional", "number", "trades", "volume")

    def __init__(self, number: int, price: int) -> None:
        self.number = number
        self.low = self.high = self.close = price
        self.trades = 0
        self.volume = 0
        self.notional = 0


@final
class TickerFeed:
    """The ticker of one market: a message for each event with a trade, or with another touch.

    Before the first trade, `last` is the price at which the pair was listed; so is the price of 24 hours ago
    that `change` is counted from, until the market is a day old. Where a side of the book is empty, its
    price and quantity are 0.
    """

    def __init__(self, pair: Pair, market: Market) -> None:
        self._pair = pair
        self._market = market
        self._subscribers: Counter[int | str] = Counter()
        self._minutes: deque[_Minute] = deque()
        self._last = pair.price
        self._before = pair.price  # the last price when the 24 hours began
        self._low = self._high = pair.price
        self._trades = self._volume = self._notional = 0
        self._traded_ns = -1
        self._touch: _Touch | None = None

    def open(self, trigger: int | str) -> None:
        """One more subscriber waits for trades, or for changes of the touch."""
        self._subscribers[trigger] += 1
        if trigger == "bbo" and self._subscribers["bbo"] == 1:
            self._touch = self._best()

    def close(self, trigger: int | str) -> None:
        """One subscriber less."""
        self._subscribers[trigger] -= 1

    def on_event(self, fills: Iterable[Fill], now_ns: int) -> None:
        """An event has matched orders; this is kept whether anybody reads it or not."""
        self._traded_ns = now_ns
        self._expire(now_ns)
        for fill in fills:
            self._count(fill.price, fill.qty, now_ns // _MINUTE)

    def messages(self, now_ns: int) -> list[tuple[int | str, bytes]]:
        """The message about the event of this moment, for each trigger that it meets."""
        triggers: list[int | str] = []
        if self._subscribers["trades"] and self._traded_ns == now_ns:
            triggers.append("trades")
        if self._subscribers["bbo"] and (touch := self._best()) != self._touch:
            self._touch = touch
            triggers.append("bbo")
        if not triggers:
            return []
        frame = self._message("update", now_ns)
        return [(trigger, frame) for trigger in triggers]

    def snapshot(self, _trigger: int | str, now_ns: int) -> bytes:
        """How things stand."""
        return self._message("snapshot", now_ns)

    def _count(self, price: int, qty: int, number: int) -> None:
        minutes = self._minutes
        if not minutes:
            self._low = self._high = price
        if not minutes or minutes[-1].number != number:
            minutes.append(_Minute(number, price))
        minute = minutes[-1]
        minute.low, minute.high, minute.close = min(minute.low, price), max(minute.high, price), price
        minute.trades += 1
        minute.volume += qty
        minute.notional += price * qty
        self._low, self._high, self._last = min(self._low, price), max(self._high, price), price
        self._trades += 1
        self._volume += qty
        self._notional += price * qty

    def _expire(self, now_ns: int) -> None:
        """Forget the minutes that are a day old."""
        minutes, oldest = self._minutes, now_ns // _MINUTE - _DAY + 1
        if not minutes or minutes[0].number >= oldest:
            return
        while minutes and minutes[0].number < oldest:
            gone = minutes.popleft()
            self._before = gone.close
            self._trades -= gone.trades
            self._volume -= gone.volume
            self._notional -= gone.notional
        self._low = min((minute.low for minute in minutes), default=self._last)
        self._high = max((minute.high for minute in minutes), default=self._last)

    def _best(self) -> _Touch:
        return (*self._top(BID), *self._top(ASK))

    def _top(self, side: Side) -> tuple[int, int]:
        ladder = self._market.sides[side]
        if not ladder.keys:
            return 0, 0
        level = ladder.at(0)
        return level.price, level.qty

    def _message(self, kind: str, now_ns: int) -> bytes:
        self._expire(now_ns)
        pair = self._pair
        price, qty = pair.price_precision, pair.qty_precision
        bid, bid_qty, ask, ask_qty = self._best()
        vwap = half_up(self._notional, self._volume) if self._volume else self._last
        change = self._last - self._before
        return (
            f'{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{pair.symbol}",'
            f'"bid":{decimal(bid, price)},"bid_qty":{decimal(bid_qty, qty)},'
            f'"ask":{decimal(ask, price)},"ask_qty":{decimal(ask_qty, qty)},'
            f'"last":{decimal(self._last, price)},"volume":{decimal(self._volume, qty)},'
            f'"vwap":{decimal(vwap, price)},"low":{decimal(self._low, price)},"high":{decimal(self._high, price)},'
            f'"change":{signed(change, price)},"change_pct":{signed(half_up(change * 10_000, self._before), 2)},'
            f'"trades":{self._trades},"timestamp":"{rfc3339(now_ns // 1_000)}"}}]}}'
        ).encode("ascii")
