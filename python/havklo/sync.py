"""The client for notebooks and scripts: the same names without `await`, over one background thread."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast, final, overload

from havklo import client, events, subscription
from havklo._engine import Book, BookUpdate
from havklo._queues import Iteration
from havklo._run import loop_factory
from havklo.channels import Channel
from havklo.client import ClientStatistics, OnDesync
from havklo.errors import ConfigurationError, Disconnected, HavkloError
from havklo.venues import LIVE, Venue

__all__ = ["BookSubscription", "BookSubscriptions", "Client", "Subscription"]

T = TypeVar("T")
E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Callable[[Any], object])

_BATCH = 256


@final
class _Portal:
    """One event loop on one thread, in which a client is open, and the way into it."""

    def __init__(self, kraken: client.Client) -> None:
        self.failure: Exception | None = None
        self._client = kraken
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._calls: set[concurrent.futures.Future[Any]] = set()
        self._lock = threading.Lock()
        self._opened: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="havklo", daemon=True)
        self._thread.start()
        try:
            self._opened.result()
        except BaseException:
            self.close()
            raise

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for it; an interrupt here cancels it there."""
        with self._lock:
            future = None if self._loop is None else asyncio.run_coroutine_threadsafe(work, self._loop)
            if future is not None:
                self._calls.add(future)
        if future is None:
            work.close()
            raise self._gone()
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise self._gone() from None
        except BaseException:
            future.cancel()
            raise
        finally:
            self._calls.discard(future)

    def post(self, function: Callable[[], object]) -> None:
        """Call a function there, some time soon, unless the loop has ended."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(function)

    def close(self) -> None:
        """Leave the client, stop the loop and wait for its thread; doing it twice is allowed."""
        with self._lock:
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _gone(self) -> Disconnected:
        with self._lock:
            is_ending = self._loop is None
        if is_ending and threading.current_thread() is not self._thread:
            # Only when the thread has ended is it known what ended it.
            self._thread.join()
        gone = Disconnected("the client is closed")
        gone.__cause__ = self.failure
        return gone

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._stay())
        except Exception as error:  # noqa: BLE001  # it is raised again, where someone waits for it
            if self._opened.done():
                self.failure = error
            else:
                self._opened.set_exception(error)
        finally:
            # Whoever came too late for the loop must not wait for ever.
            with self._lock:
                self._loop = None
                for future in self._calls:
                    future.cancel()

    async def _stay(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            async with self._client:
                self._opened.set_result(None)
                await self._stop.wait()
        finally:
            with self._lock:
                self._loop = None


class _Events(Iterator[T], Generic[T]):
    """One `for` over a queue that the background thread fills."""

    def __init__(self, portal: _Portal, begin: Callable[[], Iteration[T]]) -> None:
        self._portal = portal
        self._batch: list[T] = []
        self._iteration = portal.call(_do(begin))

    def __next__(self) -> T:
        if not self._batch:
            self._batch = self._portal.call(_next_batch(self._iteration))
            self._batch.reverse()
        if not self._batch:
            raise StopIteration
        return self._batch.pop()

    def __del__(self) -> None:
        iteration: Iteration[T] | None = getattr(self, "_iteration", None)
        if iteration is not None:
            # Not waited for: whoever collects garbage may be the background thread itself.
            self._portal.post(iteration.close)


async def _do(function: Callable[[], T]) -> T:
    return function()


async def _next_batch(iteration: Iteration[T]) -> list[T]:
    """Wait for one event and take what else is there, so that the threads meet less often."""
    async for event in iteration:
        return [event, *iteration.take(_BATCH - 1)]
    return []


class Subscription:
    """What one book and several have in common."""

    def __init__(self, portal: _Portal, inner: subscription.AnyBooks) -> None:
        self._portal = portal
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner)

    @property
    def channel(self) -> Channel[Any]:
        """The channel it was made from."""
        return self._inner.channel

    @property
    def dropped(self) -> int:
        """How many updates its iterations did not see on their own, because they were conflated."""
        return self._inner.dropped

    def __iter__(self) -> Iterator[BookUpdate]:
        """Begin an iteration with a queue of its own; see `havklo.BookSubscription`."""
        return _Events(self._portal, self._inner.__aiter__)

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
class BookSubscription(Subscription):
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
class BookSubscriptions(Subscription):
    """Several books."""

    _inner: subscription.BookSubscriptions

    @property
    def books(self) -> Mapping[str, Book]:
        """The books that are subscribed, by symbol."""
        return self._inner.books

    @property
    def errors(self) -> Mapping[str, HavkloError]:
        """Why the other symbols are not, by symbol."""
        return self._inner.errors


@final
class Client:
    """A `havklo.Client` without `await`.

    Use it in a `with`, or call `open` and `close` where that is inconvenient, as in a notebook. The client
    itself lives on a background thread, and so do handlers: they run there, in the receive path. An
    interrupt (Ctrl-C) of a waiting call takes the call back and leaves the client intact.

    Args:
        venue: As for `havklo.Client`, and so are the others.
        on_desync: What to do about a book that is not proven any more.
        queue: How many events each iteration keeps for a reader that falls behind.
        reprove_every: Take a fresh snapshot of each book about this often, in seconds.
        rules: The structural rules.
    """

    def __init__(
        self,
        venue: Venue | str = LIVE,
        *,
        on_desync: OnDesync = "resync",
        queue: int = 1024,
        reprove_every: float | None = None,
        rules: Sequence[str] = client.RULES,
    ) -> None:
        self._inner = client.Client(venue, on_desync=on_desync, queue=queue, reprove_every=reprove_every, rules=rules)
        self._portal: _Portal | None = None

    def __repr__(self) -> str:
        return repr(self._inner).replace("<Client", "<sync.Client")

    def open(self) -> Self:
        """Start the background thread and enter the venue."""
        if self._portal is not None:
            raise ConfigurationError("a client is opened once", hint="make a new one")
        self._portal = _Portal(self._inner)
        atexit.register(self._portal.close)
        return self

    def close(self) -> None:
        """End all subscriptions and the thread; doing it twice is allowed.

        Raises the exception of a handler that had ended the client before.
        """
        if self._portal is not None:
            atexit.unregister(self._portal.close)
            self._portal.close()
            failure, self._portal.failure = self._portal.failure, None
            if failure is not None:
                raise failure

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Exception as failure:
            if error is None or error.__cause__ is failure:
                raise failure from None

    @property
    def venue(self) -> Venue:
        """The venue."""
        return self._inner.venue

    @property
    def books(self) -> Mapping[str, Book]:
        """The subscribed books by symbol, of several depths the deepest."""
        return self._inner.books

    @overload
    def subscribe(
        self, channel: Channel[subscription.BookSubscription], *, timeout: float = 10.0
    ) -> BookSubscription: ...
    @overload
    def subscribe(
        self, channel: Channel[subscription.BookSubscriptions], *, timeout: float = 10.0
    ) -> BookSubscriptions: ...
    def subscribe(
        self,
        channel: Channel[subscription.BookSubscription] | Channel[subscription.BookSubscriptions],
        *,
        timeout: float = 10.0,
    ) -> BookSubscription | BookSubscriptions:
        """Subscribe to a channel; returns once everything in it is live or has failed.

        Raises:
            SubscriptionError: Kraken refused every symbol.
            SubscribeTimeout: No symbol had a verified snapshot in time.
            EndpointUnavailable: The venue does not offer the channel's endpoint.
            Disconnected: The client is closed.
        """
        portal = self._entered()
        inner = portal.call(self._inner.subscribe(cast("Channel[Any]", channel), timeout=timeout))
        if isinstance(inner, subscription.BookSubscription):
            return BookSubscription(portal, inner)
        return BookSubscriptions(portal, inner)

    @overload
    def on(self, event: type[E]) -> Callable[[H], H]: ...
    @overload
    def on(self, event: type[E], handler: Callable[[E], object]) -> None: ...
    def on(self, event: type[E], handler: Callable[[E], object] | None = None) -> Callable[[H], H] | None:
        """Call `handler` on the background thread with every event of a type; also a decorator.

        Raises:
            ConfigurationError: The type is no event's, or the handler is a coroutine function.
        """
        if handler is not None:
            self._do(lambda: self._inner.on(event, handler))
            return None

        def decorate(function: H) -> H:
            self._do(lambda: self._inner.on(event, function))
            return function

        return decorate

    def off(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call `handler` no more for this type of event."""
        self._do(lambda: self._inner.off(event, handler))

    def __iter__(self) -> Iterator[events.Event]:
        """Iterate over everything from now on, in the order of arrival."""
        return _Events(self._entered(), self._inner.__aiter__)

    def statistics(self) -> ClientStatistics:
        """Give the client's counters."""
        return self._do(self._inner.statistics)

    def _entered(self) -> _Portal:
        if self._portal is None:
            raise Disconnected("the client is not open yet", hint="use it within: with Client() as kraken")
        return self._portal

    def _do(self, function: Callable[[], T]) -> T:
        return function() if self._portal is None else self._portal.call(_do(function))
