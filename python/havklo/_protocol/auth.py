"""How a request to Kraken's REST API is signed; the signed request shows nothing of its secrets."""

import binascii
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NoReturn, SupportsIndex, TypeAlias, final
from urllib.parse import urlencode

from havklo._protocol.secret import Secret
from havklo.errors import ConfigurationError

__all__ = ["NONCE_MAX", "Param", "SignedRequest", "fields", "form", "next_nonce", "sign", "signed"]

NONCE_MAX: Final = 2**64 - 1
"""The highest nonce there can be."""

Param: TypeAlias = str | int | Decimal
"""What a form's field may be; a bool is written as true or false."""


@final
class SignedRequest:
    """A request with its signature; only `body` and `headers` give what is in it."""

    __slots__ = ("_body", "_headers", "path")

    _body: Callable[[], bytes]
    _headers: Callable[[], dict[str, str]]

    def __init__(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.path: str = path
        self._body = lambda: body
        self._headers = lambda: dict(headers)

    def __repr__(self) -> str:
        return f"<SignedRequest {self.path}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise ConfigurationError("a signed request can't be copied or pickled: it is good once")

    def body(self) -> bytes:
        """Give the form, to be sent exactly so."""
        return self._body()

    def headers(self) -> dict[str, str]:
        """Give the headers that carry the key and the signature."""
        return self._headers()


def next_nonce(now_ns: int, last: int) -> int:
    """Give the nonce after `last`: the time, or one more than it if that is not above it.

    Nanoseconds are the finest unit in use. So a key that another program has used before, whatever unit it counts
    in, goes on working here.

    Args:
        now_ns: Nanoseconds since 1970.
        last: The highest nonce so far.
    """
    return max(now_ns, last + 1)


def fields(params: Mapping[str, Param]) -> list[tuple[str, str]]:
    """Write a request's parameters as the texts that a form or a query has.

    Raises:
        ConfigurationError: A parameter that can't be: a float, or one that is not the caller's to set.
    """
    return [(name, _field(name, value)) for name, value in params.items()]


def form(nonce: str, params: Mapping[str, Param], otp: Secret | None = None) -> bytes:
    """Write a request's form, as it is signed and sent: the nonce first, the one-time password last.

    Raises:
        ConfigurationError: A parameter that can't be.
    """
    written = [("nonce", nonce), *fields(params)]
    return urlencode(written if otp is None else [*written, ("otp", otp.reveal())]).encode()


def sign(secret: bytes, path: str, nonce: str, body: bytes) -> str:
    """Give the API-Sign header of a request.

    Args:
        secret: The key's secret, decoded from base64.
        path: From /0/ on, such as /0/private/GetWebSocketsToken.
        nonce: The nonce that stands in the body.
        body: The form, exactly as it is sent.
    """
    digest = hashlib.sha256(nonce.encode() + body).digest()
    return b64encode(hmac.digest(secret, path.encode() + digest, "sha512")).decode()


def signed(
    key: Secret, secret: Secret, path: str, nonce: int, params: Mapping[str, Param], *, otp: Secret | None = None
) -> SignedRequest:
    """Sign a request.

    Args:
        key: What Kraken knows the key by.
        secret: What belongs to it, as base64.
        path: From /0/ on.
        nonce: Higher than all before it.
        params: The form's other fields.
        otp: The one-time password, if the key wants one.

    Raises:
        ConfigurationError: A parameter that can't be.
    """
    body = form(str(nonce), params, otp)
    # From here on nothing fails, so that no traceback shows this frame.
    signature = sign(binascii.a2b_base64(secret.reveal()), path, str(nonce), body)
    return SignedRequest(path, body, {"API-Key": key.reveal(), "API-Sign": signature})


def _field(name: str, value: object) -> str:
    if name in {"nonce", "otp"}:
        raise ConfigurationError(f"{name} is no parameter of a request: it is added when the request is signed")
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case _:
            raise ConfigurationError(
                f"{name} can't be {value!r}", hint="a field is text, a whole number, a finite Decimal, or true or false"
            )
