"""What lets a simulated Kraken go on: a clock's timers for the crowd, the accounts, the scenario and random faults."""

from typing import Final, final

from havklo.clock import Clock, Timer
from havklo.sim.delivery.faults import Faults, Injection
from havklo.sim.kraken import Kraken
from havklo.sim.scenario import FaultOrder, Stage, Timeline, perform

__all__ = ["Drive"]

_SECOND: Final = 1_000_000_000
_QUANTUM: Final = _SECOND // 1_000  # messages due within the same millisecond go out together
_SLICE: Final = _SECOND // 200  # after so long, sockets get their turn
_BURST: Final = 16  # messages between two looks at the clock
_LATE: Final = _SECOND  # what is later than this is left out


@final
class Drive:
    """Calls what is due when it is due.

    Args:
        kraken: What it drives.
        faults: Where random faults are ordered.
        clock: Whose time counts.
        timeline: What happens when, or None.
        stage: Makes it happen.
        trades: Whether the crowd trades by itself.
        fault_every: Seconds between two random faults, or None.

    Attributes:
        started_at: When it was started, on the monotonic clock; 0 before.
        messages: Steps of the crowd.
        skipped: Steps left out because this machine was too slow.
    """

    def __init__(
        self,
        kraken: Kraken,
        faults: Faults,
        clock: Clock,
        timeline: Timeline | None,
        stage: Stage,
        *,
        trades: bool,
        fault_every: float | None,
    ) -> None:
        self.started_at: int = 0
        self.messages: int = 0
        self.skipped: int = 0
        self._kraken = kraken
        self._faults = faults
        self._clock = clock
        self._timeline = timeline
        self._stage = stage
        self._trades = trades
        self._fault_every = fault_every
        self._timers: dict[str, Timer] = {}
        self._rows: dict[int, Injection] = {}

    def __repr__(self) -> str:
        return f"<Drive {self.messages} messages, {len(self._timers)} timers>"

    def start(self) -> None:
        """Begin; what was due before is left out."""
        self.started_at = self._clock.now()
        self._kraken.exchange.skip(self._clock.epoch_ns())
        if self._trades:
            self.go_on()
        if self._fault_every is not None:
            self._schedule_fault(self.started_at, self._fault_every)
        self._play()

    def stop(self) -> None:
        """Nothing more happens by itself."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def step(self, symbol: str | None) -> None:
        """One step of the crowd now, in this market or in the one whose turn it is."""
        self.messages += self._kraken.exchange.step(self._clock.epoch_ns(), symbol)
        self.arm()

    def go_on(self) -> None:
        """Let the crowd trade when its next message is due."""
        now, due = self._clock.now(), self._monotonic(self._kraken.exchange.due())
        # Who is late goes on at once, as soon as the sockets had their turn.
        self._timers["market"] = self._clock.call_at(max(due, now + _QUANTUM) if due > now else now, self._trade)

    def arm(self) -> None:
        """See to it that the desk gets its turn when something of the accounts is due."""
        deadline = self._kraken.desk.next_deadline()
        timer = self._timers.pop("desk", None)
        if timer is not None:
            timer.cancel()
        if deadline is not None:
            self._timers["desk"] = self._clock.call_at(self._monotonic(deadline), self._tick)

    def _trade(self) -> None:
        """Send what is due. Each message carries the time it was due at, so that lateness can be measured."""
        exchange, clock = self._kraken.exchange, self._clock
        now, began = clock.epoch_ns(), clock.now()
        if now - exchange.due() > _LATE:
            self.skipped += exchange.skip(now)
        while exchange.due() <= now and clock.now() - began < _SLICE:
            for _ in range(_BURST):
                due = exchange.due()
                if due > now:
                    break
                self.messages += exchange.step(due)
        self.arm()
        self.go_on()

    def _tick(self) -> None:
        self._kraken.desk.tick(self._clock.epoch_ns())
        self.arm()

    def _play(self) -> None:
        """Let the scenario's next events come when they are due."""
        if self._timeline is None:
            return
        for event in self._timeline.due((self._clock.now() - self.started_at) / _SECOND):
            if isinstance(event, FaultOrder) and event.row is not None:
                self._recur(event, event.row)
            else:
                perform(event, self._stage)
        if self._timeline.next_at is not None:
            due = self.started_at + round(self._timeline.next_at * _SECOND)
            self._timers["scenario"] = self._clock.call_at(due, self._play)

    def _recur(self, event: FaultOrder, row: int) -> None:
        """One more fault of a row, unless the last one of it is still to come."""
        last = self._rows.get(row)
        if last is None or not last.active:
            self._rows[row] = self._faults.inject(event.kind, event.symbol, event.count, **event.options)

    def _schedule_fault(self, last: int, seconds: float) -> None:
        due = last + round(seconds * _SECOND)
        self._timers["fault"] = self._clock.call_at(due, lambda: self._random_fault(due, seconds))

    def _random_fault(self, due: int, seconds: float) -> None:
        self._faults.random()
        self._schedule_fault(due, seconds)

    def _monotonic(self, epoch_ns: int) -> int:
        """An instant of the clock from a time of day."""
        return self._clock.now() + epoch_ns - self._clock.epoch_ns()
