"""Who looks at which book: each frame's way to its subscribers, with the faults on that way."""

from typing import Protocol, final

from havklo.sim.delivery.faults import Fault, Faults, Injection
from havklo.sim.exchange import Publication

__all__ = ["Hub", "Subscriber"]


class Subscriber(Protocol):
    """A connection as the hub needs it."""

    @property
    def number(self) -> int:
        """Its number, counted from 1."""
        ...

    def send(self, frame: bytes) -> None:
        """Put a frame on its way."""

    def abort(self) -> None:
        """Cut it without a word."""


@final
class Hub:
    """All subscriptions to books."""

    def __init__(self, faults: Faults) -> None:
        self.frames = 0
        self._faults = faults
        self._books: dict[tuple[str, int], dict[int, Subscriber]] = {}

    def __repr__(self) -> str:
        return f"<Hub {self.subscriptions} subscriptions>"

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return sum(map(len, self._books.values()))

    @property
    def targets(self) -> list[tuple[str, int]]:
        """Every subscription as (symbol, connection number), in a fixed order."""
        return sorted((symbol, number) for (symbol, _), subscribers in self._books.items() for number in subscribers)

    def join(self, subscriber: Subscriber, symbol: str, depth: int) -> None:
        """From now on a connection gets a book's updates."""
        self._books.setdefault((symbol, depth), {})[subscriber.number] = subscriber

    def leave(self, subscriber: Subscriber, symbol: str, depth: int) -> None:
        """A connection gets no more updates of a book."""
        subscribers = self._books.get((symbol, depth), {})
        subscribers.pop(subscriber.number, None)
        if not subscribers:
            self._books.pop((symbol, depth), None)

    def publish(self, publication: Publication, now_ns: int) -> None:
        """Send an event's messages to everybody who looks at that depth; the bytes are shared."""
        symbol = publication.listing.pair.symbol
        for depth, frame in publication.messages:
            for subscriber in tuple(self._books.get((symbol, depth), {}).values()):
                injection = self._faults.due(subscriber.number, symbol) if self._faults.pending else None
                if injection is None:
                    self.frames += 1
                    subscriber.send(frame)
                else:
                    self._strike(injection, publication, (depth, frame), subscriber, now_ns)

    def _strike(
        self,
        injection: Injection,
        publication: Publication,
        message: tuple[int, bytes],
        subscriber: Subscriber,
        now_ns: int,
    ) -> None:
        listing, (depth, frame), sent = publication.listing, message, None
        if injection.kind == "corrupt":
            sent = self._faults.corrupted(frame, listing.ladder(10))
        fault = Fault(
            kind=injection.kind,
            symbol=listing.pair.symbol,
            depth=depth,
            connection=subscriber.number,
            timestamp=listing.timestamp,
            at_ns=now_ns,
            frame=frame,
            sent=sent,
        )
        self._faults.happened(injection, fault)
        if sent is not None:
            self.frames += 1
            subscriber.send(sent)
        elif injection.kind == "disconnect":
            subscriber.abort()
