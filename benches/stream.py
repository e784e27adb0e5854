"""Synthetic Kraken v2 `book` messages for BTC/USD: deterministic, each with its right checksum.

The generator is a small market that knows more levels than it shows. It keeps the rules that real
captures obey: a removal inside the window is followed at once by the level that enters from outside; an
amended price is a delete, that refill and an insert; an insert pushes the worst level out without a
word; a sweep is one entry a fill; nothing is ever sent unchanged. How far from the touch a change
happens follows the message rates measured on Kraken at depths 10, 25 and 100. Nothing of havklo is
imported here, so that a mistake cannot be shared.
"""

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal
from zlib import crc32

SYMBOL = "BTC/USD"
PRICE_DECIMALS = 1
QTY_DECIMALS = 8
CACHE = Path(__file__).parent / "results"

Spread = Literal["measured", "uniform"]
Entry = tuple[int, int]

_VERSION = 1  # of the generator: a cached stream of another version is made anew
_HIDDEN = 64  # levels kept beyond the window, so that a refill never runs out
_TOUCH = 5.0  # with density 1/(rank + 5), depths 10, 25 and 100 see messages in the proportion Kraken sends them
_WIDE = 10  # ticks between the best prices
_TEN = 10


@dataclass(frozen=True, slots=True)
class Stream:
    """A snapshot and the updates that follow it."""

    depth: int
    snapshot: bytes
    updates: list[bytes]

    @property
    def bytes_per_update(self) -> float:
        """Mean length of an update."""
        return sum(map(len, self.updates)) / len(self.updates)

    @property
    def entries_per_update(self) -> float:
        """Mean number of level changes in an update."""
        return sum(update.count(b'"price"') for update in self.updates) / len(self.updates)


def load(depth: int, count: int, spread: Spread = "measured") -> Stream:
    """Give the stream of this depth, from the cache when it was made before."""
    path = cached(depth, count, spread)
    snapshot, *updates = path.read_bytes().splitlines()
    return Stream(depth, snapshot, updates)


def cached(depth: int, count: int, spread: Spread = "measured") -> Path:
    """Give the file that holds this stream, a message a line, the snapshot first; make it if need be."""
    path = CACHE / f"book-d{depth}-{spread}-{count}-v{_VERSION}.jsonl"
    if not path.exists():
        stream = generate(depth, count, spread=spread)
        CACHE.mkdir(exist_ok=True)
        path.write_bytes(b"\n".join([stream.snapshot, *stream.updates]))
    return path


def generate(depth: int, count: int, *, spread: Spread = "measured", seed: int = 7) -> Stream:
    """Make a snapshot and `count` updates of a book of this depth."""
    market = _Market(depth, Random(seed), spread)
    return Stream(depth, market.snapshot(), [market.update() for _ in range(count)])


def price_text(ticks: int) -> str:
    """Write a price as Kraken does: always padded to the pair's precision."""
    return f"{ticks // 10**PRICE_DECIMALS}.{ticks % 10**PRICE_DECIMALS:0{PRICE_DECIMALS}}"


def qty_text(lots: int) -> str:
    """Write a quantity as Kraken does."""
    return f"{lots // 10**QTY_DECIMALS}.{lots % 10**QTY_DECIMALS:0{QTY_DECIMALS}}"


@dataclass(slots=True)
class _Side:
    """One side of the full book; `keys` are best first, `sign` makes that true for both sides."""

    sign: int
    depth: int
    keys: list[int] = field(default_factory=list)
    lots: dict[int, int] = field(default_factory=dict)

    def insert(self, key: int, lots: int) -> list[Entry]:
        insort(self.keys, key)
        self.lots[key] = lots
        return [(key * self.sign, lots)]

    def change(self, key: int, lots: int) -> list[Entry]:
        self.lots[key] = lots
        return [(key * self.sign, lots)]

    def remove(self, key: int) -> list[Entry]:
        """Delete a level of the window, and show the one that enters it from outside."""
        del self.keys[bisect_left(self.keys, key)]
        del self.lots[key]
        entered = self.keys[self.depth - 1]
        return [(key * self.sign, 0), (entered * self.sign, self.lots[entered])]

    def window(self, depth: int) -> list[Entry]:
        return [(key * self.sign, self.lots[key]) for key in self.keys[:depth]]

    def digits(self) -> str:
        return "".join([f"{key * self.sign}{self.lots[key]}" for key in self.keys[:_TEN]])


