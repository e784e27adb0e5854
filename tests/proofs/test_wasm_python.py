"""The proof that both engines say the same, a little of it."""

import shutil
from pathlib import Path

import pytest
import wasm_python

BUILT = Path(__file__).parents[2] / "web" / "engine" / "dist" / "index.js"

pytestmark = pytest.mark.skipif(
    not BUILT.exists() or shutil.which("node") is None, reason="needs node and a built web/engine"
)


def test_both_engines_say_the_same() -> None:
    """Every event, every change, every sum and whole books, with messages lost and broken on the way."""
    verdict = wasm_python.prove(3_000, depths=(10, 100), symbols=1, seed=3)
    assert verdict.good, verdict


def test_a_difference_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that misses one message says something else sooner or later."""
    receive, seen = wasm_python.PythonTeller.receive, 0

    def forgetful(teller: wasm_python.PythonTeller, frame: bytes) -> str:
        nonlocal seen
        seen += 1
        return "ignored" if seen == 100 else receive(teller, frame)

    monkeypatch.setattr(wasm_python.PythonTeller, "receive", forgetful)
    verdict = wasm_python.prove(600, depths=(10,), symbols=1)
    assert verdict.differing
    assert not verdict.good
