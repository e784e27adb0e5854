"""What `Client.subscribe` gives back: a live channel to iterate over, and books to read at any time."""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, final

from msgspec.structs import replace

from havklo._queues import EventQueue, Iteration, LatestQueue
from havklo._waiting import until
from havklo.channels import Channel, Topic
from havklo.clock import Clock
from havklo.errors import Disconnected, HavkloError
from havklo.events import Book, BookUpdate, Instruments, Ticker
from havklo.instruments import Asset, Pairs

__all__ = ["BookSubscription", "BookSubscriptions", "InstrumentSubscription", "Subscription"]

E_co = TypeVar("E_co", covariant=True)

# How many events one symbol's snapshot has, beside what a queue keeps; the last two are of all symbols together.
_SNAPSHOT = {"ohlc": 720, "trade": 50, "executions": 1_000, "balances": 500}


class Source(Protocol):
    """What a subscription needs from its client."""

    @property
    def queue_limit(self) -> int:
        """How many events each iteration keeps."""
        ...

    @property
    def clock(self) -> Clock:
        """Whose time counts."""
        ...

    @property
    def pairs(self) -> Pairs:
        """All pairs that are known."""
        ...

    @property
    def assets(self) -> Mapping[str, Asset]:
        """All assets that are known."""
        ...

    def attach(self, topic: Topic, put: Callable[[Any], None], *, history: bool) -> None:
        """Feed `put` with the topic's events, in the receive path; trades before the subscription only if asked."""

    def detach(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Stop feeding `put`; does nothing if it is not fed."""

    def release(self, subscription: "Subscription[Any]", topics: Iterable[Topic]) -> None:
        """Give back a subscription's reference to each topic."""

    def resync(self, topics: Iterable[Topic]) -> None:
        """Take a fresh snapshot of each topic."""

    def follow(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Feed `put` with a topic's events for as long as others subscribe to it, now or later."""

    def unfollow(self, topic: Topic, put: Callable[[Any], None]) -> None:
        """Stop that; does nothing if it is not so."""

    def state_of(self, topic: Topic) -> Literal["absent", "live", "lost"]:
        """Whether a topic is subscribed, and can be relied on."""
        ...


class Subscription(AsyncIterable[E_co], Generic[E_co]):
    """Something subscribed to: iterate over its events, or use it as an async context manager to end it.

    Each `async for` has a queue of its own. When its reader falls behind by a whole queue, books and tickers conflate:
    of each symbol the latest event remains, with `conflated` counting those it stands for. What must not be lost
    (trades, candles, instruments) ends with `SlowConsumer` instead, after what was kept.

    Dropping the object ends nothing: a subscription lasts until `unsubscribe`, or until its client ends.
    """

    def __init__(self, channel: Channel[Any], source: Source) -> None:
        self._channel = channel
        self._source = source
        self._errors: dict[str, HavkloError] = {}
        self._topics = channel.topics
        self._queues: list[EventQueue[Any] | LatestQueue[Any]] = []
        self._waiting: set[asyncio.Future[Any]] = set()
        self._dropped = 0
        self._settled = False
        self._ended: HavkloError | bool = False
        self._early: EventQueue[Any] | LatestQueue[Any] | None = self._new_queue()
        self._attach(self._keep_early)

    def __repr__(self) -> str:
        channel = self._channel
        options = (
            f" at depth {channel.depth}" if channel.depth else f" of {channel.interval} min" if channel.interval else ""
        )
        failed = f", {len(self._errors)} failed" if self._errors else ""
        about = f"{channel.name} {', '.join(self.symbols)}".rstrip()
        return f"<{type(self).__name__} {about}{options}{failed}>"

    @property
    def channel(self) -> Channel[Any]:
        """The channel it was made from."""
        return self._channel

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that are subscribed."""
        return tuple(topic.symbol for topic in self._topics if topic.symbol)

    @property
    def errors(self) -> Mapping[str, HavkloError]:
        """Why other symbols of the channel are not subscribed, by symbol."""
        return MappingProxyType(self._errors)

    @property
    def dropped(self) -> int:
        """How many events its iterations did not see on their own, because the reader was too slow."""
        return self._dropped + sum(queue.dropped for queue in self._queues)

    @property
    def pending(self) -> int:
        """How many events its iterations have still to read."""
        return sum(map(len, self._queues))

    def __aiter__(self) -> Iteration[E_co]:
        """Begin an iteration with a queue of its own.

        The first one begins with the snapshot, unless more events than a queue keeps have come by then; each later one
        begins with the next event.
        """
        queue, self._early = self._early or self._new_queue(), None
        self._detach(self._keep_early)
        iteration = Iteration[E_co](queue, lambda: self._end_queue(queue))
        if self._ended is not False:
            queue.close(None if self._ended is True else self._ended)
        else:
            self._queues.append(queue)
            self._attach(queue.put)
        return iteration

    async def next(self, *, timeout: float | None = None) -> E_co:  # noqa: ASYNC109  # the venue's seconds
        """Wait for one event, the next from now on.

        Args:
            timeout: For how many seconds at most; None: as long as it takes.

        Raises:
            WaitTimeout: None came in time.
            Disconnected: The subscription or its client has ended.
        """
        if self._ended is not False:
            raise self._gone()
        future: asyncio.Future[E_co] = asyncio.get_running_loop().create_future()

        def put(event: E_co) -> None:
            if not future.done():
                future.set_result(event)

        self._waiting.add(future)
        self._attach(put)
        try:
            return await until(future, self._source.clock, timeout, f"an event of {self._channel.name}")
        finally:
            self._waiting.discard(future)
            self._detach(put)

    async def resync(self) -> None:
        """Ask for a fresh snapshot, for instance after a desync that the policy "report" has left alone."""
        self._source.resync(self._topics)

    async def unsubscribe(self) -> None:
        """End it, and its iterations; equal subscriptions go on. Doing it twice is allowed."""
        if self._ended is False:
            self.end()
            self._source.release(self, self._topics)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.unsubscribe()

    # -- for the client ----------------------------------------------------------------------

    def settle(self, live: Sequence[Topic], errors: Mapping[str, HavkloError]) -> None:
        """Take the outcome of the subscribe."""
        self._topics = tuple(live)
        self._errors.update(errors)
        self._settled = True

    def mute(self) -> None:
        """Keep no events for an iteration to come: it is there for its effect alone."""
        self._early = None
        self._detach(self._keep_early)

    def remind(self, history: Iterable[Any]) -> None:
        """Take what came before it shared a topic that was live already."""
        for event in history:
            self._keep_early(event)

    def lose(self, topic: Topic, error: HavkloError) -> None:
        """Take note that a topic is gone for good; without any left the subscription has ended."""
        if not self._settled:
            return  # the subscribe is still under way, and will be told by other means
        self._topics = tuple(other for other in self._topics if other != topic)
        self._errors[topic.symbol] = error
        if not self._topics:
            self.end(error)

    def end(self, error: HavkloError | None = None) -> None:
        """End all iterations, once each has read what it has."""
        if self._ended is False:
            self._ended = error or True
            self._detach(self._keep_early)
            for queue in self._queues:
                self._detach(queue.put)
                queue.close(error)
            for future in self._waiting:
                if not future.done():
                    future.set_exception(self._gone())

    # -- its own -----------------------------------------------------------------------------

    def _gone(self) -> HavkloError:
        return Disconnected("the subscription has ended") if isinstance(self._ended, bool) else self._ended

    def _new_queue(self) -> EventQueue[Any] | LatestQueue[Any]:
        limit = self._source.queue_limit
        match self._channel.name:
            case "book":
                return LatestQueue[BookUpdate](limit, BookUpdate.conflate)
            case "ticker":
                return LatestQueue[Ticker](limit, _conflate)
            case name:
                return EventQueue[Any](limit + _SNAPSHOT.get(name, 0) * len(self._channel.topics))

    def _keep_early(self, event: Any) -> None:
        # Nobody iterates yet. What comes is kept up to the bound; then it is clear that nobody will soon.
        if self._early is None or len(self._early) >= self._early.limit:
            self._early = None
            self._detach(self._keep_early)
        else:
            self._early.put(event)

    def _end_queue(self, queue: EventQueue[Any] | LatestQueue[Any]) -> None:
        self._detach(queue.put)
        if queue in self._queues:
            self._queues.remove(queue)
            self._dropped += queue.dropped

    def _attach(self, put: Callable[[Any], None]) -> None:
        for topic in self._topics:
            self._source.attach(topic, put, history=self._channel.snapshot)

    def _detach(self, put: Callable[[Any], None]) -> None:
        for topic in self._topics:
            self._source.detach(topic, put)


def _conflate(ticker: Ticker, count: int) -> Ticker:
    return replace(ticker, conflated=ticker.conflated + count)


class _Books(Subscription[BookUpdate]):
    """What one book and several have in common."""

    def __init__(self, channel: Channel[Any], source: Source) -> None:
        self._known: dict[str, Book] = {}
        super().__init__(channel, source)

    def show(self, symbol: str, book: Book) -> None:
        """Take a symbol's book."""
        self._known[symbol] = book

    def lose(self, topic: Topic, error: HavkloError) -> None:
        """Take note that a topic is gone for good."""
        super().lose(topic, error)
        if len(self._channel.symbols) > 1:
            self._known.pop(topic.symbol, None)


@final
class BookSubscription(_Books):
    """One book; made by `Client.subscribe(book("BTC/USD"))`, which returns once it is live."""

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self._channel.symbols[0]

    @property
    def book(self) -> Book:
        """The book: the same object through resyncs and reconnects, closed once nobody is subscribed."""
        return self._known[self.symbol]

    def __repr__(self) -> str:
        book = self._known.get(self.symbol)
        return f"<BookSubscription {self._channel.topics[0]}, {'no book' if book is None else book.state}>"


@final
class BookSubscriptions(_Books):
    """Several books; made by `Client.subscribe(book("BTC/USD", "ETH/USD"))`, which returns once all are decided."""

    @property
    def books(self) -> Mapping[str, Book]:
        """The books that are subscribed, by symbol."""
        return MappingProxyType(self._known)


@final
class InstrumentSubscription(Subscription[Instruments]):
    """The list of all assets and pairs; it is kept up to date."""

    @property
    def pairs(self) -> Pairs:
        """All pairs as of now, by symbol."""
        return self._source.pairs

    @property
    def assets(self) -> Mapping[str, Asset]:
        """All assets as of now, by their id."""
        return MappingProxyType(self._source.assets)
