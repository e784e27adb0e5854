"""A program that reads level 3: wants queues, follows orders in them, lets go of them, and has its own connections."""

import random
from collections.abc import Sequence
from typing import Any, ClassVar, Final, final

from dst.actor import Acts
from dst.counter import Counter
from dst.exchange import House
from dst.holder import Holder
from dst.journal import Journal
from dst.keys import Keys
from dst.network import Network
from dst.orders import OrderWatch
from dst.taste import Taste
from dst.trackers import Trackers
from havklo import Client, Credentials, channels
from havklo.channels import Channel
from havklo.errors import HavkloError, InvalidSession, SubscribeTimeout

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
class Reader(Holder):
    """One client with a key, and what is done with it.

    Args:
        house: The exchange.
        journal: The run's account.
        seed: The run's seed.
        rng: Decides what it is like, and then what it does.

    Attributes:
        counter: Where it has its tokens.
        keys: Who judges these.
    """

    MOST_STREAMS: ClassVar[int] = _SPREAD

    def __init__(self, house: House, journal: Journal, seed: int, rng: random.Random) -> None:
        number = 9
        taste = Taste.draw(rng, number)
        network = Network(house, "10.0.9.1", taste.connects, random.Random(f"{seed} network of readers"))
        super().__init__(house, journal, number=number, taste=taste, network=network, rng=rng, pause=taste.pause)
        self.counter = Counter(network)
        self.keys = Keys(network.address, journal, self.counter.issued)
        network.asks, network.hears = self.keys.asks, self.keys.hears
        self.watch = OrderWatch(self, network, house.queues, journal, random.Random(f"{seed} places"))
        self._seed = seed
        count = rng.choice((1, 2, 4, 6, 8))
        self._symbols = rng.sample(house.symbols, min(count, len(house.symbols)))
        self._most = rng.choice((200, 200, _SPREAD))
        self._trackers = Trackers(self.watch, journal, self._clock, rng, self._refused)

    def __repr__(self) -> str:
        return f"<Reader, {len(self.books)} books>"

    @property
    def lacking(self) -> list[str]:
        """The symbols that it wants and has no book of."""
        have = {symbol for symbol, _ in self.books}
        return [symbol for symbol in self._symbols if symbol not in have]

    def _all_acts(self) -> Acts:
        return (
            (self._look, 40),
            (self._want_what_is_missing, 8),
            (self._want_again, 3),
            (self._unsubscribe, 6),
            (self._ask, 3),
            (self._follow_an_order, 20),
            (self._regret, 2),
            (self._begin_stream, 4),
            (self._end_stream, 2),
        )

    def _client(self) -> Client:
        account = self._house.kraken.bank.by_name("trader")
        credentials = Credentials(account.key, account.secret)
        client = self.taste.client(
            self.network, self._decide, credentials=credentials, topics_per_connection=self._most
        )
        client._hub.lines._random = random.Random(f"{self._seed} client of readers").random
        self.counter.serve(client, credentials)
        return client

    def _draw_depth(self) -> int:
        return self._random.choices(_DEPTHS, _DEPTH_WEIGHTS)[0]

    def _channel(self, symbols: Sequence[str], depth: int) -> Channel[Any]:
        return channels.level3(*symbols, depth=depth)

    def _draw_stream(self) -> Channel[Any]:
        """The trades of a symbol, which say why orders have left."""
        return channels.trade(self._random.choice(self._symbols))

    # -- what it does

    def _begin(self, kraken: Client) -> None:
        """Want each symbol: all at once, or one by one, each maybe at another depth."""
        super()._begin(kraken)
        if self._random.random() < 0.5:
            self._subscribe(self._symbols)
        else:
            for symbol in self._symbols:
                self._subscribe([symbol])
        self._begin_stream()

    def _want_what_is_missing(self) -> None:
        if self.lacking and all(task.done() for task in self._subscribing):
            self._subscribe(self.lacking)

    def _want_again(self) -> None:
        """Want what there is already, maybe at another depth."""
        self._subscribe([self._random.choice(self._symbols)])

    def _follow_an_order(self) -> None:
        following = self._trackers.begin(self._holdings)
        if following is not None:
            self._start(following)

    # -- how it does it

    def _subscribed(self, subscription: Any, began: int) -> None:
        self._journal.counts["subscribed to level3"] += 1
        for error in subscription.errors.values():
            if not isinstance(error, SubscribeTimeout):
                self._refused(error, began)

    def _refused(self, error: HavkloError, began: int) -> None:
        """A subscribe was refused: only a token that was ended twice meanwhile excuses it."""
        self._journal.counts["subscribes refused for their token"] += 1
        if not (isinstance(error.__cause__, InvalidSession) and self.keys.may_fail(began)):
            self._journal.violate("refused without a reason", f"{type(error).__name__}: {error}")
