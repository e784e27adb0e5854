"""The ticker channel, its two triggers and its 24 hours."""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.market.ladder import ASK, BID
from sim.channels.conftest import START, Floor

if TYPE_CHECKING:
    from havklo.sim.market.matching import Fill

MINUTE = 60.0
DAY = 24 * 60


def read(messages: Mapping[str, Mapping[int | str, str]], trigger: str = "trades") -> dict[str, Any]:
    """The row of a message, its numbers as texts."""
    (row,) = json.loads(messages["ticker"][trigger], parse_float=str)["data"]
    return row


def test_before_the_first_trade(floor: Floor) -> None:
    """The opening price stands in for everything that trades would tell; an empty side is 0."""
    floor.event(lambda: floor.market.limit(ASK, 1_003, 125))
    assert floor.ticker.snapshot("trades", START).decode() == (
        '{"channel":"ticker","type":"snapshot","data":[{"symbol":"A/B","bid":0.0,"bid_qty":0.00,"ask":100.3,'
        '"ask_qty":1.25,"last":100.0,"volume":0.00,"vwap":100.0,"low":100.0,"high":100.0,"change":0.0,'
        '"change_pct":0.00,"trades":0,"timestamp":"2027-01-15T08:00:00.000000Z"}]}'
    )


def test_trades(floor: Floor) -> None:
    """A message per event with a trade, and none for others."""
    floor.ticker.open("trades")
    assert floor.event(lambda: floor.market.limit(ASK, 990, 100))["ticker"] == {}
    floor.event(lambda: floor.market.limit(ASK, 995, 300))
    messages = floor.event(lambda: floor.market.market(BID, 150))
    assert messages["ticker"]["trades"] == (
        '{"channel":"ticker","type":"update","data":[{"symbol":"A/B","bid":0.0,"bid_qty":0.00,"ask":99.5,'
        '"ask_qty":2.50,"last":99.5,"volume":1.50,"vwap":99.2,"low":99.0,"high":99.5,"change":-0.5,'
        '"change_pct":-0.50,"trades":2,"timestamp":"2027-01-15T08:00:00.000003Z"}]}'
    )
    floor.ticker.close("trades")
    assert floor.event(lambda: floor.market.market(BID, 10))["ticker"] == {}


def test_bbo(floor: Floor) -> None:
    """A message for another best price or quantity, whatever the reason, and none for anything behind."""
    floor.event(lambda: floor.market.limit(ASK, 1_001, 100))
    floor.ticker.open("bbo")
    assert floor.event(lambda: floor.market.limit(ASK, 1_002, 100))["ticker"] == {}
    assert read(floor.event(lambda: floor.market.limit(ASK, 1_001, 10)), "bbo")["ask_qty"] == "1.10"
    assert read(floor.event(lambda: floor.market.limit(BID, 998, 10)), "bbo")["bid"] == "99.8"
    messages = floor.event(lambda: floor.market.market(BID, 10))
    assert list(messages["ticker"]) == ["bbo"]
    floor.ticker.open("trades")
    messages = floor.event(lambda: floor.market.market(BID, 10))
    assert messages["ticker"]["trades"] == messages["ticker"]["bbo"]
    floor.ticker.close("bbo")
    assert floor.event(lambda: floor.market.limit(BID, 999, 10))["ticker"] == {}


def test_bbo_says_nothing_about_what_a_snapshot_has_said(floor: Floor) -> None:
    """What changed while nobody waited for it is not told later."""
    floor.ticker.open("bbo")
    floor.ticker.close("bbo")
    floor.event(lambda: floor.market.limit(ASK, 1_001, 100))
    floor.ticker.open("bbo")
    assert floor.event(lambda: floor.market.limit(ASK, 1_005, 100))["ticker"] == {}


def test_an_old_trade_is_not_told_to_who_comes_later(floor: Floor) -> None:
    """A subscriber's first message is about a trade that it has seen."""
    floor.trade_at(1_000, 10)
    floor.ticker.open("trades")
    assert floor.event(lambda: floor.market.limit(ASK, 1_005, 100))["ticker"] == {}


def test_what_is_a_day_old_is_forgotten(floor: Floor) -> None:
    """Volume, extremes and count lose a minute when it is 24 hours old; `change` counts from its last price."""
    floor.ticker.open("trades")
    floor.trade_at(900, 100)
    floor.trade_at(1_500, 100, 30 * MINUTE)
    row = read(floor.trade_at(1_000, 100, (DAY - 31) * MINUTE))
    assert (row["low"], row["high"], row["trades"], row["change"]) == ("90.0", "150.0", 3, "0.0")
    row = read(floor.trade_at(1_000, 100, MINUTE))
    assert (row["low"], row["high"], row["trades"], row["volume"]) == ("100.0", "150.0", 3, "3.00")
    assert (row["change"], row["change_pct"]) == ("10.0", "11.11")
    floor.now += 3 * DAY * 60_000_000_000
    (row,) = json.loads(floor.ticker.snapshot("trades", floor.now), parse_float=str)["data"]
    assert (row["low"], row["high"], row["vwap"], row["last"]) == ("100.0",) * 4
    assert (row["volume"], row["trades"], row["change"], row["change_pct"]) == ("0.00", 0, "0.0", "0.00")


@pytest.mark.parametrize(
    ("before", "last", "change", "percent"),
    [(841_736, 837_443, "-429.3", "-0.51"), (12_456, 13_110, "65.4", "5.25"), (200_000, 199_999, "-0.1", "0.00")],
)
def test_change(floor: Floor, before: int, last: int, change: str, percent: str) -> None:
    """Two of these are captured; less than half a hundredth of a percent has no sign."""
    floor.ticker.open("trades")
    floor.trade_at(before, 1)
    row = read(floor.trade_at(last, 1, DAY * MINUTE))
    assert (row["change"], row["change_pct"]) == (change, percent)


@given(st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**12), st.integers(0, 5 * 3_600)), min_size=1))
def test_24_hours_are_exact(trades: list[tuple[int, int, int]]) -> None:
    """Volume, vwap and extremes are those of the trades of the last 24 hours, counted in whole minutes."""
    floor = Floor()
    floor.ticker.open("trades")
    told: list[tuple[int, Fill]] = []
    for price, qty, seconds in trades:
        row = read(floor.trade_at(price, qty, seconds))
        told += [(floor.now // 60_000_000_000, fill) for fill in floor.market.fills]
        kept = [fill for minute, fill in told if minute > floor.now // 60_000_000_000 - DAY]
        volume = sum(fill.qty for fill in kept)
        vwap = Decimal(sum(fill.price * fill.qty for fill in kept)) / volume
        assert int(row["volume"].replace(".", "")) == volume
        assert int(row["vwap"].replace(".", "")) == vwap.quantize(Decimal(1), ROUND_HALF_UP)
        assert Decimal(row["low"]) * 10 == min(fill.price for fill in kept)
        assert Decimal(row["high"]) * 10 == max(fill.price for fill in kept)
        assert row["trades"] == len(kept)
