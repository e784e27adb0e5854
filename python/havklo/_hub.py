"""A client's machine room: which topic is on which connection, who shares it, and who is told of what."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, final

from havklo import events
from havklo._engine import Book, BookStatistics, BookUpdate, Desync
from havklo._feed import Feed
from havklo._handlers import Handlers
from havklo._lines import Lines, Options
from havklo._log import log
from havklo._protocol.actions import MarketEvent, SessionEvent
from havklo._spreads import Spreads
from havklo._totals import Totals
from havklo.channels import Topic
from havklo.connection import Connection
from havklo.errors import HavkloError, UnknownSymbol
from havklo.instruments import Asset, Pairs
from havklo.subscription import Subscription
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo.clock import Clock

__all__ = ["Feed", "Hub"]


def _random() -> float:
    # Asked a few times per outage: the system's own randomness costs no import and no seed.
    return int.from_bytes(os.urandom(6)) / (1 << 48)


class _Books(dict[str, Book]):
    def __missing__(self, symbol: str) -> Book:
        raise UnknownSymbol(symbol, hint="subscribe to it first: await kraken.subscribe(book(...))")


@final
class Hub:
    """Owns the connections and the feeds; serves the client, its subscriptions and its connections.

    Args:
        venue: Where to connect.
        options: How connections are made and kept.
        queue_limit: How many events each iteration keeps.
        wants_resync: Decides about a desync.
        crash: Is told when a handler has failed.

    Attributes:
        pairs: All pairs that are known, once the instrument channel has told of them.
        assets: All assets likewise.
        totals: What was counted, without the books that are there now.
        on_change: Is called after each event that may have changed the client's health.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        options: Options,
        queue_limit: int,
        wants_resync: Callable[[Desync], bool],
        crash: Callable[[Exception], None],
    ) -> None:
        self.queue_limit = queue_limit
        self.wants_resync = wants_resync
        self.crash = crash
        self.clock: Clock = venue.clock
        self.feeds: dict[Topic, Feed] = {}
        self.books: dict[str, Book] = _Books()
        self.handlers = Handlers(self._set_update_handlers, Spreads(self.books))
        self.lines = Lines(self, venue, options, _random)
        self.pairs = Pairs()
        self.assets: dict[str, Asset] = {}
        self.totals = Totals()
        self.on_change: Callable[[], None] = _nothing
        self._venue = venue
        self._ended = False

    @property
    def stream_limit(self) -> int:
        """How many events an iteration over everything keeps: a queue, and beside it the snapshots that have many."""
        return self.queue_limit + sum(feed.keeps for feed in self.feeds.values() if feed.keeps > 1)

    @property
    def connections(self) -> Sequence[Connection]:
        """All connections, by their number."""
        return self.lines.connections

    # -- for the client ----------------------------------------------------------------------

    def place(self, topics: Iterable[Topic], role: Role) -> dict[Connection, list[Topic]]:
        """Make a feed for each topic that has none; says what is to be asked of which connection."""
        fresh: dict[Connection, list[Topic]] = {}
        for topic in topics:
            if topic not in self.feeds:
                connection = self.lines.find(topic, role, fresh)
                fresh.setdefault(connection, []).append(topic)
                self.feeds[topic] = Feed(topic, connection)
        self.handlers.make_room(self.stream_limit)
        return fresh

    def end(self, waiting: HavkloError, reading: HavkloError | None) -> None:
        """Take nothing in any more: who waits gets an error, who reads ends, with an error or without."""
        self._ended = True
        for connection in self.connections:
            connection.halt()
        self.handlers.end(reading)
        for feed in self.feeds.values():
            for subscription in feed.subscriptions:
                subscription.end(reading)
            if not feed.ready.done():
                feed.settle(waiting)
        self.books.clear()

    async def close(self) -> None:
        """Close the connections, politely."""
        await asyncio.gather(*(connection.close() for connection in self.connections))

    # -- for subscriptions -------------------------------------------------------------------

    def attach(self, topic: Topic, put: Callable[[Any], None], *, history: bool) -> None:
        """Feed `put` with the topic's events, in the receive path; trades before the subscription only if asked."""
        feed = self.feeds[topic]
        if topic.channel != "book":
            feed.readers = (*feed.readers, (put, history))
            return
        routes = feed.connection.routes
        routes[topic.symbol] = (*routes.get(topic.symbol, ()), put)

    def detach(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Stop feeding `put`; does nothing if it is not fed."""
        feed = self.feeds.get(topic)
        if feed is None:
            return
        feed.readers = tuple(reader for reader in feed.readers if reader[0] != put)
        if topic.channel != "book":
            return
        routes = feed.connection.routes
        kept = tuple(other for other in routes.pop(topic.symbol, ()) if other != put)
        if kept:
            routes[topic.symbol] = kept

    def release(self, subscription: Subscription[Any], topics: Iterable[Topic]) -> None:
        """Give back a subscription's reference to each topic; what nobody refers to is unsubscribed."""
        self.totals.dropped += subscription.dropped
        unused: dict[Connection, list[Topic]] = {}
        for topic in topics:
            feed = self.feeds.get(topic)
            if feed is None or subscription not in feed.subscriptions:
                continue
            feed.subscriptions.remove(subscription)
            if not feed.subscriptions:
                self._forget(feed)
                unused.setdefault(feed.connection, []).append(topic)
        if not self._ended:
            for connection, some in unused.items():
                connection.unsubscribe(some)

    def resync(self, topics: Iterable[Topic]) -> None:
        """Take a fresh snapshot of each topic."""
        for topic in topics:
            feed = self.feeds.get(topic)
            if feed is not None:
                feed.connection.resync(topic)

    # -- for connections ---------------------------------------------------------------------

    def tracked(self, topic: Topic, book: Book) -> None:
        """Learn of a topic's book, not live yet."""
        self.feeds[topic].book = book

    def retired(self, statistics: BookStatistics) -> None:
        """Learn what a book has counted that is closed now."""
        self.totals.add(statistics)

    def completed(self, topic: Topic) -> None:
        """Learn that a topic is live for the first time."""
        feed = self.feeds[topic]
        feed.settle()
        known = self.books.get(topic.symbol)
        if feed.book is not None and (known is None or known.depth < feed.book.depth):
            self.books[topic.symbol] = feed.book
        self.on_change()

    def failed(self, topic: Topic, error: HavkloError) -> None:
        """Learn that a topic is not wanted any more, and why."""
        feed = self.feeds[topic]
        feed.settle(error)
        for subscription in feed.subscriptions:
            subscription.lose(topic, error)
        self._forget(feed)
        self.on_change()

    def deliver(self, topic: Topic, told: Sequence[MarketEvent]) -> None:
        """Give events of a topic to handlers, and to whoever reads it."""
        feed = self.feeds[topic]
        for event in told:
            feed.keep(event)
            old = isinstance(event, events.Trade) and event.source == "snapshot"
            self._note(event)
            if not old or feed.wants_history:
                self.handlers.tell(event)
            for put, history in feed.readers:
                if history or not old:
                    put(event)

    def emit(self, event: SessionEvent | Desync | events.Moved | events.HealthChanged) -> None:
        """Tell the user, unless he has ended."""
        if self._ended:
            return
        log(event, self._venue.name)
        if isinstance(event, events.Resync):
            self.totals.healed(event)
        elif isinstance(event, events.ConnectionLost):
            self.lines.lost(event)
        self.handlers.tell(event)
        if not isinstance(event, events.Heartbeat | events.HealthChanged):
            self.on_change()

    def lost(self, source: Connection, desync: Desync, *, resync: bool) -> None:
        """Pass a desync to the connections that carry the books; nearly always that is the one it came over."""
        for connection in self.connections:
            if connection.engine is source.engine:
                symbols = tuple(symbol for symbol in desync.symbols if connection.carries(symbol))
                if symbols:
                    connection.lose(symbols, desync, resync=resync)

    # -- its own -----------------------------------------------------------------------------

    def _note(self, event: MarketEvent) -> None:
        self.totals.rows += 1
        match event:
            case events.TradeGap():
                self.totals.gaps += 1
                log(event, self._venue.name)
            case events.Trade(source="repair"):
                self.totals.repaired += 1
            case events.Instruments():
                is_whole = event.type == "snapshot"
                self.pairs = (Pairs() if is_whole else self.pairs).updated(event.pairs)
                self.assets = ({} if is_whole else self.assets) | {asset.id: asset for asset in event.assets}
            case _:
                return

    def _set_update_handlers(self, handlers: tuple[Callable[[BookUpdate], object], ...]) -> None:
        for connection in self.connections:
            connection.set_handlers(handlers)

    def _forget(self, feed: Feed) -> None:
        symbol = feed.topic.symbol
        del self.feeds[feed.topic]
        if feed.topic.channel != "book":
            return
        feed.connection.routes.pop(symbol, None)
        if feed.book is None or self.books.get(symbol) is not feed.book:
            return
        del self.books[symbol]
        others = [
            other.book
            for other in self.feeds.values()
            if other.topic.symbol == symbol and other.book is not None and other.ready.done()
        ]
        if others:
            self.books[symbol] = max(others, key=lambda book: book.depth)


def _nothing() -> None:
    """Nobody wants to know."""
