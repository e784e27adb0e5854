"""What trading costs: a maker and a taker rate that fall with the volume of 30 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from havklo.errors import ConfigurationError
from havklo.sim.accounts.money import SCALE

__all__ = ["SPOT", "FeeSchedule"]


@final
@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """The rates by volume.

    Attributes:
        steps: (volume from which it applies, maker rate, taker rate), in rising order from volume 0.
            Volumes are whole dollars, rates are units of 10^-4 percent: millionths of the amount.
    """

    steps: Sequence[tuple[int, int, int]]

    def __post_init__(self) -> None:
        volumes = [volume for volume, _, _ in self.steps]
        if volumes[:1] != [0] or volumes != sorted(set(volumes)):
            raise ConfigurationError("a fee schedule begins with volume 0 and rises")

    def rates(self, volume: int) -> tuple[int, int]:
        """The maker and the taker rate for a volume in units of 10^-10 dollars."""
        dollars = volume // 10**SCALE
        _, maker, taker = next(step for step in reversed(self.steps) if step[0] <= dollars)
        return maker, taker


SPOT: Final = FeeSchedule(
    (
        (0, 2_500, 4_000),
        (10_000, 2_000, 3_500),
        (50_000, 1_400, 2_400),
        (100_000, 1_200, 2_200),
        (250_000, 1_000, 2_000),
        (500_000, 800, 1_800),
        (1_000_000, 600, 1_600),
        (2_500_000, 400, 1_400),
        (5_000_000, 200, 1_200),
        (10_000_000, 0, 1_000),
    )
)
"""Kraken's rates for spot crypto pairs."""
