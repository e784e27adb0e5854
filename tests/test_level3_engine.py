"""The engine's Python surface for level 3 beside what the vectors say of its answers: handles, values, arguments."""

import operator
from collections.abc import Callable
from decimal import Decimal

import pytest

from havklo import BookNotLive, BookState, BookUpdate, ConfigurationError, UnknownSymbol
from havklo._engine import Book, Desync, Engine, Level3Book, Level3Update, MalformedFrame
from reference.checksum import checksum
from reference.level3.documented import ASKS, BIDS, SUM
from reference.level3.market import Market, add, bitcoin, delete, modify
from reference.market import book_text

BID = [order_id for order_id, *_ in BIDS]
ASK = [order_id for order_id, *_ in ASKS]
READS: list[Callable[[Level3Book], object]] = [
    lambda book: book.orders("bid"),
    lambda book: book.order(BID[0]),
    lambda book: book.queue_position(BID[0]),
    lambda book: book.order_count("bid", 0),
    operator.attrgetter("priority"),
    lambda book: book.bids(),
    lambda book: book.vwap("buy", "1"),
]


@pytest.fixture
def market() -> Market:
    """The exchange's side: the documented book."""
    return bitcoin()


@pytest.fixture
def engine(market: Market) -> Engine:
    """An engine with the documented book, live."""
    made = Engine()
    made.track("BTC/USD", channel="level3")
    made.receive(market.snapshot().encode(), 1_000)
    return made


@pytest.fixture
def book(engine: Engine) -> Level3Book:
    """Its book."""
    return engine.level3("BTC/USD")


def _update(engine: Engine, text: str) -> Level3Update:
    result = engine.receive(text.encode(), 2_000)
    assert isinstance(result, Level3Update)
    return result


def test_it_is_a_book(engine: Engine, book: Level3Book) -> None:
    """What every book answers is answered from levels that are sums over the orders."""
    assert isinstance(book, Book)
    assert isinstance(engine.book("BTC/USD"), Level3Book)
    assert book.checksum == SUM
    assert book.best_bid is not None
    assert tuple(book.best_bid) == (Decimal("44939.4"), Decimal("3.55788870"))
    assert book.spread == Decimal("0.1")
    assert (len(book.bids()), len(book.asks())) == (10, 10)
    assert book.vwap("buy", "1").price == Decimal("44939.5")
    assert book.state is BookState.LIVE


def test_orders_by_level_and_all(book: Level3Book) -> None:
    """First to be filled first; beyond the book there is none."""
    assert [order.order_id for order in book.orders("bid", 0)] == BID[:8]
    assert [order.order_id for order in book.orders("ask", level=0)] == ASK[:4]
    assert [order.order_id for order in book.orders("bid")] == BID
    assert not book.orders("ask", 10)
    assert not book.orders("ask", 10**9)
    assert [book.order_count("bid", level) for level in (0, 1, 3, 10)] == [8, 1, 5, 0]


def test_an_order(book: Level3Book) -> None:
    """An order says what Kraken says of it, to the last digit and nanosecond."""
    order = book.order(BID[0])
    assert order is not None
    assert (order.order_id, order.side, order.limit_price, order.order_qty) == (
        "OTCFZG-YOE2Q-LQKNM3",
        "bid",
        Decimal("44939.4"),
        Decimal("0.88968699"),
    )
    assert order.timestamp_ns == 1_704_716_799_526_146_327
    assert order.proven
    assert f"{book.orders('bid', 1)[0].order_qty:f}" == "0.03346877"
    assert book.order("ONOBODY") is None
    with pytest.raises(AttributeError):
        order.order_qty = Decimal(1)  # type: ignore[misc]


@pytest.mark.parametrize("order_id", ["ONOBODY", "", "O" * 32, "Ω", "\0"])
def test_a_place_that_is_unknown(book: Level3Book, order_id: str) -> None:
    """An id that the book does not hold, or that can be none, has an unknown place; nothing is raised."""
    place = book.queue_position(order_id)
    assert place.exactness == "unknown"
    assert (place.orders_ahead, place.qty_ahead, place.qty_level, place.rank, place.level) == (None,) * 5
    assert book.order(order_id) is None


def test_places_move_up(engine: Engine, market: Market, book: Level3Book) -> None:
    """Those ahead leave, are filled and come behind: the place follows, and one that was read stays as it was."""
    before = book.queue_position(BID[3])
    assert (before.orders_ahead, before.rank, before.level) == (3, 4, 0)
    assert (before.qty_ahead, before.qty_level) == (Decimal("1.44178699"), Decimal("3.55788870"))
    _update(engine, market.update(bids=[delete(BID[1])]))
    _update(engine, market.update(bids=[modify(BID[0], "0.10000000"), add("ONEW-1", "44939.4", "5.00000000")]))
    after = book.queue_position(BID[3])
    assert (after.orders_ahead, after.qty_ahead) == (2, Decimal("0.20000000"))
    assert before.orders_ahead == 3
    assert book.queue_position("ONEW-1").rank == 8
    # A better price comes: the place in the queue is the same, its level is not.
    _update(engine, market.update(bids=[add("ONEW-2", "44939.45", "1.00000000")]))
    assert (book.queue_position(BID[3]).level, book.queue_position(BID[3]).rank) == (1, 3)


