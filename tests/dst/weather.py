"""What goes wrong and when: storms in which faults come thick, and calm weather in which everything must heal."""

import random
from collections.abc import Callable, Sequence
from typing import Final, final

from dst.exchange import House
from dst.journal import Journal
from dst.strikes import Kinds, Strikes
from dst.users import Program
from dst.virtual import SECOND
from havklo.sim.delivery.kinds import FaultKind

__all__ = ["Weather"]

_CALM: Final = (75.0, 110.0)
_STORM: Final = (20.0, 90.0)
_CHANNELS: Final = ("book", "book", "book", "book", "trade", "trade", "ticker", "ohlc")


@final
class Weather(Strikes):
    """Draws everything that goes wrong.

    Args:
        house: The exchange.
        programs: Those who suffer.
        journal: The run's account.
        seed: The run's seed.

    Attributes:
        is_stormy: Whether faults may come.
    """

    def __init__(self, house: House, programs: Sequence[Program], journal: Journal, seed: int) -> None:
        super().__init__(house, journal, random.Random(f"{seed} weather"))
        self.is_stormy = False
        self._programs = programs
        self._ended = False
        self._pace = self._random.choice((100.0, 200.0, 400.0))
        kinds: Kinds = (
            (self._frame("drop"), 5),
            (self._frame("corrupt"), 4),
            (self._frame("reorder"), 3),
            (self._frame("duplicate"), 2),
            (self._frame("truncate"), 2),
            (self._drop_anything, 1),
            (self._spoil_a_snapshot, 1),
            (self._delay, 2),
            (self._lose_acks, 2),
            (self._stall_a_symbol, 1),
            (self._stall_a_connection, 1),
            (self._disconnect, 1.5),
            (self._half_open, 0.7),
            (self._slow_reader, 0.4),
            (self._refuse, 0.3),
            (self._too_many_requests, 0.8),
            (self._change_of_status, 0.4),
            (self._darkness, 0.6),
        )
        self._draw_climate(kinds)

    def start(self) -> None:
        """Begin with a while in which everybody can subscribe, then the first storm."""
        self._house.pace = self._pace
        self._clock.call_in(round(self._random.uniform(0, 6) * SECOND), self._storm)
        self._strike()

    def clear_up(self) -> None:
        """No more faults; what lasts ends now."""
        self._ended, self.is_stormy = True, False
        self._house.faults.stop()
        self._house.pace = min(self._pace, 15.0)

    # -- storm and calm

    def _storm(self) -> None:
        if self._ended:
            return
        self.is_stormy = True
        self._every = self._random.choice((0.1, 0.3, 1.0, 3.0))
        self._house.pace = self._pace * self._random.choice((0.3, 1.0, 1.0, 3.0))
        self._journal.note("weather", f"storm, a fault every {self._every} s, {self._house.pace} messages a second")
        self._clock.call_in(round(self._random.uniform(*_STORM) * SECOND), self._calm)

    def _calm(self) -> None:
        if self._ended:
            return
        self.is_stormy = False
        self._house.faults.stop()
        self._house.pace = self._pace / 3
        self._journal.note("weather", "calm")
        self._clock.call_in(round(self._random.uniform(*_CALM) * SECOND), self._storm)

    def _may_strike(self) -> bool:
        return self.is_stormy

    # -- what strikes

    def _frame(self, kind: FaultKind) -> Callable[[], object]:
        def strike() -> None:
            # Nothing would tell that a price without a checksum is another one.
            channel = "book" if kind == "corrupt" else self._random.choice(_CHANNELS)
            target = self._stream(channel)
            if target is not None:
                symbol, connection = target
                count = self._random.choice((1, 1, 1, 2, 5))
                only = None if channel == "book" else channel
                self._house.faults.inject(kind, symbol, count, channel=only, connection=connection)

        return strike

    def _drop_anything(self) -> None:
        connection = self._connection()
        if connection is not None:
            channel = self._random.choice(("heartbeat", "status", "ack"))
            count = self._random.choice((1, 3, 8))
            self._house.faults.inject("drop", None, count, channel=channel, connection=connection)

    def _spoil_a_snapshot(self) -> None:
        """The next book message of a symbol, whatever it is: a snapshot if it is being subscribed."""
        target = self._stream()
        if target is not None:
            kind = self._random.choice(("drop", "corrupt", "truncate", "duplicate"))
            count = self._random.choice((1, 4))
            self._house.faults.inject(kind, target[0], count, channel="book", connection=target[1])  # type: ignore[arg-type]

    def _delay(self) -> None:
        target = self._stream()
        if target is not None:
            seconds = self._random.choice((0.1, 0.5, 3.5))
            self._house.faults.inject("delay", target[0], connection=target[1], seconds=seconds)

    def _stall_a_symbol(self) -> None:
        target = self._stream()
        if target is not None:
            seconds = self._random.choice((1.0, 5.0, 15.0))
            channel = self._random.choice((None, "book"))
            self._house.faults.inject("stall", target[0], channel=channel, connection=target[1], seconds=seconds)

    def _refuse(self) -> None:
        """Nobody is let in, for up to minutes, and those inside may be sent away."""
        seconds = self._random.choice((2.0, 10.0, 60.0, 180.0))
        self._house.faults.inject("refuse", seconds=seconds)
        if self._random.random() < 0.7:
            for connection in list(self._house.faults.links):
                self._house.faults.inject("disconnect", connection=connection, code=1012)

    def _change_of_status(self) -> None:
        kind: FaultKind = self._random.choice(("maintenance", "cancel_only", "post_only"))
        symbol = self._random.choice((None, *self._house.symbols))
        self._house.faults.inject(kind, symbol, seconds=self._random.uniform(1, 15))

    def _darkness(self) -> None:
        """The client's own network is away."""
        seconds = self._random.choice((0.3, 2.0, 4.0, 8.0, 25.0))
        self._journal.counts["fault darkness"] += 1
        self._random.choice(self._programs).network.darken(seconds)

    def _stream(self, channel: str = "book") -> tuple[str, int] | None:
        """A symbol's messages on their way to a connection."""
        apart = self._house.apart
        targets = [target for target in self._house.kraken.hub.targets(channel) if target[1] not in apart]
        return self._random.choice(targets) if targets else None

    def _connection(self) -> int | None:
        links = [number for number in self._house.faults.links if number not in self._house.apart]
        return self._random.choice(links) if links else None
