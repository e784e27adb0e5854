"""What goes wrong on the way of level 3 alone: drawn apart, so that the others' weather is the same without it."""

import random
from collections.abc import Callable, Sequence
from typing import Final, final, get_args

from dst.counter import Trouble
from dst.exchange import House
from dst.journal import Journal
from dst.readers import Reader
from dst.strikes import Kinds, Strikes
from dst.weather import Weather
from havklo.sim.delivery.kinds import FaultKind

__all__ = ["Squalls"]

_TROUBLES: Final[tuple[Trouble, ...]] = get_args(Trouble)


@final
class Squalls(Strikes):
    """Strikes the connections of those who read level 3, whenever there is a storm.

    Args:
        house: The exchange.
        readers: Those who suffer.
        weather: Says when there is a storm.
        journal: The run's account.
        seed: The run's seed.
    """

    def __init__(self, house: House, readers: Sequence[Reader], weather: Weather, journal: Journal, seed: int) -> None:
        super().__init__(house, journal, random.Random(f"{seed} squalls"))
        self._readers = readers
        self._weather = weather
        self._every = self._random.choice((0.3, 0.6, 1.0, 3.0))
        kinds: Kinds = (
            (self._frame("drop"), 5),
            (self._frame("corrupt"), 4),
            (self._frame("reorder"), 3),
            (self._frame("duplicate"), 2),
            (self._frame("truncate"), 2),
            (self._spoil_a_snapshot, 2),
            (self._delay, 2),
            (self._lose_acks, 2),
            (self._stall_a_symbol, 1),
            (self._stall_a_connection, 1),
            (self._disconnect, 2),
            (self._half_open, 0.7),
            (self._slow_reader, 0.4),
            (self._refuse, 0.6),
            (self._too_many_requests, 0.8),
            (self._darkness, 0.6),
            (self._expire_tokens, 2),
            (self._trouble_with_tokens, 1.5),
        )
        self._draw_climate(kinds)

    def start(self) -> None:
        """Begin, if there is anybody to suffer."""
        if self._readers:
            self._strike()

    def _may_strike(self) -> bool:
        return self._weather.is_stormy

    # -- what strikes

    def _frame(self, kind: FaultKind) -> Callable[[], object]:
        def strike() -> None:
            target = self._stream()
            if target is not None:
                count = self._random.choice((1, 1, 1, 2, 5))
                self._house.faults.inject(kind, target[0], count, connection=target[1], role="level3")

        return strike

    def _spoil_a_snapshot(self) -> None:
        """The next message of a symbol, whatever it is: a snapshot if it is being subscribed."""
        target = self._stream()
        if target is not None:
            kind: FaultKind = self._random.choice(("drop", "corrupt", "truncate", "duplicate"))
            count = self._random.choice((1, 4))
            self._house.faults.inject(kind, target[0], count, channel="level3", role="level3")

    def _delay(self) -> None:
        target = self._stream()
        if target is not None:
            seconds = self._random.choice((0.1, 0.5, 3.5))
            self._house.faults.inject("delay", target[0], connection=target[1], role="level3", seconds=seconds)

    def _stall_a_symbol(self) -> None:
        target = self._stream()
        if target is not None:
            seconds = self._random.choice((1.0, 5.0, 15.0))
            self._house.faults.inject("stall", target[0], channel="level3", connection=target[1], seconds=seconds)

    def _refuse(self) -> None:
        """Nobody is let in, and those inside may be sent away: then topics go to a connection that stands."""
        self._house.faults.inject("refuse", role="level3", seconds=self._random.choice((2.0, 10.0, 60.0)))
        connection = self._connection()
        if connection is not None:
            self._house.faults.inject("disconnect", connection=connection, code=1012)

    def _darkness(self) -> None:
        """The client's own network is away."""
        reader = self._random.choice(self._readers)
        reader.network.darken(self._random.choice((0.3, 2.0, 4.0, 8.0, 25.0)))
        reader.keys.dark_at = reader.network.dark_until
        self._journal.counts["fault darkness"] += 1

    def _expire_tokens(self) -> None:
        """All tokens end; then there may soon be need of one."""
        self._house.faults.inject("expire_token")
        now = self._clock.now()
        for reader in self._readers:
            reader.keys.expired_at.append(now)
            reader.network.disturbed_at = max(reader.network.disturbed_at, now)
        if self._random.random() < 0.7:
            self._disconnect()

    def _trouble_with_tokens(self) -> None:
        reader = self._random.choice(self._readers)
        reader.counter.upset(self._random.choice(_TROUBLES), self._random.choice((0.5, 3.0, 12.0, 40.0)))
        if self._random.random() < 0.5:
            self._expire_tokens()

    def _stream(self) -> tuple[str, int] | None:
        """A symbol's messages on their way to a connection."""
        targets = self._house.kraken.hub.targets("level3")
        return self._random.choice(targets) if targets else None

    def _connection(self) -> int | None:
        """A reader's connection, to whichever endpoint."""
        links = [number for number in self._house.faults.links if number in self._house.apart]
        return self._random.choice(links) if links else None
