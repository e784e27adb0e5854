"""The WebSocket transport against a scripted peer on loopback: frames, fragments, closing, failing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import picows
import pytest

from havklo._transport.websocket import WebSocket, connect
from havklo.clock import SystemClock
from havklo.errors import Disconnected, MalformedFrame
from havklo.venues import UrlVenue

TEXT, CONTINUATION, PONG = (
    picows.WSMsgType.TEXT,
    picows.WSMsgType.CONTINUATION,
    picows.WSMsgType.PONG,
)


class Peer(picows.WSListener):
    """The other end: keeps what it hears, and lets the test say what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.goodbyes: asyncio.Queue[int] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.answers_close = True

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Keep the way to talk."""
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Keep what was said."""
        if frame.msg_type is picows.WSMsgType.CLOSE:
            self.goodbyes.put_nowait(int.from_bytes(frame.get_payload_as_bytes()[:2]))
            if self.answers_close:
                transport.disconnect()
        else:
            self.heard.put_nowait(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:  # noqa: ARG002  # picows' signature
        """Note the end."""
        self.gone.set()

    def say(self, payload: bytes, kind: Any = TEXT, *, fin: bool = True) -> None:
        """Send one frame."""
        self.transport.send(kind, payload, fin=fin)


class Ear:
    """A handler that reads everything but what begins with `!`."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, int]] = []
        self.malformed: list[MalformedFrame] = []
        self.closed: list[str] = []
        self.codes: list[int | None] = []
        self.end = asyncio.Event()

    def on_frame(self, payload: bytes, recv_ns: int) -> MalformedFrame | None:
        """Take a frame that is a JSON object as far as the first and last byte tell."""
        if payload[:1] != b"{" or payload[-1:] != b"}":
            return MalformedFrame("no object", payload)
        self.frames.append((payload, recv_ns))
        if payload == b'{"end":1}':
            self.end.set()
        return None

    def on_malformed(self, error: MalformedFrame) -> None:
        """Keep what could not be read."""
        self.malformed.append(error)

    def on_closed(self, reason: str, code: int | None) -> None:
        """Keep why it ended."""
        self.closed.append(reason)
        self.codes.append(code)

    @property
    def payloads(self) -> list[bytes]:
        """What was read, without its times."""
        return [payload for payload, _ in self.frames]


@asynccontextmanager
async def server(make: Callable[[Any], Any]) -> AsyncIterator[str]:
    """Serve on a free port."""
    serving = await picows.ws_create_server(make, "127.0.0.1", 0)
    port = serving.sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/v2"
    finally:
        serving.close()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[WebSocket, Peer, Ear]]:
    """A socket, its peer and its handler."""
    peer, ear = Peer(), Ear()
    async with server(lambda _: peer) as url:
        socket = await connect(url, ear, SystemClock())
        try:
            yield socket, peer, ear
        finally:
            socket.abort()
            await socket.wait_closed()
            await peer.gone.wait()


async def test_frames_come_in_order() -> None:
    """What the peer says arrives whole and in order, and what is sent arrives there."""
    async with connected() as (socket, peer, ear):
        for number in range(100):
            peer.say(b'{"n":%d}' % number)
        peer.say(b'{"end":1}')
        await ear.end.wait()
        assert ear.payloads[:100] == [b'{"n":%d}' % number for number in range(100)]
        socket.send(b"hello")
        assert await peer.heard.get() == b"hello"


async def test_receive_time() -> None:
    """Frames carry the epoch time of their socket read; those of one read share it."""
    async with connected() as (socket, peer, ear):
        before = time.time_ns()
        peer.transport.underlying_transport.write(b'\x81\x07{"a":1}\x81\x09{"end":1}')
        await ear.end.wait()
        (_, first), (_, second) = ear.frames
        assert first == second
        assert before - 1_000_000_000 < first < time.time_ns() + 1_000_000_000
        assert abs(socket.last_read - time.monotonic_ns()) < 10_000_000_000


async def test_fragments_are_joined() -> None:
    """A message in fragments arrives as one, with control frames in between."""
    async with connected() as (_, peer, ear):
        peer.say(b'{"a":', fin=False)
        peer.say(b"", PONG)
        peer.transport.send_ping(b"?")
        peer.say(b"[1,", CONTINUATION, fin=False)
        peer.say(b"2]}", CONTINUATION)
        peer.say(b'{"end":1}')
        await ear.end.wait()
        assert ear.payloads == [b'{"a":[1,2]}', b'{"end":1}']
        assert ear.malformed == []


async def test_a_last_fragment_of_nothing() -> None:
    """A message that is whole before its last, empty fragment is read once."""
    async with connected() as (_, peer, ear):
        peer.say(b'{"a":1}', fin=False)
        peer.say(b" ", CONTINUATION)
        peer.say(b'{"end":1}')
        await ear.end.wait()
        assert ear.payloads == [b'{"a":1}', b'{"end":1}']
        assert ear.malformed == []


async def test_malformed_messages_are_told() -> None:
    """A message that the handler can't read is given back to it as malformed, whole or in fragments."""
    async with connected() as (_, peer, ear):
        peer.say(b"!")
        peer.say(b"!", fin=False)
        peer.say(b"?", CONTINUATION)
        peer.say(b'{"end":1}')
        await ear.end.wait()
        assert [error.excerpt for error in ear.malformed] == [b"!", b"!?"]


async def test_too_big_a_message_ends_the_connection() -> None:
    """Fragments without end do not fill the memory."""
    async with connected() as (socket, peer, ear):
        peer.say(b'{"a":"', fin=False)
        for _ in range(17):
            peer.say(b"x" * (1 << 20), CONTINUATION, fin=False)
        await socket.wait_closed()
        assert ear.closed == ["the peer's message was too big"]


async def test_the_peer_closes() -> None:
    """A close frame is answered, and its code and words are the reason."""
    async with connected() as (socket, peer, ear):
        peer.transport.send_close(picows.WSCloseCode.SERVICE_RESTART, b"maintenance")
        await socket.wait_closed()
        assert (ear.closed, ear.codes) == (["closed by the peer: 1012 maintenance"], [1012])
        assert await peer.goodbyes.get() == 1000
        socket.send(b"too late")
        socket.close()
        assert repr(socket) == "<WebSocket ended>"


async def test_the_peer_closes_without_a_code() -> None:
    """A close frame may be empty."""
    async with connected() as (socket, peer, ear):
        peer.say(b"", picows.WSMsgType.CLOSE)
        await socket.wait_closed()
        assert (ear.closed, ear.codes) == (["closed by the peer: no code"], [None])


async def test_the_peer_vanishes() -> None:
    """A connection that breaks without a word ends too."""
    async with connected() as (socket, peer, ear):
        peer.transport.disconnect(graceful=False)
        await socket.wait_closed()
        assert (ear.closed, ear.codes) == (["the connection was lost"], [None])


async def test_close() -> None:
    """Closing says goodbye with its code, and ends when the peer has answered."""
    async with connected() as (socket, peer, ear):
        assert repr(socket) == "<WebSocket open>"
        socket.close(1001, "done")
        socket.close()
        await socket.wait_closed()
        assert await peer.goodbyes.get() == 1001
        assert ear.closed == ["done"]


async def test_close_when_the_peer_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that ignores the goodbye does not hold the connection."""
    monkeypatch.setattr("havklo._transport.websocket._CLOSE_PATIENCE", 0.0)
    async with connected() as (socket, peer, ear):
        peer.answers_close = False
        socket.close()
        await socket.wait_closed()
        assert ear.closed == ["closed by this side"]


async def test_abort() -> None:
    """Aborting ends at once, and still tells the peer."""
    async with connected() as (socket, peer, ear):
        socket.abort()
        await socket.wait_closed()
        assert await peer.goodbyes.get() == 1001
        assert (ear.closed, ear.codes) == (["dropped by this side"], [None])


async def test_abort_in_other_words() -> None:
    """Which code the peer is told is the caller's to choose."""
    async with connected() as (socket, peer, ear):
        socket.abort(1000, "nothing is subscribed")
        await socket.wait_closed()
        assert await peer.goodbyes.get() == 1000
        assert ear.closed == ["dropped by this side"]


async def test_nobody_listens() -> None:
    """A refused connection is `Disconnected`, with the address and the system's words."""
    with pytest.raises(Disconnected, match=r"ws://127\.0\.0\.1:1/v2: .*111") as caught:
        await UrlVenue("ws://127.0.0.1:1/v2").open("public", Ear())
    assert isinstance(caught.value.__cause__, OSError)


async def test_refused_handshake() -> None:
    """A server that refuses the upgrade is named with its status."""
    async with server(lambda _: None) as url:
        with pytest.raises(Disconnected, match=r"HTTP 4\d\d"):
            await connect(url, Ear(), SystemClock())


@asynccontextmanager
async def mute_server() -> AsyncIterator[tuple[str, asyncio.Queue[asyncio.StreamWriter]]]:
    """A server that accepts and never answers."""
    callers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await callers.put(writer)
        await reader.read()
        writer.close()

    serving = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with serving:
        port = serving.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v2", callers


async def test_no_answer() -> None:
    """A peer that accepts and says nothing is given up in time."""
    async with mute_server() as (url, callers):
        with pytest.raises(Disconnected, match=r"did not answer within 0\.05 s"):
            await connect(url, Ear(), SystemClock(), timeout_seconds=0.05)
        writer = await callers.get()
        await writer.wait_closed()


async def test_cancelled_while_connecting() -> None:
    """Cancelling leaves no connection behind."""
    async with mute_server() as (url, callers):
        opening = asyncio.create_task(connect(url, Ear(), SystemClock()))
        writer = await callers.get()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: nonsense\r\n\r\n"
        )
        await writer.wait_closed()


async def test_a_breach_of_the_protocol() -> None:
    """When the peer breaks the WebSocket protocol itself, that is the reason of the end."""
    async with connected() as (socket, peer, ear):
        peer.transport.underlying_transport.write(b"\x83\x00")  # an opcode that does not exist
        await socket.wait_closed()
        assert len(ear.closed) == 1
        assert ear.closed[0] != "the connection was lost"
