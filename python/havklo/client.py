"""The client: typed subscriptions, events and books over however many connections they need."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Literal, Self, TypeAlias, TypeVar, cast, final, overload

import msgspec

from havklo import events
from havklo._engine import Book, Desync
from havklo._hub import Feed, Hub
from havklo._protocol.life import Timings
from havklo._queues import Iteration
from havklo.channels import Channel
from havklo.clock import Clock
from havklo.errors import ConfigurationError, Disconnected
from havklo.subscription import AnyBooks, BookSubscription, BookSubscriptions, Subscription
from havklo.venues import LIVE, UrlVenue, Venue

__all__ = ["Client", "ClientStatistics", "OnDesync"]

S = TypeVar("S", bound=Subscription[Any])
E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Callable[[Any], object])

Decision: TypeAlias = Literal["resync", "report"]
OnDesync: TypeAlias = Decision | Callable[[Desync], Decision]

_SECOND = 1_000_000_000
RULES = ("unknown_delete", "unchanged_level", "short_side", "better_refill")


class ClientStatistics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A client's counters; those of books count while their subscription lasts.

    Attributes:
        connections: Connections that carry something now.
        reconnects: Connections that replaced a lost one.
        books: Books subscribed now.
        live: Those of them that are live.
        messages: Book messages addressed to these books.
        verified: Those of them that were proven.
        ignored: Book messages that were not used: of books that were not live, or not subscribed any more.
        desyncs: Desyncs of these books.
        resyncs: Books that were made live again.
        dropped: Updates that iterations did not see on their own, and events that were too many.
        unknown: Messages of channels or shapes that this version does not know.
    """

    connections: int
    reconnects: int
    books: int
    live: int
    messages: int
    verified: int
    ignored: int
    desyncs: int
    resyncs: int
    dropped: int
    unknown: int


