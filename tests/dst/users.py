"""A program that uses the client: subscribes and unsubscribes, reads at random instants, iterates too slowly."""

import random
from collections.abc import Sequence
from typing import Any, ClassVar, final

from dst.actor import Acts
from dst.exchange import House
from dst.holder import Holder
from dst.journal import Journal
from dst.network import Network
from dst.streams import draw
from dst.taste import Taste, draw_depth
from dst.watch import Watch
from havklo import Client, channels
from havklo.channels import Channel
from havklo.errors import SlowConsumer

__all__ = ["Program"]


@final
class Program(Holder):
    """One client with books, and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        number: Which program, from 1.
        seed: The run's seed.
        taste: What it is like.
    """

    MOST_STREAMS: ClassVar[int] = 6

    def __init__(self, house: House, journal: Journal, number: int, seed: int, taste: Taste) -> None:
        super().__init__(
            house,
            journal,
            number=number,
            taste=taste,
            network=Network(house, f"10.0.0.{number}", taste.connects),
            rng=random.Random(f"{seed} program {number}"),
            pause=taste.pause,
        )
        self.watch = Watch(self, self.network, house.truth, journal)

    def __repr__(self) -> str:
        return f"<Program {self.number}, {len(self.books)} books>"

    def _all_acts(self) -> Acts:
        return (
            (self._look, 50),
            (self._want_more, 12),
            (self._unsubscribe, 6),
            (self._ask, 3),
            (self._iterate, 12),
            (self._regret, 2),
            (self._begin_stream, 8),
            (self._end_stream, 4),
        )

    def _client(self) -> Client:
        return self.taste.client(self.network, self._decide)

    def _draw_depth(self) -> int:
        return draw_depth(self._random)

    def _channel(self, symbols: Sequence[str], depth: int) -> Channel[Any]:
        return channels.book(*symbols, depth=depth)

    def _draw_stream(self) -> Channel[Any]:
        return draw(self._random, list(self._house.symbols))

    # -- what it does

    def _begin(self, kraken: Client) -> None:
        super()._begin(kraken)
        self._start(self._follow_everything())
        symbols = list(self._house.symbols)
        self._random.shuffle(symbols)
        symbols = symbols[: max(1, round(len(symbols) * self.taste.share))]
        while symbols:
            count = self._random.randint(1, 8)
            self._subscribe(symbols[:count])
            symbols = symbols[count:]
        for _ in range(3):
            self._begin_stream()

    def _do(self) -> None:
        self._journal.counts["actions"] += 1
        super()._do()

    def _look(self) -> None:
        if self._random.random() < 0.1:
            self.kraken.health()
            self.kraken.statistics()
        super()._look()

    def _want_more(self) -> None:
        """Want something more, or what is missing."""
        if self._random.random() < 0.7:
            self._want_what_is_missing()
        else:
            self._subscribe(self._random.sample(self._house.symbols, self._random.randint(1, 3)))

    def _want_what_is_missing(self) -> None:
        have = {symbol for symbol, _ in self.books}
        lack = [symbol for symbol in self._house.symbols if symbol not in have]
        wanted = max(1, round(len(self._house.symbols) * self.taste.share)) - len(have)
        busy = sum(not task.done() for task in self._subscribing)
        if lack and wanted > 0 and not busy:
            self._subscribe(lack[:wanted])

    def _iterate(self) -> None:
        """Begin to read, too slowly."""
        if self._holdings:
            holding = self._random.choice(self._holdings)
            self._start(holding.follow(self._journal, self._clock, self._random))

    async def _follow_everything(self) -> None:
        """Read all of the client's events, slowly now and then; too slow a reader is told so."""
        while True:
            events = self.kraken.__aiter__()
            try:
                async for _ in events:
                    taken = events.take(self._random.choice((1, 100, 10_000)))
                    self._journal.counts["events read"] += 1 + len(taken)
                    await self._clock.sleep(self._random.choice((0.05, 0.5, 3.0)))
            except SlowConsumer:
                self._journal.counts["event SlowConsumer"] += 1
            else:
                return
