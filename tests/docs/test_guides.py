"""The guides in docs/ are run as they stand: scripts, files, tests, commands, and what their tables claim."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.commands import tried
from havklo.sim.delivery.kinds import FAULTS, KINDS
from havklo.sim.rules import Rules, Texts
from havklo.sim.scenario import Scenario
from havklo.sim.simulator import Simulator
from havklo.sim.trading.desk import METHODS
from havklo.sim.trading.terms import ORDER_TYPES

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
FOREIGN = ("import ccxt", "from kraken")  # run by tests/foreign, where these packages are


class Block(NamedTuple):
    """A fenced block of a guide; with a name it is that file."""

    language: str
    name: str
    content: str


def blocks(guide: Path) -> list[Block]:
    """All fenced blocks of a guide."""
    found = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", guide.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(*block) for block in found]


ALL = [(guide, block) for guide in GUIDES for block in blocks(guide)]
SCRIPTS = [case for case in ALL if case[1].language == "python" and not case[1].name]
COMMANDS = [
    (guide, command)
    for guide, block in ALL
    if block.language == "console"
    for command in re.findall(r"^\$ havklo (.*)$", block.content, re.MULTILINE)
]
SIMULATOR = (ROOT / "docs" / "simulator.md").read_text()


def write(guide: Path, folder: Path) -> None:
    """Write the files that a guide has its reader write."""
    for block in blocks(guide):
        if block.name and not any(line in block.content for line in FOREIGN):
            (folder / block.name).write_text(block.content)


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, where warnings are errors."""
    environment = os.environ | {"PYTHONWARNINGS": "error", "XDG_STATE_HOME": str(folder)}
    return subprocess.run(  # noqa: S603  # our own examples
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.parametrize(("guide", "block"), SCRIPTS)
def test_a_script_runs(guide: Path, block: Block, tmp_path: Path) -> None:
    """It ends well, prints something, and complains about nothing."""
    write(guide, tmp_path)
    (tmp_path / "example.py").write_text(block.content)
    done = run(sys.executable, "example.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not done.stderr


@pytest.mark.parametrize(("guide", "command"), COMMANDS)
def test_a_command_runs(guide: Path, command: str, tmp_path: Path) -> None:
    """It ends well and prints something."""
    write(guide, tmp_path)
    done = run(*tried(command, tmp_path), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("guide", [guide for guide in GUIDES if any(b.name.startswith("test_") for b in blocks(guide))])
def test_the_tests_pass(guide: Path, tmp_path: Path) -> None:
    """What a guide has its reader test is true."""
    write(guide, tmp_path)
    written = sum(path.read_text().count("\nasync def test_") for path in tmp_path.glob("test_*.py"))
    settings = "asyncio_default_fixture_loop_scope = function\naddopts = --strict-markers -W error"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
    done = run(sys.executable, "-m", "pytest", "-q", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"{written} passed" in done.stdout


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path) -> None:
    """Each link within the repository has its file, each within the guide its heading."""
    text = guide.read_text()
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (guide.parent / target).exists(), target


def test_every_rule_stands_in_the_table() -> None:
    """With the value that it has where nothing else is said."""
    rows = dict(re.findall(r"^\| (`[a-z_0-9`, ]+`) \| .* \| (`.*?`|`.*?`, `.*?`) \| .* \|$", SIMULATOR, re.MULTILINE))
    told: dict[str, str] = {}
    for names, values in rows.items():
        told |= dict(zip(re.findall(r"`(\w+)`", names), re.findall(r"`([^`]*)`", values), strict=True))
    defaults = {field.name: getattr(Rules(), field.name) for field in fields(Rules) if field.name != "texts"}
    assert told == {name: repr(value).replace("'", '"') for name, value in defaults.items()}


def test_every_text_stands_in_the_table() -> None:
    """With the words that it has here."""
    part = SIMULATOR[SIMULATOR.index("| text | when | here |") :]
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| `([^`]*)` \|$", part, re.MULTILINE))
    assert rows == {field.name: getattr(Texts(), field.name) for field in fields(Texts)}


def test_every_fault_stands_in_the_table() -> None:
    """Each kind once, with what it takes."""
    rows = re.findall(
        r"^\| (`[a-z_` ]+`) \| .*? \| ([^|]*) \|$", SIMULATOR[SIMULATOR.index("| kind |") :], re.MULTILINE
    )
    told: list[str] = []
    before: set[str] = set()
    for names, takes in rows[: len(rows)]:
        kinds = [kind for kind in re.findall(r"`(\w+)`", names) if kind in FAULTS]
        if not kinds:
            break
        told += kinds
        parts = [
            before | set(re.findall(r"`(\w+)`", part)) if "the same" in part else set(re.findall(r"`(\w+)`", part))
            for part in takes.split(";")
        ]
        for number, kind in enumerate(kinds):
            assert set(KINDS[kind].takes) == parts[min(number, len(parts) - 1)], kind
        before = parts[0]
    assert sorted(told) == sorted(FAULTS)


def test_what_orders_can_be() -> None:
    """All methods of the desk and all order types are named."""
    part = SIMULATOR[SIMULATOR.index("## Orders") : SIMULATOR.index("## Faults")]
    named = set(re.findall(r"`([^`]+)`", part))
    assert named >= set(METHODS)
    assert named >= ORDER_TYPES - {"settle-position"}


async def test_the_addresses() -> None:
    """What the guide says about addresses is where the simulator is."""
    async with Simulator(1) as simulator:
        for address in simulator.endpoints.values():
            plain = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8900", address)
            assert f"| `{plain}` |" in SIMULATOR, plain


def test_the_ready_scenarios_are_named() -> None:
    """All of those that come with the package."""
    for name in Scenario.names():
        assert f"`{name}`" in SIMULATOR


def test_the_guides_have_examples() -> None:
    """The patterns above find what the guides show."""
    assert len(SCRIPTS) == 33
    assert len(COMMANDS) == 21
    named = {block.name for _, block in ALL if block.name}
    scripts = {"bot.py", "ccxt_books.py", "conftest.py", "market.py", "sdk_books.py", "test_bot.py"}
    assert named == {*scripts, "mine.toml", "minute.jsonl"}
