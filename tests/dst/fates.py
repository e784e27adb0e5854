"""What must hold of a trading client's orders, fills and balances; each rule can be violated, and then says so."""

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dst.journal import Journal
from dst.virtual import SECOND
from havklo.sim.accounts.money import SCALE
from havklo.sim.trading.ticket import Ticket

if TYPE_CHECKING:
    from havklo._protocol.trading.record import Record

__all__ = [
    "are_open",
    "are_the_same",
    "balances_are",
    "ends_once",
    "is_told",
    "money",
    "never_ahead",
    "never_below",
    "never_doubled",
    "never_sent_again",
    "never_too_many_questions",
    "nobody_is_unknown",
    "resolved_in_time",
    "told_once",
]

_FINAL: Final = frozenset({"filled", "canceled", "expired", "rejected"})
_RESOLVING: Final = 300 * SECOND
"""So long after the last harm to its way nothing is unknown any more.

A connection is back after 90 s at most, what is looked for by REST was refused there for the rate up to five times in a
row (a minute), and is asked for again after 30 s at most.
"""

_QUESTIONS: Final = 90  # of REST within a minute: 14 at once, a decay of one a second, and tokens


def never_sent_again(journal: Journal, name: str, *, again: bool) -> None:
    """An order is sent once; only one that was refused for its token is sent with another."""
    if again:
        journal.violate("an order sent again", name)


def never_doubled(journal: Journal, tickets: dict[str, Ticket]) -> None:
    """A name stands for one order at the exchange."""
    names = Counter(ticket.cl_ord_id for ticket in tickets.values() if ticket.cl_ord_id)
    doubled = [name for name, count in names.items() if count > 1]
    if doubled:
        journal.violate("an order doubled", ", ".join(doubled))


def ends_once(journal: Journal, name: str, before: str | None, after: str) -> None:
    """What has ended does not go on."""
    if before in _FINAL:
        journal.violate("an end taken back", f"{name} was {before}, and is {after}")


def never_ahead(journal: Journal, name: str, state: str, qty: Decimal, ticket: Ticket | None) -> None:
    """The client says of no order what is not so at the exchange yet, nor that it is not there when it is."""
    if ticket is None:
        if state not in ("pending", "unknown", "rejected"):
            journal.violate("ahead of the exchange", f"{name} is {state}, and was never accepted")
        return
    if state == "rejected":
        journal.violate("an order lost", f"{name} is rejected, and is {ticket.status} at the exchange")
    if state in ("filled", "canceled", "expired") and state != ticket.status:
        journal.violate("ahead of the exchange", f"{name} is {state}, not {ticket.status}")
    if qty > lots_of(ticket, ticket.filled):
        journal.violate("ahead of the exchange", f"{qty} of {name} are filled, not {lots_of(ticket, ticket.filled)}")


def told_once(journal: Journal, exec_id: str, times: int, is_true: bool) -> None:  # a plain fact
    """Each fill is told once, and is one of the exchange's."""
    if not is_true:
        journal.violate("a fill that never was", exec_id)
    if times > 1:
        journal.violate("a fill told twice", exec_id)


def resolved_in_time(journal: Journal, name: str, peace: int) -> None:
    """What is unknown is known again a while after the last harm to the client's way."""
    if peace > _RESOLVING:
        journal.violate("unknown for too long", f"{name}, {peace / SECOND:.1f} s after the last harm to its way")


def never_too_many_questions(journal: Journal, count: int) -> None:
    """REST is asked no more often than it allows."""
    if count > _QUESTIONS:
        journal.violate("too many questions", f"{count} to REST within a minute")


def never_below(journal: Journal, symbol: str, said: Decimal, true: Decimal) -> None:
    """The client's rate counter is not below the exchange's."""
    if said < true:
        journal.violate("a rate counter too low", f"{said} for {symbol}, and the exchange has {true}")


def is_told(journal: Journal, name: str, state: str, ticket: Ticket | None) -> None:
    """In the end each order's state is what it is at the exchange."""
    there = "rejected" if ticket is None else {"pending_new": "pending"}.get(ticket.status, ticket.status)
    if state != there:
        rule = "an order lost" if state == "rejected" else "another state"
        journal.violate(rule, f"{name} is {state}, and is {there} at the exchange")


def are_the_same(journal: Journal, record: "Record", ticket: Ticket) -> None:
    """In the end quantity, cost, fees and fills of an order are the exchange's; of long absences REST tells sums."""
    pair = ticket.pair
    true: dict[str, object] = {
        "order_qty": lots_of(ticket, ticket.qty),
        "cum_qty": lots_of(ticket, ticket.filled),
        "cum_cost": money(ticket.cost),
        "fees": {asset: money(units) for asset, units in ticket.fees.items() if units},
    }
    if record.cash_order_qty is not None:
        del true["order_qty"]
    if ticket.limit_price is not None:
        true["limit_price"] = Decimal(ticket.limit_price).scaleb(-pair.price_precision)
    for name, value in true.items():
        said = getattr(record, name)
        if name == "fees":
            said = {asset: qty for asset, qty in said.items() if qty}
        if said != value:
            journal.violate("another order", f"{name} of {record!r} is {said}, not {value}")
    fills = {
        each.exec_id: (
            Decimal(each.price).scaleb(-pair.price_precision),
            lots_of(ticket, each.qty),
            money(each.cost),
            money(each.fee.units),
        )
        for each in ticket.executions
    }
    known = {
        fill.exec_id: (fill.price, fill.qty, fill.cost, sum(fee.qty for fee in fill.fees))
        for fill in (record.fills or {}).values()
    }
    wrong = [exec_id for exec_id, fill in known.items() if fills.get(exec_id) != fill]
    if wrong:
        journal.violate("another fill", f"{wrong} of {record!r}")
    if len(known) < len(fills):
        journal.counts["orders whose fills are told as sums"] += 1


def nobody_is_unknown(journal: Journal, names: list[object]) -> None:
    """The exchange has no order that the client has not sent."""
    if names:
        journal.violate("an order of nobody", repr(names))


def are_open(journal: Journal, here: set[str], there: set[str]) -> None:
    """In the end the open orders are the exchange's."""
    if here != there:
        journal.violate("other open orders", f"only here {sorted(here - there)}, only there {sorted(there - here)}")


def balances_are(journal: Journal, here: dict[str, Decimal], there: dict[str, Decimal]) -> None:
    """In the end the balances are the exchange's."""
    wrong = [
        f"{asset}: {here.get(asset)}, not {there.get(asset)}"
        for asset in sorted(here.keys() | there.keys())
        if here.get(asset, Decimal(0)) != there.get(asset, Decimal(0))
    ]
    if wrong:
        journal.violate("other balances", "; ".join(wrong))


def lots_of(ticket: Ticket, lots: int) -> Decimal:
    return Decimal(lots).scaleb(-ticket.pair.qty_precision)


def money(units: int) -> Decimal:
    """Units of the ledger as an amount."""
    return Decimal(units).scaleb(-SCALE)
