"""Subscriptions without checksums: trades without holes, tickers and candles that end with the truth."""

import random
from typing import Any, Final, final

from dst.exchange import House
from dst.journal import Journal
from dst.virtual import SECOND
from havklo import Client, channels
from havklo.errors import SlowConsumer, SubscribeTimeout
from havklo.events import Candle, Ticker, Trade, TradeGap

__all__ = ["PATIENCE", "Stream", "draw"]

PATIENCE: Final = 10.0
_SHOWN: Final = 50  # trades of a snapshot
_WEIGHTS: Final = {"trade": 5, "ticker": 2, "ohlc": 2, "instrument": 1}


def draw(rng: random.Random, symbols: list[str]) -> channels.Channel[Any]:
    """Draw something to subscribe to that is no book."""
    name = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    some = rng.sample(symbols, min(len(symbols), rng.choice((1, 2, 5))))
    if name == "trade":
        return channels.trade(*some, snapshot=rng.random() < 0.5)
    if name == "ticker":
        return channels.ticker(*some, event_trigger="bbo" if rng.random() < 0.3 else "trades")
    return channels.ohlc(*some, interval=rng.choice((1, 5, 60))) if name == "ohlc" else channels.instrument()


@final
class Stream:
    """One such subscription and its reader.

    Args:
        house: The exchange, which knows the truth.
        journal: Where violations go.
        channel: What it is.
        rng: Decides how slowly it is read.

    Attributes:
        is_over: Whether it has ended, or never began.
        subscription: The client's own object, once it is live.
    """

    def __init__(self, house: House, journal: Journal, channel: channels.Channel[Any], rng: random.Random) -> None:
        self.channel = channel
        self.is_over = False
        self.subscription: Any = None
        self._house = house
        self._journal = journal
        self._random = rng
        self._pause = rng.choice((0.0, 0.0, 0.05, 1.0))
        self._next: dict[str, int | None] = {}
        self._from: dict[str, int] = {}
        self._latest: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<Stream {self.channel.name} {', '.join(self.channel.symbols)}>"

    async def live(self, kraken: Client) -> None:
        """Subscribe, and read to the end."""
        began = self._house.clock.now()
        try:
            self.subscription = await kraken.subscribe(self.channel, timeout=PATIENCE)
            self._journal.counts[f"subscribed to {self.channel.name}"] += 1
            self._begin()
            while not self.is_over:
                await self._read()
        except SubscribeTimeout:
            self._journal.counts["subscribes in vain"] += 1
        finally:
            self.is_over = True
            if self.subscription is None:
                took = self._house.clock.now() - began
                if took > PATIENCE * SECOND:
                    self._journal.violate("a subscribe without end", f"{self}: {took / SECOND:.3f} s")

    async def end(self) -> None:
        """Unsubscribe."""
        self.is_over = True
        if self.subscription is not None:
            await self.subscription.unsubscribe()

    def hurry(self) -> None:
        """Read without pauses from now on."""
        self._pause = 0.0

    def judge_the_end(self) -> None:
        """After the peace at the end, and a trade in each market: everything has been told, and is right."""
        if self.is_over or self.subscription is None:
            return
        name = self.channel.name
        if name == "instrument":
            told = {pair.symbol: pair.status for pair in self.subscription.pairs.values()}
            ends_with_the_truth(self._journal, str(self), told, dict(self._house.exchange.statuses))
        for symbol in self.subscription.symbols:
            listing = self._house.exchange.listing(symbol, 0)
            if name == "trade":
                all_are_told(self._journal, symbol, self._next.get(symbol), listing.trade.next_id)
                continue
            latest = self._latest.get(symbol)
            price = None if latest is None else self._ticks(symbol, latest)
            ends_with_the_truth(self._journal, f"{name} {symbol}", price, listing.last_price)

    # -- reading

    def _begin(self) -> None:
        if self.channel.name == "trade":
            for symbol in self.subscription.symbols:
                # What happens from now on is told, at the latest.
                self._from[symbol] = self._house.exchange.listing(symbol, self._house.clock.epoch_ns()).trade.next_id

    async def _read(self) -> None:
        try:
            async for event in self.subscription:
                self._take(event)
                if self._pause:
                    await self._house.clock.sleep(self._pause * self._random.random())
        except SlowConsumer:
            self._journal.counts["event SlowConsumer"] += 1
            self._next.clear()
            self._from.clear()
            self._pause /= 4
        else:
            self.is_over = True

    def _take(self, event: object) -> None:
        match event:
            case Trade():
                self._take_trade(event)
            case TradeGap():
                self._take_gap(event)
            case Ticker() | Candle():
                self._latest[event.symbol] = event
                self._journal.counts[f"read {type(event).__name__}"] += 1
            case _:
                self._journal.counts[f"read {type(event).__name__}"] += 1

    def _take_trade(self, trade: Trade) -> None:
        symbol, number = trade.symbol, trade.trade_id
        self._journal.counts[f"read {trade.source} Trade"] += 1
        follows(self._journal, symbol, self._next.get(symbol), number)
        begins_in_time(self._journal, symbol, self._from.pop(symbol, None), number)
        self._next[symbol] = number + 1
        kept = self._house.exchange.listing(symbol, 0).trade.trades
        index = number - kept[0].trade_id if kept else -1
        if 0 <= index < len(kept):
            true, (price, qty) = kept[index], self._house.truth.precisions[symbol]
            seen = (int(trade.price.scaleb(price)), int(trade.qty.scaleb(qty)), trade.side)
            is_the_trade(self._journal, symbol, number, seen, (true.price, true.qty, true.side))
        elif index >= len(kept):
            self._journal.violate("a trade that never was", f"{symbol} {number}")

    def _take_gap(self, gap: TradeGap) -> None:
        symbol = gap.symbol
        self._journal.counts["read TradeGap"] += 1
        self._journal.note("gap", repr(gap))
        follows(self._journal, symbol, self._next.get(symbol), gap.first)
        begins_in_time(self._journal, symbol, self._from.pop(symbol, None), gap.first)
        next_id = self._house.exchange.listing(symbol, 0).trade.next_id
        is_an_honest_gap(self._journal, gap, next_id)
        self._next[symbol] = None if gap.last is None else gap.last + 1

    def _ticks(self, symbol: str, latest: Ticker | Candle) -> int:
        price = latest.last if isinstance(latest, Ticker) else latest.close
        return int(price.scaleb(self._house.truth.precisions[symbol][0]))


