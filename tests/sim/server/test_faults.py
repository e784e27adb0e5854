"""Every kind of fault, as a client on a real socket sees it."""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from havklo.sim.delivery.faults import Fault
from havklo.sim.rules import Rules

HEARTBEAT = '{"channel":"heartbeat"}'
CLOSED = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}


class Later:
    """Something that is waited for, and must not come yet."""

    def __init__(self, stage: Any, waiting: Coroutine[Any, Any, Any]) -> None:
        self._stage = stage
        self._task = asyncio.ensure_future(waiting)

    async def not_yet(self) -> None:
        """It has not come, however often the event loop turns."""
        await self._stage.turns(200)
        assert not self._task.done()

    async def now(self) -> Any:
        """It comes."""
        return await self._task


def logged(stage: Any, **fields: Any) -> Fault:
    """The log entry of a fault that struck a book update on its way to the first connection just now."""
    usual: dict[str, Any] = {
        "channel": "book",
        "symbol": "BTC/USD",
        "depth": 10,
        "connection": 1,
        "role": "public",
        "at_ns": stage.clock.epoch_ns(),
    }
    return Fault(**(usual | fields))


async def test_drop(playing: Any, meet: Any) -> None:
    """It does not arrive."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD", "ETH/USD")
        stage.faults.inject("drop", "BTC/USD")
        other, lost, after = stage.publish("ETH/USD"), stage.publish(), stage.publish()
        assert await peer.everything() == [other, after]
        assert list(stage.faults.log) == [logged(stage, kind="drop", frame=lost.encode())]


async def test_duplicate(playing: Any, meet: Any) -> None:
    """It arrives twice."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        stage.faults.inject("duplicate")
        twice, after = stage.publish(), stage.publish()
        assert await peer.everything() == [twice, twice, after]
        frame = twice.encode()
        assert list(stage.faults.log) == [logged(stage, kind="duplicate", frame=frame, sent=(frame, frame))]


async def test_reorder(playing: Any, meet: Any) -> None:
    """It arrives behind the next one, or after a second."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        order = stage.faults.inject("reorder")
        first, second, third = (stage.publish() for _ in range(3))
        assert await peer.everything() == [second, first, third]
        frames = first.encode(), second.encode()
        now = stage.clock.epoch_ns()
        assert order.faults == [
            logged(stage, kind="reorder", frame=frames[0], sent=(frames[1], frames[0]), until_ns=now)
        ]
        stage.faults.inject("reorder")
        alone = stage.publish()
        assert await peer.everything() == []
        stage.clock.advance(1)
        assert await peer.everything() == [HEARTBEAT, alone]


@pytest.mark.parametrize("kind", ["corrupt", "truncate"])
async def test_broken(playing: Any, meet: Any, kind: Any) -> None:
    """It arrives as the log says: one digit is another one, or the end is missing."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        stage.faults.inject(kind)
        whole = stage.publish()
        (received,) = await peer.everything()
        assert list(stage.faults.log) == [
            logged(stage, kind=kind, frame=whole.encode(), sent=(received.encode(),)),
        ]
        if kind == "corrupt":
            assert sum(a != b for a, b in zip(whole, received, strict=True)) == 1
            assert json.loads(received)["data"][0]["checksum"] != json.loads(whole)["data"][0]["checksum"]
        else:
            assert whole.startswith(received)
            with pytest.raises(json.JSONDecodeError):
                json.loads(received)


