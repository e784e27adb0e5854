"""`havklo book`: plain lines, the terminal's screen, the venues, and what is said when there is no book."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from havklo.cli import _stage

LIVE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} ETH/USD live bid \d+\.\d\d x \d+\.\d{8} ask \d+\.\d\d x \d+\.\d{8} spread \d+\.\d\d"
    r" \| checksum \d+ \| \d+ verified, 0 desyncs, 0 resyncs, last message \S+ m?s ago"
)


def test_plain_lines(havklo: Any) -> None:
    """Without a terminal: a line for each state and second, a summary, plain ASCII; names in any case."""
    done = havklo("book", "eth/usd", "--venue", "sim", "--depth", "25", "--seconds", "1")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert done.out.isascii()
    assert LIVE.fullmatch(next(line for line in lines if " live " in line))
    assert re.fullmatch(r"ETH/USD at depth 25: \d+ messages verified, 0 desyncs, 0 resyncs", lines[-1])


def test_on_a_terminal(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ladder is drawn on the terminal's other screen, which is left at the end."""
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=screen, force_terminal=True, width=100, height=30, color_system="truecolor")
    monkeypatch.setattr(_stage, "results", lambda: console)
    monkeypatch.setenv("TERM", "xterm-256color")
    done = havklo("book", "BTC/USD", "--venue", "sim", "--seconds", "1")
    assert (done.code, done.err) == (0, "")
    screen.seek(0)
    shown = screen.read()
    assert "LIVE" in shown
    assert "every level is proven by this checksum" in shown
    assert shown.index("\x1b[?1049h") < shown.index("LIVE") < shown.index("\x1b[?1049l")
    assert done.out.startswith("BTC/USD at depth 10: ")


@pytest.mark.parametrize(("term", "encoding"), [("dumb", "utf-8"), ("xterm", "ascii")])
def test_a_terminal_that_can_not_draw(monkeypatch: pytest.MonkeyPatch, term: str, encoding: str) -> None:
    """A dumb terminal, or one without Unicode, gets plain lines."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(_stage, "results", lambda: Console(file=screen, force_terminal=True))
    assert isinstance(_stage.open_stage(log=3), _stage.LinesStage)


BAD = {
    "no symbol": ([], 'Command "book" parameter SYMBOL requires an argument.'),
    "no symbol's form": (["BTC//USD", "--venue", "sim"], "'BTC//USD' is no symbol"),
    "no symbol's form, elsewhere": (["BTC//USD", "--venue", "ws://127.0.0.1:9/v2"], "'BTC//USD' is no symbol"),
    "a depth that is none": (["BTC/USD", "--depth", "7"], 'Invalid value "7" for --depth.'),
    "a venue that is none": (["BTC/USD", "--venue", "mars"], "'mars' is no WebSocket address"),
    "a web page": (["BTC/USD", "--venue", "http://127.0.0.1"], "'http://127.0.0.1' is no WebSocket address"),
    "no time": (["BTC/USD", "--venue", "sim", "--seconds", "0"], "--seconds is a positive number, not 0"),
    "nobody there": (
        ["BTC/USD", "--venue", "ws://127.0.0.1:9/v2", "--seconds", "0.2"],
        "BTC/USD was not live within 0.2 s",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line, the exit code 2, and never a traceback."""
    done = havklo("book", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
    assert "Traceback" not in done.err
