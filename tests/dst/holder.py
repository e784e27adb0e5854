"""Who has books, of whatever kind: wants them and lets go of them, reads at random instants, heals what is lost."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from dst.actor import Actor, Acts
from dst.holding import Holding, ends_in_time
from dst.judge import BookJudge, Key
from dst.streams import PATIENCE, Stream
from dst.taste import Decision
from dst.virtual import SECOND
from havklo import Client
from havklo.channels import Channel
from havklo.errors import SubscribeTimeout, SubscriptionError
from havklo.events import Desync

__all__ = ["Holder"]


class Holder(Actor):
    """One client with books.

    Attributes:
        watch: Who judges them.
        books: The books that are wanted and were live once, by symbol and depth.
        left_to_the_user: The books that were lost and that only the user resyncs.
    """

    MOST_STREAMS: ClassVar[int]
    """Subscriptions that are no books, at most."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.watch: BookJudge
        self.books: dict[Key, Any] = {}
        self.left_to_the_user: set[Key] = set()
        self._holdings: list[Holding] = []
        self._subscribing: list[asyncio.Task[None]] = []
        self._streams: list[Stream] = []
        self._decision: Decision = "resync"
        self._lost_early: set[Key] = set()
        self._acts, self._act_weights = zip(*self._all_acts(), strict=True)

    @property
    def streams(self) -> list[Stream]:
        """What it reads besides books."""
        return [stream for stream in self._streams if not stream.is_over]

    def settle_down(self) -> None:
        """Do nothing more of one's own accord, but want each symbol, and heal what was left alone."""
        super().settle_down()
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

    # -- what each has of its own

    @abstractmethod
    def _all_acts(self) -> Acts:
        """What it does, and how often."""

    @abstractmethod
    def _draw_depth(self) -> int:
        """How deep the books of its next subscription are."""

    @abstractmethod
    def _channel(self, symbols: Sequence[str], depth: int) -> Channel[Any]:
        """What it subscribes to."""

    @abstractmethod
    def _draw_stream(self) -> Channel[Any]:
        """What it reads next besides books."""

    @abstractmethod
    def _want_what_is_missing(self) -> None:
        """Subscribe to symbols that it wants and has no book of."""

    def _subscribed(self, subscription: Any, began: int) -> None:
        """Look at what was subscribed at `began`."""

    def _refused(self, error: SubscriptionError, began: int) -> None:  # noqa: ARG002  # those with tokens look at it
        """Take note that a subscribe of `began` was refused."""
        self._fail(error)

    # -- what it does

    def _begin(self, kraken: Client) -> None:
        self.watch.follow(kraken)
        kraken.on(Desync, self._lost)

    def _end(self) -> None:
        self.books.clear()

    def _do(self) -> None:
        act = self._random.choices(self._acts, self._act_weights)[0]
        if self.is_quiet:
            self._want_what_is_missing()
            act = self._look
        act()

    def _look(self) -> None:
        for _ in range(3):
            if self.books:
                key = self._random.choice(list(self.books))
                self.watch.look(key, self.books[key])

    def _subscribe(self, symbols: Sequence[str]) -> None:
        depth = self._draw_depth()
        task = self._start(self._hold(list(symbols), depth))
        self._subscribing = [each for each in self._subscribing if not each.done()] + [task]

    def _unsubscribe(self) -> None:
        if self._holdings:
            holding = self._random.choice(self._holdings)
            self._holdings.remove(holding)
            self._wish(symbol for symbol, _ in holding.books)
            self._start(self._give_up(holding))

    def _ask(self) -> None:
        """Ask for a fresh snapshot, with or without need."""
        if self.books:
            self._resync(self._random.choice(list(self.books)))

    def _regret(self) -> None:
        """Take back a subscribe that is under way."""
        for task in self._subscribing:
            task.cancel()

    def _begin_stream(self) -> None:
        """Want something that is no book."""
        self._streams = self.streams
        if len(self._streams) < self.MOST_STREAMS:
            stream = Stream(self._house, self._journal, self._draw_stream(), self._random)
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
            subscription: Any = await self.kraken.subscribe(self._channel(symbols, depth), timeout=PATIENCE)
        except SubscribeTimeout:
            self._journal.counts["subscribes in vain"] += 1
            return
        except SubscriptionError as error:
            self._refused(error, began)
            return
        except asyncio.CancelledError:
            self._wish(symbols)
            raise
        finally:
            ends_in_time(self._journal, symbols, self._clock.now() - began)
        self._subscribed(subscription, began)
        books = {symbols[0]: subscription.book} if len(symbols) == 1 else subscription.books
        holding = Holding(subscription, {(symbol, depth): book for symbol, book in books.items()})
        self._holdings.append(holding)
        self._review()
        # One of several may have been lost before the last of them was live.
        for key in sorted(self._lost_early & holding.books.keys()):
            self._lost_early.discard(key)
            if holding.books[key].state == "desynced":
                self._take_over(key)

    async def _give_up(self, holding: Holding) -> None:
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
                self._take_over(key)
            else:
                self._lost_early.add(key)

    def _take_over(self, key: Key) -> None:
        """Heal what the client does not, after a while."""
        self.left_to_the_user.add(key)
        pause = 0 if self.is_quiet else self._random.expovariate(0.2)
        self._clock.call_in(round(pause * SECOND), lambda: self._resync(key))

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
