"""All markets together: turns, time and history."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from havklo.sim.exchange import Exchange
from havklo.sim.flow import CALM, VOLATILE
from havklo.sim.market.ladder import BID
from havklo.sim.symbols import pairs
from havklo.sim.wire.stamps import micros, rfc3339

SECOND = 1_000_000_000


def play(exchange: Exchange, n: int, symbol: str | None = None, depth: int = 10) -> Iterator[bytes]:
    """The messages of one depth of the next n steps, a thousand to the second, each as it happens."""
    sent: list[bytes] = []

    def publish(key: tuple[str, str, int | str], frame: bytes) -> None:
        if key[0] == "book" and key[2] == depth:
            sent.append(frame)

    exchange.publish = publish
    for number in range(n):
        exchange.step(1_000_000 * number, symbol)
        yield from sent
        sent.clear()


def frames(exchange: Exchange, n: int, symbol: str | None = None, depth: int = 10) -> list[bytes]:
    """The same as a list."""
    return list(play(exchange, n, symbol, depth))


def opened(*symbols: str, seed: int = 7, depth: int = 10, history: int = 0, rate: float = 0) -> Exchange:
    """An exchange with a window on each symbol."""
    exchange = Exchange(pairs(symbols), seed=seed, history=history, rate=rate)
    for symbol in symbols:
        exchange.open(("book", symbol, depth), 0)
    return exchange


def test_same_seed_same_frames() -> None:
    """Frames are a function of the seed."""
    assert frames(opened("BTC/USD", "MINA/GBP"), 200) == frames(opened("BTC/USD", "MINA/GBP"), 200)
    assert frames(opened("BTC/USD"), 50) != frames(opened("BTC/USD", seed=8), 50)


def test_reading_changes_nothing() -> None:
    """The crowd does not care who looks at what."""
    read = opened("BTC/USD", "ETH/USD")
    for key in (("book", "ETH/USD", 1000), ("level3", "BTC/USD", 100), ("trade", "BTC/USD", 0), ("ohlc", "ETH/USD", 5)):
        read.open(key, 0)
    read.close(("level3", "BTC/USD", 100))
    assert frames(read, 150) == frames(opened("BTC/USD", "ETH/USD"), 150)


def test_one_step_is_one_message_of_depth_ten() -> None:
    """A step always changes the ten best levels of one book, exactly once."""
    exchange = opened("BTC/USD", "ETH/USD", "MINA/GBP")
    assert len(frames(exchange, 300)) == 300
    assert exchange.events > 300, "events further down come in between"


def test_busy_and_quiet_pairs() -> None:
    """Turns follow the pairs' weights."""
    exchange = opened("BTC/USD", "XRP/USD", "MINA/GBP")
    turns = Counter(json.loads(frame)["data"][0]["symbol"] for frame in frames(exchange, 3_000))
    assert turns["BTC/USD"] > 1.5 * turns["XRP/USD"] > 0
    assert turns["XRP/USD"] > 4 * turns["MINA/GBP"] > 0


def test_timestamps_only_rise() -> None:
    """No two events of a book share a timestamp, even when the clock stands or steps back."""
    exchange = opened("BTC/USD", depth=1000)
    stamps: list[str] = []
    exchange.publish = lambda _key, frame: stamps.append(json.loads(frame)["data"][0]["timestamp"])
    for now in (5_000, 5_000, 4_000, 5_001, 9_000):
        exchange.step(1_000 * now)
    assert stamps == sorted(set(stamps))
    assert stamps[-1] >= rfc3339(9_000)


def test_turns_are_due_at_the_rate() -> None:
    """The crowd's own times come at the rate, in bunches; a regime makes a market busier or quieter."""

    def count(exchange: Exchange, seconds: int) -> int:
        end = exchange.due() + seconds * SECOND
        number = 0
        while exchange.due() < end:
            exchange.step(exchange.due())
            number += 1
        return number

    exchange = opened("BTC/USD", "ETH/USD", rate=200)
    assert 0.85 * 2_000 < count(exchange, 10) < 1.15 * 2_000
    exchange.set_regime(CALM)
    assert count(exchange, 10) < 1_400
    exchange.set_regime(VOLATILE, "BTC/USD")
    assert exchange.listing("BTC/USD", 0).flow.regime is VOLATILE
    assert exchange.listing("ETH/USD", 0).flow.regime is CALM


