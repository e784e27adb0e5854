"""Orders with an idempotency key: the same key never sends a second order, whatever has happened in between."""

import asyncio
from typing import TYPE_CHECKING, Final, final

import msgspec

from havklo._protocol.trading.record import Record
from havklo.errors import ConfigurationError, HavkloError
from havklo.orders import wire
from havklo.orders.keys import Ended, KeyFile, Placed
from havklo.orders.placing import fill_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from havklo.orders.desk import Desk
    from havklo.orders.order import Order
    from havklo.orders.placing import Placing
    from havklo.orders.requests import OrderRequest

__all__ = ["Once"]

_SECOND: Final = 1_000_000_000


@final
class Once:
    """Places orders by key.

    Args:
        desk: Where they are sent from.
        placing: Sends them.
        handle: Gives the handle of an order.
        keys: Gives the file that outlives the process.
    """

    def __init__(
        self, desk: "Desk", placing: "Placing", handle: "Callable[[Record], Order]", keys: "Callable[[], KeyFile]"
    ) -> None:
        self._desk = desk
        self._placing = placing
        self._handle = handle
        self._keys = keys
        self._records: dict[str, asyncio.Task[Record]] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Once: {len(self._records)} keys>"

    async def place(self, request: "OrderRequest", key: str, *, deadline: float, seconds: float) -> "Order":
        """Place an order, or give the one that the key stands for."""
        if request.order_userref is not None:
            raise ConfigurationError(
                "an order with a key has no order_userref",
                hint="it is found again by its cl_ord_id, and has one of both",
            )
        begun = self._records.get(key)
        if begun is None or (begun.done() and (begun.cancelled() or begun.exception() is not None)):
            begun = asyncio.get_running_loop().create_task(self._begin(request, key, deadline, seconds))
            begun.add_done_callback(_look)
            self._records[key] = begun
        # Shielded: what is under way is not taken back, and others may wait for the same key.
        record = await asyncio.shield(begun)
        end = self._desk.clock.now() + round(seconds * _SECOND)
        await self._desk.until(lambda: record.order_id is not None or record.state.is_final, end)
        if record.is_settled:
            self._records.pop(key, None)
        return self._placing.outcome(record, seconds)

    def ended(self, record: Record) -> None:
        """Note in the file how an order with a key has ended."""
        if record.key is None or not record.is_settled:
            return
        self._records.pop(record.key, None)
        line = Ended(
            key=record.key,
            order_id=record.order_id,
            state=record.state,
            reason=record.reason,
            order_qty=record.order_qty,
            limit_price=record.limit_price,
            cum_qty=record.cum_qty,
            cum_cost=record.cum_cost,
            fills=tuple((record.fills or {}).values()),
            totals=record.totals,
            opened=record.opened,
        )
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(self._keys().end, line))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def finish(self) -> None:
        """Wait until all ends are noted."""
        if self._noting:
            await asyncio.wait(tuple(self._noting))

    # -- its own -----------------------------------------------------------------------------

    async def _begin(self, request: "OrderRequest", key: str, deadline: float, seconds: float) -> Record:
        """Claim the key, and send the order if the key is new."""
        desk, placing, keys = self._desk, self._placing, self._keys()
        end = await placing.ready(seconds)
        known = await asyncio.to_thread(keys.find, key)
        if known is not None:
            return self._recalled(*known)
        request, pair = placing.checked(request)
        fresh = placing.record(request)
        fresh.key = key
        fresh.mid = placing.weigh(request, pair)
        name = fresh.cl_ord_id or ""
        epoch = desk.clock.epoch_ns()
        # It may wait for its turn until `end`, and only then does its deadline begin.
        latest = epoch + max(0, end - desk.clock.now()) + round(deadline * _SECOND) + _SECOND
        text = msgspec.Raw(wire.record(request))
        placed, ended, is_new = await asyncio.to_thread(
            keys.claim,
            key,
            lambda: Placed(key=key, cl_ord_id=name, sent=epoch, deadline=latest, request=text),
        )
        if not is_new:
            return self._recalled(placed, ended)
        try:
            await placing.send(fresh, request, pair, validate=False, deadline=deadline, end=end)
        except HavkloError:
            if fresh.sent_at is None:
                await asyncio.to_thread(keys.release, key)
            raise
        return fresh

    def _recalled(self, placed: Placed, ended: Ended | None) -> Record:
        """The order that a key stands for: as it ended, as it is known, or to be found out."""
        desk = self._desk
        known = desk.account.roster.get(placed.cl_ord_id)
        record = known or Record(cl_ord_id=placed.cl_ord_id)
        if not record.own:
            described = record.symbol != ""
            qty, price = record.order_qty, record.limit_price
            fill_in(record, wire.from_record(bytes(placed.request)))
            if described:
                record.order_qty, record.limit_price = qty, price
        record.key = placed.key
        self._handle(record)
        if known is not None:
            return record
        now, epoch = desk.clock.now(), desk.clock.epoch_ns()
        record.sent_at = now - max(0, epoch - placed.sent)
        if ended is None:
            desk.perform(desk.account.recalled(record, now + max(0, placed.deadline - epoch)))
            return record
        record.order_id, record.state, record.reason = ended.order_id, ended.state, ended.reason
        record.order_qty, record.opened, record.is_described = ended.order_qty, ended.opened, True
        if ended.limit_price is not None:
            record.limit_price = ended.limit_price
        record.stated_qty, record.stated_cost, record.totals = ended.cum_qty, ended.cum_cost, ended.totals
        for fill in ended.fills:
            record.add(fill, now)
        record.filled_at = None  # not in this life of the program
        return record


def _look(task: asyncio.Task[Record]) -> None:
    """Who waits for it is told; that nobody does any more is no news to anybody."""
    if not task.cancelled():
        task.exception()
