"""The price of size and of a move, and the prices between the quotes, against the reference and against the engine."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import isnan
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.reference.books import sweep_cost, sweep_qty, to_move
from havklo import analytics
from havklo._engine import Book, Engine
from havklo.errors import BookNotLive, ConfigurationError
from havklo.sim.wire.checksum import checksum

Rows = list[tuple[str, str]]
SIDES: list[Literal["buy", "sell"]] = ["buy", "sell"]


def live(bids: Rows, asks: Rows, depth: int = 25) -> Book:
    """A live book with these levels."""
    engine = Engine()
    book = engine.track("BTC/USD", depth)
    rows = [",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in side) for side in (bids, asks)]
    frame = (
        f'{{"channel":"book","type":"snapshot","data":[{{"symbol":"BTC/USD","bids":[{rows[0]}],"asks":[{rows[1]}],'
        f'"checksum":{checksum(bids, asks)}}}]}}'
    )
    engine.receive(frame.encode(), 1)
    return book


def drawn(seed: int) -> tuple[Rows, Rows]:
    """Some levels a side; a side may be empty."""
    random = Random(seed)
    sides: list[Rows] = []
    for sign in (-1, 1):
        ticks = sorted(random.sample(range(1, 60), random.choice((0, 1, 5, 14))))
        sides.append([(f"{(5000 + sign * tick) / 10:.1f}", f"{random.randint(1, 900) / 100:.2f}") for tick in ticks])
    return sides[0], sides[1]


def exact(rows: Rows) -> list[tuple[Decimal, Decimal]]:
    """Levels as numbers."""
    return [(Decimal(price), Decimal(qty)) for price, qty in rows]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SIDES), st.decimals("0.01", "150", places=2))
def test_a_quantity(seed: int, side: Literal["buy", "sell"], qty: Decimal) -> None:
    """Cost, fill and slippage are the reference's, whatever the caller's context; the price is the engine's."""
    bids, asks = drawn(seed)
    book = live(bids, asks)
    filled, cost, levels = sweep_qty(exact(asks if side == "buy" else bids), qty)
    with localcontext(prec=3):
        swept = analytics.sweep(book, side, qty=qty, tick="0.1")
    assert (Fraction(swept.filled), Fraction(swept.cost), swept.levels) == (filled, cost, levels)
    assert Fraction(swept.unfilled or 0) == Fraction(qty) - filled
    assert swept.unspent is None
    engine = book.vwap(side, qty)
    assert (swept.price, swept.proven, swept.filled) == (engine.price, engine.proven, engine.filled)
    if bids and asks:
        mid = (Fraction(bids[0][0]) + Fraction(asks[0][0])) / 2
        d = 1 if side == "buy" else -1
        assert swept.slippage is not None
        assert Fraction(swept.slippage) == d * (cost - mid * filled)
        assert engine.slippage_bps is not None
        assert swept.slippage_bps == pytest.approx(float(engine.slippage_bps), abs=1e-9)
        assert swept.slippage_ticks == pytest.approx(float(d * (cost / filled - mid) * 10), abs=1e-9)
    else:
        assert swept.slippage is swept.mid is None
        assert isnan(swept.slippage_bps)
        assert isnan(swept.slippage_ticks)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SIDES), st.decimals("0.01", "60000", places=2))
