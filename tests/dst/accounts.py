"""Who looks at a trading client: at each step of its orders, at what it sends, and in the end at all that it knows."""

import json
from collections import Counter, deque
from decimal import Decimal
from typing import Any, Final, final

from dst.fates import (
    are_open,
    are_the_same,
    balances_are,
    ends_once,
    is_told,
    money,
    never_ahead,
    never_below,
    never_doubled,
    never_sent_again,
    never_too_many_questions,
    nobody_is_unknown,
    resolved_in_time,
    told_once,
)
from dst.journal import Journal
from dst.network import Network
from dst.virtual import SECOND
from havklo import Client
from havklo.events import ConnectionLost, Execution, ExecutionGap, OrderStateChanged, Resync, SubscriptionLost
from havklo.sim.accounts.account import Account
from havklo.sim.trading.ticket import Ticket

__all__ = ["AccountWatch"]

_ADDS: Final = frozenset({"add_order", "batch_add"})
_INVALID: Final = "ESession:Invalid session"
_MINUTE: Final = 60 * SECOND


@final
class AccountWatch:
    """Judges one trading client against the exchange's own orders, fills and balances.

    Args:
        network: Its way to the exchange.
        account: Its account there.
        journal: Where violations go.

    Attributes:
        placed: What became of each order, as the client told it step by step, by cl_ord_id.
        questions: When REST was asked.
        reads: Reads judged, by what they were.
    """

    def __init__(self, network: Network, account: Account, journal: Journal) -> None:
        self.placed: dict[str, str] = {}
        self.questions: deque[int] = deque()
        self.expired_at = 0
        self.reads: Counter[str] = Counter()
        self.desyncs: Counter[str] = Counter()
        self.resyncs: Counter[str] = Counter()
        self.deep: Counter[str] = Counter()
        self.noticed_after: list[int] = []
        self._network = network
        self._house = network.house
        self._clock = network.clock
        self._account = account
        self._journal = journal
        self._kraken: Client | None = None
        self._shown: dict[str, tuple[int, int]] = {}
        self._refused: set[tuple[int, int]] = set()
        self._told: dict[str, Counter[str]] = {}
        self._unknown: dict[str, int] = {}
        network.asks, network.hears = self._asks, self._hears

    @property
    def tickets(self) -> dict[str, Ticket]:
        """Every order of the account, as the exchange has it, by its id."""
        desk = self._house.kraken.desk
        every = (*desk.open_orders(self._account), *desk.closed_orders(self._account))
        return {ticket.order_id: ticket for ticket in every}

    def follow(self, kraken: Client) -> None:
        """Be told of everything."""
        self._kraken = kraken
        self._network.links.follow(kraken)
        kraken.on(OrderStateChanged, self._changed)
        kraken.on(Execution, self._executed)
        for kind in (ExecutionGap, ConnectionLost, Resync, SubscriptionLost):
            kraken.on(kind, self._tell)

    def sweep(self) -> None:
        """Look at everything that must hold at any instant."""
        now = self._clock.now()
        harmed = self._harmed_at()
        self._network.links.sweep(harmed)
        for name, since in self._unknown.items():
            resolved_in_time(self._journal, name, now - max(since, harmed))
        never_doubled(self._journal, self.tickets)
        self.look_at_the_counter()

    def still_wrong(self) -> int:
        """How many books are wrong: it has none."""
        return 0

    def asked(self) -> None:
        """Count a question to REST."""
        now = self._clock.now()
        self.questions.append(now)
        while self.questions[0] <= now - _MINUTE:
            self.questions.popleft()
        never_too_many_questions(self._journal, len(self.questions))

    def look_at_the_counter(self) -> None:
        """Hold the client's rate counter against the exchange's."""
        if self._kraken is None or not self._kraken.orders.is_live:
            return
        now, desk = self._clock.now(), self._house.kraken.desk
        for symbol in {ticket.symbol for ticket in desk.open_orders(self._account)}:
            true = desk.rate_count(self._account, symbol, self._clock.to_epoch(now))
            never_below(self._journal, symbol, self._kraken.orders.headroom(symbol).value, true)
            self.reads["rate counter"] += 1

    def judge_the_end(self) -> None:
        """Client and exchange agree on every order, fill, fee and balance, to the last digit."""
        kraken, journal = self._kraken, self._journal
        assert kraken is not None
        tickets = self.tickets
        never_doubled(journal, tickets)
        by_name = {ticket.cl_ord_id: ticket for ticket in tickets.values()}
        roster = kraken.orders._desk.account.roster
        for name, state in self.placed.items():
            ticket, record = by_name.get(name), roster.get(name)
            is_told(journal, name, state, ticket)
            if ticket is not None and record is not None:
                self.reads["order"] += 1
                are_the_same(journal, record, ticket)
        nobody_is_unknown(journal, [name for name in by_name if name not in self.placed])
        open_there = {ticket.order_id for ticket in tickets.values() if ticket.open}
        are_open(journal, set(kraken.orders.open), open_there)
        true = {asset: money(units) for asset, units in self._account.balances().items()}
        balances_are(journal, {asset: each.balance for asset, each in kraken.balances.items()}, true)

    # -- what the client says

    def _changed(self, event: OrderStateChanged) -> None:
        self._tell(event)
        name, after = event.cl_ord_id, str(event.after)
        if name is None:
            return
        before = self.placed.get(name)
        ends_once(self._journal, name, before, after)
        self.placed[name] = after
        if after == "unknown":
            self._unknown[name] = self._clock.now()
            self._journal.counts["orders unknown for a while"] += 1
        else:
            since = self._unknown.pop(name, None)
            if since is not None:
                self.noticed_unknown(self._clock.now() - since)
        self._never_ahead(name, event.order_id, after)

    def noticed_unknown(self, span: int) -> None:
        """Note for how long an order was unknown."""
        seconds = next((bound for bound in (1, 5, 10, 30, 60, 120) if span <= bound * SECOND), 600)
        self._journal.counts[f"unknown for at most {seconds:3} s"] += 1

    def _executed(self, event: Execution) -> None:
        self._journal.counts["event Execution"] += 1
        order_id, exec_id = event.order_id, event.exec_id
        ticket = None if order_id is None else self._house.kraken.desk.ticket(order_id)
        if order_id is not None and ticket is None:
            self._journal.violate("ahead of the exchange", f"an execution of {order_id}, which is nobody's")
        if exec_id is not None and ticket is not None:
            row = self._told.setdefault(ticket.order_id, Counter())
            row[exec_id] += 1
            told_once(self._journal, exec_id, row[exec_id], any(each.exec_id == exec_id for each in ticket.executions))

    def _never_ahead(self, name: str, order_id: str | None, after: str) -> None:
        desk = self._house.kraken.desk
        ticket = desk.find(self._account, name) if order_id is None else desk.ticket(order_id)
        kraken = self._kraken
        record = None if kraken is None else kraken.orders._desk.account.roster.get(name)
        qty = Decimal(0) if record is None else record.cum_qty
        never_ahead(self._journal, name, after, qty, ticket)

    def _tell(self, event: object) -> None:
        self._journal.counts[f"event {type(event).__name__}"] += 1
        self._journal.note("tells 8", repr(event))

    # -- what goes over its connections

    def _asks(self, connection: int, payload: bytes, _now: int) -> None:
        """Judge a request that is being sent: no order is sent twice."""
        if b'"add_order"' not in payload and b'"batch_add"' not in payload:
            return
        request = json.loads(payload)
        params = request["params"]
        for order in params.get("orders", (params,)):
            name = order.get("cl_ord_id")
            if name is None:
                continue
            self.placed.setdefault(name, "pending")
            shown = self._shown.get(name)
            never_sent_again(self._journal, name, again=shown is not None and shown not in self._refused)
            self._shown[name] = connection, request["req_id"]

    def _hears(self, connection: int, frame: bytes, _now: int) -> None:
        """Take note of an answer that has reached the client."""
        if b'"method":"' not in frame or b'"success":false' not in frame:
            return
        try:
            answer: dict[str, Any] = json.loads(frame)
        except ValueError:
            return  # it was cut: to the client it is no answer
        error = answer.get("error", "")
        if error == _INVALID:
            self._refused.add((connection, answer.get("req_id", -1)))
        elif "Rate limit" in error and answer["method"] in _ADDS:
            self._journal.counts["orders refused for their rate"] += 1

    def _harmed_at(self) -> int:
        pipes = self._network.pipes[-20:]
        return max(self._network.harmed_at, self.expired_at, *(pipe.disturbed_at for pipe in pipes), 0)
