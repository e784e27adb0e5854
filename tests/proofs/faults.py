"""Every kind of fault once: injected into a running simulator, seen on the wire by a client that knows nothing of it.

The client is a bare WebSocket. Each row says what was asked for, what the client saw, and that the fault log has it;
a kind that can't be seen, or is not in the log, fails.

    python tests/proofs/faults.py
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

import aiohttp

from havklo.clock import ManualClock
from havklo.sim import FaultKind, Simulator
from havklo.sim.rules import Rules

Frame = dict[str, Any]
SYMBOL = "BTC/USD"


class Peer:
    """A bare WebSocket and what came out of it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.pings = 0

    async def send(self, method: str, **params: Any) -> None:
        """Send a request."""
        await self.socket.send_str(json.dumps({"method": method, "params": params}))

    async def raw(self) -> list[str]:
        """The text of every frame until the answer to a ping that is sent now, which is left out."""
        self.pings += 1
        await self.socket.send_str(json.dumps({"method": "ping", "req_id": self.pings}))
        frames: list[str] = []
        while True:
            message = await self.socket.receive(timeout=5)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ConnectionResetError(f"{message.type.name} {self.socket.close_code}")
            if '"method":"pong"' in message.data and f'"req_id":{self.pings},' in message.data:
                return frames
            frames.append(message.data)

    async def updates(self) -> list[str]:
        """The book updates among them."""
        return [text for text in await self.raw() if '"channel":"book","type":"update"' in text]

    async def silent(self) -> bool:
        """Whether nothing comes, not even the answer to a ping."""
        await self.socket.send_str('{"method":"ping"}')
        try:
            await self.socket.receive(timeout=0.2)
        except TimeoutError:
            return True
        return False

    async def closed(self) -> int | None:
        """Read to the end of the connection; its close code."""
        while (await self.socket.receive(timeout=5)).type not in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSING,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        ):
            pass
        return self.socket.close_code


