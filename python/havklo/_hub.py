"""A client's machine room: which topic is on which connection, who shares it, and who is told of what."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, final

from havklo import events
from havklo._access import Access
from havklo._engine import Book, BookStatistics, Desync, Level3Book
from havklo._feed import Feed
from havklo._handlers import Handlers
from havklo._lines import Lines, Options
from havklo._log import log
from havklo._protocol.actions import MarketEvent, SessionEvent
from havklo._protocol.messages import AccountRow, Answer
from havklo._protocol.stamps import epoch_ns
from havklo._protocol.tokens import Token
from havklo._shelf import Shelf
from havklo._spreads import Spreads
from havklo._totals import Totals
from havklo._trading import AccountKeeper
from havklo.channels import Topic
from havklo.connection import Connection
from havklo.errors import HavkloError
from havklo.instruments import Asset, Pairs
from havklo.subscription import Subscription
from havklo.venues import Venue

if TYPE_CHECKING:
    from havklo._protocol.trading.effects import TradingEvent
    from havklo.clock import Clock
    from havklo.events import BalanceChange, Execution

    AccountEvent = Execution | BalanceChange

__all__ = ["Feed", "Hub"]


def _random() -> float:
    # Asked a few times per outage: the system's own randomness costs no import and no seed.
    return int.from_bytes(os.urandom(6)) / (1 << 48)


@final
class Hub:
    """Owns the connections and the feeds; serves the client, its subscriptions and its connections.

    Args:
        venue: Where to connect.
        options: How connections are made and kept.
        queue_limit: How many events each iteration keeps.
        wants_resync: Decides about a desync.
        crash: Is told when a handler has failed.
        access: Gets WebSocket tokens.
        make_keeper: Makes who keeps the account, once anything is said of it.

    Attributes:
        keeper: Who keeps the account, if anybody does.
        books: The level-2 books that are subscribed, by symbol, of several depths the deepest.
        level3: The level-3 books likewise.
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
        access: Access,
        make_keeper: Callable[[], AccountKeeper],
    ) -> None:
        self.queue_limit = queue_limit
        self.wants_resync = wants_resync
        self.crash = crash
        self.clock: Clock = venue.clock
        self.feeds: dict[Topic, Feed] = {}
        self.books: Shelf[Book] = Shelf("book")
        self.level3: Shelf[Level3Book] = Shelf("level3")
        self.access = access
        self.handlers: Handlers = Handlers(self._set_update_handlers, Spreads(self.books, self.level3))
        self.lines: Lines = Lines(self, venue, options, _random)
        self.pairs: Pairs = Pairs()
        self.assets: dict[str, Asset] = {}
        self.totals: Totals = Totals()
        self.on_change: Callable[[], None] = _nothing
        self.keeper: AccountKeeper | None = None
        self._make_keeper = make_keeper
        self._venue = venue
        self._followers: dict[Topic, tuple[Callable[[Any], None], ...]] = {}
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

    def place(self, topics: Iterable[Topic]) -> dict[Connection, list[Topic]]:
        """Make a feed for each topic that has none; says what is to be asked of which connection."""
        fresh: dict[Connection, list[Topic]] = {}
        for topic in topics:
            if topic not in self.feeds:
                connection = self.lines.find(topic, topic.role, fresh)
                fresh.setdefault(connection, []).append(topic)
                self.feeds[topic] = Feed(topic, connection)
        self.handlers.make_room(self.stream_limit)
        return fresh

    def end(self, waiting: HavkloError, reading: HavkloError | None) -> None:
        """Take nothing in any more: who waits gets an error, who reads ends, with an error or without."""
        self._ended = True
        if self.keeper is not None:
            self.keeper.end()
        for connection in self.connections:
            connection.halt()
        self.handlers.end(reading)
        for feed in self.feeds.values():
            for subscription in feed.subscriptions:
                subscription.end(reading)
            if not feed.ready.done():
                feed.settle(waiting)
        self.books.clear()
        self.level3.clear()

    async def close(self) -> None:
        """Close the connections, politely."""
        await asyncio.gather(*(connection.close() for connection in self.connections), self.access.close())

    # -- for subscriptions -------------------------------------------------------------------

    def attach(self, topic: Topic, put: Callable[[Any], None], *, history: bool) -> None:
        """Feed `put` with the topic's events, in the receive path; trades before the subscription only if asked."""
        feed = self.feeds[topic]
        if not topic.is_book:
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
        if not topic.is_book:
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

    def follow(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Feed `put` with a topic's events for as long as others subscribe to it, now or later."""
        self._followers[topic] = (*self._followers.get(topic, ()), put)

    def unfollow(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Stop that; does nothing if it is not so."""
        kept = tuple(other for other in self._followers.pop(topic, ()) if other != put)
        if kept:
            self._followers[topic] = kept

    def state_of(self, topic: Topic) -> Literal["absent", "live", "lost"]:
        """Whether a topic is subscribed, and can be relied on."""
        feed = self.feeds.get(topic)
        if feed is None:
            return "absent"
        life = feed.connection.session.lives.get(*topic.key)
        return "live" if life is not None and life.is_live else "lost"

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
        self._shelve(feed.book)
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
            for put in self._followers.get(topic, ()):
                put(event)

    def history(self, topic: Topic) -> "Sequence[MarketEvent | AccountEvent]":
        """Give what a snapshot of a live topic would say now."""
        return self._keeper().history(topic) if topic.is_account else self.feeds[topic].history()

    def account_rows(self, topic: Topic, rows: Sequence[AccountRow], recv_ns: int, *, snapshot: bool) -> None:
        """Hand what Kraken says of the account to who keeps it."""
        self.totals.rows += len(rows)
        self._keeper().rows(topic, rows, recv_ns, snapshot=snapshot)

    def answered(self, answer: Answer) -> None:
        """Hand an answer to who has asked."""
        self._keeper().answered(answer)

    def hears(self, topic: Topic, event: type) -> bool:
        """Whether anybody would be told of such an event of a topic."""
        feed = self.feeds.get(topic)
        return (feed is not None and bool(feed.readers)) or self.handlers.hears(event)

    def tell_account(self, topic: Topic | None, event: "TradingEvent") -> None:
        """Tell the user something of the account; what is from before the client listened only if it is wanted."""
        if self._ended:
            return
        feed = None if topic is None else self.feeds.get(topic)
        old = _is_old(event)
        log(event, self._venue.name)
        if not old or (feed is not None and feed.wants_history):
            self.handlers.tell(event)
        for put, history in () if feed is None else feed.readers:
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
            if self.keeper is not None:
                self.keeper.link_lost(event)
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

    def need_token(self, connection: Connection, refused: Token | None) -> None:
        """Get a WebSocket token for a connection."""
        self.access.fetch(connection, refused)

    def drop_token(self, token: Token) -> None:
        """Give a WebSocket token to nobody any more."""
        self.access.drop(token)

    # -- its own -----------------------------------------------------------------------------

    def _teach(self, trade: events.Trade) -> None:
        """Tell a level-3 book that learns of a trade of its symbol: it can't tell one from a cancel by itself."""
        book = self.level3.get(trade.symbol)
        if book is None or not book.learns:
            return
        at_ns = epoch_ns(trade.timestamp)
        if at_ns is not None and trade.price > 0 and trade.qty > 0:
            book.traded("buy" if trade.side == "buy" else "sell", trade.price, trade.qty, at_ns)

    def _note(self, event: MarketEvent) -> None:
        self.totals.rows += 1
        if isinstance(event, events.Trade) and event.source != "snapshot":
            self._teach(event)
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

    def _keeper(self) -> AccountKeeper:
        if self.keeper is None:
            self.keeper = self._make_keeper()
        return self.keeper

    def _set_update_handlers(self) -> None:
        for connection in self.connections:
            connection.set_handlers(self.handlers.for_updates(connection.role))

    def _shelve(self, book: Book | None) -> None:
        """Let a book that is live be found by its symbol."""
        if isinstance(book, Level3Book):
            self.level3.add(book)
        elif book is not None:
            self.books.add(book)

    def _forget(self, feed: Feed) -> None:
        symbol = feed.topic.symbol
        del self.feeds[feed.topic]
        if not feed.topic.is_book:
            return
        feed.connection.routes.pop(symbol, None)
        match feed.book:
            case Level3Book() as orders:
                was_there = self.level3.remove(orders)
            case Book() as levels:
                was_there = self.books.remove(levels)
            case None:
                was_there = False
        if was_there:
            for other in self.feeds.values():
                if other.topic.key == feed.topic.key and other.ready.done():
                    self._shelve(other.book)


def _is_old(event: object) -> bool:
    if isinstance(event, events.Execution):
        return event.source == "snapshot"
    return isinstance(event, events.BalanceChange) and event.kind == "snapshot"


def _nothing() -> None:
    """Nobody wants to know."""
