"""Records of the shape of events, and a small seeded market that makes them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from havklo.events import Trade, TradeGap

START = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
SYMBOL = "BTC/USD"


def stamp(ns: int) -> str:
    """A time as Kraken writes it."""
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % SECOND:09d}Z"


class Level(msgspec.Struct, frozen=True):
    """A level."""

    price: Decimal
    qty: Decimal
    proven: bool = True


class Top(msgspec.Struct, frozen=True):
    """The best quotes."""

    bid: Level
    ask: Level


class Change(msgspec.Struct, frozen=True):
    """A level's new quantity."""

    side: str
    price: Decimal
    qty: Decimal


class OrderChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order."""

    side: str
    event: str
    order_id: str
    limit_price: Decimal
    order_qty: Decimal
    qty_before: Decimal
    timestamp_ns: int
    level: int
    reason: str


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """What an attribution has decided about an order."""

    order_id: str
    qty: Decimal
    cause: str
    recv_ns: int


class Settled:
    """An attribution that decides with the next trade whom it took, and with a tick that the rest were canceled."""

    def __init__(self) -> None:
        self.waiting: list[Reduction] = []

    def feed(self, event: Any, /) -> list[Reduction]:
        """Take an event."""
        if isinstance(event, Trade):
            return self.decide("trade", lambda each: each.qty == event.qty)
        self.waiting += [
            Reduction(order_id=change.order_id, qty=change.qty_before, cause="unknown", recv_ns=event.recv_ns)
            for change in getattr(event, "changes", ())
            if change.reason == "unknown"
        ]
        return []

    def tick(self, now_ns: int, /) -> list[Reduction]:
        """Decide what is left of the time before."""
        return self.decide("cancel", lambda each: each.recv_ns < now_ns)

    def decide(self, cause: str, which: Callable[[Reduction], bool]) -> list[Reduction]:
        """Decide those."""
        found = [replace(each, cause=cause) for each in self.waiting if which(each)]
        self.waiting = [each for each in self.waiting if not which(each)]
        return found


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What book messages of both levels have in common."""

    symbol: str = SYMBOL
    type: str = "update"
    best_bid: Level | None = None
    best_ask: Level | None = None
    depth: int = 10
    conflated: int = 0
    recv_ns: int = 0

    @property
    def top(self) -> Top | None:
        """The best quotes, if there are both."""
        return Top(self.best_bid, self.best_ask) if self.best_bid and self.best_ask else None


class Book(Message, frozen=True, kw_only=True):
    """A message of a level-2 book."""

    changes: Sequence[Change] = ()
    timestamp: str | None = None


