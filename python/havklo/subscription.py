"""What `Client.subscribe` gives back: a live book, or several, to read at any time and to iterate over."""

from abc import abstractmethod
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar, final

from havklo._queues import BookQueue, Iteration
from havklo.channels import Channel, Topic
from havklo.errors import HavkloError
from havklo.events import Book, BookUpdate

__all__ = ["AnyBooks", "BookSubscription", "BookSubscriptions", "Subscription"]

E_co = TypeVar("E_co", covariant=True)


class Source(Protocol):
    """What a subscription needs from its client."""

    @property
    def queue_limit(self) -> int:
        """How many events each iteration keeps."""
        ...

    def attach(self, topic: Topic, put: Callable[[BookUpdate], None]) -> None:
        """Feed `put` with the topic's updates, in the receive path."""

    def detach(self, topic: Topic, put: Callable[[BookUpdate], None]) -> None:
        """Stop feeding `put`; does nothing if it is not fed."""

    def release(self, subscription: "Subscription[Any]", topics: Iterable[Topic]) -> None:
        """Give back a subscription's reference to each topic."""

    def resync(self, topics: Iterable[Topic]) -> None:
        """Take a fresh snapshot of each topic's book."""


class Subscription(AsyncIterable[E_co], Generic[E_co]):
    """Something subscribed to: iterate over its events, or use it as an async context manager to end it.

    Each `async for` has a queue of its own. Dropping the object ends nothing: a subscription lasts until
    `unsubscribe`, or until its client ends.
    """

    @property
    @abstractmethod
    def channel(self) -> Channel[Any]:
        """The channel it was made from."""

    @abstractmethod
    async def unsubscribe(self) -> None:
        """End it, and its iterations; equal subscriptions go on. Doing it twice is allowed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.unsubscribe()


class _BookTopics(Subscription[BookUpdate]):
    """What one book and several have in common: topics of one client, and iterations over their updates."""

    def __init__(self, channel: Channel[Any], source: Source) -> None:
        self._channel = channel
        self._source = source
        self._books: dict[str, Book] = {}
        self._errors: dict[str, HavkloError] = {}
        self._topics = channel.topics
        self._queues: list[BookQueue] = []
        self._dropped = 0
        self._ended: HavkloError | bool = False
        self._early: BookQueue | None = BookQueue(source.queue_limit)
        self._attach(self._keep_early)

    @property
    def channel(self) -> Channel[Any]:
        """The channel it was made from."""
        return self._channel

    @property
    def dropped(self) -> int:
        """How many updates its iterations did not see on their own, because they were conflated."""
        return self._dropped + sum(queue.dropped for queue in self._queues)

    def __aiter__(self) -> Iteration[BookUpdate]:
        """Begin an iteration with a queue of its own.

        The first one begins with the snapshot, unless more updates than a queue keeps have come by then;
        each later one begins with the next update. When the reader falls behind by a whole queue, updates
        conflate: of each symbol the latest remains, without changes and with `conflated` counting those
        it stands for.
        """
        queue, self._early = self._early or BookQueue(self._source.queue_limit), None
        self._detach(self._keep_early)
        iteration = Iteration(queue, lambda: self._end_queue(queue))
        if self._ended is not False:
            queue.close(None if self._ended is True else self._ended)
        else:
            self._queues.append(queue)
            self._attach(queue.put)
        return iteration

    async def resync(self) -> None:
        """Ask for a fresh snapshot, for instance after a desync that the policy "report" has left alone."""
        self._source.resync(self._topics)

    async def unsubscribe(self) -> None:
        """End it, and its iterations; equal subscriptions go on. Doing it twice is allowed."""
        if self._ended is False:
            self.end()
            self._source.release(self, self._topics)

    def settle(self, books: Mapping[str, Book], errors: Mapping[str, HavkloError]) -> None:
        """Take the outcome of the subscribe."""
        self._books.update(books)
        self._errors.update(errors)
        self._topics = tuple(topic for topic in self._topics if topic.symbol in books)

    def lose(self, topic: Topic, error: HavkloError) -> None:
        """Take note that a topic is gone for good; without any left the subscription has ended."""
        if not self._books:
            return  # the subscribe is still under way, and will be told by other means
        self._books.pop(topic.symbol, None)
        self._topics = tuple(other for other in self._topics if other != topic)
        self._errors[topic.symbol] = error
        if not self._books:
            self.end(error)

    def end(self, error: HavkloError | None = None) -> None:
        """End all iterations, once each has read what it has."""
        if self._ended is False:
            self._ended = error or True
            self._detach(self._keep_early)
            for queue in self._queues:
                self._detach(queue.put)
                queue.close(error)

    def _keep_early(self, update: BookUpdate) -> None:
        # Nobody iterates yet. What comes is kept up to the bound; then it is clear that nobody will soon.
        if self._early is None or len(self._early) >= self._source.queue_limit:
            self._early = None
            self._detach(self._keep_early)
        else:
            self._early.put(update)

    def _end_queue(self, queue: BookQueue) -> None:
        self._detach(queue.put)
        if queue in self._queues:
            self._queues.remove(queue)
            self._dropped += queue.dropped

    def _attach(self, put: Callable[[BookUpdate], None]) -> None:
        for topic in self._topics:
            self._source.attach(topic, put)

    def _detach(self, put: Callable[[BookUpdate], None]) -> None:
        for topic in self._topics:
            self._source.detach(topic, put)


@final
class BookSubscription(_BookTopics):
    """One book; made by `Client.subscribe(book("BTC/USD"))`, which returns once it is live."""

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self._channel.symbols[0]

    @property
    def book(self) -> Book:
        """The book: the same object through resyncs and reconnects, closed once nobody is subscribed."""
        return self._book

    def settle(self, books: Mapping[str, Book], errors: Mapping[str, HavkloError]) -> None:
        """Take the outcome of the subscribe."""
        super().settle(books, errors)
        self._book = books[self.symbol]

    def __repr__(self) -> str:
        return f"<BookSubscription {self._channel.topics[0]}, {self.book.state}>"


@final
class BookSubscriptions(_BookTopics):
    """Several books; made by `Client.subscribe(book("BTC/USD", "ETH/USD"))`."""

    @property
    def books(self) -> Mapping[str, Book]:
        """The books that are subscribed, by symbol."""
        return MappingProxyType(self._books)

    @property
    def errors(self) -> Mapping[str, HavkloError]:
        """Why the other symbols are not, by symbol."""
        return MappingProxyType(self._errors)

    def __repr__(self) -> str:
        failed = f", {len(self._errors)} failed" if self._errors else ""
        return f"<BookSubscriptions {', '.join(self._books)} at depth {self._channel.depth}{failed}>"


AnyBooks: TypeAlias = BookSubscription | BookSubscriptions
"""A subscription to one book or to several."""
