"""API keys, and the check of a signed request.

A request carries its key in `API-Key` and in `API-Sign` the base64 of an HMAC-SHA512, made with the key's
secret, of the path followed by the SHA-256 of nonce and body.
"""

import hashlib
import hmac
import random
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Literal, Self, final, get_args
from urllib.parse import parse_qs

from havklo.errors import ConfigurationError

__all__ = ["ALL", "ApiKey", "KeyCheck", "Permission", "Refused", "sign"]

Permission = Literal[
    "websockets", "query-orders", "query-closed-orders", "create-orders", "cancel-orders", "query-funds"
]

ALL: Final[frozenset[Permission]] = frozenset(get_args(Permission))
"""Every permission."""

_NONCE: Final = re.compile(r"[0-9]{1,20}")
_NONCE_MAX: Final = 2**64 - 1
_SECOND: Final = 1_000_000_000


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """One API key.

    Attributes:
        key: What requests name it by: 56 characters.
        secret: What signs them: 64 bytes as base64.
        account: The number of the account.
        permissions: What it may be used for.
        nonce_window: By how much a nonce may be behind the highest one so far.
    """

    key: str
    secret: str = field(repr=False)
    account: int
    permissions: frozenset[Permission]
    nonce_window: int

    @classmethod
    def generate(cls, seed: str, account: int, permissions: Collection[Permission], nonce_window: int) -> Self:
        """The key that belongs to a seed.

        Raises:
            ConfigurationError: A permission that does not exist, or a negative window.
        """
        unknown = set(permissions) - ALL
        if unknown:
            raise ConfigurationError(
                f"{min(unknown)!r} is not a permission", hint=f"there are {', '.join(sorted(ALL))}"
            )
        if nonce_window < 0:
            raise ConfigurationError(f"a nonce window is 0 or more, not {nonce_window}")
        rng = random.Random(seed)
        return cls(
            key=b64encode(rng.randbytes(42)).decode(),
            secret=b64encode(rng.randbytes(64)).decode(),
            account=account,
            permissions=frozenset(permissions),
            nonce_window=nonce_window,
        )


def sign(secret: str, path: str, nonce: str, body: bytes) -> str:
    """The API-Sign header of a request."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    return b64encode(hmac.digest(b64decode(secret), path.encode() + digest, "sha512")).decode()


@final
class Refused(Exception):
    """A request is answered with an error; its text is Kraken's."""


@final
class KeyCheck:
    """Who a signed request comes from, and whether it may be answered.

    Args:
        find: Finds an API key.
        lockout_after: After how many refusals in a row a key is locked out; None: never.
        lockout_seconds: For how long then.
    """

    def __init__(
        self, find: Callable[[str], ApiKey | None], *, lockout_after: int | None = None, lockout_seconds: int = 900
    ) -> None:
        self._find = find
        self._lockout_after = lockout_after
        self._lockout_ns = lockout_seconds * _SECOND
        self._nonces: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._locked: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<KeyCheck {len(self._nonces)} keys seen>"

    def check(self, path: str, key: str, signature: str, body: bytes, permission: Permission, now_ns: int) -> ApiKey:
        """Check a request.

        Args:
            path: The path that was signed, like /0/private/Balance.
            key: The header API-Key.
            signature: The header API-Sign.
            body: The form, exactly as it was sent.
            permission: What the request needs.
            now_ns: When it arrives.

        Raises:
            Refused: Why it is not answered.
        """
        if now_ns < self._locked.get(key, 0):
            raise Refused("EGeneral:Temporary lockout")
        try:
            known = self._authenticate(path, key, signature, body)
        except Refused:
            self._failed(key, now_ns)
            raise
        self._failures.pop(key, None)
        if permission not in known.permissions:
            raise Refused("EGeneral:Permission denied")
        return known

    def _authenticate(self, path: str, key: str, signature: str, body: bytes) -> ApiKey:
        known = self._find(key)
        if known is None:
            raise Refused("EAPI:Invalid key")
        nonce = parse_qs(body.decode("utf-8", "replace")).get("nonce", [""])[0]
        if not _NONCE.fullmatch(nonce) or int(nonce) > _NONCE_MAX:
            raise Refused("EAPI:Invalid nonce")
        # A forged request must not use up a nonce, so the signature comes before the comparison.
        expected = sign(known.secret, path, nonce, body)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise Refused("EAPI:Invalid signature")
        highest = self._nonces.get(key)
        if highest is not None and int(nonce) <= highest - known.nonce_window:
            raise Refused("EAPI:Invalid nonce")
        self._nonces[key] = max(int(nonce), highest or 0)
        return known

    def _failed(self, key: str, now_ns: int) -> None:
        if self._lockout_after is None:
            return
        self._failures[key] = self._failures.get(key, 0) + 1
        if self._failures[key] >= self._lockout_after:
            del self._failures[key]
            self._locked[key] = now_ns + self._lockout_ns
