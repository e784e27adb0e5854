"""`havklo ticker`: lines, JSON, and the table that is updated in place."""

import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from havklo.cli import ticker as ticker_module
from havklo.cli.ticker import TableStage, plain
from havklo.events import Ticker

LINE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} BTC/USD last \d+\.\d bid \d+\.\d x \d+\.\d{8} ask \d+\.\d x \d+\.\d{8}"
    r" \| 24 h [+-]\d+\.\d\d % \d+\.\d to \d+\.\d volume \d+\.\d{8}"
)


def made(last: str = "64525.0", **changes: Any) -> Ticker:
    """A ticker."""
    numbers = {
        "bid": "64524.9",
        "bid_qty": "0.50000000",
        "ask": "64525.1",
        "ask_qty": "0.25000000",
        "volume": "12345.67890000",
        "vwap": "64000.0",
        "low": "63000.0",
        "high": "65000.0",
        "change": "-100.0",
        "change_pct": "-0.15",
    }
    fields: dict[str, Any] = {name: Decimal(text) for name, text in (numbers | {"last": last}).items()}
    return Ticker(**({"symbol": "BTC/USD", "trades": 1234, "recv_ns": 1_795_000_000_000_000_000} | fields | changes))


def bare(text: str) -> str:
    """A text without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_plain_lines(havklo: Any) -> None:
    """Without a terminal: a line for each message, plain ASCII; names in any case."""
    done = havklo("ticker", "btc/usd", "--venue", "sim", "--event-trigger", "bbo", "--count", "4")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert [bool(LINE.fullmatch(line)) for line in done.out.splitlines()] == [True] * 4


def test_json(havklo: Any) -> None:
    """One object a line, the snapshot first; an alias is understood."""
    done = havklo("ticker", "XBTUSD", "--venue", "sim", "--event-trigger", "bbo", "--json", "--count", "2")
    assert (done.code, done.err) == (0, "")
    first, second = map(json.loads, done.out.splitlines())
    assert (first["event"], first["symbol"], first["type"], second["type"]) == (
        "ticker",
        "BTC/USD",
        "snapshot",
        "update",
    )
    assert re.fullmatch(r"\d+\.\d{8}", first["bid_qty"])


def test_the_table() -> None:
    """One row a symbol; what has risen or fallen is marked, and the table stays on the screen."""
    screen = io.StringIO()
    with TableStage(Console(file=screen, width=120, force_terminal=True, color_system="truecolor")) as stage:
        stage.take(made())
        stage.take(made(symbol="ETH/USD", trades=None))
        stage.draw()
        first = bare(screen.getvalue()).splitlines()[-2:]
        stage.take(made("64526.0", bid=Decimal("64524.5")))
        stage.draw()
        length = len(screen.getvalue())
        stage.draw()
        assert len(screen.getvalue()) == length  # nothing new, nothing drawn
    assert "▲" not in "".join(first)
    assert "12.35K" in first[0]
    assert "-0.15 %" in first[0]
    assert "1,234" in first[0]
    rows = bare(screen.getvalue()).splitlines()
    btc, eth = (next(row for row in reversed(rows) if name in row) for name in ("BTC/USD", "ETH/USD"))
    assert "64526.0▲" in btc
    assert "64524.5▼" in btc
    assert "▲" not in eth + btc.partition("▲")[2]


def test_on_a_terminal(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn, and the cursor comes back."""
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=screen, force_terminal=True, width=120, height=30)
    monkeypatch.setattr(ticker_module, "results", lambda: console)
    monkeypatch.setenv("TERM", "xterm-256color")
    done = havklo("ticker", "BTC/USD", "--venue", "sim", "--event-trigger", "bbo", "--count", "3")
    assert done == (0, "", "")
    screen.seek(0)
    shown = screen.read()
    assert shown.index("\x1b[?25l") < shown.index("BTC/USD") < shown.index("\x1b[?25h")


def test_a_line() -> None:
    """Every digit that was sent."""
    assert plain(made())[13:] == (
        "BTC/USD last 64525.0 bid 64524.9 x 0.50000000 ask 64525.1 x 0.25000000"
        " | 24 h -0.15 % 63000.0 to 65000.0 volume 12345.67890000"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], 'Command "ticker" parameter SYMBOL requires an argument.'),
        (["BTC/USD", "--event-trigger", "moon"], 'Invalid value "moon" for --event-trigger.'),
        (["BTC/USD", "--count=-1"], "--count is a number from 1 on, not -1"),
        (["BTC/USD", "--venue", "mars"], "'mars' is no WebSocket address"),
        (["BTCUSDD", "--venue", "sim"], "no pair is listed as 'BTCUSDD'"),
    ],
)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line and the exit code 2."""
    done = havklo("ticker", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
