"""What a scenario makes happen, and on whom: plain values, carried out by `perform`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Unpack

from havklo.sim.channels.status import Phase
from havklo.sim.delivery.kinds import FaultKind, Options
from havklo.sim.exchange import PairStatus, System
from havklo.sim.flow import Regime

__all__ = [
    "Announcement",
    "Crash",
    "Event",
    "FaultOrder",
    "Recurring",
    "RegimeChange",
    "Stage",
    "StatusChange",
    "SystemChange",
    "perform",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegimeChange:
    """From now on a market is in this mood, or all of them are.

    Attributes:
        at: When, in seconds from the beginning; all events have it.
        regime: The mood.
        symbol: Whose, or None for all.
    """

    at: float
    regime: Regime
    symbol: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Crash:
    """Somebody sells far more than the book can take at its best prices.

    Attributes:
        at: When.
        symbol: Where.
        fraction: How deep the price falls, as a part of it.
    """

    at: float
    symbol: str
    fraction: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultOrder:
    """Faults on the way to clients.

    Attributes:
        at: When they are ordered; each strikes the next delivery that matches.
        kind: What goes wrong.
        symbol: Only with messages about this pair.
        count: How often.
        options: What else is said about them; see `havklo.sim.delivery.kinds.Options`.
        row: The row of recurring faults that they belong to, if any. Of a row there is never more than one
            order at a time: a quiet stream must not collect faults that then strike all at once.
    """

    at: float
    kind: FaultKind
    symbol: str | None = None
    count: int = 1
    options: Options = field(default_factory=Options)
    row: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurring:
    """Faults again and again, of one kind or of several by chance.

    Attributes:
        first: When the first is ordered.
        every: Seconds between two of them.
        until: When there are no more; None: never.
        kinds: What may go wrong, and how often beside the others.
        symbol: Only with messages about this pair.
        count: How often each time.
        options: What else is said about them.
    """

    first: float
    every: float
    until: float | None
    kinds: Mapping[FaultKind, int]
    symbol: str | None = None
    count: int = 1
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemChange:
    """The matching engine changes its state."""

    at: float
    system: System


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusChange:
    """A pair changes its state."""

    at: float
    symbol: str
    status: PairStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """Maintenance is announced on the status channel, or its announcement is taken back.

    Attributes:
        at: When.
        phase: How far it is; None: there is nothing to announce any more.
        starts_in: Seconds until it begins.
        lasts: Seconds that it takes.
    """

    at: float
    phase: Phase | None
    starts_in: float = 0.0
    lasts: float = 0.0


Event = RegimeChange | Crash | FaultOrder | SystemChange | StatusChange | Announcement


class Stage(Protocol):
    """What a scenario is played on; the simulator is one."""

    def set_regime(self, symbol: str | None, regime: Regime) -> None:
        """Change the mood of a market, or of all."""

    def crash(self, symbol: str, fraction: float) -> None:
        """Make a price fall by this part of it."""

    def inject(self, kind: FaultKind, symbol: str | None = None, count: int = 1, **options: Unpack[Options]) -> object:
        """Order faults."""

    def set_system(self, system: System) -> None:
        """Change the state of the matching engine."""

    def set_status(self, symbol: str, status: PairStatus) -> None:
        """Change the state of a pair."""

    def announce(self, phase: Phase | None, starts_in: float, lasts: float) -> None:
        """Announce maintenance, or take its announcement back."""


def perform(event: Event, stage: Stage) -> None:
    """Make an event happen."""
    match event:
        case RegimeChange():
            stage.set_regime(event.symbol, event.regime)
        case Crash():
            stage.crash(event.symbol, event.fraction)
        case FaultOrder():
            stage.inject(event.kind, event.symbol, event.count, **event.options)
        case SystemChange():
            stage.set_system(event.system)
        case StatusChange():
            stage.set_status(event.symbol, event.status)
        case Announcement():
            stage.announce(event.phase, event.starts_in, event.lasts)
