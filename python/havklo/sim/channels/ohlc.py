"""The ohlc channel: candles of nine intervals, made from trades and from nothing else.

An interval without a trade has no candle. Intervals begin at multiples of their length since the epoch, so
weeks begin on Thursdays.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, final

from havklo.sim.channels.numbers import half_up
from havklo.sim.market.matching import Fill
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.stamps import nanos, rfc3339

__all__ = ["INTERVALS", "OhlcFeed"]

INTERVALS: Final = (1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600)
"""Minutes."""

_MINUTE: Final = 60_000_000_000
_KEPT: Final = 720


@final
class _Candle:
    """One interval's trades, in ticks and lots; `number` counts intervals since the epoch."""

    __slots__ = ("close", "high", "low", "notional", "number", "open", "trades", "volume")

    def __init__(self, number: int, price: int) -> None:
        self.number = number
        self.open = self.high = self.low = self.close = price
        self.trades = 0
        self.volume = 0
        self.notional = 0

    def add(self, other: "_Candle") -> None:
        """Take in what came later."""
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.close = other.close
        self.trades += other.trades
        self.volume += other.volume
        self.notional += other.notional


@final
class OhlcFeed:
    """The candles of one market."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._subscribers: Counter[int | str] = Counter()
        self._candles: dict[int, deque[_Candle]] = {interval: deque(maxlen=_KEPT) for interval in INTERVALS}

    def open(self, interval: int | str) -> None:
        """One more subscriber."""
        self._subscribers[interval] += 1

    def close(self, interval: int | str) -> None:
        """One subscriber less."""
        self._subscribers[interval] -= 1

    def on_event(self, fills: Sequence[Fill], now_ns: int) -> None:
        """An event has matched orders; this is kept whether anybody reads it or not."""
        event = _Candle(0, fills[0].price)
        for fill in fills:
            event.high, event.low, event.close = max(event.high, fill.price), min(event.low, fill.price), fill.price
            event.volume += fill.qty
            event.notional += fill.price * fill.qty
        event.trades = len(fills)
        for interval, candles in self._candles.items():
            number = now_ns // (interval * _MINUTE)
            if not candles or candles[-1].number != number:
                candles.append(_Candle(number, event.open))
            candles[-1].add(event)

    def messages(self, now_ns: int) -> list[tuple[int | str, bytes]]:
        """The candles that the last event with a match has changed, each in a message of its own."""
        return [
            (interval, self._message("update", interval, [candles[-1]], now_ns))
            for interval, candles in self._candles.items()
            if self._subscribers[interval]
        ]

    def snapshot(self, interval: int | str, now_ns: int) -> bytes:
        """The last 720 candles, oldest first; the last one may still be forming."""
        return self._message("snapshot", int(interval), self._candles[int(interval)], now_ns)

    def _message(self, kind: str, interval: int, candles: "Sequence[_Candle] | deque[_Candle]", now_ns: int) -> bytes:
        rows = ",".join(self._row(interval, candle) for candle in candles)
        return f'{{"channel":"ohlc","type":"{kind}","timestamp":"{nanos(now_ns)}","data":[{rows}]}}'.encode("ascii")

    def _row(self, interval: int, candle: _Candle) -> str:
        pair = self._pair
        price, begin = pair.price_precision, candle.number * interval * _MINUTE
        return (
            f'{{"symbol":"{pair.symbol}","open":{decimal(candle.open, price)},"high":{decimal(candle.high, price)},'
            f'"low":{decimal(candle.low, price)},"close":{decimal(candle.close, price)},"trades":{candle.trades},'
            f'"volume":{decimal(candle.volume, pair.qty_precision)},'
            f'"vwap":{decimal(half_up(candle.notional, candle.volume), price)},'
            f'"interval_begin":"{nanos(begin)}","interval":{interval},'
            f'"timestamp":"{rfc3339((begin + interval * _MINUTE) // 1_000)}"}}'
        )
