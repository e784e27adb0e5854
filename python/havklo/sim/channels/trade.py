"""The trade channel: every match of an event in one message, and the last of them for a snapshot."""

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, final

from havklo.sim.market.ladder import BID
from havklo.sim.market.matching import Fill
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.stamps import rfc3339

__all__ = ["Trade", "TradeFeed"]

_KEPT: Final = 1_000
_SHOWN: Final = 50


class Trade(NamedTuple):
    """One match, in ticks and lots; `side` and `ord_type` are the taker's."""

    trade_id: int
    side: Literal["buy", "sell"]
    price: int
    qty: int
    ord_type: Literal["limit", "market"]
    now_ns: int


@final
class TradeFeed:
    """The trades of one market.

    Attributes:
        trades: The last 1,000, oldest first.
        next_id: The number that the next one gets; the first has 1.
    """

    def __init__(self, pair: Pair) -> None:
        self.trades: deque[Trade] = deque(maxlen=_KEPT)
        self.next_id: int = 1
        self._pair = pair
        self._subscribers = 0
        self._event: list[Trade] = []

    def open(self, _parameter: int | str = 0) -> None:
        """One more subscriber."""
        self._subscribers += 1

    def close(self, _parameter: int | str = 0) -> None:
        """One subscriber less."""
        self._subscribers -= 1

    def on_event(self, fills: Iterable[Fill], now_ns: int) -> None:
        """An event has matched orders; this is kept whether anybody reads it or not."""
        trades = self._event = [
            Trade(
                number,
                "buy" if fill.taker.side == BID else "sell",
                fill.price,
                fill.qty,
                "limit" if fill.taker.price else "market",
                now_ns,
            )
            for number, fill in enumerate(fills, self.next_id)
        ]
        self.trades.extend(trades)
        self.next_id += len(trades)

    def messages(self, _now_ns: int) -> list[tuple[int | str, bytes]]:
        """The message about the last event that matched something."""
        return [(0, self._message("update", self._event))] if self._subscribers else []

    def snapshot(self, _parameter: int | str, _now_ns: int) -> bytes:
        """The last 50 trades, oldest first."""
        return self._message("snapshot", list(self.trades)[-_SHOWN:])

    def _message(self, kind: str, trades: Iterable[Trade]) -> bytes:
        rows = ",".join(map(self._row, trades))
        return f'{{"channel":"trade","type":"{kind}","data":[{rows}]}}'.encode("ascii")

    def _row(self, trade: Trade) -> str:
        pair = self._pair
        return (
            f'{{"symbol":"{pair.symbol}","side":"{trade.side}","price":{decimal(trade.price, pair.price_precision)},'
            f'"qty":{decimal(trade.qty, pair.qty_precision)},"ord_type":"{trade.ord_type}",'
            f'"trade_id":{trade.trade_id},"timestamp":"{rfc3339(trade.now_ns // 1_000)}"}}'
        )
