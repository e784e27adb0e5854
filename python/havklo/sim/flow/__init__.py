"""Who trades: the agents of one market. Their decisions come from the book, a hidden value and a seeded generator."""

from havklo.sim.flow.flow import Flow
from havklo.sim.flow.regime import CALM, NORMAL, REGIMES, VOLATILE, Regime

__all__ = ["CALM", "NORMAL", "REGIMES", "VOLATILE", "Flow", "Regime"]