def test_a_sum(seed: int, side: Literal["buy", "sell"], cost: Decimal) -> None:
    """What a sum takes is exact to 28 digits, and what it can't take is left."""
    bids, asks = drawn(seed)
    filled, spent, levels = sweep_cost(exact(asks if side == "buy" else bids), cost)
    swept = analytics.sweep(live(bids, asks), side, cost=cost)
    assert float(swept.filled) == pytest.approx(float(filled), rel=1e-25)
    assert Fraction(swept.filled) <= filled
    assert (Fraction(swept.cost), swept.levels, swept.unfilled) == (spent, levels, None)
    assert Fraction(swept.unspent or 0) == Fraction(cost) - spent


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SIDES), st.integers(1, 80))
def test_a_move(seed: int, side: Literal["buy", "sell"], ticks: int) -> None:
    """The size of a move is all that stands before its target, however the target is given."""
    bids, asks = drawn(seed)
    book = live(bids, asks)
    levels = exact(asks if side == "buy" else bids)
    moved = analytics.size_to_move(book, side, ticks=ticks, tick="0.1")
    if not levels:
        assert moved is None
        return
    sign = 1 if side == "buy" else -1
    target = levels[0][0] + sign * ticks * Decimal("0.1")
    qty, cost, taken, beyond = to_move(levels, target, up=side == "buy")
    assert moved is not None
    assert (moved.target, moved.next_price, moved.levels, moved.exhausted) == (target, beyond, taken, beyond is None)
    assert (Fraction(moved.qty), Fraction(moved.cost)) == (qty, cost)
    assert moved.proven == (taken + (beyond is not None) <= 10)
    assert analytics.size_to_move(book, side, to=target) == moved
    bps = sign * (target - levels[0][0]) / levels[0][0] * 10_000
    again = analytics.size_to_move(book, side, bps=bps)
    assert again is not None
    assert float(again.target) == pytest.approx(float(target))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_between_the_quotes(seed: int, levels: int) -> None:
    """Imbalance, the bids' share and the weighted mid belong together, and the engine agrees where it has them."""
    bids, asks = drawn(seed)
    book = live(bids, asks)
    share, tilt = analytics.bid_share(book, levels), analytics.imbalance(book, levels)
    weighted = analytics.weighted_mid(book, levels)
    if not bids and not asks:
        assert share is tilt is weighted is None
        return
    assert share is not None
    assert tilt is not None
    total = [sum(Fraction(qty) for _, qty in side[:levels]) for side in (bids, asks)]
    assert Fraction(share) == pytest.approx(total[0] / sum(total), abs=1e-27)
    assert tilt == pytest.approx(2 * share - 1, abs=Decimal("1e-26"))
    if bids and asks:
        i = total[0] / sum(total)
        assert float(weighted or 0) == pytest.approx(float(Fraction(asks[0][0]) * i + Fraction(bids[0][0]) * (1 - i)))
        assert analytics.weighted_mid(book.snapshot(), 1) == book.microprice == analytics.microprice(book)
    else:
        assert weighted is None


def test_a_snapshot_is_as_good() -> None:
    """What is asked of a snapshot is answered of its instant."""
    book = live([("99.9", "1.00")], [("100.1", "2.00"), ("100.3", "1.50")])
    swept = analytics.sweep(book.snapshot(), "buy", qty="3", tick="0.1")
    assert swept == analytics.sweep(book, "buy", qty=3, tick=Decimal("0.1"))
    assert (swept.cost, swept.worst, swept.mid) == (Decimal("300.5"), Decimal("100.3"), Decimal("100.0"))
    assert swept.slippage == Decimal("0.5")
    assert swept.slippage_ticks == pytest.approx(5 / 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda book: analytics.sweep(book, "up", qty=1),
        lambda book: analytics.sweep(book, "buy"),
        lambda book: analytics.sweep(book, "buy", qty=1, cost=1),
        lambda book: analytics.sweep(book, "buy", qty=1.5),
        lambda book: analytics.sweep(book, "buy", qty=True),
        lambda book: analytics.sweep(book, "buy", qty="much"),
        lambda book: analytics.sweep(book, "buy", qty="NaN"),
        lambda book: analytics.sweep(book, "buy", cost=0),
        lambda book: analytics.size_to_move(book, "buy"),
        lambda book: analytics.size_to_move(book, "buy", bps=1, to=1),
        lambda book: analytics.size_to_move(book, "buy", ticks=1),
        lambda book: analytics.size_to_move(book, "buy", bps=-1),
        lambda book: analytics.bid_share(book, 0),
        lambda book: analytics.weighted_mid(book, 0),
        lambda book: analytics.imbalance(book, 0),
    ],
)
def test_what_cannot_be_meant(call: Any) -> None:
    """It is refused before anything is computed."""
    with pytest.raises(ConfigurationError):
        call(live([("99.9", "1.00")], [("100.1", "2.00")]))


def test_a_book_that_is_not_live() -> None:
    """It answers nothing."""
    book = Engine().track("BTC/USD")
    for call in (lambda: analytics.sweep(book, "buy", qty=1), lambda: analytics.weighted_mid(book)):
        with pytest.raises(BookNotLive):
            call()
