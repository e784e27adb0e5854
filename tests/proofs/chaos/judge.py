"""The judge: what the bot wrote down, held against the exchange's own orders, fills, fees and balances."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, final

from chaos.journal import Closing, Ended, Entry, Filled, Meant, Refused, Unknown
from havklo import Simulator
from havklo.sim.accounts.money import SCALE
from havklo.sim.trading.ticket import Ticket

__all__ = ["Judge", "Verdict"]

_WORDS: Final = {"filled": "filled", "canceled": "canceled", "expired": "expired"}


@dataclass
class Verdict:
    """What came of the comparison.

    Attributes:
        orders: Orders that the exchange has had.
        fills: Their fills.
        states: Last states, as the bot tells them.
        refused: Refusals, by error.
        unknown: Orders whose fate was unknown for a while.
        wrong: All that differs, in words.
    """

    orders: int = 0
    fills: int = 0
    states: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    unknown: int = 0
    wrong: list[str] = field(default_factory=list[str])


@final
class Judge:
    """Takes in the journal as it grows, and the exchange's orders before it forgets them.

    Args:
        simulator: The exchange.
        account: The name of the bot's account.
    """

    def __init__(self, simulator: Simulator, account: str) -> None:
        self._simulator = simulator
        self._account = account
        self._tickets: dict[str, Ticket] = {}
        self.meant: dict[str, Meant] = {}
        self.ended: dict[str, Ended] = {}
        self.refused: dict[str, Refused] = {}
        self.closing: Closing | None = None
        self._unknown: set[str | None] = set()
        self._twice: list[str] = []

    def take(self, entry: Entry) -> None:
        """One more entry of the journal."""
        match entry:
            case Meant(wish):
                if wish.key in self.meant:
                    self._twice.append(f"{wish.key} was meant twice")
                self.meant[wish.key] = entry
            case Ended(key=key):
                if key in self.ended or key in self.refused:
                    self._twice.append(f"{key} has ended twice")
                self.ended[key] = entry
            case Refused(key=key):
                if key in self.ended or key in self.refused:
                    self._twice.append(f"{key} has ended twice")
                self.refused[key] = entry
            case Unknown(cl_ord_id=cl_ord_id):
                self._unknown.add(cl_ord_id)
            case Closing():
                self.closing = entry

    def look(self) -> None:
        """Keep the exchange's orders; it knows only the last 10,000 that have ended."""
        for closed in (False, True):
            self._tickets |= {each.order_id: each for each in self._simulator.orders(self._account, closed=closed)}

    @property
    def pending(self) -> list[str]:
        """The keys of orders that have not ended, as far as the bot says."""
        return [key for key in self.meant if key not in self.ended and key not in self.refused]

    def judge(self) -> Verdict:
        """Compare everything."""
        self.look()
        verdict = Verdict(orders=len(self._tickets), unknown=len(self._unknown), wrong=list(self._twice))
        verdict.wrong += [f"{key} has not ended" for key in self.pending]
        verdict.states = Counter(each.state for each in self.ended.values())
        verdict.refused = Counter(each.error.partition(":")[0] for each in self.refused.values())
        claimed: Counter[str] = Counter()
        for key, told in self.ended.items():
            if told.state == "rejected":
                verdict.wrong += self._absent(key, told)
                continue
            ticket = self._tickets.get(told.order_id or "")
            if ticket is None:
                verdict.wrong.append(f"{key}: the exchange has no order {told.order_id}, which is {told.state}")
                continue
            claimed[ticket.order_id] += 1
            verdict.fills += len(ticket.executions)
            verdict.wrong += [f"{key}: {difference}" for difference in differences(told, ticket)]
        verdict.wrong += [f"order {name} was had {times} times" for name, times in claimed.items() if times > 1]
        verdict.wrong += [f"nobody knows of {each!r}" for name, each in self._tickets.items() if name not in claimed]
        names = Counter(each.cl_ord_id for each in self._tickets.values())
        verdict.wrong += [f"{name} stands for {times} orders" for name, times in names.items() if times > 1]
        verdict.wrong += self._money()
        return verdict

    def _absent(self, key: str, told: Ended) -> list[str]:
        """What the client says was never accepted must not be there."""
        wrong = [f"{key}: rejected, but there is {each!r}" for each in self._named(told.cl_ord_id)]
        if told.cum_qty or told.fills:
            wrong.append(f"{key}: rejected, but it has fills")
        return wrong

    def _named(self, cl_ord_id: str | None) -> list[Ticket]:
        return [each for each in self._tickets.values() if each.cl_ord_id == cl_ord_id]

    def _money(self) -> list[str]:
        if self.closing is None:
            return ["the bot has not told its balances"]
        account = self._simulator.accounts[self._account]
        true = {asset: decimal(units) for asset, units in account.balances().items()}
        wrong = [
            f"{asset}: the bot has {self.closing.balances.get(asset)}, the exchange {true.get(asset)}"
            for asset in sorted(true.keys() | self.closing.balances.keys())
            if self.closing.balances.get(asset, Decimal(0)) != true.get(asset, Decimal(0))
        ]
        really = sorted(each.order_id for each in self._simulator.orders(self._account))
        if self.closing.open != really:
            wrong.append(f"the bot thinks {self.closing.open} are open, the exchange {really}")
        return wrong


def differences(told: Ended, ticket: Ticket) -> list[str]:
    """What a client says of an order that is not so."""
    pair = ticket.pair
    true: dict[str, object] = {
        "state": _WORDS.get(ticket.status, ticket.status),
        "cl_ord_id": ticket.cl_ord_id,
        "order_qty": Decimal(ticket.qty).scaleb(-pair.qty_precision),
        "cum_qty": Decimal(ticket.filled).scaleb(-pair.qty_precision),
        "cost": decimal(ticket.cost),
        "fees": {asset: decimal(units) for asset, units in ticket.fees.items() if units},
    }
    if ticket.limit_price is not None:
        true["limit_price"] = Decimal(ticket.limit_price).scaleb(-pair.price_precision)
    said: dict[str, object] = {name: getattr(told, name) for name in true}
    said["fees"] = {asset: qty for asset, qty in told.fees.items() if qty}
    wrong = [f"{name} is {said[name]}, not {value}" for name, value in true.items() if said[name] != value]
    return wrong + _fills(told, ticket)


def _fills(told: Ended, ticket: Ticket) -> list[str]:
    """Each fill that is told is one of the exchange's, each of the exchange's is told, and each once."""
    pair = ticket.pair
    true = {
        each.exec_id: Filled(
            each.exec_id,
            Decimal(each.price).scaleb(-pair.price_precision),
            Decimal(each.qty).scaleb(-pair.qty_precision),
            decimal(each.cost),
            {each.fee.asset: decimal(each.fee.units)},
        )
        for each in ticket.executions
    }
    wrong = [
        f"there is no such fill as {fill}, or it is told twice"
        for fill in told.fills
        if true.pop(fill.exec_id, None) != fill
    ]
    return wrong + [f"its fill {exec_id} is not told" for exec_id in true]


def decimal(units: int) -> Decimal:
    """Units of the exchange's money as the number that they are."""
    return Decimal(units).scaleb(-SCALE)
