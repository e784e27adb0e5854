"""Kraken's rate counters: each call adds to a counter that falls all the time, down to zero.

Everything is exact. A counter is an integer of 10^-11: then a fall of so many hundredths per second is the
same number of units per nanosecond.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal, NamedTuple, final

from havklo.sim.accounts.tiers import Tier

__all__ = [
    "Cost",
    "Counter",
    "Decay",
    "RateCounter",
    "RestCounter",
    "cost_add",
    "cost_amend",
    "cost_batch_add",
    "cost_batch_cancel",
    "cost_cancel",
    "cost_edit",
]

Decay = Literal["continuous", "steps"]

_SCALE: Final = 11
_UNIT: Final = 10**_SCALE
_SECOND: Final = 1_000_000_000

# What a transaction costs besides for an order that is younger than so many seconds.
_AMEND: Final = ((5, 3), (10, 2), (15, 1))
_EDIT: Final = ((5, 6), (10, 5), (15, 4), (45, 2), (90, 1))
_CANCEL: Final = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))


class Cost(NamedTuple):
    """What a transaction adds to the counter.

    Attributes:
        fixed: For its mere arrival, also when it is refused for whatever reason.
        resting: For the youth of the order that it concerns, if it is carried out.
    """

    fixed: Decimal | int = 0
    resting: int = 0


def cost_add() -> Cost:
    """A new order."""
    return Cost(1)


def cost_batch_add(n: int) -> Cost:
    """So many new orders in one request."""
    return Cost(Decimal(n) / 2)


def cost_amend(age_ns: int) -> Cost:
    """An amend of an order that was created or last amended so long ago."""
    return Cost(1, _by_age(_AMEND, age_ns))


def cost_edit(age_ns: int) -> Cost:
    """An edit of an order that was created or last amended so long ago."""
    return Cost(1, _by_age(_EDIT, age_ns))


def cost_cancel(age_ns: int) -> Cost:
    """A cancel of an order that was created or last amended so long ago."""
    return Cost(0, _by_age(_CANCEL, age_ns))


def cost_batch_cancel(ages_ns: Iterable[int]) -> Cost:
    """A cancel of several orders in one request: to be charged with `force`, as it never fails for this."""
    return Cost(0, sum(_by_age(_CANCEL, age) for age in ages_ns))


def _by_age(table: tuple[tuple[int, int], ...], age_ns: int) -> int:
    return next((cost for seconds, cost in table if age_ns < seconds * _SECOND), 0)


class Counter:
    """A counter that rises by calls and falls with time.

    Args:
        threshold: What it may not exceed.
        decay_hundredths: How much it falls per second, in hundredths.
        decay: Whether it falls all the time, or once per whole second since the first charge.
    """

    def __init__(self, threshold: int, decay_hundredths: int, decay: Decay = "continuous") -> None:
        self.threshold = threshold
        self._rate = decay_hundredths
        self._stepwise = decay == "steps"
        self._units = 0
        self._since: int | None = None  # up to when it has fallen

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._decimal()} of {self.threshold}>"

    def value(self, now_ns: int) -> Decimal:
        """What it says now."""
        self._fall(now_ns)
        return self._decimal()

    def charge(self, now_ns: int, cost: Cost | Decimal | int, *, force: bool = False) -> bool:
        """Count a transaction, if there is room for it.

        Where there is none, its fixed part is counted all the same: Kraken applies that on receipt. So a
        program that goes on calling stays shut out.

        Args:
            now_ns: When it arrives.
            cost: What it costs; a plain number is a fixed cost.
            force: Count all of it, room or not.

        Returns:
            Whether it may be carried out.
        """
        if self._since is None:
            self._since = now_ns
        self._fall(now_ns)
        fixed, resting = cost if isinstance(cost, Cost) else Cost(cost)
        whole = _units(fixed) + resting * _UNIT
        accepted = force or self._units + whole <= self.threshold * _UNIT
        self._units += whole if accepted else _units(fixed)
        return accepted

    def _fall(self, now_ns: int) -> None:
        if self._since is None:
            return
        elapsed = max(0, now_ns - self._since)
        if self._stepwise:
            elapsed -= elapsed % _SECOND
        self._since += elapsed
        self._units = max(0, self._units - elapsed * self._rate)

    def _decimal(self) -> Decimal:
        return Decimal(self._units).scaleb(-_SCALE)


def _units(value: Decimal | int) -> int:
    return int(Decimal(value).scaleb(_SCALE))


@final
class RateCounter(Counter):
    """The trading engine's counter of one account and pair."""

    def __init__(self, tier: Tier, decay: Decay = "continuous") -> None:
        super().__init__(tier.threshold, tier.decay_hundredths, decay)


@final
class RestCounter(Counter):
    """The REST counter of one key."""

    def __init__(self, tier: Tier) -> None:
        super().__init__(tier.rest_threshold, tier.rest_decay_hundredths)
