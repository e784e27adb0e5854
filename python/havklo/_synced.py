"""What the synchronous client's `subscribe` gives back: a `havklo.Subscription` without `await`."""

import contextlib
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, final

from havklo import level3, subscription
from havklo._engine import Book, BookUpdate, Level3Book, Level3Update
from havklo._portal import Events, Portal
from havklo.channels import Channel
from havklo.errors import Disconnected, HavkloError
from havklo.events import Instruments, QueueChange
from havklo.instruments import Asset, Pairs

__all__ = [
    "BookSubscription",
    "BookSubscriptions",
    "InstrumentSubscription",
    "Level3Subscription",
    "Level3Subscriptions",
    "Subscription",
]

V_co = TypeVar("V_co", covariant=True)


class Subscription(Generic[V_co]):
    """Something subscribed to: iterate over its events, or use it in a `with` to end it; see `havklo.Subscription`."""

    def __init__(self, portal: Portal, inner: subscription.Subscription[V_co]) -> None:
        self._portal = portal
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner)

    @property
    def channel(self) -> Channel[Any]:
        """The channel it was made from."""
        return self._inner.channel

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that are subscribed."""
        return self._inner.symbols

    @property
    def errors(self) -> Mapping[str, HavkloError]:
        """Why other symbols of the channel are not subscribed, by symbol."""
        return self._inner.errors

    @property
    def dropped(self) -> int:
        """How many events its iterations did not see on their own, because the reader was too slow."""
        return self._inner.dropped

    @property
    def pending(self) -> int:
        """How many events its iterations have still to read."""
        return self._inner.pending

    def __iter__(self) -> Iterator[V_co]:
        """Begin an iteration with a queue of its own; the first begins with the snapshot."""
        return Events(self._portal, self._inner.__aiter__)

    def next(self, *, timeout: float | None = None) -> V_co:
        """Wait for one event, the next from now on.

        Args:
            timeout: For how many seconds at most; None: as long as it takes.

        Raises:
            WaitTimeout: None came in time.
            Disconnected: The subscription or its client has ended.
        """
        return self._portal.call(self._inner.next(timeout=timeout))

    def resync(self) -> None:
        """Ask for a fresh snapshot."""
        self._portal.call(self._inner.resync())

    def unsubscribe(self) -> None:
        """End it, and its iterations; equal subscriptions go on. Doing it twice is allowed."""
        with contextlib.suppress(Disconnected):
            self._portal.call(self._inner.unsubscribe())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unsubscribe()


@final
class BookSubscription(Subscription[BookUpdate]):
    """One book."""

    _inner: subscription.BookSubscription

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self._inner.symbol

    @property
    def book(self) -> Book:
        """The book; it may be read from any thread."""
        return self._inner.book


@final
class BookSubscriptions(Subscription[BookUpdate]):
    """Several books."""

    _inner: subscription.BookSubscriptions

    @property
    def books(self) -> Mapping[str, Book]:
        """The books that are subscribed, by symbol."""
        return self._inner.books


@final
class InstrumentSubscription(Subscription[Instruments]):
    """The list of all assets and pairs; it is kept up to date."""

    _inner: subscription.InstrumentSubscription

    @property
    def pairs(self) -> Pairs:
        """All pairs as of now, by symbol."""
        return self._inner.pairs

    @property
    def assets(self) -> Mapping[str, Asset]:
        """All assets as of now, by their id."""
        return self._inner.assets


@final
class Level3Subscription(Subscription[Level3Update]):
    """One level-3 book."""

    _inner: level3.Level3Subscription

    @property
    def symbol(self) -> str:
        """The symbol."""
        return self._inner.symbol

    @property
    def book(self) -> Level3Book:
        """The book; it may be read from any thread."""
        return self._inner.book

    def track(self, order_id: str) -> Iterator[QueueChange]:
        """Follow one order: iterate over each change of its place in the queue, with its cause, until it has left.

        One that has left just before this is called is waited for like one that has not come yet.
        """
        return Events(self._portal, lambda: self._inner.track(order_id))


@final
class Level3Subscriptions(Subscription[Level3Update]):
    """Several level-3 books."""

    _inner: level3.Level3Subscriptions

    @property
    def books(self) -> Mapping[str, Level3Book]:
        """The books that are subscribed, by symbol."""
        return self._inner.books
