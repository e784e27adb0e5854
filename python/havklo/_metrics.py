"""What a client's metrics are called, what they mean, and where each value comes from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from havklo._engine import DesyncReason
from havklo._protocol.breaker import BreakerState
from havklo.health import Health, HealthState, Quantiles, TopicHealth

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["METRICS", "Counters", "Described", "Value", "families", "values"]

_SECOND = 1_000_000_000

Value: TypeAlias = tuple[str, tuple[str, ...], float | None]
"""A metric's name, the values of its labels, and its own."""


class Counters(Protocol):
    """What metrics need of a client's counters; `havklo.ClientStatistics` is such."""

    @property
    def ignored(self) -> int:
        """Book messages that were not used."""
        ...

    @property
    def unknown(self) -> int:
        """Messages of channels or shapes that are not known."""
        ...

    @property
    def dropped(self) -> int:
        """Events that a reader did not see on their own."""
        ...

    @property
    def pending(self) -> int:
        """Events that readers have still to read."""
        ...

    @property
    def requests(self) -> int:
        """Subscribes and unsubscribes that were sent."""
        ...

    @property
    def repaired(self) -> int:
        """Trades that were missed and taken from a later snapshot."""
        ...

    @property
    def gaps(self) -> int:
        """Holes in the trades that could not be repaired."""
        ...


class Described(NamedTuple):
    """What a metric is.

    Attributes:
        kind: "gauge", "counter" or "summary".
        labels: The names of its labels.
        help: What it says.
    """

    kind: str
    labels: tuple[str, ...]
    help: str


_CONNECTION = ("role", "connection")
_TOPIC = ("channel", "symbol")

METRICS = {
    "havklo_build_info": Described("gauge", ("version",), "1, labelled with Havklo's version"),
    "havklo_state": Described("gauge", ("state",), "1 for the state that the client is in, 0 for the others"),
    "havklo_connection_open": Described("gauge", _CONNECTION, "1 if the connection is open and not silent, else 0"),
    "havklo_connection_topics": Described("gauge", _CONNECTION, "Topics wanted of the connection"),
    "havklo_connection_open_seconds": Described("gauge", _CONNECTION, "For how long it has been open"),
    "havklo_connection_last_message_age_seconds": Described(
        "gauge", _CONNECTION, "How long ago anything came over it, heartbeats included"
    ),
    "havklo_connection_rtt_seconds": Described("gauge", _CONNECTION, "Round trip of a ping"),
    "havklo_connection_reconnects_total": Described("counter", _CONNECTION, "How often it replaced a lost one"),
    "havklo_topic_live": Described("gauge", _TOPIC, "1 if what the topic says can be relied on, else 0"),
    "havklo_topic_age_seconds": Described("gauge", _TOPIC, "How long ago the topic's last message came"),
    "havklo_topic_lost_seconds": Described(
        "gauge", _TOPIC, "For how long a topic that once was live is not; 0 if it is"
    ),
    "havklo_breaker_state": Described("gauge", ("role", "state"), "1 for the state that the circuit breaker is in"),
    "havklo_breaker_failures": Described("gauge", ("role",), "Attempts to connect that have failed in a row"),
    "havklo_last_message_age_seconds": Described("gauge", (), "How long ago anything came, heartbeats included"),
    "havklo_reconnects_total": Described("counter", (), "Connections that replaced a lost one"),
    "havklo_clock_offset_seconds": Described("gauge", (), "By how much Kraken's clock is ahead of this machine's"),
    "havklo_clock_error_seconds": Described("gauge", (), "By how much that can be wrong"),
    "havklo_messages_total": Described("counter", (), "Book messages, and rows of the other channels"),
    "havklo_messages_verified_total": Described("counter", (), "Book messages that were proven by a checksum"),
    "havklo_messages_ignored_total": Described("counter", (), "Book messages that came while their book was not live"),
    "havklo_messages_unknown_total": Described("counter", (), "Messages of channels or shapes that are not known"),
    "havklo_events_dropped_total": Described("counter", (), "Events that a reader did not see on their own"),
    "havklo_events_pending": Described("gauge", (), "Events that readers have still to read"),
    "havklo_requests_total": Described("counter", (), "Subscribes and unsubscribes sent"),
    "havklo_trades_repaired_total": Described("counter", (), "Trades that were missed and taken from a later snapshot"),
    "havklo_trade_gaps_total": Described("counter", (), "Holes in the trades that could not be repaired"),
    "havklo_desyncs_total": Described("counter", ("reason",), "Lost proofs by cause"),
    "havklo_resyncs_total": Described("counter", ("reason",), "Topics made live again, by what they were lost for"),
    "havklo_resync_seconds": Described("summary", ("quantile",), "For how long they were not live"),
    "havklo_latency_seconds": Described(
        "summary", ("quantile",), "From the exchange's timestamp to the arrival here; the clocks' offset is in it"
    ),
    "havklo_processing_seconds": Described(
        "summary", ("quantile",), "From a message's arrival to the last handler's end"
    ),
}
"""Every metric by its name."""


