"""The sockets: order on connect, heartbeats, silence, slow readers and broken peers."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from havklo.clock import ManualClock
from havklo.sim import Simulator

Dial = Callable[[str], Any]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]
HEARTBEAT = '{"channel":"heartbeat"}'


async def test_status_comes_first(dial: Dial, clock: ManualClock) -> None:
    """The first frame is a status with an id beyond 2^53; then the acks, then the snapshot."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.send("subscribe", channel="book", symbol=["BTC/USD"])
        status, ack, snapshot = [json.loads(await peer.frame()) for _ in range(3)]
        assert status["channel"] == "status"
        assert 2**53 < status["data"][0]["connection_id"] < 2**64
        assert ack["success"] is True
        assert snapshot["type"] == "snapshot"


async def test_heartbeats_once_subscribed(dial: Dial, clock: ManualClock) -> None:
    """One a second from the first subscription on, also beside other traffic, and none without."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        clock.advance(5)
        assert await peer.everything() == []
        await peer.book("BTC/USD")
        clock.advance(1)
        sim.step()
        clock.advance(2)
        frames = await peer.everything()
        assert [frame == HEARTBEAT for frame in frames] == [True, False, True, True]
        await peer.send("unsubscribe", channel="book", symbol=["BTC/USD"])
        await peer.everything()
        clock.advance(5)
        assert await peer.everything() == []
        await peer.send("subscribe", channel="instrument", snapshot=False)
        await peer.everything()
        clock.advance(1)
        assert await peer.everything() == [HEARTBEAT]


async def test_idle_connections_are_closed(dial: Dial, clock: ManualClock) -> None:
    """After a minute without activity the server says goodbye; pings and subscriptions prevent it."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        idle, pinging, subscribed = [await dial(sim.url) for _ in range(3)]
        for peer in (idle, pinging, subscribed):
            await peer.frame()
        await subscribed.book("BTC/USD")
        clock.advance(59)
        await pinging.everything()
        clock.advance(1)
        message = await idle.socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1000)
        clock.advance(58)
        assert await pinging.everything() == []
        assert await subscribed.everything() == [HEARTBEAT] * 118
        clock.advance(60)
        assert (await pinging.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_malformed_requests_do_not_end_it(dial: Dial, clock: ManualClock) -> None:
    """Text or binary rubbish is answered, and the connection goes on."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await peer.socket.send_str("{rubbish")
        await peer.socket.send_bytes(b"\x00\xff")
        answers = await peer.everything()
        assert [json.loads(answer)["error"] for answer in answers] == ["Malformed request"] * 2


async def test_subscribers_share_bytes(dial: Dial, clock: ManualClock) -> None:
    """Two connections with the same depth get the same frames; another depth gets its own."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peers = [await dial(sim.url) for _ in range(3)]
        for peer, depth in zip(peers, (10, 10, 1000), strict=True):
            await peer.frame()
            await peer.book("BTC/USD", depth=depth)
        sim.step(20)
        first, second, deep = [await peer.everything() for peer in peers]
        assert first == second
        assert len(first) == 20
        assert len(deep) > 20


async def test_many_deep_snapshots_do_not_overflow(dial: Dial, clock: ManualClock) -> None:
    """A long answer waits for its reader instead of filling the queue."""
    async with Simulator(12, rate=0, clock=clock, queue_bytes=300_000) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        frames = await peer.book(*sim.symbols, depth=1000)
        assert [json.loads(frame).get("type") for frame in frames] == [None] * 12 + ["snapshot"] * 12
        assert sum(map(len, frames)) > 600_000
        assert sim.statistics().overflows == 0


def masked(payload: bytes) -> bytes:
    """A client's WebSocket text frame, written by hand."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return struct.pack("!BBH", 0x81, 0x80 | 126, len(payload)) + mask + body


async def test_slow_reader_is_disconnected(eventually: Eventually, clock: ManualClock) -> None:
    """Who does not read is cut off once the queue is full; memory holds no more than the queue."""
    loop = asyncio.get_running_loop()
    async with Simulator(["BTC/USD"], rate=0, clock=clock, queue_bytes=100_000) as sim:
        with socket.socket() as reader:
            reader.setblocking(False)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            port = int(sim.url.split(":")[2].split("/")[0])
            await loop.sock_connect(reader, ("127.0.0.1", port))
            key = base64.b64encode(os.urandom(16)).decode()
            await loop.sock_sendall(
                reader,
                f"GET /v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode(),
            )
            assert b" 101 " in await loop.sock_recv(reader, 200)
            request = {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"]}}
            await loop.sock_sendall(reader, masked(json.dumps(request).encode()))
            await eventually(lambda: sim.statistics().subscriptions)
            for _ in range(2_000):
                sim.step(50)
                await asyncio.sleep(0)
                if not sim.statistics().connections:
                    break
                (connection,) = sim._server.connections.values()  # type: ignore[union-attr]
                assert connection.waiting <= 100_000
            statistics = sim.statistics()
            assert (statistics.overflows, statistics.connections, statistics.subscriptions) == (1, 0, 0)


async def test_peer_that_vanishes(dial: Dial, eventually: Eventually, clock: ManualClock) -> None:
    """A connection that breaks leaves no subscription and disturbs nobody else."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        gone, stays = await dial(sim.url), await dial(sim.url)
        for peer in (gone, stays):
            await peer.frame()
            await peer.book("BTC/USD")
        gone.socket._response.connection.transport.abort()
        await eventually(lambda: sim.statistics().connections == 1)
        sim.step(10)
        assert len(await stays.everything()) == 10
        assert sim.statistics().subscriptions == 1
