"""What is not known of orders, and how it is found out: step by step, and never by sending anything again."""

from collections.abc import Iterable
from enum import Enum
from typing import Final, final

from havklo._protocol.trading.effects import Effect, Look, Resubscribe
from havklo._protocol.trading.record import Record

__all__ = ["Doubt", "Doubts", "Why"]

_SECOND: Final = 1_000_000_000
_SNAPSHOT_EVERY: Final = 5 * _SECOND
_LONGEST: Final = 30 * _SECOND


class Why(Enum):
    """What there is to find out."""

    SENT = "sent"
    """Whether it was accepted: it was sent, and no answer has come."""
    GONE = "gone"
    """What it came to: it was open, and is not any more."""
    FILLS = "fills"
    """Its fills: Kraken says that there are more than were told."""


@final
class Doubt:
    """One thing to find out of one order.

    Attributes:
        why: What.
        not_before: When the answer can be final at the earliest: after the order's deadline.
        at: When the next step is due.
        seen: Whether a snapshot has come since that does not have the order.
        attempts: How many questions have failed.
        looking: Whether REST is being asked.
    """

    __slots__ = ("at", "attempts", "looking", "not_before", "seen", "why")

    def __init__(self, why: Why, not_before: int) -> None:
        self.why: Why = why
        self.not_before: int = not_before
        self.at: int = not_before
        self.seen: bool = why is not Why.SENT
        self.attempts: int = 0
        self.looking: bool = False

    def __repr__(self) -> str:
        return f"<Doubt {self.why.value}>"


@final
class Doubts:
    """All that is not known.

    An order that was sent without an answer is looked for after its deadline, clocks' error included: first in a
    snapshot of the executions that is younger than the order, then by REST. What was open and is not any more, and
    what lacks fills, is looked up at once.
    """

    def __init__(self) -> None:
        self._doubts: dict[Record, Doubt] = {}

    def __len__(self) -> int:
        return len(self._doubts)

    def __repr__(self) -> str:
        return f"<Doubts about {len(self._doubts)} orders>"

    def about(self, record: Record) -> Doubt | None:
        """What is to be found out of an order, or None."""
        return self._doubts.get(record)

    def add(self, record: Record, why: Why, not_before: int) -> None:
        """Find something out, unless it is being found out already; what is graver takes its place."""
        present = self._doubts.get(record)
        if present is None or (present.why is Why.FILLS and why is not Why.FILLS):
            self._doubts[record] = Doubt(why, not_before)

    def settle(self, record: Record) -> None:
        """It is known now."""
        self._doubts.pop(record, None)

    def snapshot(self, now: int) -> None:
        """A snapshot has come that has none of those which were sent: they may be looked up now."""
        for doubt in self._doubts.values():
            if doubt.why is Why.SENT and not doubt.seen:
                doubt.seen, doubt.at = True, max(now, doubt.not_before)

    def failed(self, records: Iterable[Record], now: int) -> None:
        """REST could not say: ask later, and ever later."""
        for record in records:
            doubt = self._doubts.get(record)
            if doubt is not None:
                doubt.looking = False
                doubt.at = now + min(_LONGEST, _SECOND << min(doubt.attempts, 5))
                doubt.attempts += 1

    def tick(self, now: int) -> list[Effect]:
        """Take the steps that are due."""
        wanted: list[Record] = []
        effects: list[Effect] = []
        for record, doubt in self._doubts.items():
            if doubt.looking or now < doubt.at:
                continue
            if doubt.seen:
                doubt.looking = True
                wanted.append(record)
            else:
                doubt.at = now + _SNAPSHOT_EVERY
                effects = [Resubscribe("executions")]
        return [*effects, Look(wanted)] if wanted else effects

    @property
    def due(self) -> int | None:
        """When `tick` next has something to do."""
        if not self._doubts:
            return None
        return min((doubt.at for doubt in self._doubts.values() if not doubt.looking), default=None)
