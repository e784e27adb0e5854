"""All markets together: turns, time and history."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs
from havklo.sim.wire.stamps import micros, rfc3339


def play(exchange: Exchange, n: int, symbol: str | None = None, depth: int = 10) -> Iterator[bytes]:
    """The messages of one depth of the next n steps, a thousand to the second, each as it happens."""
    for number in range(n):
        for publication in exchange.step(1_000 * number, symbol):
            yield from (frame for its_depth, frame in publication.messages if its_depth == depth)


def frames(exchange: Exchange, n: int, symbol: str | None = None, depth: int = 10) -> list[bytes]:
    """The same as a list."""
    return list(play(exchange, n, symbol, depth))


def opened(*symbols: str, seed: int = 7, depth: int = 10, history: int = 0) -> Exchange:
    """An exchange with a window on each symbol."""
    exchange = Exchange(pairs(symbols), seed=seed, history=history)
    for symbol in symbols:
        exchange.listing(symbol, 0).feed.open(depth)
    return exchange


def test_same_seed_same_frames() -> None:
    """Frames are a function of the seed."""
    assert frames(opened("BTC/USD", "MINA/GBP"), 200) == frames(opened("BTC/USD", "MINA/GBP"), 200)
    assert frames(opened("BTC/USD"), 50) != frames(opened("BTC/USD", seed=8), 50)


def test_markets_are_independent() -> None:
    """What happens in one market does not depend on which others there are, or on who looks at what."""
    alone = frames(opened("ETH/USD"), 100, "ETH/USD")
    crowd = opened("BTC/USD", "ETH/USD", "XRP/USD")
    crowd.listing("ETH/USD", 0).feed.open(1000)
    frames(crowd, 50, "BTC/USD")
    assert frames(crowd, 100, "ETH/USD") == alone


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
    for now in (5_000, 5_000, 4_000, 5_001, 9_000):
        for publication in exchange.step(now):
            stamps += [json.loads(frame)["data"][0]["timestamp"] for _, frame in publication.messages]
    assert stamps == sorted(set(stamps))
    assert stamps[-1] >= rfc3339(9_000)


def test_history(naive_book: type) -> None:
    """The truth can be asked for by the timestamp of any message that is still remembered."""
    exchange = opened("BTC/USD", history=50)
    listing = exchange.listing("BTC/USD", 0)
    book = naive_book(10)
    book.apply(listing.snapshot(10))
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
