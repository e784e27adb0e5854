"""What an order has to hold, and what a market order would cost right now."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, final

from havklo.sim.accounts import money
from havklo.sim.accounts.account import Account
from havklo.sim.market.ladder import ASK, BID, Side, opposite
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair
from havklo.sim.trading.register import Register
from havklo.sim.trading.ticket import Ticket

__all__ = ["Holds", "cash_reach", "closable"]

_PPM: Final = 1_000_000


class Reach(NamedTuple):
    """What a market order can get: lots, and their price times quantity in ticks times lots."""

    qty: int
    turnover: int


@final
class Holds:
    """Holds for orders what they may cost at most.

    A buy holds its price and the taker's fee, a sale its quantity and, if its fee is taken in base, that; an
    order on margin holds the initial margin of what it opens, and its fee.

    Args:
        register: All orders.
        last: The last price of a pair.
        pairs: The pairs by symbol.
    """

    def __init__(self, register: Register, last: Callable[[str], int], pairs: dict[str, Pair]) -> None:
        self._register = register
        self._last = last
        self._pairs = pairs

    def secure(self, ticket: Ticket, market: Market, *, qty: int | None = None, price: int | None = None) -> bool:
        """Hold what an order needs, instead of what it held before; if that is too much, nothing changes.

        A sale whose fee would be taken in base is content with less: then the fee is taken in quote.

        Args:
            ticket: Which order.
            market: Where it goes.
            qty: What of it may still be filled, if that is about to change.
            price: What it counts with, if that is about to change.
        """
        account, number = ticket.account, ticket.number
        asset, units = self.need(ticket, market, qty=qty, price=price)
        if ticket.margin and units > self._free_margin(account, asset) + account.holding(number):
            return False
        if account.hold(number, asset, units):
            return True
        if ticket.direction == ASK and ticket.fee_in == "base":
            ticket.fee_in = "quote"
            if account.hold(number, *self.need(ticket, market, qty=qty, price=price)):
                return True
            ticket.fee_in = "base"
        return False

    def renew(self, ticket: Ticket, market: Market) -> None:
        """Hold what the rest of an order needs after a fill, which has released everything."""
        account, number = ticket.account, ticket.number
        asset, units = self.need(ticket, market)
        if ticket.direction == ASK and ticket.fee_in == "base" and not account.hold(number, asset, units):
            # The roundings of single fees have used what was held for the rest's.
            ticket.fee_in = "quote"
            asset, units = self.need(ticket, market)
        account.hold(number, asset, units, cap=True)

    def need(
        self, ticket: Ticket, market: Market, *, qty: int | None = None, price: int | None = None
    ) -> tuple[str, int]:
        """The asset that an order holds, and how much of it; see `secure`."""
        pair, rate = ticket.pair, ticket.account.rate(maker=False)
        if qty is None:
            qty = ticket.remaining
        if ticket.direction == ASK and not ticket.margin:
            units = money.lots(pair, qty)
            fee = money.fee(units, rate, pair.qty_precision) if ticket.fee_in == "base" else 0
            return pair.base, units + fee
        if price is None:
            price = _counted_price(ticket)
        if ticket.terms.cash:
            cost = ticket.terms.cash
        elif price is not None:
            cost = money.cost(pair, price, qty)
        else:
            cost = money.cost(pair, 1, reach(ticket, market, qty=qty).turnover)
        fee = money.fee(cost, rate, pair.cost_precision) if ticket.fee_in == "quote" else 0
        return pair.quote, fee + (self._margin(ticket, qty, cost) if ticket.margin else cost)

    def affordable(self, ticket: Ticket, market: Market) -> int:
        """How much of a market order its account can pay for right now, in lots."""
        if ticket.direction == ASK or ticket.margin:
            return ticket.remaining
        account, pair = ticket.account, ticket.pair
        units = account.available(pair.quote) + account.holding(ticket.number)
        if not ticket.terms.cash and self.need(ticket, market)[1] <= units:
            return ticket.remaining
        if ticket.fee_in == "quote":
            units = units * _PPM // (_PPM + account.rate(maker=False))
        return reach(ticket, market, qty=ticket.remaining, turnover=_turnover(pair, units)).qty

    def _margin(self, ticket: Ticket, qty: int, cost: int) -> int:
        """The initial margin of the part that opens a position: what the orders before it leave to open."""
        before = sum(
            other.remaining
            for other in self._register.open(ticket.account.number)
            if other.margin
            and other.number < ticket.number
            and other.symbol == ticket.symbol
            and other.direction == ticket.direction
        )
        opening = qty - max(0, min(qty, closable(ticket) - before))
        part, whole = ticket.pair.margin_initial.as_integer_ratio()
        return -(-cost * opening * part // (qty * whole)) if opening and not ticket.terms.reduce_only else 0

    def _free_margin(self, account: Account, asset: str) -> int:
        values = {
            symbol: money.cost(self._pairs[symbol], self._last(symbol), abs(position.qty))
            for symbol, position in account.positions.items()
            if position.qty
        }
        return account.free_margin(asset, values)


def closable(ticket: Ticket) -> int:
    """How much of its account's position an order on margin could close, in lots."""
    position = ticket.account.position(ticket.symbol).qty
    return 0 if (position > 0) == (ticket.direction == BID) else abs(position)


def reach(ticket: Ticket, market: Market, *, qty: int | None = None, turnover: int | None = None) -> Reach:
    """What a market order gets from the present book for so many lots, or for so much money."""
    got = spent = 0
    for price, there in _opposite(market, ticket.direction, ticket.account.number, ticket.terms.stp_type):
        take = there if qty is None else min(there, qty - got)
        if turnover is not None:
            take = min(take, (turnover - spent) // price)
        got += take
        spent += price * take
        if take < there:
            break
    return Reach(got, spent)


def cash_reach(ticket: Ticket, market: Market) -> int:
    """How many lots an order's cash buys from the present book."""
    return reach(ticket, market, turnover=_turnover(ticket.pair, ticket.terms.cash)).qty


def _turnover(pair: Pair, units: int) -> int:
    """Money in ticks times lots, rounded down."""
    return units * 10 ** (pair.price_precision + pair.qty_precision) // 10**money.SCALE


def _counted_price(ticket: Ticket) -> int | None:
    """The price that an order counts with: its limit, or while it waits, what its trigger makes of it."""
    if ticket.limit_price is not None or ticket.trigger_price is None or ticket.triggered_ns is not None:
        return ticket.limit_price
    limit = ticket.terms.limit
    return ticket.trigger_price if limit is None else max(1, limit.at(ticket.trigger_price))


def _opposite(market: Market, side: Side, owner: int, stp: str) -> Iterator[tuple[int, int]]:
    """The orders that a market order meets, until one of its own account ends it."""
    ladder = market.sides[opposite(side)]
    for key in ladder.keys:
        for order in ladder.levels[key].orders.values():
            if order.owner != owner:
                yield order.price, order.open
            elif stp != "cancel_oldest":
                return
