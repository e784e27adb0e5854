"""A server that lets nobody in is asked seldom, and the client is back soon after its return."""

import subprocess
import sys
from pathlib import Path

import pytest
import refusing

SECOND = 1_000_000_000


@pytest.mark.parametrize("way", refusing.WAYS)
async def test_ten_minutes_without_a_way_in(way: str) -> None:
    """At most 120 attempts of five connections in any ten minutes, no ban, and live again within one cool-down."""
    row = await refusing.measure(way, 10.0, 11)
    assert row.is_good, row


def test_what_asks_too_often_or_is_back_too_late_fails() -> None:
    """The bounds are the client's own limit, and one cool-down."""
    good = refusing.Row(way="refuse", attempts=100, most=120, bans=0, back=30.9)
    assert good.is_good
    for attempts, most, bans, back in ((100, 121, 0, 5.0), (100, 120, 1, 5.0), (100, 120, 0, 31.1), (0, 5, 0, 5.0)):
        assert not refusing.Row(way="refuse", attempts=attempts, most=most, bans=bans, back=back).is_good
    assert not refusing.Row(way="refuse", attempts=100, most=100, bans=0, back=None).is_good


def test_the_window_slides() -> None:
    """Attempts count for as long as the window, and not a moment longer."""
    assert refusing.most_within([], 10) == 0
    assert refusing.most_within([0, 1, 2, 10, 11, 12, 13], 10) == 4
    assert refusing.most_within([0, 10, 20], 10) == 1


def test_as_a_command() -> None:
    """It says PASSED and ends with 0."""
    command = [sys.executable, str(Path(refusing.__file__)), "--minutes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # it stands above
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["PASSED"]), done.stdout + done.stderr
