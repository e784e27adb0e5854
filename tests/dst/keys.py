"""Who looks at a client's tokens and at what its level-3 subscriptions cost: the invariants of both."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, final

from dst.journal import Journal
from dst.virtual import SECOND

__all__ = ["Keys"]

_COSTS: Final = {10: 5, 100: 25, 1000: 100}
_BUDGET: Final = 200
_INVALID: Final = "ESession:Invalid session"
_TOO_MUCH: Final = "EAPI:Rate limit exceeded"
_OUTLASTS: Final = 60 * SECOND  # after so long nothing is still on a way that was dark


@final
class Keys:
    """Judges the tokens and the budget of one client, over all its connections.

    Args:
        name: What the client is called in a violation.
        journal: Where violations go.
        issued: When each token was handed out.

    Attributes:
        expired_at: When tokens were last ended from outside.
        dark_at: Until when its way was last dark: requests then arrive together that were sent apart.
    """

    def __init__(self, name: str, journal: Journal, issued: Mapping[str, int]) -> None:
        self.expired_at: deque[int] = deque(maxlen=100)
        self.dark_at = -_OUTLASTS
        self._name = name
        self._journal = journal
        self._issued = issued
        self._requests: dict[tuple[int, int], tuple[str, int]] = {}
        self._refused: dict[str, int] = {}
        self._costs: deque[tuple[int, int]] = deque()

    def asks(self, connection: int, payload: bytes, now: int) -> None:
        """Judge a request that the client sends."""
        if b'"token"' not in payload:
            return
        request = json.loads(payload)
        params = request["params"]
        token = params["token"]
        if request["method"] != "subscribe":
            return
        self._requests[connection, request["req_id"]] = token, now
        never_after_it_was_refused(self._journal, self._name, now, self._refused.get(token))
        self._costs.append((now, _COSTS[params["depth"]] * len(params["symbol"])))
        while self._costs[0][0] <= now - SECOND:
            self._costs.popleft()
        within_the_budget(self._journal, self._name, sum(cost for _, cost in self._costs))

    def hears(self, connection: int, frame: bytes, now: int) -> None:
        """Take note of an answer that has reached the client."""
        if b'"error"' not in frame:
            return
        try:
            answer: dict[str, Any] = json.loads(frame)
        except ValueError:
            return  # it was cut: to the client it is no answer
        if answer.get("method") != "subscribe":
            return
        token, sent_at = self._requests.get((connection, answer.get("req_id", -1)), ("", 0))
        if answer.get("error") == _INVALID and token:
            self._journal.counts["tokens refused"] += 1
            self._refused.setdefault(token, now)
            refused_for_a_reason(self._journal, self._name, self._issued[token], max(self.expired_at, default=-1))
        elif answer.get("error") == _TOO_MUCH:
            self._journal.counts["subscribes refused for their cost"] += 1
            never_too_dear(self._journal, self._name, peace=sent_at - self.dark_at)

    def may_fail(self, since: int) -> bool:
        """Whether a subscribe that began then may have failed for its token: twice refused, each time for a reason."""
        return sum(at >= since for at in self.expired_at) > 1


# -- the invariants


def never_after_it_was_refused(journal: Journal, name: str, now: int, refused_at: int | None) -> None:
    """A token that was refused is not shown again."""
    if refused_at is not None and now > refused_at:
        journal.violate("a refused token", f"{name} shows it again {(now - refused_at) / SECOND:.3f} s later")


def refused_for_a_reason(journal: Journal, name: str, issued: int, expired: int) -> None:
    """No token is shown that has grown too old: one that is refused was ended from outside."""
    if expired < issued:
        journal.violate("a token too old", f"{name} has had it since {issued / SECOND:.3f} s")


def within_the_budget(journal: Journal, name: str, cost: int) -> None:
    """No more is asked for within a second than level 3 may cost."""
    if cost > _BUDGET:
        journal.violate("over the budget", f"{cost} within a second, of {name}")


def never_too_dear(journal: Journal, name: str, *, peace: int) -> None:
    """The exchange has no reason to refuse for the cost what was asked for in time."""
    if peace > _OUTLASTS:
        journal.violate("refused for its cost", f"a subscribe of {name}")
