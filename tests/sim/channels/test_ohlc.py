"""The ohlc channel."""

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.channels.ohlc import INTERVALS
from havklo.sim.market.ladder import ASK, BID
from sim.channels.conftest import START, Floor

if TYPE_CHECKING:
    from typing import Any

    from havklo.sim.market.matching import Fill


def test_update(floor: Floor) -> None:
    """All matches of an event are in one message: its row says where its interval begins and ends."""
    floor.ohlc.open(5)
    floor.event(lambda: floor.market.limit(ASK, 1_003, 50), 61)
    floor.event(lambda: floor.market.limit(ASK, 1_001, 100))
    messages = floor.event(lambda: floor.market.limit(BID, 1_003, 110))
    assert messages["ohlc"] == {
        5: '{"channel":"ohlc","type":"update","timestamp":"2027-01-15T08:01:01.000003000Z","data":['
        '{"symbol":"A/B","open":100.1,"high":100.3,"low":100.1,"close":100.3,"trades":2,"volume":1.10,"vwap":100.1,'
        '"interval_begin":"2027-01-15T08:00:00.000000000Z","interval":5,"timestamp":"2027-01-15T08:05:00.000000Z"}]}'
    }
    floor.ohlc.close(5)
    assert floor.event(lambda: floor.market.limit(BID, 1_003, 10))["ohlc"] == {}


def test_only_trades_make_rows(floor: Floor) -> None:
    """Minutes without a trade have no row; the first price of a minute is its open."""
    for price, seconds in ((1_000, 0), (1_010, 20), (990, 100), (995, 600)):
        floor.trade_at(price, 10, seconds)
    message = json.loads(floor.ohlc.snapshot(1, floor.now))
    assert (message["type"], message["timestamp"]) == ("snapshot", "2027-01-15T08:12:00.000004000Z")
    assert [(row["interval_begin"][11:16], row["open"], row["close"], row["trades"]) for row in message["data"]] == [
        ("08:00", 100.0, 101.0, 2),
        ("08:02", 99.0, 99.0, 1),
        ("08:12", 99.5, 99.5, 1),
    ]
    assert floor.ohlc.snapshot(60, floor.now).count(b'"symbol"') == 1


def test_empty_snapshot(floor: Floor) -> None:
    """Before any trade there is no row at all."""
    assert floor.ohlc.snapshot(1, START) == (
        b'{"channel":"ohlc","type":"snapshot","timestamp":"2027-01-15T08:00:00.000000000Z","data":[]}'
    )


def test_at_most_720_rows(floor: Floor) -> None:
    """The oldest are forgotten."""
    for _ in range(725):
        floor.trade_at(1_000, 10, 60)
    rows = json.loads(floor.ohlc.snapshot(1, floor.now))["data"]
    assert (len(rows), rows[-1]["timestamp"]) == (720, "2027-01-15T20:06:00.000000Z")


@pytest.mark.parametrize(
    ("interval", "begin"),
    [(1, "15T08:00"), (240, "15T08:00"), (1_440, "15T00:00"), (10_080, "14T00:00"), (21_600, "02T00:00")],
)
def test_intervals_are_counted_from_the_epoch(floor: Floor, interval: int, begin: str) -> None:
    """Days begin at midnight, weeks on Thursday."""
    floor.ohlc.open(interval)
    (row,) = json.loads(floor.trade_at(1_000, 1)["ohlc"][interval])["data"]
    assert row["interval_begin"] == f"2027-01-{begin}:00.000000000Z"
    assert row["interval"] == interval


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**9), st.integers(0, 2_000)), min_size=1))
def test_candles_are_those_of_the_trades(trades: list[tuple[int, int, int]]) -> None:
    """In every interval, rows are exactly what a look at all trades gives."""
    floor = Floor()
    told: list[tuple[int, Fill]] = []
    for price, qty, seconds in trades:
        floor.trade_at(price, qty, seconds)
        told += [(floor.now, fill) for fill in floor.market.fills]
    for interval in INTERVALS:
        length = interval * 60_000_000_000
        groups: dict[int, list[Fill]] = {}
        for moment, fill in told:
            groups.setdefault(moment // length, []).append(fill)
        rows: list[Any] = json.loads(floor.ohlc.snapshot(interval, floor.now), parse_float=str)["data"]
        assert [candle(row) for row in rows] == [expected(fills) for fills in groups.values()]


def candle(row: "dict[str, Any]") -> tuple[int, ...]:
    """A row's numbers as ticks and lots."""
    names = ("open", "high", "low", "close", "volume", "vwap")
    return (row["trades"], *(int(row[name].replace(".", "")) for name in names))


def expected(fills: "list[Fill]") -> tuple[int, ...]:
    """What a row says about these trades."""
    prices, volume = [fill.price for fill in fills], sum(fill.qty for fill in fills)
    # Halves go up: as good as floor(x + 1/2) where nothing is negative.
    vwap = (2 * sum(fill.price * fill.qty for fill in fills) + volume) // (2 * volume)
    return len(fills), prices[0], max(prices), min(prices), prices[-1], volume, vwap
