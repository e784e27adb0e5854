"""A program that uses the client: subscribes and unsubscribes, reads at random instants, iterates too slowly."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final, final

from dst.exchange import House
from dst.holding import Holding, ends_in_time
from dst.journal import Journal
from dst.network import Network
from dst.streams import PATIENCE, Stream, draw
from dst.taste import Decision, Taste, draw_depth
from dst.virtual import SECOND
from dst.watch import Key, Watch
from havklo import Client, channels
from havklo.errors import HavkloError, SlowConsumer, SubscribeTimeout
from havklo.events import Book, Desync

__all__ = ["Program"]

_STREAMS: Final = 6  # subscriptions that are no books, at most


@final
class Program:
    """One client and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        number: Which program, from 1.
        seed: The run's seed.
        taste: What it is like.

    Attributes:
        books: The books that are wanted and were live once, by symbol and depth.
        left_to_the_user: The books that were lost and that only the user resyncs.
    """

    def __init__(self, house: House, journal: Journal, number: int, seed: int, taste: Taste) -> None:
        self.number = number
        self.taste = taste
        self.network = Network(house, f"10.0.0.{number}", taste.connects)
        self.watch = Watch(self, self.network, house.truth, journal)
        self.books: dict[Key, Book] = {}
        self.left_to_the_user: set[Key] = set()
        self.is_quiet = False
        self._has_left = False
        self._house = house
        self._clock = house.clock
        self._journal = journal
        self._random = random.Random(f"{seed} program {number}")
        self._holdings: list[Holding] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscribing: list[asyncio.Task[None]] = []
        self._streams: list[Stream] = []
        self._decision: Decision = "resync"
        self._leave: asyncio.Future[None] | None = None
        self._kraken: Client | None = None
        self._acts, self._act_weights = zip(
            (self._look, 50),
            (self._want_more, 12),
            (self._unsubscribe, 6),
            (self._ask, 3),
            (self._iterate, 12),
            (self._regret, 2),
            (self._begin_stream, 8),
            (self._end_stream, 4),
            strict=True,
        )

    def __repr__(self) -> str:
        return f"<Program {self.number}, {len(self.books)} books>"

    @property
    def kraken(self) -> Client:
        """The client, once it runs."""
        assert self._kraken is not None
        return self._kraken

    async def run(self) -> None:
        """Be a program, from its beginning to its end."""
        client = self.taste.client(self.network, self._decide)
        self._leave = asyncio.get_running_loop().create_future()
        async with client as kraken:
            self._kraken = kraken
            self.watch.follow(kraken)
            kraken.on(Desync, self._lost)
            self._start(self._follow_everything())
            self._begin()
            await self._leave
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self.books.clear()

    def leave(self) -> None:
        """Come to the end."""
        self._has_left = True
        if self._leave is not None and not self._leave.done():
            self._leave.set_result(None)

    def settle_down(self) -> None:
        """Do nothing more of one's own accord, but want each symbol, and heal what was left alone."""
        self.is_quiet = True
        for task in self._subscribing:
            task.cancel()
        for stream in self._streams:
            stream.hurry()
        self._want_what_is_missing()
        for key in list(self.left_to_the_user):
            self._resync(key)

    def let_go(self, key: Key) -> None:
        """A book is gone for good."""
        for holding in self._holdings:
            holding.books.pop(key, None)
        self._review()

    @property
    def streams(self) -> list[Stream]:
        """What it reads besides books."""
        return [stream for stream in self._streams if not stream.is_over]

    # -- what it does

    def _begin(self) -> None:
        symbols = list(self._house.symbols)
        self._random.shuffle(symbols)
        symbols = symbols[: max(1, round(len(symbols) * self.taste.share))]
        while symbols:
            count = self._random.randint(1, 8)
            self._subscribe(symbols[:count])
            symbols = symbols[count:]
        for _ in range(3):
            self._begin_stream()
        self._schedule()

    def _schedule(self) -> None:
        pause = self._random.expovariate(1 / self.taste.pause)
        self._clock.call_in(round(pause * SECOND), self._act)

    def _act(self) -> None:
        """Do something."""
        if self._has_left:
            return
        self._journal.counts["actions"] += 1
        act = self._random.choices(self._acts, self._act_weights)[0]
        if self.is_quiet:
            self._want_what_is_missing()
            act = self._look
        act()
        self._schedule()

    def _look(self) -> None:
        if self._random.random() < 0.1:
            self.kraken.health()
            self.kraken.statistics()
        for _ in range(3):
            if self.books:
                key = self._random.choice(list(self.books))
                self.watch.look(key, self.books[key])

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

    def _subscribe(self, symbols: Sequence[str]) -> None:
        depth = draw_depth(self._random)
        task = self._start(self._hold(list(symbols), depth))
        self._subscribing = [each for each in self._subscribing if not each.done()] + [task]

    def _unsubscribe(self) -> None:
        if self._holdings:
            holding = self._random.choice(self._holdings)
            self._holdings.remove(holding)
            self._wish(symbol for symbol, _ in holding.books)
            self._start(self._end(holding))

    def _ask(self) -> None:
        """Ask for a fresh snapshot, with or without need."""
        if self.books:
            self._resync(self._random.choice(list(self.books)))

    def _iterate(self) -> None:
        """Begin to read, too slowly."""
        if self._holdings:
            holding = self._random.choice(self._holdings)
            self._start(holding.follow(self._journal, self._clock, self._random))

    def _regret(self) -> None:
        """Take back a subscribe that is under way."""
        for task in self._subscribing:
            task.cancel()

    def _begin_stream(self) -> None:
        """Want something that is no book."""
        self._streams = [stream for stream in self._streams if not stream.is_over]
        if len(self._streams) < _STREAMS:
            stream = Stream(self._house, self._journal, draw(self._random, list(self._house.symbols)), self._random)
            self._wish(stream.channel.symbols)
            self._streams.append(stream)
            self._start(stream.live(self.kraken))

    def _end_stream(self) -> None:
        if self._streams:
            stream = self._random.choice(self._streams)
            self._wish(stream.channel.symbols)
            self._start(stream.end())

    # -- how it does it

    async def _hold(self, symbols: list[str], depth: int) -> None:
        began = self._clock.now()
        self._wish(symbols)
        try:
            subscription = await self.kraken.subscribe(channels.book(*symbols, depth=depth), timeout=PATIENCE)
        except SubscribeTimeout:
            self._journal.counts["subscribes in vain"] += 1
            return
        except asyncio.CancelledError:
            self._wish(symbols)
            raise
        finally:
            ends_in_time(self._journal, symbols, self._clock.now() - began)
        books = {symbols[0]: subscription.book} if len(symbols) == 1 else subscription.books
        holding = Holding(subscription, {(symbol, depth): book for symbol, book in books.items()})
        self._holdings.append(holding)
        self._review()

    async def _end(self, holding: Holding) -> None:
        await holding.subscription.unsubscribe()
        holding.books.clear()
        self._review()

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

    def _resync(self, key: Key) -> None:
        if self._has_left:
            return
        self._wish((key[0],))
        self.left_to_the_user.discard(key)
        for holding in self._holdings:
            if key in holding.books:
                self._start(holding.subscription.resync())
                self._wish(symbol for symbol, _ in holding.books)
                self.left_to_the_user.difference_update(holding.books)
                return

    def _decide(self, _desync: Desync) -> Decision:
        return self._decision

    def _lost(self, desync: Desync) -> None:
        """A desync: it may be up to the user what becomes of the book."""
        if self.taste.on_desync == "either":
            self._decision = "resync" if self._random.random() < 0.5 else "report"
        else:
            self._decision = self.taste.on_desync
        pipe = self.network.delivering
        if self._decision == "resync" or pipe is None:
            return
        for symbol in desync.symbols:
            key = (symbol, pipe.wire.depths.get(symbol, 0))
            if key in self.books:
                self.left_to_the_user.add(key)
                pause = 0 if self.is_quiet else self._random.expovariate(0.2)
                self._clock.call_in(round(pause * SECOND), lambda key=key: self._resync(key))

    def _wish(self, symbols: Any) -> None:
        """Let those who count requests know that the user has asked for something."""
        now = self._clock.now()
        for symbol in symbols:
            for pipe in self.network.pipes:
                if pipe.open:
                    pipe.wire.wished(symbol, now)

    def _review(self) -> None:
        """Take stock of what is wanted."""
        self._holdings = [holding for holding in self._holdings if holding.books]
        wanted = {key: book for holding in self._holdings for key, book in holding.books.items()}
        for key in self.books:
            if key not in wanted:
                self.watch.forget(key)
                self.left_to_the_user.discard(key)
        self.books = wanted

    def _start(self, coroutine: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._guard(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, coroutine: Any) -> None:
        """Let nothing that goes wrong go unseen."""
        try:
            await coroutine
        except HavkloError as error:
            self._journal.violate("an error", f"{type(error).__name__}: {error}")
