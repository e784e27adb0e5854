"""The judgement of a client's state, and the records that it is made of."""

import itertools
import json
import math
from types import MappingProxyType
from typing import Any, get_args

import msgspec
import pytest

from havklo._protocol.breaker import BreakerState
from havklo.errors import ConfigurationError
from havklo.health import (
    BreakerHealth,
    ConnectionHealth,
    ConnectionState,
    Health,
    HealthState,
    TopicHealth,
    TopicState,
    judge,
)

SECOND = 1_000_000_000


def connection(
    state: ConnectionState = "open", number: int = 0, topics: int = 1, role: str = "public"
) -> ConnectionHealth:
    """A connection in a state."""
    return ConnectionHealth(number=number, role=role, state=state, topics=topics)


def topic(state: TopicState = "live", symbol: str = "BTC/USD", **fields: Any) -> TopicHealth:
    """A topic in a state."""
    return TopicHealth(**({"channel": "book", "symbol": symbol, "connection": 0, "state": state, "depth": 10} | fields))


def breaker(state: str = "closed", role: str = "public") -> BreakerHealth:
    """A breaker in a state."""
    return BreakerHealth(role=role, state=state)


CASES: list[tuple[list[ConnectionHealth], list[TopicHealth], list[BreakerHealth], str, str]] = [
    ([], [], [], "live", "nothing is subscribed"),
    ([connection("idle", topics=0)], [], [breaker("open")], "live", "nothing is subscribed"),
    ([connection("connecting")], [topic("subscribing")], [breaker()], "starting", "nothing is live yet"),
    (
        [connection("waiting")],
        [topic("subscribing")],
        [breaker("open")],
        "starting",
        "nothing is live yet: the breaker of the public endpoint is open",
    ),
    ([connection()], [topic()], [breaker()], "live", "all topics are live (1)"),
    (
        [connection()],
        [topic(), topic("subscribing", "ETH/USD")],
        [breaker()],
        "live",
        "1 of 2 topics are live, the others are being subscribed",
    ),
    (
        [connection(), connection("idle", 1, topics=0), connection("stalled", 2, topics=0)],
        [topic()],
        [breaker()],
        "live",
        "all topics are live (1)",
    ),
    ([connection()], [topic(), topic("lost", "ETH/USD")], [breaker()], "degraded", "book ETH/USD at depth 10 is lost"),
    (
        [connection()],
        [topic(), topic("reported", "ETH/USD", channel="trade", depth=None)],
        [breaker()],
        "degraded",
        "trade ETH/USD is left to you",
    ),
    (
        [connection()],
        [
            topic(),
            topic("lost", "ETH/USD", lost_for_ns=1),
            topic("lost", "XRP/USD", lost_for_ns=3),
            topic("reported", "ADA/USD", lost_for_ns=2),
        ],
        [breaker()],
        "degraded",
        "book XRP/USD at depth 10 is lost, and 2 more are not live",
    ),
    (
        [connection(), connection("stalled", 1)],
        [topic(), topic("lost", "ETH/USD")],
        [breaker()],
        "degraded",
        "connection 1 (public) is silent",
    ),
    (
        [connection(), connection("stalled", 1), connection("waiting", 2)],
        [topic(), topic("lost", "ETH/USD")],
        [breaker("half_open")],
        "degraded",
        "connection 2 (public) waits to reconnect",
    ),
    (
        [connection(), connection("waiting", 1, role="level3")],
        [topic(), topic("lost", "ETH/USD")],
        [breaker(), breaker("open", "level3")],
        "degraded",
        "the breaker of the level3 endpoint is open",
    ),
    (
        [connection(), connection("idle", 1, topics=0, role="level3")],
        [topic()],
        [breaker(), breaker("open", "level3"), breaker("half_open", "private")],
        "live",
        "all topics are live (1)",
    ),
    (
        [connection("connecting")],
        [topic()],
        [breaker("half_open")],
        "degraded",
        "the breaker of the public endpoint is half-open",
    ),
    ([connection()], [topic()], [breaker("half_open")], "live", "all topics are live (1)"),
    ([connection()], [topic()], [breaker("open")], "live", "all topics are live (1)"),
    (
        [connection()],
        [topic("lost"), topic("subscribing", "ETH/USD")],
        [breaker()],
        "down",
        "nothing is live: book BTC/USD at depth 10 is lost",
    ),
    (
        [connection("waiting")],
        [topic("lost")],
        [breaker()],
        "down",
        "nothing is live: connection 0 (public) waits to reconnect",
    ),
    (
        [connection()],
        [topic("reported", "", channel="instrument", depth=None)],
        [breaker()],
        "down",
        "nothing is live: instrument is left to you",
    ),
]