def test_places_are_values(book: Level3Book) -> None:
    """Equal places are equal, and may be keys."""
    assert book.queue_position(BID[3]) == book.queue_position(BID[3])
    assert book.queue_position(BID[3]) != book.queue_position(BID[4])
    assert len({book.queue_position(BID[3]), book.queue_position(BID[3]), book.queue_position(ASK[0])}) == 2


def test_below_the_sum_places_are_bounded() -> None:
    """What no sum covers is told apart from what is proven."""
    bids = [(f"O{rank}", f"{1000 - rank}", f"{rank + 1}") for rank in range(12)]
    engine = Engine()
    book = engine.track("BTC/USD", 100, channel="level3")
    _update(engine, Market("BTC/USD", bids, [("OA", "2000", "1")], depth=100).snapshot())
    assert [book.queue_position(f"O{rank}").exactness for rank in (0, 9, 10, 11)] == ["exact"] * 2 + ["bounded"] * 2
    proven = [order.proven for order in book.orders("bid")]
    assert proven == [True] * 10 + [False] * 2


@pytest.mark.parametrize("read", READS)
def test_a_lost_book_does_not_answer(
    engine: Engine, market: Market, book: Level3Book, read: Callable[..., object]
) -> None:
    """Whatever is asked of a book that is not proven is refused with its state; the next snapshot heals."""
    read(book)
    frame = market.update(bids=[delete(BID[0])])
    assert isinstance(engine.receive(frame.replace(f":{market.sum}", ":1").encode(), 0), Desync)
    with pytest.raises(BookNotLive) as caught:
        read(book)
    assert caught.value.state is BookState.DESYNCED
    _update(engine, market.snapshot())
    read(book)
    engine.suspend("BTC/USD", "a test")
    with pytest.raises(BookNotLive):
        read(book)
    engine.untrack("BTC/USD")
    with pytest.raises(BookNotLive):
        read(book)


@pytest.mark.parametrize("side", ["bids", "buy", "", "BID"])
def test_sides_are_named(book: Level3Book, side: str) -> None:
    """A side is bid or ask."""
    with pytest.raises(ConfigurationError, match=r"bid"):
        book.orders(side)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"bid"):
        book.order_count(side, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{"depth": 25}, {"depth": 500}, {"depth": 0}, {"channel": "level4"}, {"channel": ""}], ids=str
)
def test_settings_that_kraken_does_not_offer(settings: dict[str, object]) -> None:
    """Level 3 has depths of its own."""
    with pytest.raises(ConfigurationError):
        Engine().track("BTC/USD", **{"channel": "level3", **settings})  # type: ignore[call-overload]


def test_one_symbol_is_kept_for_one_channel(engine: Engine, market: Market) -> None:
    """Frames of the other channel are nobody's; a symbol that is tracked anew starts anew, as what is asked for."""
    engine.track("ETH/USD")
    with pytest.raises(UnknownSymbol):
        engine.level3("ETH/USD")
    with pytest.raises(UnknownSymbol):
        engine.level3("XRP/USD")
    bids = [("45283.5", "0.10000000")]
    frame = book_text("snapshot", "BTC/USD", bids, [], checksum=checksum(bids, []))
    assert engine.receive(frame.encode(), 0) is None
    assert engine.level3("BTC/USD").state is BookState.LIVE
    assert engine.receive(market.snapshot().replace("BTC/USD", "ETH/USD").encode(), 0) is None
    engine.track("BTC/USD")
    assert isinstance(engine.receive(frame.encode(), 0), BookUpdate)
    assert engine.receive(market.snapshot().encode(), 0) is None
    with pytest.raises(UnknownSymbol):
        engine.level3("BTC/USD")


def test_an_update_tells_its_time(engine: Engine, market: Market) -> None:
    """The message's time as text and as nanoseconds; what it has not, is None."""
    text = market.update(bids=[delete(BID[0])])
    update = _update(engine, text)
    assert update.timestamp == "2026-08-02T04:23:42.000000002Z"
    assert update.timestamp_ns == 1_785_644_622_000_000_002
    assert update.recv_ns == 2_000
    text = market.update(bids=[delete(BID[1])])
    update = _update(engine, text.replace(f',"timestamp":"{market.now}"}}]}}', "}]}"))
    assert (update.timestamp, update.timestamp_ns) == (None, None)


def test_a_conflated_update(engine: Engine, market: Market) -> None:
    """It stands for others too, so it has no changes, and all else as before."""
    update = _update(engine, market.update(bids=[delete(BID[0])]))
    many = update.conflate(3)
    assert (many.conflated, many.changes) == (3, ())
    assert (many.checksum, many.top, many.recv_ns) == (update.checksum, update.top, update.recv_ns)
    assert (update.conflated, len(update.changes)) == (0, 1)


def test_a_frame_without_a_book_is_malformed(engine: Engine) -> None:
    """What can't be put to a book is raised, and disturbs none."""
    with pytest.raises(MalformedFrame):
        engine.receive(b'{"channel":"level3"', 0)
    assert engine.level3("BTC/USD").state is BookState.LIVE


def test_evidence_is_named(book: Level3Book) -> None:
    """A verdict for each kind of amend, with what it rests on."""
    priority = book.priority
    assert (priority.qty_down, priority.qty_up, priority.price) == ("undecided",) * 3
    assert priority.evidence == {"qty_down": (0, 0, 0), "qty_up": (0, 0, 0), "price": (0, 0, 0)}
