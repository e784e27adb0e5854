"""The engine's Python surface beside what the vectors say of its answers: handles, values, arguments, errors."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from havklo import BookNotLive, BookState, BookUpdate, ConfigurationError, Desync, NumberTooLarge, UnknownSymbol
from havklo._engine import Book, Engine
from havklo.events import DesyncReason
from reference.checksum import checksum
from reference.market import book_text

BIDS = [["45283.5", "0.10000000"], ["45283.4", "1.54582015"], ["45282.1", "0.10000000"]]
ASKS = [["45285.2", "0.00100000"], ["45286.4", "1.54571953"], ["45286.6", "1.54571109"]]


def snapshot(bids: list[list[str]], asks: list[list[str]], symbol: str = "BTC/USD") -> bytes:
    """A snapshot frame with its right checksum."""
    return book_text("snapshot", symbol, bids, asks, checksum=checksum(bids, asks)).encode()


@pytest.fixture
def engine() -> Engine:
    """An engine with one live book of three levels a side."""
    made = Engine()
    made.track("BTC/USD")
    made.receive(snapshot(BIDS, ASKS), 1_000)
    return made


@pytest.fixture
def btc(engine: Engine) -> Book:
    """Its book."""
    return engine.book("BTC/USD")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_are_taken(kind: Callable[[bytes], bytes]) -> None:
    """Bytes and what looks like them give the same answers, one by one and many at once, by position or name."""
    engine = Engine()
    book = engine.track("BTC/USD")
    frame = kind(snapshot(BIDS, ASKS))
    one = engine.receive(frame=frame, recv_ns=7)
    (many,) = engine.receive_many(frames=[(frame, 7)])
    assert repr(one) == repr(many)
    assert book.state is BookState.LIVE
    assert book.recv_ns == 7


@pytest.mark.parametrize("frame", ["text", 3, None])
def test_what_is_no_bytes_is_refused(engine: Engine, frame: object) -> None:
    """A wrong type is the caller's mistake, and disturbs no book."""
    with pytest.raises(TypeError, match="bytes-like"):
        engine.receive(frame, 0)  # type: ignore[arg-type]
    assert engine.book("BTC/USD").state is BookState.LIVE


def test_a_book_answers(btc: Book) -> None:
    """Best levels, spread, mid and depth are those of the snapshot, exact."""
    assert btc.best_bid is not None
    assert btc.best_ask is not None
    assert tuple(btc.best_bid) == (Decimal("45283.5"), Decimal("0.10000000"))
    assert str(btc.best_ask.qty) == "0.00100000"
    assert (btc.spread, btc.mid) == (Decimal("1.7"), Decimal("45284.35"))
    assert btc.top is not None
    assert (btc.top.bid, btc.top.ask) == (btc.best_bid, btc.best_ask)
    assert [str(level.price) for level in btc.bids(2)] == ["45283.5", "45283.4"]
    assert len(btc.asks()) == 3
    assert (btc.depth, btc.proven_depth, btc.crossed) == (10, 10, False)
    assert hash(btc.best_bid) == hash(btc.bids(1)[0])
    assert repr(btc) == "<Book BTC/USD depth 10 live>"


def test_a_sweep(btc: Book) -> None:
    """The cost of size is exact, says what the book lacks, and is measured from the mid."""
    sweep = btc.vwap("buy", "1.0")
    cost = Decimal("45285.2") * Decimal("0.001") + Decimal("45286.4") * Decimal("0.999")
    assert (sweep.price, sweep.filled, sweep.unfilled, sweep.levels, sweep.proven) == (cost, 1, 0, 2, True)
    assert sweep.slippage_bps == (cost - Decimal("45284.35")) / Decimal("45284.35") * 10_000
    thin = btc.vwap("sell", Decimal(100))
    assert thin.filled + thin.unfilled == 100
    assert thin.filled == sum(level.qty for level in btc.bids())


@pytest.mark.parametrize(
    ("side", "qty", "words"),
    [
        ("buy", 1.5, "float"),
        ("buy", "0", "above 0"),
        ("buy", "-1", "above 0"),
        ("buy", "lots", "above 0"),
        ("hold", "1", "'buy' or 'sell'"),
    ],
)
def test_a_sweep_that_cannot_be_meant(btc: Book, side: str, qty: object, words: str) -> None:
    """A float, a quantity that is none, and a side that is none are refused with words."""
    with pytest.raises(ConfigurationError, match=words):
        btc.vwap(side, qty)  # type: ignore[arg-type]


def test_imbalance_and_weighted_mid(btc: Book) -> None:
    """Both follow their formulas, to 28 digits."""
    bid, ask = Decimal("0.1"), Decimal("0.001")
    assert btc.imbalance(1) == (bid - ask) / (bid + ask)
    weight = bid / (bid + ask)
    exact = Decimal("45285.2") * weight + Decimal("45283.5") * (1 - weight)
    assert btc.microprice is not None
    assert abs(btc.microprice - exact) < Decimal("1e-20")
    with pytest.raises(ConfigurationError, match="one level"):
        btc.imbalance(0)


