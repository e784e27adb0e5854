"""An account's orders as the user has them: `kraken.orders`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, final

from havklo.errors import ConfigurationError, HavkloError
from havklo.orders._views import OpenOrders, check_deadline, check_seconds
from havklo.orders.changing import Changing
from havklo.orders.guards import Guards
from havklo.orders.keys import KeyFile, key_file
from havklo.orders.once import Once
from havklo.orders.order import Order
from havklo.orders.pacing import age
from havklo.orders.placing import Placing
from havklo.orders.terms import Amend

if TYPE_CHECKING:
    from havklo._hub import Hub
    from havklo._protocol.trading.counter import Headroom
    from havklo._protocol.trading.record import Record
    from havklo.clock import Clock
    from havklo.events import QueuePosition
    from havklo.orders.desk import Desk
    from havklo.orders.requests import OrderRequest
    from havklo.orders.terms import Number, PriceType

__all__ = ["Orders"]

_NOTHING: Final[Mapping[str, object]] = {}


@final
class Orders:
    """The account's orders: what this client has placed, and what it has found.

    Everything here needs an API key. The private connection is opened by `start`, or with the first order.
    """

    def __init__(self, desk: "Desk", hub: "Hub", fingerprint: str | None) -> None:
        self._desk = desk
        self._hub = hub
        self._fingerprint = fingerprint
        self._keys: KeyFile | None = None
        self._placing = Placing(hub, desk, self._handle)
        self._changing = Changing(desk, self._placing)
        self._once = Once(desk, self._placing, self._handle, self._key_file)
        self._guards = Guards(desk, self._changing)
        self._view = OpenOrders(desk.account.roster.open, self._handle)
        desk.on_ended = self._once.ended
        desk.on_started = self._guards.begin
        if desk.has_started:
            self._guards.begin()

    def __repr__(self) -> str:
        return f"<Orders: {len(self._view)} open>"

    # -- what there is -----------------------------------------------------------------------

    @property
    def open(self) -> Mapping[str, Order]:
        """The orders that are not over, by Kraken's id: a view that follows.

        Those whose state is unknown are among them, until it is found out.
        """
        return self._view

    @property
    def is_live(self) -> bool:
        """Whether the orders are as Kraken has them: the executions are subscribed, and nothing is missing."""
        return self._desk.is_live

    @property
    def locked(self) -> str | None:
        """Why no order goes out, or None if they do."""
        return self._desk.risk.locked

    def __getitem__(self, name: str) -> Order:
        """Give the order with an id, Kraken's or its maker's.

        Raises:
            ConfigurationError: No such order is known here; of those that are over the last thousand are.
        """
        found = self.get(name)
        if found is None:
            raise ConfigurationError(f"no order {name!r} is known here", hint="orders.get gives None instead")
        return found

    def get(self, name: str) -> Order | None:
        """Give the order with an id, Kraken's or its maker's, or None."""
        record = self._desk.account.roster.get(name)
        return None if record is None else self._handle(record)

    def headroom(self, symbol: str, order: Order | None = None) -> "Headroom":
        """Say how much room the rate counter of a pair has.

        Args:
            symbol: The pair.
            order: The order that would be amended or canceled; None: one that was just placed.
        """
        now = self._desk.clock.now()
        return self._desk.counter.headroom(symbol, now, None if order is None else age(order.record, now))

    async def start(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109  # the venue's seconds
        """Open the private connection and subscribe executions and balances; orders do it if it was not done.

        Raises:
            SubscriptionError: Kraken has refused it.
            SubscribeTimeout: It took too long.
            CredentialsError: The client has no API key.
            EndpointUnavailable: The venue has no private endpoint.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        await self._desk.start(timeout)

    # -- placing -----------------------------------------------------------------------------

    async def place(
        self,
        request: "OrderRequest",
        *,
        validate: bool = False,
        key: str | None = None,
        deadline: float = 5.0,
        timeout: float = 10.0,  # noqa: ASYNC109  # the venue's seconds
    ) -> Order:
        """Place an order; returns once Kraken has taken it.

        It is sent once. If no answer comes, its state is unknown and is found out: after its deadline, by a fresh
        snapshot of the executions and by REST.

        Args:
            request: The order.
            validate: Only have Kraken look at it: the order that this gives is over at once, and was never placed.
            key: An idempotency key. The same key never places a second order, in this process or a later one: it
                gives the order that it stands for.
            deadline: After how many seconds Kraken shall not take it any more: from 0.5 to 60.
            timeout: After how many seconds to stop waiting, for room on the rate counter included.

        Raises:
            OrderInvalid: Kraken would refuse it whatever the market does; nothing was sent.
            RiskLimitExceeded: It passes a limit of the user's; nothing was sent.
            TradingLocked: The kill switch was used; nothing was sent.
            HeadroomExceeded: The rate counter has no room for it in time; nothing was sent.
            Disconnected: There is no private connection in time; nothing was sent.
            OrderRejected: Kraken has refused it, or has never taken it.
            OrderUnknown: What has become of it could not be told in time; the error has the order.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        check_deadline(deadline)
        if key is not None:
            if validate:
                raise ConfigurationError("an order that is only validated has no key")
            return await self._once.place(request, key, deadline=deadline, seconds=timeout)
        end = await self._placing.ready(timeout)
        checked, pair = self._placing.checked(request)
        record = self._placing.record(checked)
        record.mid = self._placing.weigh(checked, pair)
        await self._placing.send(record, checked, pair, validate=validate, deadline=deadline, end=end)
        return self._placing.outcome(record, timeout)

    async def place_batch(
        self,
        requests: "Sequence[OrderRequest]",
        *,
        validate: bool = False,
        deadline: float = 5.0,
        timeout: float = 10.0,  # noqa: ASYNC109  # the venue's seconds
    ) -> list[Order | HavkloError]:
        """Place several orders, those of a pair together, in groups of up to 15.

        Kraken refuses a whole group if one of its orders can't be; lack of money concerns one alone.

        Returns:
            For each request, in their order: its order, or why there is none.

        Raises:
            Disconnected: There is no private connection in time; nothing was sent.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        check_deadline(deadline)
        return await self._placing.place_batch(requests, validate=validate, deadline=deadline, seconds=timeout)

    # -- changing ----------------------------------------------------------------------------

    async def amend(
        self,
        order: Order | str,
        *,
        qty: "Number | None" = None,
        price: "Number | None" = None,
        display_qty: "Number | None" = None,
        trigger: "Number | None" = None,
        post_only: bool | None = None,
        price_type: "PriceType | None" = None,
        trigger_type: "PriceType | None" = None,
        deadline: float = 5.0,
        timeout: float = 10.0,  # noqa: ASYNC109  # the venue's seconds
    ) -> None:
        """Change an order where it stands; see `Order.amend`."""
        self.check_open()
        check_seconds(timeout=timeout)
        check_deadline(deadline)
        change = Amend(
            qty=qty,
            price=price,
            display_qty=display_qty,
            trigger=trigger,
            post_only=post_only,
            price_type=price_type,
            trigger_type=trigger_type,
        )
        await self._changing.amend(self._meant(order), change, deadline=deadline, seconds=timeout)

    async def edit(
        self,
        order: Order | str,
        *,
        qty: "Number | None" = None,
        price: "Number | None" = None,
        display_qty: "Number | None" = None,
        trigger: "Number | None" = None,
        post_only: bool | None = None,
        trigger_type: "PriceType | None" = None,
        extra: Mapping[str, object] = _NOTHING,
        validate: bool = False,
        deadline: float = 5.0,
        timeout: float = 10.0,  # noqa: ASYNC109  # the venue's seconds
    ) -> Order:
        """Put another order in the place of one: it has a new id, and goes to the back of the queue. Prefer `amend`.

        Args:
            order: The order, or an id of it.
            qty: All of it, what was filled included.
            price: The worst price.
            display_qty: What it shows at a time.
            trigger: What starts it.
            post_only: Whether it may not take.
            trigger_type: What `trigger` is in.
            extra: Further parameters of edit_order, in Kraken's names.
            validate: Only have Kraken look at it; gives the order itself.
            deadline: After how many seconds Kraken shall not carry it out any more.
            timeout: After how many seconds to stop waiting.

        Returns:
            The new order.

        Raises:
            OrderInvalid: Kraken would refuse it whatever the market does.
            OrderRejected: Kraken has refused it.
            OrderUnknown: What has become of it could not be told in time; the error has the new order.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        check_deadline(deadline)
        change = Amend(
            qty=qty,
            price=price,
            display_qty=display_qty,
            trigger=trigger,
            post_only=post_only,
            trigger_type=trigger_type,
        )
        record = await self._changing.edit(
            self._meant(order), change, extra=extra, validate=validate, deadline=deadline, seconds=timeout
        )
        return self._placing.outcome(record, timeout)

    async def cancel(self, *orders: Order | str, timeout: float = 10.0) -> None:  # noqa: ASYNC109  # the venue's seconds
        """Cancel orders; those that are over stay as they are. Several go in groups of up to 50.

        Raises:
            OrderRejected: Kraken has refused it.
            RequestTimeout: No answer came in time.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        await self._changing.cancel([self._meant(order) for order in orders], seconds=timeout)

    async def cancel_all(self, *, timeout: float = 10.0) -> int:  # noqa: ASYNC109  # the venue's seconds
        """Cancel all open orders of the account, whoever has placed them; gives how many there were.

        Raises:
            ExchangeError: Kraken has refused it.
            RequestTimeout: No answer came in time.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        return await self._changing.cancel_all(seconds=timeout)

    async def kill(self, reason: str, *, timeout: float = 30.0) -> int:  # noqa: ASYNC109  # the venue's seconds
        """Let no order out any more, and cancel all that are open; gives how many were.

        The lock holds from the first moment on, whatever becomes of the cancels, until `unlock`. Orders that were on
        their way are canceled once it is known what has become of them.

        Raises:
            RequestTimeout: Not all are over in time.
        """
        self.check_open()
        check_seconds(timeout=timeout)
        return await self._guards.kill(reason, seconds=timeout)

    def unlock(self) -> None:
        """Let orders out again after `kill`."""
        self._guards.unlock()

    # -- for the client and its orders -------------------------------------------------------

    @property
    def clock(self) -> "Clock":
        """Whose time counts."""
        return self._desk.clock

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is told."""
        return self._desk.has_ended

    def check_open(self) -> None:
        """Raise if the client has ended."""
        self._desk.check_open()

    def queue_position(self, record: "Record") -> "QueuePosition | None":
        """Give an order's place in the queue, or None without a level-3 book of its pair."""
        book = self._hub.level3.get(record.symbol)
        return None if book is None or record.order_id is None else book.queue_position(record.order_id)

    async def take_leave(self) -> None:
        """Do what is to be done when the client ends."""
        await self._guards.take_leave()
        await self._once.finish()

    def leave_at_once(self) -> None:
        """Do as much of it as can be done without waiting."""
        self._guards.leave_at_once()

    # -- its own -----------------------------------------------------------------------------

    def _handle(self, record: "Record") -> Order:
        if not isinstance(record.handle, Order):
            record.handle = Order(self, record)
        return record.handle

    def _meant(self, order: Order | str) -> "Record":
        return (self[order] if isinstance(order, str) else order).record

    def _key_file(self) -> KeyFile:
        if self._keys is None:
            self._keys = key_file(self._desk.options.order_keys, self._fingerprint or "")
        return self._keys
