"""What the tests with foreign clients share: a simulator that runs as a program of its own.

The clients live in an environment of their own, `make foreign` sets it up; everywhere else nothing is
collected here. Their simulator is `havklo` of the checkout's environment, or what HAVKLO names.
"""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HAVKLO = os.environ.get("HAVKLO", str(ROOT / ".venv" / "bin" / "havklo"))
SECONDS = float(os.environ.get("HAVKLO_FOREIGN_SECONDS", "60"))

if not all(find_spec(client) for client in ("ccxt", "kraken")):
    collect_ignore_glob = ["test_*.py"]


@dataclass(frozen=True)
class Account:
    """An account's key and secret."""

    key: str
    secret: str


@dataclass(frozen=True)
class Simulated:
    """Where a simulator listens, and who has an account there."""

    public: str
    private: str
    level3: str
    rest: str
    accounts: dict[str, Account]


def read(process: subprocess.Popen[str]) -> Simulated:
    """Wait until a simulator has said where it is."""
    said, end = "", time.monotonic() + 30
    assert process.stdout is not None
    while not re.search(r"symbols: .*\n", said):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
        line = process.stdout.readline() if ready else ""
        assert line, f"the simulator did not begin: {said}"
        said += line
    (public,) = re.findall(r"^simulated Kraken at (\S+)$", said, re.MULTILINE)
    named = dict(re.findall(r"^  (private|level3|REST) +(\S+)$", said, re.MULTILINE))
    accounts = re.findall(r"^account (\S+),.*\n  API key +(\S+)\n  API secret +(\S+)$", said, re.MULTILINE)
    return Simulated(
        public=public,
        private=named["private"],
        level3=named["level3"],
        rest=named["REST"],
        accounts={name: Account(key, secret) for name, key, secret in accounts},
    )


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """Run a simulator with these options; a scenario may be given as TOML."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*options: Any, scenario: str = "") -> Simulated:
        command = [HAVKLO, "sim", "--port", "0", *map(str, options)]
        if scenario:
            (tmp_path / "scenario.toml").write_text(scenario)
            command += ["--scenario", str(tmp_path / "scenario.toml")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program
        processes.append(process)
        return read(process)

    yield begin
    for process in processes:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
        assert "left out" not in rest, "the simulator fell behind, so that nothing of this counts"


@pytest.fixture
def seconds() -> float:
    """How long to follow a market."""
    return SECONDS
