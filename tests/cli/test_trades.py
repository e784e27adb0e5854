"""`havklo trades`: lines, JSON and the coloured tape; gaps, aliases, symbols that are not there, and the venues."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Self

import pytest
from rich.console import Console
from rich.style import Style

from havklo import LIVE, Simulator, UrlVenue
from havklo.channels import trade
from havklo.cli import _feed, trades
from havklo.cli._feed import advising, follow, venue_of
from havklo.cli._json import json_line
from havklo.clock import ManualClock
from havklo.errors import SubscribeTimeout, SubscriptionError
from havklo.events import Desync, Resync, Trade, TradeGap
from havklo.testing import pass_time

LINE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} (BTC|ETH)/USD (buy|sell) \d+\.\d{8} at \d+\.\d{1,2}, (limit|market) #\d+( \(snapshot\))?"
)


def made(number: int, **changes: Any) -> Trade:
    """A trade."""
    fields: dict[str, Any] = {
        "symbol": "BTC/USD",
        "side": "buy",
        "price": Decimal("64525.0"),
        "qty": Decimal("0.01000000"),
        "ord_type": "limit",
        "trade_id": number,
        "timestamp": "2026-11-22T12:00:00.123456Z",
        "recv_ns": 1_795_000_000_000_000_000,
    }
    return Trade(**(fields | changes))


GAP = TradeGap(
    symbol="BTC/USD", first=7, last=9, count=3, reason="beyond the snapshot", recv_ns=1_795_000_000_000_000_000
)


class Kept:
    """A stage that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.drawn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def take(self, event: Any) -> None:
        """Keep it."""
        self.events.append(event)

    def draw(self) -> None:
        """Count it."""
        self.drawn += 1


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    """The address of a simulator with two busy markets, on a thread of its own."""
    ready, ended, urls = threading.Event(), asyncio.Event(), list[str]()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with Simulator(["BTC/USD", "ETH/USD"], rate=400) as simulator:
            urls.append(simulator.url)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30)
    yield urls[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(30)
    loop.close()


def test_plain_lines(havklo: Any, exchange: str) -> None:
    """Without a terminal: a line for each, plain ASCII, and how many at the end."""
    done = havklo("trades", "BTC/USD", "ETH/USD", "--venue", exchange, "--count", "12")
    assert (done.code, done.err) == (0, "")
    *lines, last = done.out.splitlines()
    assert len(lines) == 12
    assert all(LINE.fullmatch(line) for line in lines), done.out
    assert last == "12 trades, 0 gaps"


def test_the_trades_before(havklo: Any, exchange: str) -> None:
    """With --snapshot they come first, and say so."""
    done = havklo("trades", "BTC/USD", "--venue", exchange, "--snapshot", "--count", "3")
    assert done.code == 0
    assert done.out.splitlines()[0].endswith("(snapshot)")


def test_json(havklo: Any, exchange: str) -> None:
    """One object a line; numbers are texts with every digit, and the ids follow each other. An alias is understood."""
    done = havklo("trades", "XBTUSD", "--venue", exchange, "--json", "--count", "10")
    assert (done.code, done.err) == (0, "")
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [each["event"] for each in told] == ["trade"] * 10
    assert {each["symbol"] for each in told} == {"BTC/USD"}
    assert [each["trade_id"] for each in told] == list(range(told[0]["trade_id"], told[0]["trade_id"] + 10))
    assert all(re.fullmatch(r"\d+\.\d", each["price"]) and re.fullmatch(r"\d+\.\d{8}", each["qty"]) for each in told)


def test_some_symbols_are_not_there(havklo: Any, exchange: str) -> None:
    """They are told on standard error, the others are shown, and the exit code is 2."""
    done = havklo("trades", "BTC/USD", "FOO/BAR", "--venue", exchange, "--count", "2")
    assert done.code == 2
    assert "error: trade FOO/BAR: Currency pair not supported FOO/BAR" in done.err
    assert done.out.endswith("2 trades, 0 gaps\n")


BAD = {
    "no symbol": ([], 'Command "trades" parameter SYMBOL requires an argument.'),
    "twice the same": (["BTC/USD", "xbt/usd", "--venue", "sim"], "'BTC/USD' is named twice"),
    "a near miss": (["BTCUSDD", "--venue", "sim", "--seconds", "9"], "no pair is listed as 'BTCUSDD'"),
    "no number": (["BTC/USD", "--count", "0"], "--count is a number from 1 on, not 0"),
    "no time": (["BTC/USD", "--seconds", "0"], "--seconds is a positive number, not 0"),
    "no venue": (["BTC/USD", "--venue", "mars"], "'mars' is no WebSocket address"),
    "nobody there": (["BTC/USD", "--venue", "ws://127.0.0.1:9/v2", "--seconds", "0.2"], "trade BTC/USD: "),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_what_can_not_be(havklo: Any, arguments: list[str], message: str) -> None:
    """One clear line, the exit code 2, and never a traceback."""
    done = havklo("trades", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
    assert "Traceback" not in done.err
    if message.startswith("no pair"):
        assert "hint: did you mean BTC/USD" in done.err


# -- the tape


def tape(**options: Any) -> tuple[io.StringIO, trades.TapeStage]:
    """A tape, and what is written on it."""
    for remembered in (Style.parse, Style._add):  # a style keeps the codes of the first console that used it
        remembered.cache_clear()
    screen = io.StringIO()
    coloured = options.pop("coloured", True)
    colours = "truecolor" if coloured else None
    console = Console(file=screen, width=100, force_terminal=coloured, color_system=colours, highlight=False)
    return screen, trades.TapeStage(console, coloured=coloured)


def test_the_tape_of_a_terminal() -> None:
    """Sides have their colours, bars compare quantities by their roots, and prices stand under each other."""
    screen, stage = tape()
    with stage:
        stage.take(made(1, qty=Decimal("1.00000000")))
        stage.take(made(2, qty=Decimal("0.25000000"), side="sell", price=Decimal("9.5"), source="repair"))
        assert screen.getvalue() == ""
        stage.draw()
    first, second, last = screen.getvalue().splitlines()
    assert "\x1b[38;2;61;220;151m  buy " in first
    assert "\x1b[38;2;240;80;110m  sell" in second
    assert first.count("█") == 24
    assert second.count("█") == 12
    assert second.endswith("\x1b[0m")
    assert "(repair)" in second
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in (first, second)]
    assert bare[0].index("1.00000000") == bare[1].index("0.25000000")
    assert last == "2 trades, 0 gaps"


def test_a_gap_is_seen() -> None:
    """It stands in a line of its own, in colour or not, with what is missing and why; it is counted."""
    for coloured in (True, False):
        screen, stage = tape(coloured=coloured)
        with stage:
            for event in (made(6), GAP, made(10)):
                stage.take(event)
        lines = screen.getvalue().splitlines()
        assert "BTC/USD GAP: trades 7 to 9 missing: beyond the snapshot" in lines[1]
        assert lines[-1] == "2 trades, 1 gap"
        assert ("\x1b[" in lines[1]) == coloured
    one = TradeGap(symbol="X/Y", first=7, last=7, count=1, reason="no snapshot came", recv_ns=1)
    assert "GAP: trade 7 missing: no snapshot came" in trades.plain(one)
    unknown = TradeGap(symbol="X/Y", first=7, last=None, count=None, reason="numbered anew", recv_ns=1)
    assert "GAP: trades from 7 on missing: numbered anew" in trades.plain(unknown)


def test_nothing_came() -> None:
    """Then nothing is said."""
    screen, stage = tape()
    with stage:
        stage.draw()
    assert screen.getvalue() == ""


def test_a_trade_without_a_time() -> None:
    """Its arrival is shown instead."""
    assert trades.plain(made(1, timestamp="?")).split()[0] == trades.plain(GAP).split()[0]


def test_events_as_json() -> None:
    """Whatever the event: its kind, its fields, decimals without exponents."""
    told = json.loads(json_line(made(1, qty=Decimal("0E-8"))))
    assert told["event"] == "trade"
    assert told["qty"] == "0.00000000"
    assert json.loads(json_line(GAP)) == {
        "event": "trade_gap",
        "symbol": "BTC/USD",
        "first": 7,
        "last": 9,
        "count": 3,
        "reason": "beyond the snapshot",
        "recv_ns": 1_795_000_000_000_000_000,
    }
    resync = Resync(symbol="BTC/USD", reason="checksum", attempts=1, took_ns=5)
    assert json.loads(json_line(resync))["event"] == "resync"


# -- the loop


@pytest.mark.parametrize(("seconds", "count"), [(3.0, None), (None, 5)])
async def test_it_ends_by_itself(seconds: float | None, count: int | None) -> None:
    """After its time, or after so many events, whichever was asked for."""
    async with Simulator(["BTC/USD"], rate=100, clock=ManualClock()) as exchange:
        stage = Kept()
        following = asyncio.create_task(follow(exchange, trade("BTC/USD"), stage, seconds=seconds, count=count))
        for _ in range(200):
            if following.done():
                break
            await pass_time(exchange, 0.1)
        assert await following == 0
    assert len(stage.events) == count or (count is None and stage.events)
    assert stage.drawn > 0


class Broken(Kept):
    """A stage whose reader has gone."""

    def take(self, event: Any) -> None:
        """Fail."""
        raise BrokenPipeError(str(event))


async def test_a_reader_that_has_gone_ends_it() -> None:
    """What fails on the stage is not lost."""
    async with Simulator(["BTC/USD"], rate=100, clock=ManualClock()) as exchange:
        following = asyncio.create_task(follow(exchange, trade("BTC/USD"), Broken(), seconds=None, count=None))
        for _ in range(200):
            await pass_time(exchange, 0.1)
            if following.done():
                break
        with pytest.raises(BrokenPipeError):
            await following


async def test_a_refusal_ends_it() -> None:
    """With Kraken's words."""
    async with Simulator(["BTC/USD"], rate=0) as exchange:
        with pytest.raises(SubscriptionError, match="Currency pair not supported FOO/BAR"):
            await follow(exchange, trade("FOO/BAR"), Kept(), seconds=None, count=None)


def test_who_waits_in_vain_for_kraken_is_told_of_the_simulator() -> None:
    """On other venues the error's own hint stays."""
    for venue, hint in ((LIVE, "--venue sim needs no network"), (UrlVenue("ws://127.0.0.1:1/v2"), None)):
        with pytest.raises(SubscribeTimeout) as caught, advising(venue):
            raise SubscribeTimeout("BTC/USD", "trade", 10.0)
        assert caught.value.hint == hint


def test_what_a_simulator_lists() -> None:
    """What is named; and where only a list can tell what is meant, its usual pairs beside it."""
    assert isinstance(named := venue_of("sim", ["eth/usd", "XBT/EUR"]), Simulator)
    assert named.symbols == ("ETH/USD", "BTC/EUR")
    assert isinstance(listed := venue_of("sim", ["XBTUSD", "SOL/USD"]), Simulator)
    assert listed.symbols[:3] == ("SOL/USD", "BTC/USD", "ETH/USD")
    assert venue_of("live", ["BTC/USD"]).name == "live"
    assert venue_of("ws://127.0.0.1:1/v2", []).name == "ws://127.0.0.1:1/v2"


def test_a_desync_as_json(market: Any) -> None:
    """What the engine makes is written by its own fields."""
    from havklo import _engine  # noqa: PLC0415

    btc, engine = market(), _engine.Engine()
    engine.track("BTC/USD", 10)
    update = engine.receive(btc.snapshot().encode(), 1)
    told = json.loads(json_line(update))
    assert (told["event"], told["type"], told["best_bid"]) == (
        "book_update",
        "snapshot",
        {"price": "45283.5", "qty": "0.10000000"},
    )
    desync = engine.receive(btc.update(wrong=True).encode(), 2)
    assert isinstance(desync, Desync)
    told = json.loads(json_line(desync))
    assert (told["event"], told["symbols"], told["reason"], told["recv_ns"]) == ("desync", ["BTC/USD"], "checksum", 2)


@pytest.mark.parametrize(("term", "encoding", "expected"), [("xterm", "utf-8", True), ("dumb", "utf-8", False)])
def test_which_terminals_are_drawn_on(
    monkeypatch: pytest.MonkeyPatch, term: str, encoding: str, *, expected: bool
) -> None:
    """Those that can."""
    monkeypatch.setenv("TERM", term)
    screen = io.TextIOWrapper(io.BytesIO(), encoding)
    assert _feed.able(Console(file=screen, force_terminal=True)) is expected


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are another matter there")
@pytest.mark.parametrize("arguments", [["trades"], ["trades", "--json"], ["ticker", "--event-trigger", "bbo"]], ids=str)
def test_a_reader_that_has_enough(exchange: str, arguments: list[str]) -> None:
    """A closed pipe, such as `| head -1` leaves behind, ends it without a word."""
    command = [sys.executable, "-m", "havklo.cli", *arguments, "BTC/USD", "--venue", exchange]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=30) == 141


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_ctrl_c(exchange: str) -> None:
    """It ends at once, with what was seen, and without a word on standard error."""
    command = [sys.executable, "-m", "havklo.cli", "trades", "BTC/USD", "--venue", exchange]
    with subprocess.Popen(  # noqa: S603
        command, env=os.environ | {"PYTHONWARNINGS": "error"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert any(" BTC/USD " in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert re.fullmatch(r"\d+ trades?, 0 gaps", out.splitlines()[-1])
