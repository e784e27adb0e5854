"""Watches one book: gathers what there is to see of it, and shows that ten times a second."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, final

from havklo.channels import book
from havklo.cli._stage import Stage
from havklo.cli._view import Note, View, age_text, count
from havklo.client import Client
from havklo.errors import BookNotLive, HavkloError
from havklo.events import (
    Book,
    ConnectionLost,
    CrossedBook,
    Desync,
    Malformed,
    Resync,
    Stalled,
    Status,
    SubscriptionLost,
)

__all__ = ["Watch"]

_SECOND: Final = 1_000_000_000
_REDRAW: Final = 0.1


@final
class Watch:
    """One book of a client, and everything that happens to it.

    Args:
        kraken: The client, within its `async with`.
        symbol: The book.
        depth: At which depth.
        venue: The venue's name for people.
        stage: Where it is shown.
        hold: For how many seconds the picture stands still after a desync. A book heals within
            milliseconds, which nobody would see.
    """

    def __init__(self, kraken: Client, symbol: str, depth: int, *, venue: str, stage: Stage, hold: float = 0.0) -> None:
        self.desyncs: list[Desync] = []
        self.resyncs: list[Resync] = []
        self._kraken = kraken
        self._symbol = symbol
        self._depth = depth
        self._venue = venue
        self._stage = stage
        self._hold = round(hold * _SECOND) if stage.redraws else 0
        self._book: Book | None = None
        self._lost: HavkloError | None = None
        self._system = "online"
        self._held: View | None = None
        self._held_until = 0
        self._verified = 0
        kraken.on(Desync, self._on_desync)
        kraken.on(Resync, self._on_resync)
        kraken.on(CrossedBook, lambda _: self.note("crossed", "a fresh snapshot is proven and crossed: so it is"))
        kraken.on(Stalled, lambda event: self.note("stalled", f"nothing came for {age_text(event.silent_ns)}"))
        kraken.on(Malformed, lambda event: self.note("malformed", event.detail))
        kraken.on(ConnectionLost, self._on_connection_lost)
        kraken.on(SubscriptionLost, self._on_subscription_lost)
        kraken.on(Status, self._on_status)

    def note(self, kind: str, text: str, at_ns: int | None = None) -> None:
        """Put a line into the log."""
        self._stage.note(Note(at_ns=self._now() if at_ns is None else at_ns, kind=kind, text=text))

    async def show(self, seconds: float | None, each: Callable[[float], object] | None = None) -> None:
        """Subscribe, and show the book until the time is up.

        Args:
            seconds: How long; None: until cancelled.
            each: Called before each picture with the seconds since the book went live.

        Raises:
            HavkloError: The book could not be subscribed, was lost for good, or was not live in time.
        """
        clock = self._kraken.clock
        began = clock.now()
        live_since: int | None = None
        subscribing = asyncio.create_task(self._kraken.subscribe(book(self._symbol, depth=self._depth)))
        try:
            async for now in clock.every(_REDRAW):
                if subscribing.done() and self._book is None:
                    self._book, live_since = subscribing.result().book, now
                if self._lost is not None:
                    raise self._lost
                if each is not None and live_since is not None:
                    each((now - live_since) / _SECOND)
                self._stage.show(self.view(), self._now())
                if seconds is not None and now - began >= seconds * _SECOND:
                    break
        finally:
            subscribing.cancel()
        if self._book is None:
            raise HavkloError(f"{self._symbol} was not live within {seconds:g} s")

    def view(self) -> View:
        """What there is to see now."""
        held = self._held
        if held is None or self._now() >= self._held_until:
            self._held = None
            return self._look()
        again = f"; it was live again after {age_text(self.resyncs[-1].took_ns)}" if self._is_healed() else ""
        return replace(held, held=f"picture held for {self._hold / _SECOND:g} s{again}")

    def summary(self) -> str:
        """What was seen in all."""
        resyncs = f"{count(len(self.desyncs), 'desync')}, {count(len(self.resyncs), 'resync')}"
        return f"{self._symbol} at depth {self._depth}: {count(self._verified, 'message')} verified, {resyncs}"

    def _look(self) -> View:
        kept = self._book
        if kept is None:
            return View(symbol=self._symbol, depth=self._depth, venue=self._venue, desyncs={})
        peek, counted = kept.peek(self._now()), kept.statistics()
        self._verified = max(self._verified, counted.verified)
        try:
            figures = kept.microprice, kept.imbalance(10)
        except BookNotLive:
            figures = None, None
        return View(
            symbol=self._symbol,
            depth=self._depth,
            venue=self._venue if self._system == "online" else f"{self._venue} ({self._system})",
            state=peek.state,
            reason=peek.reason,
            shown=peek.snapshot,
            proven_depth=kept.proven_depth,
            verified=counted.verified,
            desyncs=counted.desyncs,
            resyncs=len(self.resyncs),
            age_ns=peek.age_ns,
            microprice=figures[0],
            imbalance=figures[1],
        )

    def _is_healed(self) -> bool:
        return len(self.resyncs) >= len(self.desyncs) > 0

    def _now(self) -> int:
        return self._kraken.clock.epoch_ns()

    # -- handlers: called in the receive path, at the very instant --------------------------------------

    def _on_desync(self, desync: Desync) -> None:
        self.desyncs.append(desync)
        self.note("desync", f"{desync.symbol} can't be read any more: {desync.detail}")
        if self._hold:
            self._held, self._held_until = self._look(), self._now() + self._hold

    def _on_resync(self, resync: Resync) -> None:
        self.resyncs.append(resync)
        tries = "" if resync.attempts == 1 else f", the {resync.attempts}. that was asked for"
        took = age_text(resync.took_ns)
        self.note("healed", f"{resync.symbol} is live again after {took}, from a fresh proven snapshot{tries}")

    def _on_connection_lost(self, event: ConnectionLost) -> None:
        wait = age_text(event.retry_in_ns)
        self.note("lost", f"the connection: {event.reason}; the next attempt follows in {wait}")

    def _on_subscription_lost(self, event: SubscriptionLost) -> None:
        self._lost = event.error

    def _on_status(self, status: Status) -> None:
        if status.system != self._system:
            self._system = status.system
            self.note("status", f"Kraken says it is {status.system}")
