"""A soak: a client on a busy simulator, a random fault every second, every read judged.

The simulator runs in this process, the client in another one. The client reads its books after every update and at
random instants, and reports each read; each is compared with what the simulator's own book truly was at that
message. It passes if not one read of a top ten was wrong, every book is live at the end, and the client's memory
stayed flat.

    python examples/soak.py                   ten minutes, 20 symbols, 2,000 messages a second
    python examples/soak.py --seconds 60 --rate 500
"""

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import msgspec

import havklo
from havklo import BookNotLive, BookUpdate, Client, Desync, Simulator
from havklo.channels import book
from havklo.events import BookSnapshot, Connected, Level, Resync
from havklo.sim import FaultKind

DEPTHS = (10, 25)  # every other symbol
TOP = 10
HISTORY = 4_000  # changes of each book that the simulator remembers: the judge is never that late
FAULTS: tuple[FaultKind, ...] = ("drop", "corrupt", "disconnect")
WEIGHTS = (5, 4, 1)
SECONDS_TO_HEAL = 20.0
FLAT_BYTES, FLAT_SHARE = 2 << 20, 0.03
SHORTEST_FOR_MEMORY = 30.0  # seconds; before that the interpreter is still warming up

Ladder = tuple[tuple[str, str], ...]


class Read(msgspec.Struct, array_like=True, tag="read", frozen=True):
    """What the client read: the top of a book, and as of which message."""

    symbol: str
    timestamp: str
    bids: Ladder
    asks: Ladder
    after_update: bool


class State(msgspec.Struct, array_like=True, tag="state", frozen=True):
    """How the client is, once a second."""

    resident: int
    live: tuple[str, ...]
    refused: int
    desyncs: int
    resyncs: int
    longest_ns: int
    connections: int
    verified: int


Report = Read | State
decode_report = msgspec.json.Decoder(Report).decode
encode_report = msgspec.json.Encoder().encode


# -- the client's process ------------------------------------------------------------------------------------------


def texts(levels: Sequence[Level]) -> Ladder:
    """Levels with their digits as sent."""
    return tuple((f"{level.price:f}", f"{level.qty:f}") for level in levels)


class Reporter:
    """Reads books as a program would, and tells the other process what it saw."""

    def __init__(self, kraken: Client) -> None:
        self.kraken = kraken
        self.random = random.Random(1)
        self.lines: list[bytes] = []
        self.refused = self.desyncs = self.resyncs = self.longest_ns = self.connections = 0
        kraken.on(BookUpdate, self.updated)
        kraken.on(Desync, self.desynced)
        kraken.on(Resync, self.resynced)
        kraken.on(Connected, self.connected)

    def updated(self, update: BookUpdate) -> None:
        """In the receive path: the book is that of this very update, and so is what the update says itself."""
        seen = self.kraken.books.get(update.symbol)
        if seen is None:
            return  # its first snapshot: the subscription is not complete yet
        snapshot = seen.snapshot(TOP)
        self.report(snapshot, after_update=True)
        # Said by the update rather than by the book: had they differed, this would be judged wrong.
        if (update.best_bid, update.best_ask) != (best(snapshot.bids), best(snapshot.asks)):
            self.lines.append(encode_report(Read(update.symbol, update.timestamp or "", (), (), True)))

    def desynced(self, desync: Desync) -> None:
        """A book may not be read from this instant on."""
        self.desyncs += 1
        self.read(desync.symbol)

    def resynced(self, resync: Resync) -> None:
        """A book is live again."""
        self.resyncs += 1
        self.longest_ns = max(self.longest_ns, resync.took_ns)

    def connected(self, _event: Connected) -> None:
        """A connection is open."""
        self.connections += 1

    def read(self, symbol: str) -> None:
        """Read a book at any instant; one that is not live refuses."""
        try:
            self.report(self.kraken.books[symbol].snapshot(TOP), after_update=False)
        except BookNotLive:
            self.refused += 1

    def report(self, snapshot: BookSnapshot, *, after_update: bool) -> None:
        """Tell what was read."""
        stamp = snapshot.timestamp or ""
        read = Read(snapshot.symbol, stamp, texts(snapshot.bids), texts(snapshot.asks), after_update)
        self.lines.append(encode_report(read))

    def state(self) -> None:
        """Tell how it is."""
        counted = self.kraken.statistics()
        live = tuple(symbol for symbol, seen in self.kraken.books.items() if seen.top is not None)
        state = State(
            resident=resident(),
            live=live,
            refused=self.refused,
            desyncs=self.desyncs,
            resyncs=self.resyncs,
            longest_ns=self.longest_ns,
            connections=self.connections,
            verified=counted.verified,
        )
        self.lines.append(encode_report(state))

    def flush(self) -> None:
        """Send what there is to tell."""
        if self.lines:
            sys.stdout.buffer.write(b"\n".join(self.lines) + b"\n")
            sys.stdout.buffer.flush()
            self.lines.clear()


