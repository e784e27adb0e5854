"""The judge: a naive level-2 book with the state machine and the structural rules.

Semantics are those of `vectors/README.md`. Nothing here is clever: a side is a dict from price to the level
that was sent last, sorted whenever an order is needed, and the checksum is summed anew from text for every
message.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from reference.checksum import checksum
from reference.message import Entry, Message
from reference.numbers import Amount

State = Literal["awaiting", "live", "desynced", "closed"]
Texts = tuple[tuple[str, str], ...]

RULES = ("unknown_delete", "unchanged_level", "short_side", "better_refill")


@dataclass(frozen=True)
class Update:
    """A verified message, with the whole window as texts, best first."""

    symbol: str
    type: Literal["snapshot", "update"]
    bids: Texts
    asks: Texts
    checksum: int
    crossed: bool
    timestamp: str | None


@dataclass(frozen=True)
class Desync:
    """A message that took a book, or several, out of step."""

    symbols: tuple[str, ...]
    reason: str
    expected: int | None = None
    computed: int | None = None


class Scale:
    """How many decimals a book's prices, or its quantities, have."""

    def __init__(self, precision: int | None) -> None:
        self.precision = precision
        self.decimals = 0

    def resolve(self, amounts: Sequence[Amount]) -> list[Amount]:
        """The numbers as Kraken meant them: with the trailing zeros that exponents and float parsers drop."""
        plain = max([self.decimals, *(amount.decimals for amount in amounts if amount.plain)])
        meant = [self._meant(amount, plain) for amount in amounts]
        self.decimals = max([self.decimals, *(amount.decimals for amount in meant)])
        return meant

    def _meant(self, amount: Amount, plain: int) -> Amount:
        if self.precision is None:
            return amount if amount.plain else amount.with_decimals(plain)
        if self.precision == 0 and amount.decimals == 1 and amount.value == int(amount.value):
            return Amount(amount.value, 0)  # a float shows a whole number as 29430.0
        return amount.with_decimals(self.precision)

    def holds(self, amount: Amount) -> bool:
        """Whether the number fits 128 bits, counted in the smallest of these decimals."""
        return bool(Fraction(amount.value) * 10**self.decimals < 2**128)


class Side:
    """The bids or the asks of one book."""

    def __init__(self, *, descending: bool) -> None:
        self.descending = descending
        self.levels: dict[Decimal, Entry] = {}
        self.filled = False
        """Whether the last snapshot filled this side to its depth."""

    def ranked(self) -> list[Entry]:
        """The levels, best price first."""
        return [self.levels[price] for price in sorted(self.levels, reverse=self.descending)]

    def is_better(self, price: Decimal, other: Decimal) -> bool:
        """Whether a price is strictly better than another on this side."""
        return price > other if self.descending else price < other

    def enter(self, level: Entry) -> None:
        """Sets or removes one level."""
        if level.qty.value == 0:
            self.levels.pop(level.price.value, None)
        else:
            self.levels[level.price.value] = level

    def truncate(self, depth: int) -> None:
        """Forgets what lies beyond the depth."""
        self.levels = {level.price.value: level for level in self.ranked()[:depth]}


class ReferenceBook:
    """One book: `apply` takes the next message and says what comes of it."""

    def __init__(
        self,
        symbol: str,
        depth: int = 10,
        precision: tuple[int, int] | None = None,
        rules: Iterable[str] = RULES,
    ) -> None:
        self.symbol = symbol
        self.depth = depth
        self.precision = precision or (None, None)
        self.rules = frozenset(rules)
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
        if not self._fits([*bids, *asks]) or (message.kind == "snapshot" and not _is_ladder(bids, asks)):
            return self._desync("malformed")
        findings = [*self._enter(self.bids, bids), *self._enter(self.asks, asks)]
        for side in (self.bids, self.asks):
            side.truncate(self.depth)
            if message.kind == "snapshot":
                side.filled = len(side.levels) == self.depth
            elif side.filled and len(side.levels) < self.depth:
                findings.append("short_side")
        watched = [rule for rule in findings if rule in self.rules and message.kind == "update"]
        return self._judge(message, message.checksum, watched)

    def ladder(self, side: Literal["bids", "asks"]) -> Texts:
        """One side as texts, best first; all prices, and all quantities, with the same decimals."""
        ranked = (self.bids if side == "bids" else self.asks).ranked()
        price, qty = self.prices.decimals, self.qtys.decimals
        return tuple((level.price.text(price), level.qty.text(qty)) for level in ranked)

    def _start_anew(self) -> None:
        self.bids, self.asks = Side(descending=True), Side(descending=False)
        self.prices, self.qtys = (Scale(digits) for digits in self.precision)

    def _meant(self, message: Message) -> tuple[list[Entry], list[Entry]]:
        """The message's bids and asks as Kraken meant them."""
        entries = [*message.bids, *message.asks]
        prices = self.prices.resolve([entry.price for entry in entries])
        qtys = self.qtys.resolve([entry.qty for entry in entries])
        meant = [Entry(price, qty) for price, qty in zip(prices, qtys, strict=True)]
        return meant[: len(message.bids)], meant[len(message.bids) :]

    def _fits(self, arrived: list[Entry]) -> bool:
        levels = [*arrived, *self.bids.levels.values(), *self.asks.levels.values()]
        return all(self.prices.holds(level.price) and self.qtys.holds(level.qty) for level in levels)

    def _enter(self, side: Side, levels: Iterable[Entry]) -> list[str]:
        """Applies one side's levels in order, without truncating, and names the rules they break."""
        findings: list[str] = []
        overflowed = after_delete = False
        for level in levels:
            price, removes = level.price.value, level.qty.value == 0
            held = side.levels.get(price)
            worst = (min if side.descending else max)(side.levels, default=price)
            if removes and held is None:
                findings.append("unknown_delete")
            if side.filled and after_delete and not removes and side.is_better(price, worst):
                findings.append("better_refill")
            pushed_out_and_back = after_delete and overflowed and price == worst
            if held is not None and held.qty.value == level.qty.value and not pushed_out_and_back:
                findings.append("unchanged_level")
            side.enter(level)
            overflowed = overflowed or len(side.levels) > self.depth
            after_delete = removes
        return findings

    def _judge(self, message: Message, expected: int, findings: list[str]) -> Update | Desync:
        sent = [[(level.price.text(), level.qty.text()) for level in side.ranked()] for side in (self.bids, self.asks)]
        computed = checksum(*sent)
        if computed != expected:
            return self._desync("checksum", expected, computed)
        if findings:
            return self._desync(findings[0], expected, computed)
        was_crossed, self.crossed = self.crossed, self._is_crossed()
        # A crossed book costs one resync; if it comes back crossed, that is how the market stands.
        if self.crossed and not was_crossed:
            return self._desync("crossed", expected, computed)
        self.state = "live"
        bids, asks = self.ladder("bids"), self.ladder("asks")
        return Update(self.symbol, message.kind, bids, asks, computed, self.crossed, message.timestamp)

    def _desync(self, reason: str, expected: int | None = None, computed: int | None = None) -> Desync:
        self.state = "desynced"
        return Desync((self.symbol,), reason, expected, computed)

    def _is_crossed(self) -> bool:
        if not self.bids.levels or not self.asks.levels:
            return False
        return max(self.bids.levels) >= min(self.asks.levels)


def _is_ladder(*sides: Sequence[Entry]) -> bool:
    """Whether each price stands once on its side, and no level is empty."""
    return all(
        len({level.price.value for level in side}) == len(side) and all(level.qty.value for level in side)
        for side in sides
    )
