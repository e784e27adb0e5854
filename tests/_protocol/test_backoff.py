"""The spacing of retries."""

from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.backoff import Backoff

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
