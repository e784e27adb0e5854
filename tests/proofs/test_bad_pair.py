"""One bad pair disturbs nobody."""

import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import bad_pair
import pytest


@pytest.mark.parametrize("from_the_start", [False, True])
async def test_a_bad_pair_never_disturbs_199_others(from_the_start: bool) -> None:
    """None of them is ever away, each message is handed out as it arrives, and the bad one asked for seldom."""
    verdict = await bad_pair.prove(200, 1.0, from_the_start=from_the_start, seed=11)
    assert verdict.others == 199
    assert verdict.is_good, verdict
    assert verdict.dismissed == from_the_start


def test_only_the_bad_one_is_spoiled() -> None:
    """Its checksum is another 32-bit number, and nothing else changes; the others' frames stay as they are."""
    top = 0xFFFFFFFF
    frame = b'{"channel":"book","data":[{"symbol":"A/B","bids":[],"asks":[],"checksum":%d,"timestamp":"t"}]}'
    assert bad_pair.spoil(frame % top, "A/B") == frame % 0
    assert bad_pair.spoil(frame % zlib.crc32(b""), "A/B") == frame % 1
    assert bad_pair.spoil(frame % 7, "B/A") == frame % 7
    assert bad_pair.spoil(b'{"channel":"heartbeat"}', "A/B") == b'{"channel":"heartbeat"}'


def test_what_disturbs_others_fails() -> None:
    """A desync, a delay, a loss or too many requests: each is enough."""
    good = bad_pair.Verdict(
        from_the_start=False, others=9, minutes=1.0, sent=10, received=9, under_way=1, bad_desyncs=3, bad_asked=11
    )
    assert good.is_good
    for harm in (
        {"received": 8},
        {"wrong_time": 1},
        {"disturbed": ["ETH/USD"]},
        {"bad_asked": 12},
        {"bad_asked": 0},
        {"bad_desyncs": 0},
        {"sent": 0, "received": 0, "under_way": 0},
    ):
        assert not replace(good, **harm).is_good, harm


def test_as_a_command() -> None:
    """It says PASSED and ends with 0."""
    command = [sys.executable, str(Path(bad_pair.__file__)), "--minutes", "0.5", "--symbols", "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # it stands above
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["PASSED"]), done.stdout + done.stderr
