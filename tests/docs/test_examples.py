"""The notebook among the examples: it runs as a script, and its cells are cells for the tools that open it."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "queue_study.py"
TEXT = EXAMPLE.read_text()


def test_it_runs(tmp_path: Path) -> None:
    """It ends well, prints scores of every model, and writes its pictures where it was started."""
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    done = subprocess.run(  # noqa: S603  # our own example
        [sys.executable, EXAMPLE],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for model in ("auto", "cst", "empirical", "no cancels", "base rate"):
        assert done.stdout.count(f"\n  {model} ") == 2
    written = re.findall(r"^written: (.*)$", done.stdout, re.MULTILINE)
    assert {"reliability.png", "lifetimes.png"} <= set(written)
    assert {path.name for path in tmp_path.iterdir()} == set(written)


def test_its_cells() -> None:
    """Text is in comments and code can be read cell by cell, in turns; nothing refers to what a script alone has."""
    parts = re.split(r"^# %%(.*)\n", TEXT, flags=re.MULTILINE)
    kinds, cells = parts[1::2], parts[2::2]
    assert kinds == [" [markdown]", ""] * (len(kinds) // 2)
    assert len(cells) >= 10
    for kind, cell in zip(kinds, cells, strict=True):
        if kind:
            assert all(line.startswith("#") for line in cell.splitlines() if line)
            assert re.match(r"# #", cell)
        else:
            assert ast.parse(cell).body
    assert not {"__file__", "argv", "__name__"} & set(re.findall(r"\w+", TEXT))