@pytest.mark.parametrize(("connections", "topics", "breakers", "state", "reason"), CASES)
def test_the_judgement(
    connections: list[ConnectionHealth],
    topics: list[TopicHealth],
    breakers: list[BreakerHealth],
    state: str,
    reason: str,
) -> None:
    """Each rule, with the reason that names the worst."""
    assert judge(connections, topics, breakers) == (state, reason)


def test_every_state_is_judged() -> None:
    """The cases above and an ended client, which nothing else matters to, are all there is."""
    assert judge([connection("stalled")], [topic("lost")], [breaker("open")], True) == (
        HealthState.CLOSED,
        "the client is closed",
    )
    assert {state for *_, state, _ in CASES} | {"closed"} == set(HealthState)


def test_whatever_the_parts() -> None:
    """Live is said only of what is live, down and starting only of what is not."""
    connection_states, topic_states = get_args(ConnectionState), get_args(TopicState)
    parts = itertools.product(connection_states, topic_states, topic_states, BreakerState)
    for of_connection, first, second, of_breaker in parts:
        topics = [topic(first), topic(second, "ETH/USD")]
        state, reason = judge([connection(of_connection)], topics, [breaker(of_breaker)])
        states = {first, second}
        assert ("live" in states) is (state in {"live", "degraded"})
        if "lost" in states or "reported" in states:
            assert state in {"degraded", "down"}
        elif state == "live":
            assert of_breaker == "closed" or of_connection in {"open", "idle"}  # which nobody asks it about
            assert of_connection not in {"stalled", "waiting"}
        else:
            assert state in {"starting", "degraded"}
        assert reason


def test_a_topic_as_a_text() -> None:
    """Its channel, its symbol where it has one, and what tells it from others of the same symbol."""
    assert str(topic()) == "book BTC/USD at depth 10"
    assert str(topic(channel="ohlc", depth=None, interval=5)) == "ohlc BTC/USD of 5 min"
    assert str(topic(channel="ticker", depth=None, event_trigger="bbo")) == "ticker BTC/USD"
    assert str(topic(channel="instrument", depth=None, symbol="")) == "instrument"


def health(**fields: Any) -> Health:
    """A client's health with some fields of interest."""
    return Health(**({"state": HealthState.LIVE, "reason": "all is well"} | fields))


def test_what_is_stale() -> None:
    """All that is not live, and what is older than asked for."""
    young, old = topic(age_ns=SECOND), topic("live", "ETH/USD", age_ns=5 * SECOND + 1)
    lost, new = topic("lost", "XRP/USD", age_ns=0, lost_for_ns=0), topic("subscribing", "ADA/USD")
    silent = topic("live", "DOT/USD", age_ns=None)
    now = health(topics=(young, old, lost, new, silent))
    assert now.stale(5) == (old, lost, new, silent)
    assert now.stale(5.000000001) == (lost, new, silent)
    assert now.stale(0) == now.topics
    assert now.stale(math.inf) == (lost, new)


@pytest.mark.parametrize("age", [-1, math.nan])
def test_an_age_that_can_not_be_meant(age: float) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError):
        health().stale(age)


def test_as_a_dictionary(client: Any) -> None:
    """It goes through JSON and back, and is the same."""
    now = client.health()
    told = json.loads(json.dumps(now.to_dict()))
    assert told["state"] == "degraded"
    assert told["topics"][0]["symbol"] == "BTC/USD"
    assert msgspec.convert(told, Health) == now


def test_counters_that_can_not_be_written_to() -> None:
    """A view of a mapping is as good as the mapping."""
    now = health(desyncs=MappingProxyType({"checksum": 1}))
    assert now.to_dict()["desyncs"] == {"checksum": 1}