async def test_delay(playing: Any, meet: Any) -> None:
    """It arrives later, and everything behind it even later: answers, pongs and heartbeats as well."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD", "ETH/USD")
        stage.faults.inject("delay", "BTC/USD", seconds=2)
        at_ns = stage.clock.epoch_ns()
        before, late, behind = stage.publish("ETH/USD"), stage.publish(), stage.publish("ETH/USD")
        everything = Later(stage, peer.everything())
        await everything.not_yet()
        stage.clock.advance(1.9)
        await everything.not_yet()
        stage.clock.advance(0.1)
        assert await everything.now() == [before, late, behind]
        frame = late.encode()
        assert list(stage.faults.log) == [
            logged(stage, kind="delay", at_ns=at_ns, until_ns=at_ns + 2_000_000_000, frame=frame, sent=(frame,))
        ]
        assert await peer.everything() == [HEARTBEAT] * 2


@pytest.mark.parametrize("cut", [False, True])
async def test_lose_ack(playing: Any, meet: Any, cut: bool) -> None:
    """The order is carried out, its ack does not arrive; the connection goes on, or ends instead."""
    async with playing() as stage:
        peer = await meet(stage, role="private")
        stage.faults.inject("lose_ack", cut=cut)
        await peer.send("add_order")
        if cut:
            assert (await peer.socket.receive()).type in CLOSED
            assert peer.socket.close_code == 1006
        else:
            assert await peer.everything() == []
            await peer.send("add_order")
            assert len(await peer.everything()) == 1
        assert stage.carried_out == [{"method": "add_order"}] * (1 if cut else 2)
        ack = b'{"method":"add_order","result":{"order_id":"O1"},"success":true}'
        assert list(stage.faults.log) == [
            logged(stage, kind="lose_ack", channel="ack", symbol="", depth=0, role="private", frame=ack)
        ]


async def test_disconnect(playing: Any, meet: Any, eventually: Any) -> None:
    """An abrupt end in place of an update; what was sent before still arrives, and the next connection is new."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        sent = [stage.publish() for _ in range(3)]
        stage.faults.inject("disconnect", count=2)
        lost = stage.publish()
        stage.publish()
        assert [await peer.frame() for _ in sent] == sent
        assert (await peer.socket.receive()).type in CLOSED
        assert peer.socket.close_code == 1006
        await eventually(lambda: not stage.server.connections)
        again = await meet(stage, "BTC/USD")
        lost_again = stage.publish()
        assert (await again.socket.receive()).type in CLOSED
        assert list(stage.faults.log) == [
            logged(stage, kind="disconnect", frame=lost.encode()),
            logged(stage, kind="disconnect", frame=lost_again.encode(), connection=2),
        ]


async def test_disconnect_with_a_goodbye(playing: Any, meet: Any) -> None:
    """A close frame with that code, behind what was sent before; here a chosen connection, and at once."""
    async with playing() as stage:
        stays, goes = await meet(stage, "BTC/USD"), await meet(stage, "BTC/USD")
        sent = stage.publish()
        stage.faults.inject("disconnect", connection=2, code=1012)
        later = stage.publish()
        assert await goes.frame() == sent
        message = await goes.socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1012)
        assert await stays.everything() == [sent, later]
        (fault,) = stage.faults.log
        assert fault == logged(stage, kind="disconnect", connection=2, channel="", symbol="", depth=0)


async def test_stall(playing: Any, meet: Any) -> None:
    """Nothing arrives, no heartbeat and no answer, though requests are carried out; then it all does."""
    async with playing() as stage:
        peer, other = await meet(stage, "BTC/USD"), await meet(stage, "BTC/USD")
        stage.faults.inject("stall", connection=1, seconds=5)
        at_ns = stage.clock.epoch_ns()
        held = stage.publish()
        await peer.send("add_order")
        everything = Later(stage, peer.everything())
        await everything.not_yet()
        assert len(stage.carried_out) == 1
        stage.clock.advance(4.5)
        await everything.not_yet()
        assert await other.everything() == [held] + [HEARTBEAT] * 4
        stage.clock.advance(0.5)
        frames = await everything.now()
        assert frames[0] == held
        assert json.loads(frames[1])["method"] == "add_order"
        assert await peer.everything() == [HEARTBEAT] * 5
        assert list(stage.faults.log) == [
            logged(stage, kind="stall", at_ns=at_ns, until_ns=at_ns + 5_000_000_000, frame=held.encode())
        ]


async def test_stall_of_a_stream(playing: Any, meet: Any) -> None:
    """One book is silent on a lively connection."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD", "ETH/USD")
        stage.faults.inject("stall", "BTC/USD", channel="book", seconds=3)
        held, passes = stage.publish(), stage.publish("ETH/USD")
        stage.clock.advance(2)
        assert await peer.everything() == [passes, HEARTBEAT, HEARTBEAT]
        stage.clock.advance(1)
        assert sorted(await peer.everything()) == sorted([held, HEARTBEAT])


async def test_stall_holds_back_websocket_pongs(playing: Any, meet: Any) -> None:
    """The protocol below is as silent as the one above."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        stage.faults.inject("stall", seconds=5)
        await peer.socket.ping(b"are you there")
        received = Later(stage, peer.frame())
        await received.not_yet()
        assert len(stage.faults.log) == 1
        assert stage.server.connections[1].waiting == len(b"are you there")
        stage.clock.advance(5)
        assert await received.now() == HEARTBEAT
        assert stage.server.connections[1].waiting == 0


