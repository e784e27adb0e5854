"""Who looks at a client's connections: how often it knocks, what it says about them, and what its breaker does."""

from typing import Final, final

from dst.journal import Journal
from dst.virtual import SECOND, VirtualClock
from havklo import Client
from havklo.events import BreakerChanged, Connected, ConnectionLost

__all__ = ["COOL_DOWN", "HEALING", "Links"]

COOL_DOWN: Final = 30 * SECOND
HEALING: Final = 90 * SECOND
"""So long after the last harm to its way a wanted topic is live again.

Silence is given up after 10 s, the longest pause before an attempt is 30 s and the breaker's cool-down the same, a
snapshot that does not come is given up after 5 s, the ack of an unsubscribe after 2 s.
"""

_WINDOW: Final = 600 * SECOND
_KRAKENS: Final = 150  # attempts in ten minutes, after which an address is banned
_LONGEST_PAUSE: Final = 30 * SECOND
_MOVES: Final = {
    "closed": ("open",),
    "open": ("half_open", "closed"),  # closed: an attempt from before it opened has succeeded
    "half_open": ("open", "closed"),
}


@final
class Links:
    """Judges the connections of one client.

    Args:
        name: What the client is called in a violation.
        limit: How many attempts to connect it has promised to make in ten minutes at most.
        clock: The run's time.
        journal: Where violations go.
    """

    def __init__(self, name: str, limit: int, clock: VirtualClock, journal: Journal) -> None:
        self._name = name
        self._limit = limit
        self._clock = clock
        self._journal = journal
        self._knocks: list[int] = []
        self._up: dict[int, bool] = {}
        self._breaker = "closed"
        self._changed_at = 0
        self._probes = 0
        self._needed_since = self._made_at = 0
        self._client: Client | None = None

    def follow(self, kraken: Client) -> None:
        """Be told of everything."""
        self._client = kraken
        kraken.on(Connected, self._connected)
        kraken.on(ConnectionLost, self._lost)
        kraken.on(BreakerChanged, self._turned)

    @property
    def free_at(self) -> int:
        """When the client may connect again after so many attempts; 0: it may now."""
        recent = [at for at in self._knocks if at > self._clock.now() - _WINDOW]
        return recent[-self._limit] + _WINDOW if len(recent) >= self._limit else 0

    def knock(self) -> None:
        """Take note of an attempt to connect."""
        now = self._clock.now()
        self._journal.counts["connects"] += 1
        self._knocks.append(now)
        recent = [at for at in self._knocks if at > now - _WINDOW]
        never_too_many_connects(self._journal, self._name, len(recent), min(self._limit, _KRAKENS))
        if self._breaker == "half_open":
            self._probes += 1
        never_through_an_open_breaker(self._journal, self._name, self._breaker, self._probes, now - self._changed_at)

    def sweep(self, harmed_at: int) -> None:
        """See to it that the breaker is closed, or has reason not to be: one that nobody needs is not asked."""
        now = self._clock.now()
        if self._breaker == "closed" or not (self._knocks_again or self._made_at > self._changed_at):
            self._needed_since = now
        elif any(self._up.values()):
            peace = now - max(self._changed_at, harmed_at, self.free_at, self._needed_since)
            closes_in_time(self._journal, self._name, self._breaker, peace)

    @property
    def _knocks_again(self) -> bool:
        """Whether a connection waits for its turn to be made."""
        lines = () if self._client is None else self._client.health().connections
        return any(line.state in ("waiting", "connecting") for line in lines)

    def _connected(self, event: Connected) -> None:
        if event.again and self._up.get(event.connection, True):
            self._journal.violate("connected without a loss", f"connection {event.connection} of {self._name}")
        self._up[event.connection], self._made_at = True, self._clock.now()

    def _lost(self, event: ConnectionLost) -> None:
        self._up[event.connection] = False
        longest = max(_LONGEST_PAUSE, COOL_DOWN, self.free_at - self._clock.now())
        if not 0 <= event.retry_in_ns <= longest:
            self._journal.violate("a pause out of bounds", f"{event.retry_in_ns / SECOND:.1f} s for {self._name}")

    def _turned(self, event: BreakerChanged) -> None:
        legal_move(self._journal, self._name, self._breaker, event.state)
        self._breaker, self._changed_at, self._probes = event.state, self._clock.now(), 0


# -- the invariants


def never_too_many_connects(journal: Journal, name: str, attempts: int, most: int) -> None:
    """No more attempts to connect within ten minutes than promised, and never more than Kraken allows."""
    if attempts > most:
        journal.violate("too many connects", f"{attempts} of {name} within ten minutes, {most} promised")


def never_through_an_open_breaker(journal: Journal, name: str, state: str, probes: int, since: int) -> None:
    """Nobody connects while the breaker is open, and one at a time while it is half open."""
    if state == "open":
        journal.violate("through an open breaker", f"{name} connects")
    if state == "half_open" and probes > 1 + since // COOL_DOWN:
        journal.violate("through an open breaker", f"{name} makes {probes} probes within {since / SECOND:.1f} s")


def legal_move(journal: Journal, name: str, before: str, after: str) -> None:
    """A breaker goes from closed to open, from there to half open, and from there to either."""
    if after not in _MOVES[before]:
        journal.violate("an illegal move of the breaker", f"from {before} to {after}, of {name}")


def closes_in_time(journal: Journal, name: str, state: str, peace: int) -> None:
    """The breaker is closed again a while after the last harm."""
    if peace > HEALING:
        journal.violate("the breaker does not close", f"{state} of {name}, {peace / SECOND:.1f} s after the last harm")