def best(levels: Sequence[Level]) -> Level | None:
    """The first level, if there is one."""
    return levels[0] if levels else None


def resident() -> int:
    """How much memory this process holds."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # noqa: PLC0415 - not every system has it, and Linux does without

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def client(url: str, symbols: Sequence[str]) -> None:
    """Subscribe, read and report until the other process has had enough."""
    async with Client(url) as kraken:
        reporter = Reporter(kraken)
        for depth, some in zip(DEPTHS, (symbols[::2], symbols[1::2]), strict=True):
            await kraken.subscribe(book(*some, depth=depth))
        until = 0
        async for now in kraken.clock.every(0.02):
            reporter.read(reporter.random.choice(symbols))
            if now >= until:
                until = now + 1_000_000_000
                reporter.state()
            reporter.flush()


# -- the judge's process -------------------------------------------------------------------------------------------


@dataclass
class Judge:
    """Compares reads with the simulator's own books."""

    simulator: Simulator
    judged: Counter[bool] = field(default_factory=Counter[bool])
    too_late: int = 0
    wrong: list[Read] = field(default_factory=list[Read])
    states: list[State] = field(default_factory=list[State])

    def take(self, line: bytes) -> None:
        """Judge a line of the client."""
        report = decode_report(line)
        if isinstance(report, State):
            self.states.append(report)
            return
        try:
            bids, asks = self.simulator.ladder(report.symbol, TOP, report.timestamp)
        except LookupError:
            self.too_late += 1
            return
        self.judged[report.after_update] += 1
        if (tuple(bids), tuple(asks)) != (report.bids, report.asks):
            self.wrong.append(report)


@dataclass
class Verdict:
    """What is to be printed, and what was wrong."""

    lines: list[str]
    failures: list[str]


