"""The watch over silence."""

from havklo._protocol.heartbeat import Silence, Verdict

SECOND = 1_000_000_000


def test_nothing_is_watched_before_the_start() -> None:
    """A watch that was not started has no deadline and no verdict."""
    silence = Silence()
    assert silence.due is None
    assert silence.tick(100 * SECOND) is None
    assert silence.heard(5) is False
    assert silence.silent_for(100 * SECOND) == 0


def test_stalled_then_dead() -> None:
    """Three seconds make a stall, ten the end; each is said once."""
    silence = Silence()
    silence.start(0)
    assert (silence.due, silence.tick(3 * SECOND - 1)) == (3 * SECOND, None)
    assert silence.tick(3 * SECOND) is Verdict.STALLED
    assert (silence.due, silence.tick(9 * SECOND)) == (10 * SECOND, None)
    assert silence.tick(10 * SECOND) is Verdict.DEAD
    assert (silence.due, silence.tick(99 * SECOND)) == (None, None)


def test_a_frame_ends_a_stall() -> None:
    """The first frame after a stall says so; those after it do not."""
    silence = Silence()
    silence.start(0)
    assert silence.tick(4 * SECOND) is Verdict.STALLED
    assert silence.heard(5 * SECOND) is True
    assert silence.heard(5 * SECOND) is False
    assert silence.due == 8 * SECOND


def test_an_older_sign_of_life_changes_nothing() -> None:
    """Being told of an earlier read does not turn the watch back."""
    silence = Silence()
    silence.start(10 * SECOND)
    silence.start(0)
    silence.heard(4 * SECOND)
    assert silence.due == 13 * SECOND
    assert silence.silent_for(9 * SECOND) == 0


def test_an_older_sign_of_life_ends_no_stall() -> None:
    """Only what is newer than the silence ends it."""
    silence = Silence()
    silence.start(0)
    silence.tick(4 * SECOND)
    assert silence.heard(0) is False
    assert silence.stalled is True


def test_a_late_tick_skips_the_stall() -> None:
    """When the first look comes after ten seconds, the connection is dead at once."""
    silence = Silence()
    silence.start(0)
    assert silence.tick(11 * SECOND) is Verdict.DEAD


def test_stop() -> None:
    """A stopped watch says nothing, and starts afresh."""
    silence = Silence()
    silence.start(0)
    silence.tick(4 * SECOND)
    silence.stop()
    assert (silence.due, silence.stalled) == (None, False)
    silence.start(20 * SECOND)
    assert silence.due == 23 * SECOND
