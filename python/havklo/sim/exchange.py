"""The simulated exchange without any I/O: all markets, whose turn it is, and what the books truly were.

`step` is the exchange's heartbeat: one message's worth of trading in one market. Markets open on first use,
and each has its own generator seeded by the seed and its name, so that what happens in one does not depend
on the others.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, final

from havklo.sim.channels.book import Feed
from havklo.sim.flow.agents import Flow
from havklo.sim.market.ladder import ASK, BID, Level, Side
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.stamps import micros, rfc3339

__all__ = ["Exchange", "Levels", "Listing", "Publication"]

Levels = list[tuple[str, str]]
"""Levels of one side as texts, best first: price and quantity, padded like on the wire."""


@final
class History:
    """The top of one book after each of its last changes."""

    def __init__(self, limit: int, depth: int) -> None:
        self.depth = depth
        self._limit = limit
        self._moments: list[int] = []
        self._tops: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]] = []

    def keep(self, moment: int, market: Market) -> None:
        """Remember the top as it is now; the oldest are forgotten."""
        if not self._limit:
            return
        if len(self._moments) >= 2 * self._limit:
            # Half at once, so that forgetting costs nothing per message.
            del self._moments[: -self._limit], self._tops[: -self._limit]
        bids, asks = (_numbers(ladder.top(self.depth)) for ladder in market.sides)
        self._moments.append(moment)
        self._tops.append((bids, asks))

    def at(self, moment: int, side: Side) -> list[tuple[int, int]]:
        """The top of a side at a moment.

        Raises:
            LookupError: The moment is not remembered, or no longer.
        """
        index = bisect_right(self._moments, moment) - 1
        if index < 0:
            raise LookupError(f"the history does not reach back to {rfc3339(moment)}")
        return self._tops[index][side]


def _numbers(levels: list[Level]) -> list[tuple[int, int]]:
    return [(level.price, level.qty) for level in levels]


@final
class Listing:
    """One pair's market, its agents, its messages and its history."""

    def __init__(self, pair: Pair, seed: int, now_us: int, history: History) -> None:
        self.pair = pair
        self.market = Market()
        self.history = history
        self._flow = Flow(pair, self.market, random.Random(f"{seed} {pair.symbol}"))
        self._flow.populate()
        self.feed = Feed(pair, self.market)
        self._moment = now_us
        history.keep(now_us, self.market)

    def __repr__(self) -> str:
        return f"<Listing {self.pair.symbol} {self.market!r}>"

    def act(self, now_us: int) -> list[tuple[int, bytes]]:
        """One engine event; returns its messages per open depth.

        Two events never share a microsecond: like on Kraken, a book's timestamps only rise, which also
        makes them its history's index.
        """
        self.feed.begin()
        self._flow.act()
        self._moment = max(self._moment + 1, now_us)
        if self.feed.reach < self.history.depth:
            self.history.keep(self._moment, self.market)
        return self.feed.messages(self.timestamp)

    @property
    def timestamp(self) -> str:
        """The time of the last event."""
        return rfc3339(self._moment)

    def snapshot(self, depth: int) -> bytes:
        """The snapshot message of a depth."""
        return self.feed.snapshot(depth, self.timestamp)

    def ladder(self, depth: int, timestamp: str | None = None) -> tuple[Levels, Levels]:
        """The true best bids and asks, now or right after the event of a moment."""
        if timestamp is None:
            return self.feed.ladder(BID, depth), self.feed.ladder(ASK, depth)
        if depth > self.history.depth:
            raise ValueError(f"the history keeps the {self.history.depth} best levels, not {depth}")
        moment = micros(timestamp)
        return self._texts(self.history.at(moment, BID)[:depth]), self._texts(self.history.at(moment, ASK)[:depth])

    def _texts(self, levels: list[tuple[int, int]]) -> Levels:
        pair = self.pair
        return [(decimal(price, pair.price_precision), decimal(qty, pair.qty_precision)) for price, qty in levels]


class Publication(NamedTuple):
    """What one engine event has to tell: (depth, frame) for each depth that somebody looks at."""

    listing: Listing
    messages: list[tuple[int, bytes]]


@final
class Exchange:
    """All markets of one simulator.

    Args:
        pairs: What is listed.
        seed: Same seed, same trading.
        history: For how many changes of each book the truth is kept.
        history_depth: How many levels of it.
    """

    def __init__(self, pairs: Sequence[Pair], *, seed: int = 7, history: int = 0, history_depth: int = 10) -> None:
        self.pairs = {pair.symbol: pair for pair in pairs}
        self.events = 0
        self._seed = seed
        self._history = (history, history_depth)
        self._listings: dict[str, Listing] = {}
        self._rng = random.Random(f"{seed} turns")
        self._turns = list(accumulate(pair.weight for pair in pairs))
        self._order = [pair.symbol for pair in pairs]

    def __repr__(self) -> str:
        return f"<Exchange {len(self.pairs)} pairs, {self.events} events>"

    def listing(self, symbol: str, now_us: int) -> Listing:
        """A pair's market, which opens now if nobody has asked for it before."""
        listing = self._listings.get(symbol)
        if listing is None:
            pair = self.pairs[symbol]
            listing = self._listings[symbol] = Listing(pair, self._seed, now_us, History(*self._history))
        return listing

    def wait(self) -> float:
        """A random interval between two steps, in units of their mean: arrivals come in bunches."""
        return self._rng.expovariate(1.0)

    def step(self, now_us: int, symbol: str | None = None) -> Iterator[Publication]:
        """Trade in one market until its ten best levels have changed, event by event.

        Events further down come in between, as they happen to come; only deeper windows show them.
        """
        if symbol is None:
            symbol = self._order[bisect_left(self._turns, self._rng.random() * self._turns[-1])]
        listing = self.listing(symbol, now_us)
        visible = False
        while not visible:
            messages = listing.act(now_us)
            self.events += 1
            visible = listing.feed.visible
            if messages:
                yield Publication(listing, messages)
