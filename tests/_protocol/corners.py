"""Sessions for tests of their corners: how they come to be, and what comes out of them."""

import json
from typing import Any

from havklo._protocol import actions
from havklo._protocol.messages import Ack, Alive, BookProven
from havklo._protocol.session import Session
from havklo._protocol.timings import Timings
from havklo.channels import Topic
from havklo.events import Heartbeat

__all__ = ["BTC", "ETH", "QUIET", "SECOND", "ack", "beat", "events_of", "live", "opened", "requests", "snapshot"]

SECOND = 1_000_000_000
BTC = Topic("book", "BTC/USD", 10)
ETH = Topic("book", "ETH/USD", 10)
QUIET = Timings(ping_first=3600 * SECOND, quiet_every=3600 * SECOND)


def ack(topic: Topic, req_id: int | None, method: Any = "subscribe") -> Ack:
    """Kraken's yes."""
    return Ack(method=method, channel=topic.channel, symbol=topic.symbol, req_id=req_id)


def snapshot(topic: Topic) -> BookProven:
    """The engine's word about a snapshot."""
    return BookProven(symbol=topic.symbol, snapshot=True)


def opened(*topics: Topic, timings: Timings = QUIET) -> Session:
    """A session that is connected and has asked for its topics; it neither pings nor looks for silences."""
    session = Session(lambda: 0.0, timings=timings)
    session.subscribe(topics, 0)
    session.connected(0)
    return session


def live(*topics: Topic) -> Session:
    """A session whose topics are live and settled."""
    session = opened(*topics)
    for topic in topics:
        session.receive(ack(topic, 1), 1)
        session.receive(snapshot(topic), 2)
        for _ in range(5):
            session.receive(BookProven(symbol=topic.symbol), 3)
    return session


def requests(done: list[actions.Action]) -> list[tuple[str, list[str]]]:
    """The method and the symbols of everything that is sent, pings aside."""
    sent = [json.loads(action.payload) for action in done if isinstance(action, actions.Send)]
    return [(request["method"], request["params"].get("symbol", [])) for request in sent if "params" in request]


def events_of(done: list[actions.Action]) -> list[actions.SessionEvent]:
    """What the user is told, heartbeats aside."""
    told = [action.event for action in done if isinstance(action, actions.Emit)]
    return [event for event in told if not isinstance(event, Heartbeat)]


def beat(session: Session, now: int) -> list[actions.Action]:
    """Let a heartbeat come; gives what the session does beside telling of it."""
    *others, told = session.receive(Alive(recv_ns=now), now)
    assert told == actions.Emit(Heartbeat(connection=0, recv_ns=now))
    return others
