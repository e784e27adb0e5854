"""The soak in short: faults all the time, all that the client says judged, and a judge that would notice."""

import asyncio
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from soak import memory
from soak.course import longest_absence
from soak.harm import HARMS, strike
from soak.judge import Judge, Tape
from soak.leaks import CountedVenue, CountingClock, sockets, tasks
from soak.telling import End, Gap, Quote, Read, Told, encode

from havklo import Client, Simulator
from havklo.channels import book
from havklo.clock import ManualClock
from havklo.sim.wire.stamps import rfc3339

EXAMPLE = Path(__file__).parents[2] / "examples" / "soak.py"
QUICK = ("drop", "duplicate", "reorder", "corrupt", "truncate", "lose_ack", "disconnect")
MEGABYTE = 1 << 20


def test_nothing_is_wrong_under_faults() -> None:
    """Seconds of the soak: three faults a second, nothing wrong, lost in silence or left behind, and all healed."""
    given = ["--minutes", "0.1", "--symbols", "20", "--mixed", "5", "--rate", "300", "--fault-every", "0.3"]
    done = subprocess.run(  # noqa: S603  # the command stands above
        [sys.executable, str(EXAMPLE), *given, "--kinds", *QUICK],
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.endswith("WARNING: this was too short to judge the memory\npassed\n")
    judged = re.search(r"reads judged: ([\d,]+) after updates, ([\d,]+) at other instants", done.stdout)
    assert judged is not None
    assert all(int(figure.replace(",", "")) > 100 for figure in judged.groups())
    assert "wrong reads: 0; too late to be judged: 0" in done.stdout
    assert "0 lost without a word, 0 handed out twice, 0 wrong" in done.stdout
    assert "books live at the end: 20 of 20" in done.stdout
    assert "left behind by the closed client: 0 tasks, 0 timers, 0 sockets" in done.stdout


async def test_the_judge_knows_the_books() -> None:
    """A read is right if it is the simulator's book at that message, wrong if a digit differs, and never unjudged."""
    async with Simulator(1, rate=0, history=2) as simulator:
        simulator.step(5)
        symbol = simulator.symbols[0]
        judge = Judge(simulator)
        now = rfc3339(simulator._kraken.exchange.listing(symbol, 0).moment // 1_000)
        bids, asks = simulator.ladder(symbol, 10)
        judge.take(encode(Read(symbol, now, tuple(bids), tuple(asks), True)))
        assert (judge.judged, judge.wrong) == ({True: 1}, [])
        off = (bids[0][0], f"{bids[0][1][:-1]}{(int(bids[0][1][-1]) + 1) % 10}")
        judge.take(encode(Read(symbol, now, (off, *bids[1:]), tuple(asks), False)))
        judge.take(encode(Read(symbol, now, (), (), False)))
        assert (judge.judged, len(judge.wrong)) == ({True: 1, False: 2}, 2)
        long_ago = "2020-01-01T00:00:00.000000Z"
        judge.take(encode(Read(symbol, long_ago, tuple(bids), tuple(asks), True)))
        assert judge.too_late == 1


async def test_the_judge_knows_the_tape() -> None:
    """A trade must come once and as it was, or be named; the first one that the client knows of is where it begins."""
    async with Simulator(1, rate=0) as simulator:
        symbol = simulator.symbols[0]
        while len(simulator.trades(symbol)) < 6:
            simulator.step()
        judge = Judge(simulator)
        judge.look(symbol)
        rows = judge.tapes[symbol].happened
        pair = simulator._kraken.exchange.pairs[symbol]
        for number, (side, price, qty) in rows.items():
            true = simulator.trades(symbol)[number - 1]
            assert side == true.side
            assert (int(price.replace(".", "")), len(price.partition(".")[2])) == (true.price, pair.price_precision)
            assert (int(qty.replace(".", "")), len(qty.partition(".")[2])) == (true.qty, pair.qty_precision)
        judge.take(encode(Told(symbol, 2, *rows[2], is_repair=False)))
        judge.take(encode(Gap(symbol, 3, 3)))
        tape = judge.tapes[symbol]
        assert sorted(tape.silent) == [number for number in sorted(rows) if number > 3]
        judge.take(encode(Told(symbol, 5, *rows[4], is_repair=True)))
        judge.take(encode(Told(symbol, 5, *rows[5], is_repair=True)))
        assert (tape.wrong, tape.again, tape.repaired) == (1, 1, 2)
        judge.take(encode(Gap(symbol, 4, None)))
        assert tape.silent == []
        assert not tape.is_quoted
        judge.take(encode(Quote(symbol, rows[max(rows)][1])))
        assert tape.is_quoted
        judge.take(encode(End(1.0, 1, 0, 0, 0)))
        assert judge.end == End(1.0, 1, 0, 0, 0)
    assert Tape().is_quoted


def test_growing_memory_is_noticed() -> None:
    """Memory is flat if the last tenth is like the one after two minutes; what is too short is not judged."""
    flat = [30 * MEGABYTE] * 100 + [40 * MEGABYTE] * 500
    assert memory.judge(flat) == ("40.0 MB after warming up, 40.0 MB at the end: +0.00 MB", True)
    growing = [40 * MEGABYTE + second * 15_000 for second in range(600)]
    assert memory.judge(growing)[1] is False
    assert memory.judge(growing[:299])[1] is None
    assert memory.judge([]) == ("unknown", None)


def test_absence_is_counted_in_a_row() -> None:
    """A book that was away twice was away for the longer time."""
    reports = [("A",), ("A", "B"), ("A",), ("A",), ("A", "B")]
    assert longest_absence(reports, ("A", "B")) == 2
    assert longest_absence([], ("A",)) == 0


def test_a_timer_is_counted_until_it_has_run_or_was_taken_back() -> None:
    """The clock knows what still waits."""

    async def wait() -> list[int]:
        clock = CountingClock()
        ran = asyncio.Event()
        clock.call_at(clock.now(), ran.set)
        late = clock.call_at(clock.now() + 60_000_000_000, ran.set)
        counts = [clock.timers]
        await asyncio.wait_for(ran.wait(), 5)
        counts.append(clock.timers)
        late.cancel()
        return [*counts, clock.timers]

    assert asyncio.run(wait()) == [2, 1, 0]


async def test_an_open_client_is_a_leak_and_a_closed_one_is_none() -> None:
    """Sockets, tasks and timers of a client are seen while it lives, and gone when it is closed."""
    async with Simulator(1, rate=0) as simulator:
        venue = CountedVenue(simulator.url)
        before = sockets()
        async with Client(venue) as kraken:
            await kraken.subscribe(book(*simulator.symbols))
            assert sockets() > before or before < 0
            assert venue.clock.timers > 0
            assert tasks() > 0
        assert venue.clock.timers == 0


@pytest.mark.parametrize("mixed", [0, 2])
async def test_every_harm_can_be_ordered(mixed: int) -> None:
    """Each is one that the simulator knows, and strikes only what is subscribed."""
    async with Simulator(3, rate=0, clock=ManualClock()) as simulator:
        ordered: list[tuple[str, dict[str, Any]]] = []
        inject: Any = simulator.inject

        def note(kind: Any, symbol: str | None = None, **options: Any) -> Any:
            ordered.append((kind, {"symbol": symbol, **options}))
            return inject(kind, symbol, **options)

        simulator.inject = note  # type: ignore[method-assign]
        for harm in HARMS:
            strike(simulator, random.Random(1), [harm], mixed)
        assert [kind for kind, _ in ordered] == [harm.kind for harm in HARMS]
        if not mixed:
            assert {options["channel"] for _, options in ordered if "channel" in options} == {"book"}
        others = [options["symbol"] for _, options in ordered if options.get("channel") in ("trade", "ticker")]
        assert set(others) <= set(simulator.symbols[:mixed])
