"""Who may connect, and how fast requests may come; the door can be shut on demand."""

import json
from collections import deque
from typing import Final, NamedTuple, final

from havklo.clock import Clock
from havklo.sim.delivery.faults import Faults
from havklo.sim.delivery.kinds import Role
from havklo.sim.delivery.link import Link, Outlet
from havklo.sim.rules import Rules

__all__ = ["Door", "Refusal"]

_SECOND: Final = 1_000_000_000
_BANNED: Final = 429
_UNAVAILABLE: Final = 503


class Refusal(NamedTuple):
    """The answer to an attempt that is not let in: an HTTP status, and the seconds until it is worth another."""

    status: int
    seconds: int


@final
class Door:
    """Lets connections in, and shows each its way.

    Like Cloudflare in front of Kraken it counts the attempts of each address in a sliding window, and bans an
    address that has made too many. What is refused for another reason counts; what is refused because of the
    ban does not.

    Args:
        faults: May shut it.
        clock: Whose time counts.
        rules: How many attempts are too many.
    """

    def __init__(self, faults: Faults, clock: Clock, rules: Rules) -> None:
        self._faults = faults
        self._clock = clock
        self._rules = rules
        self._attempts: dict[str, deque[int]] = {}
        self._bans: dict[str, int] = {}
        self._paid_until: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<Door {len(self._bans)} banned>"

    def knock(self, address: str, role: Role) -> Refusal | None:
        """An attempt to connect; None: come in."""
        now = self._clock.now()
        until = self._bans.get(address, 0)
        if until <= now and self._is_one_too_many(address, now):
            until = self._bans[address] = now + round(self._rules.ban_seconds * _SECOND)
        if until > now:
            return Refusal(_BANNED, _seconds(until - now))
        self._bans.pop(address, None)
        order = self._faults.at_door(role)
        if order is None:
            return None
        self._faults.happened(order, role=role, until=order.until)
        wait = _seconds(order.until - now) if order.until is not None else 1
        return Refusal(_BANNED if order.kind == "ban" else _UNAVAILABLE, wait)

    def enter(self, number: int, role: Role, outlet: Outlet) -> Link:
        """A connection is open: here is its way."""
        return self._faults.enter(number, role, outlet)

    def leave(self, number: int) -> None:
        """A connection has ended."""
        self._paid_until.pop(number, None)
        self._faults.forget(number)

    def refusal(self, link: Link, request: bytes) -> bytes | None:
        """The answer to a request that is one too many, or None: it may be carried out."""
        order = self._faults.at_request(link)
        if order is None and not self._is_too_fast(link.number):
            return None
        answer = json.dumps({"Error": self._rules.texts.msg_rate}, separators=(",", ":")).encode()
        if order is not None:
            self._faults.happened(order, link, frame=request, sent=(answer,), until=order.until)
        return answer

    def _is_one_too_many(self, address: str, now: int) -> bool:
        """Count an attempt."""
        if self._rules.connects is None:
            return False
        attempts = self._attempts.setdefault(address, deque())
        while attempts and attempts[0] <= now - self._rules.connects_seconds * _SECOND:
            attempts.popleft()
        if len(attempts) >= self._rules.connects:
            attempts.clear()
            return True
        attempts.append(now)
        return False

    def _is_too_fast(self, number: int) -> bool:
        """Count a request: each pays for its share of a second, and nobody pays more than a second ahead."""
        if self._rules.requests is None:
            return False
        now, price = self._clock.now(), round(_SECOND / self._rules.requests)
        paid_until = max(now, self._paid_until.get(number, 0)) + price
        if paid_until > now + max(_SECOND, price):
            return True
        self._paid_until[number] = paid_until
        return False


def _seconds(duration: int) -> int:
    """Whole seconds, rounded up."""
    return -(-duration // _SECOND)
