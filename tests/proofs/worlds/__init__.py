"""Markets whose truth is known: what would have become of an order without impact, placed each second.

World A is the textbook's: orders of one size that are canceled at one rate, and trades that come by a Poisson process.
World B is hostile to it: lognormal sizes, Weibull lifetimes of shape 1/2, trades that excite further trades and are
larger than orders, and prices that move.
"""

from worlds.feed import feed, query
from worlds.market import Market, Step
from worlds.nature import HOSTILE, TEXTBOOK, TEXTBOOK_MOVING, Nature
from worlds.probes import Probe

__all__ = ["HOSTILE", "TEXTBOOK", "TEXTBOOK_MOVING", "Market", "Nature", "Probe", "Step", "feed", "query"]