async def test_half_open(playing: Any, meet: Any, eventually: Any) -> None:
    """Nothing is read or sent any more, no pong and no goodbye, until the client hangs up."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        stage.faults.inject("half_open")
        stage.publish()
        await peer.send("add_order")
        await peer.socket.ping()
        await peer.send("ping", 1)
        received = Later(stage, peer.socket.receive())
        await received.not_yet()
        stage.clock.advance(300)
        await received.not_yet()
        assert stage.carried_out == []
        assert (list(stage.server.connections), stage.hub.subscriptions) == ([1], 1)
        (fault,) = stage.faults.log
        assert (fault.kind, fault.connection, fault.frame) == ("half_open", 1, None)
        peer.socket._response.connection.transport.abort()
        await eventually(lambda: not stage.server.connections)
        assert (stage.hub.subscriptions, stage.talks[0].ended) == (0, True)
        with suppress(asyncio.CancelledError):
            assert (await received.now()).type in CLOSED


async def test_half_open_and_the_server_stops(playing: Any, meet: Any) -> None:
    """A connection that hears nothing keeps nobody from stopping."""
    async with playing() as stage:
        await meet(stage, "BTC/USD")
        stage.faults.inject("half_open")
        await stage.server.stop()
        assert stage.server.connections == {}


async def test_slow_reader(playing: Any, meet: Any, eventually: Any) -> None:
    """What comes through is throttled; the rest fills the queue until the exchange has had enough."""
    async with playing(queue_bytes=20_000) as stage:
        peer, other = await meet(stage, "BTC/USD"), await meet(stage, "BTC/USD")
        stage.faults.inject("slow_reader", connection=1, bytes_per_second=1_000)
        sent = [stage.publish(size=400) for _ in range(20)]
        assert await peer.frame() == sent[0], "the way is free at first"
        stage.clock.advance(2)
        passed = 2_000 // len(sent[0])
        assert [await peer.frame() for _ in range(passed)] == sent[1 : passed + 1]
        following = Later(stage, peer.frame())
        await following.not_yet()
        assert await other.everything() == [*sent, HEARTBEAT, HEARTBEAT]
        for _ in range(100):
            stage.publish(size=400)
        await eventually(lambda: 1 not in stage.server.connections)
        assert stage.server.overflows == 1
        assert len(await other.everything()) == 100
        with suppress(AssertionError):
            await following.now()
        (fault,) = stage.faults.log
        assert (fault.kind, fault.connection) == ("slow_reader", 1)


async def test_rate_limit(playing: Any, meet: Any) -> None:
    """Requests are refused and not carried out; what was subscribed before goes on."""
    async with playing() as stage:
        peer = await meet(stage, "BTC/USD")
        stage.faults.inject("rate_limit", count=2)
        await peer.send("add_order")
        await peer.send("add_order", 7)
        update = stage.publish()
        refused = '{"Error":"Exceeded msg rate"}'
        frames = await peer.everything()
        assert sorted(frames) == sorted([refused, refused, update])
        assert stage.carried_out == []
        assert [fault.frame for fault in stage.faults.log] == [
            b'{"method": "add_order"}',
            b'{"method": "add_order", "req_id": 7}',
        ]
        assert {fault.sent for fault in stage.faults.log} == {(refused.encode(),)}


async def test_a_limit_of_requests(playing: Any, meet: Any) -> None:
    """The rules may have one for everybody."""
    async with playing(Rules(connects=None, requests=3)) as stage:
        peer = await meet(stage)
        for _ in range(5):
            await peer.send("add_order")
        frames = [await peer.frame() for _ in range(5)]
        assert frames[3:] == ['{"Error":"Exceeded msg rate"}'] * 2
        assert len(stage.carried_out) == 3
        assert list(stage.faults.log) == []
