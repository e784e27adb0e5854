"""How far this machine's clock is from the server's: what several answers say about it together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from havklo.cli._doctor.check import Check, milliseconds
from havklo.clock import Clock

__all__ = ["Offset", "Sample", "clock_check", "estimate", "measure"]

_SECOND: Final = 1_000_000_000
_WARN: Final = 1 * _SECOND
_FAIL: Final = 10 * _SECOND
_SAMPLES: Final = 5
_STEP: Final = 0.2  # seconds between two samples: together they see every fifth of a second


class Sample(NamedTuple):
    """One answer about the server's time; all in epoch nanoseconds.

    Attributes:
        sent: When it was asked for, by the local clock.
        received: When the answer was there, by the local clock.
        earliest: The server's time in between was no earlier than this,
        latest: and no later than this.
    """

    sent: int
    received: int
    earliest: int
    latest: int


class Offset(NamedTuple):
    """How far the server's clock is ahead of the local one.

    Attributes:
        ns: The best estimate, in nanoseconds; negative when the local clock is ahead.
        error_ns: By how much it may be wrong in either direction.
        round_trip_ns: The shortest time from question to answer.
    """

    ns: int
    error_ns: int
    round_trip_ns: int


def estimate(samples: Sequence[Sample]) -> Offset:
    """Find the offset that all samples allow.

    A sample says that the server's time lay between `earliest` and `latest` at some local instant between `sent` and
    `received`: so the offset is one of an interval, and the intervals of all samples have it in common. Where they have
    nothing in common a clock was set meanwhile; then the sample with the shortest interval counts.
    """
    intervals = [(each.earliest - each.received, each.latest - each.sent) for each in samples]
    low, high = max(low for low, _ in intervals), min(high for _, high in intervals)
    if low > high:
        low, high = min(intervals, key=lambda interval: interval[1] - interval[0])
    trip = min(each.received - each.sent for each in samples)
    return Offset((low + high) // 2, (high - low + 1) // 2, trip)


async def measure(
    server_time: Callable[[], Awaitable[int]],
    resolution_ns: int,
    clock: Clock,
    wall: Callable[[], int],
    samples: int = _SAMPLES,
) -> list[Sample]:
    """Ask for the server's time again and again, at different fractions of a second.

    Args:
        server_time: Gives the server's time in epoch nanoseconds, rounded down.
        resolution_ns: What it is rounded to.
        clock: Paces the questions.
        wall: The local clock that is looked at, in epoch nanoseconds.
        samples: How many questions.
    """
    found: list[Sample] = []
    for number in range(samples):
        if number:
            await clock.sleep(_STEP)
        sent = wall()
        told = await server_time()
        found.append(Sample(sent, wall(), told, told + resolution_ns))
    return found


def clock_check(offset: Offset, name: str = "clock") -> Check:
    """Whether the local clock is right enough for what needs it."""
    figures = {
        "offset_ms": round(offset.ns / 1e6, 3),
        "error_ms": round(offset.error_ns / 1e6, 3),
        "round_trip_ms": round(offset.round_trip_ns / 1e6, 3),
    }
    off = _text(abs(offset.ns))
    side = "behind" if offset.ns > 0 else "ahead of"
    detail = f"{off} {side} the server's, give or take {_text(offset.error_ns)}"
    certain = abs(offset.ns) - offset.error_ns
    advice = (
        "set it by NTP (Linux: timedatectl set-ntp true; macOS and Windows: 'set time automatically'): the deadlines "
        "of orders (half a second to a minute) and the nonces of API keys come from it, and so do all measured delays"
    )
    if certain > _FAIL:
        return Check(name=name, outcome="fail", detail=detail, advice=advice, figures=figures)
    if certain > _WARN:
        return Check(name=name, outcome="warn", detail=detail, advice=advice, figures=figures)
    if offset.error_ns > _WARN:
        slow = "the answers took too long to tell more: check the network, and try again"
        return Check(name=name, outcome="warn", detail=detail, advice=slow, figures=figures)
    return Check(name=name, outcome="ok", detail=detail, figures=figures)


def _text(nanoseconds: int) -> str:
    seconds = nanoseconds / _SECOND
    return milliseconds(nanoseconds) if seconds < 1 else f"{seconds:,.1f} s"
