"""`havklo study`: what it prints and writes, and what it refuses."""

import builtins
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from havklo.cli import study as command
from havklo.study import SCHEMA, Simulated


def test_a_page_of_the_simulator(havklo: Any, tmp_path: Path) -> None:
    """A table for each horizon that has enough, and the files that it names."""
    place = tmp_path / "new" / "place"
    done = havklo("study", "queue", "sim", "--minutes", "1", "--depth", "10", "--within", "1", "5", "--out", place)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("BTC/USD, simulated: 1 min, seed 7, 50 messages/s, depth 10, 60 s, ")
    assert lines[1] == "note: this is a simulated market: nothing here was measured on Kraken"
    assert [line.partition(":")[0] for line in lines if line.startswith("within ")] == ["within 1 s", "within 5 s"]
    for model in ("auto", "cst", "empirical", "20-bin table", "no cancels", "base rate"):
        assert sum(line.startswith(f"{model} ") for line in lines) == 1
    assert "note: too little to judge by: " in done.out.partition("within 5 s")[2]
    written = [Path(line.removeprefix("written: ")) for line in lines if line.startswith("written: ")]
    assert sorted(written) == sorted(place.iterdir())
    assert {path.name for path in written} >= {"report.html", "report.json", "reliability.png"}
    assert json.loads((place / "report.json").read_text())["schema"] == SCHEMA
    assert (place / "report.html").read_text().startswith("<!doctype html>")
    assert (place / "reliability.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_place(havklo: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The tables alone, and not a file; it ends after so many messages."""
    monkeypatch.chdir(tmp_path)
    done = havklo("study", "queue", "sim", "--messages", "600", "--within", "1")
    assert (done.code, done.err) == (0, "")
    assert ", simulated: 600 messages, seed 7, 50 messages/s, depth 100, " in done.out
    assert ", 600 proven messages, 0 not proven, " in done.out
    assert "written" not in done.out
    assert not list(tmp_path.iterdir())


def test_json_for_programs(havklo: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One object, and nothing is written anywhere; the options reach the simulator."""
    monkeypatch.chdir(tmp_path)
    options = ("--minutes", "0.2", "--seed", "5", "--symbol", "eth/usd", "--within", "2", "--json")
    done = havklo("study", "queue", "sim", *options)
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["source"] == {
        "kind": "simulated",
        "name": "0.2 min, seed 5, 50 messages/s",
        "symbol": "ETH/USD",
        "depth": 100,
        "seed": 5,
    }
    assert [each["within"] for each in told["contests"]] == [2.0]
    assert not list(tmp_path.iterdir())


def test_a_capture(havklo: Any, tmp_path: Path) -> None:
    """The same from a file, without the trades that nobody recorded."""
    path = tmp_path / "monday.jsonl"
    frames = [told.data for told in Simulated(0.3, depth=10) if told.channel == "level3" and told.data]
    path.write_bytes(b"\n".join(frames))
    done = havklo("study", "queue", path, "--json", "--within", "1")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert (told["source"]["kind"], told["source"]["name"]) == ("recorded", "monday.jsonl")
    assert told["messages"] == len(frames)
    assert not told["has_trades"]


def test_without_matplotlib(havklo: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says so at once, and how to get it; numbers can be had all the same."""
    real = builtins.__import__

    def gone(name: str, *more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", gone)
    done = havklo("study", "queue", "sim", "--out", tmp_path / "page")
    assert done.code == 2
    assert done.err.splitlines() == [
        "error: charts need matplotlib, which is not installed",
        "  hint: pip install 'havklo[research]'",
    ]
    assert not (tmp_path / "page").exists()
    assert havklo("study", "queue", "sim", "--minutes", "0.1", "--json").code == 0


def test_a_bar_where_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two seconds, on a terminal; before them and elsewhere nothing."""
    now = [0.0]
    screen = io.StringIO()
    monkeypatch.setattr(command.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(command, "errors", lambda: Console(file=screen, force_terminal=True, width=80))
    with command._ProgressBar("BTC/USD") as bar:
        bar.show(0.1)
        assert bar._progress is None
        now[0] = 2.5
        bar.show(0.4)
        bar.show(0.5)
        assert bar._progress is not None
        assert bar._progress.tasks[0].completed == 0.5
    assert "BTC/USD" in screen.getvalue()


BAD = {
    "no file": (["nothing.jsonl"], "nothing.jsonl: can't be read: No such file or directory"),
    "no time": (["sim", "--minutes", "0"], "minutes is a number above 0"),
    "no horizon": (["sim", "--within", "0"], "within is one to six different numbers"),
    "no symbol": (["sim", "--symbol", "BTC//USD"], "'BTC//USD' is no symbol"),
    "what is the simulator's": (
        ["nothing.jsonl", "--seed", "3"],
        "--minutes, --messages and --seed are about the simulator",
    ),
    "no messages": (["sim", "--messages", "0"], "messages is a number from 1 on, not 0"),
    "a depth that is none": (["sim", "--depth", "25"], 'Invalid value "25" for --depth'),
    "no source": ([], 'Command "study queue" parameter SOURCE requires an argument.'),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_what_can_not_be(
    havklo: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """One clear line, and the exit code 2."""
    monkeypatch.chdir(tmp_path)
    done = havklo("study", "queue", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
    assert not list(tmp_path.iterdir())


def test_a_place_that_can_not_be_written_to(havklo: Any, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "taken").write_text("")
    done = havklo("study", "queue", "sim", "--minutes", "0.1", "--out", tmp_path / "taken")
    assert done.code == 2
    assert done.err.startswith(f"error: can't write to {tmp_path / 'taken'}: ")


def test_its_help(havklo: Any) -> None:
    """Usage and examples, of the command and of what it studies."""
    for words in (["study"], ["study", "queue"]):
        done = havklo(*words, "--help")
        assert done.code == 0
        assert done.out.startswith("Usage: havklo study queue FILE|sim [OPTIONS]\n")
        examples = done.out.partition("Examples:\n")[2].strip().splitlines()
        assert len(examples) == 3
        assert all(line.strip().startswith("havklo study queue ") for line in examples)
    assert "  havklo study queue sim " in havklo("--help").out