async def soak(seconds: float, *, symbols: int, rate: float, seed: int, fault_every: float) -> Verdict:
    """Run it all."""
    async with Simulator(symbols, seed=seed, rate=rate, history=HISTORY) as simulator:
        judge = Judge(simulator)
        command = (sys.executable, __file__, "--client", simulator.url, *simulator.symbols)
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, limit=1 << 20)
        assert process.stdout is not None
        reading = asyncio.create_task(listen(process.stdout, judge))
        running = asyncio.create_task(run_its_course(simulator, judge, seconds, seed, fault_every))
        try:
            await asyncio.wait([running, reading], return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                raise RuntimeError("the client's process has ended early")
            healed = running.result()
        finally:
            running.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            await reading
        return conclude(simulator, judge, seconds, healed=healed)


async def run_its_course(simulator: Simulator, judge: Judge, seconds: float, seed: int, fault_every: float) -> bool:
    """First harm, then peace; says whether every book was live again in the end."""
    await misbehave(simulator, judge, seconds, seed, fault_every)
    return await heal(simulator, judge)


async def listen(stream: asyncio.StreamReader, judge: Judge) -> None:
    """Judge what the client tells, as it tells it."""
    while line := await stream.readline():
        if line.endswith(b"\n"):  # else the client was ended in the middle of it
            judge.take(line)


async def misbehave(simulator: Simulator, judge: Judge, seconds: float, seed: int, fault_every: float) -> None:
    """Once every book is live, do harm to a random one now and then, until the time is up."""
    chance = random.Random(f"{seed} harm")
    clock = simulator.clock
    everything = len(simulator.symbols)
    began: int | None = None
    asked = clock.now()
    async for now in clock.every(fault_every):
        if began is None:
            if judge.states and len(judge.states[-1].live) == everything:
                began = now
            elif now - asked > 60e9:
                raise TimeoutError("the client's books were not all live within a minute")
            continue
        if now - began >= seconds * 1e9:
            return
        kind = chance.choices(FAULTS, WEIGHTS)[0]
        simulator.inject(kind, chance.choice(simulator.symbols))


async def heal(simulator: Simulator, judge: Judge) -> bool:
    """Without further faults, wait until every book has healed: in each of three reports in a row."""
    known = len(judge.states)
    clock = simulator.clock
    asked = clock.now()
    async for now in clock.every(0.2):
        last = judge.states[known:][-3:]
        if len(last) == 3 and all(len(state.live) == len(simulator.symbols) for state in last):
            return True
        if now - asked > SECONDS_TO_HEAL * 1e9:
            return False
    raise AssertionError("a clock never ends")


def conclude(simulator: Simulator, judge: Judge, seconds: float, *, healed: bool) -> Verdict:
    """Put the figures together."""
    sent, last = simulator.statistics(), judge.states[-1]
    faults = Counter(fault.kind for fault in simulator.faults)
    memory, is_flat = judge_memory([state.resident for state in judge.states], seconds)
    lines = [
        f"messages sent: {sent.messages:,}, left out because this machine was too slow: {sent.skipped:,}",
        f"faults: {', '.join(f'{faults[kind]} {kind}' for kind in FAULTS)}",
        f"reads judged: {judge.judged[True]:,} after updates, {judge.judged[False]:,} at other instants",
        f"reads refused by books that were not live: {last.refused:,}",
        f"wrong reads: {len(judge.wrong)}; too late to be judged: {judge.too_late}",
        f"desyncs: {last.desyncs:,}, resyncs: {last.resyncs:,}, connections made: {last.connections:,}",
        f"longest that a book was away: {last.longest_ns / 1e9:.2f} s",
        f"books live at the end: {len(last.live)} of {len(simulator.symbols)}",
        f"client's memory: {memory}",
    ]
    checks = [
        (not judge.wrong, f"{len(judge.wrong)} wrong reads, the first: {judge.wrong[:1]}"),
        (judge.too_late == 0, f"{judge.too_late} reads could not be judged"),
        (judge.judged[True] > 0, "nothing was read"),
        (sum(faults.values()) > 0, "no fault has happened"),
        (last.desyncs > 0 and last.resyncs > 0, "no fault was noticed"),
        (healed, "not every book has healed"),
        (is_flat, "the client's memory grew"),
    ]
    return Verdict(lines, [text for is_good, text in checks if not is_good])


def judge_memory(samples: Sequence[int], seconds: float) -> tuple[str, bool]:
    """Compare the last fifth with the second one, when everything had warmed up."""
    if seconds < SHORTEST_FOR_MEMORY:
        return f"{samples[-1] / 2**20:.1f} MB at the end, not judged in so short a time", True
    fifth = max(1, len(samples) // 5)
    early, late = median(samples[fifth : 2 * fifth]), median(samples[-fifth:])
    text = f"{early / 2**20:.1f} MB after warming up, {late / 2**20:.1f} MB at the end"
    return text, late - early <= max(FLAT_BYTES, FLAT_SHARE * early)


def main() -> int:
    """The command; the exit code is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description="Faults every second, every read judged.")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--rate", type=float, default=2_000.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--fault-every", type=float, default=1.0)
    parser.add_argument("--client", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        havklo.run(client(given.client[0], given.client[1:]))
        return 0
    print(
        f"soak: {given.seconds:g} s, {given.symbols} symbols, {given.rate:g} messages a second, "
        f"a random fault every {given.fault_every:g} s",
        flush=True,
    )
    began = time.monotonic()
    verdict = havklo.run(
        soak(
            given.seconds,
            symbols=given.symbols,
            rate=given.rate,
            seed=given.seed,
            fault_every=given.fault_every,
        )
    )
    print("\n".join(verdict.lines))
    print(f"took {time.monotonic() - began:.0f} s")
    print("\n".join(f"FAILED: {failure}" for failure in verdict.failures) or "passed")
    return int(bool(verdict.failures))


if __name__ == "__main__":
    sys.exit(main())
