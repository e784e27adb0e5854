"""The trade channel."""

import json
from typing import TYPE_CHECKING

from havklo.sim.market.ladder import ASK, BID

if TYPE_CHECKING:
    from sim.channels.conftest import Floor


def test_one_message_per_event(floor: "Floor") -> None:
    """Every match has a row with the maker's price and the taker's side and type."""
    floor.trade.open()
    floor.event(lambda: floor.market.limit(ASK, 1_001, 50))
    floor.event(lambda: floor.market.limit(ASK, 1_002, 50))
    messages = floor.event(lambda: floor.market.limit(BID, 1_003, 60))
    assert messages["trade"] == {
        0: '{"channel":"trade","type":"update","data":['
        '{"symbol":"A/B","side":"buy","price":100.1,"qty":0.50,"ord_type":"limit","trade_id":1,'
        '"timestamp":"2027-01-15T08:00:00.000003Z"},'
        '{"symbol":"A/B","side":"buy","price":100.2,"qty":0.10,"ord_type":"limit","trade_id":2,'
        '"timestamp":"2027-01-15T08:00:00.000003Z"}]}'
    }
    (row,) = json.loads(floor.trade_at(990, 7)["trade"][0])["data"]
    assert (row["side"], row["ord_type"], row["trade_id"]) == ("sell", "market", 3)
    assert floor.trade.next_id == 4


def test_only_subscribers_cost(floor: "Floor") -> None:
    """Trades are counted without a subscriber, and nothing is written."""
    assert floor.trade_at(1_000, 10)["trade"] == {}
    floor.trade.open()
    assert json.loads(floor.trade_at(1_000, 10)["trade"][0])["data"][0]["trade_id"] == 2
    floor.trade.close()
    assert floor.trade_at(1_000, 10)["trade"] == {}
    assert [trade.trade_id for trade in floor.trade.trades] == [1, 2, 3]


def test_snapshot(floor: "Floor") -> None:
    """The last 50, oldest first; before any trade an empty list."""
    assert floor.trade.snapshot(0, floor.now) == b'{"channel":"trade","type":"snapshot","data":[]}'
    for qty in range(1, 61):
        floor.trade_at(1_000, qty)
    message = json.loads(floor.trade.snapshot(0, floor.now), parse_float=str)
    assert message["type"] == "snapshot"
    assert [row["trade_id"] for row in message["data"]] == list(range(11, 61))
    assert message["data"][-1]["qty"] == "0.60"


def test_memory_is_bounded(floor: "Floor") -> None:
    """A thousand trades are kept."""
    for _ in range(1_010):
        floor.trade_at(1_000, 1)
    assert (len(floor.trade.trades), floor.trade.trades[0].trade_id) == (1_000, 11)
