"""What silence is unusual, and how patience grows with silences that turn out to be nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.rhythm import Rhythm
from havklo._protocol.timings import Timings

SECOND = 1_000_000_000
TIMINGS = Timings()


def lively(every: float, *, count: int) -> tuple[Rhythm, int]:
    """A rhythm at its snapshot, and the time at which so many messages have come, one each so many seconds."""
    rhythm = Rhythm(TIMINGS)
    rhythm.begin(0)
    assert not rhythm.is_unusual(7, 0, 0)
    return rhythm, round(count * every * SECOND)


@pytest.mark.parametrize(
    ("every", "limit"),
    [(0.01, 15), (0.1, 15), (0.5, 15), (1.0, 30), (2.0, 60), (4.0, 120), (9.0, 120), (60.0, 120)],
)
def test_thirty_usual_pauses(every: float, limit: int) -> None:
    """Thirty times the usual pause is unusual, but never less than 15 s, and always two minutes."""
    rhythm, now = lively(every, count=10_000)
    now += limit * SECOND
    assert not rhythm.is_unusual(10_007, limit * SECOND - SECOND, now)
    # The silence itself belongs to the time in which so many messages came, so it may take a little longer.
    assert rhythm.is_unusual(10_007, limit * SECOND + SECOND, now)


def test_a_pair_that_never_spoke() -> None:
    """Without a message since the snapshot, two minutes are the limit."""
    rhythm = Rhythm(TIMINGS)
    rhythm.begin(0)
    assert not rhythm.is_unusual(3, 119 * SECOND, 119 * SECOND)
    assert rhythm.is_unusual(3, 120 * SECOND, 120 * SECOND)


def test_patience_grows_up_to_about_an_hour() -> None:
    """A fresh snapshot that nothing follows shows a quiet pair: the next look comes later, and ever later."""
    rhythm, now, pauses = Rhythm(TIMINGS), 0, list[int]()
    for _ in range(8):
        rhythm.begin(now)
        silent = 0
        while not rhythm.is_unusual(1, silent, now + silent):
            silent += SECOND
        pauses.append(silent // SECOND)
        now += silent
    assert pauses == [120, 240, 480, 960, 1920, 3840, 3840, 3840]


def test_patience_ends_when_the_pair_speaks() -> None:
    """After three messages a silence is judged by the usual pauses again."""
    rhythm = Rhythm(TIMINGS)
    for _ in range(3):
        rhythm.begin(0)
        assert rhythm.is_unusual(1, 3840 * SECOND, 3840 * SECOND)
    rhythm.begin(0)
    assert not rhythm.is_unusual(1, 0, 0)
    assert not rhythm.is_unusual(3, 600 * SECOND, 600 * SECOND)
    assert rhythm.is_unusual(4, 600 * SECOND, 600 * SECOND)


def test_a_silence_from_before_the_snapshot_does_not_count() -> None:
    """A pair without trades has none in its snapshot either: its silence begins anew with each look."""
    rhythm, looks, now = Rhythm(TIMINGS), 0, 0
    rhythm.begin(0)
    while now < 24 * 3600 * SECOND:
        now += 5 * SECOND
        if rhythm.is_unusual(0, now, now):
            looks += 1
            rhythm.begin(now)
    assert looks == 26


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**13),
    st.integers(0, 10**13),
    st.integers(0, 10**13),
    st.integers(0, 6),
)
def test_monotone(count: int, age: int, more: int, since: int, looks: int) -> None:
    """A longer silence is never less unusual than a shorter one, and patience never shrinks unless the pair speaks."""
    verdicts: list[bool] = []
    for silent in (age, age + more):
        rhythm = Rhythm(TIMINGS)
        for _ in range(looks):
            rhythm.begin(0)
            assert rhythm.is_unusual(0, 10**14, 10**14)
        rhythm.begin(0)
        rhythm.is_unusual(0, 0, 0)
        verdicts.append(rhythm.is_unusual(count, silent, max(since, silent)))
    shorter, longer = verdicts
    assert longer or not shorter
    if age + more >= 3840 * SECOND:
        assert longer, "about an hour is unusual for any"
    if age < 15 * SECOND:
        assert not shorter, "fifteen seconds are for none"


@given(st.lists(st.tuples(st.integers(0, 10**11), st.integers(0, 3)), max_size=40))
def test_patience_grows_with_each_look(script: list[tuple[int, int]]) -> None:
    """Whatever comes: a silence that was called unusual is not called so again at once, without a longer one."""
    rhythm, now, messages, heard_at = Rhythm(TIMINGS), 0, 0, 0
    rhythm.begin(0)
    for passed, came in script:
        now += passed
        if came:
            messages, heard_at = messages + came, now
        if rhythm.is_unusual(messages, now - heard_at, now):
            assert now - heard_at >= TIMINGS.quiet_floor
            rhythm.begin(now)
            assert not rhythm.is_unusual(messages, now - heard_at, now)
            assert not rhythm.is_unusual(messages, now - heard_at + 239 * SECOND, now + 239 * SECOND)
