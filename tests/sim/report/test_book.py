"""Book statistics, counted from literal messages."""

import pytest

from havklo.sim.report import BookTally

Rows = list[tuple[str, str]]

BIDS = [("10.0", "1.00"), ("9.9", "2.00"), ("9.8", "3.00")]
ASKS = [("10.1", "1.00"), ("10.2", "2.00"), ("10.3", "3.00")]


def frame(kind: str, bids: Rows, asks: Rows, second: float = 0.0) -> str:
    """A book message as on the wire."""
    sides = [",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in rows) for rows in (bids, asks)]
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"X/Y","bids":[{sides[0]}],"asks":[{sides[1]}],'
        f'"checksum":1,"timestamp":"2026-01-01T00:00:{second:09.6f}Z"}}]}}'
    )


def tally(*updates: tuple[Rows, Rows], depth: int = 3) -> BookTally:
    """The counts after a snapshot and updates, a second apart."""
    book = BookTally(depth)
    book.on_book(frame("snapshot", BIDS, ASKS))
    for second, (bids, asks) in enumerate(updates, 1):
        book.on_book(frame("update", bids, asks, second))
    return book


def test_nothing_yet() -> None:
    """A snapshot alone is no message, and there are no figures."""
    book = tally()
    assert book.messages == 0
    assert book.figures() == {}
    assert book.best() == (100, 100, 101, 100)
    assert BookTally(10).best() is None


def test_removal_and_refill() -> None:
    """A level leaves, the next entry comes in from behind."""
    book = tally(([("9.9", "0.00"), ("9.5", "4.00")], []))
    assert (book.entries, book.removals, book.owed, book.refilled, book.short) == (2, 1, 1, 1, 0)
    assert book.figures()["refilled"] == 1.0


@pytest.mark.parametrize(
    ("rows", "short"),
    [
        ([("9.9", "0.00")], 1),
        ([("9.9", "0.00"), ("10.2", "1.00"), ("9.5", "4.00")], 0),
        ([("9.9", "0.00"), ("9.8", "5.00"), ("9.5", "4.00")], 0),
    ],
)
def test_a_removal_without_its_refill(rows: Rows, short: int) -> None:
    """Nothing, a better level or a known one instead of the refill."""
    book = tally((rows, []))
    assert (book.owed, book.refilled, book.short) == (1, 0, short)


def test_the_worst_level_leaves() -> None:
    """Its refill comes from beyond it."""
    assert tally(([], [("10.3", "0.00"), ("10.9", "4.00")])).refilled == 1
    assert tally(([], [("10.3", "0.00"), ("10.0", "4.00")])).refilled == 0


def test_an_amended_price() -> None:
    """Delete, refill, insert: the insert pushes the refill out again, and the client has to truncate."""
    book = tally(([("9.9", "0.00"), ("9.5", "4.00"), ("9.6", "2.00")], []))
    assert (book.refilled, book.truncated, book.short, book.repeated) == (1, 1, 0, 0)


def test_a_sweep_repeats_its_price() -> None:
    """One entry for each fill."""
    book = tally(([], [("10.1", "0.60"), ("10.1", "0.25"), ("10.1", "0.00"), ("10.4", "1.00")]))
    assert (book.repeated, book.entries, book.refilled, book.resent) == (1, 4, 1, 0)


def test_messages_that_change_nothing() -> None:
    """A level sent again is noticed, and so are two entries that cancel each other."""
    book = tally(([("9.9", "2.00")], []), ([("9.9", "1.50"), ("9.9", "2.00")], []), ([("9.9", "1.50")], []))
    assert (book.resent, book.empty) == (1, 2)


def test_both_sides() -> None:
    """A taker that rests its remainder."""
    book = tally(([("10.1", "5.00")], [("10.1", "0.00"), ("10.4", "1.00")]), ([], [("10.4", "2.00")]))
    assert book.figures()["two_sided"] == 0.5


def test_a_short_book_owes_no_refill() -> None:
    """A side that never filled the window has nothing behind it."""
    book = tally(([("9.9", "0.00")], []), depth=10)
    assert (book.removals, book.owed, book.short) == (1, 0, 0)
    assert "refilled" not in book.figures()


def test_time() -> None:
    """The longest silence, and timestamps that go backwards."""
    book = BookTally(3)
    book.on_book(frame("snapshot", BIDS, ASKS, 1))
    for number, second in enumerate((1.5, 4.0, 3.0, 3.0)):
        book.on_book(frame("update", [("10.0", f"{number}.50")], [], second))
    assert (book.silence, book.backwards) == (2.5, 1)


def test_figures() -> None:
    """Shares are of messages or of entries."""
    book = tally(([("9.9", "0.00"), ("9.5", "4.00")], []), ([], [("10.1", "7.00")]))
    assert book.figures() == {
        "entries": 1.5,
        "removals": 1 / 3,
        "refilled": 1.0,
        "truncated": 0.0,
        "two_sided": 0.0,
        "repeated": 0.0,
        "resent": 0.0,
        "empty": 0.0,
        "short": 0.0,
        "backwards": 0.0,
    }
