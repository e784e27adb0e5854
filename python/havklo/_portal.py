"""The background thread on which a synchronous client lives, and the ways into it."""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar, final

from havklo._queues import Iteration
from havklo._run import loop_factory
from havklo.client import Client
from havklo.errors import ConfigurationError, Disconnected

__all__ = ["Events", "Portal", "Ticks"]

T = TypeVar("T")

_BATCH = 256


@final
class Portal:
    """One event loop on one thread, in which a client is open, and the way into it.

    Attributes:
        failure: What has ended the client, or None.
    """

    def __init__(self, kraken: Client) -> None:
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
        """Run a coroutine there and wait for it; an interrupt here cancels it there.

        Raises:
            Disconnected: The client has ended.
            ConfigurationError: A handler waits for the thread that it runs on.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise ConfigurationError(
                "a handler can't wait: it runs on the thread that it would wait for",
                hint="do it in a thread of your own, and let the handler put what it knows into a queue.Queue",
            )
        future = self._send(work)
        if future is None:
            raise self._gone()
        return self._result(future)

    def do(self, function: Callable[[], T]) -> T:
        """Call a function there; once the loop has ended, here."""
        if threading.current_thread() is self._thread:
            return function()
        future = self._send(_call(function))
        if future is None:
            self._thread.join()
            return function()
        return self._result(future)

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

    def _send(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T] | None:
        with self._lock:
            if self._loop is None:
                work.close()
                return None
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._calls.add(future)
            return future

    def _result(self, future: concurrent.futures.Future[T]) -> T:
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise self._gone() from None
        except BaseException:
            future.cancel()
            raise
        finally:
            self._calls.discard(future)

    def _gone(self) -> Disconnected:
        with self._lock:
            is_ending = self._loop is None
        if is_ending:
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
                for future in tuple(self._calls):
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


@final
class Events(Iterator[T], Generic[T]):
    """One `for` over a queue that the background thread fills."""

    def __init__(self, portal: Portal, begin: Callable[[], Iteration[T]]) -> None:
        self._portal = portal
        self._batch: list[T] = []
        self._iteration = portal.call(_call(begin))

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


@final
class Ticks(Iterator[int]):
    """One `for` over the beats of a clock."""

    def __init__(self, portal: Portal, beats: AsyncIterator[int]) -> None:
        self._portal = portal
        self._beats = beats

    def __next__(self) -> int:
        return self._portal.call(_next(self._beats))


async def _call(function: Callable[[], T]) -> T:
    return function()


async def _next(beats: AsyncIterator[T]) -> T:
    return await anext(beats)


async def _next_batch(iteration: Iteration[T]) -> list[T]:
    """Wait for one event and take what else is there, so that the threads meet less often."""
    with contextlib.suppress(StopAsyncIteration):
        return [await anext(iteration), *iteration.take(_BATCH - 1)]
    return []
