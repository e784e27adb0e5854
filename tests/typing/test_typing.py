"""The public types, as both type checkers see them: `api.py` must be clean, its expected mistakes included."""

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
