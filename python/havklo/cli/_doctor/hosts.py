"""Checks of the way to each host: its name, and a connection to it with TLS."""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast, final
from urllib.parse import urlsplit

from havklo.cli._doctor.check import Check
from havklo.clock import Clock
from havklo.errors import ConfigurationError

__all__ = ["Host", "Lookup", "handshake", "hosts_of", "look_up", "name_check"]

_DAY: Final = 86_400
_SECOND: Final = 1_000_000_000
_EXPIRES_SOON: Final = 7  # days
_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_SECURE: Final = ("wss", "https")


@final
@dataclass(frozen=True, slots=True)
class Host:
    """Where one or several endpoints are.

    Attributes:
        name: The host's name.
        port: Its port.
        secure: Whether it is spoken to by TLS.
        roles: What it serves.
    """

    name: str
    port: int
    secure: bool
    roles: tuple[str, ...]

    def __str__(self) -> str:
        return self.name if self.port == _PORTS["wss" if self.secure else "ws"] else f"{self.name}:{self.port}"


@final
@dataclass(frozen=True, slots=True)
class Lookup:
    """What a name stands for.

    Attributes:
        addresses: Its addresses, as the system would try them.
        took_ns: How long the lookup took.
    """

    addresses: tuple[str, ...]
    took_ns: int


def hosts_of(endpoints: Mapping[Any, str]) -> list[Host]:
    """The hosts of a venue's endpoints, each once, in their order.

    Raises:
        ConfigurationError: An endpoint's address can't be one.
    """
    roles: dict[tuple[str, int, bool], list[str]] = {}
    for role, url in endpoints.items():
        try:
            parts = urlsplit(url)
            where = parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme in _SECURE
        except ValueError as error:
            raise ConfigurationError(f"{url!r} is no address", hint=str(error)) from error
        roles.setdefault(where, []).append(str(role))
    return [Host(name, port, secure, tuple(served)) for (name, port, secure), served in roles.items()]


async def look_up(host: Host, clock: Clock) -> Lookup:
    """Look a host's name up.

    It runs on a thread that nobody waits for at the end: the system's own patience can be half a minute, and can't be
    cut short.

    Raises:
        OSError: The name is not known, or nobody answers.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[Any]] = loop.create_future()

    def settle(result: Sequence[Any] | OSError) -> None:
        if not found.done():
            if isinstance(result, OSError):
                found.set_exception(result)
            else:
                found.set_result(result)

    def ask() -> None:
        result: Sequence[Any] | OSError
        try:
            result = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
        except OSError as error:
            result = error
        except UnicodeError:  # an empty part between two dots, or one of more than 63 letters
            result = socket.gaierror(socket.EAI_NONAME, "it is no host's name")
        with suppress(RuntimeError):  # the loop has ended: nobody is interested any more
            loop.call_soon_threadsafe(settle, result)

    began = clock.now()
    threading.Thread(target=ask, name="havklo-lookup", daemon=True).start()
    addresses = dict.fromkeys(str(row[4][0]) for row in await found)
    return Lookup(tuple(addresses), clock.now() - began)


def name_check(host: Host, lookup: Lookup) -> Check:
    """What a lookup has found."""
    first, *others = lookup.addresses
    more = f" and {len(others)} more" if others else ""
    took = lookup.took_ns / 1e6
    name, detail = f"DNS {host}", f"{first}{more}, {took:.1f} ms"
    figures = {"addresses": len(lookup.addresses), "took_ms": round(took, 3)}
    if host.name not in ("localhost", *lookup.addresses) and all(
        _leads_nowhere(address) for address in lookup.addresses
    ):
        advice = "a filter of names (in the router, a Pi-hole, the hosts file) hides this host: allow it there"
        return Check(name=name, outcome="fail", detail=detail, advice=advice, figures=figures)
    return Check(name=name, outcome="ok", detail=detail, figures=figures)


def _leads_nowhere(address: str) -> bool:
    """Whether it is what filters answer in place of an address: this machine, or none."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return parsed.is_loopback or parsed.is_unspecified


async def handshake(host: Host, lookup: Lookup, clock: Clock, context: ssl.SSLContext | None = None) -> Check:
    """Connect to a host, with TLS where it is used, and look at its certificate.

    Args:
        host: The host.
        lookup: Its addresses; they are tried in turn.
        clock: Tells how long it takes, and the date that the certificate is compared with.
        context: Whom to trust; the system's choice by default.

    Raises:
        OSError: No connection to any of the addresses (`ssl.SSLError` is one, too).
    """
    name = f"TLS {host}" if host.secure else f"TCP {host}"
    began = clock.now()
    writer = await _connect(host, lookup.addresses, (context or ssl.create_default_context()) if host.secure else None)
    took = (clock.now() - began) / 1e6
    try:
        secured = cast("ssl.SSLObject | None", writer.get_extra_info("ssl_object"))
        if secured is None:
            return _open_check(name, lookup, took)
        return _certificate_check(name, secured, took, clock.epoch_ns())
    finally:
        writer.transport.abort()  # no goodbye: some servers take their time with one


async def _connect(host: Host, addresses: Sequence[str], context: ssl.SSLContext | None) -> asyncio.StreamWriter:
    first: OSError | None = None
    for address in addresses:
        try:
            _, writer = await asyncio.open_connection(
                address, host.port, ssl=context, server_hostname=host.name if context else None
            )
        except OSError as error:
            first = first or error
        else:
            return writer
    raise first or OSError("no address")


def _open_check(name: str, lookup: Lookup, took: float) -> Check:
    """What is to be said of a connection without TLS."""
    figures = {"took_ms": round(took, 3)}
    if all(map(_leads_nowhere, lookup.addresses)):
        detail = f"{took:.1f} ms; no TLS, as is fine on this machine"
        return Check(name=name, outcome="ok", detail=detail, figures=figures)
    advice = "whoever is in between can read it all, and change it: use wss:// beyond this machine"
    return Check(name=name, outcome="warn", detail=f"{took:.1f} ms; no TLS", advice=advice, figures=figures)


def _certificate_check(name: str, secured: ssl.SSLObject, took: float, now_ns: int) -> Check:
    protocol, certificate = secured.version() or "no protocol", secured.getpeercert() or {}
    ends = cast("str", certificate.get("notAfter", ""))
    days = (ssl.cert_time_to_seconds(ends) - now_ns // _SECOND) // _DAY
    issuer = _issuer(certificate)
    figures = {"took_ms": round(took, 3), "protocol": protocol, "certificate_days": days, "issuer": issuer}
    detail = f"{protocol}, certificate by {issuer} for another {days} days, {took:.1f} ms"
    if days < _EXPIRES_SOON:
        advice = "they are renewed weeks before: if nobody knows of it, somebody may stand in between"
        return Check(name=name, outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name=name, outcome="ok", detail=detail, figures=figures)


def _issuer(certificate: Mapping[str, Any]) -> str:
    """The authority's name: its organisation, or what else it is called."""
    names = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    return str(names.get("organizationName") or names.get("commonName") or "an unnamed authority")
