"""Both sides of one market, event by event: orders come and go, trades take them, prices move."""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from worlds.nature import Nature, Trades
from worlds.probes import Probe, Probes

__all__ = ["START_NS", "Market", "Row", "Step"]

START_NS: Final = 1_700_000_000_000_000_000
SIDES: Final = ("bid", "ask")
TAKERS: Final = ("sell", "buy")  # who hits bids, and who hits asks
_MIDDLE: Final = 1_000_000
_SHOWN: Final = 5
_WARM_UP: Final = 30.0

Row = tuple[str, int, str, bool, float, int, int]
"""Side, price, kind, whether it came, quantity, sequence, entered_ns."""
Levels = list[tuple[int, float, int]]


class Step(NamedTuple):
    """One message, the book after it, and the trade that caused it, if one did.

    Attributes:
        now_ns: Exchange time.
        bids: Price, quantity and orders of the best bids, best first.
        asks: The same of the asks.
        rows: What happened to orders, in the order of the message.
        trade: Taker's side, price and quantity of each print, of one taker.
        trade_first: Whether the word of the trade comes before the message.
    """

    now_ns: int
    bids: Levels
    asks: Levels
    rows: list[Row]
    trade: list[tuple[str, int, float]]
    trade_first: bool


@dataclass(slots=True)
class _Order:
    side: int
    price: int
    sequence: int
    qty: float
    entered: float


@dataclass(slots=True)
class _Queue:
    orders: deque[_Order]
    qty: float = 0.0
    count: int = 0


