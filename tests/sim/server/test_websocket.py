"""The sockets: order on connect, heartbeats, silence, slow readers and broken peers."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest

HEARTBEAT = '{"channel":"heartbeat"}'
SUBSCRIBE = b'{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}'


async def test_three_endpoints(playing: Any, meet: Any, dial: Any) -> None:
    """Each has its path and its role; what a conversation says first is the first frame."""
    async with playing() as stage:
        for role in ("public", "private", "level3"):
            await meet(stage, role=role)
        assert [(talk.link.number, talk.link.role) for talk in stage.talks] == [
            (1, "public"),
            (2, "private"),
            (3, "level3"),
        ]
        assert list(stage.server.connections) == [1, 2, 3]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await dial(stage.url() + "/futures")
        assert refused.value.status == 404


async def test_answers_in_order(playing: Any, meet: Any) -> None:
    """Acks, snapshots, updates, pongs: nothing overtakes anything."""
    async with playing() as stage:
        peer = await meet(stage)
        await peer.send("subscribe", channel="book", symbol=["BTC/USD", "ETH/USD"])
        frames = [json.loads(frame) for frame in await peer.everything()]
        assert [frame.get("type") for frame in frames] == [None, None, "snapshot", "snapshot"]
        sent = [stage.publish(symbol) for symbol in ("BTC/USD", "ETH/USD") * 50]
        assert await peer.everything() == sent


@pytest.mark.parametrize("size", [0, 1, 20, 400, 2_100, 70_000, 200_000])
async def test_sizes(playing: Any, meet: Any, size: int) -> None:
    """Short, middle and long frames come through whole, alone and together."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        sent = [stage.publish(size=size)]
        assert await peer.everything() == sent
        sent = [stage.publish(size=size) for _ in range(5)]
        assert await peer.everything() == sent


async def test_subscribers_share_a_stream(playing: Any, meet: Any) -> None:
    """Each gets the streams that it reads, and no others."""
    async with playing() as stage:
        first, second = await meet(stage, "BTC/USD"), await meet(stage, "BTC/USD", "ETH/USD")
        btc, eth = stage.publish("BTC/USD"), stage.publish("ETH/USD")
        assert await first.everything() == [btc]
        assert await second.everything() == [btc, eth]


async def test_heartbeats_once_subscribed(playing: Any, meet: Any) -> None:
    """One a second from the first subscription on, also beside other traffic, and none without."""
    async with playing() as stage:
        peer = await meet(stage)
        stage.clock.advance(5)
        assert await peer.everything() == []
        await peer.book("BTC/USD")
        stage.clock.advance(1)
        update = stage.publish()
        stage.clock.advance(2)
        assert await peer.everything() == [HEARTBEAT, update, HEARTBEAT, HEARTBEAT]
        stage.talks[0].keys.clear()
        stage.clock.advance(5)
        assert await peer.everything() == []
        await peer.book("ETH/USD")
        stage.clock.advance(1)
        assert await peer.everything() == [HEARTBEAT]


