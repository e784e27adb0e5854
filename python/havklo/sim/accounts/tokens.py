"""WebSocket tokens: good for some minutes, and then for as long as a connection makes use of them."""

import random
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, final

from havklo.sim.accounts.keys import ALL, Permission

if TYPE_CHECKING:
    from havklo.sim.accounts.account import Account

__all__ = ["Tokens"]

_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Token:
    owner: "Account"
    permissions: frozenset[Permission]
    until: int
    holders: set[int] = field(default_factory=set[int])


@final
class Tokens:
    """All tokens of an exchange.

    Args:
        seed: Same seed, same tokens.
        seconds: For how long one may be used first.
    """

    def __init__(self, seed: int, seconds: int = 900) -> None:
        self.seconds = seconds
        self._rng = random.Random(f"{seed} tokens")
        self._tokens: dict[str, _Token] = {}

    def __repr__(self) -> str:
        return f"<Tokens {len(self._tokens)}>"

    def issue(self, account: "Account", now_ns: int, permissions: Collection[Permission] = ALL) -> str:
        """A new token; it carries the permissions of the key that asked for it."""
        for text in [text for text in self._tokens if not self._alive(text, now_ns)]:
            del self._tokens[text]
        text = b64encode(self._rng.randbytes(32)).decode().rstrip("=")
        self._tokens[text] = _Token(account, frozenset(permissions), now_ns + self.seconds * _SECOND)
        return text

    def check(self, token: str, now_ns: int) -> "Account | None":
        """Whose token it is, or None if it is not good (any more)."""
        return self._tokens[token].owner if self._alive(token, now_ns) else None

    def allows(self, token: str, permission: Permission) -> bool:
        """Whether the token may be used for something."""
        return token in self._tokens and permission in self._tokens[token].permissions

    def hold(self, token: str, connection: int, *, counts: bool = True) -> None:
        """A connection has a private subscription with this token, which keeps the token alive.

        Args:
            token: Which token.
            connection: The connection's number.
            counts: Whether this subscription keeps tokens alive; if not, nothing happens. Nobody knows
                whether level3 does: see `Rules.level3_keeps_token`.
        """
        if counts and token in self._tokens:
            self._tokens[token].holders.add(connection)

    def release(self, token: str, connection: int) -> None:
        """A connection has no private subscription with this token any more."""
        if token in self._tokens:
            self._tokens[token].holders.discard(connection)

    def end(self, connection: int) -> None:
        """A connection is gone."""
        for token in self._tokens.values():
            token.holders.discard(connection)

    def expire(self, account: "Account | None" = None) -> None:
        """End all tokens of an account, or all there are; in use or not."""
        kept = {} if account is None else self._tokens
        self._tokens = {text: token for text, token in kept.items() if token.owner is not account}

    def _alive(self, text: str, now_ns: int) -> bool:
        token = self._tokens.get(text)
        return token is not None and (now_ns < token.until or bool(token.holders))
