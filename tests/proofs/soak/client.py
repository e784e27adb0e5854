"""The client's process: it subscribes, reads as a program would, and tells what it saw.

    python -m soak.client URL MIXED SYMBOL...

MIXED is how many of the symbols have trades and tickers, too. It ends, cleanly, when its input does.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import havklo
from havklo import BookNotLive, BookUpdate, Client, Desync
from havklo.channels import book, ticker, trade
from havklo.events import BookSnapshot, Connected, Level, Resync, Ticker, Trade, TradeGap
from soak.leaks import CountedVenue, sockets, tasks
from soak.telling import End, Gap, Quote, Read, State, Told, encode, texts

__all__ = ["DEPTHS", "TOP", "Reporter", "run"]

DEPTHS: Final = (10, 25)  # every other symbol
TOP: Final = 10
TURN: Final = 0.02  # seconds between two reads at any instant
SETTLE: Final = 5.0  # seconds for what was closed to end


class Reporter:
    """Reads books as a program would, and notes what it and the handlers saw."""

    def __init__(self, kraken: Client) -> None:
        self.kraken = kraken
        self.random = random.Random(1)
        self.lines: list[bytes] = []
        self.longest = ""
        self.refused = self.desyncs = self.resyncs = self.longest_ns = self.connections = self.messages = 0
        kraken.on(BookUpdate, self.updated)
        kraken.on(Desync, self.desynced)
        kraken.on(Resync, self.resynced)
        kraken.on(Connected, self.connected)
        kraken.on(Trade, self.traded)
        kraken.on(TradeGap, self.missed)
        kraken.on(Ticker, self.quoted)

    def updated(self, update: BookUpdate) -> None:
        """In the receive path: the book is that of this very update, and so is what the update says itself."""
        self.messages += 1
        seen = self.kraken.books.get(update.symbol)
        if seen is None:
            return  # its first snapshot: the subscription is not complete yet
        snapshot = seen.snapshot(TOP)
        self.report(snapshot, after_update=True)
        # Said by the update rather than by the book: had they differed, this would be judged wrong.
        if (update.best_bid, update.best_ask) != (_best(snapshot.bids), _best(snapshot.asks)):
            self.lines.append(encode(Read(update.symbol, update.timestamp or "", (), (), True)))

    def desynced(self, desync: Desync) -> None:
        """A book may not be read from this instant on."""
        self.desyncs += 1
        for symbol in desync.symbols:
            self.read(symbol)

    def resynced(self, resync: Resync) -> None:
        """Something is live again."""
        self.resyncs += 1
        if resync.took_ns > self.longest_ns:
            self.longest_ns = resync.took_ns
            self.longest = f"{resync.channel} {resync.symbol}, {resync.reason}, {resync.attempts} attempts"

    def connected(self, _event: Connected) -> None:
        """A connection is open."""
        self.connections += 1

    def traded(self, event: Trade) -> None:
        """A trade was handed out."""
        self.messages += 1
        told = Told(
            event.symbol, event.trade_id, event.side, f"{event.price:f}", f"{event.qty:f}", event.source == "repair"
        )
        self.lines.append(encode(told))

    def missed(self, gap: TradeGap) -> None:
        """Trades could not be had."""
        self.lines.append(encode(Gap(gap.symbol, gap.first, gap.last)))

    def quoted(self, event: Ticker) -> None:
        """A ticker was handed out."""
        self.messages += 1
        self.lines.append(encode(Quote(event.symbol, f"{event.last:f}")))

    def read(self, symbol: str) -> None:
        """Read a book at any instant; one that is not live refuses."""
        try:
            self.report(self.kraken.books[symbol].snapshot(TOP), after_update=False)
        except BookNotLive:
            self.refused += 1

    def report(self, snapshot: BookSnapshot, *, after_update: bool) -> None:
        """Note what was read."""
        stamp = snapshot.timestamp or ""
        read = Read(snapshot.symbol, stamp, texts(snapshot.bids), texts(snapshot.asks), after_update)
        self.lines.append(encode(read))

    def state(self) -> None:
        """Note how the client is."""
        state = State(
            resident=_resident(),
            live=tuple(symbol for symbol, seen in self.kraken.books.items() if seen.top is not None),
            refused=self.refused,
            desyncs=self.desyncs,
            resyncs=self.resyncs,
            longest_ns=self.longest_ns,
            longest=self.longest,
            connections=self.connections,
            messages=self.messages,
        )
        self.lines.append(encode(state))

    def flush(self) -> None:
        """Tell what was noted."""
        if self.lines:
            sys.stdout.buffer.write(b"\n".join(self.lines) + b"\n")
            sys.stdout.buffer.flush()
            self.lines.clear()


async def run(url: str, mixed: int, symbols: Sequence[str]) -> None:
    """Subscribe, read and tell until the input ends; then close, and tell what is left."""
    venue = CountedVenue(url)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    before = tasks(), sockets()
    async with Client(venue) as kraken:
        reporter = Reporter(kraken)
        for depth, some in zip(DEPTHS, (symbols[::2], symbols[1::2]), strict=True):
            await kraken.subscribe(book(*some, depth=depth), timeout=60.0)
        if mixed:
            await kraken.subscribe(trade(*symbols[:mixed]), timeout=60.0)
            await kraken.subscribe(ticker(*symbols[:mixed]), timeout=60.0)
        until = 0
        async for now in kraken.clock.every(TURN):
            reporter.read(reporter.random.choice(symbols))
            if now >= until:
                until = now + 1_000_000_000
                reporter.state()
            reporter.flush()
            if ended.is_set():
                break
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    deadline = venue.clock.now() + round(SETTLE * 1e9)
    async for now in venue.clock.every(TURN):
        if (tasks(), sockets()) == before or now >= deadline:
            break
    left = tasks() - before[0], venue.clock.timers, sockets() - before[1]
    reporter.lines.append(encode(End(time.process_time(), reporter.messages, *left)))
    reporter.flush()


def _best(levels: Sequence[Level]) -> Level | None:
    return levels[0] if levels else None


def _resident() -> int:
    """How much memory this process holds."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # noqa: PLC0415  # not every system has it, and Linux does without

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    havklo.run(run(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
