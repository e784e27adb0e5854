"""Windows and buckets."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.limits import Bucket, Window
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000


def test_a_window_fills_and_empties() -> None:
    """The next one fits as soon as the oldest has left the span."""
    window = Window(limit=2, span=10)
    assert (window.allows(0), window.used(0)) == (0, 0)
    window.count(0)
    assert (window.allows(3), window.used(3)) == (3, 1)
    window.count(3)
    assert (window.allows(4), window.used(4)) == (10, 2)
    assert (window.allows(9), window.used(9)) == (10, 2)
    assert (window.allows(10), window.used(10)) == (10, 1)
    assert (window.allows(99), window.used(99)) == (99, 0)


def test_a_window_counts_what_does_not_fit() -> None:
    """The next one has to wait until so many have left that it fits."""
    window = Window(limit=2, span=10)
    for now in (0, 1, 2, 3):
        window.count(now)
    assert (window.used(3), window.allows(3)) == (4, 12)
    assert (window.used(12), window.allows(12)) == (1, 12)


def test_a_window_is_made_for_connection_attempts() -> None:
    """By default it is 120 in ten minutes."""
    window = Window()
    for _ in range(119):
        window.count(0)
    assert window.allows(SECOND) == SECOND
    window.count(SECOND)
    assert window.allows(SECOND) == 600 * SECOND
    assert repr(window) == "<Window of 120 in 600 s>"


@given(st.integers(1, 5), st.integers(1, 50), st.lists(st.integers(0, 30)))
def test_a_window_holds(limit: int, span: int, steps: list[int]) -> None:
    """Whoever asks first never has more than the limit in any span, and never waits longer than needed."""
    window, now, taken = Window(limit, span), 0, list[int]()
    for step in steps:
        now += step
        at = window.allows(now)
        in_span = sum(1 for moment in taken if moment > now - span)
        assert (at == now) is (in_span < limit)
        assert window.used(now) == in_span
        if at > now:
            assert sum(1 for moment in taken if moment > at - span) < limit
            assert sum(1 for moment in taken if moment > at - 1 - span) == limit
            now = at
        window.count(now)
        taken.append(now)
        assert sum(1 for moment in taken if moment > now - span) <= limit


@pytest.mark.parametrize("arguments", [(0, 1), (1, 0), (-1, 1)])
def test_a_window_that_can_not_be_meant(arguments: tuple[int, int]) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        Window(*arguments)


def test_a_bucket_bursts_and_then_paces() -> None:
    """Three at once, then one each half second; what is not used comes back, up to the burst."""
    bucket = Bucket(2.0, 3)
    assert bucket.allows(5) == 5
    for _ in range(3):
        assert bucket.allows(0) == 0
        bucket.take(0)
    assert bucket.allows(0) == SECOND // 2
    assert bucket.allows(SECOND // 2) == SECOND // 2
    bucket.take(SECOND // 2)
    assert bucket.allows(SECOND // 2) == SECOND
    for _ in range(3):
        assert bucket.allows(100 * SECOND) == 100 * SECOND
        bucket.take(100 * SECOND)
    assert bucket.allows(100 * SECOND) == 100 * SECOND + SECOND // 2


def test_a_bucket_that_is_overdrawn() -> None:
    """What was taken without asking is paid back first."""
    bucket = Bucket(1, 1)
    bucket.take(0)
    bucket.take(0)
    assert bucket.allows(0) == 2 * SECOND


@given(st.floats(0.01, 1e6), st.integers(1, 20), st.lists(st.integers(0, 3 * SECOND), max_size=60))
def test_a_bucket_is_never_faster_than_its_rate(rate: float, burst: int, steps: list[int]) -> None:
    """Between any two tokens lies the time of those in between, the burst aside."""
    bucket, now, taken = Bucket(rate, burst), 0, list[int]()
    token = math.ceil(SECOND / rate)
    for step in steps:
        now = bucket.allows(now + step)
        bucket.take(now)
        taken.append(now)
    for last, moment in enumerate(taken):
        for first in range(last - burst + 1):
            assert moment - taken[first] >= (last - first - burst + 1) * token


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_a_rate_that_can_not_be_meant(rate: float) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        Bucket(rate, 1)


def test_a_burst_that_can_not_be_meant() -> None:
    """A bucket holds at least one token."""
    with pytest.raises(ConfigurationError):
        Bucket(1, 0)