def families(of: Iterable[Value]) -> "Iterator[Metric]":
    """Gather values into metrics, in the order of the table; those without a value have no samples."""
    from prometheus_client.core import Metric  # noqa: PLC0415

    samples: defaultdict[str, list[tuple[tuple[str, ...], float]]] = defaultdict(list)
    for name, labels, value in of:
        if value is not None:
            samples[name].append((labels, value))
    for name, described in METRICS.items():
        metric = Metric(name.removesuffix("_total"), described.help, described.kind)
        for labels, value in samples[name]:
            metric.add_sample(name, dict(zip(described.labels, labels, strict=True)), value)
        yield metric


def values(health: Health, statistics: Counters) -> Iterator[Value]:
    """Give every value of a client: the metric's name, its labels, and None where it is not known."""
    yield "havklo_build_info", (version("havklo"),), 1
    for state in HealthState:
        yield "havklo_state", (state.value,), state == health.state
    yield from _of_connections(health)
    yield from _of_topics(health.topics)
    for breaker in health.breakers:
        for state in BreakerState:
            yield "havklo_breaker_state", (breaker.role, state.value), breaker.state == state
        yield "havklo_breaker_failures", (breaker.role,), breaker.failures
    yield "havklo_last_message_age_seconds", (), _seconds(health.last_message_age_ns)
    yield "havklo_reconnects_total", (), health.reconnects
    yield "havklo_clock_offset_seconds", (), _seconds(health.clock_offset_ns)
    yield "havklo_clock_error_seconds", (), _seconds(health.clock_error_ns)
    yield "havklo_messages_total", (), health.messages
    yield "havklo_messages_verified_total", (), health.verified
    yield "havklo_messages_ignored_total", (), statistics.ignored
    yield "havklo_messages_unknown_total", (), statistics.unknown
    yield "havklo_events_dropped_total", (), statistics.dropped
    yield "havklo_events_pending", (), statistics.pending
    yield "havklo_requests_total", (), statistics.requests
    yield "havklo_trades_repaired_total", (), statistics.repaired
    yield "havklo_trade_gaps_total", (), statistics.gaps
    # All reasons from the beginning: of a counter that appears with 1, Prometheus sees no increase.
    yield from _by_reason("havklo_desyncs_total", dict.fromkeys(DesyncReason, 0) | dict(health.desyncs))
    yield from _by_reason("havklo_resyncs_total", health.resyncs)
    yield from _quantiles("havklo_resync_seconds", health.resync_took)
    yield from _quantiles("havklo_latency_seconds", health.latency)
    yield from _quantiles("havklo_processing_seconds", health.processing)


def _of_connections(health: Health) -> Iterator[Value]:
    for connection in health.connections:
        labels = connection.role, str(connection.number)
        yield "havklo_connection_open", labels, connection.state == "open"
        yield "havklo_connection_topics", labels, connection.topics
        yield "havklo_connection_open_seconds", labels, _seconds(connection.open_for_ns)
        yield "havklo_connection_last_message_age_seconds", labels, _seconds(connection.last_message_age_ns)
        yield "havklo_connection_rtt_seconds", labels, _seconds(connection.rtt_ns)
        yield "havklo_connection_reconnects_total", labels, connection.reconnects


def _of_topics(topics: Sequence[TopicHealth]) -> Iterator[Value]:
    # A symbol's books of several depths, or candles of several intervals, are one series that shows the worst.
    alike: defaultdict[tuple[str, str], list[TopicHealth]] = defaultdict(list)
    for topic in topics:
        alike[topic.channel, topic.symbol].append(topic)
    for labels, some in alike.items():
        once_live = [topic.lost_for_ns or 0 for topic in some if topic.state != "subscribing"]
        ages = [topic.age_ns for topic in some if topic.age_ns is not None]
        yield "havklo_topic_live", labels, all(topic.state == "live" for topic in some)
        yield "havklo_topic_age_seconds", labels, _seconds(max(ages, default=None))
        yield "havklo_topic_lost_seconds", labels, _seconds(max(once_live, default=None))


def _by_reason(name: str, counts: Mapping[str, int]) -> Iterator[Value]:
    for reason, count in counts.items():
        yield name, (str(reason),), count


def _quantiles(name: str, durations: Quantiles | None) -> Iterator[Value]:
    if durations is not None:
        for quantile, value in (("0.5", durations.p50), ("0.99", durations.p99), ("1", durations.max)):
            yield name, (quantile,), _seconds(value)


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / _SECOND
