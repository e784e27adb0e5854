"""What is due later: orders that start or expire, and dead man's switches."""

import heapq
from typing import Literal, final

from havklo.sim.trading.ticket import Ticket

__all__ = ["Schedule"]

Due = Literal["start", "expire"]


@final
class Schedule:
    """The moments at which something happens to orders without a trade or a request."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Due, Ticket]] = []
        self._switches: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<Schedule {len(self._heap)} moments, {len(self._switches)} switches>"

    def watch(self, ticket: Ticket) -> None:
        """Remember when an order starts and expires."""
        if ticket.effective_ns is not None:
            heapq.heappush(self._heap, (ticket.effective_ns, ticket.number, "start", ticket))
        if ticket.expire_ns is not None:
            heapq.heappush(self._heap, (ticket.expire_ns, ticket.number, "expire", ticket))

    def set_switch(self, account: int, due_ns: int | None) -> None:
        """An account's dead man's switch goes off then, or is off."""
        if due_ns is None:
            self._switches.pop(account, None)
        else:
            self._switches[account] = due_ns

    def next_ns(self) -> int | None:
        """When the next is due; None if nothing is."""
        heap = self._heap
        while heap and not heap[0][3].open:
            heapq.heappop(heap)
        moments = list(self._switches.values())
        if heap:
            moments.append(heap[0][0])
        return min(moments, default=None)

    def due_switches(self, now_ns: int) -> list[int]:
        """The accounts whose switch goes off; it is off then. In the order of their moments."""
        due = sorted((moment, account) for account, moment in self._switches.items() if moment <= now_ns)
        for _, account in due:
            del self._switches[account]
        return [account for _, account in due]

    def due_tickets(self, now_ns: int) -> list[tuple[Due, Ticket]]:
        """The orders that start or expire, in the order of their moments; closed ones are left out."""
        due: list[tuple[Due, Ticket]] = []
        while self._heap and self._heap[0][0] <= now_ns:
            _, _, what, ticket = heapq.heappop(self._heap)
            due.append((what, ticket))
        return due
