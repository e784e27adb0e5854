"""The level3 channel, read by a naive client, against the true book and the book channel."""

import itertools
import random
from typing import Any

import pytest

from havklo.sim.channels.level3 import Level3Feed
from havklo.sim.flow import Flow
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import NAMED, Pair
from sim.channels.level3_client import NaiveOrders, ticks
from sim.channels.level3_desk import START, Desk

EVERY_RULE = [
    dict(zip(("price_event", "requeue_event", "qty_up", "qty_down", "iceberg_refill"), values, strict=True))
    for values in itertools.product(("delete_add", "modify"), ("delete_add", "modify"), *[("keep", "back")] * 3)
    # A modify of an order that loses its place would need a reader who knows the rule.
    if values[1] == "delete_add" or values[2:4] == ("keep", "keep")
]

Queues = list[tuple[int, list[tuple[str, int]]]]


def truth(market: Market, side: int, depth: int) -> Queues:
    """What a side shows: prices, and their queues as ids and displayed quantities."""
    return [
        (level.price, [(f"O{order.id}", order.qty) for order in level.orders.values()])
        for level in market.sides[side].top(depth)
    ]


def seen(client: NaiveOrders, side: int) -> Queues:
    """The same as a client has it."""
    return [
        (price, [(order["order_id"], ticks(order["order_qty"])) for order in queue])
        for price, queue in client.levels(side)
    ]


@pytest.mark.parametrize("actions", [1, 3])
@pytest.mark.parametrize("rules", EVERY_RULE, ids=lambda rules: "-".join(rules.values()))
def test_every_rule_at_every_message(rules: dict[str, Any], actions: int, naive_book: type) -> None:
    """Orders, queues, checksum and the sums per level are right after every message, whatever happened.

    With one action an event, as in the market, that also holds for a client that truncates after each entry.
    """
    told, kinds = 0, set[str]()
    for levels, depths, events in ((8, (10,), 30), (25, (10,), 60), (110, (10, 100), 8)):
        desk = Desk(rules=Rules(**rules), seed=actions * levels, depths=depths)
        desk.fill(levels)
        readers = [NaiveOrders(depth) for depth in depths] + [NaiveOrders(10, eager=True)] * (actions == 1)
        for reader in readers:
            assert reader.apply(desk.level3.snapshot(reader.depth, desk.now))
        book = naive_book(10)
        assert book.apply(desk.book.snapshot(10, desk.now))
        for _ in range(events):
            messages, books = desk.event(*[desk.act] * actions)
            for reader in readers:
                frame = messages.get(reader.depth)
                assert frame is None or reader.apply(frame), frame
                for side in (BID, ASK):
                    assert seen(reader, side) == truth(desk.market, side, reader.depth)
            if actions == 1:
                assert 10 not in books or book.apply(books[10])
                for side in (BID, ASK):
                    assert readers[0].level2(side) == [(ticks(price), ticks(qty)) for price, qty in book.sides[side]]
        told += readers[0].messages
        kinds.update(readers[0].events)
    assert told > 50
    assert kinds == {"add", "modify", "delete"}


@pytest.mark.parametrize(("pair", "depths"), [(NAMED[0], (10, 100, 1000)), (NAMED[3], (10,)), (NAMED[4], (10,))])
def test_the_crowd(pair: Pair, depths: tuple[int, ...]) -> None:
    """What the crowd does is told right to the last order at every depth, on liquid and on thin pairs."""
    market = Market()
    feed = Level3Feed(pair, market, Rules(), lambda number: f"O{number}")
    flow = Flow(pair, market, random.Random(5))
    now = START
    market.begin(now)
    flow.populate(now)
    readers = [NaiveOrders(depth) for depth in depths]
    for reader in readers:
        feed.open(reader.depth)
        assert reader.apply(feed.snapshot(reader.depth, now))
    market.on_step = feed.on_step
    for number in range(400):
        now += 10_000_000
        market.begin(now)
        feed.begin()
        flow.act(now)
        messages = dict(feed.messages(now))
        for reader in readers:
            assert reader.depth not in messages or reader.apply(messages[reader.depth])
            if reader.depth == 10 or number % 40 == 0:
                for side in (BID, ASK):
                    assert seen(reader, side) == truth(market, side, reader.depth)
    told = [reader.messages for reader in readers]
    assert told[0] > 200
    assert told == sorted(told), "a deeper window has more to tell"
