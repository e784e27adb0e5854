"""The simulated exchange without any I/O: all markets, whose turn it is, and what state it is in.

`run` is one engine event in one market, whoever causes it: the crowd by `step`, an account by its orders.
Markets open on first use, and each has its own generator, seeded by the seed and its name. What is read, and
by whom, changes nothing.
"""

import heapq
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final, Literal, TypeVar, final

from havklo.sim.delivery.topics import Key
from havklo.sim.flow import NORMAL, Regime
from havklo.sim.history import History
from havklo.sim.listing import Listing
from havklo.sim.market.matching import Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair
from havklo.sim.wire.ids import Ids

__all__ = ["Exchange", "PairStatus", "System"]

T = TypeVar("T")
A = TypeVar("A")
System = Literal["online", "maintenance", "cancel_only", "post_only"]
PairStatus = Literal["online", "maintenance", "cancel_only", "post_only", "limit_only", "reduce_only"]

_SECOND: Final = 1_000_000_000
_IDLE_RATE: Final = 100.0  # the flow's own time, where only `step` moves it: messages a second


def _nobody(_key: Key, _frame: bytes) -> None:
    """Nobody reads."""


def _unsettled(_listing: Listing, _now_ns: int) -> None:
    """Nobody has an account."""


@final
class Exchange:
    """All markets of one simulator.

    Args:
        pairs: What is listed.
        seed: Same seed, same trading.
        rate: Messages a second over all markets, as a reader of depth 10 counts them; 0: only `step` trades.
        start_ns: When it opens, in epoch nanoseconds.
        rules: The open points of the protocol.
        history: For how many changes of each book the truth is kept.
        history_depth: How many levels of it.
        crowd: Whether there is a crowd; without it, markets open empty and only accounts trade.

    Attributes:
        pairs: What is listed, by symbol.
        events: How many engine events there have been.
        system: The state of the matching engine.
        statuses: The state of each pair.
        publish: Called with each message that somebody reads.
        settle: Called after each event in which something was matched or taken out.
        changed: Called after a change of `system` (with "") or of a pair's status (with its symbol).
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        seed: int = 7,
        rate: float = 0.0,
        start_ns: int = 0,
        rules: Rules | None = None,
        history: int = 0,
        history_depth: int = 10,
        crowd: bool = True,
    ) -> None:
        self.pairs: dict[str, Pair] = {pair.symbol: pair for pair in pairs}
        self.rules: Rules = rules or Rules()
        self.ids: Ids = Ids(seed)
        self.events: int = 0
        self.system: System = "online"
        self.statuses: dict[str, PairStatus] = dict.fromkeys(self.pairs, "online")
        self.publish: Callable[[Key, bytes], None] = _nobody
        self.settle: Callable[[Listing, int], None] = _unsettled
        self.changed: Callable[[str, int], None] = lambda _symbol, _now: None
        self._seed = seed
        self._crowd = crowd
        self._history = (history, history_depth)
        self._listings: dict[str, Listing] = {}
        self._rng = random.Random(f"{seed} turns")
        self._names = list(self.pairs)
        self._regimes = dict.fromkeys(self._names, NORMAL)
        self._rate = rate or _IDLE_RATE
        self._followers: list[tuple[int, int, str]] = []
        self._sequence = 0
        self._next = start_ns
        self._turns: list[float] = []
        self._pace = 0.0
        self._balance()
        self._schedule()

    def __repr__(self) -> str:
        return f"<Exchange {len(self.pairs)} pairs, {self.events} events>"

    def listing(self, symbol: str, now_ns: int) -> Listing:
        """A pair's market, which opens now if nobody has asked for it before."""
        listing = self._listings.get(symbol)
        if listing is None:
            pair = self.pairs[symbol]
            history = History(*self._history)
            listing = Listing(pair, self._seed, now_ns, history, self.rules, self.ids, crowd=self._crowd)
            listing.flow.regime = self._regimes[symbol]
            self._listings[symbol] = listing
        return listing

    def open(self, key: Key, now_ns: int) -> None:
        """Somebody reads a market's stream from now on; only what is read is computed."""
        self.listing(key[1], now_ns).open(key)

    def close(self, key: Key) -> None:
        """Somebody does not read it any more."""
        self._listings[key[1]].close(key)

    def snapshot(self, key: Key, now_ns: int) -> bytes:
        """The first message of a market's stream, as of its last event."""
        return self.listing(key[1], now_ns).snapshot(key)

    def run(self, symbol: str, now_ns: int, action: Callable[[Market], T]) -> T:
        """One engine event: what is done, then the messages about it, then its settlement.

        Args:
            symbol: In which market.
            now_ns: When, in epoch nanoseconds.
            action: What is done there; its result is returned.
        """
        listing = self.listing(symbol, now_ns)
        return self._run(listing, now_ns, action, listing.market)

    def due(self) -> int:
        """When the crowd acts next, in epoch nanoseconds."""
        return min(self._next, self._followers[0][0]) if self._followers else self._next

    def skip(self, now_ns: int) -> int:
        """Leave out what was due before a moment; returns about how many messages that were."""
        missed = 0
        if self._next < now_ns:
            missed = round((now_ns - self._next) / _SECOND * self._rate)
            self._next = now_ns
        while self._followers and self._followers[0][0] < now_ns:
            heapq.heappop(self._followers)
            missed += 1
        return missed

    def step(self, now_ns: int, symbol: str | None = None) -> bool:
        """The crowd trades in one market until its ten best levels have changed, event by event.

        Events further down come in between, as they happen to come; only deeper windows show them. While
        the engine or the pair is not online, the crowd waits.

        Args:
            now_ns: The time that the messages carry.
            symbol: In which market; None: in the one whose turn it is.

        Returns:
            Whether anybody could trade.
        """
        flow_ns, follows = self._next, False
        if self._followers and self._followers[0][0] <= flow_ns:
            flow_ns, follows = self._followers[0][0], symbol is None
        if follows:
            _, _, symbol = heapq.heappop(self._followers)
        else:
            symbol = symbol or self._names[bisect_left(self._turns, self._rng.random() * self._turns[-1])]
            self._schedule()
        if not self._crowd or self.system != "online" or self.statuses[symbol] != "online":
            return False
        listing = self._listings.get(symbol) or self.listing(symbol, now_ns)
        flow, book = listing.flow, listing.book
        self._run(listing, now_ns, flow.follow if follows else flow.act, flow_ns)
        while True:
            if flow.followers:
                self._expect(flow.followers, flow_ns, symbol)
            if book.visible:
                return True
            self._run(listing, now_ns, flow.act, flow_ns)

    def set_regime(self, regime: Regime, symbol: str | None = None) -> None:
        """How busy and how nervous a market is from now on, or all of them."""
        for name in self._names:
            if symbol in (None, name):
                self._regimes[name] = regime
                if name in self._listings:
                    self._listings[name].flow.regime = regime
        self._balance()

    def set_system(self, system: System, now_ns: int) -> None:
        """Change the state of the matching engine."""
        if system != self.system:
            self.system = system
            self.changed("", now_ns)

    def set_status(self, symbol: str, status: PairStatus, now_ns: int) -> None:
        """Change the state of one pair."""
        if status != self.statuses[symbol]:
            self.statuses[symbol] = status
            self.changed(symbol, now_ns)

    def _run(self, listing: Listing, now_ns: int, action: Callable[[A], T], argument: A) -> T:
        self.events += 1
        result = listing.run(now_ns, action, argument, self.publish)
        market = listing.market
        if market.fills or market.stopped:
            self.settle(listing, listing.moment)
        return result

    def _expect(self, delays: list[float], flow_ns: int, symbol: str) -> None:
        """Others will follow the taker who has just traded."""
        for delay in delays:
            self._sequence += 1
            heapq.heappush(self._followers, (flow_ns + round(delay * _SECOND), self._sequence, symbol))

    def _balance(self) -> None:
        """Who gets how many turns, and how often one comes who follows nobody; followers come on top."""
        shares = [self.pairs[name].weight * self._regimes[name].activity for name in self._names]
        self._turns = list(accumulate(shares))
        unled = sum(share * self._regimes[name].share for name, share in zip(self._names, shares, strict=True))
        usual = sum(pair.weight for pair in self.pairs.values())
        self._pace = self._rate * unled / usual

    def _schedule(self) -> None:
        """When the next of the crowd comes who follows nobody."""
        self._next += 1 + int(self._rng.expovariate(self._pace) * _SECOND)