class Market:
    """One market of this nature; the same seed gives the same market."""

    def __init__(self, nature: Nature, seed: int, *, probe_levels: tuple[int, ...] = (0,)) -> None:
        self.probes = Probes()
        self._nature = nature
        self._draw = random.Random(seed)
        self._probe_draw = random.Random(seed + 1)
        self._probe_levels = probe_levels
        self._queues: tuple[dict[int, _Queue], dict[int, _Queue]] = ({}, {})
        self._best = [_MIDDLE, _MIDDLE + 1]
        self._dying: list[tuple[float, int, _Order]] = []
        self._sequence = 0
        self._rows: list[Row] = []
        self._trades = (Trades(nature, self._draw), Trades(nature, self._draw))
        self._rate = 2.0 * sum(nature.arrivals)
        self._arrival = 0.0
        self._probe_due = _WARM_UP
        self.now = 0.0
        for side in (0, 1):
            for rank in range(len(nature.arrivals)):
                self._refill(side, self._price(side, rank))
        for _ in self._run(_WARM_UP):
            self._rows = []

    def snapshot(self) -> tuple[int, Levels, Levels, list[tuple[str, int, float, int, int]]]:
        """The time, both sides, and every resting order: side, price, quantity, sequence, entered_ns."""
        orders = [
            (SIDES[side], price, order.qty, order.sequence, _ns(order.entered))
            for side in (0, 1)
            for price, queue in self._queues[side].items()
            for order in queue.orders
            if order.qty
        ]
        return _ns(self.now), self._levels(0), self._levels(1), orders

    def steps(self, seconds: float) -> Iterator[Step]:
        """What happens in so many seconds from now on, one message after the other."""
        yield from self._run(self.now + seconds)

    def _run(self, until: float) -> Iterator[Step]:
        draw, dying = self._draw, self._dying
        while True:
            trades = self._trades
            hit = 0 if trades[0].due <= trades[1].due else 1
            moment = min(self._arrival, trades[hit].due, dying[0][0] if dying else until)
            while self._probe_due <= min(moment, until):
                self._place_probes(self._probe_due)
                self._probe_due += 1.0
            if moment >= until:
                self.now = until
                return
            self.now = moment
            self._rows = []
            prints: list[tuple[str, int, float]] = []
            if moment == self._arrival:
                self._arrival = moment + draw.expovariate(self._rate)
                ranks = range(2 * len(self._nature.arrivals))
                chosen = draw.choices(ranks, self._nature.arrivals * 2)[0]
                side, rank = divmod(chosen, len(self._nature.arrivals))
                self._add(side, self._price(side, rank))
            elif dying and moment == dying[0][0]:
                order = heapq.heappop(dying)[2]
                if not order.qty:
                    continue
                is_first = order.price == self._best[order.side] and self._first(order.side, order.price) is order
                self._take(order, order.qty, "unknown" if is_first else "cancel")
                self._settle()
            else:
                prints = self._trade(hit, self._nature.draw_size(draw, self._nature.trade_size))
                trades[hit].happened()
                self._settle()
            self.probes.quoted(moment, (self._best[0], self._best[1]))
            first = bool(prints) and draw.random() < 0.5
            yield Step(_ns(moment), self._levels(0), self._levels(1), self._rows, prints, first)

    def _price(self, side: int, rank: int) -> int:
        return self._best[side] - rank if side == 0 else self._best[side] + rank

    def _add(self, side: int, price: int) -> None:
        self._sequence += 1
        order = _Order(side, price, self._sequence, self._nature.draw_size(self._draw, 1.0), self.now)
        queue = self._queues[side].setdefault(price, _Queue(deque()))
        queue.orders.append(order)
        queue.qty += order.qty
        queue.count += 1
        death = self.now + self._nature.draw_lifetime(self._draw)
        heapq.heappush(self._dying, (death, order.sequence, order))
        self._rows.append((SIDES[side], price, "new", True, order.qty, order.sequence, _ns(self.now)))

    def _take(self, order: _Order, qty: float, kind: str) -> None:
        queue = self._queues[order.side][order.price]
        order.qty -= qty
        queue.qty -= qty
        if not order.qty:
            queue.count -= 1
        row = (SIDES[order.side], order.price, kind, False, qty, order.sequence, _ns(order.entered))
        self._rows.append(row)
        self.probes.left(order.side, order.price, order.sequence, qty)

    def _first(self, side: int, price: int) -> _Order | None:
        queue = self._queues[side].get(price)
        if queue is None:
            return None
        while queue.orders and not queue.orders[0].qty:
            queue.orders.popleft()
        return queue.orders[0] if queue.orders else None

    def _trade(self, side: int, size: float) -> list[tuple[str, int, float]]:
        """Take so much of this side, price by price; return the prints."""
        prints: list[tuple[str, int, float]] = []
        deepest = len(self._nature.arrivals) if self._nature.moves else 1
        for rank in range(deepest):
            price = self._price(side, rank)
            while size > 0.0 and (order := self._first(side, price)) is not None:
                qty = min(size, order.qty)
                self.probes.traded(self.now, side, price, order.sequence)
                self._take(order, qty, "unknown" if qty == order.qty else "fill")
                prints.append((TAKERS[side], price, qty))
                size -= qty
        return prints

    def _settle(self) -> None:
        """An empty best queue: the price moves, and the spread stays one tick; or an order comes at once."""
        for side in (0, 1):
            if not self._nature.moves:
                if self._first(side, self._best[side]) is None:
                    self._add(side, self._best[side])
                continue
            step = -1 if side == 0 else 1
            while self._first(side, self._best[side]) is None:
                self._queues[side].pop(self._best[side], None)
                self._best[side] += step
                self._best[1 - side] += step
                if self._first(side, self._best[side]) is None:
                    self._refill(side, self._best[side])
                self._refill(1 - side, self._best[1 - side])

    def _refill(self, side: int, price: int) -> None:
        for _ in range(1 + round(self._draw.expovariate(1.0 / self._nature.refill))):
            self._add(side, price)

    def _levels(self, side: int) -> Levels:
        levels: Levels = []
        queues = self._queues[side]
        for rank in range(_SHOWN):
            price = self._price(side, rank)
            queue = queues.get(price)
            if queue is not None and queue.count:
                levels.append((price, queue.qty, queue.count))
        return levels

    def _place_probes(self, moment: float) -> None:
        self.probes.expire(moment)
        side = self._probe_draw.randrange(2)
        for level in self._probe_levels:
            ahead = [self._resting(side, self._price(side, rank), moment) for rank in range(level + 1)]
            other = self._queues[1 - side][self._best[1 - side]]
            self.probes.add(
                Probe(
                    side=side,
                    price=self._price(side, level),
                    level=level,
                    placed=moment,
                    bound=self._sequence,
                    ahead=ahead[-1],
                    better=[each for some in ahead[:-1] for each in some],
                    opposite=other.qty,
                    bests=(self._best[0], self._best[1]),
                )
            )

    def _resting(self, side: int, price: int, moment: float) -> list[tuple[float, float]]:
        queue = self._queues[side].get(price)
        return [] if queue is None else [(each.qty, moment - each.entered) for each in queue.orders if each.qty]


def _ns(seconds: float) -> int:
    return START_NS + round(seconds * 1e9)
