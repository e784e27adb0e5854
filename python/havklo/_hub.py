"""A client's machine room: which topic is on which connection, who shares it, and who is told of what."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast, final

from havklo._engine import Book, BookUpdate, Desync
from havklo._handlers import Handlers
from havklo._protocol.actions import SessionEvent
from havklo._protocol.life import Timings
from havklo.channels import Topic
from havklo.connection import Connection
from havklo.errors import HavkloError, UnknownSymbol
from havklo.subscription import AnyBooks, Subscription
from havklo.venues import Role, Venue

__all__ = ["Feed", "Hub"]

_TOPICS_PER_CONNECTION = 200


def _random() -> float:
    # Asked a few times per outage: the system's own randomness costs no import and no seed.
    return int.from_bytes(os.urandom(6)) / (1 << 48)


@final
class Feed:
    """One topic: its connection and book, and the subscriptions that share it."""

    def __init__(self, topic: Topic, connection: Connection) -> None:
        self.topic = topic
        self.connection = connection
        self.book: Book | None = None
        self.error: HavkloError | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.subscriptions: list[AnyBooks] = []

    def settle(self, error: HavkloError | None = None) -> None:
        """Let those who wait for the topic go on."""
        self.error = self.error or error
        if not self.ready.done():
            self.ready.set_result(None)


class _Books(dict[str, Book]):
    def __missing__(self, symbol: str) -> Book:
        raise UnknownSymbol(symbol, hint="subscribe to it first: await kraken.subscribe(book(...))")


@final
class Hub:
    """Owns the connections and the feeds; serves the client, its subscriptions and its connections.

    Args:
        venue: Where to connect.
        rules: The engines' structural rules.
        timings: The sessions' patience.
        queue_limit: How many events each iteration keeps.
        wants_resync: Decides about a desync.
        crash: Is told when a handler has failed.
    """

    def __init__(
        self,
        venue: Venue,
        *,
        rules: Sequence[str],
        timings: Timings,
        queue_limit: int,
        wants_resync: Callable[[Desync], bool],
        crash: Callable[[Exception], None],
    ) -> None:
        self.queue_limit = queue_limit
        self.wants_resync = wants_resync
        self.crash = crash
        self.connections: list[Connection] = []
        self.feeds: dict[Topic, Feed] = {}
        self.books: dict[str, Book] = _Books()
        self.handlers = Handlers(self._set_update_handlers)
        self._venue = venue
        self._rules = rules
        self._timings = timings
        self._ended = False

    # -- for the client ----------------------------------------------------------------------

    def place(self, topics: Iterable[Topic], role: Role) -> dict[Connection, list[Topic]]:
        """Make a feed for each topic that has none; says what is to be asked of which connection."""
        fresh: dict[Connection, list[Topic]] = {}
        for topic in topics:
            if topic not in self.feeds:
                connection = self._connection_for(topic, role, fresh)
                fresh.setdefault(connection, []).append(topic)
                self.feeds[topic] = Feed(topic, connection)
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

    def attach(self, topic: Topic, put: Callable[[BookUpdate], None]) -> None:
        """Feed `put` with the topic's updates, in the receive path."""
        routes = self.feeds[topic].connection.routes
        routes[topic.symbol] = (*routes.get(topic.symbol, ()), put)

    def detach(self, topic: Topic, put: Callable[[BookUpdate], None]) -> None:
        """Stop feeding `put`; does nothing if it is not fed."""
        feed = self.feeds.get(topic)
        if feed is None:
            return
        routes = feed.connection.routes
        kept = tuple(other for other in routes.pop(topic.symbol, ()) if other != put)
        if kept:
            routes[topic.symbol] = kept

    def release(self, subscription: Subscription[Any], topics: Iterable[Topic]) -> None:
        """Give back a subscription's reference to each topic; what nobody refers to is unsubscribed."""
        unused: dict[Connection, list[Topic]] = {}
        for topic in topics:
            feed = self.feeds.get(topic)
            if feed is None or subscription not in feed.subscriptions:
                continue
            feed.subscriptions.remove(cast("AnyBooks", subscription))
            if not feed.subscriptions:
                self._forget(feed)
                unused.setdefault(feed.connection, []).append(topic)
        if not self._ended:
            for connection, some in unused.items():
                connection.unsubscribe(some)

    def resync(self, topics: Iterable[Topic]) -> None:
        """Take a fresh snapshot of each topic's book."""
        for topic in topics:
            feed = self.feeds.get(topic)
            if feed is not None:
                feed.connection.resync([topic.symbol])

    # -- for connections ---------------------------------------------------------------------

    def tracked(self, topic: Topic, book: Book) -> None:
        """Learn of a topic's book, not live yet."""
        self.feeds[topic].book = book

    def completed(self, topic: Topic) -> None:
        """Learn that a topic is live for the first time."""
        feed = self.feeds[topic]
        feed.settle()
        known = self.books.get(topic.symbol)
        if feed.book is not None and (known is None or known.depth < feed.book.depth):
            self.books[topic.symbol] = feed.book

    def failed(self, topic: Topic, error: HavkloError) -> None:
        """Learn that a topic is not wanted any more, and why."""
        feed = self.feeds[topic]
        feed.settle(error)
        for subscription in feed.subscriptions:
            subscription.lose(topic, error)
        self._forget(feed)

    def emit(self, event: SessionEvent | Desync) -> None:
        """Tell the user."""
        self.handlers.tell(event)

    # -- its own -----------------------------------------------------------------------------

    def _connection_for(self, topic: Topic, role: Role, planned: dict[Connection, list[Topic]]) -> Connection:
        """Find a connection that has room and does not carry the symbol at another depth."""
        for connection in self.connections:
            plan = planned.get(connection, ())
            has_room = connection.session.load + len(plan) < _TOPICS_PER_CONNECTION
            if connection.role == role and has_room and connection.session.can_carry(topic):
                return connection
        connection = Connection(
            self,
            len(self.connections),
            self._venue,
            role,
            rules=self._rules,
            timings=self._timings,
            random=_random,
        )
        connection.set_handlers(self.handlers.for_updates)
        self.connections.append(connection)
        return connection

    def _set_update_handlers(self, handlers: tuple[Callable[[BookUpdate], object], ...]) -> None:
        for connection in self.connections:
            connection.set_handlers(handlers)

    def _forget(self, feed: Feed) -> None:
        symbol = feed.topic.symbol
        del self.feeds[feed.topic]
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
