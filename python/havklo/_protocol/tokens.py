"""When a WebSocket token may still be used, and when another one has to be fetched."""

from typing import Final, final

from havklo._protocol.secret import Secret

__all__ = ["INVALID_SESSION", "Token", "TokenState", "may_resend"]

_SECOND: Final = 1_000_000_000
_MAX_AGE: Final = 600 * _SECOND

INVALID_SESSION: Final = "ESession:Invalid session"
"""Kraken's words for a token that is not good."""


@final
class Token(Secret):
    """A WebSocket token. It is a secret: who has it can trade, so only `reveal` gives its text."""

    __slots__ = ()


@final
class TokenState:
    """What is known of the token of one key.

    A token may begin a subscription or a connection while it is younger than ten minutes, or than two thirds of its
    life if that is less: Kraken's last fifteen. It stays good after that for as long as a private subscription makes
    use of it, and nobody asks here about those.
    """

    def __init__(self) -> None:
        self._token: Token | None = None
        self._until = 0

    def __repr__(self) -> str:
        return "<TokenState without a token>" if self._token is None else "<TokenState with a token>"

    def usable(self, now: int) -> Token | None:
        """Give the token that may begin something now, or None: then one has to be fetched."""
        if self._token is not None and now >= self._until:
            self._token = None
        return self._token

    def fetched(self, token: Token, asked: int, expires_in: float) -> None:
        """Take a new token.

        Args:
            token: The token.
            asked: When the request for it was sent, in monotonic nanoseconds; it is not older than that.
            expires_in: For how many seconds Kraken says that it may be used first.
        """
        self._token = token
        self._until = asked + min(_MAX_AGE, int(expires_in * _SECOND) * 2 // 3)

    def refused(self, token: Token) -> None:
        """Note that Kraken has refused a token; nothing changes if another one has been fetched since."""
        if self._token == token:
            self._token = None


def may_resend(error: str, attempt: int) -> bool:
    """Whether a refused request is sent again with a fresh token: once, and only if it was refused for its token.

    Args:
        error: Kraken's words.
        attempt: Which attempt was refused, from 1.
    """
    return error == INVALID_SESSION and attempt == 1
