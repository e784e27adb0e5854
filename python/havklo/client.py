"""The client: typed subscriptions, events and books over however many connections they need."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar, cast, final, overload

import msgspec

from havklo import events
from havklo._access import Access
from havklo._checkup import Checkup
from havklo._engine import Book, Desync, Level3Book
from havklo._hub import Hub
from havklo._lines import Options
from havklo._protocol.budget import LEVEL3_BUDGET
from havklo._protocol.timings import Timings
from havklo._queues import Iteration
from havklo._subscribing import check_once, know_pairs, subscribe
from havklo._trading import AccountKeeper, OnExit, Pacing, checked
from havklo._waiting import until
from havklo.channels import Channel
from havklo.clock import Clock
from havklo.errors import BookNotLive, ConfigurationError, Disconnected, UnknownSymbol
from havklo.health import Health
from havklo.instruments import Pairs, is_canonical
from havklo.statistics import ClientStatistics
from havklo.subscription import Subscription
from havklo.venues import LIVE, UrlVenue, Venue

if TYPE_CHECKING:
    from havklo._protocol.trading.costs import Tier, TierName
    from havklo.credentials import Credentials
    from havklo.events import Balance
    from havklo.orders.desk import Desk
    from havklo.orders.orders import Orders
    from havklo.orders.risk import RiskLimits

__all__ = ["Client", "ClientStatistics", "OnDesync"]

S = TypeVar("S", bound=Subscription[Any])
E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Callable[[Any], object])

Decision: TypeAlias = Literal["resync", "report"]
OnDesync: TypeAlias = Decision | Callable[[Desync], Decision]

_SECOND = 1_000_000_000
RULES = ("unknown_delete", "unchanged_level", "short_side", "better_refill")


@final
class Client:
    """A connection to Kraken, or to whatever venue it is given.

    Use it as an async context manager. Within it `subscribe` to channels, iterate over the client for
    all events in the order of their arrival, or register handlers with `on`. Connections are made as
    subscriptions need them, and restored when they are lost.

    Args:
        venue: Where to connect: `LIVE` (Kraken itself), a simulator, or a public endpoint's URL.
        credentials: An API key, for channels that need one (`level3`); without them it is used for nothing.
        on_desync: What to do about a book that is not proven any more: "resync" (take a fresh
            snapshot), "report" (leave it until its subscription's `resync` is called), or a callable
            that decides by the `Desync`.
        queue: How many events each iteration keeps for a reader that falls behind.
        reprove_every: Take a fresh snapshot of each book about this often, in seconds; it is not live
            meanwhile.
        rules: The structural rules that watch the levels which Kraken's checksum does not cover.
        reconnect: Spaces attempts to connect: turns the attempt's number, from 1, into seconds. By default the first
            is made at once, then after 0.5 s, 1 s, ... up to 30 s, with jitter.
        connects_per_10_minutes: How many attempts the whole client makes at most. Kraken bans an address for ten
            minutes after about 150.
        breaker_failures: After how many failures in a row an endpoint's circuit breaker opens.
        breaker_cool_down: For how many seconds it then lets nobody try; after that one attempt decides.
        topics_per_connection: How many subscriptions one connection carries; more are spread over several. Of level 3
            Kraken allows 200.
        level3_budget: What level-3 subscriptions may cost in a second: 200, or 500 for a pro account. One symbol costs
            5, 25 or 100 at depth 10, 100 or 1000; what is more waits for its turn.
        timings: The patience of connections in detail.
        tier: The account's verification level, by which Kraken limits the rate of orders.
        risk: What no order may pass; None: there are no limits.
        on_exit: What happens when the client ends to the open orders that it has placed: "leave" them, or "cancel".
        dead_man: After how many seconds without a sign of life from this client Kraken cancels all orders of the whole
            account, other programs' included; None: never. Kraken suggests 60.
        pacing: What happens to a request that the rate counter has no room for: "wait" until there is, or "refuse".
        cancel_reserve: How much of the rate counter new orders and changes leave to cancels.
        order_keys: The file of the idempotency keys; None: one of the API key, in the user's state folder.

    Raises:
        ConfigurationError: An argument can't be meant.
    """

    def __init__(
        self,
        venue: Venue | str = LIVE,
        *,
        credentials: "Credentials | None" = None,
        on_desync: OnDesync = "resync",
        queue: int = 1024,
        reprove_every: float | None = None,
        rules: Sequence[str] = RULES,
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
        if not callable(on_desync):
            _check_decision(on_desync)
        _check_positive(queue=queue, topics_per_connection=topics_per_connection)
        _check_positive(breaker_failures=breaker_failures, breaker_cool_down=breaker_cool_down)
        patience = timings or Timings()
        if reprove_every is not None:
            _check_positive(reprove_every=reprove_every)
            patience = msgspec.structs.replace(patience, reprove_every=round(reprove_every * _SECOND))
        self._venue = UrlVenue(venue) if isinstance(venue, str) else venue
        self._on_desync: OnDesync = on_desync
        self._trading = checked(
            tier=tier,
            risk=risk,
            on_exit=on_exit,
            dead_man=dead_man,
            pacing=pacing,
            cancel_reserve=cancel_reserve,
            order_keys=order_keys,
        )
        self._orders: Orders | None = None
        self._credentials = credentials
        self._access = Access(self._venue, credentials, self._crash)
        self._hub = Hub(
            self._venue,
            options=Options(
                rules=tuple(rules),
                timings=patience,
                reconnect=reconnect,
                connects_per_10_minutes=connects_per_10_minutes,
                breaker_failures=breaker_failures,
                breaker_cool_down_ns=round(breaker_cool_down * _SECOND),
                topics_per_connection=topics_per_connection,
                level3_budget=level3_budget,
            ),
            queue_limit=queue,
            wants_resync=self._wants_resync,
            crash=self._crash,
            access=self._access,
            make_keeper=self._make_desk,
        )
        self._checkup = Checkup(self._hub, lambda: self._state == "closed")
        self._state: Literal["new", "open", "closed"] = "new"
        self._task: asyncio.Task[Any] | None = None
        self._cancels_before = 0
        self._cancel: asyncio.Handle | None = None
        self._has_cancelled = False
        self._failure: Exception | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def __repr__(self) -> str:
        return f"<Client of {self._venue.name}, {self._state}, {len(self._hub.books) + len(self._hub.level3)} books>"

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
        """The subscribed level-2 books by symbol, of several depths the deepest.

        Asking for one that is not subscribed raises `UnknownSymbol`.
        """
        return MappingProxyType(self._hub.books)

    @property
    def level3(self) -> Mapping[str, Level3Book]:
        """The subscribed level-3 books by symbol, of several depths the deepest.

        Asking for one that is not subscribed raises `UnknownSymbol`.
        """
        return MappingProxyType(self._hub.level3)

    @property
    def instruments(self) -> Pairs:
        """All pairs that Kraken lists, by symbol or by another of their names.

        Known once `instrument()` is subscribed, or `resolve` has needed it; until then there are none.
        """
        return self._hub.pairs

    @property
    def orders(self) -> "Orders":
        """The account's orders, and all that can be done about them."""
        if self._orders is None:
            # Few programs trade, and importing havklo stays light.
            from havklo.orders.orders import Orders  # noqa: PLC0415

            self._orders = Orders(
                self._desk(), self._hub, None if self._credentials is None else self._credentials.fingerprint
            )
        return self._orders

    @property
    def balances(self) -> "Mapping[str, Balance]":
        """What the account has, by asset; empty until `orders.start` or a subscription to `balances()` is live."""
        return self._desk().account.purse.balances

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
            await self._take_leave()
        if self._state == "open":
            self._state = "closed"
            self._end(Disconnected("the client was closed"), None)
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
            SubscribeTimeout: No symbol was live in time.
            UnknownSymbol: A name without a slash is none of Kraken's symbols.
            ConfigurationError: Two names mean the same symbol.
            EndpointUnavailable: The venue does not offer the channel's endpoint.
            CredentialsError: The channel needs an API key, and the client has none.
            Disconnected: The client is closed.
        """
        self._check_open()
        _check_positive(timeout=timeout)
        await self._access.check(channel.role)
        self._check_open()
        if not all(map(is_canonical, channel.symbols)):
            symbols = tuple([await self.resolve(symbol, timeout=timeout) for symbol in channel.symbols])
            check_once(symbols)
            channel = msgspec.structs.replace(channel, symbols=symbols)
        done = await subscribe(self._hub, channel, timeout, self._raise_failure)
        return cast("S", done)

    async def resolve(self, name: str, *, timeout: float = 10.0) -> str:  # noqa: ASYNC109  # sent on
        """Give the symbol that a name means: "XBTUSD", "xbt/usd" and "XXBTZUSD" are "BTC/USD".

        This fetches the list of all pairs, unless it is known and knows the name.

        Args:
            name: A symbol, or another name of it.
            timeout: How many seconds the list may take.

        Raises:
            UnknownSymbol: There is no such pair; its `suggestions` may have been meant.
            SubscribeTimeout: The list did not come in time.
        """
        self._check_open()
        await know_pairs(self._hub, timeout)
        try:
            return self._hub.pairs.resolve(name)
        except UnknownSymbol:
            await know_pairs(self._hub, timeout, anew=True)  # it may have been listed meanwhile
        return self._hub.pairs.resolve(name)

    async def wait_until(self, condition: Callable[[], object], *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # the venue's seconds
        """Wait until a condition holds; it is asked at once, and then after every event.

            await kraken.wait_until(lambda: kraken.books["BTC/USD"].spread < 1, timeout=5)

        Args:
            condition: Gives whether it holds. It is called in the receive path. A book that is not live makes it
                false; any other exception of its ends the wait.
            timeout: For how many seconds at most; None: as long as it takes.

        Raises:
            WaitTimeout: It has not come true in time.
            Disconnected: The client has ended before.
        """
        self._check_open()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look(_event: object = None) -> None:
            try:
                if not future.done() and condition():
                    future.set_result(None)
            except BookNotLive:
                return  # not yet
            except Exception as error:  # noqa: BLE001  # raised where it is waited for
                future.set_exception(error)

        look()
        self._hub.handlers.watch(look)
        self._waiting.add(future)
        try:
            await until(future, self.clock, timeout, "what was waited for")
        finally:
            self._waiting.discard(future)
            self._hub.handlers.unwatch(look)

    async def drain(self, *, timeout: float = 5.0) -> int:  # noqa: ASYNC109  # the venue's seconds
        """End gracefully: take nothing new in, close the connections, and let iterations read what they have.

        Args:
            timeout: For how many seconds at most readers may take.

        Returns:
            How many events were not read in time.
        """
        self._check_open()
        await self._take_leave()
        self._check_open()
        self._state = "closed"
        subscriptions = {each for feed in self._hub.feeds.values() for each in feed.subscriptions}
        self._end(Disconnected("the client was closed"), None)
        await self._hub.close()
        end = self.clock.now() + round(timeout * _SECOND)
        while (pending := self._checkup.pending(subscriptions)) and self.clock.now() < end:
            await self.clock.sleep(0.01)
        return pending

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
        return self._hub.handlers.iterate(self._hub.stream_limit)

    def statistics(self) -> ClientStatistics:
        """Give the client's counters."""
        return self._checkup.count()

    def health(self) -> Health:
        """Say how the client is: every connection and topic, how long things take, what went wrong."""
        return self._checkup.examine()

    def _desk(self) -> "Desk":
        """Who keeps the account here."""
        if self._hub.keeper is None:
            self._hub.keeper = self._make_desk()
        return cast("Desk", self._hub.keeper)

    def _make_desk(self) -> AccountKeeper:
        # Few programs have to do with an account, and importing havklo stays light.
        from havklo.orders.desk import Desk  # noqa: PLC0415

        return Desk(self._hub, self._trading, self._check_open)

    async def _take_leave(self) -> None:
        """Do with the open orders what is to be done when the client ends."""
        if self._orders is not None:
            await self._orders.take_leave()

    def _end(self, waiting: Disconnected, reading: Disconnected | None) -> None:
        """Take nothing in any more; who waits or reads learns of it."""
        self._hub.end(waiting, reading)
        for future in self._waiting:
            if not future.done():
                future.set_exception(waiting)

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
        if self._orders is not None:
            self._orders.leave_at_once()
        ended = Disconnected(f"a handler failed: {error!r}")
        ended.__cause__ = error
        self._end(ended, ended)

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


def _check_positive(**arguments: float) -> None:
    for name, value in arguments.items():
        if not value > 0:
            raise ConfigurationError(f"{name} is above 0, not {value!r}")
