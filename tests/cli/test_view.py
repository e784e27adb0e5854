"""The words and figures of a view."""

from decimal import Decimal

import pytest

from havklo.cli._view import Note, View, age_text, clock_text, count, newest, number, quantity, signed_percent
from havklo.events import BookState, DesyncReason


def view(**changes: object) -> View:
    """A view with these changes."""
    return View(**{"symbol": "BTC/USD", "depth": 10, "venue": "sim", "desyncs": {}} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00000001", "0.00000001"),
        ("9999.99", "9999.99"),
        ("10000", "10.00K"),
        ("12345.6789", "12.35K"),
        ("2500000", "2.50M"),
        ("17640000000.00000000", "17.64B"),
        ("3E+13", "30.00T"),
    ],
)
def test_a_quantity(value: str, text: str) -> None:
    """All digits below ten thousand, short above, never an exponent."""
    assert quantity(Decimal(value)) == text


def test_a_number_keeps_its_digits() -> None:
    """Neither an exponent nor a lost zero."""
    assert [number(Decimal(text)) for text in ("1E-8", "45285.20", "0E-8")] == ["0.00000001", "45285.20", "0.00000000"]


@pytest.mark.parametrize(
    ("share", "text"), [("0.314", "+31 %"), ("-0.314", "-31 %"), ("0", "+0 %"), ("-0.001", "+0 %"), ("1", "+100 %")]
)
def test_a_signed_percentage(share: str, text: str) -> None:
    """A sign always, but never a minus zero."""
    assert signed_percent(Decimal(share)) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(-5, "0.0 ms"), (1_300_000, "1.3 ms"), (42_400_000, "42 ms"), (120_000_000, "0.1 s"), (12_340_000_000, "12.3 s")],
)
def test_an_age(nanoseconds: int, text: str) -> None:
    """Milliseconds as long as they matter, then tenths of seconds; a clock that was set back makes no negative age."""
    assert age_text(nanoseconds) == text


def test_a_count() -> None:
    """One thing is not several."""
    assert [count(n, "desync") for n in (0, 1, 2, 1234)] == ["0 desyncs", "1 desync", "2 desyncs", "1,234 desyncs"]


def test_a_time_of_day() -> None:
    """Hours to milliseconds, in the local zone."""
    assert clock_text(1_800_000_000_123_456_789)[-7:] == ":00.123"


def test_the_newest_notes() -> None:
    """By their time, whatever the order in which they came."""
    notes = [Note(at_ns=at, kind="x", text=str(at)) for at in (3, 1, 2)]
    assert [note.at_ns for note in newest(notes, 2)] == [2, 3]
    assert newest(notes, 0) == []


@pytest.mark.parametrize(
    ("state", "reason", "word", "trouble"),
    [
        (None, None, "connecting", None),
        (BookState.LIVE, None, "live", None),
        (BookState.AWAITING, "no snapshot has come yet", "awaiting", "no snapshot has come yet"),
        (BookState.AWAITING, "stalled", "stalled", None),
        (BookState.AWAITING, "disconnected", "disconnected", None),
        (BookState.AWAITING, "resyncing", "resyncing", None),
        (BookState.DESYNCED, "the sums differ", "desynced", "the sums differ"),
        (BookState.CLOSED, "closed", "closed", None),
    ],
)
def test_a_state_in_words(state: BookState | None, reason: str | None, word: str, trouble: str | None) -> None:
    """A word for the state, and the reason where the word does not say it."""
    seen = view(state=state, reason=reason)
    assert (seen.word, seen.trouble, seen.live) == (word, trouble, word == "live")


def test_the_proof_line() -> None:
    """What was verified, what was lost and why, and how old the last message is."""
    assert view().proof == "0 verified, 0 desyncs, 0 resyncs"
    desyncs = {DesyncReason.CHECKSUM: 2, DesyncReason.UNCHANGED_LEVEL: 1}
    seen = view(verified=1_254, desyncs=desyncs, resyncs=3, age_ns=120_000_000)
    expected = "1,254 verified, 3 desyncs (2 checksum, 1 unchanged_level), 3 resyncs, last message 0.1 s ago"
    assert seen.proof == expected


def test_which_levels_are_proven() -> None:
    """All of them at depth 10; below the ten best only the structure is watched."""
    assert view().reach == "every level is proven by this checksum"
    deep = "levels 1-10 are proven by this checksum, 11-25 (~) only watched by structure"
    assert view(depth=25).reach == deep
