"""Resyncs take no longer than their snapshot and three round trips."""

import subprocess
import sys
from pathlib import Path

import pytest
import resync_time

SECOND = 1_000_000_000


@pytest.mark.parametrize("round_trip", [0.005, 0.25])
async def test_a_resync_takes_a_snapshot_and_three_round_trips(round_trip: float) -> None:
    """Near and far: 99 of 100 are back within the snapshot's delay and three round trips, none before two of them."""
    row = await resync_time.measure(round_trip, 60, 11)
    assert len(row.took) >= 60
    assert row.is_good, row
    assert row.took[0] >= round((resync_time.SNAPSHOT[0] + 2 * round_trip) * SECOND)


def test_what_is_too_slow_fails() -> None:
    """One of a hundred may take longer, two may not; and nothing at all proves nothing."""
    row = resync_time.Row(round_trip=0.02, took=(SECOND // 10,) * 99 + (SECOND,))
    assert row.bound == 160_000_000
    assert row.is_good
    assert not resync_time.Row(round_trip=0.02, took=(SECOND // 10,) * 98 + (SECOND,) * 2).is_good
    assert not resync_time.Row(round_trip=0.02, took=()).is_good


def test_as_a_command() -> None:
    """It says PASSED and ends with 0."""
    command = [sys.executable, str(Path(resync_time.__file__)), "--desyncs", "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # it stands above
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["PASSED"]), done.stdout + done.stderr
