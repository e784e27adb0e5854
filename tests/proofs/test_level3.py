"""The level-3 proof, a little of it."""

import subprocess
import sys
from pathlib import Path

import level3
import pytest

from havklo.sim.rules import Rules

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(price_event="modify", requeue_event="modify", qty_up="keep", qty_down="back", iceberg_refill="keep"),
    ],
    ids=["usual", "unusual"],
)
def test_every_message_and_every_place(rules: Rules) -> None:
    """No desync, every place as in the simulator's ladders, and the rules found out."""
    verdict = level3.prove(4_000, depths=(10, 100), symbols=1, rules=rules)
    assert verdict.good, verdict


def test_a_lost_message_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof notices books that have missed something: at the touch by desyncs, deeper down by wrong places."""
    read, seen = level3.Follower.read, 0

    def forgetful(follower: level3.Follower, key: tuple[str, str, int | str], frame: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen % 20:
            read(follower, key, frame)

    monkeypatch.setattr(level3.Follower, "read", forgetful)
    verdict = level3.prove(800, depths=(100,), symbols=1)
    assert verdict.desyncs.total()
    assert verdict.misplaced.total()
    assert not verdict.good


def test_as_a_command() -> None:
    """It says PASSED and ends with 0."""
    command = [sys.executable, str(HERE / "level3.py"), "--messages", "4000", "--depth", "10", "--symbols", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the command stands above
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "PASSED"), done.stdout + done.stderr


def test_each_depth_apart() -> None:
    """Each depth with each set of rules in a process, and a row of the summary for each."""
    command = [sys.executable, str(HERE / "level3.py"), "--messages", "1500", "--depth", "10", "100", "--symbols", "1"]
    command += ["--rules", "qty_down=back", "--apart", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the command stands above
    rows = [line.split() for line in done.stdout.splitlines()[-4:-2]]
    assert [row[:4] for row in rows] == [
        ["qty_down=back,", "depth", "10", "1,500"],
        ["qty_down=back,", "depth", "100", "1,500"],
    ], done.stdout + done.stderr


def test_rules_by_name() -> None:
    """A row of the table by its name, all of them, or any option."""
    assert list(level3.read_rules(["each"])) == list(level3.EACH)
    assert level3.read_rules(["all the other way round"])["all the other way round"].qty_up == "keep"
    assert level3.read_rules(["qty_down=back", "qty_up=keep"])["qty_down=back qty_up=keep"].qty_down == "back"
    assert level3.read_rules([]) == {"as documented": Rules()}
