"""Summaries of durations."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.quantiles import Quantiles, Samples
from havklo.errors import ConfigurationError


def test_nothing_to_summarise() -> None:
    """Without a duration there is no summary."""
    assert Samples().summary() is None


def test_a_hundred_durations() -> None:
    """Of 1 to 100 the median is 50 and the 99th is 99, in whatever order they came."""
    samples = Samples()
    for value in range(100, 0, -1):
        samples.add(value)
    assert samples.summary() == Quantiles(p50=50, p99=99, max=100, count=100)


def test_one_duration() -> None:
    """It is all there is to say."""
    samples = Samples()
    samples.add(7)
    assert samples.summary() == Quantiles(p50=7, p99=7, max=7, count=1)


def test_the_oldest_make_room() -> None:
    """Only the latest count."""
    samples = Samples(capacity=3)
    for value in (99, 1, 2, 3):
        samples.add(value)
    assert len(samples) == 3
    assert samples.summary() == Quantiles(p50=2, p99=3, max=3, count=3)


def test_several_as_one() -> None:
    """All that each of them keeps counts; of nothing there is no summary."""
    first, second = Samples(capacity=2), Samples()
    for value in (99, 1, 5):
        first.add(value)
    second.add(3)
    assert Samples.joined([first, second, Samples()]).summary() == Quantiles(p50=3, p99=5, max=5, count=3)
    assert Samples.joined([Samples()]).summary() is None
    assert Samples.joined([]).summary() is None


def test_a_capacity_that_can_not_be_meant() -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        Samples(capacity=0)


@given(st.lists(st.integers(), min_size=1, max_size=300))
def test_nearest_rank(values: list[int]) -> None:
    """Each quantile occurred, at most so many are above it, and the one before it would be too small."""
    samples = Samples()
    for value in values:
        samples.add(value)
    summary = samples.summary()
    assert summary is not None
    ordered = sorted(values)
    assert summary.p50 == ordered[math.ceil(len(values) / 2) - 1]
    assert summary.p99 == ordered[-(-99 * len(values) // 100) - 1]
    assert (summary.max, summary.count) == (ordered[-1], len(values))
