"""The client for notebooks and scripts: the same names without `await`, over one background thread."""

import atexit
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, final, overload

from havklo import client, clock, events, subscription
from havklo import level3 as async_level3
from havklo._engine import Book, Level3Book
from havklo._portal import Events, Portal, Ticks
from havklo._protocol.budget import LEVEL3_BUDGET
from havklo._protocol.timings import Timings
from havklo._synced import (
    BookSubscription,
    BookSubscriptions,
    InstrumentSubscription,
    Level3Subscription,
    Level3Subscriptions,
    Subscription,
)
from havklo._trading import OnExit, Pacing
from havklo.channels import Channel
from havklo.client import ClientStatistics, OnDesync
from havklo.errors import ConfigurationError, Disconnected
from havklo.health import Health
from havklo.instruments import Pairs
from havklo.venues import LIVE, Venue

if TYPE_CHECKING:
    from havklo._protocol.trading.costs import Tier, TierName
    from havklo.credentials import Credentials
    from havklo.events import Balance
    from havklo.orders.risk import RiskLimits
    from havklo.orders.synced import Orders

__all__ = [
    "BookSubscription",
    "BookSubscriptions",
    "Client",
    "Clock",
    "InstrumentSubscription",
    "Level3Subscription",
    "Level3Subscriptions",
    "Subscription",
]

T = TypeVar("T")
V = TypeVar("V")
E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Callable[[Any], object])


@final
class Clock:
    """The venue's time: a `havklo.clock.Clock` without `await`."""

    def __init__(self, portal: Callable[[], Portal], inner: clock.Clock) -> None:
        self._portal = portal
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner)

    def now(self) -> int:
        """Give the monotonic time in nanoseconds."""
        return self._inner.now()

    def epoch_ns(self) -> int:
        """Give the nanoseconds since 1970."""
        return self._inner.epoch_ns()

    def to_epoch(self, now: int) -> int:
        """Turn a monotonic instant of about this moment into nanoseconds since 1970."""
        return self._inner.to_epoch(now)

    def sleep(self, seconds: float) -> None:
        """Wait; may be interrupted at any time.

        Raises:
            Disconnected: The client is closed.
        """
        self._portal().call(self._inner.sleep(seconds))

    def every(self, seconds: float) -> Iterator[int]:
        """Yield the monotonic time once per interval, without drift; missed intervals are skipped.

        Raises:
            Disconnected: The client is closed.
        """
        return Ticks(self._portal(), self._inner.every(seconds))