class Stage:
    """A simulator on a clock that stands, and clients of it."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self.sim = sim
        self.session = session
        self.nonce = 0

    async def reader(self) -> Peer:
        """A connection that reads a book."""
        peer = await self.connect(self.sim.url)
        await peer.send("subscribe", channel="book", symbol=[SYMBOL])
        await peer.raw()
        return peer

    async def connect(self, url: str) -> Peer:
        """A connection."""
        return Peer(await self.session.ws_connect(url))

    async def token(self) -> str:
        """A token of the only account."""
        self.nonce += 1
        account, path = self.sim.accounts["trader"], "/0/private/GetWebSocketsToken"
        body = f"nonce={self.nonce}".encode()
        digest = hashlib.sha256(str(self.nonce).encode() + body).digest()
        signature = hmac.new(base64.b64decode(account.secret), path.encode() + digest, hashlib.sha512).digest()
        headers = {
            "API-Key": account.key,
            "API-Sign": base64.b64encode(signature).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.session.post(self.sim.rest_url + path, data=body, headers=headers) as response:
            return str((await response.json())["result"]["token"])

    async def order(self, peer: Peer, token: str) -> None:
        """Ask for an order that rests."""
        price = float(self.sim.ladder(SYMBOL)[0][-1][0])
        await peer.send(
            "add_order",
            order_type="limit",
            side="buy",
            symbol=SYMBOL,
            order_qty=0.01,
            limit_price=price,
            token=token,
        )


async def drop(stage: Stage) -> str:
    """One update less, and a hole where it was."""
    peer = await stage.reader()
    stage.sim.inject("drop")
    stage.sim.step(3)
    seen = await peer.updates()
    assert len(seen) == 2
    assert stage.sim.faults[0].frame not in [text.encode() for text in seen]
    return "2 of 3 updates"


async def duplicate(stage: Stage) -> str:
    """The same update twice."""
    peer = await stage.reader()
    stage.sim.inject("duplicate")
    stage.sim.step(2)
    first, again, _ = await peer.updates()
    assert first == again
    return "the first of 2 updates came twice"


async def reorder(stage: Stage) -> str:
    """Two updates in the wrong order."""
    peer = await stage.reader()
    stage.sim.inject("reorder")
    stage.sim.step(2)
    stamps = [json.loads(text)["data"][0]["timestamp"] for text in await peer.updates()]
    assert stamps == sorted(stamps, reverse=True)
    assert len(set(stamps)) == 2
    return "the second update before the first"


async def corrupt(stage: Stage) -> str:
    """One other digit."""
    peer = await stage.reader()
    stage.sim.inject("corrupt")
    stage.sim.step(1)
    (seen,) = await peer.updates()
    was = (stage.sim.faults[0].frame or b"").decode()
    assert len(seen) == len(was)
    assert sum(one != other for one, other in zip(seen, was, strict=True)) == 1
    return "an update with one other digit"


async def truncate(stage: Stage) -> str:
    """A frame that ends too early."""
    peer = await stage.reader()
    stage.sim.inject("truncate")
    stage.sim.step(1)
    (seen,) = [text for text in await peer.raw() if text.startswith('{"channel":"book"')]
    try:
        json.loads(seen)
    except ValueError:
        return f"{len(seen)} of {len(stage.sim.faults[0].frame or b'')} bytes: no JSON"
    raise AssertionError("it is whole")


async def delay(stage: Stage) -> str:
    """Later, and what comes behind it waits too."""
    peer = await stage.reader()
    stage.sim.inject("delay", seconds=2)
    stage.sim.step(2)
    before = await _after(peer, 0.2)
    stage.sim.advance(2.1)
    after = await peer.updates()
    assert (before, len(after)) == (0, 2)
    return "nothing for 2 s, then both updates in order"


async def stall(stage: Stage) -> str:
    """Silence, heartbeats included; then everything."""
    peer = await stage.reader()
    stage.sim.inject("stall", seconds=5)
    stage.sim.step(3)
    stage.sim.advance(3)
    assert await peer.silent()
    stage.sim.advance(3)
    assert len(await peer.updates()) == 3
    return "not even a pong for 5 s, then all 3 updates"


async def half_open(stage: Stage) -> str:
    """The peer is gone and nobody says so."""
    peer = await stage.reader()
    stage.sim.inject("half_open", connection=1)
    stage.sim.step(3)
    stage.sim.advance(30)
    assert await peer.silent()
    assert not peer.socket.closed
    return "an open socket without a sign of life for 30 s"


async def disconnect(stage: Stage) -> str:
    """An end without a word, and one with a code."""
    peer = await stage.reader()
    stage.sim.inject("disconnect")
    stage.sim.step(1)
    assert await peer.closed() == 1006
    peer = await stage.reader()
    stage.sim.inject("disconnect", code=1012)
    stage.sim.step(1)
    assert await peer.closed() == 1012
    return "the end without a close frame; then close code 1012"


async def refuse(stage: Stage) -> str:
    """The door is shut, once."""
    stage.sim.inject("refuse")
    status = await _refused(stage)
    await stage.reader()
    return f"HTTP {status}, and the next attempt is let in"


async def ban(stage: Stage) -> str:
    """The door is shut for long; so it is after too many attempts."""
    stage.sim.inject("ban", seconds=60)
    status = await _refused(stage)
    stage.sim.advance(61)
    await stage.reader()
    attempts = 1
    while True:
        try:
            await (await stage.connect(stage.sim.url)).socket.close()
        except aiohttp.WSServerHandshakeError as error:
            _check(error.status == 429, "another status")
            return f"HTTP {status} for 60 s; HTTP 429 by itself after {attempts} attempts"
        attempts += 1


async def rate_limit(stage: Stage) -> str:
    """Requests are answered with a refusal, market data goes on."""
    peer = await stage.connect(stage.sim.url)
    stage.sim.inject("rate_limit")
    await peer.send("subscribe", channel="book", symbol=[SYMBOL])
    answers = [json.loads(text) for text in await peer.raw()]
    assert {"Error": "Exceeded msg rate"} in answers
    await peer.send("subscribe", channel="book", symbol=[SYMBOL])
    assert any('"success":true' in text for text in await peer.raw())
    return '{"Error":"Exceeded msg rate"}, and the next request is done'


async def maintenance(stage: Stage) -> str:
    """The engine is away, and says so."""
    return await _mode(stage, "maintenance", "EService:Unavailable")


async def cancel_only(stage: Stage) -> str:
    """Orders can only be cancelled."""
    return await _mode(stage, "cancel_only", "EService:Market in cancel_only mode")


async def post_only(stage: Stage) -> str:
    """Orders can only rest."""
    return await _mode(stage, "post_only", "EService:Market in post_only mode")


async def expire_token(stage: Stage) -> str:
    """A token that was good is not any more."""
    peer, token = await stage.connect(stage.sim.private_url), await stage.token()
    await peer.raw()
    stage.sim.inject("expire_token", account="trader")
    await stage.order(peer, token)
    (answer,) = [json.loads(text) for text in await peer.raw()]
    assert answer["error"] == "ESession:Invalid session"
    await stage.order(peer, await stage.token())
    assert len(stage.sim.orders("trader")) == 0
    await peer.raw()
    assert len(stage.sim.orders("trader")) == 1
    return "ESession:Invalid session; a new token is good"


async def lose_ack(stage: Stage) -> str:
    """The order stands, and nobody says so."""
    peer, token = await stage.connect(stage.sim.private_url), await stage.token()
    await peer.raw()
    stage.sim.inject("lose_ack")
    await stage.order(peer, token)
    assert await peer.raw() == []
    (order,) = stage.sim.orders("trader")
    return f"no ack, but the order is {order.status}"


async def slow_reader(stage: Stage) -> str:
    """What is not read fast enough piles up, until the exchange cuts the connection."""
    peer = await stage.reader()
    stage.sim.inject("slow_reader", connection=1, bytes_per_second=500)
    for number in range(1, 1_000):
        stage.sim.step(20)
        stage.sim.advance(0.1)
        await asyncio.sleep(0)  # sockets get their turn
        if stage.sim.statistics().overflows:
            assert await peer.closed() == 1006
            return f"500 bytes a second; cut off {number / 10:g} s later"
    raise AssertionError("it was never cut off")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


async def _after(peer: Peer, seconds: float) -> int:
    """How many frames come within a time on the wall."""
    count = 0
    try:
        while True:
            await peer.socket.receive(timeout=seconds)
            count += 1
    except TimeoutError:
        return count


async def _refused(stage: Stage) -> int:
    try:
        await stage.connect(stage.sim.url)
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    raise AssertionError("it was let in")


async def _mode(stage: Stage, mode: Any, refusal: str) -> str:
    peer, token = await stage.connect(stage.sim.private_url), await stage.token()
    await peer.raw()
    stage.sim.inject(mode, seconds=10)
    await stage.order(peer, token)
    status, answer = [json.loads(text) for text in await peer.raw()]
    assert status["data"][0]["system"] == mode
    assert answer["error"] == refusal
    stage.sim.advance(11)
    await stage.order(peer, token)
    texts = [text for text in await peer.raw() if "heartbeat" not in text]
    assert '"system":"online"' in texts[0]
    assert '"success":true' in texts[1]
    return f"status {mode}, orders: {refusal}; online again after 10 s"


@dataclass(frozen=True)
class Row:
    """One kind's line of the table."""

    kind: str
    seen: str
    logged: int


