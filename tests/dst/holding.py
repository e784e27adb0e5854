"""A subscription to books that a program has, and those who iterate over it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from dst.journal import Journal
from dst.judge import Key
from dst.streams import PATIENCE
from dst.virtual import SECOND, VirtualClock
from havklo.events import Book, BookUpdate

__all__ = ["Holding", "ends_in_time"]


@final
@dataclass(eq=False)
class Holding:
    """A subscription to books.

    Attributes:
        subscription: The client's own object.
        books: Its books.
    """

    subscription: Any
    books: dict[Key, Book]

    async def follow(self, journal: Journal, clock: VirtualClock, rng: random.Random) -> None:
        """Read updates, slowly, for a while; whatever was left out, none is older than the last."""
        latest: dict[str, int] = {}
        left = rng.randint(1, 30)
        pause = rng.choice((0.0, 0.01, 0.2, 2.0))
        async for update in self.subscription:
            never_back_in_time(journal, update, latest)
            left -= 1
            if left <= 0:
                return
            await clock.sleep(pause * rng.random())


# -- the invariants


def ends_in_time(journal: Journal, symbols: Sequence[str], took: int) -> None:
    """A subscribe is live or has failed once its timeout is over."""
    if took > PATIENCE * SECOND:
        journal.violate("a subscribe without end", f"{', '.join(symbols)}: {took / SECOND:.3f} s")


def never_back_in_time(journal: Journal, update: BookUpdate, latest: dict[str, int]) -> None:
    """An iteration tells each book's messages in the order in which they came."""
    before = latest.get(update.symbol, 0)
    if update.recv_ns < before:
        journal.violate("back in time", f"{update.symbol}: received at {update.recv_ns}, told after one of {before}")
    latest[update.symbol] = update.recv_ns