@final
class Client:
    """A `havklo.Client` without `await`.

    Use it in a `with`, or call `open` and `close` where that is inconvenient, as in a notebook. The client itself
    lives on a background thread, and so do handlers: they run there, in the receive path, and can read anything but
    wait for nothing. An interrupt (Ctrl-C) of a waiting call takes the call back and leaves the client intact.

    Args:
        venue: As for `havklo.Client`, and so are the others.
        credentials: An API key, for channels that need one.
        on_desync: What to do about a book that is not proven any more.
        queue: How many events each iteration keeps for a reader that falls behind.
        reprove_every: Take a fresh snapshot of each book about this often, in seconds.
        rules: The structural rules.
        reconnect: Spaces attempts to connect; called on the background thread.
        connects_per_10_minutes: How many attempts the whole client makes at most.
        breaker_failures: After how many failures in a row an endpoint's circuit breaker opens.
        breaker_cool_down: For how many seconds it then lets nobody try.
        topics_per_connection: How many subscriptions one connection carries.
        level3_budget: What level-3 subscriptions may cost in a second.
        timings: The patience of connections in detail.
        tier: The account's verification level.
        risk: What no order may pass.
        on_exit: What happens to the open orders that it has placed when the client ends.
        dead_man: After how many seconds without a sign of life Kraken cancels all orders of the whole account.
        pacing: What happens to a request that the rate counter has no room for.
        cancel_reserve: How much of the rate counter is left to cancels.
        order_keys: The file of the idempotency keys.
    """

    def __init__(
        self,
        venue: Venue | str = LIVE,
        *,
        credentials: "Credentials | None" = None,
        on_desync: OnDesync = "resync",
        queue: int = 1024,
        reprove_every: float | None = None,
        rules: Sequence[str] = client.RULES,
        reconnect: Callable[[int], float] | None = None,
        connects_per_10_minutes: int = 120,
        breaker_failures: int = 5,
        breaker_cool_down: float = 30.0,
        topics_per_connection: int = 200,
        level3_budget: int = LEVEL3_BUDGET,
        timings: Timings | None = None,
        tier: "TierName | Tier" = "starter",
        risk: "RiskLimits | None" = None,
        on_exit: OnExit = "leave",
        dead_man: float | None = None,
        pacing: Pacing = "wait",
        cancel_reserve: Decimal | int = 8,
        order_keys: str | os.PathLike[str] | None = None,
    ) -> None:
        self._inner = client.Client(
            venue,
            credentials=credentials,
            on_desync=on_desync,
            queue=queue,
            reprove_every=reprove_every,
            rules=rules,
            reconnect=reconnect,
            connects_per_10_minutes=connects_per_10_minutes,
            breaker_failures=breaker_failures,
            breaker_cool_down=breaker_cool_down,
            topics_per_connection=topics_per_connection,
            level3_budget=level3_budget,
            timings=timings,
            tier=tier,
            risk=risk,
            on_exit=on_exit,
            dead_man=dead_man,
            pacing=pacing,
            cancel_reserve=cancel_reserve,
            order_keys=order_keys,
        )
        self._orders: Orders | None = None
        self._portal: Portal | None = None

    def __repr__(self) -> str:
        return repr(self._inner).replace("<Client", "<sync.Client")

    def open(self) -> Self:
        """Start the background thread and enter the venue."""
        if self._portal is not None:
            raise ConfigurationError("a client is opened once", hint="make a new one")
        self._portal = Portal(self._inner)
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
    def clock(self) -> Clock:
        """The venue's time."""
        return Clock(self._entered, self._inner.clock)

    @property
    def books(self) -> Mapping[str, Book]:
        """The subscribed level-2 books by symbol, of several depths the deepest."""
        return self._inner.books

    @property
    def level3(self) -> Mapping[str, Level3Book]:
        """The subscribed level-3 books by symbol, of several depths the deepest."""
        return self._inner.level3

    @property
    def instruments(self) -> Pairs:
        """All pairs that Kraken lists, once `instrument()` is subscribed or `resolve` has needed them."""
        return self._inner.instruments

    @property
    def orders(self) -> "Orders":
        """The account's orders, and all that can be done about them."""
        if self._orders is None:
            # Few programs trade, and importing havklo stays light.
            from havklo.orders.synced import Orders  # noqa: PLC0415

            self._orders = Orders(self._entered, self._do(lambda: self._inner.orders))
        return self._orders

    @property
    def balances(self) -> "Mapping[str, Balance]":
        """What the account has, by asset; empty until `orders.start` or a subscription to `balances()` is live."""
        return self._do(lambda: self._inner.balances)

    @overload
    def subscribe(
        self, channel: Channel[subscription.BookSubscription], *, timeout: float = 10.0
    ) -> BookSubscription: ...
    @overload
    def subscribe(
        self, channel: Channel[subscription.BookSubscriptions], *, timeout: float = 10.0
    ) -> BookSubscriptions: ...
    @overload
    def subscribe(
        self, channel: Channel[async_level3.Level3Subscription], *, timeout: float = 10.0
    ) -> Level3Subscription: ...
    @overload
    def subscribe(
        self, channel: Channel[async_level3.Level3Subscriptions], *, timeout: float = 10.0
    ) -> Level3Subscriptions: ...
    @overload
    def subscribe(
        self, channel: Channel[subscription.InstrumentSubscription], *, timeout: float = 10.0
    ) -> InstrumentSubscription: ...
    @overload
    def subscribe(
        self, channel: Channel[subscription.Subscription[V]], *, timeout: float = 10.0
    ) -> Subscription[V]: ...
    def subscribe(self, channel: Channel[Any], *, timeout: float = 10.0) -> Subscription[Any]:
        """Subscribe to a channel; returns once everything in it is live or has failed.

        Raises:
            SubscriptionError: Kraken refused every symbol.
            SubscribeTimeout: No symbol was live in time.
            UnknownSymbol: A name without a slash is none of Kraken's symbols.
            EndpointUnavailable: The venue does not offer the channel's endpoint.
            CredentialsError: The channel needs an API key, and the client has none.
            Disconnected: The client is closed.
        """
        portal = self._entered()
        inner: subscription.Subscription[Any] = portal.call(self._inner.subscribe(channel, timeout=timeout))
        match inner:
            case subscription.BookSubscription():
                return BookSubscription(portal, inner)
            case subscription.BookSubscriptions():
                return BookSubscriptions(portal, inner)
            case async_level3.Level3Subscription():
                return Level3Subscription(portal, inner)
            case async_level3.Level3Subscriptions():
                return Level3Subscriptions(portal, inner)
            case subscription.InstrumentSubscription():
                return InstrumentSubscription(portal, inner)
            case _:
                return Subscription(portal, inner)

    def resolve(self, name: str, *, timeout: float = 10.0) -> str:
        """Give the symbol that a name means: "XBTUSD", "xbt/usd" and "XXBTZUSD" are "BTC/USD".

        Raises:
            UnknownSymbol: There is no such pair; its `suggestions` may have been meant.
            SubscribeTimeout: The list of all pairs did not come in time.
        """
        return self._entered().call(self._inner.resolve(name, timeout=timeout))

    def wait_until(self, condition: Callable[[], object], *, timeout: float | None = None) -> None:
        """Wait until a condition holds; it is asked at once, and then after every event, on the background thread.

        Raises:
            WaitTimeout: It has not come true in time.
            Disconnected: The client has ended before.
        """
        self._entered().call(self._inner.wait_until(condition, timeout=timeout))

    def drain(self, *, timeout: float = 5.0) -> int:
        """End gracefully: take nothing new in, close the connections, and let other threads' iterations read on.

        What this thread has not read yet it can still read afterwards; with `timeout=0` nobody is waited for.

        Returns:
            How many events were not read in time.
        """
        return self._entered().call(self._inner.drain(timeout=timeout))

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
        return Events(self._entered(), self._inner.__aiter__)

    def statistics(self) -> ClientStatistics:
        """Give the client's counters."""
        return self._do(self._inner.statistics)

    def health(self) -> Health:
        """Say how the client is: every connection and topic, how long things take, what went wrong."""
        return self._do(self._inner.health)

    def _entered(self) -> Portal:
        if self._portal is None:
            raise Disconnected("the client is not open yet", hint="use it within: with Client() as kraken")
        return self._portal

    def _do(self, function: Callable[[], T]) -> T:
        return function() if self._portal is None else self._portal.do(function)
