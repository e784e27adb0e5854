"""How long a book is away: from the `Desync` event to the verified snapshot, in virtual time.

One digit after the other is altered on the way to the client, in twenty books. The exchange sends a snapshot 40 to
100 ms after the ack of its subscribe, as Kraken does, and is so many milliseconds away. A resync is an unsubscribe, its
ack, a subscribe and its snapshot, so it can't take less than two round trips and the snapshot's delay; it passes if 99
of 100 take no more than the longest such delay and three round trips.

    python tests/proofs/resync_time.py                   500 desyncs at each of four distances
    python tests/proofs/resync_time.py --desyncs 50 --seed 3
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matrix.venue import SECOND, FarKraken, Way

from havklo import Client, Desync
from havklo.channels import book
from havklo.events import Resync

SYMBOLS: Final = 20
RATE: Final = 200.0
SNAPSHOT: Final = (0.04, 0.1)  # seconds from the ack to the snapshot
ROUND_TRIPS: Final = (0.005, 0.02, 0.08, 0.25)  # seconds
ALLOWED: Final = 3  # round trips
SETTLING: Final = 1.5  # seconds between two strikes at a book, in which it gets the messages that settle it


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one distance gave.

    Attributes:
        round_trip: Seconds there and back.
        took: How long each resync took, from the `Desync` event, in nanoseconds and rising.
    """

    round_trip: float
    took: tuple[int, ...]

    @property
    def bound(self) -> int:
        """What 99 of 100 may take, in nanoseconds."""
        return round((SNAPSHOT[1] + ALLOWED * self.round_trip) * SECOND)

    @property
    def is_good(self) -> bool:
        """Whether they do."""
        return bool(self.took) and percentile(self.took, 99) <= self.bound


def percentile(rising: Sequence[int], percent: int) -> int:
    """The value that so many of a hundred do not exceed."""
    return rising[-(-len(rising) * percent // 100) - 1]


async def measure(round_trip: float, desyncs: int, seed: int) -> Row:
    """Strike until there were so many desyncs.

    Raises:
        TimeoutError: They did not come, or were not healed.
    """
    way = Way(round_trip=(round_trip, round_trip), snapshot=SNAPSHOT)
    far = FarKraken(SYMBOLS, seed=seed, rate=RATE, way=way)
    chance = random.Random(f"{seed} {round_trip} strikes")
    began: dict[str, int] = {}
    took: list[int] = []

    async with Client(far) as kraken:
        kraken.on(Desync, lambda desync: began.setdefault(desync.symbol, far.clock.now()))
        kraken.on(Resync, lambda resync: took.append(far.clock.now() - began.pop(resync.symbol)))
        subscribing = asyncio.ensure_future(kraken.subscribe(book(*far.symbols, depth=10)))
        await far.run(10.0, subscribing.done)
        subscribing.result()
        far.trade()
        while len(took) < desyncs:
            # Half of the books at a time, so that resyncs come together as they do in a storm.
            for symbol in chance.sample(far.symbols, SYMBOLS // 2):
                far.faults.inject("corrupt", symbol)
            before = len(took)
            await far.run(SETTLING)
            for symbol in far.symbols:
                for _ in range(6):
                    far.step(symbol)
            await far.run(SETTLING)
            if len(took) == before:
                raise TimeoutError(f"{far.faults!r}: nothing was healed")
    return Row(round_trip=round_trip, took=tuple(sorted(took)))


def prove(desyncs: int, *, seed: int = 7, round_trips: Sequence[float] = ROUND_TRIPS) -> list[Row]:
    """Measure at each distance."""
    return [asyncio.run(measure(round_trip, desyncs, seed)) for round_trip in round_trips]


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="How long a resync takes, from the Desync event.")
    parser.add_argument("--desyncs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    rows = prove(given.desyncs, seed=given.seed)
    print(f"seed {given.seed}, snapshots {SNAPSHOT[0] * 1e3:g} to {SNAPSHOT[1] * 1e3:g} ms after their ack")
    print(f"{'round trip':>12}{'resyncs':>9}{'p50':>10}{'p99':>10}{'most':>10}{'allowed':>10}   ms")
    for row in rows:
        figures = (percentile(row.took, 50), percentile(row.took, 99), row.took[-1], row.bound)
        said = "".join(f"{figure / 1e6:>10.1f}" for figure in figures)
        print(f"{row.round_trip * 1e3:>12g}{len(row.took):>9,}{said}   {'' if row.is_good else 'TOO LONG'}".rstrip())
    is_good = all(row.is_good for row in rows)
    print("PASSED" if is_good else "FAILED")
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
