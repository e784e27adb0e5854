"""A smaller fault matrix, and judges that would notice."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from matrix.books import Books
from matrix.cell import CHANNELS, Cell, Result, play
from matrix.figures import breaches, notes, table
from matrix.kinds import KINDS, Target
from matrix.orders import PLACES, TOP, WHOLE, Orders, _Queues
from matrix.tickers import Tickers
from matrix.trades import Trades
from matrix.trading import Trading
from matrix.venue import FarKraken
from msgspec.structs import replace as replaced

from havklo import Client
from havklo.events import Ticker, Trade, TradeGap
from havklo.sim.delivery.kinds import FAULTS
from havklo.sim.history import History

HERE = Path(__file__).parent
SYMBOLS, STRIKES = 3, 2


@pytest.mark.parametrize(
    ("channel", "kind"),
    [(channel, name) for channel in CHANNELS for name, kind in KINDS.items() if kind.meets(channel)],
)
async def test_no_bound_is_broken(channel: str, kind: str) -> None:
    """Three symbols, two strikes: no wrong top ten or queue, no trade lost without a word, all healed, few requests."""
    result = await play(Cell(kind=kind, channel=channel, symbols=SYMBOLS), strikes=STRIKES)
    assert result.strikes == STRIKES
    assert breaches(result) == []


def test_every_kind_has_a_row() -> None:
    """Only a token can't expire where none is needed."""
    rows = " ".join(KINDS)
    assert [kind for kind in FAULTS if kind not in rows] == []
    assert [kind for kind in FAULTS if kind in KINDS and not KINDS[kind].meets("book")] == ["expire_token"]


async def test_a_cell_can_be_run_again() -> None:
    """Same seed, same figures; another seed, others."""
    cell = Cell(kind="disconnect often", channel="book", symbols=SYMBOLS)
    one, again, other = [
        replace(await play(each, strikes=STRIKES), took=0.0).as_dict() for each in (cell, cell, replace(cell, seed=8))
    ]
    assert one == again
    assert one != other


async def _started(judge: type[Any], symbols: int = 1) -> tuple[FarKraken, Any, Client]:
    """An exchange, its judge, and a client that was entered; whoever asks leaves it."""
    far = FarKraken(symbols, seed=1, rate=50.0, history=100, depth=25)
    far.warm_up(2)
    kraken = await far.client().__aenter__()
    referee = judge(far, kraken, 1)
    subscribing = asyncio.ensure_future(referee.subscribe())
    assert await far.run(10.0, subscribing.done)
    subscribing.result()
    return far, referee, kraken


@pytest.mark.parametrize(("level", "found"), [(0, "wrong"), (9, "wrong"), (10, "deep"), (24, "deep")])
async def test_a_wrong_level_is_noticed(level: int, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lot more in the truth, at any level, and every read is wrong there."""
    far, judge, kraken = await _started(Books)
    try:
        far.trade()
        await far.run(1.0)
        before = judge.figures()
        assert before["reads"] > 0
        assert before["wrong"] == before["deep"] == before["unjudged"] == 0
        at = History.at

        def other(history: History, moment_us: int, side: Any) -> list[tuple[int, int]]:
            top = list(at(history, moment_us, side))
            top[level] = top[level][0], top[level][1] + 1
            return top

        monkeypatch.setattr(History, "at", other)
        await far.run(1.0)
        judge.read()
        after = judge.figures()
        assert after[found] > 0
        assert after["wrong" if found == "deep" else "deep"] == 0
        assert after["deep_left"] == (found == "deep")
    finally:
        await kraken.__aexit__(None, None, None)


async def test_a_book_without_its_past_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be compared is counted, not passed over."""
    far, judge, kraken = await _started(Books)
    try:

        def forgotten(_history: History, _moment_us: int, _side: Any) -> None:
            raise LookupError

        before = judge.figures()["reads"]
        monkeypatch.setattr(History, "at", forgotten)
        far.trade()
        await far.run(1.0)
        judge.read()
        figures = judge.figures()
        assert figures["unjudged"] == figures["reads"] - before > 1
    finally:
        await kraken.__aexit__(None, None, None)


@pytest.mark.parametrize("level", [0, 9, 10, 40])
async def test_a_wrong_order_is_noticed(level: int) -> None:
    """Two orders of a level have changed places in the truth: the read is wrong there, and so are their places."""
    far, judge, kraken = await _started(Orders)
    try:
        far.trade()
        await far.run(0.5)
        before = judge.figures()
        assert before["reads"] > 0
        assert before["wrong"] == before["misplaced"] == before["deep"] == before["unjudged"] == 0
        entries = _Queues.at

        def other(queues: _Queues, stamp: str) -> Any:
            true = entries(queues, stamp)
            for side in true or ():
                _swap(side, level)
            return true

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_Queues, "at", other)
            await far.run(1.5)
            for _ in range(WHOLE):
                judge.read()
        after = judge.figures()
        assert after["wrong" if level < TOP else "deep"] > 0
        assert after["deep" if level < TOP else "wrong"] == 0
        assert after["deep_left"] == (level >= TOP)
    finally:
        await kraken.__aexit__(None, None, None)


