"""What kind of day it is: how busy a market is, how much its value moves, and who comes to trade."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from havklo.errors import ConfigurationError

__all__ = ["CALM", "NORMAL", "REGIMES", "VOLATILE", "Regime"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Regime:
    """A market's mood.

    Attributes:
        name: What it is called.
        activity: How busy the market is, as a factor on the pair's usual rate of events.
        volatility: The standard deviation of the value's logarithm after one second.
        jumps: How many jumps of the value come in a second, on average.
        jump: The standard deviation of a jump's logarithm.
        takers: The share of takers among those who follow nobody.
        informed: The share of takers who know the value and trade on it.
        branching: How many takers follow a taker, on average; less than 1.
        memory: How long a follower takes, in seconds, on average.
        spread: How far best bid and best ask usually are apart, as a factor on the pair's usual distance.
        cancels: How readily makers give up their orders, as a factor on the usual hazard; more thins the book.
    """

    name: str
    activity: float
    volatility: float
    jumps: float
    jump: float
    takers: float
    informed: float
    branching: float
    memory: float
    spread: float
    cancels: float

    def __post_init__(self) -> None:
        for name in ("volatility", "jumps", "jump", "takers", "informed", "branching"):
            if not getattr(self, name) >= 0:
                raise ConfigurationError(f"{name} is at least 0, not {getattr(self, name)}")
        for name in ("activity", "memory", "spread", "cancels"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"{name} is more than 0, not {getattr(self, name)}")
        for name in ("takers", "informed"):
            if getattr(self, name) > 1:
                raise ConfigurationError(f"{name} is a share, not {getattr(self, name)}")
        if self.branching >= 1:
            raise ConfigurationError(
                f"branching is less than 1, not {self.branching}", hint="from 1 on, one taker sets off endlessly many"
            )

    @property
    def share(self) -> float:
        """The expected share of events by those who follow nobody.

        A taker has `branching` followers, each of them again, and so on: 1 / (1 - branching) in all.
        """
        return 1.0 / (1.0 + self.takers * self.branching / (1.0 - self.branching))


CALM: Final = Regime(
    name="calm",
    activity=0.5,
    volatility=1.0e-5,
    jumps=0.0,
    jump=0.0,
    takers=0.03,
    informed=0.4,
    branching=0.4,
    memory=0.4,
    spread=1.0,
    cancels=0.9,
)
NORMAL: Final = Regime(
    name="normal",
    activity=1.0,
    volatility=2.5e-5,
    jumps=0.01,
    jump=1.0e-4,
    takers=0.04,
    informed=0.5,
    branching=0.5,
    memory=0.3,
    spread=1.0,
    cancels=1.0,
)
VOLATILE: Final = Regime(
    name="volatile",
    activity=3.0,
    volatility=8.0e-5,
    jumps=0.05,
    jump=4.0e-4,
    takers=0.05,
    informed=0.6,
    branching=0.65,
    memory=0.3,
    spread=2.0,
    cancels=1.2,
)

REGIMES: Final[Mapping[str, Regime]] = MappingProxyType({regime.name: regime for regime in (CALM, NORMAL, VOLATILE)})
"""The named ones."""