class _Market:
    """Two sides, and the events that change them."""

    def __init__(self, depth: int, random: Random, spread: Spread) -> None:
        self._depth = depth
        self._random = random
        self._spread: Spread = spread
        self._time = datetime(2026, 7, 19, 17, 54, 39, tzinfo=UTC)
        self._bids = _Side(-1, depth)
        self._asks = _Side(1, depth)
        self._bids.insert(-645_250, self._some_lots())
        self._asks.insert(645_251, self._some_lots())
        self._replenish()

    def snapshot(self) -> bytes:
        return self._frame("snapshot", self._bids.window(self._depth), self._asks.window(self._depth))

    def update(self) -> bytes:
        self._time += timedelta(microseconds=1 + int(self._random.expovariate(1 / 20_000)))
        side = self._random.choice((self._bids, self._asks))
        other = self._asks if side is self._bids else self._bids
        event = self._random.random()
        rested: list[Entry] = []
        if event < 0.30:
            entries = self._change(side)
        elif event < 0.50:
            entries = self._insert(side, other, self._rank()) or self._change(side)
        elif event < 0.70:
            entries = side.remove(side.keys[self._rank()])
        elif event < 0.94:
            entries = self._amend(side, other)
        else:
            entries, rested = self._sweep(side, other)
        self._replenish()
        bids, asks = (entries, rested) if side is self._bids else (rested, entries)
        return self._frame("update", bids, asks)

    def _change(self, side: _Side) -> list[Entry]:
        key = side.keys[self._rank()]
        return side.change(key, self._some_lots(unlike=side.lots[key]))

    def _insert(self, side: _Side, other: _Side, rank: int, avoid: int | None = None) -> list[Entry]:
        """Put a new level near this rank; nothing comes of it when its place is outside the window.

        The first rank means inside the spread, any other just behind the level that has it. A wide spread
        draws orders in, as it does on a real market.
        """
        best, opposite = side.keys[0], -other.keys[0]
        gap = best - opposite - 1
        if gap > 0 and (rank == 0 or (gap > _WIDE and self._random.random() < 0.5)):
            key = best - 1 - int(self._random.random() * gap)
        else:
            key = side.keys[rank] + 1 + int(self._random.expovariate(0.5))
        while key in side.lots or key == avoid:
            key += 1
        return side.insert(key, self._some_lots()) if key < side.keys[self._depth - 1] else []

    def _amend(self, side: _Side, other: _Side) -> list[Entry]:
        rank = self._rank()
        key = side.keys[rank]
        entries = side.remove(key)
        target = min(max(rank + self._random.randint(-3, 3), 0), self._depth - 2)
        return entries + self._insert(side, other, target, avoid=key)

    def _sweep(self, side: _Side, other: _Side) -> tuple[list[Entry], list[Entry]]:
        """Let a taker eat of the best level, an entry a fill.

        Sometimes it eats all of it, and sometimes what is left of it stays as an order on the other side.
        """
        key = side.keys[0]
        entries: list[Entry] = []
        left = side.lots[key]
        for _ in range(self._random.randint(1, 4)):
            fill = left // self._random.randint(2, 5)
            if 0 < fill < left:
                left -= fill
                entries += side.change(key, left)
        if entries and self._random.random() < 0.3:
            return entries, []
        entries += side.remove(key)
        if self._random.random() < 0.03:
            return entries, other.insert(-key, self._some_lots())
        return entries, []

    def _rank(self) -> int:
        """Draw how far from the touch something happens."""
        if self._spread == "uniform":
            return self._random.randrange(self._depth)
        furthest = math.log1p(self._depth / _TOUCH)
        return min(int(_TOUCH * math.expm1(self._random.random() * furthest)), self._depth - 1)

    def _some_lots(self, unlike: int = 0) -> int:
        """Draw a quantity between 0.0001 and 5 BTC that is not `unlike`."""
        while (lots := int(10 ** self._random.uniform(4, 8.7))) == unlike:
            pass
        return lots

    def _replenish(self) -> None:
        for side in (self._bids, self._asks):
            while len(side.keys) < self._depth + _HIDDEN:
                side.insert(side.keys[-1] + 1 + int(self._random.expovariate(0.15)), self._some_lots())
            while len(side.keys) > self._depth + 4 * _HIDDEN:
                del side.lots[side.keys.pop()]

    def _frame(self, kind: str, bids: list[Entry], asks: list[Entry]) -> bytes:
        checksum = crc32((self._asks.digits() + self._bids.digits()).encode())
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{SYMBOL}","bids":{_levels(bids)},'
            f'"asks":{_levels(asks)},"checksum":{checksum},"timestamp":"{self._time:%Y-%m-%dT%H:%M:%S.%fZ}"}}]}}'
        ).encode()


def _levels(entries: list[Entry]) -> str:
    return "[" + ",".join(f'{{"price":{price_text(price)},"qty":{qty_text(lots)}}}' for price, lots in entries) + "]"
