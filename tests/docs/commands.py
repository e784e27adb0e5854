"""How a command of the documentation is tried: as it stands, but for what only one at a time can have."""

import shlex
import sys
from pathlib import Path

__all__ = ["tried"]


def tried(command: str, folder: Path) -> list[str]:
    """What to run for `havklo COMMAND`: the port is any free one, and what is served need not be built."""
    port = ["--port", "0"] if command.startswith(("sim", "serve")) else []
    apps = ["--apps", str(_apps(folder))] if command.startswith("serve") else []
    return [sys.executable, "-m", "havklo.cli", *shlex.split(command), *port, *apps]


def _apps(folder: Path) -> Path:
    """Apps with nothing in them."""
    for name in ("", "havnet", "havsyn"):
        (folder / "apps" / name).mkdir(parents=True, exist_ok=True)
        (folder / "apps" / name / "index.html").write_text("<!doctype html>")
    return folder / "apps"
