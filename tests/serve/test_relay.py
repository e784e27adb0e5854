"""A page's connection and the exchange's, joined."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, WSServerHandshakeError

from havklo.serve import relay as relay_module
from havklo.serve.conflation import Lane

Wait = Callable[[Callable[[], object]], Awaitable[None]]

FRAMES = [
    b'{"channel":"status","data":[{"system":"online"}]}',
    b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1.10,"qty":0.00000000}]}]}',
    '{ "spaces" :\t"kept", "text": "\u20bf \\u20bf" }'.encode(),
    b'{"channel":"book","type":"upd',
    b"{}",
]


async def test_every_byte_passes(joined: Any, exchange: Any, eventually: Wait) -> None:
    """In both directions, whatever it is."""
    requests = [b'{"method":"ping","req_id":  1}', '{"method":"subscribe","x":"\u00fc"}'.encode()]
    async with joined.http.ws_connect(joined.at("/v2", token=True), decode_text=False) as page:
        await eventually(lambda: exchange.sockets)
        await exchange.say(*FRAMES)
        assert [(await page.receive()).data for _ in FRAMES] == FRAMES
        for request in requests:
            await page.send_frame(request, WSMsgType.TEXT)
        await eventually(lambda: len(exchange.requests) == len(requests))
    assert exchange.requests == requests
    await eventually(lambda: exchange.sockets[0].closed)
    assert joined.gateway.counts.totals()[:3] == (0, len(FRAMES), 0)


async def test_fragments_are_joined(joined: Any, exchange: Any, eventually: Wait) -> None:
    """A message that comes in parts is one message."""
    async with joined.http.ws_connect(joined.at("/v2", token=True), decode_text=False) as page:
        await eventually(lambda: exchange.sockets)
        transport = exchange.sockets[0]._req.transport
        transport.write(b"\x01\x02{ \x00\x01 \x80\x01}")
        assert (await page.receive()).data == b"{  }"


@pytest.mark.parametrize(("code", "told"), [(1001, 1001), (1012, 1012), (4000, 4000), (1003, 1013)])
async def test_the_exchange_says_goodbye(joined: Any, exchange: Any, eventually: Wait, code: int, told: int) -> None:
    """The page gets what was said before it, then the same goodbye, unless a page could not say it."""
    async with joined.http.ws_connect(joined.at("/v2", token=True), decode_text=False) as page:
        await eventually(lambda: exchange.sockets)
        await exchange.say(FRAMES[0])
        await exchange.sockets[0].close(code=code, message=b"maintenance")
        assert (await page.receive()).data == FRAMES[0]
        end = await page.receive()
        assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, told, "maintenance")


async def test_the_exchange_vanishes(joined: Any, exchange: Any, eventually: Wait) -> None:
    """Then the page is told to try again."""
    async with joined.http.ws_connect(joined.at("/v2", token=True)) as page:
        await eventually(lambda: exchange.sockets)
        exchange.sockets[0]._req.transport.abort()
        end = await page.receive()
        assert (end.type, end.data) == (WSMsgType.CLOSE, 1013)


async def test_the_exchange_is_not_there(joined: Any, exchange: Any) -> None:
    """A page is not connected to nothing."""
    exchange.url = ""
    joined.gateway._source.venue._endpoints["public"] = "ws://127.0.0.1:9/v2"
    with pytest.raises(WSServerHandshakeError) as refused:
        await joined.http.ws_connect(joined.at("/v2", token=True))
    assert refused.value.status == 502


def _short_socket(info: Any) -> socket.socket:
    """A socket that takes little before its owner has to read."""
    made = socket.socket(*info[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    made.setblocking(False)
    return made


async def test_a_slow_page(joined: Any, exchange: Any, eventually: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets a fresh snapshot in place of what it could not read; another one misses nothing and does not wait."""
    monkeypatch.setattr(relay_module, "Lane", partial(Lane, most_frames=64))
    subscribe = json.dumps({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 10}})
    filler = "x" * 4_000

    def update(number: int, kind: str = "update") -> bytes:
        row = {"symbol": "BTC/USD", "n": number, "filler": filler}
        return json.dumps({"channel": "book", "type": kind, "data": [row]}).encode()

    address = joined.at("/v2", token=True)
    async with (
        ClientSession(connector=TCPConnector(socket_factory=_short_socket)) as other,
        joined.http.ws_connect(address) as quick,
        other.ws_connect(address) as slow,
    ):
        await eventually(lambda: len(exchange.sockets) == 2)
        for page in (quick, slow):
            await page.send_str(subscribe)
        await eventually(lambda: len(exchange.requests) == 2)
        slow._response.connection.transport.pause_reading()
        counts, sent = joined.gateway.counts, 0
        while not counts.totals().lapses:
            sent += 1
            await asyncio.gather(exchange.say(update(sent), to=0), exchange.say(update(sent), to=1))
            assert await _number(quick) == sent
        slow._response.connection.transport.resume_reading()
        reading = asyncio.create_task(_numbers(slow, sent + 3))
        await eventually(lambda: len(exchange.requests) == 3)
        leave = json.loads(exchange.requests[2])
        assert leave["method"] == "unsubscribe"
        await exchange.say(update(sent + 1), _ack(leave), to=1)
        await eventually(lambda: len(exchange.requests) == 4)
        join = json.loads(exchange.requests[3])
        assert (join["method"], join["params"]) == ("subscribe", leave["params"])
        await exchange.say(_ack(join), update(sent + 2, "snapshot"), update(sent + 3), to=1)
        seen = await reading
    before = len(seen) - 2
    assert 0 < before < sent
    assert seen == [*range(1, before + 1), sent + 2, sent + 3]
    assert counts.totals().closed == 0


