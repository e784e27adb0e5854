"""A few seeds of the deterministic simulation, small; what it finds, and that it is deterministic."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dst import readers, traders
from dst.journal import Journal
from dst.plants import PLANTS
from dst.report import replay
from dst.simulation import Outcome, simulate

RUN = Path(__file__).parent / "run.py"
MESSAGES, SYMBOLS = 3_000, 6


def run(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(  # noqa: S603  # the command stands above
        [sys.executable, str(RUN), "--messages", "1500", "--symbols", "4", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_seed(seed: int) -> None:
    """Nothing is violated, and something has happened."""
    outcome = simulate(seed, messages=MESSAGES, symbols=SYMBOLS)
    assert outcome.violations == [], replay(outcome, MESSAGES, SYMBOLS, new_pairs=False, plant=None)
    assert outcome.messages >= MESSAGES
    assert outcome.counts["read after an update"] > MESSAGES / 3
    assert any(name.startswith("fault ") for name in outcome.counts)
    assert any(name.startswith("resync ") for name in outcome.counts)


def test_same_seed_same_run_in_any_process() -> None:
    """The digest of everything that happened depends on the seed, and not on the process."""
    digests = [_digest(run("--seeds", "1", "--first-seed", seed, hash_seed=salt)) for seed, salt in _PAIRS]
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


_PAIRS = (("8", "1"), ("8", "2"), ("9", "1"))


def _digest(done: subprocess.CompletedProcess[str]) -> str:
    found = re.search(r"a second, ([0-9a-f]{12}): ok", done.stdout)
    assert found is not None, done.stdout + done.stderr
    return found[1]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(plant: str) -> None:
    """Each within a few small seeds."""
    assert _first_found(plant) is not None


_KNOWN = {"requeue": 6, "budget": 10, "resend": 3, "free": 1}
"""A seed that finds it, so that few have to be run; if it does not any more, others may."""


def _first_found(plant: str) -> Outcome | None:
    for seed in (_KNOWN.get(plant, 1), *range(2, 17)):
        outcome = simulate(seed, messages=MESSAGES, symbols=SYMBOLS, plant=PLANTS[plant])
        if outcome.violations:
            return outcome
    return None


def test_level_3_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads books has the same run whether somebody reads level 3 beside them or not."""
    frames: dict[bool, list[tuple[int, str, bytes]]] = {True: [], False: []}
    monkeypatch.setattr(traders, "_PRESENT", 0.0)  # who trades moves the markets of all
    for is_there, kept in frames.items():
        monkeypatch.setattr(readers, "_PRESENT", float(is_there))

        def note(journal: Journal, way: str, payload: bytes, kept: Any = kept) -> None:
            number = way.removeprefix("<- ").removeprefix("-> ")
            if number.isdigit() and int(number) < 10_000 and b'"status"' not in payload:
                kept.append((journal._clock.now(), way, payload))

        monkeypatch.setattr(Journal, "frame", note)
        outcome = simulate(3, messages=1_500, symbols=4)
        assert (outcome.counts["messages of those apart"] > 0) == is_there
        assert outcome.violations == []
    # The peace at the end may last longer with somebody more to wait for.
    assert len(frames[True]) > 1_500
    assert frames[True][:1_500] == frames[False][:1_500]


def test_a_plant_is_gone_after_its_run() -> None:
    """The next run has the real client again."""
    assert simulate(1, messages=200, symbols=2, plant=PLANTS["truncation"]).violations
    assert not simulate(1, messages=200, symbols=2).violations


def test_a_violation_says_how_to_see_it_again() -> None:
    """The command ends with 1 and prints the command that replays the seed, with its last events if asked."""
    done = run("--seeds", "2", "--jobs", "2", "--plant", "truncation", "--verbose", "--log", "20")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "VIOLATED a desync without a fault" in done.stdout
    assert '"channel":"book"' in done.stdout
    assert "--first-seed 1 --seeds 1 --messages 1500 --symbols 4 --plant truncation --verbose" in done.stdout
    assert done.stdout.splitlines()[-1] == "FAILED: seeds 1, 2"


def test_without_one_it_passes() -> None:
    """The command ends with 0 and a table."""
    done = run("--seeds", "1", "--first-seed", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "PASSED"
    assert "faults: " in done.stdout
