"""All the orders that there are, and the ways to find one."""

from collections import defaultdict, deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, final

from havklo.sim.trading.ticket import Ticket

__all__ = ["Register"]

_KEPT: Final = 10_000  # closed orders per account


@final
class Register:
    """All orders of all accounts: the open ones, and the last 10,000 closed ones of each account."""

    def __init__(self) -> None:
        self._by_id: dict[str, Ticket] = {}
        self._by_number: dict[tuple[str, int], Ticket] = {}
        self._names: defaultdict[tuple[int, str], dict[int, Ticket]] = defaultdict(dict)
        self._last: dict[tuple[int, str], Ticket] = {}
        self._open: defaultdict[int, dict[int, Ticket]] = defaultdict(dict)
        self._counts: defaultdict[tuple[int, str], int] = defaultdict(int)
        self._closed: defaultdict[int, deque[Ticket]] = defaultdict(deque)

    def __repr__(self) -> str:
        return f"<Register {len(self._by_number)} open orders>"

    def add(self, ticket: Ticket) -> None:
        """One more open order."""
        account = ticket.account.number
        self._by_id[ticket.order_id] = ticket
        self._by_number[ticket.symbol, ticket.order_number] = ticket
        self._open[account][ticket.number] = ticket
        self._counts[account, ticket.symbol] += 1
        if ticket.cl_ord_id is not None:
            self._names[account, ticket.cl_ord_id][ticket.number] = ticket
            self._last[account, ticket.cl_ord_id] = ticket

    def close(self, ticket: Ticket) -> None:
        """An order is not open any more."""
        account = ticket.account.number
        del self._by_number[ticket.symbol, ticket.order_number]
        del self._open[account][ticket.number]
        self._counts[account, ticket.symbol] -= 1
        if ticket.cl_ord_id is not None:
            self._names[account, ticket.cl_ord_id].pop(ticket.number)
            if not self._names[account, ticket.cl_ord_id]:
                del self._names[account, ticket.cl_ord_id]
        closed = self._closed[account]
        closed.append(ticket)
        if len(closed) > _KEPT:
            self._forget(closed.popleft())

    @contextmanager
    def without(self, ticket: Ticket) -> Generator[None, None, None]:
        """For a while, as if an open order were not there."""
        account = ticket.account.number
        del self._open[account][ticket.number]
        self._counts[account, ticket.symbol] -= 1
        try:
            yield
        finally:
            self._open[account] = dict(sorted([*self._open[account].items(), (ticket.number, ticket)]))
            self._counts[account, ticket.symbol] += 1

    def in_market(self, symbol: str, order_number: int) -> Ticket | None:
        """The open order with a number in its market."""
        return self._by_number.get((symbol, order_number))

    def find(self, order_id: str) -> Ticket | None:
        """The order with an id, open or closed."""
        return self._by_id.get(order_id)

    def named(self, account: int, cl_ord_id: str) -> list[Ticket]:
        """An account's open orders with a cl_ord_id, oldest first."""
        return list(self._names.get((account, cl_ord_id), {}).values())

    def last_named(self, account: int, cl_ord_id: str) -> Ticket | None:
        """An account's last order with a cl_ord_id, open or closed."""
        return self._last.get((account, cl_ord_id))

    def open(self, account: int) -> list[Ticket]:
        """An account's open orders, oldest first."""
        return list(self._open[account].values())

    def closed(self, account: int) -> list[Ticket]:
        """An account's closed orders, in the order of their ends."""
        return list(self._closed[account])

    def count(self, account: int, symbol: str) -> int:
        """How many open orders an account has in a pair."""
        return self._counts[account, symbol]

    def _forget(self, ticket: Ticket) -> None:
        del self._by_id[ticket.order_id]
        if ticket.cl_ord_id is not None:
            key = (ticket.account.number, ticket.cl_ord_id)
            if self._last.get(key) is ticket:
                del self._last[key]
