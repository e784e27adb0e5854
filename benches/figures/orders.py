"""An order's round trip, from `place` to the exchange's ack, against a bare request and ack over picows.

Both speak to the same simulated exchange in a process of its own, with the same subscriptions on the same connection,
and send the same messages: buys far below the market that end at once. The exchange reports an order's life before it
answers, so the same three reports come before each ack: both wait for the ack alone, and one of them reads on the way
what stands in the reports. An order is sent when the one before it has ended. What is compared is the median of the
round trips of a pass; the exchange's own part is in both.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

import picows

from figures import Options, Result
from timing import Bar, Row, ratio, take_turns

FIGURE = "order → ack, p50"
BARE = "picows, request and ack"
_ORDERS = 40  # a pass; the rate counter has room for four passes a symbol
_PATIENCE = 60.0
_ORDERED = {"BTC/USD": ("0.0010", "30000.0"), "ETH/USD": ("0.050", "900.00"), "XRP/USD": ("50", "0.50000")}


class _Key(NamedTuple):
    """An account of the exchange."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Where it is, and who can trade there."""

    url: str
    rest: str
    accounts: dict[str, _Key]


def measure(options: Options) -> Result:
    """Let the two take turns."""
    with _exchange() as exchange, tempfile.TemporaryDirectory() as folder:
        passes = {
            BARE: _Pass(partial(_bare, exchange), _ORDERED),
            "havklo": _Pass(partial(_havklo, exchange, Path(folder)), _ORDERED),
        }
        samples = take_turns(passes, options.rounds(9), "orders")
    rows = [
        Row(FIGURE, BARE, tuple(samples[BARE]), "µs", "no", "the yardstick: it looks for its ack and nothing else"),
        Row(FIGURE, "havklo", tuple(samples["havklo"]), "µs", "", "checked, counted and tracked: await orders.place()"),
    ]
    return rows, [Bar("order → ack: havklo / picows with a bare request", ratio(samples, "havklo", BARE), 1.5)]


@contextmanager
def _exchange() -> Iterator[_Exchange]:
    """A simulated exchange with an account for each, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "havklo.cli",
        "sim",
        "--port",
        "0",
        "--rate",
        "0",
        "--symbols",
        ",".join(_ORDERED),
    ]
    for name in ("bare", "havklo"):
        command += ["--account", f"{name}:pro"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:  # noqa: S603 - our own
        assert process.stdout
        try:
            said: dict[str, str] = {}
            accounts: dict[str, _Key] = {}
            name = ""
            while len(accounts) < 2:
                words = process.stdout.readline().split()
                match words:
                    case ["simulated", "Kraken", "at", url]:
                        said["url"] = url
                    case ["REST", url]:
                        said["rest"] = url
                    case ["account", named, *_]:
                        name = named.rstrip(",")
                    case ["API", "key", key]:
                        said["key"] = key
                    case ["API", "secret", secret]:
                        accounts[name] = _Key(said["key"], secret)
                    case _:
                        continue
            yield _Exchange(said["url"], said["rest"], accounts)
        finally:
            process.kill()


class _Pass:
    """A contender's turn: the median of its round trips in microseconds, each turn with the next symbol."""

    def __init__(
        self, run: Callable[[str, str, str], Awaitable[list[int]]], orders: dict[str, tuple[str, str]]
    ) -> None:
        self._run = run
        self._orders = list(orders.items())
        self._turn = 0

    def __call__(self) -> float:
        symbol, (qty, price) = self._orders[self._turn % len(self._orders)]
        self._turn += 1
        return median(asyncio.run(self._limited(symbol, qty, price))) / 1e3

    async def _limited(self, symbol: str, qty: str, price: str) -> list[int]:
        async with asyncio.timeout(_PATIENCE):
            return await self._run(symbol, qty, price)


class _Listener(picows.WSListener):
    """Tells of acks and of ends."""

    answered: asyncio.Future[None] | None = None
    ended: asyncio.Future[None] | None = None

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002 - picows' signature
        message = frame.get_payload_as_bytes()
        if b'"method":"add_order"' in message:
            assert b'"success":true' in message, message
            _resolve(self.answered)
        elif b'"exec_type":"canceled"' in message or b'"type":"snapshot"' in message:
            _resolve(self.ended)


def _resolve(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


async def _bare(exchange: _Exchange, symbol: str, qty: str, price: str) -> list[int]:
    token = _token(exchange)
    loop = asyncio.get_running_loop()
    listener: Any
    transport, listener = await picows.ws_connect(_Listener, exchange.url.replace("/v2", "/v2/private"))
    for channel in ({"channel": "executions", "snap_orders": True, "ratecounter": True}, {"channel": "balances"}):
        listener.ended = loop.create_future()
        ask = {"method": "subscribe", "params": {**channel, "token": token}}
        transport.send(picows.WSMsgType.TEXT, json.dumps(ask).encode())
        await listener.ended
    times: list[int] = []
    for number in range(_ORDERS):
        listener.answered, listener.ended = loop.create_future(), loop.create_future()
        began = perf_counter_ns()
        transport.send(picows.WSMsgType.TEXT, _request(token, number, symbol, qty, price))
        await listener.answered
        times.append(perf_counter_ns() - began)
        await listener.ended
    transport.disconnect()
    await transport.wait_disconnected()
    return times


def _request(token: str, number: int, symbol: str, qty: str, price: str) -> bytes:
    """The same message that havklo sends, written in one go."""
    deadline = f"{datetime.now(UTC) + timedelta(seconds=5):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    return (
        f'{{"method":"add_order","params":{{"symbol":"{symbol}","order_type":"limit","side":"buy","order_qty":{qty},'
        f'"limit_price":{price},"time_in_force":"ioc","cl_ord_id":"{uuid.uuid4().hex}","deadline":"{deadline}Z",'
        f'"token":"{token}"}},"req_id":{number}}}'
    ).encode()


def _token(exchange: _Exchange) -> str:
    """A WebSocket token, asked for by hand."""
    key, path = exchange.accounts["bare"], "/0/private/GetWebSocketsToken"
    nonce = str(time.time_ns())
    body = f"nonce={nonce}".encode()
    digest = path.encode() + hashlib.sha256(nonce.encode() + body).digest()
    sign = base64.b64encode(hmac.new(base64.b64decode(key.secret), digest, hashlib.sha512).digest()).decode()
    asking = urllib.request.Request(exchange.rest + path, body, {"API-Key": key.key, "API-Sign": sign})  # noqa: S310 - loopback
    with urllib.request.urlopen(asking) as answer:  # noqa: S310 - loopback
        return json.load(answer)["result"]["token"]


async def _havklo(exchange: _Exchange, folder: Path, symbol: str, qty: str, price: str) -> list[int]:
    """As its users write it."""
    from havklo import Client, Credentials  # noqa: PLC0415 - the others can be measured without it
    from havklo.orders import Limit  # noqa: PLC0415 - as above

    times: list[int] = []
    async with Client(
        exchange.url,
        credentials=Credentials(*exchange.accounts["havklo"]),
        tier="pro",
        order_keys=folder / "orders.keys",
    ) as kraken:
        await kraken.orders.start()
        await kraken.resolve(symbol)
        for _ in range(_ORDERS):
            began = perf_counter_ns()
            order = await kraken.orders.place(Limit(symbol, "buy", qty=qty, price=price, time_in_force="ioc"))
            times.append(perf_counter_ns() - began)
            await order.done()
    return times
