"""Where a client has its tokens: the exchange's REST interface in virtual time, with troubles of its own."""

import asyncio
from typing import TYPE_CHECKING, Final, Literal, final

import msgspec

from dst.virtual import SECOND, VirtualClock
from havklo._rest.calls import Answer, Call
from havklo._rest.rest import Rest
from havklo._rest.tokens import Tokens
from havklo.errors import RestUnreachable

if TYPE_CHECKING:
    from dst.network import Network
    from havklo import Client, Credentials

__all__ = ["Counter", "Trouble"]

Trouble = Literal["closed", "silent", "unavailable", "too many", "locked out", "busy"]

_UNAVAILABLE: Final = 503
_TOO_MANY: Final = 429
_WORDS: Final[dict[str, bytes]] = {
    "locked out": b'{"error":["EGeneral:Temporary lockout"]}',
    "busy": b'{"error":["EService:Busy"]}',
}


@final
class Counter:
    """Carries one client's REST requests, in the place of aiohttp.

    Args:
        network: The client's way to the exchange.

    Attributes:
        issued: Every token that was handed out, and when.
        trouble: What is wrong with it, if anything is.
        trouble_until: Until when.
    """

    def __init__(self, network: "Network") -> None:
        self.issued: dict[str, int] = {}
        self.trouble: Trouble = "closed"
        self.trouble_until = 0
        self._network = network
        self._house = network.house

    def serve(self, kraken: "Client", credentials: "Credentials") -> None:
        """Let a client have its tokens here; all of it is the real thing but the socket and the file of nonces."""
        access, venue = kraken._access, kraken.venue
        rest = Rest(venue.endpoint("rest"), venue.clock, nonces=_Nonces(self._house.clock))  # type: ignore[arg-type]
        rest._http = self  # type: ignore[assignment]
        access._rest, access._tokens = rest, Tokens(rest, credentials, venue.clock)

    def upset(self, trouble: Trouble, seconds: float) -> None:
        """Have something go wrong for a while."""
        self.trouble, self.trouble_until = trouble, self._house.clock.now() + round(seconds * SECOND)
        self._network.disturbed_at = max(self._network.disturbed_at, self.trouble_until)
        self._house.journal.counts[f"fault token {trouble}"] += 1

    async def perform(self, call: Call) -> Answer:
        """Make a request.

        Raises:
            RestUnreachable: Nobody is there.
        """
        clock, chance, journal = self._house.clock, self._network.random, self._house.journal
        journal.counts["tokens asked for"] += 1
        call.sent = True
        way = 0.02 + 0.1 * chance.random()
        await clock.sleep(way + max(0, self._network.dark_until - clock.now()) / SECOND)
        if clock.now() < self.trouble_until:
            return await self._fail(call)
        path, now_ns = call.name.partition(" ")[2], clock.epoch_ns()
        status, body = self._house.kraken.rest.handle(call.method, path, call.headers(), {}, call.body() or b"", now_ns)
        token = msgspec.json.decode(body).get("result", {}).get("token")
        if token is not None:
            self.issued[token] = clock.now()
        journal.note("token", f"to {self._network.address}")
        await clock.sleep(way + max(0, self._network.dark_until - clock.now()) / SECOND)
        return Answer(status, msgspec.Raw(body), "")

    async def close(self) -> None:
        """Do nothing: there are no sockets."""

    async def _fail(self, call: Call) -> Answer:
        trouble = self.trouble
        self._house.journal.note("no token", trouble)
        if trouble == "silent":
            await asyncio.get_running_loop().create_future()  # until whoever asks gives up
        if trouble == "closed":
            call.sent = False
            raise RestUnreachable(call.name, "nobody answers", sent=False)
        if trouble in _WORDS:
            return Answer(200, msgspec.Raw(_WORDS[trouble]), "")
        return Answer(_UNAVAILABLE if trouble == "unavailable" else _TOO_MANY, msgspec.Raw(b"<html>"), "3")


@final
class _Nonces:
    """Nonces by the run's time, without a file."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._last = 0

    async def next(self, _fingerprint: str) -> int:
        """Give the next one."""
        self._last = max(self._last + 1, self._clock.epoch_ns())
        return self._last
