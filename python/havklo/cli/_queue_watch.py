"""Watches one level-3 book: gathers what there is to see of its queues, and shows that ten times a second."""

import asyncio
from typing import Final, final

from havklo.channels import level3, trade
from havklo.cli._queue_stage import QueueStage
from havklo.cli._queues import Asked, QueuesView, look
from havklo.cli._view import Note, age_text, count
from havklo.client import Client
from havklo.errors import HavkloError
from havklo.events import (
    ConnectionLost,
    CrossedBook,
    Desync,
    Level3Book,
    Malformed,
    Resync,
    Stalled,
    Status,
    SubscriptionLost,
)

__all__ = ["QueueWatch", "subscribe_queues"]

_SECOND: Final = 1_000_000_000
_REDRAW: Final = 0.1


@final
class QueueWatch:
    """One level-3 book of a client, and everything that happens to it.

    Args:
        kraken: The client, within its `async with`.
        asked: Which book, and which of its orders.
        venue: The venue's name for people.
        stage: Where it is shown.
    """

    def __init__(self, kraken: Client, asked: Asked, *, venue: str, stage: QueueStage) -> None:
        self._kraken = kraken
        self._asked = asked
        self._venue = venue
        self._stage = stage
        self._book: Level3Book | None = None
        self._lost: HavkloError | None = None
        self._system = "online"
        self._desyncs = self._resyncs = self._verified = 0
        kraken.on(Desync, self._on_desync)
        kraken.on(Resync, self._on_resync)
        kraken.on(CrossedBook, lambda _: self.note("crossed", "a fresh snapshot is proven and crossed: so it is"))
        kraken.on(Stalled, lambda event: self.note("stalled", f"nothing came for {age_text(event.silent_ns)}"))
        kraken.on(Malformed, lambda event: self.note("malformed", event.detail))
        kraken.on(ConnectionLost, self._on_connection_lost)
        kraken.on(SubscriptionLost, self._on_subscription_lost)
        kraken.on(Status, self._on_status)

    def note(self, kind: str, text: str) -> None:
        """Put a line into the log."""
        self._stage.note(Note(at_ns=self._now(), kind=kind, text=text))

    async def show(self) -> None:
        """Subscribe, and show the book until the time is up.

        Raises:
            HavkloError: The book could not be subscribed, was lost for good, or was not live in time.
        """
        asked, clock = self._asked, self._kraken.clock
        began = clock.now()
        subscribing = asyncio.create_task(subscribe_queues(self._kraken, asked))
        try:
            async for now in clock.every(_REDRAW):
                if subscribing.done() and self._book is None:
                    self._book = subscribing.result()
                if self._lost is not None:
                    raise self._lost
                self._stage.show(self.view(), self._now())
                if asked.seconds is not None and now - began >= asked.seconds * _SECOND:
                    break
        finally:
            subscribing.cancel()
        if self._book is None:
            raise HavkloError(f"level 3 of {asked.symbol} was not live within {asked.seconds:g} s")

    def view(self) -> QueuesView:
        """What there is to see now."""
        asked = self._asked
        venue = self._venue if self._system == "online" else f"{self._venue} ({self._system})"
        if self._book is None:
            return QueuesView(symbol=asked.symbol, depth=asked.depth, venue=venue, desyncs={}, wanted=asked.orders)
        self._verified = max(self._verified, self._book.statistics().verified)
        return look(
            self._book,
            venue=venue,
            orders=asked.orders,
            resyncs=self._resyncs,
            now_ns=self._now(),
            within=asked.within,
        )

    def summary(self) -> str:
        """What was seen in all."""
        resyncs = f"{count(self._desyncs, 'desync')}, {count(self._resyncs, 'resync')}"
        verified = count(self._verified, "message")
        return f"{self._asked.symbol} level 3 at depth {self._asked.depth}: {verified} verified, {resyncs}"

    def _now(self) -> int:
        return self._kraken.clock.epoch_ns()

    # -- handlers: called in the receive path, at the very instant --------------------------------------

    def _on_desync(self, desync: Desync) -> None:
        self._desyncs += 1
        self.note("desync", f"{desync.symbol} can't be read any more: {desync.detail}")

    def _on_resync(self, resync: Resync) -> None:
        self._resyncs += 1
        tries = "" if resync.attempts == 1 else f", the {resync.attempts}. that was asked for"
        took = age_text(resync.took_ns)
        self.note("healed", f"{resync.symbol} is live again after {took}, from a fresh proven snapshot{tries}")

    def _on_connection_lost(self, event: ConnectionLost) -> None:
        self.note("lost", f"the connection: {event.reason}; the next attempt follows in {age_text(event.retry_in_ns)}")

    def _on_subscription_lost(self, event: SubscriptionLost) -> None:
        self._lost = event.error

    def _on_status(self, status: Status) -> None:
        if status.system != self._system:
            self._system = status.system
            self.note("status", f"Kraken says it is {status.system}")


async def subscribe_queues(kraken: Client, asked: Asked) -> Level3Book:
    """Subscribe to a level-3 book; where chances are wanted to its trades, too, and the book learns.

    Raises:
        HavkloError: It could not be subscribed.
    """
    book = (await kraken.subscribe(level3(asked.symbol, depth=asked.depth))).book
    if asked.orders:
        book.learn(horizons=[asked.within])
        # The client tells the book of them, so that it does not take cancels for trades.
        await kraken.subscribe(trade(asked.symbol))
    return book