async def test_idle_connections_are_closed(playing: Any, meet: Any) -> None:
    """After a minute without activity the server says goodbye; pings and subscriptions prevent it."""
    async with playing() as stage:
        idle, pinging, subscribed = await meet(stage), await meet(stage), await meet(stage, "BTC/USD")
        stage.clock.advance(59)
        await pinging.everything()
        stage.clock.advance(1)
        message = await idle.socket.receive()
        assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 1000, "no activity")
        stage.clock.advance(58)
        assert await pinging.everything() == []
        assert await subscribed.everything() == [HEARTBEAT] * 118
        stage.clock.advance(60)
        assert (await pinging.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_rubbish_does_not_end_it(playing: Any, meet: Any) -> None:
    """Text or binary rubbish is answered, and so is a request in a binary frame; the connection goes on."""
    async with playing() as stage:
        peer = await meet(stage)
        await peer.socket.send_str("{rubbish")
        await peer.socket.send_bytes(b"\x00\xff")
        await peer.socket.send_bytes(b'{"method":"add_order"}')
        answers = [json.loads(answer) for answer in await peer.everything()]
        assert [answer["success"] for answer in answers] == [False, False, True]
        assert len(stage.carried_out) == 1


async def test_websocket_pings(playing: Any) -> None:
    """Pings of the WebSocket protocol are answered with what was in them, between frames, and keep it alive."""
    async with playing() as stage, raw(stage.port) as (reader, writer):
        writer.write(masked(b"", 9) + masked(b"payload", 9) + masked(b"unasked", 10))
        assert await read_frame(reader) == (1, b'{"channel":"status","role":"public"}')
        assert await read_frame(reader) == (10, b"")
        assert await read_frame(reader) == (10, b"payload")
        stage.clock.advance(50)
        writer.write(masked(b"", 9))
        assert await read_frame(reader) == (10, b"")
        stage.clock.advance(50)
        writer.write(masked(b"still here", 9))
        assert await read_frame(reader) == (10, b"still here")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (("text", b"\xff", 1), 1007),
        (("too much", b"x" * (1 << 20) + b"x", 1), 1009),
        (("unknown opcode", b"", 5), 1002),
        (("goodbye with a code", struct.pack("!H", 3_456) + b"bye", 8), 3_456),
        (("goodbye without one", b"", 8), 1000),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
async def test_close_codes(playing: Any, eventually: Any, sent: Any, code: int) -> None:
    """What breaks the WebSocket protocol ends the connection with its code; a goodbye gets its own code back."""
    async with playing() as stage, raw(stage.port) as (reader, writer):
        _, payload, opcode = sent
        await read_frame(reader)
        writer.write(masked(payload, opcode))
        received, said = await read_frame(reader)
        assert (received, struct.unpack("!H", said[:2])[0]) == (8, code)
        with suppress(ConnectionResetError):  # what it did not read of too much is answered so
            assert await reader.read() == b""
        await eventually(lambda: not stage.server.connections)
        assert stage.talks[0].ended


async def test_many_long_answers_do_not_overflow(playing: Any, meet: Any) -> None:
    """A long answer waits for its reader instead of filling the queue."""
    async with playing(queue_bytes=3_000) as stage:
        peer = await meet(stage)
        symbols = [f"{number}/USD" for number in range(100)]
        frames = await peer.book(*symbols)
        assert [json.loads(frame).get("type") for frame in frames] == [None] * 100 + ["snapshot"] * 100
        assert sum(map(len, frames)) > 10_000
        assert stage.server.overflows == 0


async def test_slow_reader_is_disconnected(playing: Any, meet: Any) -> None:
    """Who does not read is cut off once the queue is full; memory holds no more, and others notice nothing."""
    async with playing(queue_bytes=100_000) as stage, raw(stage.port, receive=4_096) as (_, writer):
        writer.transport.pause_reading()
        writer.write(masked(SUBSCRIBE))
        other = await meet(stage, "BTC/USD")
        sent = 0
        while 1 in stage.server.connections:
            assert stage.server.connections[1].waiting <= 100_000
            frames = [stage.publish(size=2_000) for _ in range(20)]
            assert await other.everything() == frames
            sent += 20
            assert sent < 100_000
        assert (stage.server.overflows, stage.hub.subscriptions) == (1, 1)
        assert stage.talks[0].ended


async def test_peer_that_vanishes(playing: Any, meet: Any, eventually: Any) -> None:
    """A connection that breaks leaves no subscription and disturbs nobody else."""
    async with playing() as stage:
        gone, stays = await meet(stage, "BTC/USD"), await meet(stage, "BTC/USD")
        gone.socket._response.connection.transport.abort()
        await eventually(lambda: len(stage.server.connections) == 1)
        sent = [stage.publish() for _ in range(10)]
        assert await stays.everything() == sent
        assert (stage.hub.subscriptions, list(stage.faults.links)) == (1, [2])


async def test_stop_says_goodbye(playing: Any, meet: Any) -> None:
    """Stopping closes every connection as going away, behind what was sent; nobody can come any more."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        sent = stage.publish()
        await stage.server.stop()
        assert await peer.frame() == sent
        message = await peer.socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
        assert (stage.server.connections, stage.talks[0].ended) == ({}, True)
        with pytest.raises(aiohttp.ClientConnectorError):
            await meet(stage)


async def test_stop_does_not_wait_for_who_does_not_read(playing: Any, eventually: Any) -> None:
    """A peer with a full buffer is cut off."""
    async with playing() as stage, raw(stage.port, receive=4_096) as (_, writer):
        writer.transport.pause_reading()
        writer.write(masked(SUBSCRIBE))
        await eventually(lambda: stage.hub.subscriptions)
        for _ in range(100):
            stage.publish(size=100_000)
        await stage.turns()
        assert stage.server.connections[1].waiting
        await stage.server.stop()
        assert stage.server.connections == {}


def masked(payload: bytes, opcode: int = 1) -> bytes:
    """A client's WebSocket frame, written by hand."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    else:
        length = b"\xfe" + size.to_bytes(2) if size < 1 << 16 else b"\xff" + size.to_bytes(8)
    return bytes((0x80 | opcode,)) + length + mask + body


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """A server's WebSocket frame, read by hand: its opcode and its payload."""
    first, size = await reader.readexactly(2)
    assert first & 0xF0 == 0x80
    assert size < 126
    return first & 0x0F, await reader.readexactly(size)


@asynccontextmanager
async def raw(port: int, receive: int = 0) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection after its handshake, without any client in between."""
    with socket.socket() as plain:
        if receive:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=plain)
        key = base64.b64encode(os.urandom(16))
        writer.write(
            b"GET /v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % key
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        try:
            yield reader, writer
        finally:
            writer.close()
