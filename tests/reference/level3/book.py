"""The judge of level 3: a naive book of orders with the state machine and the structural rules.

Semantics are those of `vectors/level3/README.md`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal
from zlib import crc32

from reference.book import RULES, Desync, Scale, State, Texts
from reference.level3.message import Entry, Message
from reference.level3.sides import Name, Position, Side, total
from reference.level3.telling import Change, Priority, Telling
from reference.numbers import Amount, digits

PROVEN = 10
"""How many levels of a side the sum covers, order by order, whatever the depth."""

Orders = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Update:
    """A verified message, with every order of the window after it: (price, quantity, id), best and first first."""

    symbol: str
    type: Literal["snapshot", "update"]
    bids: Orders
    asks: Orders
    changes: tuple[Change, ...]
    pushed_out: tuple[str, ...]
    checksum: int
    crossed: bool
    timestamp: str | None


class ReferenceBook:
    """One level-3 book: `apply` takes the next message and says what comes of it.

    Args:
        symbol: Whose.
        depth: Price levels a side.
        precision: Decimals of price and quantity, for a source that lost trailing zeros.
        rules: Which structural rules are watched.
        priority: What the exchange does with amended orders. An engine has to find out; the judge is told.
    """

    def __init__(
        self,
        symbol: str,
        depth: int = 10,
        precision: tuple[int, int] | None = None,
        rules: Iterable[str] = RULES,
        priority: Priority | None = None,
    ) -> None:
        self.symbol = symbol
        self.depth = depth
        self.precision = precision or (None, None)
        self.rules = frozenset(rules)
        self.priority = priority or Priority()
        self.state: State = "awaiting"
        self.crossed = False
        """Whether the last message whose sum held left the book crossed."""
        self._start_anew()

    def apply(self, message: Message) -> Update | Desync | None:
        """Applies a message whole, truncates, verifies; None for an update while the book is not live."""
        if message.kind == "update" and self.state != "live":
            return None
        if message.checksum is None:
            return self._desync("missing_checksum")
        if message.kind == "snapshot":
            self._start_anew()
        bids, asks = self._meant(message)
        if not _can_be(message.kind, [*bids, *asks]) or not self._fits([*bids, *asks]):
            return self._desync("malformed")
        telling = Telling((self.bids, self.asks), self.depth, self.priority, message.kind)
        lists = [(self.bids, bids), (self.asks, asks)]
        for side, entries in reversed(lists) if message.asks_first else lists:
            for entry in entries:
                telling.take(side, entry)
        pushed_out = tuple(order_id for side in (self.bids, self.asks) for order_id in side.truncate(self.depth))
        for side in (self.bids, self.asks):
            if message.kind == "snapshot":
                side.filled = len(side.queues) == self.depth
            elif side.filled and len(side.queues) < self.depth:
                telling.findings.append("short_side")
        return self._judge(message, message.checksum, telling, pushed_out)

    def orders(self, side: Name) -> Orders:
        """One side's orders as texts (price, quantity, id); all prices, and all quantities, with the same decimals."""
        return tuple(
            (self.price(order.price.value), self.qty(order.qty.value), order.order_id)
            for order in self._side(side).orders()
        )

    def ladder(self, side: Name) -> Texts:
        """The level-2 view of one side: prices, and the sums of the quantities."""
        held = self._side(side)
        return tuple((self.price(price), self.qty(total(held.queues[price]))) for price in held.prices())

    def position(self, order_id: str) -> Position | None:
        """An order's place in its queue; None if the book does not hold it."""
        for side in (self.bids, self.asks):
            if order := side.find(order_id):
                return side.place(order)
        return None

    def price(self, value: Decimal) -> str:
        """A price with the decimals of the book."""
        return Amount(value, self.prices.decimals).text()

    def qty(self, value: Decimal) -> str:
        """A quantity with the decimals of the book."""
        return Amount(value, self.qtys.decimals).text()

    @property
    def sum(self) -> int:
        """The checksum: every order of the ten best levels, asks first (PROTOCOL 3.2)."""
        text = ""
        for side in (self.asks, self.bids):
            for price in side.prices()[:PROVEN]:
                for order in side.queues[price]:
                    text += digits(order.price.text()) + digits(order.qty.text())
        return crc32(text.encode())

    def _side(self, name: Name) -> Side:
        return self.bids if name == "bid" else self.asks

    def _start_anew(self) -> None:
        self.bids, self.asks = Side("bid"), Side("ask")
        self.prices, self.qtys = (Scale(decimals) for decimals in self.precision)

    def _meant(self, message: Message) -> tuple[list[Entry], list[Entry]]:
        """The message's entries with their numbers as Kraken meant them."""
        entries = [*message.bids, *message.asks]
        prices = iter(self.prices.resolve([entry.price for entry in entries if entry.price]))
        qtys = iter(self.qtys.resolve([entry.qty for entry in entries if entry.qty]))
        meant = [
            replace(entry, price=next(prices) if entry.price else None, qty=next(qtys) if entry.qty else None)
            for entry in entries
        ]
        return meant[: len(message.bids)], meant[len(message.bids) :]

    def _fits(self, arrived: Sequence[Entry]) -> bool:
        held = [*self.bids.orders(), *self.asks.orders()]
        prices = [*(entry.price for entry in arrived), *(order.price for order in held)]
        qtys = [*(entry.qty for entry in arrived), *(order.qty for order in held)]
        return all(self.prices.holds(price) for price in prices if price) and all(
            self.qtys.holds(qty) for qty in qtys if qty
        )

    def _judge(self, message: Message, expected: int, telling: Telling, pushed_out: tuple[str, ...]) -> Update | Desync:
        findings = [rule for rule in telling.findings if rule in self.rules and message.kind == "update"]
        computed = self.sum
        if computed != expected:
            return self._desync("checksum", expected, computed)
        if findings:
            return self._desync(findings[0], expected, computed)
        was_crossed, self.crossed = self.crossed, self._is_crossed()
        # A crossed book costs one resync; if it comes back crossed, that is how the market stands.
        if self.crossed and not was_crossed:
            return self._desync("crossed", expected, computed)
        self.state = "live"
        return Update(
            symbol=self.symbol,
            type=message.kind,
            bids=self.orders("bid"),
            asks=self.orders("ask"),
            changes=tuple(telling.changes),
            pushed_out=pushed_out,
            checksum=computed,
            crossed=self.crossed,
            timestamp=message.timestamp,
        )

    def _desync(self, reason: str, expected: int | None = None, computed: int | None = None) -> Desync:
        self.state = "desynced"
        return Desync((self.symbol,), reason, expected, computed)

    def _is_crossed(self) -> bool:
        if not self.bids.queues or not self.asks.queues:
            return False
        return max(self.bids.queues) >= min(self.asks.queues)


def _can_be(kind: str, entries: Sequence[Entry]) -> bool:
    """Whether a snapshot has each order once and tells of none that left, and an update says what happened."""
    if kind == "update":
        return all(entry.event is not None for entry in entries)
    ids = [entry.order_id for entry in entries]
    return len(set(ids)) == len(ids) and all(entry.event in (None, "add") for entry in entries)