async def test_a_page_that_reads_no_trades(
    joined: Any, exchange: Any, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What must not be lost is not: the page is told to come again."""
    monkeypatch.setattr(relay_module, "Lane", partial(Lane, most_frames=64))
    trade = json.dumps({"channel": "trade", "data": [{"symbol": "BTC/USD", "filler": "x" * 4_000}]}).encode()
    async with ClientSession(connector=TCPConnector(socket_factory=_short_socket)) as http:
        async with http.ws_connect(joined.at("/v2", token=True)) as page:
            await eventually(lambda: exchange.sockets)
            page._response.connection.transport.pause_reading()
            counts = joined.gateway.counts
            while not counts.totals().closed:
                await exchange.say(trade)
            page._response.connection.transport.resume_reading()
            async with asyncio.timeout(20):
                while (message := await page.receive()).type is WSMsgType.TEXT:
                    pass
        assert (message.data, message.extra) == (1013, "it reads too slowly")


async def test_a_snapshot_that_does_not_come(asked: Any, sim: Any, eventually: Wait) -> None:
    """A page does not wait for ever with a book that has lapsed."""
    relays = asked.gateway._relays
    async with asked.http.ws_connect(asked.at("/v2", token=True)) as page:
        await eventually(lambda: relays)
        (relay,) = relays
        relay.lane.asked(b'{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}')
        relay.lane._lapsed["BTC/USD"], relay.lane._numbers["BTC/USD"] = "behind", 1
        sim.inject("half_open")
        relay._wake.set()
        await eventually(lambda: relay._refreshes)
        sim.advance(10.0)
        async with asyncio.timeout(20):
            while (message := await page.receive()).type is WSMsgType.TEXT:
                pass
        assert (message.data, message.extra) == (1013, "a fresh snapshot did not come")


async def _number(page: ClientWebSocketResponse) -> int:
    async with asyncio.timeout(20):
        return int(json.loads(await page.receive_str())["data"][0]["n"])


async def _numbers(page: ClientWebSocketResponse, last: int) -> list[int]:
    """The numbers of all messages until the last one."""
    seen = [await _number(page)]
    while seen[-1] < last:
        seen.append(await _number(page))
    return seen


def _ack(request: dict[str, Any]) -> bytes:
    return json.dumps({"method": request["method"], "req_id": request["req_id"], "success": True}).encode()
