"""The synchronous client's orders: the same names without `await`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, final

from havklo._portal import Events, Portal
from havklo.errors import HavkloError
from havklo.orders import order as inner_order
from havklo.orders import orders as inner_orders
from havklo.orders.facts import OrderFacts
from havklo.orders.terms import Number, PriceType

if TYPE_CHECKING:
    from havklo._protocol.trading.counter import Headroom
    from havklo.events import Execution, QueuePosition
    from havklo.orders.requests import OrderRequest


__all__ = ["Order", "Orders"]

_NOTHING: Final[Mapping[str, object]] = {}


@final
class Order(OrderFacts):
    """An order, placed here or found; see `havklo.Order`."""

    __slots__ = ("_inner", "_portal")

    def __init__(self, portal: Portal, inner: inner_order.Order) -> None:
        super().__init__(inner.record)
        self._portal = portal
        self._inner = inner

    @property
    def inner(self) -> inner_order.Order:
        """The same order as the client's own thread has it."""
        return self._inner

    def queue_position(self) -> "QueuePosition | None":
        """Give its place in the queue at its price; None without a level-3 book of the pair.

        Raises:
            BookNotLive: The level-3 book is not proven at the moment.
            OrderNotInBook: It does not rest there, or beyond the depth that is subscribed.
        """
        return self._portal.do(self._inner.queue_position)

    def amend(
        self,
        *,
        qty: Number | None = None,
        price: Number | None = None,
        display_qty: Number | None = None,
        trigger: Number | None = None,
        post_only: bool | None = None,
        price_type: PriceType | None = None,
        trigger_type: PriceType | None = None,
        deadline: float = 5.0,
        timeout: float = 10.0,
    ) -> None:
        """Change it where it stands; it keeps its ids and, where possible, its place in the queue.

        Args:
            qty: All of it, what was filled included.
            price: The worst price.
            display_qty: What it shows at a time.
            trigger: What starts it.
            post_only: Whether it may not take now.
            price_type: What `price` is in.
            trigger_type: What `trigger` is in.
            deadline: After how many seconds Kraken shall not carry it out any more.
            timeout: How many seconds the answer may take, waiting for the rate counter included.

        Raises:
            OrderInvalid: Kraken would refuse it whatever the market does.
            OrderRejected: Kraken has refused it.
            RequestTimeout: No answer came; the order's price and quantity tell, once executions are live again.
            HeadroomExceeded: The rate counter has no room for it in time.
            TradingLocked: The kill switch was used.
        """
        work = self._inner.amend(
            qty=qty,
            price=price,
            display_qty=display_qty,
            trigger=trigger,
            post_only=post_only,
            price_type=price_type,
            trigger_type=trigger_type,
            deadline=deadline,
            timeout=timeout,
        )
        self._portal.call(work)

    def cancel(self, *, timeout: float = 10.0) -> None:
        """Cancel it; does nothing if it is over.

        Raises:
            OrderRejected: Kraken has refused it.
            RequestTimeout: No answer came, and it is not over.
        """
        self._portal.call(self._inner.cancel(timeout=timeout))

    def done(self, *, timeout: float | None = None) -> "Order":
        """Wait until it is over and all its fills are known.

        Args:
            timeout: For how many seconds at most; None: as long as it takes.

        Raises:
            WaitTimeout: It is not over in time.
            Disconnected: The client has ended.
        """
        self._portal.call(self._inner.done(timeout=timeout))
        return self

    def __iter__(self) -> "Iterator[Execution]":
        """Iterate over its executions from now on; ends with the order."""
        return Events(self._portal, self._inner.__aiter__)