KINDS: dict[str, Callable[[Stage], Awaitable[str]]] = {
    function.__name__: function
    for function in (
        drop,
        duplicate,
        reorder,
        corrupt,
        truncate,
        delay,
        stall,
        half_open,
        disconnect,
        refuse,
        ban,
        rate_limit,
        maintenance,
        cancel_only,
        post_only,
        expire_token,
        lose_ack,
        slow_reader,
    )
}


async def show(kind: str) -> Row:
    """Demonstrate one kind.

    Raises:
        AssertionError: It was not seen as it should be, or the log does not have it.
    """
    rules = Rules(connects=150 if kind == "ban" else None)
    queue_bytes = 20_000 if kind == "slow_reader" else 16 << 20
    async with (
        Simulator([SYMBOL], rate=0, clock=ManualClock(), rules=rules, queue_bytes=queue_bytes) as sim,
        aiohttp.ClientSession() as session,
    ):
        seen = await KINDS[kind](Stage(sim, session))
        logged = sim.statistics().faults.get(kind, 0)  # type: ignore[call-overload]
        assert logged == sum(fault.kind == kind for fault in sim.faults) > 0, "the log does not have it"
        return Row(kind, seen, logged)


async def main() -> int:
    """Demonstrate all of them."""
    assert set(KINDS) == set(get_args(FaultKind)), "a kind without a demonstration"
    print(f"{'fault':<14}{'log':>4}  seen on the wire")
    failed = 0
    for kind in get_args(FaultKind):
        try:
            row = await show(kind)
            print(f"{row.kind:<14}{row.logged:>4}  {row.seen}")
        except AssertionError as error:
            failed += 1
            print(f"{kind:<14}      FAILED {error}")
    print("PASSED" if not failed else f"FAILED: {failed}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
