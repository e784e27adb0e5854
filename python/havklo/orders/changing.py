"""How open orders are changed and canceled."""

import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast, final

from havklo._protocol.tokens import INVALID_SESSION
from havklo._protocol.trading.record import Record
from havklo.errors import OrderUnknown, RequestTimeout, UnknownOrder
from havklo.orders import asking, wire
from havklo.orders.checks import check_amend
from havklo.orders.pacing import Turn
from havklo.orders.terms import Amend, OrderType, PriceType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from havklo._protocol.trading.effects import Ask
    from havklo.instruments import Side
    from havklo.orders.desk import Desk
    from havklo.orders.order import Order
    from havklo.orders.placing import Placing

__all__ = ["Changing"]

_SECOND: Final = 1_000_000_000
_LARGEST_BATCH: Final = 50
_REPORTED: Final = 2 * _SECOND  # how long after its answer a change is waited for to be reported
_PATIENCE: Final = 10.0
_OVER: Final = "EOrder:Unknown order"


@final
class Changing:
    """Changes and cancels orders.

    Args:
        desk: Where requests are sent from.
        placing: Knows the pairs and the limits.
    """

    def __init__(self, desk: "Desk", placing: "Placing") -> None:
        self._desk = desk
        self._placing = placing

    def __repr__(self) -> str:
        return f"<Changing at {self._desk!r}>"

    async def amend(self, record: Record, change: Amend, *, deadline: float, seconds: float) -> None:
        """Amend an order; see `Order.amend`."""
        desk = self._desk
        end = await self._placing.ready(seconds)
        order_id = await self._named(record, end, seconds)
        self._check(record, change)
        before = record.amends
        sent = await asking.ask(
            desk,
            asking.Request(
                "amend_order",
                lambda text: wire.amend_params(change, order_id=order_id, symbol=record.symbol, deadline=text),
                [Turn(record.symbol, "amend", [record])],
                records=(record,),
                deadline=deadline,
                check=desk.check_lock,
            ),
            end,
            lambda: False,
        )
        _expect_yes(sent, "amend_order", seconds)
        await desk.until(lambda: record.amends > before or record.state.is_final, self._soon(end))

    async def edit(
        self,
        record: Record,
        change: Amend,
        *,
        extra: "Mapping[str, object]",
        validate: bool,
        deadline: float,
        seconds: float,
    ) -> Record:
        """Put another order in the place of one; see `Orders.edit`."""
        desk = self._desk
        end = await self._placing.ready(seconds)
        order_id = await self._named(record, end, seconds)
        self._check(record, change)
        new = self._successor(record, change, extra)
        # It can't have a cl_ord_id; by this number it is found if the answer is lost.
        marked = {"order_userref": new.order_userref, **extra}
        sent = await asking.ask(
            desk,
            asking.Request(
                "edit_order",
                lambda text: wire.edit_params(
                    change, order_id=order_id, symbol=record.symbol, deadline=text, validate=validate, extra=marked
                ),
                [Turn(record.symbol, "edit", [record])],
                records=() if validate else (new,),
                deadline=deadline,
                check=desk.check_lock,
            ),
            end,
            lambda: new.order_id is not None,
        )
        if validate:
            _expect_yes(sent, "edit_order", seconds)
            return record
        await desk.until(lambda: new.order_id is not None or new.state.is_final, end)
        return new

    async def cancel(self, records: Sequence[Record], *, seconds: float) -> None:
        """Cancel orders; see `Orders.cancel`."""
        end = self._desk.clock.now() + round(seconds * _SECOND)
        open_ones = [record for record in dict.fromkeys(records) if not record.state.is_final]
        if not open_ones:
            return
        if len(open_ones) == 1:
            await self._cancel("cancel_order", open_ones, end, seconds)
            return
        for start in range(0, len(open_ones), _LARGEST_BATCH):
            batch = open_ones[start : start + _LARGEST_BATCH]
            await self._cancel("batch_cancel" if len(batch) > 1 else "cancel_order", batch, end, seconds)

    async def cancel_all(self, *, seconds: float) -> int:
        """Cancel everything; see `Orders.cancel_all`."""
        desk = self._desk
        end = desk.clock.now() + round(seconds * _SECOND)
        records = tuple(desk.account.roster.open.values())
        sent = await self._insist(
            asking.Request("cancel_all", lambda _: {}, (), records, _PATIENCE, desk.check_open),
            end,
            seconds,
            lambda: False,
        )
        if sent is None:
            return 0
        error = asking.error_of(sent)
        if error is not None:
            raise asking.refused(error)
        await desk.until(lambda: all(record.state.is_final for record in records), self._soon(end))
        return sum(result.count or 0 for answer in sent.answers for result in answer.results)

    # -- its own -----------------------------------------------------------------------------

    async def _cancel(self, method: str, records: Sequence[Record], end: int, seconds: float) -> None:
        desk = self._desk

        def is_done() -> bool:
            return all(record.state.is_final for record in records)

        def build(_deadline: str) -> dict[str, object]:
            ids = [record.order_id for record in records if record.order_id is not None]
            names = [record.cl_ord_id for record in records if record.order_id is None and record.cl_ord_id]
            key = "order_id" if method == "cancel_order" else "orders"
            return {name: value for name, value in ((key, ids), ("cl_ord_id", names)) if value}

        if not any(record.order_id or record.cl_ord_id for record in records):
            await desk.until(lambda: any(record.order_id for record in records), end)
        by_symbol: dict[str, list[Record]] = {}
        for record in records:
            by_symbol.setdefault(record.symbol, []).append(record)
        kind = "cancel" if method == "cancel_order" else "batch_cancel"
        turns = [Turn(symbol, kind, some) for symbol, some in by_symbol.items()]
        sent = await self._insist(
            asking.Request(method, build, turns, tuple(records), _PATIENCE, desk.check_open), end, seconds, is_done
        )
        if sent is None or is_done():
            return
        error = asking.error_of(sent)
        if error is not None and not isinstance(refusal := asking.refused(error), UnknownOrder):
            raise refusal
        # What Kraken does not know as open any more has just ended: its report is on the way.
        if not await desk.until(is_done, self._soon(end)) and error is not None:
            raise asking.refused(error)

    async def _insist(
        self, request: asking.Request, end: int, seconds: float, is_done: Callable[[], bool]
    ) -> "Ask | None":
        """Send a cancel until it is answered: one that comes twice cancels nothing else.

        Returns:
            What was sent last; None if nothing had to be.

        Raises:
            RequestTimeout: No answer came in time.
        """
        desk, method = self._desk, request.method
        renewed = False
        while True:
            if not desk.has_started:
                await desk.ready(end)
            if not await desk.until(lambda: desk.can_ask or is_done(), end):
                raise RequestTimeout(method, seconds)
            if is_done():
                return None
            charges = [await desk.pacer.take(turn, end, request.check) for turn in request.turns]
            until = desk.clock.now() + round(request.deadline * _SECOND)
            sent = desk.send(method, request.build(""), request.records, until=until, charges=charges)
            if sent is None:
                continue
            await desk.until(lambda sent=sent: sent.is_settled or is_done(), end)
            if is_done():
                return sent
            if asking.error_of(sent) == INVALID_SESSION and not renewed:
                renewed = True
                await desk.renew_token(sent, end)
            elif not sent.is_settled:
                raise RequestTimeout(method, seconds)
            elif not sent.lost:
                return sent

    async def _named(self, record: Record, end: int, seconds: float) -> str:
        """Kraken's id of an open order, once it is known.

        Raises:
            UnknownOrder: It is over. Kraken would say so, too: it may have ended a moment ago.
            OrderUnknown: Whether there is such an order could not be told in time.
        """
        await self._desk.until(lambda: record.order_id is not None or record.state.is_final, end)
        if record.state.is_final:
            raise UnknownOrder(_OVER, hint=f"the order is {record.state}; nothing was sent")
        if record.order_id is None:
            raise OrderUnknown(cast("Order", record.handle), seconds, name=record.cl_ord_id or "")
        return record.order_id

    def _check(self, record: Record, change: Amend) -> None:
        pair = self._placing.pair(record.symbol)
        check_amend(
            change,
            pair,
            cast("OrderType", record.order_type),
            order_qty=record.order_qty,
            cum_qty=record.cum_qty,
            limit_price=record.limit_price if record.limit_price_type in (None, "static") else None,
            display_qty=record.display_qty,
            trigger_type=cast("PriceType | None", record.trigger_type),
        )
        fixed = (change.price_type or record.limit_price_type or "static") == "static"
        price = cast("Decimal | None", change.price) or record.limit_price
        self._desk.risk.check_amend(
            pair,
            cast("Side", record.side),
            qty=cast("Decimal | None", change.qty) or record.order_qty or Decimal(0),
            price=price if fixed else None,
            waits=record.trigger_price is not None,
            book=self._placing.book(record.symbol),
        )

    def _successor(self, record: Record, change: Amend, extra: "Mapping[str, object]") -> Record:
        """The record of the order that comes in the place of another one."""
        new = Record()
        new.own = True
        new.symbol, new.side, new.order_type = record.symbol, record.side, record.order_type
        given = extra.get("order_userref")
        new.order_userref = given if isinstance(given, int) else uuid.uuid4().int & (2**31 - 1) or 1
        whole = cast("Decimal | None", change.qty) or record.order_qty
        new.order_qty = None if whole is None else whole - record.cum_qty
        new.limit_price = cast("Decimal | None", change.price) or record.limit_price
        return new

    def _soon(self, end: int) -> int:
        return min(end, self._desk.clock.now() + _REPORTED)


def _expect_yes(sent: "Ask", method: str, seconds: float) -> None:
    error = asking.error_of(sent)
    if error is not None:
        raise asking.refused(error)
    if not sent.answers:
        raise RequestTimeout(method, seconds)
