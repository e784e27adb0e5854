"""A server that lets nobody in for ten minutes: how often it is asked, and how soon the client is back.

A client with five connections is live; then the exchange drops them all, and in one of these ways nobody is let in:

    refuse    every attempt is refused (HTTP 503)
    ban       Cloudflare refuses them (HTTP 429)
    hang up   each connection is opened, and ended at once

Kraken allows 150 attempts in ten minutes from one address; over that the address is banned. It passes if no ten minutes
saw more than the client's own limit of 120, if the exchange never had to ban the client, and if all books are live
again within one cool-down of the circuit breaker after the exchange lets clients in again.

    python tests/proofs/refusing.py
    python tests/proofs/refusing.py --minutes 60 --seed 3
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matrix.venue import SECOND, FarKraken

from havklo import Client
from havklo.channels import BOOK_DEPTHS, book
from havklo.sim.delivery.injection import Injection

WAYS: Final = ("refuse", "ban", "hang up")
WINDOW: Final = 600 * SECOND
ALLOWED: Final = 120  # attempts in ten minutes
KRAKENS: Final = 150
COOL_DOWN: Final = 30.0  # seconds
ANSWER: Final = 1.0  # seconds that an attempt and a snapshot may take, once the door is open
STEP: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one way gave.

    Attributes:
        way: Which one.
        attempts: How often the exchange was asked while it let nobody in.
        most: How often within the worst ten minutes, from the first connection on.
        bans: How often the exchange banned the client for it.
        back: Seconds from its return until all books were live, or None: they were not.
    """

    way: str
    attempts: int
    most: int
    bans: int
    back: float | None

    @property
    def is_good(self) -> bool:
        """Whether it was asked seldom enough, and the client is back soon enough."""
        is_back = self.back is not None and self.back <= COOL_DOWN + ANSWER
        return self.attempts > 0 and self.most <= ALLOWED and not self.bans and is_back


def most_within(moments: Sequence[int], window: int) -> int:
    """The most of these moments, which rise, that lie within a window of so many nanoseconds."""
    most = first = 0
    for number, moment in enumerate(moments):
        while moments[first] <= moment - window:
            first += 1
        most = max(most, number - first + 1)
    return most


async def measure(way: str, minutes: float, seed: int) -> Row:
    """Shut the door for so many minutes.

    Raises:
        TimeoutError: The client was never live.
    """
    far = FarKraken(1, seed=seed, rate=5.0)
    symbol = far.symbols[0]
    async with Client(far) as kraken:
        # One symbol at five depths takes five connections.
        asked = [asyncio.ensure_future(kraken.subscribe(book(symbol, depth=depth))) for depth in BOOK_DEPTHS]
        await far.run(10.0, lambda: all(each.done() for each in asked))
        books = [each.result().book for each in asked]
        far.trade()
        await far.run(15.0)
        began = far.clock.now()
        orders = _shut(far, way)
        await far.run(minutes * 60, step=STEP)
        attempts = sum(moment >= began for moment in far.attempts)
        for order in orders:
            order.cancel()
        returned = far.clock.now()
        is_back = await far.run(20 * 60, lambda: all(each.top is not None for each in books), step=STEP)
        back = (far.clock.now() - returned) / SECOND if is_back else None
    return Row(way=way, attempts=attempts, most=most_within(far.attempts, WINDOW), bans=far.bans, back=back)


def _shut(far: FarKraken, way: str) -> list[Injection]:
    if way == "hang up":
        return [far.faults.inject("disconnect", role="public", count=100_000)]
    last = 365 * 24 * 3600.0  # until it is taken back
    shut = far.faults.inject("ban" if way == "ban" else "refuse", seconds=last)
    return [shut, far.faults.inject("disconnect", role="public", count=len(far.connections))]


def prove(minutes: float, *, seed: int = 7, ways: Sequence[str] = WAYS) -> list[Row]:
    """Try each way."""
    return [asyncio.run(measure(way, minutes, seed)) for way in ways]


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="How often a server that lets nobody in is asked.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    rows = prove(given.minutes, seed=given.seed)
    print(f"seed {given.seed}, {len(BOOK_DEPTHS)} connections, {given.minutes:g} minutes without a way in")
    print(f"{'':<10}{'attempts':>10}{'in the worst 10 min':>22}{'allowed':>10}{'Kraken':>9}{'back after':>13}")
    for row in rows:
        back = "never" if row.back is None else f"{row.back:.1f} s"
        said = f"{row.way:<10}{row.attempts:>10}{row.most:>22}{ALLOWED:>10}{KRAKENS:>9}{back:>13}"
        print(f"{said}   {'' if row.is_good else 'TOO OFTEN OR TOO LATE'}".rstrip())
    is_good = all(row.is_good for row in rows)
    print("PASSED" if is_good else "FAILED")
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
