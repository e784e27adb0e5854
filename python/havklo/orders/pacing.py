"""Waiting for room on the rate counter, in order, or refusing to."""

import asyncio
from typing import TYPE_CHECKING, Final, final

from havklo.errors import HeadroomExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from havklo._protocol.trading.costs import Kind
    from havklo._protocol.trading.counter import Charge, Cost, RateCounter
    from havklo._protocol.trading.record import Record
    from havklo._trading import Pacing
    from havklo.clock import Clock

__all__ = ["Pacer", "Turn", "age"]

_URGENT: Final = frozenset({"cancel", "batch_cancel"})


@final
class Turn:
    """What a request counts on the rate counter of one pair.

    Args:
        symbol: The pair.
        kind: What is asked for.
        records: The orders whose ages count.
        count: The number of new orders in a batch_add.
    """

    def __init__(self, symbol: str, kind: "Kind", records: "Sequence[Record]" = (), count: int = 1) -> None:
        self.symbol = symbol
        self.kind: Kind = kind
        self._records = records
        self._count = count

    def __repr__(self) -> str:
        return f"<Turn of {self.kind} on {self.symbol}>"

    def cost(self, counter: "RateCounter", now: int) -> "Cost":
        """What it would cost now."""
        return counter.cost(self.symbol, self.kind, now, *self._ages(now), count=self._count)

    def begin_if_room(self, counter: "RateCounter", now: int) -> "Charge | None":
        """Count it if it may go out now."""
        return counter.began_if_room(self.symbol, self.kind, now, *self._ages(now), count=self._count)

    def _ages(self, now: int) -> list[int]:
        return [age(record, now) for record in self._records]


def age(record: "Record", now: int) -> int:
    """How old an order is at least: since its creation, or its last amend."""
    return 0 if record.aged_at is None or record.amending else max(0, now - record.aged_at)


@final
class Pacer:
    """Lets requests go as the rate counter has room for them: those of a pair one after the other, cancels before all.

    Args:
        counter: The rate counter.
        clock: Whose time it goes by.
        pacing: Whether to wait for room, or to refuse.
    """

    def __init__(self, counter: "RateCounter", clock: "Clock", pacing: "Pacing") -> None:
        self._counter = counter
        self._clock = clock
        self._waits = pacing == "wait"
        self._queues: dict[str, asyncio.Lock] = {}
        self._news: dict[asyncio.Future[None], None] = {}  # in the order in which they are woken

    def __repr__(self) -> str:
        return f"<Pacer that {'waits' if self._waits else 'refuses'}, {len(self._news)} waiting>"

    async def take(self, turn: Turn, end: int, check: "Callable[[], None]") -> "Charge":
        """Count a request that goes out at once when this returns.

        Args:
            turn: What it counts.
            end: When waiting has taken too long.
            check: Raises if it is not to go out any more.

        Raises:
            HeadroomExceeded: There is no room, or not in time.
        """
        now = self._clock.now()
        queue = self._queues.get(turn.symbol)
        urgent = turn.kind in _URGENT
        if urgent or queue is None or not queue.locked():
            charge = turn.begin_if_room(self._counter, now)
            if charge is not None:
                return charge
        if not self._waits:
            cost = turn.cost(self._counter, now)
            raise HeadroomExceeded(turn.symbol, cost.cost, cost.wait)
        if urgent:
            return await self._wait(turn, end, check)
        if queue is None:
            queue = self._queues[turn.symbol] = asyncio.Lock()
        async with queue:
            return await self._wait(turn, end, check)

    def wake(self) -> None:
        """Something was answered: there may be room."""
        for future in self._news:
            if not future.done():
                future.set_result(None)

    async def _wait(self, turn: Turn, end: int, check: "Callable[[], None]") -> "Charge":
        while True:
            now = self._clock.now()
            check()
            charge = turn.begin_if_room(self._counter, now)
            if charge is not None:
                return charge
            cost = turn.cost(self._counter, now)
            at = end if cost.wait_ns is None else now + cost.wait_ns
            if now >= end or at > end:
                raise HeadroomExceeded(turn.symbol, cost.cost, cost.wait)
            await self._news_or(at)

    async def _news_or(self, at: int) -> None:
        """Wait until something is answered, or until a moment."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._news[future] = None
        timer = self._clock.call_at(at, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()
            self._news.pop(future, None)
