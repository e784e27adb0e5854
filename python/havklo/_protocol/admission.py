"""What a level-3 subscribe needs before it goes out: its turn in the budget, and a token."""

from collections import deque
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
_TOKENS: Final = 8  # so many of the latest are known to whoever is refused; one lasts for minutes


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
        self._shown: deque[tuple[int, Token]] = deque(maxlen=_TOKENS)  # each with the first request that had it
        self._trouble = _NONE_YET
        self._not_before = 0

    @property
    def awaits_token(self) -> bool:
        """Whether a token was asked for and has not come yet."""
        return self._asked is not None

    def admit(self, group: Sequence[Life], now: int) -> list[Life]:
        """Give those that the budget has room for, of a group alike but for its symbols; the others get their time."""
        cost = _cost(group[0])
        if not cost:
            return list(group)
        room = min(self._budget.fits(cost, now), len(group))
        admitted, others = list(group[:room]), group[room:]
        if others:
            at = self._budget.allows(cost, now, beside=cost * room)
            for life in others:
                life.trouble = f"its turn has not come: level 3 may cost {self._budget.per_second} a second"
                life.queue(at)
        return admitted

    def need(self, group: Sequence[Life], now: int) -> list[NeedToken]:
        """Ask for a token that a group needs, unless one was asked for already, or could not be had just now."""
        for life in group:
            life.trouble = self._trouble
        if self._asked is not None:
            return []
        if now < self._not_before:
            for life in group:  # one whose turn has come meanwhile waits like those who have asked
                life.queue(self._not_before)
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
        self._not_before = now + self._backoff.next()
        return self._not_before

    def went_out(self, group: Sequence[Life], now: int) -> None:
        """Note that a group was asked for."""
        first = group[0]
        if _cost(first):
            self._budget.spend(_cost(first) * len(group), now)
        if first.token is not None and first.req_id is not None and first.token != self._latest:
            self._shown.append((first.req_id, first.token))

    def accepted(self, now: int) -> None:
        """Note that Kraken has taken a subscription."""
        self._budget.accepted(now)

    def too_much(self, now: int) -> None:
        """Note that Kraken has refused one because there were too many."""
        self._budget.refused(now)

    def refused(self, req_id: int | None) -> Token | None:
        """Note that Kraken has refused the token of a request, or of the latest one; gives it, if it is still known."""
        for first, token in reversed(self._shown):
            if req_id is None or first <= req_id:
                self._refused = token
                return token
        return None

    @property
    def _latest(self) -> Token | None:
        return self._shown[-1][1] if self._shown else None

    def not_again(self, token: Token) -> None:
        """Have the next token be another one than this."""
        self._refused = token


def _cost(life: Life) -> int:
    """What it costs of the budget of level 3; other channels cost nothing of it."""
    return LEVEL3_COSTS[life.topic.depth or 10] if life.topic.channel == "level3" else 0
