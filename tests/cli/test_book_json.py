"""`havklo book --json`: each proven message and what else happens to the book, one object a line."""

import asyncio
import json
import re
from itertools import pairwise
from typing import Any

import pytest

from havklo import Simulator
from havklo.cli import book as book_module
from havklo.cli._feed import JsonStage
from havklo.clock import ManualClock
from havklo.errors import HavkloError, SubscriptionError
from havklo.testing import pass_time


def test_every_message(havklo: Any) -> None:
    """The snapshot, then each change; prices and quantities are texts with every digit."""
    done = havklo("book", "eth/usd", "--venue", "sim", "--json", "--seconds", "1")
    assert (done.code, done.err) == (0, "")
    told = [json.loads(line) for line in done.out.splitlines()]
    updates = [each for each in told if each["event"] == "book_update"]
    assert {"status", "connected"} >= {each["event"] for each in told} - {"book_update"}
    assert [each["type"] for each in updates[:2]] == ["snapshot", "update"]
    assert all(one["recv_ns"] <= later["recv_ns"] for one, later in pairwise(updates))
    change = updates[1]["changes"][0]
    assert change["side"] in {"bid", "ask"}
    assert re.fullmatch(r"\d+\.\d\d", change["price"])
    assert re.fullmatch(r"\d+\.\d{8}", change["qty"])
    assert isinstance(updates[0]["checksum"], int)


async def test_a_desync_stands_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    """The desync with both sums, then the resync, then the snapshot that it is proven by."""
    async with Simulator(["BTC/USD"], rate=50, clock=ManualClock()) as exchange:
        writing = asyncio.create_task(book_module._write(exchange, "BTC/USD", 10, JsonStage(), 6.0))
        await pass_time(exchange, 1)
        exchange.inject("corrupt", "BTC/USD", channel="book")
        for _ in range(100):
            await pass_time(exchange, 0.1)
            if writing.done():
                break
        await writing
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [each["event"] for each in told]
    desync = kinds.index("desync")
    assert told[desync]["expected"] != told[desync]["computed"]
    after = told[desync + 1 :]
    assert [each["event"] for each in after[:2]] == ["resync", "book_update"]
    assert after[1]["type"] == "snapshot"


async def test_what_ends_it() -> None:
    """A symbol that is not listed, and a book that is not live in time."""
    async with Simulator(["BTC/USD"], rate=0) as exchange:
        with pytest.raises(SubscriptionError, match="Currency pair not supported FOO/BAR"):
            await book_module._write(exchange, "FOO/BAR", 10, JsonStage(), None)
        exchange.inject("drop", "BTC/USD", count=100, channel="book")
        with pytest.raises(HavkloError, match=r"BTC/USD was not live within 0\.2 s"):
            await book_module._write(exchange, "BTC/USD", 10, JsonStage(), 0.2)
