"""The public types, as both type checkers see them: `api.py` must be clean, its expected mistakes included."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

API = Path(__file__).with_name("api.py")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "checker",
    [
        ("mypy", "--strict", "--warn-unused-ignores", "--no-incremental"),
        ("pyright",),
    ],
    ids=lambda checker: checker[0],
)
def test_the_api_sketch(checker: tuple[str, ...]) -> None:
    """The checker accepts every use and every assertion of the sketch, and refuses what is marked as wrong."""
    pytest.importorskip(checker[0], reason=f"{checker[0]} is not installed")
    done = subprocess.run(  # noqa: S603  # its own tools
        [sys.executable, "-m", *checker, str(API)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_public_has_a_type() -> None:
    """Nothing that is exported leaves a checker guessing: pyright knows the type of every public symbol."""
    pytest.importorskip("pyright", reason="pyright is not installed")
    python = Path(sys.executable).parent
    # It looks for packages where the first `python` of the path does, and for this one beside the tests.
    env = os.environ | {"PATH": f"{python}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "python")}
    command = [sys.executable, "-m", "pyright", "--verifytypes", "havklo", "--ignoreexternal", "--outputjson"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603  # its own tools
    report = json.loads(done.stdout)["typeCompleteness"]
    lacking = [
        f"{symbol['name']}: {told['message']}" for symbol in report["symbols"] for told in symbol.get("diagnostics", [])
    ]
    assert lacking == []
    assert report["completenessScore"] == 1
    assert report["exportedSymbolCounts"]["withKnownType"] > 1_000
