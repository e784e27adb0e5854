"""Clocks: the system's, a faster one, and one that stands still."""

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from havklo.clock import Clock, ManualClock, ScaledClock, SystemClock
from havklo.errors import ConfigurationError

SECOND = 1_000_000_000


def test_system_clock() -> None:
    """`now` is monotonic; `epoch_ns` is the time of day, and both tick alike within a second."""
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first <= second
    assert abs(clock.epoch_ns() - time.time_ns()) < SECOND
    assert clock.to_epoch(first + 5) - clock.to_epoch(first) == 5


def test_the_offset_is_measured_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time of day is set, receive stamps follow within a second."""
    day, instant = [1_000 * SECOND], [50 * SECOND]
    fake = SimpleNamespace(time_ns=lambda: day[0], monotonic_ns=lambda: instant[0])
    monkeypatch.setattr("havklo.clock.time", fake)
    clock = SystemClock()
    assert clock.epoch_ns() == 1_000 * SECOND
    day[0] += 100 * SECOND
    instant[0] += SECOND // 2
    assert clock.epoch_ns() == 1_000 * SECOND + SECOND // 2
    instant[0] += SECOND // 2
    assert clock.epoch_ns() == 1_100 * SECOND


async def test_system_timers() -> None:
    """A call whose instant has passed is made as soon as the loop turns; a cancelled one never."""
    clock = SystemClock()
    done = asyncio.Event()
    calls: list[str] = []
    clock.call_at(clock.now(), lambda: calls.append("never")).cancel()
    clock.call_at(clock.now() - SECOND, done.set)
    await done.wait()
    await clock.sleep(0)
    assert calls == []


def test_manual_clock() -> None:
    """Time stands still but for `advance`, which runs what is due in order, each at its own instant."""
    clock = ManualClock(start=0, epoch=1_800_000_000 * SECOND)
    calls: list[tuple[str, int]] = []
    clock.call_at(2 * SECOND, lambda: calls.append(("second", clock.now())))
    clock.call_at(1 * SECOND, lambda: clock.call_at(2 * SECOND, lambda: calls.append(("third", clock.now()))))
    clock.call_at(1 * SECOND, lambda: calls.append(("cancelled", 0))).cancel()
    assert repr(clock) == "<ManualClock at 0 s, 3 timers>"
    clock.advance(1.5)
    assert (clock.now(), calls) == (SECOND * 3 // 2, [])
    clock.advance(1.5)
    assert calls == [("second", 2 * SECOND), ("third", 2 * SECOND)]
    assert datetime.fromtimestamp(clock.epoch_ns() / SECOND, UTC).year == 2027


@pytest.mark.parametrize("speed", [0.25, 1.0, 10.0, 3.7])
def test_scaled_clock(speed: float) -> None:
    """It runs so many times as fast, from the same time of day; a call comes when it is due, never before."""
    manual = ManualClock()
    clock = ScaledClock(speed, manual)
    began = clock.epoch_ns()
    assert began == manual.epoch_ns()
    calls: list[int] = []
    due = clock.now() + 30 * SECOND
    clock.call_at(due, lambda: calls.append(clock.now()))
    clock.call_at(due, lambda: calls.append(0)).cancel()
    manual.advance(29.9 / speed)
    assert calls == []
    manual.advance(0.2 / speed)
    assert due <= calls.pop() < due + 10
    assert abs(clock.epoch_ns() - began - 30.1 * SECOND) < 100
    assert repr(clock).startswith(f"<ScaledClock {speed:g} times <ManualClock")


def test_a_clock_does_not_stand_or_run_backwards() -> None:
    """A speed is above 0."""
    with pytest.raises(ConfigurationError, match="above 0, not 0"):
        ScaledClock(0)


async def test_sleep() -> None:
    """A sleeper wakes when its time has come, and may be cancelled before."""
    clock = ManualClock()
    sleeper, cancelled = asyncio.create_task(clock.sleep(5)), asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    cancelled.cancel()
    clock.advance(4.9)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(0.1)
    await sleeper
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def _collect(clock: Clock, instants: list[float]) -> None:
    async for now in clock.every(2):
        instants.append(now / SECOND)  # noqa: PERF401  # it never ends, and is looked at meanwhile


async def test_every() -> None:
    """An interval does not drift, and those that were missed are skipped."""
    clock = ManualClock(start=0)
    instants: list[float] = []
    task = asyncio.create_task(_collect(clock, instants))
    for step in (2.0, 2.5, 1.5, 5.0, 1.0):
        await asyncio.sleep(0)
        clock.advance(step)
        for _ in range(3):
            await asyncio.sleep(0)
    task.cancel()
    assert instants == [2.0, 4.5, 6.0, 11.0, 12.0]
