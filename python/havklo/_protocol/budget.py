"""What level-3 subscriptions cost, and how many of them may go out now."""

from collections import deque
from typing import Final, final

from havklo.errors import ConfigurationError

__all__ = ["LEVEL3_BUDGET", "LEVEL3_COSTS", "LEVEL3_SYMBOLS", "Budget"]

_SECOND: Final = 1_000_000_000
_SPAN: Final = _SECOND + _SECOND // 4  # a request may be late on its way and the next one not: Kraken sees them closer
_LONGEST: Final = 30 * _SECOND

LEVEL3_COSTS: Final = {10: 5, 100: 25, 1000: 100}
"""What the level-3 subscription of one symbol costs at each depth (Kraken's level3 page)."""

LEVEL3_BUDGET: Final = 200
"""What they may cost in a second; a pro account has 500."""

LEVEL3_SYMBOLS: Final = 200
"""How many of them one connection carries."""


@final
class Budget:
    """What may be spent in any second; shared by the connections of a client.

    Kraken publishes the sum and not how it is counted. In no span of one second and a quarter does this spend more than
    the sum, so it holds however Kraken counts: by seconds, by a sliding window, or by a bucket that fills evenly.

    Args:
        per_second: The sum.

    Raises:
        ConfigurationError: It is too little for a single subscription.
    """

    def __init__(self, per_second: int = LEVEL3_BUDGET) -> None:
        dearest = max(LEVEL3_COSTS.values())
        if per_second < dearest:
            raise ConfigurationError(
                f"a budget of {per_second!r} a second is too little",
                hint=f"one symbol at depth 1000 costs {dearest}; Kraken gives 200, and 500 to pro accounts",
            )
        self.per_second = per_second
        self._spent: deque[tuple[int, int]] = deque()
        self._not_before = 0
        self._pause = 0

    def __repr__(self) -> str:
        return f"<Budget of {self.per_second} a second>"

    def fits(self, cost: int, now: int) -> int:
        """Give how many of this cost may be spent now."""
        self._forget(now)
        if now < self._not_before:
            return 0
        return (self.per_second - sum(spent for _, spent in self._spent)) // cost

    def allows(self, cost: int, now: int, *, beside: int = 0) -> int:
        """Give when one of this cost will fit beside what else is about to be spent: `now`, or later."""
        self._forget(now)
        all_spent = [*self._spent, (now, beside)]
        at, used = now, sum(spent for _, spent in all_spent)
        for instant, spent in all_spent:
            if used + cost <= self.per_second:
                break
            at, used = instant + _SPAN, used - spent
        return max(at, self._not_before)

    def spend(self, cost: int, now: int) -> None:
        """Note what was spent at `now`, which never falls."""
        self._spent.append((now, cost))

    def refused(self, now: int) -> None:
        """Note that Kraken took it for too much: nothing for a while, and for longer each time in a row."""
        if now >= self._not_before:  # else it is another symbol of the request that was refused already
            self._pause = min(_LONGEST, max(_SPAN, 2 * self._pause))
            self._not_before = now + self._pause

    def accepted(self, now: int) -> None:
        """Note that Kraken has taken a subscription after the last pause: the next one is short again."""
        if now >= self._not_before:
            self._pause = 0

    def _forget(self, now: int) -> None:
        while self._spent and self._spent[0][0] <= now - _SPAN:
            self._spent.popleft()