@final
class Client:
    """A connection to Kraken, or to whatever venue it is given.

    Use it as an async context manager. Within it `subscribe` to channels, iterate over the client for
    all events in the order of their arrival, or register handlers with `on`. Connections are made as
    subscriptions need them, and restored when they are lost.

    Args:
        venue: Where to connect: `LIVE` (Kraken itself), a simulator, or a public endpoint's URL.
        on_desync: What to do about a book that is not proven any more: "resync" (take a fresh
            snapshot), "report" (leave it until its subscription's `resync` is called), or a callable
            that decides by the `Desync`.
        queue: How many events each iteration keeps for a reader that falls behind.
        reprove_every: Take a fresh snapshot of each book about this often, in seconds; it is not live
            meanwhile.
        rules: The structural rules that watch the levels which Kraken's checksum does not cover.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(
        self,
        venue: Venue | str = LIVE,
        *,
        on_desync: OnDesync = "resync",
        queue: int = 1024,
        reprove_every: float | None = None,
        rules: Sequence[str] = RULES,
    ) -> None:
        if not callable(on_desync):
            _check_decision(on_desync)
        if queue < 1:
            raise ConfigurationError(f"a queue keeps at least one event, not {queue!r}")
        if reprove_every is not None and reprove_every <= 0:
            raise ConfigurationError(f"reprove_every is a positive number of seconds, not {reprove_every!r}")
        self._venue = UrlVenue(venue) if isinstance(venue, str) else venue
        self._on_desync: OnDesync = on_desync
        every = None if reprove_every is None else round(reprove_every * _SECOND)
        self._hub = Hub(
            self._venue,
            rules=tuple(rules),
            timings=Timings(reprove_every=every),
            queue_limit=queue,
            wants_resync=self._wants_resync,
            crash=self._crash,
        )
        self._state: Literal["new", "open", "closed"] = "new"
        self._task: asyncio.Task[Any] | None = None
        self._cancels_before = 0
        self._cancel: asyncio.Handle | None = None
        self._has_cancelled = False
        self._failure: Exception | None = None

    def __repr__(self) -> str:
        return f"<Client of {self._venue.name}, {self._state}, {len(self._hub.books)} books>"

    @property
    def venue(self) -> Venue:
        """The venue."""
        return self._venue

    @property
    def clock(self) -> Clock:
        """The venue's time, so that a strategy's timers run the same live and simulated."""
        return self._venue.clock

    @property
    def books(self) -> Mapping[str, Book]:
        """The subscribed books by symbol, of several depths the deepest.

        Asking for one that is not subscribed raises `UnknownSymbol`.
        """
        return MappingProxyType(self._hub.books)

    async def __aenter__(self) -> Self:
        if self._state != "new":
            raise ConfigurationError("a client is entered once", hint="make a new one")
        await self._venue.__aenter__()
        self._state = "open"
        self._task = asyncio.current_task()
        self._cancels_before = self._task.cancelling() if self._task is not None else 0
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        foreign_cancel = self._retract_cancel()
        if self._state == "open":
            self._state = "closed"
            self._hub.end(Disconnected("the client was closed"), None)
        try:
            await self._hub.close()
        finally:
            await self._venue.__aexit__(kind, error, trace)
        if self._failure is None:
            return
        if isinstance(error, asyncio.CancelledError):
            follows = not foreign_cancel
        else:
            follows = error is None or error.__cause__ is self._failure
        if follows:
            raise self._failure

    async def subscribe(self, channel: Channel[S], *, timeout: float = 10.0) -> S:  # noqa: ASYNC109  # sent on
        """Subscribe to a channel; returns once everything in it is live or has failed.

        Equal channels share one subscription on the wire. Cancelling takes the request back.

        Args:
            channel: What to subscribe to; see `havklo.channels`.
            timeout: After how many seconds what is not live has failed.

        Returns:
            The channel's subscription. Of several symbols some may have failed: see its `errors`.

        Raises:
            SubscriptionError: Kraken refused every symbol; the first refusal has the others as notes.
            SubscribeTimeout: No symbol had a verified snapshot in time.
            EndpointUnavailable: The venue does not offer the channel's endpoint.
            Disconnected: The client is closed.
        """
        self._check_open()
        self._venue.endpoint("public")
        fresh = self._hub.place(channel.topics, "public")
        kind = BookSubscription if len(channel.topics) == 1 else BookSubscriptions
        subscription = kind(channel, self._hub)
        feeds = [self._hub.feeds[topic] for topic in channel.topics]
        for feed in feeds:
            feed.subscriptions.append(subscription)
        try:
            for connection, topics in fresh.items():
                connection.subscribe(topics, round(timeout * _SECOND))
            await asyncio.wait([feed.ready for feed in feeds])
            self._raise_failure()
            _conclude(subscription, feeds)
        except BaseException:
            await subscription.unsubscribe()
            raise
        return cast("S", subscription)

    @overload
    def on(self, event: type[E]) -> Callable[[H], H]: ...
    @overload
    def on(self, event: type[E], handler: Callable[[E], object]) -> None: ...
    def on(self, event: type[E], handler: Callable[[E], object] | None = None) -> Callable[[H], H] | None:
        """Call `handler` with every event of a type, synchronously and in the receive path.

        This is the shortest way to an event, and misses none; what takes long in a handler delays all
        that comes after. A handler that raises ends the client: its `async with` raises that very
        exception. Without a handler this is a decorator.

        Raises:
            ConfigurationError: The type is no event's, or the handler is a coroutine function.
        """
        if handler is not None:
            self._hub.handlers.add(event, handler)
            return None

        def decorate(function: H) -> H:
            self._hub.handlers.add(event, function)
            return function

        return decorate

    def off(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call `handler` no more for this type of event."""
        self._hub.handlers.remove(event, handler)

    def __aiter__(self) -> Iteration[events.Event]:
        """Iterate over everything from now on, in the order of arrival.

        A reader that falls behind by a whole queue gets what was kept, and then `SlowConsumer`.
        """
        return self._hub.handlers.iterate(self._hub.queue_limit)

    def statistics(self) -> ClientStatistics:
        """Give the client's counters."""
        hub = self._hub
        books = [feed.book for feed in hub.feeds.values() if feed.book is not None]
        counted = [book.statistics() for book in books]
        subscriptions = {each for feed in hub.feeds.values() for each in feed.subscriptions}
        return ClientStatistics(
            connections=sum(connection.session.load > 0 for connection in hub.connections),
            reconnects=sum(connection.session.reconnects for connection in hub.connections),
            books=len(books),
            live=sum(book.state == "live" for book in books),
            messages=sum(count.messages for count in counted),
            verified=sum(count.verified for count in counted),
            ignored=sum(connection.engine.ignored for connection in hub.connections),
            desyncs=sum(sum(count.desyncs.values()) for count in counted),
            resyncs=sum(connection.session.resyncs for connection in hub.connections),
            dropped=hub.handlers.dropped + sum(each.dropped for each in subscriptions),
            unknown=sum(connection.unknown for connection in hub.connections),
        )

    def _check_open(self) -> None:
        self._raise_failure()
        if self._state != "open":
            state = "not entered yet" if self._state == "new" else "closed"
            raise Disconnected(f"the client is {state}", hint="use it within: async with Client() as kraken")

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _wants_resync(self, desync: Desync) -> bool:
        policy = self._on_desync
        return _check_decision(policy(desync) if callable(policy) else policy) == "resync"

    def _crash(self, error: Exception) -> None:
        """End because of a failure: everyone who waits learns of it, and the `async with` raises it."""
        if self._failure is not None or self._state != "open":
            return
        self._failure, self._state = error, "closed"
        if self._task is not None:
            # A moment later, for the body itself may be what has called the handler.
            self._cancel = asyncio.get_running_loop().call_soon(self._cancel_body)
        ended = Disconnected(f"a handler failed: {error!r}")
        ended.__cause__ = error
        self._hub.end(ended, ended)

    def _cancel_body(self) -> None:
        if self._task is not None:
            self._has_cancelled = self._task.cancel()

    def _retract_cancel(self) -> bool:
        """Take the cancellation of the body back; whether it has been cancelled by someone else, too."""
        if self._cancel is not None:
            self._cancel.cancel()
        if self._task is None or not self._has_cancelled:
            return True
        return self._task.uncancel() > self._cancels_before


def _check_decision(decision: object) -> Decision:
    if decision not in ("resync", "report"):
        raise ConfigurationError(f'what to do about a desync is "resync" or "report", not {decision!r}')
    return decision


def _conclude(subscription: AnyBooks, feeds: Sequence[Feed]) -> None:
    """Give a subscription its books and its errors; raises if there are only errors."""
    errors = {feed.topic.symbol: feed.error for feed in feeds if feed.error is not None}
    books = {feed.topic.symbol: feed.book for feed in feeds if feed.error is None and feed.book is not None}
    if not books:
        first, *others = errors.values()
        for other in others:
            first.add_note(f"also: {other}")
        raise first
    subscription.settle(books, errors)
