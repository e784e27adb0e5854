"""A client that says what a test has it say."""

from typing import NamedTuple, final

import pytest

from havklo.health import BreakerHealth, ConnectionHealth, Health, HealthState, Quantiles, TopicHealth

SECOND = 1_000_000_000

DEGRADED = Health(
    state=HealthState.DEGRADED,
    reason="connection 1 (public) is silent",
    connections=(
        ConnectionHealth(
            number=0,
            role="public",
            state="open",
            open_for_ns=90 * SECOND,
            last_message_age_ns=250_000_000,
            reconnects=2,
            rtt_ns=24_500_000,
            topics=2,
        ),
        ConnectionHealth(number=1, role="public", state="stalled", topics=1, retry_in_ns=5 * SECOND),
    ),
    topics=(
        TopicHealth(channel="book", symbol="BTC/USD", depth=10, connection=0, state="live", age_ns=SECOND // 2),
        TopicHealth(channel="trade", symbol="BTC/USD", connection=0, state="subscribing"),
        TopicHealth(
            channel="book",
            symbol="ETH/USD",
            depth=100,
            connection=1,
            state="lost",
            age_ns=4 * SECOND,
            lost_for_ns=3 * SECOND,
        ),
    ),
    breakers=(BreakerHealth(role="public", state="half_open", failures=5, retry_in_ns=None),),
    last_message_age_ns=250_000_000,
    reconnects=2,
    clock_offset_ns=-1_500_000,
    clock_error_ns=12_000_000,
    latency=Quantiles(p50=20_000_000, p99=45_000_000, max=80_000_000, count=1024),
    processing=Quantiles(p50=40_000, p99=90_000, max=2_000_000, count=1024),
    messages=5883,
    verified=5880,
    desyncs={"checksum": 2, "unknown_delete": 1},
    resyncs={"checksum": 2, "disconnected": 4},
    resync_took=Quantiles(p50=60_000_000, p99=400_000_000, max=400_000_000, count=6),
)


@final
class FakeCounters(NamedTuple):
    """Counters that are all different."""

    ignored: int = 3
    unknown: int = 1
    dropped: int = 17
    pending: int = 6
    requests: int = 12
    repaired: int = 4
    gaps: int = 2


@final
class FakeClient:
    """The two methods that an observer needs."""

    def __init__(self) -> None:
        self.now = DEGRADED
        self.error: Exception | None = None

    def health(self) -> Health:
        """Give what the test has put there."""
        if self.error is not None:
            raise self.error
        return self.now

    def statistics(self) -> FakeCounters:
        """Give the counters."""
        return FakeCounters()


@pytest.fixture
def client() -> FakeClient:
    """A degraded one."""
    return FakeClient()
