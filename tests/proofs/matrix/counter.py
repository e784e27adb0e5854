"""Where tokens are had: the simulated Kraken's REST interface, as far away as everything else, and closed on demand."""

from typing import TYPE_CHECKING, Final, final

import msgspec

from havklo._rest.calls import Answer, Call
from havklo._rest.rest import Rest
from havklo._rest.tokens import Tokens
from havklo.errors import RestUnreachable

if TYPE_CHECKING:
    import random

    from havklo import Client, Credentials
    from havklo.clock import ManualClock
    from havklo.sim.rest.rest import Rest as FarRest

__all__ = ["Counter", "get_tokens_from"]

_SECOND: Final = 1_000_000_000


@final
class Counter:
    """Carries REST requests in virtual time, in the place of aiohttp.

    Args:
        rest: Who answers.
        clock: The time.
        chance: Draws delays.
        round_trip: How long an answer takes, in seconds, between two bounds.

    Attributes:
        closed_until: Nobody answers until then, on the monotonic clock.
        asked: How many requests there were.
    """

    def __init__(
        self, rest: "FarRest", clock: "ManualClock", chance: "random.Random", round_trip: tuple[float, float]
    ) -> None:
        self.closed_until = 0
        self.asked = 0
        self._rest = rest
        self._clock = clock
        self._random = chance
        self._round_trip = round_trip

    async def perform(self, call: Call) -> Answer:
        """Make a request.

        Raises:
            RestUnreachable: It is closed.
        """
        self.asked += 1
        await self._clock.sleep(self._random.uniform(*self._round_trip))
        if self._clock.now() < self.closed_until:
            raise RestUnreachable(call.name, "nobody answers", sent=False)
        path, now_ns = call.name.partition(" ")[2], self._clock.epoch_ns()
        status, body = self._rest.handle(call.method, path, call.headers(), {}, call.body() or b"", now_ns)
        return Answer(status, msgspec.Raw(body), "")

    async def close(self) -> None:
        """Do nothing: there are no sockets."""


@final
class _Nonces:
    """Nonces by the time that the exchange has, too, without a file."""

    def __init__(self, clock: "ManualClock") -> None:
        self._clock = clock
        self._last = 0

    async def next(self, _fingerprint: str) -> int:
        """Give the next one."""
        self._last = max(self._last + 1, self._clock.epoch_ns())
        return self._last


def get_tokens_from(counter: Counter, kraken: "Client", credentials: "Credentials") -> None:
    """Let a client have its tokens here; all of it is the real thing but the socket and the file of nonces."""
    access, venue = kraken._access, kraken.venue
    rest = Rest(venue.endpoint("rest"), venue.clock, nonces=_Nonces(counter._clock))  # type: ignore[arg-type]
    rest._http = counter  # type: ignore[assignment]
    access._rest, access._tokens = rest, Tokens(rest, credentials, venue.clock)
