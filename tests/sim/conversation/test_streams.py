"""What every connection is told without asking."""

import json

from havklo.sim.channels.status import Announcement
from sim.conversation.conftest import Peer, World

SECOND = 1_000_000_000


def accepted(world: World, role: str) -> tuple[Peer, int]:
    """A connection that has got its first frame, and its number in there."""
    peer = world.peer(role)
    (frame,) = peer.conversation.accept()
    return peer, json.loads(frame)["data"][0]["connection_id"]


def test_status(world: World) -> None:
    """Each connection hears of a new state of the engine under its own number, until it ends."""
    peers = [accepted(world, role) for role in ("public", "private", "level3")]
    world.kraken.exchange.set_system("cancel_only", world.now_ns)
    for peer, number in peers:
        ((topic, frame),) = peer.frames
        assert topic == ("status", "")
        (state,) = json.loads(frame)["data"]
        assert (state["system"], state["connection_id"]) == ("cancel_only", number)
    peer, _ = peers[0]
    peer.told()
    peer.conversation.end()
    world.kraken.exchange.set_system("online", world.now_ns)
    assert peer.told() == []
    assert len(peers[1][0].told()) == 2


def test_announcements(world: World) -> None:
    """What is ahead is told at once, and to whoever connects later; then that nothing is any more."""
    peer, _ = accepted(world, "public")
    start = world.now_ns + 60 * SECOND
    event = Announcement(event_id=1, title="Matching engine", start_ns=start, end_ns=start + 60 * SECOND)
    world.kraken.announce([event], world.now_ns)
    (told,) = peer.told()
    assert json.loads(told)["data"][0]["upcoming_maintenance"][0]["time_to_start_s"] == 60
    world.clock.advance(50)
    (first,) = world.peer().conversation.accept()
    assert json.loads(first)["data"][0]["upcoming_maintenance"][0]["time_to_start_s"] == 10
    world.kraken.announce([], world.now_ns)
    assert '"upcoming_maintenance":[]' in peer.told()[-1]


def test_repr(world: World) -> None:
    """It shows who is there."""
    _, token = accepted(world, "public"), world.token()
    private, _ = accepted(world, "private")
    for channel in ("executions", "balances"):
        private.call("subscribe", channel=channel, token=token)
    assert repr(world.kraken._streams) == "<Streams 2 connections, 2 private subscriptions>"
