"""Timestamps, exact to the nanosecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.stamps import epoch_ns

SECOND = 1_000_000_000
NEW_YEAR = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00.5Z", 500_000_000),
        ("2026-01-01T00:00:00.123Z", 123_000_000),
        ("2026-01-01T00:00:00.123456Z", 123_456_000),
        ("2026-01-01T00:00:00.123456789Z", 123_456_789),
        ("2026-01-01T00:00:00.000000001Z", 1),
        ("2026-01-01T00:00:00.999999999Z", 999_999_999),
        ("2026-01-01t00:00:01.000001z", SECOND + 1_000),
        ("2026-01-01T01:00:00.25+01:00", 250_000_000),
        ("2025-12-31T18:30:00-05:30", 0),
        ("2026-01-01T00:00:00.123456+00:00", 123_456_000),
        ("2025-12-31T23:59:59.999999Z", -1_000),
    ],
)
def test_a_timestamp(text: str, after: int) -> None:
    """Every form gives the same count; so it does when its second was met before."""
    assert epoch_ns(text) == NEW_YEAR + after
    assert epoch_ns(text) == NEW_YEAR + after


@pytest.mark.parametrize(("text", "moment"), [("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999999Z", -1)])
def test_the_epoch(text: str, moment: int) -> None:
    """It is counted from, in both directions."""
    assert epoch_ns(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00.12345٦Z",
        "2026-01-01T00:00:00.12 456Z",
        "2026-01-01T00:00:00.1_3456Z",
        "2026-01-01T00:00:00.+23456Z",
        "2026-01-01T00:00:00.123456X",
        "2026-01-01T00:00:00.123456Z\n",
        "2026-01-01 00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100",
        "20260101T000000Z",
        "yesterday",
        "9999-12-31T00:00:00.000000Z",
        "2262-04-12T00:00:00Z",
        "2262-04-11T00:00:00-23:59:59",
        "1677-09-21T00:00:00+00:00",
    ],
)
def test_no_timestamp(text: str) -> None:
    """What is none gives None and raises nothing, also when its second is known."""
    assert epoch_ns("2026-01-01T00:00:00.000000Z") == NEW_YEAR
    assert epoch_ns(text) is None


@given(
    st.datetimes(min_value=datetime(1678, 1, 1), max_value=datetime(2261, 12, 31)),  # noqa: DTZ001  # Hypothesis wants it
    st.integers(0, 999),
    st.integers(-1439, 1439),
)
def test_as_the_standard_library_counts(moment: datetime, nanos: int, ahead: int) -> None:
    """Whatever the moment and the offset."""
    local = moment.replace(tzinfo=timezone(timedelta(minutes=ahead)))
    since = local - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000 + nanos
    text = f"{moment.isoformat(timespec='microseconds')}{nanos:03d}{local.isoformat()[-6:]}"
    assert epoch_ns(text) == expected


def test_the_memory_is_bounded() -> None:
    """A day of seconds is read right from beginning to end, and then from the beginning again."""
    for _ in range(2):
        for second in range(0, 86_400, 60):
            hour, rest = divmod(second, 3600)
            text = f"2026-01-01T{hour:02d}:{rest // 60:02d}:00.000001Z"
            assert epoch_ns(text) == NEW_YEAR + second * SECOND + 1_000


@given(st.text())
def test_any_text(text: str) -> None:
    """Nothing is raised, whatever comes."""
    assert epoch_ns(text) is None
