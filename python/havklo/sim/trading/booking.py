"""Books the fills of an engine event: money, tickets, and the reports about them."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, final

from havklo.sim.accounts.account import Account, Bank
from havklo.sim.accounts.settlement import CROWD_LEG, Fee, Leg, settle_fill
from havklo.sim.listing import Listing
from havklo.sim.market.ladder import BID, Order
from havklo.sim.market.matching import Fill
from havklo.sim.trading import reports
from havklo.sim.trading.holds import Holds, closable
from havklo.sim.trading.register import Register
from havklo.sim.trading.ticket import Execution, Report, Ticket

__all__ = ["Booking"]

_TRADES_KEPT: Final = 50

Tell = Callable[[Ticket, Report], None]


@final
class Booking:
    """Turns fills into money, and into what their orders' owners are told.

    Args:
        bank: The accounts.
        register: All orders.
        holds: What they hold.
        next_id: Makes an execution's id.
        tell: Takes the reports.
    """

    def __init__(self, bank: Bank, register: Register, holds: Holds, next_id: Callable[[], str], tell: Tell) -> None:
        self._bank = bank
        self._register = register
        self._holds = holds
        self._next_id = next_id
        self._tell = tell
        self._trades: dict[int, deque[Report]] = {}

    def __repr__(self) -> str:
        return f"<Booking for {self._bank!r}>"

    def trades(self, account: Account) -> list[Report]:
        """The reports of an account's last 50 fills, oldest first."""
        return list(self._trades.get(account.number, ()))

    def fills(self, listing: Listing, now_ns: int) -> Iterator[tuple[Ticket, int]]:
        """Book what the last event has matched; returns who was filled, and by how much."""
        first = listing.first_trade_id
        for index, fill in enumerate(listing.market.fills):
            if fill.maker.owner or fill.taker.owner:
                yield from self._fill(listing, fill, first + index, now_ns)

    def _fill(self, listing: Listing, fill: Fill, trade_id: int, now_ns: int) -> Iterator[tuple[Ticket, int]]:
        maker, taker = (self._ticket(listing, order) for order in (fill.maker, fill.taker))
        # Matching knows no positions. If an earlier fill of the same event has closed what a reduce-only
        # order was to reduce, the crowd takes over the part that would turn the position round.
        limits = _limit(maker, fill.qty), _limit(taker, fill.qty)
        booked = 0
        for end in sorted({*limits, fill.qty} - {0}):
            made, took = (ticket if end <= most else None for ticket, most in zip((maker, taker), limits, strict=True))
            yield from self._part(listing, fill, trade_id, now_ns, made, took, end - booked)
            booked = end

    def _part(
        self,
        listing: Listing,
        fill: Fill,
        trade_id: int,
        now_ns: int,
        maker: Ticket | None,
        taker: Ticket | None,
        qty: int,
    ) -> Iterator[tuple[Ticket, int]]:
        legs = [self._leg(maker, made=True), self._leg(taker, made=False)]
        bought = 1 if fill.taker.side == BID else 0
        booked = settle_fill(
            self._bank, listing.pair, fill.price, qty, buyer=legs[bought], seller=legs[1 - bought], now_ns=now_ns
        )
        fees = [booked.seller, booked.buyer] if bought else [booked.buyer, booked.seller]
        for ticket, leg, fee in zip((maker, taker), legs, fees, strict=True):
            if ticket is not None:
                self._advance(ticket, listing, leg, fee, trade_id, fill.price, qty, booked.cost, now_ns)
                yield ticket, qty

    def _advance(
        self,
        ticket: Ticket,
        listing: Listing,
        leg: Leg,
        fee: Fee,
        trade_id: int,
        price: int,
        qty: int,
        cost: int,
        now_ns: int,
    ) -> None:
        ticket.filled += qty
        ticket.turnover += price * qty
        ticket.cost += cost
        ticket.fees[fee.asset] = ticket.fees.get(fee.asset, 0) + fee.units
        ticket.fee_usd += reports.usd(ticket, fee, price)
        ticket.status = "partially_filled" if ticket.remaining else "filled"
        execution = Execution(leg.exec_id, trade_id, price, qty, cost, fee, leg.maker, now_ns)
        ticket.executions.append(execution)
        report = reports.trade(ticket, execution)
        self._trades.setdefault(ticket.account.number, deque(maxlen=_TRADES_KEPT)).append(report)
        self._tell(ticket, report)
        if not ticket.remaining:
            ticket.end("filled", now_ns)
            self._register.close(ticket)
            self._tell(ticket, reports.filled(ticket, now_ns))
            return
        if ticket.limit_price is not None:
            self._holds.renew(ticket, listing.market)
        if leg.maker and ticket.display:
            ticket.shown -= qty
            if not ticket.shown:
                ticket.shown = min(ticket.display, ticket.remaining)
                self._tell(ticket, reports.iceberg_refill(ticket, now_ns))

    def _leg(self, ticket: Ticket | None, *, made: bool) -> Leg:
        if ticket is None:
            return CROWD_LEG
        return Leg(
            account=ticket.account.number,
            exec_id=self._next_id(),
            maker=made,
            fee_in=ticket.fee_in,
            margin=ticket.margin,
            order=ticket.number,
        )

    def _ticket(self, listing: Listing, order: Order) -> Ticket | None:
        return self._register.in_market(listing.pair.symbol, order.id) if order.owner else None


def _limit(ticket: Ticket | None, qty: int) -> int:
    """How much of a fill an order may have."""
    return qty if ticket is None or not ticket.terms.reduce_only else min(qty, closable(ticket))
