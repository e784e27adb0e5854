"""The circuit breaker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.breaker import Breaker, BreakerState
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000


def opened(now: int = 0) -> Breaker:
    """A breaker of two failures and ten seconds that opened at `now`."""
    breaker = Breaker(failures=2, cool_down=10 * SECOND)
    assert breaker.failed(now) is False
    assert breaker.failed(now) is True
    return breaker


def test_closed_until_failures_in_a_row() -> None:
    """By default five failures in a row open it for thirty seconds; a success in between begins the count anew."""
    breaker = Breaker()
    assert (breaker.state, breaker.failures, breaker.retry_at, breaker.allows(7)) == ("closed", 0, None, 7)
    assert breaker.began(7) is False
    assert [breaker.failed(now) for now in range(4)] == [False] * 4
    assert breaker.succeeded() is False
    assert breaker.failures == 0
    assert [breaker.failed(now) for now in range(5)] == [False] * 4 + [True]
    assert (breaker.state, breaker.failures, breaker.retry_at) == (BreakerState.OPEN, 5, 4 + 30 * SECOND)


def test_open_allows_nobody_before_the_cool_down_is_over() -> None:
    """It says when to ask again, and stays open until somebody does."""
    breaker = opened(3)
    assert breaker.allows(4) == 3 + 10 * SECOND
    assert breaker.allows(3 + 10 * SECOND) == 3 + 10 * SECOND
    assert breaker.allows(99 * SECOND) == 99 * SECOND
    assert breaker.state == "open"


def test_half_open_lets_one_probe_through() -> None:
    """While it is under way the others ask again each second."""
    breaker = opened()
    assert breaker.began(10 * SECOND) is True
    assert (breaker.state, breaker.retry_at) == ("half_open", None)
    assert breaker.allows(10 * SECOND) == 11 * SECOND
    assert breaker.allows(11 * SECOND) == 12 * SECOND


def test_a_probe_that_succeeds_closes_it() -> None:
    """All may try again, and the failures are forgotten."""
    breaker = opened()
    breaker.began(10 * SECOND)
    assert breaker.succeeded() is True
    assert (breaker.state, breaker.failures, breaker.retry_at) == ("closed", 0, None)
    assert breaker.allows(11 * SECOND) == 11 * SECOND


def test_a_probe_that_fails_opens_it_for_another_cool_down() -> None:
    """One failure is enough then, and it counts on."""
    breaker = opened()
    breaker.began(10 * SECOND)
    assert breaker.failed(12 * SECOND) is True
    assert (breaker.state, breaker.failures, breaker.retry_at) == ("open", 3, 22 * SECOND)
    assert breaker.allows(12 * SECOND) == 22 * SECOND


def test_a_probe_that_is_never_heard_of_makes_room() -> None:
    """After a whole cool-down it is given up, so nobody is locked out for ever; one called off is such a one."""
    breaker = opened()
    breaker.began(10 * SECOND)
    assert breaker.allows(20 * SECOND - 1) == 21 * SECOND - 1
    assert breaker.allows(20 * SECOND) == 20 * SECOND


def test_attempts_from_before_it_opened() -> None:
    """A late failure neither opens it again nor makes it longer; a late success closes it."""
    breaker = opened()
    assert breaker.failed(5 * SECOND) is False
    assert (breaker.failures, breaker.retry_at) == (3, 10 * SECOND)
    assert breaker.succeeded() is True
    assert (breaker.state, breaker.allows(6 * SECOND)) == ("closed", 6 * SECOND)


def test_who_does_not_ask_is_the_probe() -> None:
    """An attempt that begins before the cool-down is over is the probe, whose outcome decides."""
    breaker = opened()
    assert breaker.began(1 * SECOND) is True
    assert breaker.allows(1 * SECOND) == 2 * SECOND


@pytest.mark.parametrize("arguments", [{"failures": 0}, {"failures": -1}, {"cool_down": 0}])
def test_thresholds_that_can_not_be_meant(arguments: dict[str, int]) -> None:
    """They are refused."""
    with pytest.raises(ConfigurationError):
        Breaker(**arguments)


def test_it_shows_its_state() -> None:
    """For whoever debugs it."""
    assert repr(opened()) == "<Breaker open, 2 failures>"


@given(st.lists(st.tuples(st.sampled_from(["begin", "succeed", "fail"]), st.integers(0, 2 * SECOND))))
def test_whatever_happens_one_probe_at_a_time(steps: list[tuple[str, int]]) -> None:
    """Whoever asks first is alone while it is half-open, waits while it is open, and is let in again later."""
    breaker, now, probing = Breaker(failures=2, cool_down=3 * SECOND), 0, False
    for step, later in steps:
        now += later
        before = breaker.state
        if step == "begin":
            at = breaker.allows(now)
            if at == now:
                assert breaker.began(now) is (before == "open")
                probing = before != "closed"
                began = now
            elif before == "open":
                assert now < at <= now + 3 * SECOND
            else:
                assert probing
                assert (now - began < 3 * SECOND, at) == (True, now + SECOND)
        elif step == "succeed":
            assert breaker.succeeded() is (before != "closed")
            assert (breaker.state, breaker.failures) == ("closed", 0)
            probing = False
        else:
            changed = breaker.failed(now)
            assert breaker.state == ("open" if before != "closed" or breaker.failures >= 2 else "closed")
            assert changed is (breaker.state != before)
            probing = False
        assert (breaker.retry_at is not None) is (breaker.state == "open")
    assert breaker.allows(now + 3 * SECOND) == now + 3 * SECOND
