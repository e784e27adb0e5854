"""How a client says it is, through a whole life, and the news of each change."""

from typing import Any

import pytest

from havklo import Client, Simulator
from havklo.channels import book, instrument, ticker, trade
from havklo.events import HealthChanged, Trade
from havklo.health import HealthState
from havklo.testing import ManualClock, pass_time

SECOND = 1_000_000_000


async def pass_seconds(venue: Any, exchange: Any, turn: Any, seconds: float, step: float = 0.25) -> None:
    """Let time pass in which the open connections' heartbeats come."""
    for _ in range(round(seconds / step)):
        await turn()
        venue.clock.advance(step)
        exchange.beat()
    await turn()


def changes(told: list[HealthChanged]) -> list[tuple[str, str]]:
    """From what to what."""
    return [(event.before, event.after) for event in told]


async def test_a_client_of_which_nothing_is_wanted(venue: Any) -> None:
    """Before, between and after: live with nothing to do, and closed at the end."""
    kraken = Client(venue)
    async with kraken:
        health = kraken.health()
        assert (health.state, health.reason) == (HealthState.LIVE, "nothing is subscribed")
        assert (health.connections, health.topics, health.breakers) == ((), (), ())
        assert (health.last_message_age_ns, health.clock_offset_ns, health.latency) == (None, None, None)
    assert (kraken.health().state, kraken.health().reason) == (HealthState.CLOSED, "the client is closed")


async def test_the_first_news(venue: Any, exchange: Any, seen: Any) -> None:
    """The first news is that all that was asked for is live."""
    async with Client(venue) as kraken:
        told = seen(kraken, HealthChanged)
        await kraken.subscribe(book("BTC/USD"))
        assert told == []
        venue.clock.advance(0)
        assert told == [HealthChanged(before="starting", after="live", reason="all topics are live (1)")]
        exchange.trade("BTC/USD")
        await kraken.subscribe(trade("BTC/USD"))
        venue.clock.advance(1)
        assert len(told) == 1


