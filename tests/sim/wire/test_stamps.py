"""Moments as texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.wire.stamps import micros, nanos, rfc3339


def test_text() -> None:
    """Six decimals, always, and Z."""
    assert rfc3339(1_800_000_000_000_007) == "2027-01-15T08:00:00.000007Z"
    assert nanos(1_800_000_000_000_007_089) == "2027-01-15T08:00:00.000007089Z"
    assert micros("2026-07-19T17:54:39.753424Z") == 1_784_483_679_753_424


@given(st.integers(0, 4_000_000_000_000_000))
def test_there_and_back(moment: int) -> None:
    """Not a microsecond is lost."""
    assert micros(rfc3339(moment)) == moment


def test_order_is_kept() -> None:
    """Texts sort like moments, which is what clients compare."""
    assert rfc3339(999_999) < rfc3339(1_000_000) < rfc3339(1_000_001)


def test_bad_text() -> None:
    """A text that is no moment is an error, not a guess."""
    with pytest.raises(ValueError, match="Invalid isoformat"):
        micros("yesterday")
