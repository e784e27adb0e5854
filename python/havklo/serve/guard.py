"""Who may ask the gateway: the token of this start, the page's origin, and the name that the host is called by.

A page of any site can send requests to 127.0.0.1, and a name can be made to lead there (DNS rebinding). So the
host has to be named by an address, by `localhost` or by the name it was started with, a page that opens a WebSocket
or posts has to be one of the gateway's own, and whoever wants more than files has to know the token. A browser shows
it once, in the link that was printed, and keeps it in a cookie that no script can read.
"""

import hmac
import re
import secrets
from ipaddress import ip_address
from typing import Final, final

from aiohttp import web

from havklo.errors import ConfigurationError
from havklo.serve.refusals import Refused

__all__ = ["Guard", "is_loopback"]

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::\d{1,5})?")
_FETCHED_BY_US: Final = frozenset({"same-origin", "none"})
_OPEN: Final = "open the link that havklo serve has printed, with its token"


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@final
class Guard:
    """Looks at requests before they are answered; its checks raise `Refused`.

    Args:
        host: The address that the gateway listens on.
        token: What has to be known, or None for a random one.

    Raises:
        ConfigurationError: The token can be guessed, or can't stand in an address.
    """

    def __init__(self, host: str, token: str | None = None) -> None:
        if token is not None and not _TOKEN.fullmatch(token):
            raise ConfigurationError(
                "a token is 16 to 128 letters, digits, - and _", hint="without --token there is a random one"
            )
        self.token: str = token or secrets.token_hex(20)
        self._host = host
        self._local = is_loopback(host)

    def __repr__(self) -> str:
        return f"<Guard of {self._host}>"

    def cookie(self, port: int) -> str:
        """The cookie's name: all ports of a host share their cookies."""
        return f"havklo_{port}"

    def check_host(self, request: web.Request) -> None:
        """Refuse a host that is called by a name which anybody may have made.

        Raises:
            Refused: It is.
        """
        found = _HOST.fullmatch(request.headers.get("Host", ""))
        if found is None or not self._is_ours(found[1] or found[2]):
            raise Refused(403, "this host is not called so", hint="use the address that havklo serve has printed")

    def check_origin(self, request: web.Request) -> None:
        """Refuse what a page of another origin has asked for; programs name none.

        Raises:
            Refused: It has.
        """
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{request.headers['Host']}":
            raise Refused(403, "a page of another origin has asked for this", hint=_OPEN)
        if origin is None and request.headers.get("Sec-Fetch-Site", "none") not in _FETCHED_BY_US:
            raise Refused(403, "a page of another site has asked for this", hint=_OPEN)

    def check_token(self, request: web.Request, port: int) -> None:
        """Refuse whoever does not know the token: from the address, a header, or the cookie.

        Raises:
            Refused: It is missing or wrong.
        """
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        given = (
            request.query.get("token"),
            bearer if scheme.lower() == "bearer" else None,
            request.cookies.get(self.cookie(port)),
        )
        shown = [each for each in given if each]
        if not any(self.is_token(each) for each in shown):
            word = "is not the one of this start" if shown else "is missing"
            raise Refused(401, f"the token {word}", hint=_OPEN)

    def is_token(self, text: str) -> bool:
        """Whether a text is the token; equally quick for all that are not."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def _is_ours(self, name: str) -> bool:
        if name in ("localhost", self._host):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._local
