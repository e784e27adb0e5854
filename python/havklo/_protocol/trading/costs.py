"""What requests cost on the matching engine's rate counter, and what each verification level may spend.

The numbers are those of Kraken's "Spot trading rate limits".
"""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias, final

__all__ = ["TIERS", "Kind", "Tier", "TierName", "cheaper_at", "fixed_halves", "youth_cost"]

Kind: TypeAlias = Literal["add", "amend", "edit", "cancel", "batch_add", "batch_cancel"]
"""What counts on the rate counter; cancel_all and the dead man's switch do not."""

TierName: TypeAlias = Literal["starter", "intermediate", "pro"]
"""Kraken's verification levels."""

_SECOND: Final = 1_000_000_000


def _ages(*seconds: int) -> tuple[int, ...]:
    return tuple(second * _SECOND for second in seconds)


# The ages at which a request gets cheaper, and what it costs before and from each of them on.
_CANCEL: Final = (_ages(5, 10, 15, 45, 90, 300), (8, 6, 5, 4, 2, 1, 0))
_YOUTH: Final[dict[Kind, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "add": ((), (0,)),
    "batch_add": ((), (0,)),
    "amend": (_ages(5, 10, 15), (3, 2, 1, 0)),
    "edit": (_ages(5, 10, 15, 45, 90), (6, 5, 4, 2, 1, 0)),
    "cancel": _CANCEL,
    "batch_cancel": _CANCEL,
}
# In halves, as a batch costs half a point for each of its orders.
_FIXED: Final[dict[Kind, int]] = {"add": 2, "batch_add": 1, "amend": 2, "edit": 2, "cancel": 0, "batch_cancel": 0}


@final
class Tier(NamedTuple):
    """What an account of one verification level may do in each pair.

    Attributes:
        threshold: What the rate counter may not exceed.
        decay: How much it falls per second.
        max_open: How many orders may be open.
    """

    threshold: int
    decay: Decimal
    max_open: int


TIERS: Final[dict[TierName, Tier]] = {
    "starter": Tier(60, Decimal(1), 60),
    "intermediate": Tier(125, Decimal("2.34"), 80),
    "pro": Tier(180, Decimal("3.75"), 225),
}
"""Kraken's levels."""


def fixed_halves(kind: Kind, count: int = 1) -> int:
    """What a request costs by its mere arrival, also when it is refused, in halves.

    `count` is the number of a batch's orders.
    """
    return _FIXED[kind] * count


def youth_cost(kind: Kind, ages: Iterable[int]) -> int:
    """What a request costs besides, if it is carried out, for orders that are so many nanoseconds old.

    An order's age counts from its creation, or from its last amend.
    """
    steps, costs = _YOUTH[kind]
    return sum(costs[bisect_right(steps, age)] for age in ages)


def cheaper_at(kind: Kind) -> tuple[int, ...]:
    """The ages at which such a request gets cheaper, in nanoseconds."""
    return _YOUTH[kind][0]
