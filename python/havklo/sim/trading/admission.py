"""Whether a new order may come in, as far as its account and the exchange's state decide."""

from decimal import Decimal
from typing import Final, final

from havklo.sim.accounts import money
from havklo.sim.accounts.account import Account
from havklo.sim.accounts.counter import Cost
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import Pair
from havklo.sim.trading.dealer import Dealer
from havklo.sim.trading.holds import closable
from havklo.sim.trading.refusals import (
    COST_MINIMUM,
    INSUFFICIENT_FUNDS,
    INSUFFICIENT_MARGIN,
    NO_POSITION,
    NOT_CLOSING,
    ORDER_MINIMUM,
    ORDERS_LIMIT,
    POSITION_CLOSED,
    RATE_LIMIT,
    RefusedError,
    closed_market,
)
from havklo.sim.trading.terms import WITH_LIMIT, NewOrder
from havklo.sim.trading.ticket import Ticket

__all__ = ["Admission", "charge", "check_room"]

_MAINTENANCE: Final = "maintenance"


def charge(account: Account, symbol: str, now_ns: int, cost: Cost | Decimal | int, *, force: bool = False) -> None:
    """Count a transaction on the pair's rate counter.

    Raises:
        RefusedError: There is no room for it.
    """
    if not account.counter(symbol).charge(now_ns, cost, force=force):
        raise RefusedError(RATE_LIMIT)


def check_room(account: Account, symbol: str, now_ns: int, cost: int) -> None:
    """Refuse what the pair's rate counter has no room for, without counting it."""
    counter = account.counter(symbol)
    if counter.value(now_ns) + cost > counter.threshold:
        raise RefusedError(RATE_LIMIT)


@final
class Admission:
    """The checks of new orders.

    Args:
        exchange: The markets and their state.
        dealer: Who makes the tickets and knows the orders.
    """

    def __init__(self, exchange: Exchange, dealer: Dealer) -> None:
        self._exchange = exchange
        self._dealer = dealer

    def in_service(self, symbol: str | None = None) -> bool:
        """Whether neither the engine nor, if one is given, the pair is in maintenance."""
        return _MAINTENANCE not in (self._exchange.system, self._exchange.statuses.get(symbol or ""))

    def check_service(self, symbol: str | None = None) -> None:
        """Refuse everything during maintenance: of the engine, or of the pair if one is given."""
        if not self.in_service(symbol):
            raise closed_market(_MAINTENANCE)

    def check_market(self, symbol: str, terms: NewOrder) -> None:
        """Refuse an order that the engine or the pair does not take in its present state."""
        for state in (self._exchange.system, self._exchange.statuses[symbol]):
            match state:
                case "online":
                    taken = True
                case "post_only":
                    taken = terms.post_only
                case "limit_only":
                    taken = terms.order_type in WITH_LIMIT
                case "reduce_only":
                    taken = terms.reduce_only
                case _:
                    taken = False
            if not taken:
                raise closed_market(state)

    def check_names(self, account: Account, terms: NewOrder) -> None:
        """Refuse a cl_ord_id that an open order of the account has, if the rules want that."""
        rules = self._exchange.rules
        if terms.cl_ord_id is None or rules.duplicate_cl_ord_id == "accept":
            return
        if self._dealer.register.named(account.number, terms.cl_ord_id):
            raise RefusedError(rules.texts.duplicate_cl_ord_id)

    def check_size(self, pair: Pair, terms: NewOrder, now_ns: int) -> None:
        """Refuse an order that is worth too little; without a price of its own it counts at the last one."""
        last = self._exchange.listing(pair.symbol, now_ns).last_price
        least = int(pair.cost_min.scaleb(money.SCALE))
        if terms.cash:
            cost = terms.cash
            if cost < money.cost(pair, last, pair.qty_min):
                raise RefusedError(ORDER_MINIMUM)
        else:
            price = last
            for term in (terms.trigger, terms.limit):
                price = term.value if term is not None and term.kind == "static" else price
            cost = money.cost(pair, price, terms.qty)
        if cost < least:
            raise RefusedError(COST_MINIMUM)

    def admit(self, account: Account, pair: Pair, terms: NewOrder, now_ns: int) -> Ticket:
        """Make a ticket that holds what its order needs.

        Raises:
            RefusedError: Too many open orders, no position to reduce, or not enough money or margin.
        """
        if self._dealer.register.count(account.number, pair.symbol) >= account.tier.max_open:
            raise RefusedError(ORDERS_LIMIT)
        ticket = self._dealer.ticket(account, terms, pair.symbol, now_ns)
        if terms.reduce_only:
            if not account.position(pair.symbol).qty:
                raise RefusedError(POSITION_CLOSED if pair.symbol in account.positions else NO_POSITION)
            most = closable(ticket)
            if not most:
                raise RefusedError(NOT_CLOSING)
            ticket.qty = min(ticket.qty, most)
            ticket.display = min(ticket.display, most)
        self.secure(ticket)
        return ticket

    def secure(self, ticket: Ticket, *, qty: int | None = None, price: int | None = None) -> None:
        """Hold what an order needs, or what it is about to need.

        Raises:
            RefusedError: There is not enough.
        """
        if not self._dealer.secure(ticket, qty=qty, price=price):
            raise RefusedError(INSUFFICIENT_MARGIN if ticket.margin else INSUFFICIENT_FUNDS)
