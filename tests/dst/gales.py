"""What goes wrong on the way of those who trade, alone: drawn apart from everybody else's weather."""

import random
from collections.abc import Callable, Sequence
from typing import Final, final, get_args

from dst.counter import Trouble
from dst.exchange import House
from dst.journal import Journal
from dst.strikes import Kinds, Strikes
from dst.traders import Trader
from dst.weather import Weather
from havklo.sim.delivery.kinds import ORDER_METHODS, FaultKind

__all__ = ["Gales"]

_TROUBLES: Final[tuple[Trouble, ...]] = get_args(Trouble)
_CHANNELS: Final = ("executions", "executions", "balances", "ack")
_METHODS: Final = (*sorted(ORDER_METHODS), "add_order", "add_order", "batch_add", "subscribe", "unsubscribe")


@final
class Gales(Strikes):
    """Strikes the connections of those who trade, whenever there is a storm.

    Args:
        house: The exchange.
        traders: Those who suffer.
        weather: Says when there is a storm.
        journal: The run's account.
        seed: The run's seed.
    """

    def __init__(self, house: House, traders: Sequence[Trader], weather: Weather, journal: Journal, seed: int) -> None:
        super().__init__(house, journal, random.Random(f"{seed} gales"))
        self._traders = traders
        self._weather = weather
        self._every = self._random.choice((0.5, 1.0, 3.0))
        kinds: Kinds = (
            (self._frame("drop"), 5),
            (self._frame("reorder"), 3),
            (self._frame("duplicate"), 3),
            (self._frame("truncate"), 1),
            (self._delay, 2),
            (self._lose_acks, 4),
            (self._stall_a_connection, 1),
            (self._disconnect, 2),
            (self._half_open, 0.7),
            (self._slow_reader, 0.4),
            (self._refuse, 0.5),
            (self._too_many_requests, 0.8),
            (self._darkness, 0.6),
            (self._expire_tokens, 1.5),
            (self._trouble_with_rest, 1.5),
        )
        self._draw_climate(kinds)

    def start(self) -> None:
        """Begin, if there is anybody to suffer."""
        if self._traders:
            self._strike()

    def _may_strike(self) -> bool:
        return self._weather.is_stormy

    # -- what strikes

    def _frame(self, kind: FaultKind) -> Callable[[], object]:
        def strike() -> None:
            channel = self._random.choice(_CHANNELS)
            count = self._random.choice((1, 1, 1, 2, 5))
            self._house.faults.inject(kind, None, count, channel=channel, role="private")

        return strike

    def _delay(self) -> None:
        seconds = self._random.choice((0.1, 0.5, 3.5))
        channel = self._random.choice(_CHANNELS)
        self._house.faults.inject("delay", channel=channel, role="private", seconds=seconds)

    def _lose_acks(self) -> None:
        count = self._random.choice((1, 1, 2, 5))
        method, cut = self._random.choice(_METHODS), self._random.random() < 0.4
        self._house.faults.inject("lose_ack", None, count, role="private", method=method, cut=cut)
        if self._random.random() < 0.5:
            # Nor does a report tell of what was accepted.
            self._house.faults.inject("drop", None, self._random.choice((1, 2)), channel="executions", role="private")

    def _refuse(self) -> None:
        """Nobody is let in, and those inside may be sent away."""
        self._house.faults.inject("refuse", role="private", seconds=self._random.choice((2.0, 10.0, 60.0)))
        connection = self._connection()
        if connection is not None:
            self._house.faults.inject("disconnect", connection=connection, code=1012)

    def _darkness(self) -> None:
        """The client's own network is away."""
        self._random.choice(self._traders).network.darken(self._random.choice((0.3, 2.0, 4.0, 8.0, 25.0)))
        self._journal.counts["fault darkness"] += 1

    def _expire_tokens(self) -> None:
        """The account's tokens end; then there may soon be need of one."""
        self._house.faults.inject("expire_token", account="desk")
        for trader in self._traders:
            trader.watch.expired_at = self._clock.now()
        if self._random.random() < 0.5:
            self._disconnect()

    def _trouble_with_rest(self) -> None:
        """No token is to be had, and nothing can be looked up."""
        trader = self._random.choice(self._traders)
        trader.counter.upset(self._random.choice(_TROUBLES), self._random.choice((0.5, 3.0, 12.0, 40.0)))
        if self._random.random() < 0.5:
            self._disconnect()

    def _connection(self) -> int | None:
        """A trader's connection, to whichever endpoint."""
        links = [pipe.number for trader in self._traders for pipe in trader.network.pipes[-4:]]
        here = [number for number in links if number in self._house.faults.links]
        return self._random.choice(here) if here else None