@final
class Orders:
    """The account's orders; see `havklo.orders.Orders`."""

    def __init__(self, portal: "Callable[[], Portal]", inner: inner_orders.Orders) -> None:
        self._portal = portal
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner)

    @property
    def open(self) -> Mapping[str, Order]:
        """The orders that are not over, by Kraken's id, as of now.

        Those whose state is unknown are among them, until it is found out.
        """
        portal = self._portal()
        return {name: Order(portal, each) for name, each in portal.do(lambda: dict(self._inner.open)).items()}

    @property
    def is_live(self) -> bool:
        """Whether the orders are as Kraken has them: the executions are subscribed, and nothing is missing."""
        return self._portal().do(lambda: self._inner.is_live)

    @property
    def locked(self) -> str | None:
        """Why no order goes out, or None if they do."""
        return self._inner.locked

    def __getitem__(self, name: str) -> Order:
        """Give the order with an id, Kraken's or its maker's.

        Raises:
            ConfigurationError: No such order is known here; of those that are over the last thousand are.
        """
        portal = self._portal()
        return Order(portal, portal.do(lambda: self._inner[name]))

    def get(self, name: str) -> Order | None:
        """Give the order with an id, Kraken's or its maker's, or None."""
        portal = self._portal()
        found = portal.do(lambda: self._inner.get(name))
        return None if found is None else Order(portal, found)

    def headroom(self, symbol: str, order: Order | None = None) -> "Headroom":
        """Say how much room the rate counter of a pair has.

        Args:
            symbol: The pair.
            order: The order that would be amended or canceled; None: one that was just placed.
        """
        inner = None if order is None else order.inner
        return self._portal().do(lambda: self._inner.headroom(symbol, inner))

    def start(self, *, timeout: float = 10.0) -> None:
        """Open the private connection and subscribe executions and balances; orders do it if it was not done.

        Raises:
            SubscriptionError: Kraken has refused it.
            SubscribeTimeout: It took too long.
            CredentialsError: The client has no API key.
            EndpointUnavailable: The venue has no private endpoint.
        """
        self._portal().call(self._inner.start(timeout=timeout))

    def place(
        self,
        request: "OrderRequest",
        *,
        validate: bool = False,
        key: str | None = None,
        deadline: float = 5.0,
        timeout: float = 10.0,
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
        portal = self._portal()
        work = self._inner.place(request, validate=validate, key=key, deadline=deadline, timeout=timeout)
        return Order(portal, portal.call(work))

    def place_batch(
        self,
        requests: "Sequence[OrderRequest]",
        *,
        validate: bool = False,
        deadline: float = 5.0,
        timeout: float = 10.0,
    ) -> list[Order | HavkloError]:
        """Place several orders, those of a pair together, in groups of up to 15.

        Kraken refuses a whole group if one of its orders can't be; lack of money concerns one alone.

        Returns:
            For each request, in their order: its order, or why there is none.

        Raises:
            Disconnected: There is no private connection in time; nothing was sent.
        """
        portal = self._portal()
        work = self._inner.place_batch(requests, validate=validate, deadline=deadline, timeout=timeout)
        return [Order(portal, each) if isinstance(each, inner_order.Order) else each for each in portal.call(work)]

    def amend(
        self,
        order: Order | str,
        *,
        qty: Number | None = None,
        price: Number | None = None,
        display_qty: Number | None = None,
        trigger: Number | None = None,
        post_only: bool | None = None,
        price_type: PriceType | None = None,
        trigger_type: PriceType | None = None,
        deadline: float = 5.0,
        timeout: float = 10.0,
    ) -> None:
        """Change an order where it stands; see `Order.amend`."""
        portal = self._portal()
        work = self._inner.amend(
            _inner(order),
            qty=qty,
            price=price,
            display_qty=display_qty,
            trigger=trigger,
            post_only=post_only,
            price_type=price_type,
            trigger_type=trigger_type,
            deadline=deadline,
            timeout=timeout,
        )
        portal.call(work)

    def edit(
        self,
        order: Order | str,
        *,
        qty: Number | None = None,
        price: Number | None = None,
        display_qty: Number | None = None,
        trigger: Number | None = None,
        post_only: bool | None = None,
        trigger_type: PriceType | None = None,
        extra: Mapping[str, object] = _NOTHING,
        validate: bool = False,
        deadline: float = 5.0,
        timeout: float = 10.0,
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
        portal = self._portal()
        work = self._inner.edit(
            _inner(order),
            qty=qty,
            price=price,
            display_qty=display_qty,
            trigger=trigger,
            post_only=post_only,
            trigger_type=trigger_type,
            extra=extra,
            validate=validate,
            deadline=deadline,
            timeout=timeout,
        )
        return Order(portal, portal.call(work))

    def cancel(self, *orders: Order | str, timeout: float = 10.0) -> None:
        """Cancel orders; those that are over stay as they are. Several go in groups of up to 50.

        Raises:
            OrderRejected: Kraken has refused it.
            RequestTimeout: No answer came in time.
        """
        self._portal().call(self._inner.cancel(*(_inner(order) for order in orders), timeout=timeout))

    def cancel_all(self, *, timeout: float = 10.0) -> int:
        """Cancel all open orders of the account, whoever has placed them; gives how many there were.

        Raises:
            ExchangeError: Kraken has refused it.
            RequestTimeout: No answer came in time.
        """
        return self._portal().call(self._inner.cancel_all(timeout=timeout))

    def kill(self, reason: str, *, timeout: float = 30.0) -> int:
        """Let no order out any more, and cancel all that are open; gives how many were.

        The lock holds from the first moment on, whatever becomes of the cancels, until `unlock`. Orders that were on
        their way are canceled once it is known what has become of them.

        Raises:
            RequestTimeout: Not all are over in time.
        """
        return self._portal().call(self._inner.kill(reason, timeout=timeout))

    def unlock(self) -> None:
        """Let orders out again after `kill`."""
        self._portal().do(self._inner.unlock)


def _inner(order: Order | str) -> inner_order.Order | str:
    return order if isinstance(order, str) else order.inner
