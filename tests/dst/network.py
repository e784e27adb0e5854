"""The network between one client and the exchange: a venue whose connections are pipes, with darkness now and then."""

import random
from collections.abc import Callable, Mapping
from typing import Final, final

from dst.endpoints import Endpoints
from dst.exchange import House
from dst.links import Links
from dst.pipe import Pipe
from dst.virtual import SECOND, VirtualClock
from havklo._transport import Handler
from havklo.errors import Disconnected
from havklo.venues import Role, Venue

__all__ = ["Network"]

_HANDSHAKE_PATIENCE: Final = 10 * SECOND


@final
class Network(Venue):
    """One client's way to the exchange: a venue whose connections are pipes.

    Args:
        house: The exchange.
        address: What the exchange's door knows the client by.
        connects: How many attempts to connect it has promised to make in ten minutes at most.
        apart: Decides about its delays, if it is apart and uses several endpoints: then neither its messages nor its
            connections count for the others, who have the same run with or without it.

    Attributes:
        delivering: The pipe whose frame the client is taking in right now.
        dark_until: Until when nothing gets through in either direction.
        disturbed_at: When anything was last done to all of it, its way through the door included.
        links: Who judges its connections.
        pipes: Its connections, oldest first.
        random: Decides about its delays.
        asks: Is told of each request that is sent: on which connection, and when.
        hears: Is told of each frame that has arrived, likewise.
    """

    def __init__(self, house: House, address: str, connects: int, apart: random.Random | None = None) -> None:
        self.house = house
        self.address = address
        judge = Links if apart is None else Endpoints
        self.links = judge(address, connects, house.clock, house.journal)
        self.delivering: Pipe | None = None
        self.dark_until = 0
        self.disturbed_at = 0
        self.pipes: list[Pipe] = []
        self.random = apart or house.random
        self.asks: Callable[[int, bytes, int], object] = _nothing
        self.hears: Callable[[int, bytes, int], object] = _nothing
        self._is_apart = apart is not None

    @property
    def name(self) -> str:
        """The name "simulation"."""
        return "simulation"

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """One made-up address per streaming role."""
        return {"public": "sim:public", "private": "sim:private", "level3": "sim:level3", "rest": "http://sim"}

    @property
    def clock(self) -> VirtualClock:
        """The run's time."""
        return self.house.clock

    @property
    def harmed_at(self) -> int:
        """When anything was last done to all of it; the client's own restraint in connecting counts, too."""
        return max(self.disturbed_at, self.links.free_at)

    async def open(self, role: Role, handler: Handler) -> Pipe:
        """Knock at the door, and come in if it lets us."""
        self.endpoint(role)
        if isinstance(self.links, Endpoints):
            self.links.knock(role)
        else:
            self.links.knock()
        house, clock = self.house, self.house.clock
        await clock.sleep(0.1 + 0.1 * self.random.random())
        if self.dark_until - clock.now() > _HANDSHAKE_PATIENCE:
            await clock.sleep(_HANDSHAKE_PATIENCE / SECOND)
            raise Disconnected("no answer within 10 s")
        if clock.now() < self.dark_until:
            await clock.sleep((self.dark_until - clock.now()) / SECOND)
        refusal = house.door.knock(self.address, role)
        if refusal is not None:
            self.disturbed_at = max(self.disturbed_at, clock.now())
            house.journal.note("refused", f"{self.address} {refusal.status}")
            raise Disconnected(f"HTTP {refusal.status}")
        pipe = Pipe(self, house.number(apart=self._is_apart), role, handler)
        house.journal.note("opened", f"{pipe.number} by {self.address}")
        self.pipes.append(pipe)
        return pipe

    def count(self) -> None:
        """Count a frame that has arrived."""
        if self._is_apart:
            self.house.journal.counts["messages of those apart"] += 1
        else:
            self.house.journal.messages += 1

    def darken(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self.dark_until = self.house.clock.now() + round(seconds * SECOND)
        self.disturbed_at = max(self.disturbed_at, self.dark_until)


def _nothing(_connection: int, _frame: bytes, _at: int) -> None:
    """Nobody wants to know."""