# -- the invariants


def follows(journal: Journal, symbol: str, due: int | None, number: int) -> None:
    """An iteration's trades are numbered without a hole, or a gap says which ones are missing."""
    if due is not None and number != due:
        journal.violate("a lost trade", f"{symbol}: {number} came where {due} was due, and no gap was told")


def begins_in_time(journal: Journal, symbol: str, since: int | None, number: int) -> None:
    """The first trade told is no later than the first one after the subscribe returned."""
    if since is not None and number > since:
        journal.violate("a lost trade", f"{symbol}: the first told is {number}, but {since} came after the subscribe")


def is_the_trade(journal: Journal, symbol: str, number: int, seen: tuple[Any, ...], true: tuple[Any, ...]) -> None:
    """A trade is told as it was."""
    if seen != true:
        journal.violate("a wrong trade", f"{symbol} {number}: {seen}, but it was {true}")


def is_an_honest_gap(journal: Journal, gap: TradeGap, next_id: int) -> None:
    """What a gap names has happened, and a snapshot of the last 50 could not have it."""
    last = gap.first if gap.last is None else gap.last
    if gap.last is not None and gap.count not in (None, gap.last - gap.first + 1):
        journal.violate("a gap that does not add up", repr(gap))
    if last >= next_id or (gap.reason == "beyond the snapshot" and last > next_id - 1 - _SHOWN):
        journal.violate("a gap without need", f"{gap!r}, and the next trade is {next_id}")


def all_are_told(journal: Journal, symbol: str, told: int | None, next_id: int) -> None:
    """In the end every trade was told, or a gap has named it."""
    if told != next_id:
        journal.violate("a lost trade", f"{symbol}: told up to {told}, but the next is {next_id}")


def ends_with_the_truth(journal: Journal, what: str, told: object, true: object) -> None:
    """What a channel without checksums said last is so."""
    if told != true:
        journal.violate("not the truth in the end", f"{what}: {told}, but it is {true}")
