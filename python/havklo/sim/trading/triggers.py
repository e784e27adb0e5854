"""Orders that wait for a price: stops, take profits and trailing stops.

The reference is always the last trade's price. A stop loss goes off when the price has come through its
trigger from the good side, a take profit when it has reached its own; a trailing stop's trigger follows the
best price since it was placed at a fixed distance, and never moves back.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import final

from havklo.sim.market.ladder import BID
from havklo.sim.trading.terms import TRAILING, Term
from havklo.sim.trading.ticket import Ticket

__all__ = ["Triggers", "aim", "met", "target"]


@final
class Triggers:
    """The waiting orders of all pairs."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, dict[int, Ticket]] = defaultdict(dict)

    def __repr__(self) -> str:
        return f"<Triggers {sum(map(len, self._waiting.values()))} waiting>"

    def add(self, ticket: Ticket) -> None:
        """One more order waits."""
        ticket.waiting = True
        self._waiting[ticket.symbol][ticket.number] = ticket

    def discard(self, ticket: Ticket) -> None:
        """An order does not wait any more."""
        ticket.waiting = False
        self._waiting[ticket.symbol].pop(ticket.number, None)

    def on_trades(self, symbol: str, prices: Iterable[int]) -> list[Ticket]:
        """Follow the trades of one event; returns what went off: by trade, and among equals the oldest first.

        What went off does not wait any more.
        """
        waiting = self._waiting.get(symbol)
        if not waiting:
            return []
        fired: list[Ticket] = []
        for price in dict.fromkeys(prices):
            for ticket in tuple(waiting.values()):
                if ticket.peak_price is not None:
                    aim(ticket, price)
                if met(ticket, price):
                    self.discard(ticket)
                    fired.append(ticket)
        return fired


def aim(ticket: Ticket, last_price: int) -> None:
    """Set an order's trigger price: from the last price where it is an offset, from the peak if it trails."""
    trigger = ticket.terms.trigger
    if trigger is None:
        return
    if ticket.order_type in TRAILING:
        best = min if ticket.direction == BID else max
        ticket.peak_price = last_price if ticket.peak_price is None else best(ticket.peak_price, last_price)
    ticket.trigger_price = target(ticket, trigger, last_price)


def target(ticket: Ticket, trigger: Term, last_price: int) -> int:
    """Where an order would be triggered if this were its trigger."""
    if ticket.order_type not in TRAILING:
        return trigger.at(last_price)
    peak = last_price if ticket.peak_price is None else ticket.peak_price
    distance = trigger.at(peak) - peak
    return peak + distance if ticket.direction == BID else peak - distance


def met(ticket: Ticket, price: int) -> bool:
    """Whether a price sets an order off."""
    # A buy stop waits above the market and a sell stop below it; a take profit the other way round.
    above = (ticket.direction == BID) != ticket.order_type.startswith("take-profit")
    trigger = ticket.trigger_price
    return trigger is not None and (price >= trigger if above else price <= trigger)
