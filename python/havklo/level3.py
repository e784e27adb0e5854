"""Level-3 subscriptions: books that know every order, and what becomes of a single one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, final

from havklo._queues import Iteration, LatestQueue
from havklo._tracking import Tracking
from havklo.channels import Channel, Topic
from havklo.errors import HavkloError
from havklo.events import Level3Book, Level3Update, QueueChange
from havklo.subscription import Source, Subscription

__all__ = ["Level3Subscription", "Level3Subscriptions"]


class _Level3Books(Subscription[Level3Update]):
    """What one level-3 book and several have in common."""

    def __init__(self, channel: Channel[Any], source: Source) -> None:
        self._known: dict[str, Level3Book] = {}
        super().__init__(channel, source)

    def show(self, symbol: str, book: Level3Book) -> None:
        """Take a symbol's book."""
        self._known[symbol] = book

    def lose(self, topic: Topic, error: HavkloError) -> None:
        """Take note that a topic is gone for good."""
        super().lose(topic, error)
        if len(self._channel.symbols) > 1:
            self._known.pop(topic.symbol, None)

    def _new_queue(self) -> LatestQueue[Any]:
        return LatestQueue[Level3Update](self._source.queue_limit, Level3Update.conflate)


@final
class Level3Subscription(_Level3Books):
    """One level-3 book; made by `Client.subscribe(level3("BTC/USD"))`, which returns once it is live."""

    def __init__(self, channel: Channel[Any], source: Source) -> None:
        self._tracking: Tracking | None = None
        super().__init__(channel, source)

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self._channel.symbols[0]

    @property
    def book(self) -> Level3Book:
        """The book: the same object through resyncs and reconnects, closed once nobody is subscribed."""
        return self._known[self.symbol]

    def track(self, order_id: str) -> Iteration[QueueChange]:
        """Follow one order: iterate over each change of its place in the queue at its price, with its cause.

            async for change in btc.track(order_id):
                print(change.after.orders_ahead, change.after.qty_ahead, change.cause)

        It ends when the order has left the book, after a last change that says why. One that the book does not hold
        yet may still come, so it is waited for; one that is pushed out of the book's depth may come back.

        Level 3 does not say why the first order of the best price was deleted: was it filled, or canceled? If the
        symbol's trades are subscribed on the same client, too, that is concluded from them. It may take two seconds to
        be sure of a cancel, and what follows waits for it. Without the trades the cause is "unknown", at once.

        A reader that falls behind by a whole queue gets what was kept, and then `SlowConsumer`.
        """
        if self._tracking is None:
            self._tracking = Tracking(self._channel.topics[0], self.book, self._source)
        return self._tracking.begin(order_id, self._ended)

    def end(self, error: HavkloError | None = None) -> None:
        """End all iterations, once each has read what it has."""
        super().end(error)
        if self._tracking is not None:
            self._tracking.end(error)

    def __repr__(self) -> str:
        book = self._known.get(self.symbol)
        return f"<Level3Subscription {self._channel.topics[0]}, {'no book' if book is None else book.state}>"


@final
class Level3Subscriptions(_Level3Books):
    """Several level-3 books; made by `Client.subscribe(level3("BTC/USD", "ETH/USD"))`."""

    @property
    def books(self) -> Mapping[str, Level3Book]:
        """The books that are subscribed, by symbol."""
        return MappingProxyType(self._known)
