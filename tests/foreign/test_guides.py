"""What the guide shows about foreign clients is run as it stands; only the port is another one."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foreign.conftest import ROOT, Simulated

GUIDE = (ROOT / "docs" / "simulator.md").read_text()
FILES = dict(re.findall(r"^```python (ccxt_\w+\.py|sdk_\w+\.py)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", ["ccxt_books.py", "sdk_books.py"])
def test_an_example_runs(simulate: Callable[..., Simulated], name: str, tmp_path: Path) -> None:
    """It ends well, and what it prints are prices, orders and books that hold."""
    places = simulate()
    account = places.accounts["trader"]
    (tmp_path / name).write_text(FILES[name])
    environment = os.environ | {
        "SIMULATOR": places.rest.removeprefix("http://"),
        "API_KEY": account.key,
        "API_SECRET": account.secret,
    }
    done = subprocess.run(  # noqa: S603  # our own example
        [sys.executable, name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    if name == "ccxt_books.py":
        assert re.fullmatch(r"\[\S+ \S+\] \[\S+ \S+\]\nO\w{5}-\w{5}-\w{6}\n", done.stdout), done.stdout
    else:
        assert set(done.stdout.splitlines()) == {"BTC/USD True"}
