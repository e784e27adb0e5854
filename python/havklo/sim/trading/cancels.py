"""The ways to cancel: some orders, all of them, many at once, or all of them unless something is heard."""

from collections.abc import Iterable, Mapping
from typing import Final, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.counter import cost_batch_cancel, cost_cancel
from havklo.sim.rules import Rules
from havklo.sim.trading import reports
from havklo.sim.trading.admission import Admission, charge
from havklo.sim.trading.answer import Answer
from havklo.sim.trading.dealer import Dealer
from havklo.sim.trading.fields import Fields
from havklo.sim.trading.refusals import RefusedError, invalid
from havklo.sim.trading.ticket import Ticket
from havklo.sim.wire.stamps import rfc3339

__all__ = ["Cancels"]

CANCEL_FIELDS: Final = frozenset({"cl_ord_id", "order_id", "order_userref", "token"})
BATCH_FIELDS: Final = frozenset({"cl_ord_id", "orders", "token"})
AFTER_FIELDS: Final = frozenset({"timeout", "token"})

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_BATCH: Final = range(2, 51)


@final
class Cancels:
    """All cancels that accounts ask for.

    Args:
        rules: The open points of the protocol.
        dealer: Who knows the orders and takes them out.
        admission: Who knows whether the engine is in maintenance.
    """

    def __init__(self, rules: Rules, dealer: Dealer, admission: Admission) -> None:
        self._rules = rules
        self._dealer = dealer
        self._admission = admission

    def cancel(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer cancel_order: once for each order, and once for each name that no open order has."""
        fields = Fields(params, "cancel order", CANCEL_FIELDS)
        self._admission.check_service()
        names = [(key, name) for key in ("order_id", "cl_ord_id", "order_userref") for name in fields.rows(key)]
        if not names:
            raise invalid("order_id")
        _check(names)
        return [answer for key, name in names for answer in self._cancel(account, key, name, now_ns)]

    def cancel_all(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer cancel_all; it costs nothing."""
        Fields(params, "cancel all", ("token",))
        self._admission.check_service()
        tickets = [
            ticket for ticket in self._dealer.register.open(account.number) if self._admission.in_service(ticket.symbol)
        ]
        for ticket in tickets:
            self._dealer.cancel(ticket, now_ns, reports.USER_REQUESTED)
        return [Answer(True, {"count": len(tickets)})]

    def batch_cancel(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer batch_cancel: what it finds is cancelled, and counts on the rate counter in any case."""
        fields = Fields(params, "batch cancel", BATCH_FIELDS)
        self._admission.check_service()
        rows = fields.rows("orders")
        names = [("order_id" if isinstance(name, str) else "order_userref", name) for name in rows]
        names += [("cl_ord_id", name) for name in fields.rows("cl_ord_id")]
        if len(names) not in _BATCH:
            raise invalid("orders")
        _check(names)
        found = {ticket.number: ticket for key, name in names for ticket in self._find(account, key, name)}
        tickets = self._in_service(found.values())
        for symbol in dict.fromkeys(ticket.symbol for ticket in tickets):
            ages = [now_ns - ticket.aged_ns for ticket in tickets if ticket.symbol == symbol]
            charge(account, symbol, now_ns, cost_batch_cancel(ages), force=True)
        for ticket in tickets:
            self._dealer.cancel(ticket, now_ns, reports.USER_REQUESTED)
        if self._rules.batch_cancel_count == "result":
            return [Answer(True, {"count": len(tickets)})]
        return [Answer(True, fields={"orders_cancelled": len(tickets)})]

    def after(self, account: Account, params: Mapping[str, object], now_ns: int) -> list[Answer]:
        """Answer cancel_all_orders_after, the dead man's switch; a timeout of 0 turns it off."""
        fields = Fields(params, "cancel all orders after", AFTER_FIELDS)
        self._admission.check_service()
        timeout = fields.integer("timeout")
        if timeout is None or not 0 <= timeout < _DAY:
            raise invalid("timeout")
        self._dealer.schedule.set_switch(account.number, now_ns + timeout * _SECOND if timeout else None)
        second = (now_ns + _SECOND // 2) // _SECOND
        trigger = _text(second + timeout) if timeout else "0"
        return [Answer(True, {"currentTime": _text(second), "triggerTime": trigger})]

    def sweep(self, account: Account, now_ns: int) -> None:
        """An account's dead man's switch has gone off: its open orders end, maintenance or not."""
        for ticket in self._dealer.register.open(account.number):
            self._dealer.cancel(ticket, now_ns, reports.TIMEOUT)

    def _cancel(self, account: Account, key: str, name: object, now_ns: int) -> list[Answer]:
        tickets = self._find(account, key, name)
        if not tickets:
            return [Answer(False, error=self._rules.texts.unknown_order, fields={key: name})]
        return [self._cancel_one(account, ticket, now_ns) for ticket in tickets]

    def _cancel_one(self, account: Account, ticket: Ticket, now_ns: int) -> Answer:
        try:
            self._admission.check_service(ticket.symbol)
            charge(account, ticket.symbol, now_ns, cost_cancel(now_ns - ticket.aged_ns))
        except RefusedError as refused:
            return Answer(False, error=refused.error, fields={"order_id": ticket.order_id})
        self._dealer.cancel(ticket, now_ns, reports.USER_REQUESTED)
        result: dict[str, object] = {"order_id": ticket.order_id}
        if ticket.cl_ord_id is not None:
            result["cl_ord_id"] = ticket.cl_ord_id
        return Answer(True, result)

    def _in_service(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Those whose pair is not in maintenance."""
        return [ticket for ticket in tickets if self._admission.in_service(ticket.symbol)]

    def _find(self, account: Account, key: str, name: object) -> list[Ticket]:
        """The open orders that a name means: one for an id, perhaps several for a number."""
        register = self._dealer.register
        if key == "order_userref":
            return [ticket for ticket in register.open(account.number) if ticket.userref == name]
        if key == "cl_ord_id":
            return register.named(account.number, str(name))
        ticket = register.find(str(name))
        return [ticket] if ticket is not None and ticket.account is account and ticket.open else []


def _check(names: list[tuple[str, object]]) -> None:
    """Refuse a request with a name of the wrong type before anything of it is done."""
    for key, name in names:
        number = isinstance(name, int) and not isinstance(name, bool)
        if not (number if key == "order_userref" else isinstance(name, str)):
            raise invalid(key)


def _text(second: int) -> str:
    return f"{rfc3339(second * 1_000_000)[:19]}Z"
