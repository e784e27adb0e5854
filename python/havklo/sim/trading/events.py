"""Runs the desk's engine events one after another: one at a time, and then what it has set off."""

from collections import deque
from collections.abc import Callable
from typing import TypeVar, final

from havklo.sim.exchange import Exchange
from havklo.sim.listing import Listing
from havklo.sim.market.matching import Market

__all__ = ["Events"]

T = TypeVar("T")


@final
class Events:
    """The desk's turn-taking.

    Args:
        exchange: The markets.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._agenda: deque[Callable[[], None]] = deque()
        self._busy = False
        self._now_ns = 0

    def __repr__(self) -> str:
        return f"<Events {len(self._agenda)} to come>"

    def run(self, symbol: str, now_ns: int, action: Callable[[Market], T]) -> T:
        """One engine event; what it sets off waits until `work`, so that the caller can be done with it first."""
        outer, self._busy = self._busy, True
        try:
            return self._exchange.run(symbol, now_ns, action)
        finally:
            self._busy = outer

    def later(self, task: Callable[[], None]) -> None:
        """Something to be done after the event that is happening, and after what else it has set off."""
        self._agenda.append(task)

    def work(self) -> None:
        """Do what was set off, and what that sets off; whoever is called by this has nothing to do."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._agenda:
                self._agenda.popleft()()
        finally:
            self._busy = False

    def listing(self, symbol: str) -> Listing:
        """A market that is open already: no time is needed to open it."""
        return self._exchange.listing(symbol, 0)

    def time(self, symbol: str, now_ns: int = 0) -> int:
        """What time it is in a market that is open: its events may be a little ahead of the clock."""
        self._now_ns = max(self._now_ns, now_ns)
        return max(self._now_ns, self.listing(symbol).moment)
