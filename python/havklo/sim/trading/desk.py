"""The desk: where accounts' order requests come in, and everything about their orders can be asked."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final, final

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.keys import ALL, Permission
from havklo.sim.exchange import Exchange
from havklo.sim.listing import Listing
from havklo.sim.trading import reports
from havklo.sim.trading.adds import Adds
from havklo.sim.trading.admission import Admission
from havklo.sim.trading.amends import Amends
from havklo.sim.trading.answer import Answer
from havklo.sim.trading.cancels import Cancels
from havklo.sim.trading.dealer import Dealer
from havklo.sim.trading.refusals import PERMISSION_DENIED, RefusedError
from havklo.sim.trading.ticket import Report, Ticket

__all__ = ["METHODS", "Answer", "Desk"]

METHODS: Final[Mapping[str, Permission]] = {
    "add_order": "create-orders",
    "amend_order": "create-orders",
    "edit_order": "create-orders",
    "batch_add": "create-orders",
    "cancel_order": "cancel-orders",
    "cancel_all": "cancel-orders",
    "cancel_all_orders_after": "cancel-orders",
    "batch_cancel": "cancel-orders",
}
"""What the desk can be asked to do, and the permission that it needs."""


@final
class Desk:
    """All trading of an exchange's accounts.

    The exchange settles its events with it from then on. Between two calls, `tick` is due at `next_deadline`.

    Args:
        exchange: The markets.
        bank: The accounts.

    Attributes:
        on_report: Called with an account's number and each of its execution reports: elements of the
            executions channel, whose numbers are decimals.
    """

    def __init__(self, exchange: Exchange, bank: Bank) -> None:
        self._bank = bank
        self._dealer = Dealer(exchange, bank)
        self._admission = Admission(exchange, self._dealer)
        adds = Adds(exchange, self._dealer, self._admission)
        amends = Amends(exchange, self._dealer, self._admission)
        self._cancels = Cancels(exchange.rules, self._dealer, self._admission)
        self._methods: dict[str, Callable[[Account, Mapping[str, object], int], list[Answer]]] = {
            "add_order": adds.add,
            "amend_order": amends.amend,
            "edit_order": amends.edit,
            "batch_add": adds.batch_add,
            "cancel_order": self._cancels.cancel,
            "cancel_all": self._cancels.cancel_all,
            "cancel_all_orders_after": self._cancels.after,
            "batch_cancel": self._cancels.batch_cancel,
        }
        exchange.settle = self.settle

    def __repr__(self) -> str:
        return f"<Desk {self._dealer.register!r}>"

    @property
    def on_report(self) -> Callable[[int, Report], None]:
        """Who hears of execution reports."""
        return self._dealer.on_report

    @on_report.setter
    def on_report(self, listener: Callable[[int, Report], None]) -> None:
        self._dealer.on_report = listener

    def request(
        self,
        account: Account,
        method: str,
        params: Mapping[str, object],
        now_ns: int,
        permissions: Collection[Permission] = ALL,
    ) -> list[Answer]:
        """Do what an account asks for.

        Args:
            account: Who asks.
            method: One of `METHODS`.
            params: The request's parameters, whose token has been checked. Numbers are best read as
                decimals; of a float, its shortest text counts.
            now_ns: When it arrives, in epoch nanoseconds.
            permissions: What the token allows.

        Returns:
            One answer, or for cancel_order one per order.
        """
        if METHODS[method] not in permissions:
            return [Answer(False, error=PERMISSION_DENIED)]
        try:
            return self._methods[method](account, params, now_ns)
        except RefusedError as refused:
            return [Answer(False, error=refused.error)]

    def settle(self, listing: Listing, now_ns: int) -> None:
        """Book the event that has just happened in a market, and do what it sets off."""
        self._dealer.settle(listing, now_ns)

    def tick(self, now_ns: int) -> None:
        """Do what is due: dead man's switches, orders that start or expire."""
        schedule = self._dealer.schedule
        for number in schedule.due_switches(now_ns):
            self._cancels.sweep(self._bank.by_number(number), now_ns)
        for what, ticket in schedule.due_tickets(now_ns):
            if not ticket.open:
                continue
            if what == "expire":
                self._dealer.cancel(ticket, now_ns, reports.EXPIRED, "expired")
            else:
                self._start(ticket, now_ns)

    def next_deadline(self) -> int | None:
        """When `tick` has something to do next; None: nothing is planned."""
        return self._dealer.schedule.next_ns()

    def open_orders(self, account: Account) -> list[Ticket]:
        """An account's open orders, oldest first."""
        return self._dealer.register.open(account.number)

    def closed_orders(self, account: Account) -> list[Ticket]:
        """The last 10,000 orders of an account that are not open any more, in the order of their ends."""
        return self._dealer.register.closed(account.number)

    def ticket(self, order_id: str) -> Ticket | None:
        """The order with an id, whoever's it is, open or closed."""
        return self._dealer.register.find(order_id)

    def find(self, account: Account, cl_ord_id: str) -> Ticket | None:
        """The last order to which an account has given an id, open or closed."""
        return self._dealer.register.last_named(account.number, cl_ord_id)

    def rate_count(self, account: Account, symbol: str, now_ns: int) -> Decimal:
        """What an account's rate counter of a pair says."""
        return account.counter(symbol).value(now_ns)

    def snapshot_orders(self, account: Account) -> list[Report]:
        """An account's open orders as the executions channel's snapshot has them, oldest first."""
        return [
            reports.standing(ticket, self._dealer.last_price(ticket.symbol)) for ticket in self.open_orders(account)
        ]

    def snapshot_trades(self, account: Account) -> list[Report]:
        """An account's last 50 fills as the executions channel's snapshot has them, oldest first."""
        return self._dealer.booking.trades(account)

    def _start(self, ticket: Ticket, now_ns: int) -> None:
        try:
            self._admission.check_market(ticket.symbol, ticket.terms)
        except RefusedError as refused:
            self._dealer.cancel(ticket, now_ns, refused.error)
        else:
            self._dealer.start(ticket, now_ns)
