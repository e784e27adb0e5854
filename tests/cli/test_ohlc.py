"""`havklo ohlc`: lines, JSON, and the chart with its figures."""

import asyncio
import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from havklo import Client, Simulator
from havklo.channels import ohlc as ohlc_channel
from havklo.channels import trade
from havklo.cli import ohlc as ohlc_module
from havklo.cli._candles import picture
from havklo.cli._feed import FeedStage, follow
from havklo.cli.ohlc import ChartStage, plain
from havklo.clock import ManualClock
from havklo.events import Candle
from havklo.testing import pass_time

LINE = re.compile(
    r"2\d{3}-\d\d-\d\dT\d\d:\d\d:00\.0{9}Z BTC/USD 1 min open \d+\.\d high \d+\.\d low \d+\.\d close \d+\.\d"
    r" \| volume \d+\.\d{8} in \d+ trades"
)


def made(minute: int, *prices: str, **changes: Any) -> Candle:
    """A candle with its open, high, low and close."""
    names = ("open", "high", "low", "close")
    fields: dict[str, Any] = dict(zip(names, map(Decimal, prices), strict=True))
    rest = {
        "symbol": "BTC/USD",
        "vwap": Decimal("100.0"),
        "trades": 12,
        "volume": Decimal("1.50000000"),
        "interval_begin": f"2026-11-22T12:{minute:02}:00.000000000Z",
        "interval": 1,
    }
    return Candle(**(rest | fields | changes))


def rows(candles: list[Candle], width: int = 60, height: int = 20) -> list[str]:
    """A picture's lines."""
    return picture(candles[0].symbol, candles, width=width, height=height).plain.split("\n")


async def shown(stage: FeedStage[Candle], capsys: pytest.CaptureFixture[str], count: int, interval: int) -> list[str]:
    """What a stage shows of a simulator that has traded for twelve minutes."""
    async with Simulator(["BTC/USD", "ETH/USD"], rate=20, clock=ManualClock()) as exchange:
        async with Client(exchange) as kraken:
            await kraken.subscribe(trade("BTC/USD"))  # a market opens when somebody looks at it
            exchange.advance(720)
        channel = ohlc_channel("XBTUSD", interval=interval)
        following = asyncio.create_task(follow(exchange, channel, stage, seconds=None, count=count))
        for _ in range(200):
            if following.done():
                break
            await pass_time(exchange, 0.1)
        assert await following == 0
    return capsys.readouterr().out.splitlines()


async def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal: a line for each message, plain ASCII, those of the past first; an alias is understood."""
    lines = await shown(ohlc_module._open_stage(json=False), capsys, 14, 1)
    assert [bool(LINE.fullmatch(line)) for line in lines] == [True] * 14
    begins = [line.split()[0] for line in lines]
    assert begins == sorted(begins)
    assert len(set(begins)) > 10


async def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, of the interval that was asked for."""
    lines = await shown(ohlc_module._open_stage(json=True), capsys, 4, 5)
    assert len(lines) == 4
    for line in lines:
        told = json.loads(line)
        assert (told["event"], told["symbol"], told["interval"]) == ("candle", "BTC/USD", 5)
        assert Decimal(told["low"]) <= Decimal(told["close"]) <= Decimal(told["high"])


def test_the_chart() -> None:
    """A column a candle: bodies from open to close, wicks beyond, the highest and the lowest price beside them."""
    drawn = rows([made(0, "100.0", "112.0", "100.0", "106.0"), made(1, "106.0", "106.0", "102.0", "102.0")])
    assert drawn[0] == "BTC/USD  1 min  102.0  -3.77 % in this candle"
    chart = drawn[1:13]
    assert chart[0] == "│  112.0"
    assert chart[-1] == "█  100.0"
    first, second = ("".join(line[column] for line in chart) for column in (0, 1))
    assert first == "││││││██████"
    assert second == "      ████  "


def test_a_market_that_does_not_move() -> None:
    """One price is a line, not a division by nothing."""
    drawn = rows([made(0, "5.0", "5.0", "5.0", "5.0")])
    assert any("─" in line for line in drawn[1:13])


def test_the_figures() -> None:
    """The newest candles, the newest first."""
    drawn = rows([made(minute, "100.0", "112.0", "100.0", "106.0") for minute in range(9)])
    assert drawn[13].split() == ["UTC", "open", "high", "low", "close", "volume", "trades"]
    assert [line.split()[1] for line in drawn[14:]] == ["12:08", "12:07", "12:06", "12:05", "12:04"]
    assert drawn[14].split()[2:] == ["100.0", "112.0", "100.0", "106.0", "1.50000000", "12"]


@pytest.mark.parametrize("height", [1, 3, 5, 8, 12, 40])
@pytest.mark.parametrize("width", [20, 60, 200])
def test_it_fits(width: int, height: int) -> None:
    """No picture is larger than its room."""
    drawn = rows([made(minute, "100.0", "112.0", "100.0", "106.0") for minute in range(60)], width, height)
    assert len(drawn) <= height
    assert all(len(line) <= width for line in drawn)


def test_the_stage() -> None:
    """A candle that comes again is drawn in its place; each symbol has a picture; nothing new, nothing drawn."""
    screen = io.StringIO()
    with ChartStage(Console(file=screen, width=80, height=60, force_terminal=True, color_system=None)) as stage:
        stage.take(made(0, "100.0", "112.0", "100.0", "106.0"))
        stage.take(made(0, "100.0", "113.0", "100.0", "107.0"))
        stage.take(made(0, "1.0", "2.0", "1.0", "2.0", symbol="ETH/USD"))
        stage.draw()
        drawn = screen.getvalue()
        stage.draw()
        assert screen.getvalue() == drawn
    assert drawn.count("11-22 12:00") == 2
    assert "113.0" in drawn
    assert "112.0" not in drawn
    assert "ETH/USD  1 min  2.0" in drawn


def test_on_a_terminal(havklo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn, and the cursor comes back."""
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=screen, force_terminal=True, width=100, height=30)
    monkeypatch.setattr(ohlc_module, "results", lambda: console)
    monkeypatch.setenv("TERM", "xterm-256color")
    done = havklo("ohlc", "BTC/USD", "--venue", "sim", "--count", "2")
    assert done == (0, "", "")
    screen.seek(0)
    shown = screen.read()
    assert shown.index("\x1b[?25l") < shown.index("BTC/USD") < shown.index("\x1b[?25h")


def test_a_line() -> None:
    """Every digit that was sent."""
    assert plain(made(0, "100.0", "112.0", "99.5", "106.0")) == (
        "2026-11-22T12:00:00.000000000Z BTC/USD 1 min open 100.0 high 112.0 low 99.5 close 106.0"
        " | volume 1.50000000 in 12 trades"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], 'Command "ohlc" parameter SYMBOL requires an argument.'),
        (["BTC/USD", "--interval", "7"], 'Invalid value "7" for --interval.'),
        (["BTC/USD", "--count", "0"], "--count is a number from 1 on, not 0"),
        (["BTC/USD", "--venue", "mars"], "'mars' is no WebSocket address"),
        (["BTCUSDD", "--venue", "sim"], "no pair is listed as 'BTCUSDD'"),
    ],
)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line and the exit code 2."""
    done = havklo("ohlc", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
