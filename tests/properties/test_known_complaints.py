"""What users of other libraries complained of, each as a test that it does not happen here.

The numbers are those of the project's list of such threads; each test names its own.
"""

from random import Random
from typing import Any

import pytest

from havklo._engine import BookUpdate, Engine
from properties.exchange import Exchange
from reference.judge import answer, rows
from reference.market import BTC_ASKS, BTC_BIDS, Market, bitcoin, deep, ether

GONE = "0.00000000"


def _said(engine: Engine, frame: str) -> dict[str, Any]:
    said = answer(engine, frame.encode())
    assert isinstance(said, dict), said
    return said


@pytest.mark.parametrize("levels", range(10))
def test_peers_1_and_8_thin_books(levels: int) -> None:
    """A book of fewer than ten levels a side is summed over what it has: no error, no crash, no alarm.

    ccxt#24461: list index error on thin pairs; bmoscon/orderbook#6: segmentation fault below ten levels.
    """
    engine = Engine()
    engine.track("BTC/USD")
    market = Market("BTC/USD", BTC_BIDS[:levels], BTC_ASKS[: 9 - levels])
    assert _said(engine, market.snapshot())["update"]["checksum"] == market.sum
    for level in BTC_BIDS[:levels]:
        assert _said(engine, market.update(bids=[(level[0], GONE)]))["update"]["checksum"] == market.sum
    assert engine.book("BTC/USD").best_bid is None


def test_peers_1_one_bad_pair_leaves_the_others_alone() -> None:
    """A pair whose sums fail is desynchronised by itself; every other subscription goes on.

    ccxt#24461: one bad pair killed every subscription.
    """
    engine = Engine()
    bad, good = engine.track("BTC/USD"), engine.track("ETH/USD")
    bitcoins, ethers = bitcoin(), ether()
    _said(engine, bitcoins.snapshot())
    _said(engine, ethers.snapshot())
    for step in range(1, 50):
        wrong = bitcoins.update(bids=[("45283.5", f"0.{step:08}")]).replace('"checksum":', '"checksum":1')
        answer(engine, wrong.encode())
        assert "update" in _said(engine, ethers.update(bids=[("1877.29", f"2.{step:08}")]))
    assert (str(bad.state), str(good.state)) == ("desynced", "live")


def test_peers_7_a_stale_level_never_leaves_the_book_crossed() -> None:
    """A removal that was lost shows in the sum of the very next message, before a crossed top can be read.

    bmoscon/cryptofeed#701: the book became inconsistent, bid above ask.
    """
    engine = Engine()
    book = engine.track("BTC/USD")
    market = bitcoin()
    _said(engine, market.snapshot())
    market.update(asks=[("45285.2", GONE), ("45300.0", "1.00000000")])  # lost on the way
    said = _said(engine, market.update(bids=[("45285.3", "1.00000000")]))
    assert said["desync"]["reason"] == "checksum"
    assert book.top is None


def test_peers_10_crossed_books_that_pass_the_checksum() -> None:
    """A verified book whose sides cross is not handed out as if nothing were: it is doubted once, then flagged.

    knowm/XChange#4239: crossed books that pass the checksum.
    """
    engine = Engine()
    book = engine.track("BTC/USD")
    market = bitcoin()
    _said(engine, market.snapshot())
    assert _said(engine, market.update(bids=[("45286.0", "1.00000000")]))["desync"]["reason"] == "crossed"
    assert book.top is None
    assert _said(engine, market.snapshot())["update"]["crossed"] is True
    assert book.crossed


def test_peers_11_levels_beyond_the_depth_are_forgotten() -> None:
    """Kraken never removes what left the window; a book that kept it would fail its sum later.

    knowm/XChange#4571: the book must be truncated to its depth or the checksum fails.
    """
    engine = Engine()
    book = engine.track("BTC/USD")
    market = bitcoin()
    _said(engine, market.snapshot())
    for step in range(1, 6):
        _said(engine, market.update(bids=[(f"45284.{step}", "0.50000000")]))
        assert len(book.bids()) == 10
    for step in range(5, 0, -1):
        refill = (f"4527{step}.0", f"0.{step}0000000")
        assert "update" in _said(engine, market.update(bids=[(f"45284.{step}", GONE), refill]))
    assert rows(book.bids()) == [list(level) for level in market.window("bids")]


@pytest.mark.parametrize("depth", [10, 25, 100])
def test_peers_12_a_long_day_stays_in_step(depth: int) -> None:
    """Thousands of lawful messages are proven one by one, and the window is the exchange's to the last level.

    altangent/ccxws#76, #180: the book went out of sync after minutes.
    """
    engine = Engine()
    book = engine.track("ETH/USD", depth=depth)
    exchange = Exchange("ETH/USD", depth, Random(depth))
    _said(engine, exchange.snapshot())
    for _ in range(3_000):
        assert isinstance(engine.receive(exchange.update(*exchange.event()).encode(), 0), BookUpdate)
    assert rows(book.bids()) == [list(level) for level in exchange.window("bids")]
    assert rows(book.asks()) == [list(level) for level in exchange.window("asks")]
    assert sum(book.statistics().desyncs.values()) == 0


def test_peers_13_the_checksum_raises_no_false_alarm() -> None:
    """Deep changes, repeated prices and a quiet top do not shake a book that is right.

    JKorf/Kraken.Net#29: the checksum caused frequent reconnects.
    """
    engine = Engine()
    engine.track("XRP/USD", depth=25)
    market = deep(25)
    sums = {_said(engine, market.snapshot())["update"]["checksum"]}
    for step in range(1, 10):
        entries = [("1.08081", f"{step}.00000000"), ("1.08081", f"{step}.50000000")]
        sums.add(_said(engine, market.update(bids=entries))["update"]["checksum"])
    assert len(sums) == 1


def test_peers_14_both_sides_in_one_message() -> None:
    """Bids stay bids and asks stay asks when one message carries both.

    DigitalRuby/ExchangeSharp#626: both sides in one message were mis-read.
    """
    engine = Engine()
    book = engine.track("BTC/USD")
    market = bitcoin()
    _said(engine, market.snapshot())
    asks = [("45285.2", GONE), ("45300.1", "0.11000000")]
    _said(engine, market.update(bids=[("45285.2", "0.25000000")], asks=asks))
    assert rows(book.bids(1)) == [["45285.2", "0.25000000"]]
    assert rows(book.asks(1)) == [["45286.4", "1.54571953"]]


@pytest.mark.parametrize("token", ["1e-05", "1E-5", "1.000e-5", '"1e-05"', "0.00001000"])
def test_peers_38_exponents(token: str) -> None:
    """`1e-05` is a quantity like any other, read exactly and with the zeros that the sum wants.

    askmike/gekko#1556, python-kraken-sdk#94: such numbers were refused.
    """
    engine = Engine()
    book = engine.track("BTC/USD")
    market = bitcoin()
    _said(engine, market.snapshot())
    _said(engine, market.update(bids=[("45283.5", "0.00001000")]).replace("0.00001000", token))
    assert rows(book.bids(1)) == [["45283.5", "0.00001000"]]
