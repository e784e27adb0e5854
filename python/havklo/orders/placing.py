"""How an order goes out: checked, within the limits, in its turn, once; and how its fate is waited for."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast, final

from havklo._protocol.trading.account import NEVER_ACCEPTED
from havklo._protocol.trading.record import Record
from havklo.errors import ConfigurationError, HavkloError, OrderRejected, OrderUnknown
from havklo.events import OrderState
from havklo.orders import asking, wire
from havklo.orders.checks import check
from havklo.orders.pacing import Turn
from havklo.orders.requests import OrderRequest

if TYPE_CHECKING:
    from havklo._hub import Hub
    from havklo._protocol.trading.effects import Ask
    from havklo.events import Book
    from havklo.instruments import Pair
    from havklo.orders.desk import Desk
    from havklo.orders.order import Order

__all__ = ["VALIDATED", "Placing"]

_SECOND: Final = 1_000_000_000
_LARGEST_BATCH: Final = 15

VALIDATED: Final = "only validated: Kraken would have taken it"
"""The reason of an order that was not meant to be placed."""


@final
class Placing:
    """Places orders.

    Args:
        hub: The client's machine room.
        desk: Where they are sent from.
        handle: Gives the handle of an order.
    """

    def __init__(self, hub: "Hub", desk: "Desk", handle: "Callable[[Record], Order]") -> None:
        self._hub = hub
        self._desk = desk
        self._handle = handle

    def __repr__(self) -> str:
        return f"<Placing at {self._desk!r}>"

    async def ready(self, seconds: float) -> int:
        """Wait until orders can be sent; gives when so many seconds from now are over."""
        end = self._desk.clock.now() + round(seconds * _SECOND)
        await self._desk.ready(end)
        return end

    def checked(self, request: OrderRequest) -> "tuple[OrderRequest, Pair]":
        """Check a request against its pair.

        Raises:
            OrderInvalid: Kraken would refuse it.
            UnknownSymbol: There is no such pair.
            ConfigurationError: An open order has its cl_ord_id.
        """
        pair = self.pair(request.symbol)
        timed = request.expire_time is not None or request.effective_time is not None
        now = datetime.fromtimestamp(self._desk.clock.epoch_ns() / _SECOND, UTC) if timed else None
        checked = check(request, pair, now=now)
        name = checked.cl_ord_id
        if name is not None:
            other = self._desk.account.roster.get(name)
            if other is not None and not other.state.is_final:
                raise ConfigurationError(f"an open order has the cl_ord_id {name!r} already", hint="leave it out")
        return checked, pair

    def pair(self, name: str) -> "Pair":
        """The pair that a name means, as it is listed now.

        Raises:
            UnknownSymbol: There is none.
        """
        pairs = self._hub.pairs
        return pairs[pairs.resolve(name)]

    def book(self, symbol: str) -> "Book | None":
        """The verified book of a pair, if it is subscribed."""
        return self._hub.books.get(symbol)

    def record(self, request: OrderRequest, name: str | None = None) -> Record:
        """Make the record of an order that is about to be sent."""
        record = Record(cl_ord_id=name or _name(request))
        fill_in(record, request)
        self._handle(record)
        return record

    def weigh(self, request: OrderRequest, pair: "Pair", beside: int = 0) -> Decimal | None:
        """Hold an order against the user's limits; gives the middle of the verified book.

        Raises:
            RiskLimitExceeded: It passes one.
            TradingLocked: No order may go out.
        """
        book = self.book(pair.symbol)
        self._desk.risk.check(
            request,
            pair,
            now=self._desk.clock.now(),
            open_orders=len(self._desk.account.roster) + beside,
            book=book,
        )
        return None if book is None or book.top is None else book.mid

    async def send(
        self, record: Record, request: OrderRequest, pair: "Pair", *, validate: bool, deadline: float, end: int
    ) -> None:
        """Send an order that was weighed, and wait until something is said about it, or until `end`."""
        desk = self._desk
        sent = await asking.ask(
            desk,
            asking.Request(
                "add_order",
                build=lambda text: wire.add_params(
                    request, cl_ord_id=record.cl_ord_id, deadline=text, validate=validate
                ),
                turns=[Turn(pair.symbol, "add")],
                records=() if validate else (record,),
                deadline=deadline,
                check=desk.check_lock,
            ),
            end,
            lambda: _is_known(record),
        )
        if validate:
            self._validated(sent, record)
        elif not _is_known(record):
            await desk.until(lambda: _is_known(record), end)

    def outcome(self, record: Record, seconds: float) -> "Order":
        """Give the handle of an order that was sent.

        Raises:
            ExchangeError: Kraken has refused it.
            OrderUnknown: Its fate could not be told in time.
        """
        order = self._handle(record)
        if record.order_id is None and record.state is OrderState.REJECTED and record.reason != VALIDATED:
            raise never_accepted() if record.reason == NEVER_ACCEPTED else asking.refused(record.reason)
        if not _is_known(record):
            raise OrderUnknown(order, seconds, name=record.cl_ord_id or "")
        return order

    async def place_batch(
        self, requests: Sequence[OrderRequest], *, validate: bool, deadline: float, seconds: float
    ) -> "list[Order | HavkloError]":
        """Place several orders; see `Orders.place_batch`."""
        end = await self.ready(seconds)
        outcomes: list[Order | HavkloError | None] = [None] * len(requests)
        groups: dict[str, list[tuple[int, OrderRequest, Record]]] = {}
        beside = 0
        for index, asked in enumerate(requests):
            try:
                request, pair = self.checked(asked)
                mid = self.weigh(request, pair, beside)
            except HavkloError as error:
                outcomes[index] = error
                continue
            record = self.record(request)
            record.mid = mid
            beside += 1
            groups.setdefault(pair.symbol, []).append((index, request, record))
        batches = [
            (symbol, group[start : start + _LARGEST_BATCH])
            for symbol, group in groups.items()
            for start in range(0, len(group), _LARGEST_BATCH)
        ]
        results = await asyncio.gather(
            *(
                self._batch(symbol, [(request, record) for _, request, record in batch], validate, deadline, end)
                for symbol, batch in batches
            )
        )
        for (_, batch), failure in zip(batches, results, strict=True):
            for index, _, record in batch:
                outcomes[index] = failure or self._outcome_or_error(record, seconds)
        return [outcome for outcome in outcomes if outcome is not None]

    # -- its own -----------------------------------------------------------------------------

    async def _batch(
        self, symbol: str, batch: Sequence[tuple[OrderRequest, Record]], validate: bool, deadline: float, end: int
    ) -> HavkloError | None:
        """Send the orders of one pair together; gives why nothing of it was sent, if so."""
        desk = self._desk
        records = [record for _, record in batch]
        try:
            if len(batch) == 1:
                request, record = batch[0]
                await self.send(record, request, self.pair(symbol), validate=validate, deadline=deadline, end=end)
                return None
            sent = await asking.ask(
                desk,
                asking.Request(
                    "batch_add",
                    build=lambda text: wire.batch_params(
                        [request for request, _ in batch],
                        cl_ord_ids=[record.cl_ord_id for record in records],
                        deadline=text,
                        validate=validate,
                    ),
                    turns=[Turn(symbol, "batch_add", count=len(batch))],
                    records=() if validate else records,
                    deadline=deadline,
                    check=desk.check_lock,
                ),
                end,
                lambda: all(map(_is_known, records)),
            )
            for record in records if validate else ():
                self._validated(sent, record)
            await desk.until(lambda: all(map(_is_known, records)), end)
        except HavkloError as error:
            if all(record.sent_at is None for record in records):
                return error
        return None

    def _outcome_or_error(self, record: Record, seconds: float) -> "Order | HavkloError":
        try:
            return self.outcome(record, seconds)
        except HavkloError as error:
            return error

    def _validated(self, sent: "Ask", record: Record) -> None:
        record.advance(OrderState.REJECTED, asking.error_of(sent) or (VALIDATED if sent.answers else NEVER_ACCEPTED))


def fill_in(record: Record, request: OrderRequest) -> None:
    """Write into a record what was asked for."""
    record.own, record.request = True, request
    record.symbol, record.side, record.order_type = request.symbol, request.side, request.order_type
    record.order_userref = request.order_userref
    record.order_qty = _number(request, "qty")
    record.cash_order_qty = _number(request, "cash_qty")
    record.limit_price = _number(request, "price")
    record.display_qty = _number(request, "display_qty")
    record.trigger_price = _number(request, "trigger")
    record.time_in_force = request.time_in_force


def never_accepted() -> OrderRejected:
    """The error of an order that Kraken has never taken."""
    return OrderRejected(
        NEVER_ACCEPTED,
        hint="it did not reach Kraken before its deadline, and can't any more: placing another one doubles nothing",
    )


def _name(request: OrderRequest) -> str | None:
    if request.cl_ord_id is not None or request.order_userref is not None:
        return request.cl_ord_id
    return os.urandom(16).hex()


def _is_known(record: Record) -> bool:
    """Whether Kraken has taken an order, or has not."""
    return record.order_id is not None or record.state.is_final


def _number(request: OrderRequest, name: str) -> Decimal | None:
    return cast("Decimal | None", getattr(request, name, None))