async def test_a_whole_life(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A desync, a stall, a lost connection and an open breaker each show, and so does their end."""
    async with Client(venue, topics_per_connection=1, on_desync="report") as kraken:
        told = seen(kraken, HealthChanged)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD", depth=25))
        prints = await kraken.subscribe(trade("XRP/USD"))
        await pass_seconds(venue, exchange, turn, 2)
        health = kraken.health()
        assert health.state is HealthState.LIVE
        assert [(topic.symbol, topic.channel, topic.depth, topic.state) for topic in health.topics] == [
            ("BTC/USD", "book", 25, "live"),
            ("ETH/USD", "book", 25, "live"),
            ("XRP/USD", "trade", None, "live"),
        ]
        assert [topic.age_ns for topic in health.topics] == [2 * SECOND] * 3
        assert [(line.number, line.role, line.state, line.topics) for line in health.connections] == [
            (number, "public", "open", 1) for number in range(3)
        ]
        assert {line.open_for_ns for line in health.connections} == {2 * SECOND}
        assert {line.last_message_age_ns for line in health.connections} == {0}

        exchange.tell("book", "BTC/USD", exchange.market("BTC/USD").update(wrong=True))
        await pass_seconds(venue, exchange, turn, 1)
        health = kraken.health()
        assert (health.state, health.reason) == (
            HealthState.DEGRADED,
            "book BTC/USD at depth 25 is left to you",
        )
        assert (health.topics[0].state, health.topics[0].lost_for_ns) == ("reported", SECOND)
        assert dict(health.desyncs) == {"checksum": 1}
        await many.resync()
        await pass_seconds(venue, exchange, turn, 1)
        health = kraken.health()
        assert health.state is HealthState.LIVE
        assert dict(health.resyncs) == {"checksum": 1, "asked": 1}
        assert health.resync_took is not None
        assert health.resync_took.count == 2
        assert SECOND <= health.resync_took.max < 2 * SECOND

        silent = venue.connections[1]
        exchange.mute.add("ping")
        for _ in range(8):
            await turn()
            venue.clock.advance(0.5)
            for wire in venue.connections:
                if wire is not silent:
                    wire.deliver(b'{"channel":"heartbeat"}')
        health = kraken.health()
        assert health.connections[1].state == "stalled"
        assert (health.state, health.reason) == (HealthState.DEGRADED, "connection 1 (public) is silent")
        exchange.mute.clear()
        await pass_seconds(venue, exchange, turn, 2)
        assert kraken.health().state is HealthState.LIVE

        venue.refuse(*["nobody there"] * 7)
        for wire in venue.connections[:3]:
            wire.end("closed by the peer: 1001", 1001)
        await turn()
        venue.clock.advance(0)
        health = kraken.health()
        assert health.state is HealthState.DOWN
        assert {topic.state for topic in health.topics} == {"lost"}
        assert health.last_message_age_ns is None
        await pass_seconds(venue, exchange, turn, 20)
        health = kraken.health()
        assert health.breakers[0].state == "open"
        assert health.breakers[0].failures >= 5
        assert health.breakers[0].retry_in_ns is not None
        assert health.reason == "nothing is live: the breaker of the public endpoint is open"
        await pass_seconds(venue, exchange, turn, 70)
        health = kraken.health()
        assert (health.state, health.reason) == (HealthState.LIVE, "all topics are live (3)")
        assert [line.reconnects for line in health.connections] == [1, 1, 1]
        assert health.reconnects == 3
        assert health.resyncs["disconnected"] == 3

        await many.unsubscribe()
        await prints.unsubscribe()
        await turn()
        assert kraken.health().reason == "nothing is subscribed"
        assert changes(told) == [
            ("starting", "live"),
            ("live", "degraded"),
            ("degraded", "live"),
            ("live", "degraded"),
            ("degraded", "live"),
            ("live", "down"),
            ("down", "degraded"),
            ("degraded", "live"),
        ]


async def test_one_message_after_another(venue: Any, exchange: Any) -> None:
    """Messages of all channels count, books' twice: as received and as proven."""
    async with Client(venue) as kraken:
        for channel in (book("BTC/USD"), trade("BTC/USD"), ticker("BTC/USD"), instrument()):
            await kraken.subscribe(channel)
        exchange.trade("BTC/USD", times=3)
        exchange.print("BTC/USD", 2)
        health = kraken.health()
        assert (health.messages, health.verified) == (4 + 1 + 2 + 1 + 1, 4)


@pytest.mark.parametrize("ahead", [0, 1_500 * 10**6, -3 * SECOND])
async def test_krakens_clock(venue: Any, exchange: Any, turn: Any, ahead: int) -> None:
    """Pongs tell how far Kraken's clock is from this machine's, and how wrong that may be."""
    exchange.ahead_ns = ahead
    async with Client(venue) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        assert kraken.health().clock_offset_ns is None
        await pass_seconds(venue, exchange, turn, 2)
        health = kraken.health()
        assert (health.clock_offset_ns, health.clock_error_ns) == (ahead, 0)
        assert health.connections[0].rtt_ns == 0


async def test_how_long_things_take(venue: Any, exchange: Any, turn: Any) -> None:
    """Latency is what lies between a message's stamp and its arrival, processing what comes after."""
    async with Client(venue) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        for _ in range(10):
            exchange.trade("BTC/USD")
            venue.clock.advance(0.02)
            await turn()
        health = kraken.health()
        assert health.latency is not None
        assert health.processing is not None
        assert health.processing.count == health.latency.count == 10
        assert health.processing.max == 0
        stamped = 1_795_341_600 * SECOND  # 2026-11-22T10:00:00Z
        assert health.latency.max == venue.clock.epoch_ns() - 20_000_000 - stamped


async def test_stale_topics(venue: Any, exchange: Any, turn: Any) -> None:
    """What says nothing about this moment can be asked for by age."""
    async with Client(venue) as kraken:
        await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        await pass_seconds(venue, exchange, turn, 5)
        exchange.trade("BTC/USD")
        assert [topic.symbol for topic in kraken.health().stale(3)] == ["ETH/USD"]
        assert kraken.health().stale(6) == ()


async def test_a_handler_of_the_news_that_raises(venue: Any, exchange: Any, turn: Any) -> None:
    """It ends the client as any handler does, though the news comes a moment later."""

    async def run() -> None:
        async with Client(venue) as kraken:
            kraken.on(HealthChanged, lambda _: 1 / 0)
            await kraken.subscribe(book("BTC/USD"))
            venue.clock.advance(0)
            await turn()
            exchange.trade("BTC/USD")
            await turn()

    with pytest.raises(ZeroDivisionError):
        await run()


async def test_the_simulated_kraken() -> None:
    """On real sockets and real data all of it is there."""
    async with Client(sim := Simulator(["BTC/USD"], rate=100, clock=ManualClock())) as kraken:
        told: list[Any] = []
        kraken.on(Trade, told.append)
        await kraken.subscribe(book("BTC/USD"))
        await kraken.subscribe(trade("BTC/USD"))
        await pass_time(sim, 20)
        health = kraken.health()
        assert health.state is HealthState.LIVE
        assert health.latency is not None
        assert health.latency.count > 10
        assert health.clock_offset_ns is not None
        assert abs(health.clock_offset_ns) <= 50_000_000  # a step of virtual time
        assert health.connections[0].rtt_ns is not None
        assert health.messages >= health.verified + len(told) > 100
