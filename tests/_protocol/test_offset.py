"""The exchange's clock, as pings tell it."""

from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.offset import ClockOffset

EPOCH = 1_800_000_000_000_000_000


def test_unknown_at_first() -> None:
    """Without a ping there is no offset."""
    clock = ClockOffset()
    assert (clock.offset_ns, clock.error_ns, clock.rtt_ns) == (None, None, None)
    assert repr(clock) == "<ClockOffset unknown>"


def test_a_ping() -> None:
    """10 there, 4 at the exchange, 10 back, and the exchange's clock is 100 ahead."""
    clock = ClockOffset()
    assert clock.add(sent=EPOCH, time_in=EPOCH + 110, time_out=EPOCH + 114, received=EPOCH + 24)
    assert (clock.offset_ns, clock.error_ns, clock.rtt_ns) == (100, 10, 24)
    assert repr(clock) == "<ClockOffset 100 ± 10 ns>"


def test_the_best_of_the_last_eight() -> None:
    """The one with the smallest error counts until it is too old, and of equal ones the newest."""
    clock = ClockOffset()
    clock.add(sent=0, time_in=50, time_out=50, received=20)
    assert (clock.offset_ns, clock.error_ns) == (40, 10)
    for number in range(7):
        clock.add(sent=0, time_in=200 + number, time_out=200 + number, received=100)
        assert (clock.offset_ns, clock.error_ns, clock.rtt_ns) == (40, 10, 20)
    clock.add(sent=0, time_in=250, time_out=250, received=100)
    assert (clock.offset_ns, clock.error_ns, clock.rtt_ns) == (200, 50, 100)


def test_instants_that_can_not_be_true() -> None:
    """A clock was set meanwhile: such a ping changes nothing."""
    clock = ClockOffset()
    assert not clock.add(sent=100, time_in=0, time_out=0, received=99)
    assert not clock.add(sent=0, time_in=9, time_out=8, received=99)
    assert not clock.add(sent=0, time_in=0, time_out=11, received=10)
    assert clock.offset_ns is None


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=1, max_size=20),
)
def test_the_truth_is_within_the_error(ahead: int, pings: list[tuple[int, int, int]]) -> None:
    """However long the way there, the stay and the way back."""
    clock, sent = ClockOffset(), EPOCH
    for there, stay, back in pings:
        time_in = sent + there + ahead
        assert clock.add(sent=sent, time_in=time_in, time_out=time_in + stay, received=sent + there + stay + back)
        assert clock.offset_ns is not None
        assert clock.error_ns is not None
        assert abs(clock.offset_ns - ahead) <= clock.error_ns
        sent += 10**10
    best = min((there + back + 1) // 2 for there, _, back in pings[-8:])
    assert clock.error_ns == best
