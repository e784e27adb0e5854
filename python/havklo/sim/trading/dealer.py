"""Brings the accounts' orders into the markets, and sees to what comes of them.

Each change of a book is one engine event of the exchange. What an event sets off, such as triggered orders,
comes right after it, as events of their own, in a fixed order, until nothing is set off any more.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import final

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.exchange import Exchange
from havklo.sim.listing import Listing
from havklo.sim.market.ladder import BID, opposite
from havklo.sim.market.matching import Market, Outcome
from havklo.sim.trading import reports
from havklo.sim.trading.booking import Booking
from havklo.sim.trading.events import Events
from havklo.sim.trading.holds import Holds, cash_reach, closable
from havklo.sim.trading.register import Register
from havklo.sim.trading.schedule import Schedule
from havklo.sim.trading.terms import Change, Close, NewOrder, Term
from havklo.sim.trading.ticket import Report, Status, Ticket
from havklo.sim.trading.triggers import Triggers, aim, met

__all__ = ["Dealer"]


def _unheard(_account: int, _report: Report) -> None:
    """Nobody listens."""


@final
class Dealer:
    """The accounts' hand in the markets.

    Args:
        exchange: The markets.
        bank: The accounts.

    Attributes:
        register: All orders.
        holds: What they hold.
        booking: What becomes of their fills.
        schedule: When they start and expire.
        on_report: Called with each execution report and the number of its account.
    """

    def __init__(self, exchange: Exchange, bank: Bank) -> None:
        self.register: Register = Register()
        self.schedule: Schedule = Schedule()
        self.holds: Holds = Holds(self.register, self.last_price, exchange.pairs)
        self.booking: Booking = Booking(bank, self.register, self.holds, self.next_id, self._tell)
        self.on_report: Callable[[int, Report], None] = _unheard
        self._exchange = exchange
        self._events = Events(exchange)
        self._triggers = Triggers()
        self._numbers = 0
        self._ids = 0

    def __repr__(self) -> str:
        return f"<Dealer {self.register!r}>"

    def last_price(self, symbol: str) -> int:
        """The price of the last trade in a pair that is open."""
        return self._events.listing(symbol).last_price

    def next_id(self) -> str:
        """A fresh id of an execution or an amend."""
        self._ids += 1
        return self._exchange.ids.text("T", self._ids)

    def ticket(
        self, account: Account, terms: NewOrder, symbol: str, now_ns: int, parent: Ticket | None = None
    ) -> Ticket:
        """A new order, which is not known to anybody yet."""
        listing = self._exchange.listing(symbol, now_ns)
        self._numbers += 1
        number = listing.market.reserve()
        order_id = listing.order_id(number)
        ticket = Ticket(self._numbers, number, order_id, account, listing.pair, terms, now_ns, parent)
        aim(ticket, listing.last_price)
        return ticket

    def secure(self, ticket: Ticket, *, qty: int | None = None, price: int | None = None) -> bool:
        """Hold what an order needs, or what it is about to need; whether there is enough."""
        return self.holds.secure(ticket, self._events.listing(ticket.symbol).market, qty=qty, price=price)

    @contextmanager
    def without(self, ticket: Ticket) -> Generator[None, None, None]:
        """For a while, as if an open order were not there and held nothing."""
        ticket.account.release(ticket.number)
        try:
            with self.register.without(ticket):
                yield
        finally:
            self.holds.renew(ticket, self._events.listing(ticket.symbol).market)

    def place(self, ticket: Ticket, now_ns: int) -> None:
        """An order that holds what it needs comes in."""
        self._admit(ticket, now_ns)
        self.schedule.watch(ticket)
        if ticket.effective_ns is None:
            self.start(ticket, now_ns)

    def start(self, ticket: Ticket, now_ns: int) -> None:
        """An order takes effect: it goes to its market, or waits for its trigger."""
        if not ticket.stop:
            self._enter(ticket, now_ns)
            return
        listing = self._events.listing(ticket.symbol)
        ticket.peak_price = None
        aim(ticket, listing.last_price)
        ticket.status = "new"
        self._tell(ticket, reports.new(ticket, self._events.time(ticket.symbol, now_ns)))
        self._wait(ticket)

    def cancel(self, ticket: Ticket, now_ns: int, reason: str, status: Status = "canceled") -> None:
        """An order ends before it is filled."""
        listing = self._events.listing(ticket.symbol)
        if ticket.order_number in listing.market.orders:
            self._events.run(ticket.symbol, now_ns, lambda market: market.cancel(ticket.order_number))
        self._end(ticket, self._events.time(ticket.symbol, now_ns), reason, status)

    def amend(self, ticket: Ticket, change: Change, now_ns: int, reason: str | None = None) -> None:
        """Change an open order, which holds what it will need.

        Args:
            ticket: Which order.
            change: What it shall become.
            now_ns: When.
            reason: Why the engine does it; None: its owner wants it.
        """
        if change.qty <= ticket.filled:
            self._apply(ticket, change, self._events.time(ticket.symbol, now_ns), reason)
            self.cancel(ticket, now_ns, reason or reports.USER_REQUESTED)
        elif ticket.resting:
            self._amend_resting(ticket, change, now_ns, reason)
        else:
            self._apply(ticket, change, self._events.time(ticket.symbol, now_ns), reason)
            if ticket.waiting:
                self._wait(ticket)

    def settle(self, listing: Listing, now_ns: int) -> None:
        """See to what the event that has just happened means for accounts."""
        market, symbol = listing.market, listing.pair.symbol
        opened: dict[int, tuple[Ticket, Close, int]] = {}
        positions: dict[int, Account] = {}
        for ticket, qty in self.booking.fills(listing, now_ns):
            close = ticket.terms.close
            if close is not None:
                so_far = opened[ticket.number][2] if ticket.number in opened else 0
                opened[ticket.number] = (ticket, close, so_far + qty)
            if ticket.margin:
                positions[ticket.account.number] = ticket.account
        for order in market.stopped:
            ticket = self.register.in_market(symbol, order.id)
            if ticket is not None:
                self._end(ticket, now_ns, reports.SELF_TRADE)
        for account in positions.values():
            self._events.later(partial(self._reduce, account, symbol))
        for parent, close, qty in opened.values():
            self._events.later(partial(self._follow, parent, close, qty))
        for ticket in self._triggers.on_trades(symbol, (fill.price for fill in market.fills)):
            self._events.later(partial(self._fire, ticket))
        self._events.work()

    def _enter(self, ticket: Ticket, now_ns: int) -> None:
        """Send an order into its market: at once, or now that its time or its price has come."""
        listing, terms = self._events.listing(ticket.symbol), ticket.terms
        qty = ticket.remaining
        if ticket.limit_price is None:
            if terms.cash:
                qty = ticket.qty = cash_reach(ticket, listing.market)
            # The book may have moved since the money was held.
            qty = self.holds.affordable(ticket, listing.market)
        if not qty:
            self._end(
                ticket, self._events.time(ticket.symbol, now_ns), reports.NO_FUNDS if ticket.qty else reports.NOT_FILLED
            )
            return

        def action(market: Market) -> Outcome:
            outcome = market.submit(
                ticket.direction,
                ticket.limit_price,
                qty,
                owner=ticket.account.number,
                order_id=ticket.order_number,
                peak=ticket.display,
                post_only=terms.post_only,
                rest=terms.time_in_force in ("gtc", "gtd"),
                whole=terms.time_in_force == "fok",
                stp=terms.stp_type,
            )
            if ticket.status == "pending_new" and not outcome.refused:
                ticket.status = "new"
                self._tell(ticket, reports.new(ticket, market.now_ns))
            return outcome

        outcome = self._events.run(ticket.symbol, now_ns, action)
        self._conclude(ticket, outcome)
        self._events.work()

    def _amend_resting(self, ticket: Ticket, change: Change, now_ns: int, reason: str | None) -> None:
        price = ticket.limit_price if change.limit is None else change.limit.value

        def action(market: Market) -> Outcome:
            outcome = market.amend(
                ticket.order_number,
                price=price,
                qty=change.qty - ticket.filled,
                peak=change.display,
                post_only=change.post_only,
                stp=ticket.terms.stp_type,
            )
            self._apply(ticket, change, market.now_ns, reason)
            return outcome

        outcome = self._events.run(ticket.symbol, now_ns, action)
        self._conclude(ticket, outcome)
        self._events.work()

    def _apply(self, ticket: Ticket, change: Change, now_ns: int, reason: str | None) -> None:
        """Write an amend down; less than what was filled can't be."""
        ticket.qty = max(change.qty, ticket.filled)
        ticket.display = change.display
        ticket.terms = replace(ticket.terms, limit=change.limit, trigger=change.trigger)
        if change.limit is not None and change.limit.kind == "static":
            ticket.limit_price = change.limit.value
        if ticket.waiting:
            aim(ticket, self.last_price(ticket.symbol))
        if reason is None:
            ticket.amended = True
            ticket.aged_ns = now_ns
        self._tell(ticket, reports.amended(ticket, now_ns, reason))

    def _conclude(self, ticket: Ticket, outcome: Outcome) -> None:
        """After an order's own event it rests, or it is over."""
        if not ticket.open:
            return
        listing = self._events.listing(ticket.symbol)
        ticket.resting = bool(outcome.resting)
        if ticket.resting:
            ticket.shown = listing.market.orders[ticket.order_number].qty
        else:
            self._end(ticket, listing.moment, self._why(ticket, outcome, listing.market))

    def _why(self, ticket: Ticket, outcome: Outcome, market: Market) -> str:
        """Why an order does not rest."""
        if outcome.refused:
            return reports.POST_ONLY if ticket.post_only else reports.NOT_FILLED
        if not outcome.dropped:
            return reports.REDUCE_ONLY if ticket.terms.reduce_only else reports.NO_FUNDS
        own, stp = ticket.account.number, ticket.terms.stp_type
        if stp == "cancel_both":
            return reports.SELF_TRADE if market.stopped else reports.NOT_FILLED
        ladder = market.sides[opposite(ticket.direction)]
        if stp == "cancel_oldest" or not ladder.keys:
            return reports.NOT_FILLED
        met_own = next(iter(ladder.at(0).orders.values())).owner == own
        reaches = ticket.limit_price is None or market.crosses(ticket.direction, ticket.limit_price)
        return reports.SELF_TRADE if met_own and reaches else reports.NOT_FILLED

    def _wait(self, ticket: Ticket) -> None:
        """An order waits for its trigger, unless the price is there already."""
        if met(ticket, self.last_price(ticket.symbol)):
            self._triggers.discard(ticket)
            self._events.later(partial(self._fire, ticket))
            self._events.work()
        else:
            self._triggers.add(ticket)

    def _fire(self, ticket: Ticket) -> None:
        """The price has come: the order goes to its market."""
        if not ticket.open or ticket.trigger_price is None:
            return
        listing = self._events.listing(ticket.symbol)
        now_ns = ticket.triggered_ns = self._events.time(ticket.symbol)
        limit = ticket.terms.limit
        if limit is not None:
            # From now on it is a limit order like any other.
            price = ticket.limit_price = limit.at(ticket.trigger_price)
            given = Decimal(price).scaleb(-ticket.pair.price_precision)
            ticket.terms = replace(ticket.terms, limit=Term("static", price, given))
        self._tell(ticket, reports.status(ticket, listing.last_price, now_ns))
        if ticket.limit_price is not None and ticket.limit_price <= 0:
            self._end(ticket, now_ns, reports.BAD_PRICE)
        elif (ticket.margin or ticket.limit_price is not None) and not self.secure(ticket):
            self._end(ticket, now_ns, _lack(ticket))
        else:
            self._enter(ticket, now_ns)

    def _follow(self, parent: Ticket, close: Close, qty: int) -> None:
        """An order has opened something: its close comes in."""
        terms = NewOrder(
            order_type=close.order_type,
            side=opposite(parent.direction),
            qty=qty,
            limit=close.limit,
            trigger=close.trigger,
            margin=parent.margin,
            fee_in_base=parent.direction == BID and self._exchange.rules.sell_fee == "base",
        )
        now_ns = self._events.time(parent.symbol)
        ticket = self.ticket(parent.account, terms, parent.symbol, now_ns, parent)
        if self.secure(ticket):
            self.place(ticket, now_ns)
        else:
            self._admit(ticket, now_ns)
            self._end(ticket, now_ns, _lack(ticket))

    def _reduce(self, account: Account, symbol: str) -> None:
        """A position has changed: its reduce-only orders reduce no more than there is."""
        for ticket in self.register.open(account.number):
            if not ticket.terms.reduce_only or ticket.symbol != symbol:
                continue
            most, now_ns = closable(ticket), self._events.time(symbol)
            if not most:
                self.cancel(ticket, now_ns, reports.REDUCE_ONLY)
            elif ticket.remaining > most:
                terms = ticket.terms
                change = Change(ticket.filled + most, terms.limit, min(ticket.display, most), terms.trigger)
                self.amend(ticket, change, now_ns, reports.REDUCE_ONLY)

    def _admit(self, ticket: Ticket, now_ns: int) -> None:
        listing = self._events.listing(ticket.symbol)
        self.register.add(ticket)
        self._tell(ticket, reports.pending_new(ticket, listing.last_price, self._events.time(ticket.symbol, now_ns)))

    def _end(self, ticket: Ticket, now_ns: int, reason: str, status: Status = "canceled") -> None:
        self._triggers.discard(ticket)
        ticket.end(status, now_ns, reason)
        self.register.close(ticket)
        self._tell(ticket, reports.ended(ticket, now_ns))

    def _tell(self, ticket: Ticket, report: Report) -> None:
        ticket.reports.append(report)
        self.on_report(ticket.account.number, report)


def _lack(ticket: Ticket) -> str:
    return reports.NO_MARGIN if ticket.margin else reports.NO_FUNDS
