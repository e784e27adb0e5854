"""The three verification levels and what they allow."""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["TIERS", "Tier", "TierName"]

TierName = Literal["starter", "intermediate", "pro"]


@dataclass(frozen=True, slots=True)
class Tier:
    """What an account of one level may do.

    Attributes:
        name: Kraken's name of the level.
        threshold: What the trading rate counter of a pair may not exceed.
        decay_hundredths: How much that counter falls per second, in hundredths.
        max_open: How many orders may be open per pair.
        rest_threshold: What the REST counter of a key may not exceed.
        rest_decay_hundredths: How much that one falls per second, in hundredths.
    """

    name: TierName
    threshold: int
    decay_hundredths: int
    max_open: int
    rest_threshold: int
    rest_decay_hundredths: int


TIERS: Final[dict[TierName, Tier]] = {
    "starter": Tier("starter", 60, 100, 60, 15, 33),
    "intermediate": Tier("intermediate", 125, 234, 80, 20, 50),
    "pro": Tier("pro", 180, 375, 225, 20, 100),
}
