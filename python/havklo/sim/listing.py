"""One listed pair: its market, the crowd that trades there, and the feeds that tell about it."""

import random
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, final

from havklo.sim.channels.book import BookFeed
from havklo.sim.channels.level3 import Level3Feed
from havklo.sim.channels.ohlc import OhlcFeed
from havklo.sim.channels.ticker import TickerFeed
from havklo.sim.channels.trade import TradeFeed
from havklo.sim.delivery.topics import Key
from havklo.sim.flow import Flow
from havklo.sim.history import History
from havklo.sim.market.ladder import ASK, BID, Order, Side
from havklo.sim.market.matching import Fill, Kind, Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.ids import Ids
from havklo.sim.wire.stamps import micros

__all__ = ["Levels", "Listing", "QueuedOrder"]

T = TypeVar("T")
A = TypeVar("A")

Levels = list[tuple[str, str]]
"""Levels of one side as texts, best first: price and quantity, padded like on the wire."""


class QueuedOrder(NamedTuple):
    """A resting order as it truly is.

    Attributes:
        order_id: Its id.
        limit_price: Its price as a text.
        order_qty: What it shows.
        hidden_qty: What it hides.
        owner: The number of its account; 0 is the crowd.
    """

    order_id: str
    limit_price: str
    order_qty: str
    hidden_qty: str
    owner: int


Publish = Callable[[Key, bytes], None]

_ORDERS: Final = 1 << 48  # an order's number and its pair's make one number for the id


