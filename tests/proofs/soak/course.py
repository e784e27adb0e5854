"""The course of a soak: first harm, then peace, then the client's end; and the figures put together."""

import asyncio
import contextlib
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from havklo import Simulator
from soak import memory
from soak.harm import HARMS, Harm, strike
from soak.judge import Judge

__all__ = ["Plan", "Verdict", "soak"]

TO_HEAL: Final = 90.0  # seconds, after the last fault
TO_BEGIN: Final = 90.0
TO_END: Final = 20.0
AWAY: Final = 60  # seconds that a book may be away, with faults all the while and on a slow machine
PEACE: Final = 3  # reports in a row
REMEMBERED: Final = 60.0  # seconds of an average market for which the truth is kept


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be run.

    Attributes:
        minutes: For how long harm is done.
        symbols: How many symbols have books.
        mixed: How many of them have trades and tickers, too.
        rate: Market messages a second.
        seed: Same seed, same trading and same order of faults.
        fault_every: Seconds between two faults.
        harms: What may come.
    """

    minutes: float = 30.0
    symbols: int = 200
    mixed: int = 20
    rate: float = 500.0
    seed: int = 7
    fault_every: float = 2.0
    harms: Sequence[Harm] = HARMS


@dataclass
class Verdict:
    """What is to be printed, what was wrong, and what could not be judged."""

    lines: list[str]
    failures: list[str]
    warnings: list[str]


async def soak(plan: Plan) -> Verdict:
    """Run it all.

    Raises:
        RuntimeError: The client's process has ended early.
        TimeoutError: The client's books were never all live.
    """
    history = max(100, round(REMEMBERED * plan.rate / plan.symbols))
    async with Simulator(plan.symbols, seed=plan.seed, rate=plan.rate, history=history) as simulator:
        judge = Judge(simulator)
        # Markets that were always there have had trades.
        for symbol in simulator.symbols[: plan.mixed]:
            while not simulator.trades(symbol):
                simulator.step(1, symbol)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "soak.client", simulator.url, str(plan.mixed), *simulator.symbols),
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        reading = asyncio.create_task(_listen(process.stdout, judge))
        running = asyncio.create_task(_run_its_course(simulator, judge, plan))
        try:
            await asyncio.wait([running, reading], return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                reading.result()
                raise RuntimeError("the client's process has ended early")
            healed = running.result()
            _copy_tapes(judge, plan)
            process.stdin.close()
            await asyncio.wait_for(asyncio.shield(reading), TO_END)
        finally:
            running.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            await reading
        return conclude(simulator, judge, plan, healed=healed)


async def _listen(stream: asyncio.StreamReader, judge: Judge) -> None:
    """Judge what the client tells, as it tells it."""
    while line := await stream.readline():
        if line.endswith(b"\n"):  # else the client was ended in the middle of it
            judge.take(line)


async def _run_its_course(simulator: Simulator, judge: Judge, plan: Plan) -> bool:
    """First harm, then peace; says whether every book was live again in the end."""
    await _begin(simulator, judge)
    chance = random.Random(f"{plan.seed} harm")
    clock = simulator.clock
    until = clock.now() + round(plan.minutes * 60e9)
    looked = 0
    async for now in clock.every(plan.fault_every):
        if now >= until:
            break
        strike(simulator, chance, plan.harms, plan.mixed)
        if now - looked > 1_000_000_000:
            looked = now
            _copy_tapes(judge, plan)
    return await _heal(simulator, judge, plan)


async def _begin(simulator: Simulator, judge: Judge) -> None:
    """Wait until every book is live."""
    asked = simulator.clock.now()
    async for now in simulator.clock.every(0.1):
        if judge.states and len(judge.states[-1].live) == len(simulator.symbols):
            return
        if now - asked > TO_BEGIN * 1e9:
            raise TimeoutError("the client's books were not all live in time")


async def _heal(simulator: Simulator, judge: Judge, plan: Plan) -> bool:
    """Without further faults, wait until all has healed, in each of three reports in a row."""
    known = len(judge.states)
    clock = simulator.clock
    asked = clock.now()
    async for now in clock.every(0.5):
        # Only a trade shows that the one before it was lost.
        for symbol in simulator.symbols[: plan.mixed]:
            simulator.step(2, symbol)
        last = judge.states[known:][-PEACE:]
        if len(last) == PEACE and all(len(state.live) == len(simulator.symbols) for state in last):
            return await _trades_healed(simulator, judge, plan, asked)
        if now - asked > TO_HEAL * 1e9:
            return False
    raise AssertionError("a clock never ends")


async def _trades_healed(simulator: Simulator, judge: Judge, plan: Plan, asked: int) -> bool:
    """Wait until the client knows of every trade, and its tickers agree with the tape."""
    async for now in simulator.clock.every(0.5):
        _copy_tapes(judge, plan)
        mixed = [judge.tapes[symbol] for symbol in simulator.symbols[: plan.mixed]]
        # What has happened by now is on its way; a crowd that rests lets it arrive.
        if all(tape.is_quoted and not tape.silent for tape in mixed):
            return True
        if now - asked > TO_HEAL * 1e9:
            return False
        for symbol, tape in zip(simulator.symbols, mixed, strict=False):
            if tape.silent:
                simulator.step(5, symbol)
    raise AssertionError("a clock never ends")


def _copy_tapes(judge: Judge, plan: Plan) -> None:
    for symbol in judge.simulator.symbols[: plan.mixed]:
        judge.look(symbol)


def conclude(simulator: Simulator, judge: Judge, plan: Plan, *, healed: bool) -> Verdict:
    """Put the figures together."""
    sent, last, end = simulator.statistics(), judge.states[-1], judge.end
    faults = Counter(fault.kind for fault in simulator.faults)
    kept, is_flat = memory.judge([state.resident for state in judge.states])
    mixed = [judge.tapes[symbol] for symbol in simulator.symbols[: plan.mixed]]
    told, named = (sum(len(getattr(tape, name)) for tape in mixed) for name in ("told", "named"))
    repaired, again, wrong = (sum(getattr(tape, name) for tape in mixed) for name in ("repaired", "again", "wrong"))
    silent = sum(len(tape.silent) for tape in mixed)
    away = longest_absence([state.live for state in judge.states], simulator.symbols)
    lines = [
        f"messages sent: {sent.messages:,}, left out because this machine was too slow: {sent.skipped:,}",
        f"faults: {', '.join(f'{count} {kind}' for kind, count in faults.most_common())}",
        f"reads judged: {judge.judged[True]:,} after updates, {judge.judged[False]:,} at other instants",
        f"reads refused by books that were not live: {last.refused:,}",
        f"wrong reads: {len(judge.wrong)}; too late to be judged: {judge.too_late}",
        f"trades: {told:,} handed out, {repaired:,} of them repaired, {named:,} named as missing",
        f"trades: {silent} lost without a word, {again} handed out twice, {wrong} wrong",
        f"desyncs: {last.desyncs:,}, resyncs: {last.resyncs:,}, connections made: {last.connections:,}",
        f"longest that anything was away: {last.longest_ns / 1e9:.2f} s ({last.longest})",
        f"longest that a book was away, in the reports: {away} s",
        f"books live at the end: {len(last.live)} of {len(simulator.symbols)}",
        f"client's memory: {kept}",
    ]
    checks = [
        (not judge.wrong, f"{len(judge.wrong)} wrong reads, the first: {judge.wrong[:1]}"),
        (judge.too_late == 0, f"{judge.too_late} reads could not be judged"),
        (judge.judged[True] > 0, "nothing was read"),
        (sum(faults.values()) > 0, "no fault has happened"),
        (last.desyncs > 0 and last.resyncs > 0, "no fault was noticed"),
        (silent == again == wrong == 0, f"trades: {silent} lost, {again} twice, {wrong} wrong"),
        (told > 0 or not plan.mixed, "no trade was handed out"),
        (healed, "not everything has healed"),
        (away <= AWAY, f"a book was away for {away} s"),
        (is_flat is not False, "the client's memory grew"),
        (end is not None, "the client has not said goodbye"),
    ]
    if end is not None:
        cost = end.cpu_seconds / max(1, end.messages) * 1e6
        lines += [
            f"client's processor time: {end.cpu_seconds:.1f} s; for 1,000 messages, reports included: {cost:.1f} ms",
            f"left behind by the closed client: {end.tasks} tasks, {end.timers} timers, {end.sockets} sockets",
        ]
        checks.append((end.tasks == end.timers == 0 and end.sockets == 0, "the client has left something behind"))
    warnings = [] if is_flat is not None else ["this was too short to judge the memory"]
    return Verdict(lines, [text for is_good, text in checks if not is_good], warnings)


def longest_absence(reports: Sequence[Sequence[str]], symbols: Sequence[str]) -> int:
    """In how many reports in a row a book was not live, at most."""
    away = dict.fromkeys(symbols, 0)
    longest = 0
    for live in map(set, reports):
        for symbol in symbols:
            away[symbol] = 0 if symbol in live else away[symbol] + 1
        longest = max(longest, *away.values())
    return longest
