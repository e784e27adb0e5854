"""What `havklo doctor` finds in live data, and its report."""

import asyncio
import getpass
import json
import platform
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from havklo import Simulator
from havklo.cli._doctor.check import Check
from havklo.cli._doctor.live import judge, watch
from havklo.cli._doctor.report import Report, private_words, render, without
from havklo.cli._doctor.watch import Observed
from havklo.clock import ManualClock
from havklo.testing import pass_time

# -- live data


async def observe(
    exchange: Simulator, *, seconds: float = 3.0, mischief: Callable[[], object] | None = None
) -> Observed:
    """Follow a simulator whose time the test moves."""
    seen: list[Observed] = []
    parts: list[float] = []
    symbols = ("BTC/USD", "ETH/USD")
    watching = asyncio.create_task(
        watch(exchange, symbols, seconds, offset_ns=0, progress=parts.append, done=seen.append)
    )
    await pass_time(exchange, seconds / 2)
    if mischief is not None:
        mischief()
    while not watching.done():
        await pass_time(exchange, 0.1)
    await watching
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    return seen[0]


async def test_live_data() -> None:
    """Books, trades and tickers are counted, delays and pauses timed, and all is well."""
    async with Simulator(["BTC/USD", "ETH/USD"], rate=200, clock=ManualClock()) as exchange:
        seen = await observe(exchange)
    assert [each.symbol for each in seen.symbols] == ["BTC/USD", "ETH/USD"]
    for each in seen.symbols:
        assert each.book == each.verified > 10
        assert each.trades > 0
        assert each.tickers > 0
    assert seen.complete
    assert seen.delay_ns is not None
    assert seen.gap_ns is not None
    assert {check.name: check.outcome for check in judge(seen)} == {
        "books": "ok",
        "delay": "ok",
        "trades": "ok",
        "connections": "ok",
    }


async def test_live_data_with_trouble() -> None:
    """A corrupted message and a cut connection are counted by cause, with how long they took, and told."""
    async with Simulator(["BTC/USD", "ETH/USD"], rate=200, clock=ManualClock()) as exchange:

        def mischief() -> None:
            exchange.inject("corrupt", "BTC/USD", channel="book")
            exchange.inject("disconnect", "ETH/USD", channel="trade")

        seen = await observe(exchange, seconds=8.0, mischief=mischief)
    assert seen.desyncs.total() >= 1
    assert seen.resync_ns is not None
    assert seen.reconnects == 1
    kinds = [each.kind for each in seen.incidents]
    assert {"Desync", "Resync", "ConnectionLost", "Connected"} <= set(kinds)
    checks = {check.name: check for check in judge(seen)}
    assert checks["books"].outcome == checks["connections"].outcome == "warn"
    assert "checksum" in checks["books"].detail
    assert "1 lost, 1 restored" in checks["connections"].detail
    report = render(Report.of([], made="now", venue="sim", configuration={}, live=seen))
    assert "1 checksum" in report
    assert "## 8" in report
    assert re.search(r"^\* \d+\.\d{3} s Desync: BTC/USD: ", report, re.MULTILINE)


async def test_live_data_of_nothing() -> None:
    """Symbols that nobody lists are a failure with Kraken's words."""
    async with Simulator(["XRP/USD"], rate=50, clock=ManualClock()) as exchange:
        seen = await observe(exchange, seconds=2.0)
    books = judge(seen)[0]
    assert books.outcome == "fail"
    assert "Currency pair not supported" in str(books.advice)
    assert judge(seen)[1].outcome == "skip"


# -- the report


def report_of(detail: str, **options: Any) -> Report:
    """A report of one check."""
    check = Check(name="x", outcome="warn", detail=detail, advice=f"see {detail}", figures={"y": detail})
    return Report.of([check], made="2026-11-22T12:00:00Z", venue="live", configuration={"live": 60.0}, **options)


def test_a_report_can_be_read_by_people_and_programs() -> None:
    """The same stands in it as a table and as JSON."""
    text = render(report_of("what | ever"))
    assert "| x | **warn** | what / ever | see what / ever |" in text
    (block,) = re.findall(r"```json\n(.*)\n```", text, re.DOTALL)
    told = json.loads(block)
    assert told["outcome"] == "warn"
    assert told["checks"][0]["figures"] == {"y": "what | ever"}
    assert told["configuration"] == {"live": 60.0}


def test_nothing_private_stands_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this host's name, nor the user's, nor the home folder, nor a private venue's host and addresses."""
    monkeypatch.setattr(platform, "node", lambda: "kitchen-pc")
    monkeypatch.setattr(socket, "gethostname", lambda: "kitchen-pc.local")
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    monkeypatch.setenv("HOME", "/home/alice")
    hidden = private_words(
        {"ws.kraken.com": ["104.16.0.1"], "bots.example.org": ["10.1.2.3"], "127.0.0.1": ["127.0.0.1"]}
    )
    said = (
        "alice@kitchen-pc at /home/alice/x, /srv/alice/y; kitchen-pc.local; wss://bots.example.org:1/v2 at 10.1.2.3; "
        "ws.kraken.com at 104.16.0.1 and 127.0.0.1; malice"
    )
    told = without(report_of(said), hidden).checks[0]
    assert told.detail == (
        "<user>@<this host> at ~/x, /srv/<user>/y; <this host>; wss://<the venue's host>:1/v2 at <its address>; "
        "ws.kraken.com at 104.16.0.1 and 127.0.0.1; malice"
    )
    assert told.advice == f"see {told.detail}"
    assert told.figures == {"y": told.detail}
