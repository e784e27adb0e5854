"""The dead man's switch: when it is set, and when it is left to lapse."""

import pytest

from havklo._protocol.trading.deadman import WARNING, DeadMan
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000


def armed(at: int = 0) -> DeadMan:
    """A switch of 60 s that was set at some moment."""
    switch = DeadMan()
    assert switch.due(at, healthy=True) == 60
    switch.sent(at)
    switch.acked("2026-01-01T00:01:00Z")
    return switch


def test_it_is_set_at_once_and_then_every_20_seconds() -> None:
    """It counts from when it was sent."""
    switch = DeadMan()
    assert (switch.next_deadline, switch.lapses_at, switch.trigger_time) == (0, None, None)
    assert switch.due(5 * SECOND, healthy=True) == 60
    switch.sent(5 * SECOND)
    assert switch.next_deadline is None
    assert switch.due(30 * SECOND, healthy=True) is None  # one at a time
    switch.acked("2026-01-01T00:01:05Z")
    assert (switch.lapses_at, switch.trigger_time) == (65 * SECOND, "2026-01-01T00:01:05Z")
    assert switch.next_deadline == 25 * SECOND
    assert switch.due(25 * SECOND - 1, healthy=True) is None
    assert switch.due(25 * SECOND, healthy=True) == 60
    assert repr(switch) == "<DeadMan of 60 s: on>"


def test_it_is_left_to_lapse_while_the_client_is_not_healthy() -> None:
    """And set again as soon as it is."""
    switch = armed()
    assert switch.due(20 * SECOND, healthy=False) is None
    assert not switch.lapsed(60 * SECOND - 1)
    assert switch.lapsed(60 * SECOND)
    assert switch.due(70 * SECOND, healthy=True) == 60
    switch.sent(70 * SECOND)
    assert switch.lapsed(70 * SECOND)  # until the answer tells
    switch.acked("2026-01-01T00:02:10Z")
    assert not switch.lapsed(70 * SECOND)


def test_a_failed_setting_is_tried_again_soon_and_not_relied_on() -> None:
    """What held before holds: the first setting's moment."""
    switch = armed()
    switch.sent(20 * SECOND)
    switch.failed(22 * SECOND)
    assert switch.lapses_at == 60 * SECOND
    assert switch.due(27 * SECOND - 1, healthy=True) is None
    assert switch.due(27 * SECOND, healthy=True) == 60


def test_a_first_setting_without_an_answer_may_hold() -> None:
    """So it may go off."""
    switch = DeadMan()
    switch.sent(0)
    switch.failed(0)
    assert switch.lapsed(60 * SECOND)


def test_a_refused_setting_does_not_hold() -> None:
    """There is nothing that could go off; a failure of nothing changes nothing."""
    switch = DeadMan()
    switch.sent(0)
    switch.failed(SECOND, refused=True)
    assert switch.lapses_at is None
    assert not switch.lapsed(90 * SECOND)
    switch.failed(2 * SECOND, refused=True)
    assert switch.lapses_at is None


def test_it_is_turned_off_even_when_not_healthy() -> None:
    """And not set again after that."""
    switch = armed()
    switch.disarm()
    assert switch.next_deadline == 0
    assert switch.due(SECOND, healthy=False) == 0
    switch.sent(SECOND)
    switch.acked("0")
    assert (switch.lapses_at, switch.trigger_time, switch.next_deadline) == (None, None, None)
    assert switch.due(90 * SECOND, healthy=True) is None
    assert repr(switch) == "<DeadMan of 60 s: off>"


def test_what_was_never_set_is_not_turned_off() -> None:
    """There is nothing to send."""
    switch = DeadMan()
    switch.disarm()
    assert switch.due(0, healthy=True) is None


def test_it_is_turned_off_after_the_setting_that_is_under_way() -> None:
    """As soon as its answer is there; and if turning it off fails, it is tried again."""
    switch = DeadMan()
    switch.sent(0)
    switch.disarm()
    assert switch.due(0, healthy=True) is None
    switch.acked("2026-01-01T00:01:00Z")
    assert switch.due(0, healthy=True) == 0
    switch.sent(SECOND)
    switch.failed(2 * SECOND)
    assert switch.lapses_at == 60 * SECOND
    assert switch.due(7 * SECOND, healthy=False) == 0


def test_an_answer_to_nothing_is_nothing() -> None:
    """One that comes after it was given up."""
    switch = DeadMan()
    switch.acked("2026-01-01T00:01:00Z")
    assert (switch.lapses_at, switch.trigger_time) == (None, None)


@pytest.mark.parametrize(
    ("timeout", "every"), [(0, 1), (86_400, 20), (1.5, 1), (True, 0.5), (60, 0), (60, 60), (60, float("nan"))]
)
def test_what_can_not_be_is_refused(timeout: int, every: float) -> None:
    """Whole seconds below a day, set anew before they are over."""
    with pytest.raises(ConfigurationError):
        DeadMan(timeout, every)


def test_the_warning_says_whose_orders_are_meant() -> None:
    """All of the account's."""
    assert "account" in WARNING
