"""The messages of every depth, replayed by the naive client against the true book."""

import json
import random

import pytest

from havklo.sim.channels.book import DEPTHS, BookFeed
from havklo.sim.flow import Flow
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.symbols import NAMED, Pair, generate

NOW = 1_767_225_600_000_000_000


def ints(levels: dict[str, str], *, best_is_highest: bool) -> list[tuple[int, int]]:
    """A client's side as ticks and lots, best first."""
    numbers = ((int(price.replace(".", "")), int(qty.replace(".", ""))) for price, qty in levels.items())
    return sorted(numbers, reverse=best_is_highest)


def truth(market: Market, depth: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The market's sides as ticks and lots, best first."""
    bids, asks = ([(level.price, level.qty) for level in ladder.top(depth)] for ladder in market.sides)
    return bids, asks


@pytest.mark.parametrize(("depths", "events"), [((10, 25), 1_500), ((100, 500, 1000), 100)])
@pytest.mark.parametrize("pair", [*NAMED, generate("SIM006/USD"), generate("SIM007/USD")], ids=lambda p: p.symbol)
def test_every_depth_equals_the_true_book_at_every_event(
    pair: Pair, depths: tuple[int, ...], events: int, naive_book: type
) -> None:
    """Whatever happens, each client has exactly the best levels, also where it was told nothing."""
    market = Market()
    flow = Flow(pair, market, random.Random(3))
    flow.populate(NOW)
    feed = BookFeed(pair, market)
    market.on_step = feed.on_step
    books = {}
    for depth in depths:
        assert depth in DEPTHS
        feed.open(depth)
        books[depth] = naive_book(depth, strict=True, full=not pair.thin)
        assert books[depth].apply(feed.snapshot(depth, NOW))
    for number in range(events):
        now = NOW + 10_000_000 * number
        market.begin(now)
        feed.begin()
        flow.act(now)
        messages = dict(feed.messages(now))
        for depth, book in books.items():
            if depth in messages:
                assert book.apply(messages[depth]), messages[depth]
            bids, asks = book.levels
            mine = ints(bids, best_is_highest=True), ints(asks, best_is_highest=False)
            assert mine == truth(market, depth)
    told = [book.messages for book in books.values()]
    assert told[0] > events / 3
    assert told == sorted(told), "a deeper window has more to tell"


def opened(depth: int, *orders: tuple[int, int, int]) -> tuple[Market, BookFeed, dict[int, int]]:
    """A market of 1-decimal prices and whole quantities with one open window; ids by price."""
    pair = Pair(symbol="A/B", price_precision=1, qty_precision=2, price=1000, gap=1, spread=1, size=100, qty_min=1)
    market = Market()
    feed = BookFeed(pair, market)
    market.on_step = feed.on_step
    ids = {}
    for side, price, qty in orders:
        ids[price] = market.limit(BID if side == BID else ASK, price, qty).order_id
    feed.open(depth)
    feed.begin()
    return market, feed, ids


def sides(feed: BookFeed) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """The entries of the event's only message."""
    ((_, frame),) = feed.messages(NOW)
    data = json.loads(frame)["data"][0]
    bids, asks = ([(entry["price"], entry["qty"]) for entry in data[name]] for name in ("bids", "asks"))
    return bids, asks


TWELVE_ASKS = [(ASK, 1001 + rank, 500) for rank in range(12)]


def test_removal_is_followed_by_its_refill() -> None:
    """What leaves the window is deleted, and the very next entry is the level that comes in."""
    market, feed, ids = opened(10, *TWELVE_ASKS)
    market.cancel(ids[1003])
    assert sides(feed) == ([], [(100.3, 0), (101.1, 5)])


def test_moved_order_is_delete_refill_insert() -> None:
    """A price-moving amend takes out, lets the refill in, and pushes it out again without a word."""
    market, feed, ids = opened(10, *TWELVE_ASKS)
    market.amend(ids[1003], price=1000)
    assert sides(feed) == ([], [(100.3, 0), (101.1, 5), (100.0, 5)])


def test_insert_evicts_silently() -> None:
    """An insert is one entry; the level it pushes out is not deleted."""
    market, feed, _ = opened(10, *TWELVE_ASKS)
    market.limit(ASK, 1000, 200)
    assert sides(feed) == ([], [(100.0, 2)])


def test_outside_is_silent() -> None:
    """Nothing is sent for what happens behind the window, but a deeper window shows it."""
    market, feed, ids = opened(10, *TWELVE_ASKS)
    market.cancel(ids[1011])
    assert feed.messages(NOW) == []
    assert not feed.visible
    feed.open(25)
    feed.begin()
    market.amend(ids[1012], qty=700)
    assert [depth for depth, _ in feed.messages(NOW)] == [25]


def test_sweep_that_rests_touches_both_sides() -> None:
    """One entry per fill, a refill per emptied level, the remainder on the other side: in one message."""
    market, feed, _ = opened(10, (ASK, 1000, 100), (ASK, 1000, 300), *TWELVE_ASKS, (BID, 990, 500))
    market.limit(BID, 1001, 1_400)
    expected = [(100.0, 3), (100.0, 0), (101.0, 5), (100.1, 0), (101.1, 5)]
    assert sides(feed) == ([(100.1, 5)], expected)


def test_thin_side_has_no_refill() -> None:
    """Where nothing stands outside the window, a removal stands alone."""
    market, feed, ids = opened(10, (ASK, 1000, 100), (ASK, 1001, 100))
    market.cancel(ids[1000])
    assert sides(feed) == ([], [(100.0, 0)])


def test_frame_bytes() -> None:
    """Numbers are bare and padded, zero in full; the keys have Kraken's order; data has one element."""
    market, feed, ids = opened(10, *TWELVE_ASKS[:2], (BID, 999, 51))
    market.cancel(ids[1002])
    ((depth, frame),) = feed.messages(NOW)
    assert depth == 10
    assert frame == (
        b'{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[],"asks":[{"price":100.2,"qty":0.00}],'
        b'"checksum":%d,"timestamp":"2026-01-01T00:00:00.000000Z"}]}' % feed.checksum()
    )
    assert feed.snapshot(25, NOW).startswith(
        b'{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[{"price":99.9,"qty":0.51}],"asks":['
        b'{"price":100.1,"qty":5.00}],"checksum":'
    )


def test_closed_window_costs_nothing() -> None:
    """Two subscribers share a window; it closes with the last of them."""
    market, feed, ids = opened(10, *TWELVE_ASKS)
    feed.open(10)
    feed.close(10)
    market.amend(ids[1001], qty=1)
    assert len(feed.messages(NOW)) == 1
    feed.close(10)
    feed.begin()
    market.amend(ids[1001], qty=2)
    assert feed.messages(NOW) == []


def test_an_iceberg_that_shows_the_same_again_is_not_told() -> None:
    """Its next part comes in the same step, and the level is what it was."""
    market, feed, _ = opened(10, *TWELVE_ASKS)
    market.submit(ASK, 1000, 900, peak=300)
    feed.messages(NOW)
    feed.begin()
    market.market(BID, 300)
    assert feed.messages(NOW) == []
    market.begin(NOW)
    feed.begin()
    market.market(BID, 400)
    assert sides(feed) == ([], [(100.0, 2)])
