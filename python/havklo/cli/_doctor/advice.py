"""Says in words what a failed lookup, connection, handshake or request means, and what to do about it."""

import errno
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple

from havklo.errors import HavkloError

__all__ = ["Reason", "explain"]


class Reason(NamedTuple):
    """Why something failed.

    Attributes:
        detail: What happened.
        advice: What to do about it.
    """

    detail: str
    advice: str


_NETWORK: Final = "check this machine's network, VPN and firewall; --venue sim needs none of them"
_FIREWALL: Final = "a firewall or a proxy in between lets nothing through; Havklo connects directly, to port 443"
_CLOCK: Final = "check this machine's date and time first: a certificate is only valid between its dates"
_INTERCEPTED: Final = (
    "something between this machine and the server (a company's proxy, a virus scanner) answers in its place: "
    "ask who runs it, or connect from elsewhere"
)
_CERTIFICATES: Final = (
    "this Python does not know the authority that signed it: install the system's ca-certificates, on macOS run "
    "Python's 'Install Certificates.command'; a company's proxy shows itself in the same way"
)

# OpenSSL's numbers for what a certificate was refused for (X509_V_ERR_...).
_REFUSED: Final[Mapping[int, Reason]] = {
    9: Reason("the certificate is not valid yet", _CLOCK),
    10: Reason("the certificate has expired", _CLOCK),
    18: Reason("the certificate is signed by itself", _INTERCEPTED),
    19: Reason("the certificate's authority is signed by itself and unknown here", _INTERCEPTED),
    20: Reason("the certificate's authority is unknown here", _CERTIFICATES),
    21: Reason("the certificate's authority can't be verified", _CERTIFICATES),
    62: Reason("the certificate is another host's", _INTERCEPTED),
}

# The reasons of OpenSSL by which a handshake fails before there is a certificate.
_HANDSHAKE: Final[Mapping[str, Reason]] = {
    "WRONG_VERSION_NUMBER": Reason(
        "the answer is not TLS",
        "a proxy or a login page of the network answers, or the port serves no TLS: then the address begins with ws://",
    ),
    "UNSUPPORTED_PROTOCOL": Reason(
        "no version of TLS in common", "TLS 1.2 or later is needed: update Python and its OpenSSL"
    ),
    "TLSV1_ALERT_PROTOCOL_VERSION": Reason(
        "no version of TLS in common", "TLS 1.2 or later is needed: update Python and its OpenSSL"
    ),
    "TLSV1_UNRECOGNIZED_NAME": Reason("the server does not serve this name", "check the address"),
}

_LOOKUP: Final[Mapping[int, Reason]] = {
    socket.EAI_NONAME: Reason(
        "the name is not known",
        "check the address, this machine's network and its DNS; --venue sim needs none of them",
    ),
    socket.EAI_AGAIN: Reason("no name server answers", _NETWORK),
    socket.EAI_FAIL: Reason("the name server failed", "try another name server, such as the router's or 1.1.1.1"),
}

_SYSTEM: Final[Mapping[int, Reason]] = {
    errno.ECONNREFUSED: Reason(
        "nobody listens there", "check the address and the port; is the server, such as `havklo sim`, running?"
    ),
    errno.ENETUNREACH: Reason("the network can't be reached", _NETWORK),
    errno.EHOSTUNREACH: Reason("the host can't be reached", _NETWORK),
    errno.ECONNRESET: Reason("the connection was cut", _FIREWALL),
    errno.EPIPE: Reason("the connection was cut", _FIREWALL),
    errno.ETIMEDOUT: Reason("no answer came", _FIREWALL),
}

# What Kraken's REST and WebSocket interfaces answer; the first that occurs in the text counts.
_KRAKEN: Final[Mapping[str, Reason]] = {
    "EAPI:Invalid key": Reason(
        "Kraken does not know this key", "check it against Kraken's settings: it may be another account's, or deleted"
    ),
    "EAPI:Invalid signature": Reason(
        "the signature is wrong", "the secret does not belong to this key: copy both again"
    ),
    "EAPI:Invalid nonce": Reason(
        "the nonce is too low",
        "another program with this key uses higher ones (in microseconds, say), or this machine's clock went back: "
        "give each program a key of its own, or the key a nonce window",
    ),
    "EGeneral:Permission denied": Reason(
        "the key may not do this", "give it 'Access WebSockets API' in Kraken's settings; check its list of addresses"
    ),
    "EGeneral:Temporary lockout": Reason(
        "the key is locked out for now", "too many refused requests: stop all that uses the key, wait 15 minutes"
    ),
    "EAPI:Rate limit exceeded": Reason("too many requests", "wait a minute, and see what else uses this account"),
    "EService:": Reason("Kraken's service is not available now", "see https://status.kraken.com"),
    "HTTP 404": Reason(
        "there is no such endpoint (HTTP 404)", "check the address: those of Kraken's version 2 end in /v2"
    ),
    "HTTP 403": Reason("the server refuses this machine (HTTP 403)", "its address may be blocked: try another network"),
    "HTTP 429": Reason(
        "too many connections from this address (HTTP 429)",
        "Kraken allows about 150 attempts in 10 minutes and then bans for 10: wait, and see what else connects",
    ),
    "HTTP 5": Reason("the server is out of order", "see https://status.kraken.com, and try again later"),
}

_BY_TEXT: Final = re.compile("|".join(map(re.escape, _KRAKEN)))


def explain(error: BaseException) -> Reason:
    """Say what an error means.

    The error itself is asked, and then what has caused it, down to the first cause: libraries wrap the system's errors.

    Returns:
        What happened, and what to do about it.
    """
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in chain:
        chain.append(each)
        each = each.__cause__ or each.__context__
    for link in reversed(chain):
        known = _known(link)
        if known is not None:
            return known
    if isinstance(error, HavkloError):
        return Reason(error.message, error.hint or _NETWORK)
    return Reason(_words(error), _NETWORK)


def _known(error: BaseException) -> Reason | None:
    reason = None
    if isinstance(error, ssl.SSLError):
        reason = _of_tls(error)
    elif isinstance(error, socket.gaierror):
        reason = _LOOKUP.get(error.errno or 0) or Reason(f"the name can't be looked up: {_words(error)}", _NETWORK)
    elif isinstance(error, TimeoutError):
        reason = Reason(str(error) or "no answer in time", _FIREWALL)
    elif isinstance(error, OSError) and error.errno in _SYSTEM:
        reason = _SYSTEM[error.errno]
    elif said := _BY_TEXT.search(str(error)):
        reason = _KRAKEN[said.group()]
    return reason


def _of_tls(error: ssl.SSLError) -> Reason:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _REFUSED.get(error.verify_code)
        return reason or Reason(f"the certificate was refused: {error.verify_message}", _INTERCEPTED)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Reason("the connection was cut during the TLS handshake", _FIREWALL)
    reason = _HANDSHAKE.get(error.reason or "")
    return reason or Reason(f"the TLS handshake failed: {_words(error)}", _INTERCEPTED)


def _words(error: BaseException) -> str:
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return " ".join(words.split()) or type(error).__name__
