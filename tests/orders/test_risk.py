"""The user's limits: each holds at its edge, and what can't be told counts as passed."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from havklo import Book
from havklo._engine import Engine
from havklo.errors import ConfigurationError
from havklo.errors.trading import RiskLimitExceeded, TradingLocked
from havklo.instruments import Pair
from havklo.orders import Limit, Market, OrderRequest, StopLoss, StopLossLimit, TrailingStopLimit
from havklo.orders.risk import Risk, RiskLimits
from orders.market import PAIR

D = Decimal
SECOND = 1_000_000_000

# The book of Kraken's documentation: 45283.5 to 45285.2, its middle 45284.35, one coin and a half at the second ask.
ASKS = (
    "45285.2 0.00100000; 45286.4 1.54571953; 45286.6 1.54571109; 45289.6 1.54560911; 45290.2 0.15890660; "
    "45291.8 1.54553491; 45294.7 0.04454749; 45296.1 0.35380000; 45297.5 0.09945542; 45299.5 0.18772827"
)
BIDS = (
    "45283.5 0.10000000; 45283.4 1.54582015; 45282.1 0.10000000; 45281.0 0.10000000; 45280.3 1.54592586; "
    "45279.0 0.07990000; 45277.6 0.03310103; 45277.5 0.30000000; 45277.3 1.54602737; 45276.6 0.15445238"
)
CHECKSUM = 3310070434


def side(levels: str) -> str:
    """One side of the snapshot."""
    rows = (level.split() for level in levels.split("; "))
    return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in rows)


@pytest.fixture
def book() -> Book:
    """A book that is live."""
    engine = Engine()
    tracked = engine.track("BTC/USD", depth=10)
    frame = (
        f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"BTC/USD","bids":[{side(BIDS)}],'
        f'"asks":[{side(ASKS)}],"checksum":{CHECKSUM},"timestamp":"2023-10-06T17:35:55.440295Z"}}]}}'
    )
    engine.receive(frame.encode(), 0)
    assert tracked.state == "live"
    return tracked


@pytest.fixture
def dead() -> Book:
    """A book that awaits its snapshot."""
    return Engine().track("BTC/USD", depth=10)


def limit(side: Any = "buy", qty: str = "0.1", price: str = "45283.5") -> Limit:
    """An order at the best bid."""
    return Limit("BTC/USD", side, qty=qty, price=price)


def held(
    limits: RiskLimits, request: OrderRequest, book: Book | None = None, *, open_orders: int = 0, pair: Pair = PAIR
) -> RiskLimitExceeded | None:
    """Which limit an order passes."""
    try:
        Risk(limits).check(request, pair, now=0, open_orders=open_orders, book=book)
    except RiskLimitExceeded as exceeded:
        return exceeded
    return None


def told(exceeded: RiskLimitExceeded | None) -> tuple[str, object, object] | None:
    """What the error says."""
    return None if exceeded is None else (exceeded.limit, exceeded.value, exceeded.allowed)


def test_without_limits_everything_goes() -> None:
    """As far as it is not locked."""
    risk = Risk()
    risk.check(limit(), PAIR, now=0, open_orders=10_000, book=None)
    assert repr(risk) == "<Risk open>"


def test_the_lock_lets_nothing_out_until_it_is_opened() -> None:
    """Neither orders nor changes; its first reason stays."""
    risk = Risk()
    risk.lock("daily loss")
    risk.lock("again")
    with pytest.raises(TradingLocked, match="daily loss") as locked:
        risk.check(limit(), PAIR, now=0, open_orders=0, book=None)
    assert locked.value.reason == risk.locked == "daily loss"
    assert repr(risk) == "<Risk locked: daily loss>"
    with pytest.raises(TradingLocked):
        risk.check_amend(PAIR, "buy", qty=D(1), price=D(1), book=None)
    risk.unlock()
    risk.check(limit(), PAIR, now=0, open_orders=0, book=None)
    assert risk.locked is None


def test_only_the_named_pairs_are_traded() -> None:
    """By any of their usual names."""
    assert held(RiskLimits(symbols=frozenset({"xbt/usd"})), limit()) is None
    other = held(RiskLimits(symbols=frozenset({"ETH/USD"})), limit())
    assert told(other) == ("symbols", "BTC/USD", "ETH/USD")
    assert other is not None
    assert other.symbol == "BTC/USD"


def test_the_largest_quantity_is_allowed_and_no_more() -> None:
    """Of the pairs that it is named for."""
    limits = RiskLimits(max_qty={"btc/usd": D("0.1"), "ETH/USD": D(1)})
    assert held(limits, limit()) is None
    assert told(held(limits, limit(qty="0.1001"))) == ("max_qty", D("0.1001"), D("0.1"))
    assert held(limits, limit(qty="9"), pair=msgspec.structs.replace(PAIR, symbol="SOL/USD")) is None


def test_what_is_spent_counts_as_what_it_may_buy(book: Book, dead: Book) -> None:
    """At the best ask; without a proven book nobody knows."""
    limits = RiskLimits(max_qty={"BTC/USD": D(1)})
    assert held(limits, Market("BTC/USD", "buy", cash_qty="45285.2"), book) is None
    assert told(held(limits, Market("BTC/USD", "buy", cash_qty="45285.3"), book)) is not None
    for unknown in (None, dead):
        assert told(held(limits, Market("BTC/USD", "buy", cash_qty=1), unknown)) == ("max_qty", None, D(1))


def test_the_largest_worth_is_allowed_and_no_more(book: Book) -> None:
    """At the order's own price, at its trigger, at what the book asks for all of it, or what it spends."""
    limits = RiskLimits(max_notional={"usd": D("4528.35")})
    assert held(limits, limit()) is None
    assert told(held(limits, limit(price="45283.6"))) == ("max_notional", D("4528.36"), D("4528.35"))
    assert held(limits, StopLoss("BTC/USD", "sell", qty="0.1", trigger="45283.5")) is None
    assert held(limits, StopLoss("BTC/USD", "sell", qty="0.1", trigger="45283.6")) is not None
    assert held(limits, Market("BTC/USD", "sell", qty="0.1"), book) is None
    assert held(limits, Market("BTC/USD", "buy", qty="0.1"), book) is not None
    assert held(limits, Market("BTC/USD", "buy", cash_qty="4528.35")) is None
    assert held(limits, Market("BTC/USD", "buy", cash_qty="4528.36")) is not None
    assert told(held(limits, Market("BTC/USD", "sell", qty="0.1"))) == ("max_notional", None, D("4528.35"))
    assert held(RiskLimits(max_notional={"EUR": D(1)}), limit()) is None


