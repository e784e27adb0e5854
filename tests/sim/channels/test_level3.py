"""What the level3 channel tells of each kind of step, entry by entry."""

from typing import Any
from zlib import crc32

import pytest

from havklo.sim.channels.level3 import Level3Feed
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import NAMED
from sim.channels.level3_client import NaiveOrders
from sim.channels.level3_desk import START, Desk, Message


def twelve_asks(desk: Desk) -> list[int]:
    """Asks of 5.00 at 500.1, 500.2 and so on; their numbers."""
    return [desk.market.limit(ASK, 5_001 + rank, 500).order_id for rank in range(12)]


def test_frame_bytes() -> None:
    """Keys in Kraken's order, padded numbers, nanoseconds; an order's time is that of its arrival."""
    desk = Desk()
    desk.market.limit(BID, 4_999, 51)
    first = desk.market.limit(ASK, 5_001, 100).order_id
    arrived = '"timestamp":"2027-01-15T08:00:00.000000000Z"'
    assert desk.level3.snapshot(10, desk.now).decode() == (
        f'{{"channel":"level3","type":"snapshot","data":[{{"symbol":"A/B","checksum":{crc32(b"5001100499951")},'
        f'"bids":[{{"order_id":"O1","limit_price":499.9,"order_qty":0.51,{arrived}}}],'
        f'"asks":[{{"order_id":"O2","limit_price":500.1,"order_qty":1.00,{arrived}}}],{arrived}}}]}}'
    )
    messages, _ = desk.event(lambda: desk.market.market(BID, 40))
    assert messages[10].decode() == (
        f'{{"channel":"level3","type":"update","data":[{{"symbol":"A/B","checksum":{crc32(b"500160499951")},'
        f'"bids":[],"asks":[{{"event":"modify","order_id":"O2","limit_price":500.1,"order_qty":0.60,{arrived}}}],'
        '"timestamp":"2027-01-15T08:00:00.000001000Z"}]}'
    )
    amended, _ = desk.event(lambda: desk.market.amend(first, qty=30))
    assert b'"order_qty":0.30,"timestamp":"2027-01-15T08:00:00.000002000Z"}]' in amended[10]


def test_level_that_enters_comes_whole() -> None:
    """Behind the last order of a level come all orders of the next one, in the order of their queue."""
    desk = Desk()
    asks = twelve_asks(desk)
    more = desk.market.limit(ASK, 5_011, 70).order_id
    assert desk.entries(lambda: desk.market.cancel(asks[2])) == (
        [],
        [
            ("delete", f"O{asks[2]}", 500.3, 5.0),
            ("add", f"O{asks[10]}", 501.1, 5.0),
            ("add", f"O{more}", 501.1, 0.7),
        ],
    )


def test_outside_is_silent() -> None:
    """What a new level pushes out is not told, nor is anything behind the window."""
    desk = Desk()
    asks = twelve_asks(desk)
    assert desk.event(lambda: desk.market.cancel(asks[11])) == ({}, {})
    assert desk.entries(lambda: desk.market.limit(ASK, 5_000, 20))[1] == [("add", "O13", 500.0, 0.2)]


def test_fills() -> None:
    """A sweep is a delete per order and a modify for the last; what rests of it is an add on the other side."""
    desk = Desk()
    desk.market.limit(ASK, 5_000, 100)
    desk.market.limit(ASK, 5_000, 200)
    desk.market.limit(ASK, 5_001, 300)
    assert desk.entries(lambda: desk.market.limit(BID, 5_000, 400)) == (
        [("add", "O4", 500.0, 1.0)],
        [("delete", "O1", 500.0, 1.0), ("delete", "O2", 500.0, 2.0)],
    )
    assert desk.entries(lambda: desk.market.market(BID, 10))[1] == [("modify", "O3", 500.1, 2.9)]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("delete_add", [("delete", "O1", 500.0, 1.0), ("add", "O1", 500.2, 1.5)]),
        ("modify", [("modify", "O1", 500.2, 1.5)]),
    ],
)
def test_new_price(form: Any, told: Message) -> None:
    """An amend with a new price, in either form."""
    desk = Desk(rules=Rules(price_event=form))
    for price in (5_000, 5_000, 5_002):
        desk.market.limit(ASK, price, 100)
    assert desk.entries(lambda: desk.market.amend(1, price=5_002, qty=150))[1] == told


def test_modify_with_a_new_price_needs_both_places() -> None:
    """An order that leaves the window or comes into it is deleted or added in the other form, too."""
    desk = Desk(rules=Rules(price_event="modify"))
    asks = twelve_asks(desk)
    assert desk.entries(lambda: desk.market.amend(asks[0], price=6_000))[1] == [
        ("delete", f"O{asks[0]}", 500.1, 5.0),
        ("add", f"O{asks[10]}", 501.1, 5.0),
    ]
    assert desk.entries(lambda: desk.market.amend(asks[0], price=5_000))[1] == [("add", f"O{asks[0]}", 500.0, 5.0)]
    # Taken whole at its new price, it has no new place at all.
    desk.market.limit(BID, 4_990, 900)
    bids, told = desk.entries(lambda: desk.market.amend(asks[0], price=4_990))
    assert bids == [("modify", "O13", 499.0, 4.0)]
    assert told == [("delete", f"O{asks[0]}", 500.0, 5.0), ("add", f"O{asks[10]}", 501.1, 5.0)]


