"""A program that reads level 3: wants queues, follows orders in them, lets go of them, and has its own connections."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Final, final

from dst.counter import Counter
from dst.exchange import House
from dst.holding import Holding, ends_in_time
from dst.journal import Journal
from dst.keys import Keys
from dst.network import Network
from dst.orders import OrderWatch
from dst.streams import PATIENCE, Stream
from dst.taste import Decision, Taste
from dst.trackers import Trackers
from dst.virtual import SECOND
from dst.watch import Key
from havklo import Client, Credentials, channels
from havklo.errors import HavkloError, InvalidSession, SubscribeTimeout, SubscriptionError
from havklo.events import Desync, Level3Book

__all__ = ["Reader", "readers"]

_PRESENT: Final = 0.7  # seeds that have one
_DEPTHS: Final = (10, 100, 1000)
_DEPTH_WEIGHTS: Final = (72, 22, 6)
_TOKEN_LIVES: Final = (150, 300, 900)
_SPREAD: Final = 2  # books on a connection, where they are spread; streams at a time


def readers(house: House, journal: Journal, seed: int) -> "list[Reader]":
    """Give the readers of a seed: none, or one; all of it drawn apart from everything else."""
    rng = random.Random(f"{seed} readers")
    if rng.random() >= _PRESENT:
        return []
    house.kraken.bank.tokens.seconds = rng.choice(_TOKEN_LIVES)
    return [Reader(house, journal, seed, rng)]


@final
class Reader:
    """One client with a key, and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        seed: The run's seed.
        rng: Decides what it is like, and then what it does.

    Attributes:
        books: The books that are wanted and were live once, by symbol and depth.
        left_to_the_user: The books that were lost and that only the user resyncs.
        counter: Where it has its tokens.
        keys: Who judges these.
    """

    def __init__(self, house: House, journal: Journal, seed: int, rng: random.Random) -> None:
        self.number = 9
        self.taste = Taste.draw(rng, self.number)
        self.network = Network(house, "10.0.9.1", self.taste.connects, random.Random(f"{seed} network of readers"))
        self.counter = Counter(self.network)
        self.keys = Keys(self.network.address, journal, self.counter.issued)
        self.network.asks, self.network.hears = self.keys.asks, self.keys.hears
        self.watch = OrderWatch(self, self.network, house.queues, journal, random.Random(f"{seed} places"))
        self.books: dict[Key, Level3Book] = {}
        self.left_to_the_user: set[Key] = set()
        self.is_quiet = False
        self._seed = seed
        self._house = house
        self._clock = house.clock
        self._journal = journal
        self._random = rng
        count = rng.choice((1, 2, 4, 6, 8))
        self._symbols = rng.sample(house.symbols, min(count, len(house.symbols)))
        self._most = rng.choice((200, 200, _SPREAD))
        self._holdings: list[Holding] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscribing: list[asyncio.Task[None]] = []
        self._streams: list[Stream] = []
        self._trackers = Trackers(self.watch, journal, self._clock, rng, self._fail)
        self._decision: Decision = "resync"
        self._has_left = False
        self._leave: asyncio.Future[None] | None = None
        self._kraken: Client | None = None
        self._acts, self._act_weights = zip(
            (self._look, 40),
            (self._want_what_is_missing, 8),
            (self._want_again, 3),
            (self._unsubscribe, 6),
            (self._ask, 3),
            (self._follow_an_order, 20),
            (self._regret, 2),
            (self._begin_stream, 4),
            (self._end_stream, 2),
            strict=True,
        )

    def __repr__(self) -> str:
        return f"<Reader, {len(self.books)} books>"

    @property
    def kraken(self) -> Client:
        """The client, once it runs."""
        assert self._kraken is not None
        return self._kraken

    @property
    def streams(self) -> list[Stream]:
        """What it reads besides books."""
        return [stream for stream in self._streams if not stream.is_over]

    @property
    def lacking(self) -> list[str]:
        """The symbols that it wants and has no book of."""
        have = {symbol for symbol, _ in self.books}
        return [symbol for symbol in self._symbols if symbol not in have]

    async def run(self) -> None:
        """Be a program, from its beginning to its end."""
        account = self._house.kraken.bank.by_name("trader")
        credentials = Credentials(account.key, account.secret)
        client = self.taste.client(
            self.network, self._decide, credentials=credentials, topics_per_connection=self._most
        )
        client._hub.lines._random = random.Random(f"{self._seed} client of readers").random
        self.counter.serve(client, credentials)
        self._leave = asyncio.get_running_loop().create_future()
        async with client as kraken:
            self._kraken = kraken
            self.watch.follow(kraken)
            kraken.on(Desync, self._lost)
            self._begin()
            self._begin_stream()
            self._schedule()
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

    # -- what it does

    def _begin(self) -> None:
        """Want each symbol: all at once, or one by one, each maybe at another depth."""
        if self._random.random() < 0.5:
            self._subscribe(self._symbols)
        else:
            for symbol in self._symbols:
                self._subscribe([symbol])

    def _schedule(self) -> None:
        pause = self._random.expovariate(1 / self.taste.pause)
        self._clock.call_in(round(pause * SECOND), self._act)

    def _act(self) -> None:
        """Do something."""
        if self._has_left:
            return
        act = self._random.choices(self._acts, self._act_weights)[0]
        if self.is_quiet:
            self._want_what_is_missing()
            act = self._look
        act()
        self._schedule()

    def _look(self) -> None:
        for _ in range(3):
            if self.books:
                key = self._random.choice(list(self.books))
                self.watch.look(key, self.books[key])

    def _want_what_is_missing(self) -> None:
        if self.lacking and all(task.done() for task in self._subscribing):
            self._subscribe(self.lacking)

    def _want_again(self) -> None:
        """Want what there is already, maybe at another depth."""
        self._subscribe([self._random.choice(self._symbols)])

    def _subscribe(self, symbols: Sequence[str]) -> None:
        depth = self._random.choices(_DEPTHS, _DEPTH_WEIGHTS)[0]
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

    def _follow_an_order(self) -> None:
        following = self._trackers.begin(self._holdings)
        if following is not None:
            self._start(following)

    def _regret(self) -> None:
        """Take back a subscribe that is under way."""
        for task in self._subscribing:
            task.cancel()

    def _begin_stream(self) -> None:
        """Want the trades of a symbol, which say why orders have left."""
        self._streams = self.streams
        if len(self._streams) < _SPREAD:
            channel = channels.trade(self._random.choice(self._symbols))
            stream = Stream(self._house, self._journal, channel, self._random)
            self._wish(channel.symbols)
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
            subscription = await self.kraken.subscribe(channels.level3(*symbols, depth=depth), timeout=PATIENCE)
        except SubscribeTimeout:
            self._journal.counts["subscribes in vain"] += 1
            return
        except SubscriptionError as error:
            self._fail(error, began)
            return
        except asyncio.CancelledError:
            self._wish(symbols)
            raise
        finally:
            ends_in_time(self._journal, symbols, self._clock.now() - began)
        self._journal.counts["subscribed to level3"] += 1
        books: Any = {symbols[0]: subscription.book} if len(symbols) == 1 else subscription.books
        holding = Holding(subscription, {(symbol, depth): book for symbol, book in books.items()})
        for error in subscription.errors.values():
            if not isinstance(error, SubscribeTimeout):
                self._fail(error, began)
        self._holdings.append(holding)
        self._review()

    def _fail(self, error: HavkloError, began: int) -> None:
        """A subscribe was refused: only a token that was ended twice meanwhile excuses it."""
        self._journal.counts["subscribes refused for their token"] += 1
        if not (isinstance(error.__cause__, InvalidSession) and self.keys.may_fail(began)):
            self._journal.violate("refused without a reason", f"{type(error).__name__}: {error}")

    async def _end(self, holding: Holding) -> None:
        await holding.subscription.unsubscribe()
        holding.books.clear()
        self._review()

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
        wanted: dict[Key, Any] = {key: book for holding in self._holdings for key, book in holding.books.items()}
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
