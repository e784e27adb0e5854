"""Random but lawful level-3 traffic: a full book of orders, and the messages that a window of it sends (PROTOCOL 2.5).

The book is larger than the window. After each step of an event, whatever stands among the best levels and has not
been told comes in as adds; what an insert pushes out is not told. How amends are told is the exchange's habit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Literal
from zlib import crc32

Name = Literal["bids", "asks"]
Answer = Literal["keep", "back"]
SIDES: tuple[Name, Name] = ("bids", "asks")
MIDDLE = 1_000_000
PROVEN = 10
HIDDEN = 10
"""How many levels a full side has at least beyond its window: more than one taker sweeps."""


@dataclass(frozen=True)
class Habits:
    """What nobody documents.

    Attributes:
        qty_down: What becomes of the place of an order that is amended to less.
        qty_up: The same for more.
        moves: Whether a new price is told as one modify, where the reader knows both prices.
        requeues: Whether a lost place is told as one modify.
        alike: Whether many orders show the same quantity, so that the sum can't tell them apart.
    """

    qty_down: Answer = "keep"
    qty_up: Answer = "back"
    moves: bool = False
    requeues: bool = False
    alike: bool = True


@dataclass(eq=False)
class Resting:
    """An order of the full book, in ticks and lots."""

    order_id: str
    lots: int
    stamp: int
    hidden: int = 0


@dataclass
class Half:
    """One side: the queues by price, and what of it the reader has been told."""

    sign: int
    queues: dict[int, list[Resting]] = field(default_factory=dict[int, list[Resting]])
    full: bool = True
    known: set[int] = field(default_factory=set[int])
    entries: list[str] = field(default_factory=list[str])

    def best(self, count: int) -> list[int]:
        """The best prices."""
        return sorted(self.queues, key=lambda price: price * self.sign)[:count]


class Exchange:
    """One market, seen through a window of `depth` levels."""

    def __init__(self, symbol: str, depth: int, random: Random, habits: Habits | None = None) -> None:
        self.symbol = symbol
        self.depth = depth
        self.random = random
        self.habits = habits or Habits()
        self.decimals = random.choice(((1, 8), (5, 8), (0, 4), (2, 0), (10, 5)))
        self.clock = 1_785_644_622_000_000_000 + random.randrange(10**9)
        self.count = 0
        self.halves: dict[Name, Half] = {"bids": Half(-1), "asks": Half(1)}
        for half in self.halves.values():
            half.full = random.random() < 0.8
            levels = depth + HIDDEN if half.full else random.randrange(depth)
            for rank in range(levels):
                price = MIDDLE + half.sign * (5 + 2 * rank)
                half.queues[price] = [self._order() for _ in range(random.choice((1, 1, 1, 2, 3, 6)))]

    def snapshot(self) -> str:
        """The whole window."""
        lists = [
            [self._text(None, price, order) for price in half.best(self.depth) for order in half.queues[price]]
            for half in self.halves.values()
        ]
        return self._frame("snapshot", *lists)

    def update(self) -> str:
        """The message of the next event that the window shows."""
        while True:
            self.clock += 1 + self.random.randrange(10**7)
            for half in self.halves.values():
                half.known, half.entries = set(half.best(self.depth)), []
            self._event()
            bids, asks = (half.entries for half in self.halves.values())
            self._replenish()
            if bids or asks:
                return self._frame("update", bids, asks)

    def digits(self) -> list[tuple[int, int]]:
        """What the sum covers: price and lots of each order of the ten best levels, asks first."""
        sides = (self.halves["asks"], self.halves["bids"])
        return [(price, order.lots) for half in sides for price in half.best(PROVEN) for order in half.queues[price]]

    def orders(self, name: Name) -> Iterator[tuple[str, int, int]]:
        """The orders inside the window: (id, price, lots), best and first first."""
        half = self.halves[name]
        for price in half.best(self.depth):
            for order in half.queues[price]:
                yield order.order_id, price, order.lots

    # -- events ---------------------------------------------------------------------------------

    def _event(self) -> None:
        name = self.random.choice(SIDES)
        half = self.halves[name]
        kinds = [self._place, self._place]
        if half.queues:
            kinds += [self._cancel, self._cancel, self._resize, self._resize, self._move, self._take]
        self.random.choice(kinds)(half)

    def _place(self, half: Half) -> None:
        price = self._some_price(half)
        self._come(half, price, self._order())

    def _cancel(self, half: Half) -> None:
        price, order = self._some_order(half)
        self._leave(half, price, order)

    def _resize(self, half: Half) -> None:
        """An amend that leaves the price: less or more."""
        price, order = self._some_order(half)
        lots = self._lots()
        if lots == order.lots:
            return
        answer = self.habits.qty_down if lots < order.lots else self.habits.qty_up
        queue = half.queues[price]
        if answer == "back" and not self.habits.requeues:
            self._tell(half, "delete", price, order)
        order.lots, order.stamp = lots, self.clock
        if answer == "back":
            queue.remove(order)
            queue.append(order)
        self._tell(half, "add" if answer == "back" and not self.habits.requeues else "modify", price, order)

    def _move(self, half: Half) -> None:
        """An amend that changes the price, and perhaps the quantity, too."""
        price, order = self._some_order(half)
        to = self._some_price(half)
        if to == price:
            return
        lots = self.random.choice((order.lots, self._lots()))
        known = price in half.known and (to in half.known or to not in half.queues)
        after = half.best(self.depth + 1)
        after = sorted({*after, to} - ({price} if len(half.queues[price]) == 1 else set()), key=lambda p: p * half.sign)
        if self.habits.moves and known and (to in half.known or to in after[: self.depth]):
            half.queues[price].remove(order)
            order.lots, order.stamp = lots, self.clock
            half.queues.setdefault(to, []).append(order)
            half.known.add(to)
            self._tell(half, "modify", to, order)
            self._tidy(half, price)
            return
        self._leave(half, price, order)
        order.lots, order.stamp = lots, self.clock
        self._come(half, to, order)

    def _take(self, half: Half) -> None:
        """A taker eats from the first of the best price on, order by order; icebergs show their next part."""
        price = 0
        for _ in range(self.random.choice((1, 1, 2, 3, 8))):
            if not half.queues:
                break
            (price,) = half.best(1)
            order = half.queues[price][0]
            if order.lots > 1 and self.random.random() < 0.4:
                order.lots -= self.random.randrange(1, order.lots)
                self._tell(half, "modify", price, order)
                return
            if order.hidden:
                self._tell(half, "delete", price, order)
                order.lots, order.hidden, order.stamp = order.hidden, 0, self.clock
                half.queues[price].append(half.queues[price].pop(0))
                self._tell(half, "add", price, order)
            else:
                self._leave(half, price, order)
        if price and price not in half.queues and self.random.random() < 0.2:
            other = self.halves["bids" if half.sign > 0 else "asks"]
            self._come(other, price, self._order())  # what is left of the taker rests

    # -- steps ----------------------------------------------------------------------------------

    def _come(self, half: Half, price: int, order: Resting) -> None:
        half.queues.setdefault(price, []).append(order)
        self._tell(half, "add", price, order)
        self._show(half)

    def _leave(self, half: Half, price: int, order: Resting) -> None:
        self._tell(half, "delete", price, order)
        half.queues[price].remove(order)
        self._tidy(half, price)

    def _tidy(self, half: Half, price: int) -> None:
        if not half.queues[price]:
            del half.queues[price]
            half.known.discard(price)
            self._show(half)

    def _show(self, half: Half) -> None:
        """What stands among the best levels and was not told comes in, level by level."""
        for price in half.best(self.depth):
            if price not in half.known:
                half.known.add(price)
                for order in half.queues[price]:
                    self._tell(half, "add", price, order)

    def _tell(self, half: Half, event: str, price: int, order: Resting) -> None:
        if price in half.known:
            half.entries.append(self._text(event, price, order))

    def _replenish(self) -> None:
        """Outside the window somebody is always there, if the side was full."""
        for half in self.halves.values():
            while half.full and len(half.queues) < self.depth + HIDDEN:
                worst = half.best(len(half.queues))[-1]
                half.queues[worst + half.sign * self.random.randrange(1, 4)] = [self._order() for _ in range(2)]

    # -- figures --------------------------------------------------------------------------------

    def _order(self) -> Resting:
        self.count += 1
        hidden = self._lots() if self.random.random() < 0.1 else 0
        return Resting(f"O{self.count:05}-{self.random.randrange(10**5):05}", self._lots(), self.clock, hidden)

    def _lots(self) -> int:
        if self.habits.alike:
            return self.random.choice((1, 2, 2, 3, 50, self.random.randrange(1, 10**10)))
        return self.random.randrange(1, 10**15)

    def _some_order(self, half: Half) -> tuple[int, Resting]:
        prices = half.best(len(half.queues))
        price = self.random.choice((*prices[:3], self.random.choice(prices[: self.depth + 2])))
        return price, self.random.choice(half.queues[price])

    def _some_price(self, half: Half) -> int:
        """A price that crosses nothing: held, between two levels, better than all, or just outside."""
        other = self.halves["asks" if half.sign < 0 else "bids"].best(1)
        limit = other[0] if other else MIDDLE
        prices = half.best(self.depth + 2) or [limit + half.sign * 10]
        price = self.random.choice((*prices[:3], self.random.choice(prices))) + half.sign * self.random.choice(
            (0, 0, 1, -1, 2)
        )
        return price if (price - limit) * half.sign > 0 else limit + half.sign

    def _text(self, event: str | None, price: int, order: Resting) -> str:
        head = "" if event is None else f'"event":"{event}",'
        numbers = f'"limit_price":{_plain(price, self.decimals[0])},"order_qty":{_plain(order.lots, self.decimals[1])}'
        return f'{{{head}"order_id":"{order.order_id}",{numbers},"timestamp":"{_moment(order.stamp)}"}}'

    def _frame(self, kind: str, bids: list[str], asks: list[str]) -> str:
        text = "".join(f"{price}{lots}" for price, lots in self.digits())
        return (
            f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"{self.symbol}","checksum":{crc32(text.encode())},'
            f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],"timestamp":"{_moment(self.clock)}"}}]}}'
        )


def _plain(units: int, decimals: int) -> str:
    return f"{Decimal(units).scaleb(-decimals):.{decimals}f}"


def _moment(stamp: int) -> str:
    """A time after 2026-08-02T04:23:42Z and before the next midnight."""
    seconds, nanos = divmod(stamp - 1_785_644_622_000_000_000, 10**9)
    seconds += 4 * 3600 + 23 * 60 + 42
    return f"2026-08-02T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanos:09}Z"