def test_modify_that_takes_its_level_along() -> None:
    """The level that enters is told behind it, unless the order makes a level of its own."""
    desk = Desk(rules=Rules(price_event="modify"))
    asks = twelve_asks(desk)
    assert desk.entries(lambda: desk.market.amend(asks[0], price=5_002))[1] == [
        ("modify", f"O{asks[0]}", 500.2, 5.0),
        ("add", f"O{asks[10]}", 501.1, 5.0),
    ]
    assert desk.entries(lambda: desk.market.amend(asks[10], price=5_000))[1] == [("modify", f"O{asks[10]}", 500.0, 5.0)]
    # It joins the very level that enters, which the reader does not know yet.
    desk = Desk(rules=Rules(price_event="modify"))
    asks = twelve_asks(desk)
    assert desk.entries(lambda: desk.market.amend(asks[0], price=5_011))[1] == [
        ("delete", f"O{asks[0]}", 500.1, 5.0),
        ("add", f"O{asks[10]}", 501.1, 5.0),
        ("add", f"O{asks[0]}", 501.1, 5.0),
    ]


@pytest.mark.parametrize("form", ["delete_add", "modify"])
def test_lost_place(form: Any) -> None:
    """An order that is amended and goes to the back of its queue is told in two entries, or in one modify.

    The one entry does not say where it stands now; a reader has to know the rule.
    """
    desk = Desk(rules=Rules(requeue_event=form))
    desk.market.limit(ASK, 5_000, 100)
    desk.market.limit(ASK, 5_000, 100)
    told = (
        [("delete", "O1", 500.0, 1.0), ("add", "O1", 500.0, 1.2)]
        if form == "delete_add"
        else [("modify", "O1", 500.0, 1.2)]
    )
    assert desk.entries(lambda: desk.market.amend(1, qty=120))[1] == told
    assert list(desk.market.sides[ASK].at(0).orders) == [2, 1]


@pytest.mark.parametrize(
    ("refill", "told"),
    [
        ("back", [("delete", "O1", 500.0, 2.0), ("add", "O1", 500.0, 2.0), ("modify", "O2", 500.0, 0.9)]),
        ("keep", [("modify", "O1", 500.0, 1.9)]),
    ],
)
def test_iceberg(refill: Any, told: Message) -> None:
    """Its next part is told, what it hides is not; one that stays where it was and shows as much is no news."""
    desk = Desk(rules=Rules(iceberg_refill=refill))
    desk.market.submit(ASK, 5_000, 1_000, owner=1, peak=200)
    desk.market.limit(ASK, 5_000, 100)
    assert desk.level3.snapshot(10, START).count(b'"order_qty":2.00') == 1
    assert desk.entries(lambda: desk.market.market(BID, 210))[1] == told


def test_hidden_part_is_silent() -> None:
    """An iceberg that gets smaller out of sight is no news."""
    desk = Desk()
    desk.market.submit(ASK, 5_000, 1_000, owner=1, peak=200)
    assert desk.event(lambda: desk.market.amend(1, qty=900)) == ({}, {})


def test_closed_window_costs_nothing() -> None:
    """Two subscribers share a window, which closes with the last; what happened meanwhile is known afterwards."""
    desk = Desk()
    asks = twelve_asks(desk)
    desk.level3.open(10)
    desk.level3.close(10)
    assert list(desk.event(lambda: desk.market.amend(asks[0], qty=1))[0]) == [10]
    desk.level3.close(10)
    desk.market.on_step = desk.book.on_step
    assert desk.event(lambda: desk.market.amend(asks[0], qty=2))[0] == {}
    desk.market.on_step = desk.on_step
    desk.level3.open(10)
    assert NaiveOrders(10).apply(desk.level3.snapshot(10, desk.now))


DOCUMENTED_BIDS = (
    (449394, 88968699),
    (449394, 45210000),
    (449394, 10000000),
    (449394, 14296323),
    (449394, 25000000),
    (449394, 10292988),
    (449394, 33880000),
    (449394, 128140860),
    (449371, 3346877),
    (449347, 35630000),
    (449302, 22734299),
    (449302, 1000000),
    (449302, 5550000),
    (449302, 70000000),
    (449302, 15000000),
    (449280, 105240),
    (449196, 33870000),
    (449195, 7610000),
    (449120, 35630000),
    (449097, 6690000),
    (449019, 88982),
)
DOCUMENTED_ASKS = (
    (449395, 452308393),
    (449395, 111261),
    (449395, 100000),
    (449395, 1000000),
    (449500, 10334926),
    (449530, 64537),
    (449550, 250000),
    (449596, 35630000),
    (449596, 35630000),
    (449601, 338072),
    (449602, 88967575),
    (449670, 314392283),
    (449785, 6778960),
    (449792, 35630000),
)


def test_documented_checksum() -> None:
    """The worked example of Kraken's guide, BTC/USD with 35 orders."""
    market = Market()
    feed = Level3Feed(NAMED[0], market, Rules(), str)
    for side, orders in ((BID, DOCUMENTED_BIDS), (ASK, DOCUMENTED_ASKS)):
        for price, qty in orders:
            market.place(side, price, qty)
    assert feed.checksum() == 1063832831
    assert NaiveOrders(10).apply(feed.snapshot(10, START))
