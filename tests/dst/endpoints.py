"""Who looks at the connections of a client that uses several endpoints: each has a breaker of its own."""

from typing import Any, Final, NamedTuple, final

from dst.journal import Journal
from dst.links import Links
from dst.virtual import VirtualClock
from havklo import Client
from havklo.events import BreakerChanged, Connected, ConnectionLost
from havklo.health import ConnectionHealth
from havklo.venues import Role

__all__ = ["Endpoints"]

_ROLES: Final[tuple[Role, ...]] = ("public", "private", "level3")


class _Health(NamedTuple):
    connections: tuple[ConnectionHealth, ...]


@final
class _Part:
    """The connections of a client to one endpoint, as whoever judges them asks for them."""

    def __init__(self, kraken: Client, role: Role) -> None:
        self._kraken = kraken
        self._role = role

    def health(self) -> _Health:
        """How these are."""
        return _Health(tuple(line for line in self._kraken.health().connections if line.role == self._role))


@final
class Endpoints:
    """Judges the connections of one client, endpoint by endpoint; how often it knocks counts for all of them together.

    Args:
        name: What the client is called in a violation.
        limit: How many attempts to connect it has promised to make in ten minutes at most.
        clock: The run's time.
        journal: Where violations go.
    """

    def __init__(self, name: str, limit: int, clock: VirtualClock, journal: Journal) -> None:
        self._links = {role: Links(f"{name}, {role}", limit, clock, journal) for role in _ROLES}
        knocks = self._links["public"]._knocks
        for links in self._links.values():
            links._knocks = knocks
        self._kraken: Client | None = None

    def follow(self, kraken: Client) -> None:
        """Be told of everything."""
        self._kraken = kraken
        for role, links in self._links.items():
            part: Any = _Part(kraken, role)
            links._client = part
        kraken.on(Connected, lambda event: self._of(event.connection)._connected(event))
        kraken.on(ConnectionLost, lambda event: self._of(event.connection)._lost(event))
        kraken.on(BreakerChanged, lambda event: self._links[event.role]._turned(event))

    @property
    def free_at(self) -> int:
        """When the client may connect again after so many attempts; 0: it may now."""
        return self._links["public"].free_at

    def knock(self, role: Role) -> None:
        """Take note of an attempt to connect."""
        self._links[role].knock()

    def sweep(self, harmed_at: int) -> None:
        """See to it that the breakers are closed, or have reason not to be."""
        for links in self._links.values():
            links.sweep(harmed_at)

    def _of(self, connection: int) -> Links:
        assert self._kraken is not None
        return self._links[self._kraken._hub.connections[connection].role]
