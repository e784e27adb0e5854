"""The spacing of retries."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.backoff import Backoff, Chosen, Retry
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000


def test_first_at_once_then_doubling_to_the_cap() -> None:
    """Without jitter the delays are 0, 0.5, 1, 2, 4, 8, 16 s, and then 30 s for ever."""
    backoff = Backoff(lambda: 0.0)
    delays = [backoff.next() / SECOND for _ in range(10)]
    assert delays == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff.attempts == 10


def test_reset() -> None:
    """After a reset the next retry is immediate again."""
    backoff = Backoff(lambda: 0.0)
    assert [backoff.next(), backoff.next()] == [0, SECOND // 2]
    backoff.reset()
    assert backoff.attempts == 0
    assert backoff.next() == 0


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=200))
def test_jitter_only_shortens(draws: list[float]) -> None:
    """Whatever the jitter, a delay is within its last quarter, and never above the cap."""
    randoms = iter(draws)
    backoff, plain = Backoff(lambda: next(randoms, 0.0)), Backoff(lambda: 0.0)
    for _ in draws:
        delay, full = backoff.next(), plain.next()
        assert full * 3 // 4 <= delay <= full <= 30 * SECOND


def test_a_very_long_outage() -> None:
    """A million attempts cost no more than the first."""
    backoff = Backoff(lambda: 0.999)
    for _ in range(1_000_000):
        backoff.next()
    assert 22.5 * SECOND <= backoff.next() <= 30 * SECOND


def test_easing_forgets_the_oldest_attempts() -> None:
    """After easing, the next delay is that of so many attempts, or of fewer if fewer were made."""
    backoff = Backoff(lambda: 0.0)
    for _ in range(9):
        backoff.next()
    backoff.ease(2)
    assert (backoff.attempts, backoff.next()) == (2, 1_000_000_000)
    backoff.ease(9)
    assert backoff.attempts == 3


def test_a_chosen_strategy() -> None:
    """It is asked with the attempt's number, from 1, and its seconds are kept to the nanosecond."""
    retry = Chosen(lambda attempt: attempt * 0.25)
    assert [retry.next() for _ in range(3)] == [SECOND // 4, SECOND // 2, 3 * SECOND // 4]
    assert retry.attempts == 3
    retry.ease(1)
    assert (retry.attempts, retry.next()) == (1, SECOND // 2)
    retry.ease(9)
    assert retry.attempts == 2
    retry.reset()
    assert (retry.attempts, retry.next()) == (0, SECOND // 4)


@pytest.mark.parametrize(("seconds", "nanoseconds"), [(0, 0), (0.0, 0), (3, 3 * SECOND), (1e-9, 1), (1e300, None)])
def test_any_number_of_seconds(seconds: float, nanoseconds: int | None) -> None:
    """From nothing to what is never over."""
    delay = Chosen(lambda _attempt: seconds).next()
    assert delay == (int(seconds) * SECOND if nanoseconds is None else nanoseconds)


@pytest.mark.parametrize("result", [-0.1, math.inf, math.nan, None, "1", 1j])
def test_a_strategy_that_gives_no_time(result: Any) -> None:
    """The error says what it gave, and for which attempt."""
    retry = Chosen(lambda _attempt: result)
    with pytest.raises(ConfigurationError, match=rf"{re.escape(repr(result))} for attempt 1"):
        retry.next()


def test_both_space_retries() -> None:
    """What is chosen can stand wherever the other does."""
    retries: list[Retry] = [Backoff(lambda: 0.0), Chosen(lambda _attempt: 0.0)]
    assert [retry.next() for retry in retries] == [0, 0]