@final
class Listing:
    """One pair on the exchange.

    Args:
        pair: Which one.
        seed: Same seed, same trading.
        now_ns: When it opens, in epoch nanoseconds.
        history: Where the truth of its book is kept.
        rules: The open points of the protocol.
        ids: The exchange's ids.
        crowd: Whether the market opens with the crowd's orders in it, or empty.

    Attributes:
        market: Its order book.
        flow: The crowd.
        last_price: The price of the last trade in ticks; the opening price before the first.
        first_trade_id: The trade number of the first match of the last event.
    """

    def __init__(
        self, pair: Pair, seed: int, now_ns: int, history: History, rules: Rules, ids: Ids, *, crowd: bool = True
    ) -> None:
        self.pair = pair
        self.market: Market = Market(rules=rules)
        self.history = history
        self.flow: Flow = Flow(pair, self.market, random.Random(f"{seed} {pair.symbol}"))
        self.moment: int = now_ns
        self.market.begin(now_ns)
        if crowd:
            self.flow.populate(now_ns)
        self.last_price: int = pair.price
        self.first_trade_id: int = 1
        self._ids = ids
        self.book: BookFeed = BookFeed(pair, self.market)
        self.level3: Level3Feed = Level3Feed(pair, self.market, rules, self.order_id)
        self.trade: TradeFeed = TradeFeed(pair)
        self.ticker: TickerFeed = TickerFeed(pair, self.market)
        self.ohlc: OhlcFeed = OhlcFeed(pair)
        self._open: dict[Key, int] = {}
        self._deep = False
        self.market.on_step = self.book.on_step
        history.keep(now_ns // 1_000, self.market)

    def __repr__(self) -> str:
        return f"<Listing {self.pair.symbol} {self.market!r}>"

    def order_id(self, number: int) -> str:
        """The Kraken-form id of one of this market's orders."""
        return self._ids.text("O", number + self.pair.index * _ORDERS)

    def open(self, key: Key) -> None:
        """Somebody reads a stream; only what is read is computed."""
        channel, _, parameter = key
        self._open[key] = self._open.get(key, 0) + 1
        self._feed(channel).open(parameter)
        self._listen()

    def close(self, key: Key) -> None:
        """Somebody does not read it any more."""
        channel, _, parameter = key
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]
        self._feed(channel).close(parameter)
        self._listen()

    def snapshot(self, key: Key) -> bytes:
        """The first message of a stream, as of the last event."""
        channel, _, parameter = key
        return self._feed(channel).snapshot(parameter, self.moment)

    def run(self, now_ns: int, action: Callable[[A], T], argument: A, publish: Publish) -> T:
        """One engine event and the messages about it.

        Two events never share a microsecond: like on Kraken, a book's timestamps only rise, which also
        makes them its history's index.
        """
        moment = self.moment = max(self.moment + 1_000, now_ns)
        market, book = self.market, self.book
        market.begin(moment)
        book.begin()
        if self._deep:
            self.level3.begin()
        result = action(argument)
        if market.fills:
            self._count(market.fills, moment)
        if book.reach < self.history.depth:
            self.history.keep(moment // 1_000, market)
        if self._open:
            self._publish(moment, publish)
        return result

    def _count(self, fills: list[Fill], moment: int) -> None:
        """What trades leave behind, whether anybody reads it or not."""
        self.last_price = fills[-1].price
        self.first_trade_id = self.trade.next_id
        self.trade.on_event(fills, moment)
        self.ticker.on_event(fills, moment)
        self.ohlc.on_event(fills, moment)

    def _publish(self, moment: int, publish: Publish) -> None:
        """The messages about the event that has just ended."""
        symbol = self.pair.symbol
        for parameter, frame in self.book.messages(moment):
            publish(("book", symbol, parameter), frame)
        if self._deep:
            for parameter, frame in self.level3.messages(moment):
                publish(("level3", symbol, parameter), frame)
        if self.market.fills:
            for parameter, frame in self.trade.messages(moment):
                publish(("trade", symbol, parameter), frame)
            for parameter, frame in self.ohlc.messages(moment):
                publish(("ohlc", symbol, parameter), frame)
        if self.book.reach == 0:  # else neither the touch has changed nor has anybody traded
            for parameter, frame in self.ticker.messages(moment):
                publish(("ticker", symbol, parameter), frame)

    def ladder(self, depth: int, timestamp: str | None = None) -> tuple[Levels, Levels]:
        """The true best bids and asks, now or right after the event of a moment.

        Raises:
            LookupError: The history does not reach back that far.
            ValueError: The history keeps fewer levels.
        """
        if timestamp is None:
            return self.book.ladder(BID, depth), self.book.ladder(ASK, depth)
        if depth > self.history.depth:
            raise ValueError(f"the history keeps the {self.history.depth} best levels, not {depth}")
        moment = micros(timestamp)
        return self._texts(self.history.at(moment, BID)[:depth]), self._texts(self.history.at(moment, ASK)[:depth])

    def queue(self, depth: int) -> tuple[list[QueuedOrder], list[QueuedOrder]]:
        """Every resting order of the best bid and ask levels, in the order in which they are filled."""
        bids, asks = (
            [self._queued(order) for level in ladder.top(depth) for order in level.orders.values()]
            for ladder in self.market.sides
        )
        return bids, asks

    def _queued(self, order: Order) -> QueuedOrder:
        price, qty = self.pair.price_precision, self.pair.qty_precision
        return QueuedOrder(
            order_id=self.order_id(order.id),
            limit_price=decimal(order.price, price),
            order_qty=decimal(order.qty, qty),
            hidden_qty=decimal(order.hidden, qty),
            owner=order.owner,
        )

    def _texts(self, levels: list[tuple[int, int]]) -> Levels:
        pair = self.pair
        return [(decimal(price, pair.price_precision), decimal(qty, pair.qty_precision)) for price, qty in levels]

    def _feed(self, channel: str) -> "BookFeed | Level3Feed | TradeFeed | TickerFeed | OhlcFeed":
        return getattr(self, channel)  # the feeds' names here are the channels' names

    def _listen(self) -> None:
        """Level 3 listens to the market only while somebody reads it."""
        self._deep = any(channel == "level3" for channel, _, _ in self._open)
        self.market.on_step = self._both if self._deep else self.book.on_step

    def _both(self, side: Side, rank: int, order: Order, total: int, before: int, kind: Kind) -> None:
        self.book.on_step(side, rank, order, total, before, kind)
        self.level3.on_step(side, rank, order, total, before, kind)