class Orders(Message, frozen=True, kw_only=True):
    """A message of a level-3 book."""

    changes: Sequence[OrderChange] = ()
    timestamp_ns: int | None = None


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A desync."""

    symbols: tuple[str, ...] = (SYMBOL,)
    expected: int | None = 1
    computed: int | None = 2
    recv_ns: int = 0


def book(at: float, bid: str, bid_qty: str, ask: str, ask_qty: str, **more: Any) -> Book:
    """A level-2 message, so many seconds after the start; an empty price is an empty side."""
    now = START + round(at * SECOND)
    return Book(
        best_bid=Level(Decimal(bid), Decimal(bid_qty)) if bid else None,
        best_ask=Level(Decimal(ask), Decimal(ask_qty)) if ask else None,
        **({"timestamp": stamp(now), "recv_ns": now} | more),
    )


def trade(at: float, side: str, price: str, qty: str = "1", **more: Any) -> Trade:
    """A trade, so many seconds after the start."""
    now = START + round(at * SECOND)
    known: dict[str, Any] = {"trade_id": 1, "timestamp": stamp(now), "recv_ns": now, "ord_type": "market"}
    return Trade(**({"symbol": SYMBOL, "side": side, "price": Decimal(price), "qty": Decimal(qty)} | known | more))


class Market:
    """A market of single orders that trade by price and time; it tells both levels of its book, and its trades.

    Args:
        seed: What everything depends on.
        level: Whether the book is told by levels (2) or by orders (3).
        breaks: Whether it now and then loses its book or a trade.
    """

    def __init__(self, seed: int, *, level: int, breaks: bool = True) -> None:
        self.random = Random(seed)
        self.level = level
        self.breaks = breaks
        self.now = START + self.random.randrange(SECOND)
        self.sides: dict[str, dict[Decimal, list[list[Any]]]] = {"bid": {}, "ask": {}}
        self.number = 0
        self.trades = 0
        self.changes: list[OrderChange] = []

    def events(self, steps: int, *, snapshot: bool = True) -> list[Any]:
        """The next events, mostly with a snapshot first."""
        told: list[Any] = []
        if snapshot:
            for _ in range(6):
                self.place()
            told.append(self.message("snapshot"))
        for _ in range(steps):
            self.now += self.random.choice((0, 1, 1_000, SECOND // 100, SECOND // 7, SECOND // 2, 2 * SECOND))
            told += self.step()
        return told

    def step(self) -> list[Any]:
        """One thing happens."""
        self.changes = []
        pick = self.random.random()
        if self.breaks and pick < 0.04:
            lost = Lost(recv_ns=self.now)
            return [lost, self.message("snapshot")] if self.random.random() < 0.8 else [lost]
        if self.breaks and pick < 0.06:
            self.trades += 2
            gap = {"first": self.trades - 1, "last": self.trades, "count": 2, "reason": "", "recv_ns": self.now}
            return [TradeGap(symbol=SYMBOL, **gap)]
        if pick < 0.5:
            self.place()
        elif pick < 0.7:
            self.cancel()
        elif pick < 0.8:
            self.amend()
        else:
            trades = self.take()
            message = self.message("update")
            return [*trades, message] if self.random.random() < 0.5 else [message, *trades]
        return [self.message("update")]

    def place(self) -> None:
        """An order comes, and does not cross."""
        side = self.random.choice(("bid", "ask"))
        other = self.prices("ask" if side == "bid" else "bid")
        price = Decimal(100) + (Decimal(self.random.randint(-6, 6)) / 10)
        if other and (price >= other[0] if side == "bid" else price <= other[0]):
            price = other[0] + (Decimal("-0.1") if side == "bid" else Decimal("0.1"))
        self.number += 1
        self.add(side, price, f"O{self.number}", self.qty(), "new")

    def cancel(self) -> None:
        """An order goes."""
        found = self.any()
        if found:
            side, price, order = found
            first = price == self.prices(side)[0] and self.sides[side][price][0] is order
            self.remove(side, price, order, "unknown" if first else "cancel")

    def amend(self) -> None:
        """An order changes its quantity, or its place."""
        found = self.any()
        if not found:
            return
        side, price, order = found
        if self.random.random() < 0.5:
            before, order[1], order[2] = order[1], self.qty(), self.now
            self.note(side, "modify", price, order, before, "amend")
        else:
            self.remove(side, price, order, "amend")
            self.add(side, price, order[0], self.qty(), "amend")

    def take(self) -> list[Trade]:
        """A taker takes from the best orders of one side."""
        side = self.random.choice(("bid", "ask"))
        rest, trades = self.qty(), list[Trade]()
        while rest and self.prices(side):
            price = self.prices(side)[0]
            order = self.sides[side][price][0]
            filled = min(rest, order[1])
            rest -= filled
            self.trades += 1
            trades.append(
                Trade(
                    symbol=SYMBOL,
                    side="sell" if side == "bid" else "buy",
                    price=price,
                    qty=filled,
                    ord_type="market",
                    trade_id=self.trades,
                    timestamp=stamp(self.now),
                    recv_ns=self.now,
                )
            )
            if filled == order[1]:
                self.remove(side, price, order, "unknown")
            else:
                before, order[1] = order[1], order[1] - filled
                self.note(side, "modify", price, order, before, "fill")
        return trades

    def message(self, kind: str) -> Book | Orders:
        """What the book's channel says now."""
        best = {side: self.prices(side)[:1] for side in self.sides}
        levels = {
            side: Level(prices[0], sum(order[1] for order in self.sides[side][prices[0]])) if prices else None
            for side, prices in best.items()
        }
        common: dict[str, Any] = {"type": kind, "depth": 100, "recv_ns": self.now}
        common |= {"best_bid": levels["bid"], "best_ask": levels["ask"]}
        if kind == "snapshot":
            self.changes = []
            for side in self.sides:
                for price in self.prices(side):
                    for order in self.sides[side][price]:
                        self.note(side, "add", price, order, Decimal(0), "snapshot")
        if self.level == 3:
            return Orders(changes=tuple(self.changes), timestamp_ns=self.now, **common)
        touched = dict.fromkeys((change.side, change.limit_price) for change in self.changes)
        changes = [
            Change(side, price, sum((order[1] for order in self.sides[side].get(price, ())), Decimal(0)))
            for side, price in touched
        ]
        return Book(changes=tuple(changes), timestamp=stamp(self.now), **common)

    def prices(self, side: str) -> list[Decimal]:
        """A side's prices, best first."""
        return sorted(self.sides[side], reverse=side == "bid")

    def any(self) -> tuple[str, Decimal, list[Any]] | None:
        """Any order."""
        orders = [(side, price, o) for side, at in self.sides.items() for price, queue in at.items() for o in queue]
        return self.random.choice(orders) if orders else None

    def qty(self) -> Decimal:
        """A quantity."""
        return Decimal(self.random.randint(1, 40)) / 8

    def add(self, side: str, price: Decimal, order_id: str, qty: Decimal, reason: str) -> None:
        """Let an order stand at the end of its queue."""
        order = [order_id, qty, self.now]
        self.sides[side].setdefault(price, []).append(order)
        self.note(side, "add", price, order, Decimal(0), reason)

    def remove(self, side: str, price: Decimal, order: list[Any], reason: str) -> None:
        """Take an order out."""
        before, level = order[1], self.prices(side).index(price)
        order[1] = Decimal(0)
        self.note(side, "delete", price, order, before, reason, level)
        self.sides[side][price].remove(order)
        if not self.sides[side][price]:
            del self.sides[side][price]

    def note(
        self,
        side: str,
        event: str,
        price: Decimal,
        order: list[Any],
        before: Decimal,
        reason: str,
        level: int | None = None,
    ) -> None:
        """Remember what happened, for the message."""
        self.changes.append(
            OrderChange(
                side=side,
                event=event,
                order_id=order[0],
                limit_price=price,
                order_qty=order[1],
                qty_before=before,
                timestamp_ns=order[2],
                level=self.prices(side).index(price) if level is None else level,
                reason=reason,
            )
        )
