"""The connection without a network."""

import pytest

from havklo._transport.memory import MemoryVenue
from havklo.errors import Disconnected, EndpointUnavailable, MalformedFrame


class Ear:
    """A handler that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def on_frame(self, payload: bytes, recv_ns: int) -> MalformedFrame | None:
        """Take everything but a question mark."""
        self.heard.append((payload, recv_ns))
        return MalformedFrame("what?", payload) if payload == b"?" else None

    def on_malformed(self, error: MalformedFrame) -> None:
        """Keep what could not be read."""
        self.heard.append(error.detail)

    def on_closed(self, reason: str, code: int | None) -> None:
        """Keep why it ended."""
        self.heard.append(reason if code is None else (reason, code))


async def test_both_ways() -> None:
    """Frames of one delivery share their time, and what is sent is kept until the end."""
    venue, ear = MemoryVenue(), Ear()
    transport = await venue.open("public", ear)
    transport.send(b"hello")
    transport.deliver(b"a", "b")
    venue.clock.advance(1)
    transport.deliver(b"?")
    transport.close(1001, "done")
    await transport.wait_closed()
    transport.send(b"too late")
    transport.deliver(b"too late")
    transport.abort()
    now = venue.clock.epoch_ns()
    assert ear.heard == [(b"a", now - 10**9), (b"b", now - 10**9), (b"?", now), "what?", "done"]
    assert (transport.sent, transport.goodbye, transport.open) == ([b"hello"], (1001, "done"), False)
    assert transport.last_read == venue.clock.now()
    assert repr(transport) == "<MemoryTransport public ended, 1 sent>"


async def test_how_it_ends() -> None:
    """The peer may end it with a code; dropping it is no goodbye from the peer, but the peer is told why."""
    venue, ear = MemoryVenue(), Ear()
    first, second = await venue.open("public", ear), await venue.open("public", ear)
    first.end("closed by the peer: 1012", 1012)
    first.end("again", 1000)
    second.abort(1001, "silent")
    second.abort()
    assert ear.heard == [("closed by the peer: 1012", 1012), "dropped by this side"]
    assert (first.goodbye, second.goodbye) == (None, (1001, "silent"))


async def test_refusals_and_roles() -> None:
    """Attempts can be made to fail, each in its own words; roles that are not there are errors."""
    venue = MemoryVenue()
    venue.refuse("no", "not yet")
    for words in ("no", "not yet"):
        with pytest.raises(Disconnected, match=words):
            await venue.open("public", Ear())
    with pytest.raises(EndpointUnavailable):
        await venue.open("rest", Ear())
    await venue.open("private", Ear())
    assert [transport.role for transport in venue.connections] == ["private"]
    assert venue.name == "memory"


async def test_a_play_for_each_connection() -> None:
    """Each new connection can be prepared before the client sees it."""
    venue = MemoryVenue()
    venue.on_open(lambda transport: transport.deliver(b"first"))
    ear = Ear()
    transport = await venue.open("public", ear)
    heard: list[bytes] = []
    transport.on_sent = heard.append
    transport.send(b"question")
    assert (len(ear.heard), heard) == (1, [b"question"])
