"""A handle of one order: what is known of it, and what can be done about it."""

import asyncio
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Final, final

from havklo._queues import EventQueue, Iteration
from havklo._waiting import until
from havklo.events import Execution, QueuePosition
from havklo.orders.facts import OrderFacts
from havklo.orders.terms import Number, PriceType

if TYPE_CHECKING:
    from havklo._protocol.trading.record import Record
    from havklo.orders.orders import Orders

__all__ = ["Order"]

_QUEUE: Final = 1_024


@final
class Order(OrderFacts, AsyncIterable[Execution]):
    """An order, placed here or found; made by `orders.place`, and kept up to date from then on.

    Iterate over it for its executions, from now on until it is over.
    """

    __slots__ = ("_orders", "_streams", "_waiting")

    def __init__(self, orders: "Orders", record: "Record") -> None:
        super().__init__(record)
        self._orders = orders
        self._waiting: list[asyncio.Future[None]] = []
        self._streams: list[EventQueue[Execution]] = []

    def queue_position(self) -> QueuePosition | None:
        """Give its place in the queue at its price; None without a level-3 book of the pair.

        Raises:
            BookNotLive: The level-3 book is not proven at the moment.
            OrderNotInBook: It does not rest there, or beyond the depth that is subscribed.
        """
        return self._orders.queue_position(self._record)

    # -- what can be done --------------------------------------------------------------------

    async def amend(
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
        timeout: float = 10.0,  # noqa: ASYNC109  # the venue's seconds
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
            OrderRejected: Kraken has refused it; an `UnknownOrder` if the order is over.
            OrderUnknown: Whether there is such an order could not be told in time; nothing was sent.
            RequestTimeout: No answer came; the order's price and quantity tell, once executions are live again.
            HeadroomExceeded: The rate counter has no room for it in time.
            TradingLocked: The kill switch was used.
        """
        await self._orders.amend(
            self,
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

    async def cancel(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109  # the venue's seconds
        """Cancel it; does nothing if it is over.

        Raises:
            OrderRejected: Kraken has refused it.
            RequestTimeout: No answer came, and it is not over.
        """
        await self._orders.cancel(self, timeout=timeout)

    async def done(self, *, timeout: float | None = None) -> "Order":  # noqa: ASYNC109  # the venue's seconds
        """Wait until it is over and all its fills are known.

        Args:
            timeout: For how many seconds at most; None: as long as it takes.

        Raises:
            WaitTimeout: It is not over in time.
            Disconnected: The client has ended.
        """
        if not self._record.is_settled:
            self._orders.check_open()
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                name = self._record.order_id or self._record.cl_ord_id
                await until(future, self._orders.clock, timeout, f"the end of order {name}")
            finally:
                self._waiting.remove(future)
        return self

    def __aiter__(self) -> Iteration[Execution]:
        """Iterate over its executions from now on; ends with the order.

        A reader that falls behind by a thousand gets what was kept, and then `SlowConsumer`.
        """
        queue = EventQueue[Execution](_QUEUE)
        if self._record.is_settled or self._orders.has_ended:
            queue.close()
        else:
            self._streams.append(queue)
        return Iteration(queue, lambda: self._streams.remove(queue) if queue in self._streams else None)

    # -- for the desk ------------------------------------------------------------------------

    @property
    def record(self) -> "Record":
        """What is known of it."""
        return self._record

    @property
    def is_followed(self) -> bool:
        """Whether anybody iterates over it."""
        return bool(self._streams)

    def wake(self, execution: Execution | None) -> None:
        """Something has become of it."""
        if execution is not None:
            for stream in self._streams:
                stream.put(execution)
        if self._record.is_settled:
            self.end(None)

    def end(self, error: BaseException | None) -> None:
        """Nothing more will be told of it."""
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.close()
        for future in self._waiting:
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(error)