def _swap(side: list[Any], level: int) -> None:
    """Let the first two orders at a level, or beyond it where it has one only, change places."""
    prices = sorted({entry[0] for entry in side}, key=[entry[0] for entry in side].index)
    for price in prices[level : level + 10 if level < TOP else None][: TOP - level if level < TOP else None]:
        at = next(at for at, entry in enumerate(side) if entry[0] == price)
        if at + 1 < len(side) and side[at + 1][0] == price:
            side[at], side[at + 1] = side[at + 1], side[at]
            return


async def test_a_wrong_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All orders are right, but one more is said to stand before each."""
    far, judge, kraken = await _started(Orders)
    try:
        far.trade()
        await far.run(0.5)
        assert judge.figures()["places"] > judge.figures()["misplaced"] == 0
        real = _Queues.qty
        monkeypatch.setattr(_Queues, "qty", lambda queues, lots: real(queues, lots + 1))
        judge.read()
        assert judge.figures()["misplaced"] == PLACES * 2
        assert judge.figures()["wrong"] == 0
    finally:
        await kraken.__aexit__(None, None, None)


async def test_queues_without_their_past_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be compared is counted, not passed over."""
    _far, judge, kraken = await _started(Orders)
    try:
        monkeypatch.setattr(_Queues, "at", lambda _queues, _stamp: None)
        judge.read()
        assert judge.figures()["unjudged"] == 1
    finally:
        await kraken.__aexit__(None, None, None)


async def test_tokens_are_fetched_once_and_anew_after_they_were_ended() -> None:
    """A reconnect within ten minutes takes the token there is; once it was ended, the client is refused and asks."""
    kind = replace(KINDS["disconnect"], rest=0.0)
    for strike, asked in ((kind.strike, 1), (KINDS["expire_token"].strike, 2)):
        far, judge, kraken = await _started(Orders)
        try:
            strike(far, Target(channel="level3", symbol=far.symbols[0], connection=far.connections[0], number=0))
            await far.run(1.0)
            assert await far.run(20.0, judge.is_well)
            assert far.counter.asked == asked
        finally:
            await kraken.__aexit__(None, None, None)


async def test_a_lost_trade_is_noticed() -> None:
    """A trade that neither came nor was named is silent; named by a gap it is reported; told twice it is told again."""
    far, judge, kraken = await _started(Trades)
    try:
        seen: list[Trade] = []
        kraken.on(Trade, seen.append)
        await far.run(1.0)
        far.warm_up(12)
        await far.run(1.0)
        kraken.off(Trade, judge._handed_out)
        first = far.listing(far.symbols[0]).trade.next_id
        far.warm_up(20)
        await far.run(1.0)
        assert not judge.is_well()
        last = far.listing(far.symbols[0]).trade.next_id - 1
        lost = last - first
        judge._named(TradeGap(symbol=far.symbols[0], first=first, last=first, count=1, reason="", recv_ns=0))
        figures = judge.figures()
        assert (figures["reported"], figures["needless"], figures["silent"]) == (1, 0, lost)
        judge._last[far.symbols[0]] = last
        judge._handed_out(seen[0])
        judge._handed_out(replaced(seen[-1], trade_id=last - 2))
        judge._handed_out(replaced(seen[-1], trade_id=last - 2))
        figures = judge.figures()
        assert (figures["again"], figures["unordered"], figures["altered"]) == (2, 1, 2)
    finally:
        await kraken.__aexit__(None, None, None)


async def test_a_wrong_ticker_is_noticed() -> None:
    """Another digit is wrong, one from before is older, and one that does not come is missed."""
    far, judge, kraken = await _started(Tickers)
    try:
        seen: list[Ticker] = []
        kraken.on(Ticker, seen.append)
        far.warm_up(12)
        await far.run(1.0)
        assert judge.is_well()
        assert judge.figures() | {"told": 0} == {"told": 0, "wrong": 0, "older": 0, "stale": 0}
        judge._handed_out(replaced(seen[-1], last=seen[-1].last + 1))
        assert not judge.is_well()
        judge._handed_out(seen[0])
        assert judge.is_well()
        figures = judge.figures()
        assert (figures["wrong"], figures["older"]) == (1, 1)
        kraken.off(Ticker, judge._handed_out)
        far.warm_up(20)
        await far.run(1.0)
        assert not judge.is_well()
        assert judge.figures()["stale"] == 1
    finally:
        await kraken.__aexit__(None, None, None)