def test_a_book_that_is_too_thin_tells_no_worth(book: Book) -> None:
    """Ten levels hold seven coins."""
    limits = RiskLimits(max_notional={"USD": D(10**9)})
    assert held(limits, Market("BTC/USD", "buy", qty=7), book) is None
    assert told(held(limits, Market("BTC/USD", "buy", qty=8), book)) == ("max_notional", None, D(10**9))


def test_the_collar_is_around_the_middle_of_the_book(book: Book) -> None:
    """Ten hundredths of a percent of 45284.35 are 45.28435; only the worse side counts."""
    limits = RiskLimits(collar_bps=D(10))
    assert held(limits, limit(price="45329.6"), book) is None
    assert told(held(limits, limit(price="45329.7"), book)) is not None
    assert held(limits, limit(price="1"), book) is None
    assert held(limits, limit("sell", price="45239.1"), book) is None
    exceeded = held(limits, limit("sell", price="45239.0"), book)
    assert exceeded is not None
    assert exceeded.limit == "collar_bps"
    assert isinstance(exceeded.value, Decimal)
    assert D(10) < exceeded.value < D("10.1")


def test_the_collar_holds_market_orders_at_what_the_book_has_for_them(book: Book) -> None:
    """A quarter of a hundredth of a percent for the first coins, more for all of them."""
    limits = RiskLimits(collar_bps=D("0.5"))
    assert held(limits, Market("BTC/USD", "buy", qty=1), book) is None
    assert held(limits, Market("BTC/USD", "buy", qty=5), book) is not None
    assert held(limits, Market("BTC/USD", "buy", cash_qty=45_000), book) is None
    assert told(held(limits, Market("BTC/USD", "buy", qty=8), book)) == ("collar_bps", None, D("0.5"))