def test_what_was_missed_is_left_out() -> None:
    """An exchange that was not stepped for long goes on from now, and says what it left out."""
    exchange = opened("BTC/USD", rate=100)
    assert exchange.skip(60 * SECOND) == pytest.approx(6_000, rel=0.1)
    assert exchange.due() >= 60 * SECOND
    assert exchange.skip(30 * SECOND) == 0


def test_the_crowd_waits_while_the_engine_does() -> None:
    """In maintenance nobody trades; a pair can be stopped alone."""
    exchange = opened("BTC/USD", "ETH/USD")
    changes: list[tuple[str, int]] = []
    exchange.changed = lambda symbol, now: changes.append((symbol, now))
    exchange.set_system("maintenance", 5)
    assert frames(exchange, 10) == []
    exchange.set_system("maintenance", 6)
    exchange.set_system("online", 7)
    exchange.set_status("ETH/USD", "cancel_only", 8)
    assert frames(exchange, 5, "ETH/USD") == []
    assert len(frames(exchange, 5, "BTC/USD")) == 5
    assert changes == [("", 5), ("", 7), ("ETH/USD", 8)]


def test_an_account_is_served_like_the_crowd() -> None:
    """`run` is one engine event with its messages; then it is settled, if anything was matched."""
    exchange = opened("BTC/USD")
    settled: list[tuple[str, int]] = []
    exchange.settle = lambda listing, _now: settled.append((listing.pair.symbol, len(listing.market.fills)))
    published: list[tuple[str, str, int | str]] = []
    exchange.publish = lambda key, _frame: published.append(key)
    price = exchange.listing("BTC/USD", 0).market.sides[BID].at(0).price
    resting = exchange.run("BTC/USD", 5, lambda market: market.submit(BID, price, 7, owner=1))
    assert (resting.resting, settled) == (7, [])
    taken = exchange.run("BTC/USD", 6, lambda market: market.submit(BID, None, 5, owner=1))
    assert taken.filled == 5
    assert settled == [("BTC/USD", 1)]
    assert published == [("book", "BTC/USD", 10)] * 2
    listing = exchange.listing("BTC/USD", 0)
    assert (listing.last_price, listing.first_trade_id) == (taken.fills[0].price, 1)


def test_history(naive_book: type) -> None:
    """The truth can be asked for by the timestamp of any message that is still remembered."""
    exchange = opened("BTC/USD", history=50)
    listing = exchange.listing("BTC/USD", 0)
    book = naive_book(10)
    book.apply(exchange.snapshot(("book", "BTC/USD", 10), 0))
    reads = []
    for frame in play(exchange, 120):
        assert book.apply(frame)
        reads.append((book.timestamp, book.sides))
        assert listing.ladder(10, book.timestamp) == listing.ladder(10) == book.sides
    for timestamp, sides in reads[-50:]:
        assert listing.ladder(10, timestamp) == sides
        assert listing.ladder(3, timestamp) == (sides[0][:3], sides[1][:3])
        later = rfc3339(micros(timestamp) + 1)
        if timestamp != reads[-1][0] and later < reads[-1][0]:
            assert listing.ladder(10, later) == sides, "it holds until the next change"
    with pytest.raises(LookupError, match=r"does not reach back to 1970-01-01T00:00:00.000000Z"):
        listing.ladder(10, rfc3339(0))
    with pytest.raises(ValueError, match="keeps the 10 best levels, not 25"):
        listing.ladder(25, reads[-1][0])


def test_history_is_bounded_and_off_by_default() -> None:
    """Memory does not grow with messages."""
    exchange = opened("BTC/USD", history=20)
    frames(exchange, 500)
    assert len(exchange.listing("BTC/USD", 0).history._moments) <= 40
    forgetful = opened("BTC/USD")
    stamp = json.loads(frames(forgetful, 1)[0])["data"][0]["timestamp"]
    with pytest.raises(LookupError):
        forgetful.listing("BTC/USD", 0).ladder(10, stamp)
