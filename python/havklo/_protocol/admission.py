"""What a level-3 subscribe needs before it goes out: its turn in the budget, and a token."""

from collections.abc import Callable, Sequence
from typing import Final, final

from havklo._protocol.actions import NeedToken
from havklo._protocol.backoff import Backoff
from havklo._protocol.budget import LEVEL3_COSTS, Budget
from havklo._protocol.life import Life
from havklo._protocol.tokens import Token
from havklo.errors import HavkloError

__all__ = ["Admission"]

_NONE_YET: Final = "no token has come"


@final
class Admission:
    """Lets lives of one connection go out that need a token.

    Args:
        budget: What their subscriptions may cost.
        random: Gives numbers in [0, 1).
    """

    def __init__(self, budget: Budget, random: Callable[[], float]) -> None:
        self._budget = budget
        self._backoff = Backoff(random)
        self._asked: NeedToken | None = None
        self._refused: Token | None = None
        self._trouble = _NONE_YET

    @property
    def awaits_token(self) -> bool:
        """Whether a token was asked for and has not come yet."""
        return self._asked is not None

    def admit(self, group: Sequence[Life], now: int) -> list[Life]:
        """Give those that the budget has room for, of a group alike but for its symbols; the others get their time."""
        cost = _cost(group[0])
        room = min(self._budget.fits(cost, now), len(group))
        admitted, others = list(group[:room]), group[room:]
        if others:
            at = self._budget.allows(cost, now, beside=cost * room)
            for life in others:
                life.trouble = f"its turn has not come: level 3 may cost {self._budget.per_second} a second"
                life.queue(at)
        return admitted

    def need(self, group: Sequence[Life]) -> list[NeedToken]:
        """Ask for a token that a group needs, unless one was asked for already."""
        for life in group:
            life.trouble = self._trouble
        if self._asked is not None:
            return []
        self._asked = NeedToken(self._refused)
        return [self._asked]

    def came(self, token: Token) -> list[NeedToken]:
        """Take a token; asks once more if it is one that was refused while it was on its way."""
        asked, self._asked = self._asked, None
        self._trouble = _NONE_YET
        self._backoff.reset()
        if token == self._refused and asked is not None and asked.refused != token:
            self._asked = NeedToken(token)
            return [self._asked]
        return []

    def failed(self, error: HavkloError, now: int) -> int:
        """Take note that no token can be had now; gives when to ask again."""
        self._asked, self._trouble = None, f"no token: {error}"
        if self._backoff.attempts == 0:
            self._backoff.next()  # what has just failed is not tried again at once
        return now + self._backoff.next()

    def went_out(self, group: Sequence[Life], now: int) -> None:
        """Note that a group was asked for."""
        self._budget.spend(_cost(group[0]) * len(group), now)

    def accepted(self, now: int) -> None:
        """Note that Kraken has taken a subscription."""
        self._budget.accepted(now)

    def too_much(self, now: int) -> None:
        """Note that Kraken has refused one because there were too many."""
        self._budget.refused(now)

    def token_refused(self, life: Life, now: int) -> None:
        """Send a life's subscribe once more, with another token than the one it has just been refused for."""
        self._refused, life.renewed = life.token, True
        life.queue(now)


def _cost(life: Life) -> int:
    return LEVEL3_COSTS[life.topic.depth or 10]