def test_the_collar_of_a_stop_is_around_its_trigger() -> None:
    """What it trades at is measured when it starts; without a limit of its own nothing is known."""
    limits = RiskLimits(collar_bps=D(100))
    stop = {"qty": "0.1", "trigger": "40000"}
    assert held(limits, StopLossLimit("BTC/USD", "sell", **stop, price="39600")) is None
    assert held(limits, StopLossLimit("BTC/USD", "sell", **stop, price="39599.9")) is not None
    assert held(limits, StopLoss("BTC/USD", "sell", **stop)) is None
    trailing = TrailingStopLimit("BTC/USD", "sell", qty=1, trigger=5, trigger_type="pct", price="-1")
    assert held(limits, trailing) is None


def test_without_a_proven_book_the_collar_holds_everything_back(dead: Book) -> None:
    """A price that can't be measured is not let out."""
    for unknown in (None, dead):
        assert told(held(RiskLimits(collar_bps=D(10)), limit(), unknown)) == ("collar_bps", None, D(10))


def test_orders_may_need_a_live_book(book: Book, dead: Book) -> None:
    """If asked for."""
    limits = RiskLimits(needs_live_book=True)
    assert held(limits, limit(), book) is None
    assert told(held(limits, limit(), dead)) == ("needs_live_book", "awaiting", "live")
    assert told(held(limits, limit())) == ("needs_live_book", "no book", "live")


def test_so_many_orders_may_be_open() -> None:
    """The new one included."""
    limits = RiskLimits(max_open=3)
    assert held(limits, limit(), open_orders=2) is None
    assert told(held(limits, limit(), open_orders=3)) == ("max_open", 4, 3)


def test_so_many_orders_may_go_out_in_any_second() -> None:
    """One that was held back does not count, and neither does a change."""
    risk = Risk(RiskLimits(max_per_second=2, max_qty={"BTC/USD": D(1)}))

    def place(now: int, qty: str = "0.1") -> None:
        risk.check(limit(qty=qty), PAIR, now=now, open_orders=0, book=None)

    place(0)
    with pytest.raises(RiskLimitExceeded, match="max_qty"):
        place(0, qty="2")
    risk.check_amend(PAIR, "buy", qty=D(1), price=D(1), book=None)
    place(SECOND // 2)
    with pytest.raises(RiskLimitExceeded, match=r"max_per_second: 3.*0\.001 s"):
        place(SECOND - 1_000_000)
    place(SECOND)
    with pytest.raises(RiskLimitExceeded):
        place(SECOND)
    place(SECOND + SECOND // 2)


def test_changes_are_held_to_the_same_limits(book: Book) -> None:
    """As the orders that they make."""
    risk = Risk(RiskLimits(max_qty={"BTC/USD": D(1)}, max_notional={"USD": D(45_000)}, collar_bps=D(10)))
    risk.check_amend(PAIR, "buy", qty=D("0.9"), price=D(45_000), book=book)
    for limited, qty, price in (("max_qty", "1.1", "1"), ("max_notional", "1", "45000.1"), ("collar", "0.1", "45400")):
        with pytest.raises(RiskLimitExceeded, match=limited):
            risk.check_amend(PAIR, "buy", qty=D(qty), price=D(price), book=book)
    risk.check_amend(PAIR, "buy", qty=D("0.1"), price=None, waits=True, book=book)


@pytest.mark.parametrize(
    "limits",
    [
        {"max_qty": {"BTC/USD": 0.1}},
        {"max_qty": {"BTC USD": D(1)}},
        {"max_notional": {"USD": D(0)}},
        {"collar_bps": D("nan")},
        {"max_open": True},
        {"max_open": 0},
        {"max_per_second": 1.5},
        {"max_per_second": D("1.5")},
        {"symbols": frozenset({"no symbol"})},
    ],
)
def test_what_is_no_limit_is_refused(limits: dict[str, Any]) -> None:
    """Floats, nothing, what is not finite, and names that are none."""
    with pytest.raises(ConfigurationError):
        RiskLimits(**limits)


def test_a_repr_shows_the_limits_that_are_set() -> None:
    """As they hold."""
    assert repr(RiskLimits(max_open=3, collar_bps=D(10))) == "RiskLimits(collar_bps=Decimal('10'), max_open=3)"
