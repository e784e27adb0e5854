"""The network between one client and the exchange: a venue whose connections are pipes, with darkness now and then."""

from collections.abc import Mapping
from typing import Final, final

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

    Attributes:
        delivering: The pipe whose frame the client is taking in right now.
        dark_until: Until when nothing gets through in either direction.
        disturbed_at: When anything was last done to all of it, its way through the door included.
        links: Who judges its connections.
        pipes: Its connections, oldest first.
    """

    def __init__(self, house: House, address: str, connects: int) -> None:
        self.house = house
        self.address = address
        self.links = Links(address, connects, house.clock, house.journal)
        self.delivering: Pipe | None = None
        self.dark_until = 0
        self.disturbed_at = 0
        self.pipes: list[Pipe] = []

    @property
    def name(self) -> str:
        """The name "simulation"."""
        return "simulation"

    @property
    def endpoints(self) -> Mapping[Role, str]:
        """One made-up address per streaming role."""
        return {"public": "sim:public", "private": "sim:private", "level3": "sim:level3"}

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
        self.links.knock()
        house, clock = self.house, self.house.clock
        await clock.sleep(0.1 + 0.1 * house.random.random())
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
        pipe = Pipe(self, len(house.pipes) + 1, role, handler)
        house.journal.note("opened", f"{pipe.number} by {self.address}")
        self.pipes.append(pipe)
        return pipe

    def darken(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self.dark_until = self.house.clock.now() + round(seconds * SECOND)
        self.disturbed_at = max(self.disturbed_at, self.dark_until)
