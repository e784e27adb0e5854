"""Shadow orders: what became of them, against an exchange that knows every match and every queue."""

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs
from havklo.study import Simulated
from havklo.study.shadows import Shadow, Shadows, outcome
from havklo.study.tape import _RATE, _START
from havklo.study.walk import _Walk

if TYPE_CHECKING:
    from havklo._engine import Level3Book

SECOND = 1_000_000_000
SEED, MINUTES, LONGEST = 11, 0.9, 8.0


class Truth:
    """The same market once more, from the inside: its own queues after every event, and its own matches."""

    def __init__(self, symbol: str) -> None:
        pair = pairs([symbol])[0]
        self.exchange = Exchange([pair], seed=SEED, rate=_RATE, start_ns=_START)
        self.listing = self.exchange.listing(symbol, _START)
        self.scale = Decimal(10) ** -pair.price_precision
        self.exchange.settle = self.settle
        self.followed: list[tuple[Shadow, dict[str, int]]] = []
        self.filled: dict[int, int] = {}

    def settle(self, _listing: Any, _now: int) -> None:
        """Matches: whoever is hit behind a shadow order would have been hit after it."""
        market = self.listing.market
        for fill in market.fills:
            side = "bid" if fill.maker.side == 0 else "ask"
            price, maker = fill.price * self.scale, self.listing.order_id(fill.maker.id)
            for shadow, ahead in self.followed:
                deeper = price < shadow.price if side == "bid" else price > shadow.price
                if shadow.side == side and (deeper or (price == shadow.price and maker not in ahead)):
                    self.filled.setdefault(id(shadow), market.now_ns)

    def look(self, now: int) -> None:
        """Who is still ahead: not who left the price or got larger, for that costs the place."""
        tops = [ladder.top(1)[0].price * self.scale for ladder in self.listing.market.sides]
        queues: dict[tuple[str, Decimal], dict[str, int]] = defaultdict(dict)
        for side, ladder in zip(("bid", "ask"), self.listing.market.sides, strict=True):
            for level in ladder.top(40):
                for order in level.orders.values():
                    queues[side, level.price * self.scale][self.listing.order_id(order.id)] = order.qty
        for shadow, ahead in self.followed:
            now_there = queues[shadow.side, shadow.price]
            for order_id, qty in [*ahead.items()]:
                left = now_there.get(order_id, 0)
                if not left or left > qty:
                    del ahead[order_id]
                else:
                    ahead[order_id] = left
            reached = tops[1] <= shadow.price if shadow.side == "bid" else tops[0] >= shadow.price
            if reached:
                self.filled.setdefault(id(shadow), now)

    def follow(self, shadows: list[Shadow]) -> None:
        """Take up what was placed."""
        for shadow in shadows:
            ladder = self.listing.market.sides[shadow.side == "ask"]
            level = next(level for level in ladder.top(3) if level.price * self.scale == shadow.price)
            queue = {self.listing.order_id(order.id): order.qty for order in level.orders.values()}
            assert set(queue) == shadow.ahead
            self.followed.append((shadow, queue))
        oldest = shadows[0].placed_ns - LONGEST * SECOND if shadows else 0
        self.followed = [each for each in self.followed if each[0].placed_ns >= oldest]


def test_fates_are_those_of_the_exchange() -> None:
    """Every shadow order is filled at the very event at which the exchange itself would have filled it."""
    tape = Simulated(MINUTES, seed=SEED)
    walk, truth = _Walk(tape, (LONGEST,)), Truth(tape.source.symbol)
    placed: list[Shadow] = walk._shadows.all
    known = 0
    for told in tape:
        while truth.exchange.due() < told.at_ns:
            truth.exchange.step(now := truth.exchange.due())
            truth.look(now)
        walk._pass(told.at_ns)
        if len(placed) > known:
            truth.follow(placed[known:])
            known = len(placed)
        walk.take(told)
    walk.report(0.5)
    seen = [shadow for shadow in placed if outcome(shadow, LONGEST, walk._now_ns - 2 * SECOND) is not None]
    assert len(seen) > 150
    late = [shadow for shadow in seen if shadow.filled_ns != truth.filled.get(id(shadow))]
    # The exchange's matches lie within an event, at the time that the event's messages carry.
    assert not late
    assert 20 < sum(shadow.filled_ns is not None for shadow in seen) < len(seen)


def test_an_outcome_needs_to_be_seen(shadow: Any) -> None:
    """Filled in time, not in time, not yet known, lost from sight, even though it had been filled before."""
    one = shadow(10, filled_after=0.5)
    assert outcome(one, 1.0, 20 * SECOND) is True
    assert outcome(one, 0.4, 20 * SECOND) is False
    assert outcome(one, 1.0, 10 * SECOND) is None
    one.lose(round(10.7 * SECOND))
    assert outcome(one, 1.0, 20 * SECOND) is None
    assert outcome(one, 0.6, 20 * SECOND) is True


def test_a_break_loses_what_is_under_way(shadow: Any) -> None:
    """Also those that were filled already, and nothing that is over."""
    shadows = Shadows(5.0)
    for second in (0, 10, 11):
        shadows.place(shadow(second, filled_after=0.1))
    shadows.lose(12 * SECOND)
    assert [each.lost_ns for each in shadows.all] == [None, 12 * SECOND, 12 * SECOND]


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_where_they_are_placed(side: str) -> None:
    """Every second, at the back of the best price and of the next one; the quantity at better prices counts."""
    walk = _Walk(Simulated(0.1, seed=5), (1.0,))
    book: Level3Book = walk._book
    for told in walk._tape:
        walk.take(told)
    before = len(walk._shadows.all)
    walk._place(walk._now_ns)
    levels = book.bids(2) if side == "bid" else book.asks(2)
    best, next_best = (each for each in walk._shadows.all[before:] if each.side == side)
    assert [best.price, next_best.price] == [level.price for level in levels]
    assert [best.level, next_best.level] == [0, 1]
    assert best.qty_ahead == float(levels[0].qty)
    assert next_best.qty_ahead == pytest.approx(float(levels[0].qty + levels[1].qty))
    assert best.ahead == {order.order_id for order in book.orders(side, 0)}
