"""The README's examples and commands are run as they stand."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.commands import tried
from havklo.sim.wire.checksum import checksum

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ havklo (.*)$", README, re.MULTILINE)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in an empty folder, where warnings are errors."""
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    return subprocess.run(  # noqa: S603  # our own examples
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the capture that the README speaks of."""
    level = {"price": "45285.2", "qty": "0.00100000"}
    total = checksum([], [("45285.2", "0.00100000")])
    data = {"symbol": "BTC/USD", "bids": [], "asks": [level], "checksum": total}
    frame = {"channel": "book", "type": "snapshot", "data": [data]}
    (tmp_path / "capture.jsonl").write_text(json.dumps({"rx_ns": 0, "frame": frame}) + "\n")
    return tmp_path


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number: int, folder: Path) -> None:
    """Each Python example of the README runs as it stands and prints something."""
    done = run([sys.executable, "-c", EXAMPLES[number]], folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, folder: Path) -> None:
    """Each `havklo` command of the README ends well."""
    done = run(tried(command, folder), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_the_readme_has_examples() -> None:
    """The patterns above find what the README shows."""
    assert len(EXAMPLES) == 7
    assert len(COMMANDS) == 12


def test_the_two_commands_are_in_the_makefile() -> None:
    """`make demo` and `make test` exist, and so does every target the documents name."""
    makefile = (ROOT / "Makefile").read_text()
    documents = "".join(
        (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "benches/README.md")
    )
    named = set(re.findall(r"\bmake ([a-z-]+)\b", documents)) - {"sure", "what"}
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
