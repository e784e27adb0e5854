"""What stands between an account and a program that has gone wrong: kill switch, dead man's switch, the way out."""

import logging
from typing import TYPE_CHECKING, Final, Literal, final

from havklo._protocol.trading.deadman import WARNING, DeadMan
from havklo._protocol.trading.effects import Ask, Tell
from havklo.errors import HavkloError, RequestTimeout
from havklo.events import DeadManChanged, OrderState, TradingLocked, TradingUnlocked

if TYPE_CHECKING:
    from havklo._protocol.trading.record import Record
    from havklo.clock import Timer
    from havklo.orders.changing import Changing
    from havklo.orders.desk import Desk

__all__ = ["Guards"]

_SECOND: Final = 1_000_000_000
_EVERY: Final = 20.0
_METHOD: Final = "cancel_all_orders_after"
_LAST_WORD: Final = 5.0
_LARGEST_BATCH: Final = 50
_logger = logging.getLogger("havklo.orders")


@final
class Guards:
    """Locks orders, keeps the dead man's switch, and leaves open orders as the user wants them left.

    Args:
        desk: Where requests are sent from.
        changing: Cancels orders.
    """

    def __init__(self, desk: "Desk", changing: "Changing") -> None:
        self._desk = desk
        self._changing = changing
        self._switch: DeadMan | None = None
        self._on_its_way: Ask | None = None
        self._told: Literal["armed", "lapsing", "lapsed", "off"] = "off"
        self._timer: Timer | None = None
        seconds = desk.options.dead_man
        if seconds is not None:
            self._switch = DeadMan(int(seconds) if seconds == int(seconds) else seconds, min(_EVERY, seconds / 3))  # pyright: ignore[reportArgumentType]  # it refuses what is no whole number
            desk.on_settled = self._answered

    def __repr__(self) -> str:
        return f"<Guards: {self._desk.risk!r}, switch {self._told}>"

    # -- the kill switch ---------------------------------------------------------------------

    async def kill(self, reason: str, *, seconds: float) -> int:
        """Lock orders and cancel all of them; see `Orders.kill`."""
        desk = self._desk
        desk.risk.lock(reason)
        desk.perform([Tell(TradingLocked(reason=desk.risk.locked or reason))])
        end = desk.clock.now() + round(seconds * _SECOND)
        canceled = 0
        while True:
            left = max(0.001, (end - desk.clock.now()) / _SECOND)
            canceled += await self._changing.cancel_all(seconds=left)
            # What was on its way is canceled once it is known where it has come to.
            if not await desk.until(self._nothing_on_its_way, end):
                raise RequestTimeout("cancel_all", seconds)
            if not desk.account.roster.open:
                return canceled
            if desk.clock.now() >= end:
                raise RequestTimeout("cancel_all", seconds)

    def unlock(self) -> None:
        """Let orders out again."""
        reason = self._desk.risk.locked
        if reason is not None:
            self._desk.risk.unlock()
            self._desk.perform([Tell(TradingUnlocked(reason=reason))])

    def _nothing_on_its_way(self) -> bool:
        roster = self._desk.account.roster
        unknown = any(record.state is OrderState.UNKNOWN for record in roster.open.values())
        return not roster.nameless and not unknown

    # -- the dead man's switch ---------------------------------------------------------------

    def begin(self) -> None:
        """Set the dead man's switch for the first time, if there is one."""
        if self._switch is not None and self._timer is None:
            _logger.warning(WARNING)
            self._look()

    def _look(self) -> None:
        desk, switch = self._desk, self._switch
        if switch is None or desk.has_ended:
            return
        now = desk.clock.now()
        healthy = desk.is_live
        timeout = switch.due(now, healthy=healthy)
        if timeout is not None:
            self._on_its_way = desk.send(_METHOD, {"timeout": timeout}, until=now + round(_EVERY * _SECOND / 2))
            if self._on_its_way is not None:
                switch.sent(now)
        if switch.lapsed(now):
            self._tell("lapsed", "it was not set anew in time")
        elif not healthy and self._told == "armed":
            self._tell("lapsing", "the executions are not live")
        self._timer = desk.clock.call_at(now + _SECOND, self._look)

    def _answered(self, ask: Ask) -> None:
        if ask is not self._on_its_way or self._switch is None:
            return
        self._on_its_way = None
        now = self._desk.clock.now()
        if ask.lost or not ask.answers:
            self._switch.failed(now)
        elif ask.answers[0].error is not None:
            self._switch.failed(now, refused=True)
        else:
            self._switch.acked(ask.answers[0].results[0].trigger_time or "")
            self._tell("off" if self._switch.lapses_at is None else "armed", "")

    def _tell(self, state: Literal["armed", "lapsing", "lapsed", "off"], reason: str) -> None:
        if state != self._told:
            self._told = state
            self._desk.perform([Tell(DeadManChanged(state=state, reason=reason))])

    # -- the way out -------------------------------------------------------------------------

    async def take_leave(self) -> None:
        """Do with the open orders what the user wants, and turn the dead man's switch off."""
        desk = self._desk
        if not desk.has_started:
            return
        end = desk.clock.now() + round(_LAST_WORD * _SECOND)
        if desk.options.on_exit == "cancel":
            try:
                await desk.until(self._nothing_on_its_way, end)
                left = max(0.001, (end - desk.clock.now()) / _SECOND)
                await self._changing.cancel(self._own(), seconds=left)
            except HavkloError as error:
                _logger.warning("open orders could not be canceled on the way out: %s", error)
                self._let_go()
                return  # and the switch stays set: it cancels what is left
        if self._switch is not None:
            self._switch.disarm()
            self._let_go()
            self._look()
            await desk.until(lambda: self._on_its_way is None, end)
        self._let_go()

    def leave_at_once(self) -> None:
        """The same without waiting, for a client that has failed; a dead man's switch that is set stays set."""
        self._let_go()
        if self._desk.options.on_exit != "cancel":
            return
        own = [*self._own(), *self._desk.account.roster.nameless]
        until = self._desk.clock.now() + round(_LAST_WORD * _SECOND)
        for start in range(0, len(own), _LARGEST_BATCH):
            batch = own[start : start + _LARGEST_BATCH]
            # One order is no batch; to cancel one twice does no harm.
            batch = batch * 2 if len(batch) == 1 else batch
            ids = [record.order_id for record in batch if record.order_id is not None]
            names = [record.cl_ord_id for record in batch if record.order_id is None and record.cl_ord_id is not None]
            params = {name: value for name, value in (("orders", ids), ("cl_ord_id", names)) if value}
            self._desk.send("batch_cancel", params, until=until)

    def _own(self) -> "list[Record]":
        """The open orders that this client has placed."""
        return [record for record in self._desk.account.roster.open.values() if record.own]

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