def test_arrays(btc: Book) -> None:
    """Ticks and lots are integers with their scales; floats are the nearest."""
    arrays = btc.to_numpy()
    assert arrays.bid_price.dtype == np.int64
    assert arrays.bid_price.tolist() == [452835, 452834, 452821]
    assert arrays.ask_qty.tolist() == [100000, 154571953, 154571109]
    assert (arrays.price_scale, arrays.qty_scale) == (1, 8)
    bids, asks = btc.to_floats()
    assert bids.shape == asks.shape == (3, 2)
    assert bids[0].tolist() == [45283.5, 0.1]


def test_arrays_beyond_64_bits() -> None:
    """A number that an int64 does not hold raises instead of wrapping."""
    engine = Engine()
    book = engine.track("BIG/USD")
    engine.receive(snapshot([["0.1", "12345678901234567890.12345678"]], [], "BIG/USD"), 0)
    assert str(book.bids()[0].qty) == "12345678901234567890.12345678"
    with pytest.raises(NumberTooLarge, match="64 bits"):
        book.to_numpy()


def test_a_lost_book_keeps_its_last_state_for_who_asks(engine: Engine, btc: Book) -> None:
    """Reads raise, `top` is None, and `peek` has what was proven last, with its age."""
    wrong = book_text("update", "BTC/USD", [["45283.5", "9.00000000"]], [], checksum=1).encode()
    desync = engine.receive(wrong, 2_000)
    assert isinstance(desync, Desync)
    assert (desync.reason, desync.expected, desync.symbols) == (DesyncReason.CHECKSUM, 1, ("BTC/USD",))
    with pytest.raises(BookNotLive) as caught:
        btc.best_bid  # noqa: B018  # the read is the test
    assert caught.value.state is BookState.DESYNCED
    assert str(desync.computed) in caught.value.reason
    assert btc.top is None
    peek = btc.peek(now_ns=5_000)
    assert peek.snapshot is not None
    assert (str(peek.snapshot.bids[0].qty), peek.age_ns, peek.state) == ("0.10000000", 4_000, BookState.DESYNCED)
    assert btc.age_ns(now_ns=1_500) == 500
    statistics = btc.statistics()
    assert (statistics.messages, statistics.verified, statistics.desyncs) == (2, 1, {DesyncReason.CHECKSUM: 1})


def test_an_untracked_book_is_closed(engine: Engine, btc: Book) -> None:
    """A handle outlives its book and says so; a book tracked later under the name is another one."""
    engine.untrack("BTC/USD")
    assert btc.state is BookState.CLOSED
    with pytest.raises(BookNotLive, match="closed"):
        btc.snapshot()
    assert btc.peek().snapshot is None
    engine.track("BTC/USD")
    engine.receive(snapshot(BIDS, ASKS), 0)
    assert btc.state is BookState.CLOSED
    assert engine.book("BTC/USD").state is BookState.LIVE


def test_unknown_symbols(engine: Engine) -> None:
    """What is not tracked can't be asked for, suspended or untracked."""
    for ask in (engine.book, engine.untrack, engine.suspend):
        with pytest.raises(UnknownSymbol, match="NOPE/USD"):
            ask("NOPE/USD")
    assert engine.symbols == ("BTC/USD",)


@pytest.mark.parametrize(
    "settings",
    [{"depth": 11}, {"depth": 0}, {"depth": -10}, {"depth": 10**40}, {"precision": (29, 0)}, {"channel": "trade"}],
    ids=str,
)
def test_settings_that_cannot_work(settings: dict[str, object]) -> None:
    """A depth, precision or channel that can never work is refused at once."""
    with pytest.raises(ConfigurationError):
        Engine().track("BTC/USD", **settings)  # type: ignore[arg-type]


def test_rules_are_named() -> None:
    """Any iterable of the rules' names will do; an unknown name is refused."""
    Engine(rules={"short_side"})
    Engine(rules=())
    with pytest.raises(ConfigurationError, match="'no_such_rule'"):
        Engine(rules=["no_such_rule"])


def test_a_conflated_update(engine: Engine) -> None:
    """It is the same instant, stands for the earlier ones, and shows no changes that would mislead."""
    update = engine.receive(snapshot(BIDS, ASKS), 3)
    assert isinstance(update, BookUpdate)
    assert len(update.changes) == 6
    conflated = update.conflate(4)
    assert (conflated.conflated, conflated.changes) == (4, ())
    assert (conflated.top, conflated.checksum, conflated.recv_ns) == (update.top, update.checksum, 3)
