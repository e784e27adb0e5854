"""Whose requests they are: a connection's tokens, checked and kept alive."""

from collections import Counter
from typing import Final, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.keys import Permission
from havklo.sim.conversation.request import Params, RefusedError
from havklo.sim.conversation.services import Services
from havklo.sim.delivery.hub import Subscriber

__all__ = ["Session"]

_INVALID: Final = "ESession:Invalid session"
_DENIED: Final = "EGeneral:Permission denied"


@final
class Session:
    """The tokens that one connection uses.

    Args:
        services: Knows the tokens.
        subscriber: The connection.
    """

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        self._tokens = services.tokens
        self._number = subscriber.number
        self._held: Counter[str] = Counter()

    def account(
        self, params: Params, now_ns: int, permission: Permission = "websockets", **fields: object
    ) -> tuple[Account, str]:
        """Whose token a request has, and the token.

        Args:
            params: The request's parameters.
            now_ns: When it came.
            permission: What the token has to be good for.
            fields: What stands beside the error if there is one.

        Raises:
            RefusedError: There is no token, it is not good any more, or not good for this.
        """
        token = params.values.get("token")
        account = self._tokens.check(token, now_ns) if isinstance(token, str) else None
        if account is None or not isinstance(token, str):
            raise RefusedError(_INVALID, **fields)
        if not self._tokens.allows(token, permission):
            raise RefusedError(_DENIED, **fields)
        return account, token

    def hold(self, token: str) -> None:
        """A subscription keeps a token alive."""
        self._held[token] += 1
        self._tokens.hold(token, self._number)

    def release(self, token: str) -> None:
        """It does not any more."""
        self._held[token] -= 1
        if not self._held[token]:
            del self._held[token]
            self._tokens.release(token, self._number)

    def end(self) -> None:
        """The connection has ended."""
        self._held.clear()
        self._tokens.end(self._number)
