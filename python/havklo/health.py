"""How a client is: what is live, what is not and since when, and how long everything takes."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, TypeAlias, final

import msgspec

from havklo._protocol.quantiles import Quantiles
from havklo.errors import ConfigurationError

__all__ = [
    "BreakerHealth",
    "ConnectionHealth",
    "ConnectionState",
    "Health",
    "HealthState",
    "Quantiles",
    "TopicHealth",
    "TopicState",
    "judge",
]

_SECOND = 1_000_000_000

ConnectionState: TypeAlias = Literal["idle", "connecting", "open", "stalled", "waiting"]
"""idle: nothing is wanted of it; connecting: an attempt is under way; open: it speaks; stalled: it is open and silent;
waiting: it is closed, and the next attempt is not due yet."""

TopicState: TypeAlias = Literal["subscribing", "live", "lost", "reported"]
"""subscribing: it has never been live; live: what it says can be relied on; lost: it was live, and is being restored;
reported: it was live, and is left to you, as `on_desync="report"` asks."""


class HealthState(StrEnum):
    """A client's state in a word."""

    STARTING = "starting"
    """Something is wanted, and nothing of it has been live yet."""
    LIVE = "live"
    """All that ever was live is live; so is a client of which nothing is wanted."""
    DEGRADED = "degraded"
    """Some of it is live, and something is wrong."""
    DOWN = "down"
    """Nothing is live, although something was."""
    CLOSED = "closed"
    """The client has ended."""