def test_broken_bounds_are_named() -> None:
    """Each bound that is broken is a sentence; what can't be seen without a checksum is none."""
    book = Result(cell=Cell(kind="drop", channel="book", symbols=20), strikes=4, missed=1, unhealed=2, asked_symbols=13)
    book.uncalled, book.struck = 1, ["A/B", "C/D"]
    book.figures = {"wrong": 3, "unjudged": 0, "deep": 5, "disturbed": ["C/D", "E/F"]}
    assert [words.partition(": ")[2] for words in breaches(book)] == [
        "1 signs of trouble before the first fault",
        "1 faults found nothing to strike",
        "2 faults were not healed within 30 s",
        "13 symbols subscribed anew, 12 are allowed",
        "desyncs of others than those that were struck: E/F",
        "wrong: 3",
    ]
    ticker = Result(cell=Cell(kind="corrupt", channel="ticker", symbols=1), strikes=1)
    ticker.figures = {"wrong": 1, "older": 0, "stale": 0}
    assert breaches(ticker) == []
    ticker.cell = replace(ticker.cell, kind="drop")
    assert [words.partition(": ")[2] for words in breaches(ticker)] == ["wrong: 1"]


def test_the_table_has_a_row_for_each_kind() -> None:
    """Numbers of symbols stand side by side; what was not run is left blank."""
    cell = Cell(kind="drop", channel="book", symbols=1)
    figures = {"wrong": 0, "deep": 12, "deep_noticed": [30_000_000, 50_000_000], "deep_passed": 1, "deep_left": 0}
    one = Result(cell=cell, strikes=2, asked=3, noticed=[40_000_000], recovered=[1_200_000_000], figures=figures)
    two = replace(one, cell=replace(cell, kind="stall", symbols=20), recovered=[], noticed=[])
    lines = table("book", [one, two])
    assert [line.split() for line in lines[2:]] == [
        ["drop", "0", "12", "40", "1,200", "1,200", "1.5", "|"],
        ["stall", "|", "0", "12", "-", "-", "-", "1.5"],
    ]
    assert notes("book", [one])[-1] == (
        "wrong only below the ten best: noticed 2 times after 30 ms (median; at most 50), came right by itself "
        "1 times, still wrong at the end 0 times."
    )


def test_as_a_command(tmp_path: Path) -> None:
    """It prints tables, writes its figures, and says PASSED; it fails when a bound is broken."""
    file = tmp_path / "matrix.json"
    command = [sys.executable, "-m", "matrix", "--channels", "ticker", "--kinds", "maintenance", "--symbols", "1"]
    done = subprocess.run(  # noqa: S603  # the command stands above
        [*command, "--jobs", "1", "--json", str(file)],
        env=os.environ | {"PYTHONPATH": str(HERE), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["PASSED"]), done.stdout + done.stderr
    assert [row["cell"]["kind"] for row in json.loads(file.read_text())] == ["maintenance"]


async def test_wrong_orders_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was sent twice, one that the client denies, one with another fill, and another balance."""
    far, judge, kraken = await _started(Trading)
    try:
        await far.run(8.0)
        ending = asyncio.ensure_future(judge.end())
        assert await far.run(60.0, ending.done)
        ending.result()
        figures = judge.figures()
        assert figures["orders"] > 3
        assert figures["fills"] > 0
        assert not any(figures[name] for name in ("lost", "doubled", "again", "unresolved", "differences"))
        one = judge._over.pop("m1")
        judge._not_there["m1"] = "was never sent"
        two = next(each for each in judge._tickets.values() if each.executions and each.cl_ord_id != one.cl_ord_id)
        judge._tickets["again"] = two
        two.filled += 1
        monkeypatch.setattr(type(kraken.balances["USD"]), "balance", Decimal(1))
        judge._compare()
        figures = judge.figures()
        assert (figures["lost"], figures["doubled"]) == (1, 1)
        words = "\n".join(figures["differences"])
        assert "m1: was never sent" in words
        assert f"{two.cl_ord_id}: cum_qty is" in words
        assert "USD: the client has 1" in words
    finally:
        await kraken.__aexit__(None, None, None)
