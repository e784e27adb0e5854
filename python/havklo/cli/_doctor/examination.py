"""All checks, one after the other: each begins only when what it stands on is known to hold."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, final

from havklo._rest.rest import SystemStatus
from havklo.cli._doctor import machine
from havklo.cli._doctor.check import Check, failed, guarded, skipped
from havklo.cli._doctor.clocks import clock_check, estimate, measure
from havklo.cli._doctor.engine import engine
from havklo.cli._doctor.exchange import Conversation, converse, ping_check, socket_check, state_check
from havklo.cli._doctor.hosts import Host, Lookup, handshake, hosts_of, look_up, name_check
from havklo.clock import Clock
from havklo.errors import HavkloError
from havklo.venues import Venue

__all__ = ["Examination", "Subject", "Ways"]

_SECOND: Final = 1_000_000_000


class Ways(Protocol):
    """What the checks ask by REST."""

    async def server_time(self) -> int:
        """The server's time in epoch nanoseconds, rounded down to a second."""
        ...

    async def system_status(self) -> SystemStatus:
        """What the exchange says about itself."""
        ...


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is examined, and by which means.

    Attributes:
        venue: The venue, entered.
        rest: Its REST interface; None if it has none.
        wall: The local clock that is judged, in epoch nanoseconds.
        environment: Where the credentials are looked for.
        token: Fetches a token for the private endpoints, and says for how many seconds it may be used first; None
            unless that was asked for.
        patience: For how many seconds one step of the network is waited for.
        look_up: Looks a host's name up.
        handshake: Connects to a host.
        converse: Talks to the public endpoint.
    """

    venue: Venue
    rest: Ways | None
    wall: Callable[[], int]
    environment: Mapping[str, str] = field(repr=False)
    token: Callable[[], Awaitable[float]] | None = None
    patience: float = 5.0
    look_up: Callable[[Host, Clock], Awaitable[Lookup]] = look_up
    handshake: Callable[[Host, Lookup, Clock], Awaitable[Check]] = handshake
    converse: Callable[[Venue, Callable[[], int]], Awaitable[Conversation]] = converse


@final
class Examination:
    """One run through all checks.

    Args:
        subject: What is examined.

    Attributes:
        checks: What was found, as far as it has come.
        addresses: The addresses of each host.
        offset_ns: How far the server's clock is ahead, if that is known.
        connected: Whether the public endpoint has been talked to.
    """

    def __init__(self, subject: Subject) -> None:
        self.checks: list[Check] = []
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.offset_ns: int | None = None
        self.connected = False
        self._subject = subject
        self._clock = subject.venue.clock
        self._closed: dict[str, str] = {}  # by role: the check that says why there is no way to it

    async def run(self) -> AsyncIterator[Check]:
        """Give each check as soon as it has been made."""
        for part in (self._machine, self._network, self._rest, self._socket, self._credentials):
            async for check in part():
                self.checks.append(check)
                yield check

    async def _machine(self) -> AsyncIterator[Check]:
        yield machine.versions()
        yield machine.python()
        yield machine.operating_system()
        yield engine()
        yield await machine.event_loop(self._clock)

    async def _network(self) -> AsyncIterator[Check]:
        hosts = hosts_of(self._subject.venue.endpoints)
        lookups: dict[Host, Lookup] = {}
        for host, found in zip(hosts, await asyncio.gather(*map(self._look_up, hosts)), strict=True):
            check = found if isinstance(found, Check) else name_check(host, found)
            if isinstance(found, Lookup):
                self.addresses[host.name] = found.addresses
            if isinstance(found, Lookup) and check.outcome != "fail":
                lookups[host] = found
            else:
                self._close(host.roles, check.name)
            if check.outcome == "fail" or not _is_address(host.name):
                yield check
        checks = await asyncio.gather(*map(self._handshake, lookups, lookups.values()))
        for check, host in zip(checks, lookups, strict=True):
            if check.outcome == "fail":
                self._close(host.roles, check.name)
            yield check

    async def _look_up(self, host: Host) -> Lookup | Check:
        try:
            async with asyncio.timeout(self._subject.patience):
                return await self._subject.look_up(host, self._clock)
        except TimeoutError:
            return failed(f"DNS {host}", TimeoutError(f"no answer within {self._subject.patience:g} s"))
        except OSError as error:
            return failed(f"DNS {host}", error)

    async def _handshake(self, host: Host, lookup: Lookup) -> Check:
        name = f"TLS {host}" if host.secure else f"TCP {host}"
        return await guarded(name, self._subject.handshake(host, lookup, self._clock), self._subject.patience)

    async def _rest(self) -> AsyncIterator[Check]:
        rest, patience = self._subject.rest, self._subject.patience
        if rest is None or "rest" in self._closed:
            why = "there is no REST endpoint" if rest is None else f"{self._closed['rest']} has failed"
            yield skipped("clock", why)
            yield skipped("status", why)
            return
        yield await guarded("clock", self._compare_clocks(rest), 2 * patience)
        yield await guarded("status", _state_of(rest), patience)

    async def _compare_clocks(self, rest: Ways) -> Check:
        samples = await measure(rest.server_time, _SECOND, self._clock, self._subject.wall)
        offset = estimate(samples)
        self.offset_ns = offset.ns
        return clock_check(offset)

    async def _socket(self) -> AsyncIterator[Check]:
        if "public" in self._closed:
            for name in ("WebSocket", "ping"):
                yield skipped(name, f"{self._closed['public']} has failed")
            return
        patience = 3 * self._subject.patience
        try:
            async with asyncio.timeout(patience):
                heard = await self._subject.converse(self._subject.venue, self._subject.wall)
        except TimeoutError:
            yield failed("WebSocket", TimeoutError(f"no answer within {patience:g} s"))
        except (HavkloError, OSError) as error:
            yield failed("WebSocket", error)
        else:
            for check in self._after(heard):
                yield check

    def _after(self, heard: Conversation) -> Iterable[Check]:
        opened = socket_check(heard)
        yield opened
        if opened.outcome == "fail":
            yield skipped("ping", "WebSocket has failed")
            return
        self.connected = True
        yield ping_check(heard)
        yield state_check(heard.system or "", heard.upcoming, heard.emergency, name="status by WebSocket")
        if heard.offset is not None:
            # Its stamps have microseconds: it knows more than REST, which has seconds.
            self.offset_ns = heard.offset.ns
            yield clock_check(heard.offset, "clock by ping")

    async def _credentials(self) -> AsyncIterator[Check]:
        found = machine.credentials(self._subject.environment)
        yield found
        if self._subject.token is None:
            return
        if "rest" in self._closed:
            yield skipped("token", f"{self._closed['rest']} has failed")
            return
        yield await guarded("token", _token_check(self._subject.token), self._subject.patience)

    def _close(self, roles: Iterable[str], name: str) -> None:
        for role in roles:
            self._closed.setdefault(role, name)


async def _state_of(rest: Ways) -> Check:
    state = await rest.system_status()
    return state_check(state.status, state.upcoming_maintenance, state.emergency)


async def _token_check(fetch: Callable[[], Awaitable[float]]) -> Check:
    seconds = await fetch()
    detail = f"fetched, good for {seconds:g} s; the key may use WebSockets"
    return Check(name="token", outcome="ok", detail=detail, figures={"expires_s": seconds})


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False
