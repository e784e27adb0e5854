"""What the asset is worth: a hidden number that a few traders know, and that the price follows sooner or later."""

import random
from math import exp, log, log1p
from typing import Final, final

from havklo.sim.flow.regime import Regime

__all__ = ["Value"]

_SECOND: Final = 1_000_000_000
_STEP: Final = _SECOND // 200  # it moves this often at most: between two events of a busy market it stands
_LONGEST: Final = 0.1  # seconds that one step counts at most, so that the book of a sleepy market can follow
_STANDSTILL: Final = 0.001  # seconds that an event counts while the clock stands
_LAG: Final = 2.0  # seconds by which what makers believe is behind
_RECOVERY: Final = 60.0  # seconds in which a crash loses all but 1/e of its depth
_HEALED: Final = 0.0005  # what is left of a crash when it is over
_RANGE: Final = log(4.0)  # how far the value may stray from where it began, up or down, and how deep a crash can be


@final
class Value:
    """A fair price in ticks: a random walk of its logarithm with jumps, and crashes that heal.

    Attributes:
        price: The value.
        news: How far it has moved lately, in ticks, which makers do not know yet.
        crashed: Whether a crash has not healed yet.
    """

    __slots__ = ("_crash", "_home", "_idle", "_now", "_regime", "_rng", "_walk", "crashed", "news", "price")

    def __init__(self, price: float, regime: Regime, rng: random.Random) -> None:
        self.price: float = price
        self.news: float = 0.0
        self.crashed: bool = False
        self._home = price
        self._walk = 0.0
        self._crash = 0.0
        self._now = 0
        self._idle = 0.0
        self._regime = regime
        self._rng = rng

    def settle(self, regime: Regime) -> None:
        """Go on under another regime."""
        self._regime = regime

    def at(self, now_ns: int) -> float:
        """The value at the next event. Each call is one event: it moves a little even if the clock stands."""
        elapsed = now_ns - self._now
        if 0 < elapsed < _STEP:
            return self.price
        if elapsed > 0:
            self._now = now_ns
            seconds = elapsed / _SECOND
            self._advance(min(_LONGEST, seconds))
        else:
            self._idle += _STANDSTILL
            if self._idle * _SECOND >= _STEP:
                self._advance(self._idle)
                self._idle = 0.0
        return self.price

    def learn(self, ticks: float) -> None:
        """Somebody's trade has told something: the value is that much higher than it was thought."""
        self._walk += ticks / self.price

    def fall(self, fraction: float) -> None:
        """Lose a fraction of the price at once, to get it back over the next minutes."""
        self._crash = max(self._crash + log1p(-fraction), -_RANGE)
        self.crashed = True

    def _advance(self, seconds: float) -> None:
        regime, rng = self._regime, self._rng
        walk = self._walk + regime.volatility * seconds**0.5 * rng.gauss(0.0, 1.0)
        if rng.random() < regime.jumps * seconds:
            walk += regime.jump * rng.gauss(0.0, 1.0)
        self._walk = walk = min(max(walk, -_RANGE), _RANGE)
        if self.crashed:
            self._crash *= exp(-seconds / _RECOVERY)
            self.crashed = self._crash < -_HEALED
            walk += self._crash
        before = self.price
        self.price = price = self._home * exp(walk)
        self.news += price - before - self.news * seconds / _LAG