@final
class ConnectionHealth(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One connection.

    Attributes:
        number: The client's number for it, from 0.
        role: The endpoint that it leads to, such as "public".
        state: "idle", "connecting", "open", "stalled" or "waiting"; see `ConnectionState`.
        open_for_ns: For how many nanoseconds it has been open, or None.
        last_message_age_ns: How many nanoseconds ago anything came over it, heartbeats included, or None.
        reconnects: How often it replaced a lost one.
        rtt_ns: How many nanoseconds a ping's round trip takes, the exchange's part included, or None.
        topics: How many topics are wanted of it.
        retry_in_ns: In how many nanoseconds the next attempt is due, or None.
    """

    number: int
    role: str
    state: ConnectionState
    open_for_ns: int | None = None
    last_message_age_ns: int | None = None
    reconnects: int = 0
    rtt_ns: int | None = None
    topics: int = 0
    retry_in_ns: int | None = None

    def __str__(self) -> str:
        return f"connection {self.number} ({self.role})"


@final
class TopicHealth(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One topic: a channel of one symbol.

    Attributes:
        channel: The channel's name, as Kraken writes it.
        symbol: The symbol; empty where a channel has none.
        depth: The depth, for books.
        interval: The interval in minutes, for candles.
        event_trigger: What makes it speak, for tickers.
        connection: The number of the connection that carries it.
        state: "subscribing", "live", "lost" or "reported"; see `TopicState`.
        age_ns: How many nanoseconds ago its last message came, or None.
        lost_for_ns: For how many nanoseconds it has not been live, or None unless it is lost or reported.
    """

    channel: str
    symbol: str
    depth: int | None = None
    interval: int | None = None
    event_trigger: str | None = None
    connection: int
    state: TopicState
    age_ns: int | None = None
    lost_for_ns: int | None = None

    def __str__(self) -> str:
        options = f" at depth {self.depth}" if self.depth else f" of {self.interval} min" if self.interval else ""
        return f"{self.channel} {self.symbol}".rstrip() + options


@final
class BreakerHealth(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The circuit breaker that all connections to one endpoint share.

    Attributes:
        role: The endpoint, such as "public".
        state: "closed" (attempts may begin), "open" (none may) or "half_open" (one may, and decides).
        failures: How many attempts have failed in a row.
        retry_in_ns: In how many nanoseconds an open one lets an attempt begin, or None.
    """

    role: str
    state: str
    failures: int = 0
    retry_in_ns: int | None = None


@final
class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A client at one instant; made by `Client.health`.

    Durations are nanoseconds, counters count since the client was made.

    Attributes:
        state: The state in a word; `judge` has the rules.
        reason: Why, in words.
        connections: All connections, by number.
        topics: All topics that are wanted.
        breakers: The circuit breaker of each endpoint in use.
        last_message_age_ns: How many nanoseconds ago anything came, heartbeats included, or None.
        reconnects: Connections that replaced a lost one.
        clock_offset_ns: By how many nanoseconds Kraken's clock is ahead of this machine's (negative: behind), from
            the ping that knows best, or None.
        clock_error_ns: By how many nanoseconds that can be wrong, or None.
        latency: From the exchange's timestamp in a message to its arrival here, or None; of the latest 1,024 of each
            connection that were measured, as not every message is. Nothing is corrected: the clocks' offset is in it,
            so it may even be negative.
        processing: From the arrival of these messages to the end of the last handler, or None.
        messages: Book messages, and rows of the other channels, that were received.
        verified: Book messages that were proven by a checksum.
        desyncs: Lost proofs by cause.
        resyncs: Subscriptions that were made live again, by the reason they were lost for.
        resync_took: For how long the latest 1,024 of them were not live, or None.
    """

    state: HealthState
    reason: str
    connections: tuple[ConnectionHealth, ...] = ()
    topics: tuple[TopicHealth, ...] = ()
    breakers: tuple[BreakerHealth, ...] = ()
    last_message_age_ns: int | None = None
    reconnects: int = 0
    clock_offset_ns: int | None = None
    clock_error_ns: int | None = None
    latency: Quantiles | None = None
    processing: Quantiles | None = None
    messages: int = 0
    verified: int = 0
    desyncs: Mapping[str, int] = {}
    resyncs: Mapping[str, int] = {}
    resync_took: Quantiles | None = None

    def stale(self, older_than_seconds: float) -> tuple[TopicHealth, ...]:
        """Give the topics that say nothing about this moment.

        These are all that are not live, whatever their age, and those whose last message is older than given. Quiet
        pairs are often silent for ten seconds and more while all is well.

        Args:
            older_than_seconds: Which age is too old, in seconds.

        Returns:
            Them, in the order of `topics`.

        Raises:
            ConfigurationError: The age is no number of at least 0.
        """
        if not older_than_seconds >= 0:
            raise ConfigurationError(f"an age is a number of seconds of at least 0, not {older_than_seconds!r}")
        if older_than_seconds == math.inf:
            return tuple(topic for topic in self.topics if topic.state != "live")
        limit = round(older_than_seconds * _SECOND)
        return tuple(
            topic for topic in self.topics if topic.state != "live" or topic.age_ns is None or topic.age_ns > limit
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as dictionaries, lists, texts and numbers, ready for JSON."""
        return msgspec.to_builtins(self, enc_hook=dict)


def judge(
    connections: Sequence[ConnectionHealth],
    topics: Sequence[TopicHealth],
    breakers: Sequence[BreakerHealth],
    closed: bool = False,
) -> tuple[HealthState, str]:
    """Put a client's state in a word, and say why.

    The first rule that fits counts:

    1. The client has ended: closed.
    2. Nothing is wanted: live, whatever its connections do.
    3. No topic is live, and one that is wanted once was: down.
    4. No topic is live yet: starting.
    5. A topic is lost or reported; or a connection of which something is wanted is stalled or waits, or is being made
       while its endpoint's breaker is not closed: degraded.
    6. Else: live. A topic that is being subscribed for the first time worries nobody while others are live: its own
       `subscribe` waits for it and raises if it fails.

    The reason names the worst: an open breaker, then a connection that waits, then one that is stalled, then the topic
    that has been lost for longest, then a half-open breaker. It says nothing that changes by itself, such as an age.
    """
    if closed:
        return HealthState.CLOSED, "the client is closed"
    if not topics:
        return HealthState.LIVE, "nothing is subscribed"
    live = sum(topic.state == "live" for topic in topics)
    lost = [topic for topic in topics if topic.state in ("lost", "reported")]
    worst = _worst([connection for connection in connections if connection.topics], lost, breakers)
    if live == 0:
        state, reason = (HealthState.DOWN, "nothing is live") if lost else (HealthState.STARTING, "nothing is live yet")
        return state, f"{reason}: {worst}" if worst else reason
    if worst is not None:
        return HealthState.DEGRADED, worst
    if live < len(topics):
        return HealthState.LIVE, f"{live} of {len(topics)} topics are live, the others are being subscribed"
    return HealthState.LIVE, f"all topics are live ({live})"


def _worst(
    needed: Sequence[ConnectionHealth], lost: Sequence[TopicHealth], breakers: Sequence[BreakerHealth]
) -> str | None:
    # A breaker is asked only when somebody wants to connect: one that nobody needs would stay open for ever.
    roles = {connection.role for connection in needed if connection.state in ("waiting", "connecting")}
    for breaker in breakers:
        if breaker.state == "open" and breaker.role in roles:
            return f"the breaker of the {breaker.role} endpoint is open"
    for state, word in (("waiting", "waits to reconnect"), ("stalled", "is silent")):
        for connection in needed:
            if connection.state == state:
                return f"{connection} {word}"
    if lost:
        longest = max(lost, key=lambda topic: topic.lost_for_ns or 0)
        word = "is left to you" if longest.state == "reported" else "is lost"
        return f"{longest} {word}" + (f", and {len(lost) - 1} more are not live" if len(lost) > 1 else "")
    for breaker in breakers:
        if breaker.state != "closed" and breaker.role in roles:
            return f"the breaker of the {breaker.role} endpoint is half-open"
    return None
