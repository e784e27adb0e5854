"""What the folders promise of each other, where import-linter can't see it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import havklo
from havklo import _engine, errors, events

PACKAGE = Path(havklo.__file__).parent
JUDGES = [*PACKAGE.joinpath("sim").rglob("*.py"), *Path(__file__).parent.joinpath("reference").glob("[!j]*.py")]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, and every name it takes from one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: path.name)
def test_the_judge_does_not_ask_the_judged(path: Path) -> None:
    """The simulator and the reference never import the engine."""
    assert not any("_engine" in name.split(".") for name in imports(path))


def test_public_names_are_there() -> None:
    """All that is listed can be had, and the engine's values are the package's own."""
    for name in havklo.__all__:
        assert getattr(havklo, name) is not None, name
    for name in ("Book", "BookState", "BookUpdate", "Desync", "Level", "Sweep"):
        assert getattr(havklo, name) is getattr(_engine, name)
        assert getattr(events, name) is getattr(_engine, name)


def test_every_error_is_a_havklo_error() -> None:
    """Whoever catches `HavkloError` catches all of them."""
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), havklo.HavkloError), name


def test_importing_is_light() -> None:
    """What most programs do not need is not imported before it is used."""
    code = "import sys, havklo; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"numpy", "aiohttp", "rich", "cyclopts", "uvloop", "picows"} & set(done.stdout.split())
