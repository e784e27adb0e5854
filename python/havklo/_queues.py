"""The bounded queues between the receive path and whoever iterates; overflow is never silent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, Protocol, TypeVar, final

from havklo.errors import HavkloError, SlowConsumer

__all__ = ["EventQueue", "Iteration", "LatestQueue", "Queue"]

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class Queue(Protocol[E_co]):
    """What an `Iteration` reads."""

    @property
    def dropped(self) -> int:
        """How many events its reader did not see on their own."""
        ...

    def __len__(self) -> int:
        """How many events wait for the reader."""
        ...

    def take(self) -> E_co | None:
        """Give the next event, or None if there is none now; raises where the policy says so."""
        ...

    async def wait(self) -> bool:
        """Wait until there may be something to take; False when nothing more will come."""
        ...

    def close(self, error: HavkloError | None = None) -> None:
        """Let the reader finish what is there and then end, with the error if there is one."""


class _Waiting:
    """The part that both queues share: one reader that waits, and the end."""

    def __init__(self) -> None:
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._error: HavkloError | None = None

    async def wait(self) -> bool:
        if self._closed:
            if self._error is not None:
                raise self._error
            return False
        if self._waiter is not None:
            raise RuntimeError("another task is waiting on this iteration already; begin one for each task")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        return True

    def close(self, error: HavkloError | None = None) -> None:
        if not self._closed:
            self._closed, self._error = True, error
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Symbolic(Protocol):
    """An event about one symbol."""

    @property
    def symbol(self) -> str:
        """The symbol."""
        ...


V = TypeVar("V", bound=Symbolic)


@final
class LatestQueue(_Waiting, Generic[V]):
    """Events that conflate: on overflow each symbol keeps its latest one, which counts the others.

    Args:
        limit: How many events are kept one by one.
        conflate: Gives an event that stands for so many earlier ones as well.
    """

    def __init__(self, limit: int, conflate: Callable[[V, int], V]) -> None:
        super().__init__()
        self.limit = limit
        self.dropped = 0
        self._conflate = conflate
        self._events: deque[V] = deque()
        self._folded: dict[str, tuple[V, int]] = {}

    def __len__(self) -> int:
        return len(self._events) + len(self._folded)

    def put(self, event: V) -> None:
        """Keep an event; called in the receive path."""
        if self._folded or len(self._events) >= self.limit:
            self._fold(event)
        else:
            self._events.append(event)
        if self._waiter is not None:
            self._wake()

    def take(self) -> V | None:
        """Give the next event: conflated ones first, they are the older."""
        if self._folded:
            symbol = next(iter(self._folded))
            event, skipped = self._folded.pop(symbol)
            return self._conflate(event, skipped) if skipped else event
        return self._events.popleft() if self._events else None

    def _fold(self, event: V) -> None:
        self._events.append(event)
        for each in self._events:
            symbol = each.symbol
            earlier = self._folded.get(symbol)
            skipped = 0 if earlier is None else earlier[1] + 1
            self.dropped += earlier is not None
            self._folded[symbol] = each, skipped
        self._events.clear()


@final
class EventQueue(_Waiting, Generic[E]):
    """Events of which none may be lost unnoticed: after an overflow comes what was kept, then an error.

    Args:
        limit: How many events are kept.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.dropped = 0
        self._events: deque[E] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: E) -> None:
        """Keep an event; called in the receive path."""
        if self.dropped or len(self._events) >= self.limit:
            self.dropped += 1
        else:
            self._events.append(event)
        if self._waiter is not None:
            self._wake()

    def take(self) -> E | None:
        """Give the next event.

        Raises:
            SlowConsumer: Events were dropped after those that were given.
        """
        if self._events:
            return self._events.popleft()
        if self.dropped:
            raise SlowConsumer(self.dropped, self.limit)
        return None


@final
class Iteration(AsyncIterator[E_co], Generic[E_co]):
    """One `async for` over a queue of its own; ends when its source does, or with the source's error.

    Cancelling a waiting iteration loses nothing. An iteration that is left with `break` lets go of its queue.
    """

    def __init__(self, queue: Queue[E_co], detach: Callable[[], object]) -> None:
        self._queue = queue
        self._detach: Callable[[], object] | None = detach

    def __aiter__(self) -> "Iteration[E_co]":
        return self

    async def __anext__(self) -> E_co:
        while True:
            event = self._queue.take()
            if event is not None:
                return event
            if not await self._queue.wait():
                raise StopAsyncIteration

    @property
    def dropped(self) -> int:
        """How many events this iteration did not see on their own."""
        return self._queue.dropped

    def take(self, limit: int) -> list[E_co]:
        """Give what is there without waiting, at most `limit` events."""
        taken: list[E_co] = []
        while len(taken) < limit:
            try:
                event = self._queue.take()
            except HavkloError:
                if taken:
                    break  # what was taken is given first; the error will be there next time
                raise
            if event is None:
                break
            taken.append(event)
        return taken

    def close(self) -> None:
        """Let go of the queue; the iteration ends. On its event loop's thread only."""
        self._queue.close()
        self._let_go()

    async def aclose(self) -> None:
        """Let go of the queue; the iteration ends."""
        self.close()

    def _let_go(self) -> None:
        detach, self._detach = self._detach, None
        if detach is not None:
            detach()

    def __del__(self) -> None:
        self._let_go()
