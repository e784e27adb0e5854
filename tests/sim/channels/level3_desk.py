"""A market whose book both channels tell about, and anything that users can do there."""

import json
import random
from collections.abc import Callable
from typing import get_args

from havklo.sim.channels.book import BookFeed
from havklo.sim.channels.level3 import Level3Feed
from havklo.sim.market.ladder import ASK, BID, Order, Side
from havklo.sim.market.matching import Kind, Market, Prevention
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair

__all__ = ["START", "Desk", "Message"]

PAIR = Pair(symbol="A/B", price_precision=1, qty_precision=2, price=5_000, gap=1, spread=1, size=100, qty_min=1)
START = 1_800_000_000_000_000_000
"""2027-01-15T08:00:00Z"""

Message = list[tuple[str, str, float, float]]
"""Entries of one side: event, id, price, quantity."""


class Desk:
    """A market with both channels about its book, and whatever users can do there."""

    def __init__(self, *, rules: Rules | None = None, seed: int = 1, depths: tuple[int, ...] = (10,)) -> None:
        self.rng = random.Random(seed)
        self.market = Market(rules=rules)
        self.book = BookFeed(PAIR, self.market)
        self.level3 = Level3Feed(PAIR, self.market, rules or Rules(), lambda number: f"O{number}")
        self.now = START
        self.market.begin(START)
        self.market.on_step = self.on_step
        for depth in depths:
            self.book.open(depth)
            self.level3.open(depth)

    def fill(self, levels: int) -> None:
        """Two full sides around 500.0."""
        for side, sign in ((BID, -1), (ASK, 1)):
            for rank in range(levels):
                for _ in range(self.rng.randint(1, 3)):
                    self.market.place(side, PAIR.price + sign * (1 + rank), self.rng.randint(1, 500))

    def on_step(self, side: Side, rank: int, order: Order, total: int, before: int, kind: Kind) -> None:
        """Both channels listen."""
        self.book.on_step(side, rank, order, total, before, kind)
        self.level3.on_step(side, rank, order, total, before, kind)

    def event(self, *actions: Callable[[], object]) -> tuple[dict[int | str, bytes], dict[int, bytes]]:
        """One engine event; returns the messages of both channels by depth."""
        self.book.messages(self.now)  # what was set up before is nobody's news
        self.now += 1_000
        self.market.begin(self.now)
        self.book.begin()
        self.level3.begin()
        for action in actions:
            action()
        return dict(self.level3.messages(self.now)), dict(self.book.messages(self.now))

    def entries(self, action: Callable[[], object]) -> tuple[Message, Message]:
        """What the message of one event at depth 10 says: event, id, price and quantity, bids and asks."""
        data = json.loads(self.event(action)[0][10])["data"][0]
        bids, asks = (
            [(entry["event"], entry["order_id"], entry["limit_price"], entry["order_qty"]) for entry in data[side]]
            for side in ("bids", "asks")
        )
        return bids, asks

    def act(self) -> None:
        """Anything, mostly near the touch."""
        rng, market = self.rng, self.market
        side: Side = rng.choice([BID, ASK])
        roll = rng.random()
        if roll < 0.35:
            peak = rng.choice([0, 0, rng.randint(1, 60)])
            market.submit(
                side,
                self.price(side),
                rng.randint(max(1, peak), 600),
                owner=rng.randint(0, 3),
                peak=peak,
                post_only=rng.random() < 0.5,
                stp=self.stp(),
            )
        elif roll < 0.45:
            market.submit(side, None, rng.randint(1, 1_500), owner=rng.randint(0, 3), stp=self.stp())
        elif order := self.order(side):
            if roll < 0.65:
                market.cancel(order.id)
            elif roll < 0.85:
                qty = rng.choice([None, order.open, rng.randint(1, 600)])
                market.amend(order.id, price=self.price(side), qty=qty, stp=self.stp())
            else:
                market.amend(order.id, qty=rng.randint(1, 600), peak=rng.randint(1, 60) if order.peak else None)

    def price(self, side: Side) -> int:
        """A price about the touch, sometimes on the other side of it, sometimes far behind it."""
        sign = -1 if side == BID else 1
        return max(1, PAIR.price + sign * int(self.rng.choice([self.rng.gauss(3, 6), self.rng.uniform(0, 130)])))

    def order(self, side: Side) -> Order | None:
        """An order near the touch, or anywhere."""
        ladder = self.market.sides[side]
        if not ladder:
            return None
        reach = self.rng.choice([3, 12, len(ladder)])
        level = ladder.at(self.rng.randrange(min(reach, len(ladder))))
        return self.rng.choice(list(level.orders.values()))

    def stp(self) -> Prevention:
        """Any self-trade prevention."""
        return self.rng.choice(get_args(Prevention))
