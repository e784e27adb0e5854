"""A day of orders at the simulator's own desk: whoever waits as told is never refused, and both counters agree."""

import random
from decimal import Decimal
from typing import Any

import pytest

from havklo._protocol.trading.costs import Kind, TierName
from havklo._protocol.trading.counter import RateCounter
from havklo.sim.rules import Rules
from sim.trading.world import World

SECOND = 1_000_000_000
BTC = "BTC/USD"
RATE_LIMIT = "EOrder:Rate limit exceeded"


class Trader:
    """One account that trades without delay, in bursts and pauses, and now and then asks for what can't be.

    Args:
        tier: Its verification level.
        seed: Makes the day.
        waits: Whether it waits for room, or sends at once.
    """

    def __init__(self, tier: TierName, seed: int, *, waits: bool) -> None:
        self.chance = random.Random(seed)
        self.world = World(Rules())
        self.account = self.world.account(tier=tier, deposits={"USD": 10**9, "BTC": 10**6})
        self.counter = RateCounter(tier)
        self.waits = waits
        self.aged: dict[str, int] = {}  # the open orders, and since when their age counts
        self.refusals = 0
        self.waited = 0

    def trade(self, requests: int) -> None:
        """Send so many requests."""
        for _ in range(requests):
            if self.chance.random() < 0.05:
                self.world.now_ns += self.chance.randrange(400 * SECOND)
            self.world.now_ns += self.chance.randrange(SECOND // 5)
            kind, ids = self.wanted()
            self.send(kind, ids)
            assert self.counter.value(BTC, self.world.now_ns) == self.world.desk.rate_count(
                self.account, BTC, self.world.now_ns
            )

    def wanted(self) -> tuple[Kind, list[str]]:
        """What it wants, and of which orders."""
        names = list(self.aged)
        if len(names) > 40:
            return "batch_cancel", self.chance.sample(names, 20)
        if len(names) < 2 or self.chance.random() < 0.4:
            return self.chance.choice(["add", "batch_add"]), []
        kinds: list[Kind] = ["amend", "edit", "cancel", "cancel", "batch_cancel"]
        kind = self.chance.choice(kinds)
        return kind, self.chance.sample(names, 2 if kind == "batch_cancel" else 1)

    def send(self, kind: Kind, ids: list[str]) -> None:
        """Send it once there is room, and note what came of it."""
        count = self.chance.randrange(2, 9) if kind == "batch_add" else 1
        if self.waits:
            room = self.counter.cost(BTC, kind, self.world.now_ns, *self.ages(ids), count=count)
            assert room.wait_ns is not None
            self.waited += room.wait_ns > 0
            self.world.now_ns += room.wait_ns
        now = self.world.now_ns
        charge = self.counter.began(BTC, kind, now, *self.ages(ids), count=count)
        method, params = self.request(kind, ids, count)
        (answer,) = self.world.request(self.account, method, **params)
        self.refusals += answer.error == RATE_LIMIT
        self.counter.ended(charge, now, carried_out=answer.success)
        if answer.success:
            self.note(kind, ids, answer.result)

    def ages(self, ids: list[str]) -> list[int]:
        """How old orders are."""
        return [self.world.now_ns - self.aged[order_id] for order_id in ids]

    def request(self, kind: Kind, ids: list[str], count: int) -> tuple[str, dict[str, Any]]:
        """Its method and parameters; one of twenty prices is off the grid."""
        price = Decimal(self.chance.randrange(300_000, 400_000)).scaleb(-1)
        if self.chance.random() < 0.05:
            price += Decimal("0.01")
        order = {"order_type": "limit", "side": "buy", "order_qty": Decimal("0.1"), "limit_price": price}
        match kind:
            case "add":
                return "add_order", {"symbol": BTC, **order}
            case "batch_add":
                return "batch_add", {"symbol": BTC, "orders": [order] * count}
            case "amend":
                return "amend_order", {"order_id": ids[0], "limit_price": price}
            case "edit":
                return "edit_order", {"order_id": ids[0], "symbol": BTC, "limit_price": price}
            case "cancel":
                return "cancel_order", {"order_id": ids}
            case "batch_cancel":
                return "batch_cancel", {"orders": ids}

    def note(self, kind: Kind, ids: list[str], result: Any) -> None:
        """Keep the orders that are open."""
        for order_id in ids:
            del self.aged[order_id]
        made = ids if kind == "amend" else result if isinstance(result, list) else [result]
        for each in made:
            name = each if isinstance(each, str) else each.get("order_id")
            if kind in ("add", "batch_add", "amend", "edit") and name is not None:
                self.aged[name] = self.world.now_ns


@pytest.mark.parametrize("tier", ["starter", "intermediate", "pro"])
def test_a_day_of_waiting_has_no_refusal(tier: TierName) -> None:
    """And some waits, so that there was something to refuse."""
    trader = Trader(tier, 11, waits=True)
    trader.trade(250)
    assert trader.refusals == 0
    assert trader.waited > 20


def test_a_day_without_waiting_has_refusals() -> None:
    """The counters agree all the same."""
    trader = Trader("starter", 11, waits=False)
    trader.trade(250)
    assert trader.refusals > 20
