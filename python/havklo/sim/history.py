"""What the books truly were: the top of one book after each of its last changes, for whoever judges a client."""

from bisect import bisect_right
from typing import final

from havklo.sim.market.ladder import Level, Side
from havklo.sim.market.matching import Market
from havklo.sim.wire.stamps import rfc3339

__all__ = ["History"]

Top = list[tuple[int, int]]


@final
class History:
    """The top of one book after each of its last changes.

    Args:
        limit: How many changes are kept; 0: none.
        depth: How many levels.
    """

    def __init__(self, limit: int, depth: int) -> None:
        self.depth = depth
        self._limit = limit
        self._moments: list[int] = []
        self._tops: list[tuple[Top, Top]] = []

    def keep(self, moment_us: int, market: Market) -> None:
        """Remember the top as it is now; the oldest are forgotten."""
        if not self._limit:
            return
        if len(self._moments) >= 2 * self._limit:
            # Half at once, so that forgetting costs nothing per message.
            del self._moments[: -self._limit], self._tops[: -self._limit]
        bids, asks = (_numbers(ladder.top(self.depth)) for ladder in market.sides)
        self._moments.append(moment_us)
        self._tops.append((bids, asks))

    def at(self, moment_us: int, side: Side) -> Top:
        """The top of a side at a moment, in microseconds since the epoch.

        Raises:
            LookupError: The moment is not remembered, or no longer.
        """
        index = bisect_right(self._moments, moment_us) - 1
        if index < 0:
            raise LookupError(f"the history does not reach back to {rfc3339(moment_us)}")
        return self._tops[index][side]


def _numbers(levels: list[Level]) -> Top:
    return [(level.price, level.qty) for level in levels]
