"""The judge of tickers: each one handed out must be one that the exchange has sent, and none older than the last."""

import json
from collections import defaultdict, deque
from decimal import Decimal
from typing import Any, Final, final

from havklo import Client
from havklo.channels import ticker
from havklo.events import ConnectionLost, Malformed, Resync, Silent, Stalled, Ticker
from matrix.venue import SECOND, FarKraken

__all__ = ["Tickers"]

GRACE: Final = SECOND // 4  # what was sent so long ago should have arrived
FIELDS: Final = (
    "bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high", "change", "change_pct", "trades",
)  # fmt: skip
_SIGNS: Final = (Malformed, Stalled, ConnectionLost, Silent, Resync)

_Row = tuple[Decimal | int | None, ...]


@final
class Tickers:
    """Keeps every ticker that the exchange has sent, and looks up what the client hands out.

    Attributes:
        noticed: When the client gave a sign that something was wrong, in monotonic nanoseconds.
    """

    def __init__(self, far: FarKraken, kraken: Client, _seed: int) -> None:
        self.noticed: list[int] = []
        self._far = far
        self._kraken = kraken
        self._sent: dict[str, dict[str, list[_Row]]] = defaultdict(lambda: defaultdict(list))
        self._unseen: dict[
            str, deque[tuple[str, int]]
        ] = {}  # newer than what was handed out: its time, when it was sent
        self._seen: dict[str, str] = {}
        self._bad: set[str] = set()  # whose last one was wrong
        self._told = self._wrong = self._older = 0
        publish = far.kraken.exchange.publish

        def published(key: Any, frame: bytes) -> None:
            self._say(frame)
            publish(key, frame)

        far.kraken.exchange.publish = published
        far.said = self._say
        kraken.on(Ticker, self._handed_out)
        for sign in _SIGNS:
            kraken.on(sign, self._sign)

    async def subscribe(self) -> None:
        """Subscribe to all there is."""
        await self._kraken.subscribe(ticker(*self._far.symbols), timeout=60.0)

    def read(self) -> None:
        """Do nothing: tickers come by themselves."""

    def is_well(self) -> bool:
        """Whether all is subscribed, each symbol's last ticker was right, and nothing newer is overdue."""
        horizon = self._far.clock.now() - GRACE
        is_whole = self._far.is_subscribed and not self._bad
        return is_whole and all(unseen[0][1] > horizon for unseen in self._unseen.values())

    def write_off(self) -> None:
        """Forget what has not come."""
        self._unseen.clear()
        self._bad.clear()

    async def end(self) -> None:
        """Do nothing: all of it can be compared at any time."""

    def figures(self) -> dict[str, Any]:
        """What came out: counts of tickers."""
        horizon = self._far.clock.now() - GRACE
        stale = sum(unseen[0][1] <= horizon for unseen in self._unseen.values())
        return {"told": self._told, "wrong": self._wrong, "older": self._older, "stale": stale}

    def _say(self, frame: bytes) -> None:
        if not frame.startswith(b'{"channel":"ticker"'):
            return
        for row in json.loads(frame, parse_float=Decimal)["data"]:
            symbol, timestamp = row["symbol"], row["timestamp"]
            self._sent[symbol][timestamp].append(tuple(row[name] for name in FIELDS))
            self._unseen.setdefault(symbol, deque()).append((timestamp, self._far.clock.now()))

    def _handed_out(self, event: Ticker) -> None:
        symbol, timestamp = event.symbol, event.timestamp or ""
        self._told += 1
        row: _Row = tuple(getattr(event, name) for name in FIELDS)
        is_right = row in self._sent[symbol][timestamp]
        self._wrong += not is_right
        self._older += timestamp < self._seen.get(symbol, "")
        self._seen[symbol] = timestamp
        if not is_right:
            self._bad.add(symbol)
            return
        self._bad.discard(symbol)
        unseen = self._unseen.get(symbol)
        while unseen and unseen[0][0] <= timestamp:
            unseen.popleft()
        if not unseen:
            self._unseen.pop(symbol, None)

    def _sign(self, _event: object) -> None:
        self.noticed.append(self._far.clock.now())
