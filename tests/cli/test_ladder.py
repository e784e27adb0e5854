"""The ladder: its very text at a usual size, its size at any other, and no more colour than is true."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from havklo._engine import Engine
from havklo.cli import _palette as palette
from havklo.cli._ladder import draw
from havklo.cli._view import Note, View
from havklo.events import Book, BookState
from havklo.sim.wire.checksum import checksum

NOTE = Note(at_ns=1_800_000_000_000_000_000, kind="desync", text="the sums differ")


@pytest.fixture
def look(market: Any) -> Callable[..., View]:
    """A view of a book that has seen three updates; with `wrong`, a fourth that was not proven."""

    def make(depth: int = 10, levels: int | None = None, *, wrong: bool = False) -> View:
        engine, btc = Engine(), market("BTC/USD", levels or depth)
        book = engine.track("BTC/USD", depth)
        for frame in (btc.snapshot(), btc.update(), btc.update(), btc.update()):
            engine.receive(frame.encode(), 1)
        if wrong:
            engine.receive(btc.update(wrong=True).encode(), 2)
        return _view(book, depth)

    return make


def _view(book: Book, depth: int) -> View:
    peek, counted = book.peek(2_000_000_001), book.statistics()
    return View(
        symbol="BTC/USD",
        depth=depth,
        venue="sim",
        state=peek.state,
        reason=peek.reason,
        shown=peek.snapshot,
        verified=counted.verified,
        desyncs=counted.desyncs,
        age_ns=peek.age_ns,
        microprice=book.microprice if peek.state is BookState.LIVE else None,
        imbalance=book.imbalance(10) if peek.state is BookState.LIVE else None,
    )


def text(view: View, *notes: Note, width: int = 66, height: int = 24, log: int = 0) -> list[str]:
    """The drawing's lines."""
    return draw(view, notes, width=width, height=height, log=log).plain.split("\n")


def test_a_live_book(look: Any) -> None:
    """Every line of it, at a usual size."""
    view = look(25)
    lines = text(view, width=78, height=20)
    assert [line.rstrip() for line in lines] == [
        " BTC/USD  depth 25   45284.35                                          ● LIVE",
        " sim",
        "        price        size         sum",
        "   6  45290.2  0.00100000  0.00600000  ▏",
        "   5  45289.2  0.00100000  0.00500000  ▏",
        "   4  45288.2  0.00100000  0.00400000  ▏",
        "   3  45287.2  0.00100000  0.00300000  ▏",
        "   2  45286.2  0.00100000  0.00200000  ▏",
        "   1  45285.2  0.00100000  0.00100000  ▏",
        "── spread 1.7  0.38 bp  micro 45285.20  imbalance +100 % ─────────────────────",
        "   1  45283.5  3.10000000  3.10000000  ██████████████████████████████████████",
        "   2  45282.5  0.10000000  3.20000000  █▎",
        "   3  45281.5  0.10000000  3.30000000  █▎",
        "   4  45280.5  0.10000000  3.40000000  █▎",
        "   5  45279.5  0.10000000  3.50000000  █▎",
        "   6  45278.5  0.10000000  3.60000000  █▎",
        "── proof ─────────────────────────────────────────────────────────────────────",
        f" checksum {view.shown.checksum:>10}  equals Kraken's",
        " 4 verified, 0 desyncs, 0 resyncs, last message 2.0 s ago",
        " levels 1-10 are proven by this checksum, 11-25 (~) only watched by structure",
    ]


def test_levels_beyond_the_tenth_are_marked(look: Any) -> None:
    """What the checksum does not cover carries a mark of its own, not only another colour."""
    lines = text(look(25), height=60)
    marked = {int(line[:4]): line[4] for line in lines if line[:4].strip().isdigit()}
    assert {rank: mark for rank, mark in marked.items() if mark == "~"}.keys() == set(range(11, 26))


def test_a_desynced_book(look: Any) -> None:
    """The state stands in the head and instead of the spread, with both sums; what is shown is called old."""
    view = look(wrong=True)
    lines = text(view, NOTE, width=90, log=3)
    assert lines[0].endswith("● DESYNCED ")
    assert any(line.startswith(" DESYNCED: Kraken's checksum is ") and "the book's is" in line for line in lines)
    assert any(line.startswith(" not readable now: this is the last proven state, 2.0 s old") for line in lines)
    assert "spread" not in "".join(lines)
    assert lines[-1].rstrip().endswith("desync     the sums differ") or lines[-2].rstrip().endswith("the sums differ")


def test_a_book_that_is_not_live_has_no_colour_of_a_side(look: Any) -> None:
    """Grey says: this is not the market."""
    view = look()
    colours = {str(span.style) for span in draw(view, (), width=80, height=30).spans}
    assert {palette.BID, palette.ASK} <= colours
    grey = draw(look(wrong=True), (), width=80, height=30)
    rows = range(3 * 81, 26 * 81)
    assert not {str(span.style) for span in grey.spans if span.start in rows} & {palette.BID, palette.ASK}


def test_a_picture_that_is_held_says_so(look: Any) -> None:
    """Nobody takes a held picture for the present."""
    held = replace(look(wrong=True), held="picture held for 2 s")
    assert " picture held for 2 s" in [line.rstrip() for line in text(held)]


def test_before_the_first_snapshot() -> None:
    """Nothing is shown but the state."""
    lines = text(View(symbol="BTC/USD", depth=10, venue="sim", desyncs={}))
    assert lines[0].endswith("● CONNECTING ")
    assert not any(line[:4].strip().isdigit() for line in lines)


def test_an_empty_side(look: Any) -> None:
    """A side without levels leaves its rows empty, and there is no spread."""
    engine = Engine()
    book = engine.track("A/B")
    frame = (
        '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[],"asks":[{"price":"1.5","qty":"2"}],'
        f'"checksum":{checksum([], [("1.5", "2")])}}}]}}'
    )
    engine.receive(frame.encode(), 1)
    assert book.state is BookState.LIVE
    lines = text(_view(book, 10))
    assert any(line.startswith("── a side is empty ") for line in lines)
    assert sum(line[:4].strip() == "1" for line in lines) == 1
    assert look().live


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 200), height=st.integers(1, 80), depth=st.sampled_from((10, 25, 100)), log=st.integers(0, 9)
)
def test_it_fits_any_terminal(market: Any, width: int, height: int, depth: int, log: int) -> None:
    """As many lines as the terminal has, each as wide as it is, with the state at the end of the first."""
    engine, btc = Engine(), market("BTC/USD", depth)
    book = engine.track("BTC/USD", depth)
    engine.receive(btc.snapshot().encode(), 1)
    view = replace(_view(book, depth), microprice=Decimal("45284.123456789"))
    drawing = draw(view, [NOTE] * 5, width=width, height=height, log=log)
    lines = drawing.plain.split("\n")
    assert len(lines) == height
    assert {line.cell_len for line in drawing.split("\n", allow_blank=True)} == {width}
    if width > 20:
        assert lines[0].endswith("● LIVE ")
