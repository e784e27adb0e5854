"""`havklo verify`: the table, the JSON lines, the exit codes, and what is said about bad input."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from havklo.cli import verify as verify_module

Write = Callable[..., Path]

CLEAN = """\
file         symbol   depth  frames  verified  desyncs  ignored  frames/s
clean.jsonl  BTC/USD     10       4         4        0        0         #
"""

MIXED = """\
file         symbol                                 depth  frames  verified  desyncs  ignored  frames/s
clean.jsonl  BTC/USD                                   10       4         4        0        0         #
gap.jsonl    BTC/USD, AAA/USD, BBB/USD and 1 more  10-100       8         6        1        1         #

gap.jsonl:7: BTC/USD desynced: Kraken's checksum is #, the book's is # (1 by checksum in all)
"""


@pytest.fixture
def clean(write: Write, market: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A capture without fault, in the current folder."""
    monkeypatch.chdir(tmp_path)
    btc = market()
    return write("clean.jsonl", btc.ack(), btc.snapshot(), btc.update(), btc.update(), btc.update())


@pytest.fixture
def gap(write: Write, market: Any, clean: Path) -> Path:
    """A capture with several books, one of which desyncs."""
    btc, others = market(), [market(f"{name}/USD") for name in ("AAA", "BBB")]
    deep = market("CCC/USD", 100)
    snapshots = [each.snapshot() for each in (btc, *others)]
    path = write(
        "gap.jsonl", *snapshots, deep.ack(100), deep.snapshot(), btc.update(), btc.update(wrong=True), btc.update(),
        others[0].update(),
    )  # fmt: skip
    assert path.parent == clean.parent
    return path


def steady(text: str) -> str:
    """The text without what differs from run to run."""
    text = re.sub(r" +[\d,]+$", lambda found: "#".rjust(len(found[0])), text, flags=re.MULTILINE)
    return re.sub(r"is \d+", "is #", text)


@pytest.mark.usefixtures("clean")
def test_a_clean_file(havklo: Any) -> None:
    """A table with one line, no more words, and the exit code 0."""
    done = havklo("verify", "clean.jsonl")
    assert (done.code, done.err) == (0, "")
    assert steady(done.out) == CLEAN


@pytest.mark.usefixtures("gap")
def test_a_desync(havklo: Any) -> None:
    """The first desync of a file is told with file and line; the exit code is 1."""
    done = havklo("verify", "clean.jsonl", "gap.jsonl")
    assert (done.code, done.err) == (1, "")
    assert steady(done.out) == MIXED


def test_updates_without_a_snapshot(havklo: Any, write: Write, market: Any) -> None:
    """They are ignored, so nothing is proven, and the exit code says so."""
    btc = market("BTC/USD", 10)
    btc.snapshot()
    done = havklo("verify", write("updates.jsonl", btc.update(), btc.update()))
    assert done.code == 1
    assert "nothing is proven: no snapshot is in it" in done.out


@pytest.mark.usefixtures("gap")
def test_json(havklo: Any) -> None:
    """One object per file and line, with exactly these keys, in the files' order, and no totals."""
    done = havklo("verify", "--json", "clean.jsonl", "gap.jsonl")
    assert (done.code, done.err) == (1, "")
    rows = [json.loads(line) for line in done.out.splitlines()]
    keys = ["file", "frames", "verified", "desyncs", "ignored", "frames_per_second"]
    assert [list(row) for row in rows] == [keys, keys]
    assert [[row[key] for key in keys[:-1]] for row in rows] == [["clean.jsonl", 4, 4, 0, 0], ["gap.jsonl", 8, 6, 1, 1]]
    assert all(isinstance(row["frames_per_second"], int) for row in rows)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_bad_file_does_not_stop_the_others(havklo: Any, write: Write, gap: Path, options: list[str]) -> None:
    """Each bad file is told on standard error, the others are proven, and the exit code is 2."""
    write("bad.jsonl", "{]}", wrapped=False)
    done = havklo("verify", "missing.jsonl", "clean.jsonl", gap.parent / "bad.jsonl", "gap.jsonl", *options)
    assert done.code == 2
    assert re.findall(r"^error: (.*)$", done.err, re.MULTILINE) == [
        "missing.jsonl: can't be read: No such file or directory",
        f"{gap.parent}/bad.jsonl:1: not JSON (object keys must be strings (byte 1))",
    ]
    assert "clean.jsonl" in done.out
    assert "gap.jsonl" in done.out
    assert "bad.jsonl" not in done.out


def test_the_options_reach_the_engine(havklo: Any, write: Write, market: Any) -> None:
    """`--depth` and `--precision` do what their help says."""
    btc = market("BTC/USD", 25)
    plain = btc.snapshot()
    path = write("floats.jsonl", plain.replace("0.10000000", "0.1").replace("0.00100000", "0.001"), btc.update())
    assert havklo("verify", path).code == 1
    assert "hint: not one frame was proven" in havklo("verify", path).out
    done = havklo("verify", path, "--precision", "1,8", "--depth", "25")
    assert done.code == 0
    assert " 25 " in done.out


BAD = {
    "no file": ([], "no file was named"),
    "a depth that is none": (
        ["--depth", "7", "x"],
        'Invalid value "7" for --depth. Choose from: 10, 25, 100, 500, 1000.',
    ),
    "one decimal": (["--precision", "1", "x"], "'1' is no precision"),
    "three decimals": (["--precision", "1,2,3", "x"], "'1,2,3' is no precision"),
    "words": (["--precision", "a,b", "x"], "'a,b' is no precision"),
    "negative": (["--precision=-1,8", "x"], "'-1,8' is no precision"),
    "too precise": (["--precision", "1,29", "x"], "a precision has at most 28 decimals, not 29"),
    "an unknown option": (["--deep", "x"], "Unknown option: --deep."),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_arguments(havklo: Any, arguments: list[str], message: str) -> None:
    """One line that says what is wrong, the exit code 2, and nothing on standard output."""
    done = havklo("verify", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0].startswith(f"error: {message}")


def test_a_long_run_shows_its_progress(havklo: Any, write: Write, market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a bar appears after two seconds, on standard error, and is gone in the end."""
    btc = market()
    path = write("long.jsonl", btc.snapshot(), *(btc.update() for _ in range(3_000)))
    screen = io.StringIO()
    monkeypatch.setattr(verify_module, "_PATIENCE", 0.0)
    monkeypatch.setattr(verify_module, "errors", lambda: Console(file=screen, force_terminal=True, width=80))
    assert havklo("verify", path).code == 0
    assert "long.jsonl" in screen.getvalue()
    monkeypatch.setattr(verify_module, "_PATIENCE", 60.0)
    screen.truncate(0)
    assert havklo("verify", path).code == 0
    assert not screen.getvalue().strip("\0")
