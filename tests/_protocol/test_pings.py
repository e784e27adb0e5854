"""Pings and pongs: when one is due, when one is overdue, and what they tell about Kraken's clock."""

from havklo._protocol.pings import Pings
from havklo._protocol.timings import Timings

SECOND = 1_000_000_000
EPOCH = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
NOON = "2026-01-01T00:00:00.000000Z"


def started(at: int = 0) -> Pings:
    """Pings of a connection that was opened just now."""
    pings = Pings(Timings())
    pings.start(at)
    return pings


def test_nothing_is_due_without_a_connection() -> None:
    """Neither before one nor after it."""
    pings = Pings(Timings())
    assert (pings.due, pings.is_due(0), pings.is_overdue(0)) == (None, False, False)
    pings.start(0)
    pings.sent(1, SECOND)
    pings.stop()
    assert (pings.due, pings.is_due(99 * SECOND), pings.is_overdue(99 * SECOND)) == (None, False, False)


def test_the_first_comes_soon_and_then_one_each_quarter_of_a_minute() -> None:
    """A second after the connection's beginning, then every 15 s."""
    pings = started(5)
    assert pings.due == 5 + SECOND
    assert not pings.is_due(4 + SECOND)
    assert pings.is_due(5 + SECOND)
    pings.sent(1, 5 + SECOND)
    pings.answered(1, None, None, 6 + SECOND)
    assert pings.due == 5 + 16 * SECOND


def test_a_pong_has_ten_seconds_whatever_is_asked_after_it() -> None:
    """A second ping gives the first one's pong no more time."""
    pings = started()
    pings.sent(1, SECOND)
    pings.sent(2, 5 * SECOND)
    assert pings.due == 11 * SECOND
    assert not pings.is_overdue(11 * SECOND - 1)
    assert pings.is_overdue(11 * SECOND)


def test_any_pong_shows_that_pings_arrive() -> None:
    """Even one of another ping, or of none."""
    for req_id in (1, 2, 3, None):
        pings = started()
        pings.sent(1, SECOND)
        pings.sent(2, 2 * SECOND)
        pings.answered(req_id, None, None, 3 * SECOND)
        assert not pings.is_overdue(3600 * SECOND)
        assert pings.due == 17 * SECOND


def test_a_new_connection_owes_no_pong() -> None:
    """What the one before it did not answer is forgotten."""
    pings = started()
    pings.sent(1, SECOND)
    pings.stop()
    pings.start(20 * SECOND)
    assert pings.due == 21 * SECOND
    pings.answered(1, NOON, NOON, 20 * SECOND)
    assert pings.clock.offset_ns is None


def test_the_clock() -> None:
    """The latest ping's pong tells the server's clock, half of the way there and back taken off."""
    pings = started()
    pings.sent(7, SECOND)
    pings.answered(7, NOON, "2026-01-01T00:00:00.000100Z", SECOND + 40_100_000)
    assert (pings.clock.offset_ns, pings.clock.error_ns, pings.clock.rtt_ns) == (
        EPOCH - SECOND - 20_000_000,
        20_000_000,
        40_100_000,
    )


def test_pongs_that_tell_no_time() -> None:
    """Without both times, with times that can't be read, or of an older ping, a pong is only a sign of life."""
    pings = started()
    pings.sent(7, SECOND)
    for req_id, time_in, time_out in (
        (6, NOON, NOON),
        (None, NOON, NOON),
        (7, None, NOON),
        (7, NOON, None),
        (7, "soon", NOON),
        (7, NOON, "later"),
    ):
        pings.answered(req_id, time_in, time_out, SECOND + 1)
        assert pings.clock.offset_ns is None
