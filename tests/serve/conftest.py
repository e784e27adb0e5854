"""What the gateway's tests share: a small app, a Kraken that says what it is told to, and a way to ask."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType, web

from havklo.clock import ManualClock
from havklo.serve import Gateway, Source, live, simulated
from havklo.sim import Simulator
from havklo.venues import UrlVenue

TOKEN = "0123456789abcdef-token"  # noqa: S105 - of these tests
SCRIPT = b"console.log('havsyn')\n" * 50
FILES = {
    "index.html": b"<!doctype html><title>apps</title>",
    "havsyn/index.html": b"<!doctype html><title>havsyn</title>",
    "havnet/index.html": b"<!doctype html><title>havnet</title>",
    "assets/havsyn-AbCd_12x.js": SCRIPT,
    "assets/havsyn-AbCd_12x.js.br": b"pretended brotli",
    "assets/havsyn-AbCd_12x.js.gz": gzip.compress(SCRIPT),
    "assets/havklo-DrLt6D3I.wasm": b"\0asm\1\0\0\0",
    "assets/plain.css": b"body{}",
}


class Exchange:
    """A server that speaks WebSocket and says only what it is told to."""

    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.requests: list[bytes] = []
        self.url = ""

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """Take a connection and remember what comes."""
        socket = web.WebSocketResponse(compress=False, decode_text=False)
        await socket.prepare(request)
        self.sockets.append(socket)
        async for message in socket:
            self.requests.append(message.data)
        return socket

    async def say(self, *frames: bytes, to: int = -1) -> None:
        """Send frames over one of the connections."""
        for frame in frames:
            await self.sockets[to].send_frame(frame, WSMsgType.TEXT)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """Such a server, on a free port."""
    made = Exchange()
    app = web.Application()
    app.router.add_get("/v2", made.accept)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/v2"
    yield made
    await asyncio.gather(*(socket.close() for socket in made.sockets))
    await runner.cleanup()


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """A folder of built apps."""
    folder = tmp_path / "apps"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "secret.txt").write_text("nobody may read this")
    (folder / "link.html").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def sim() -> Simulator:
    """A simulator in which nothing moves by itself."""
    return Simulator(["BTC/USD", "ETH/USD"], rate=0, clock=ManualClock())


class Asked:
    """A gateway, and a browser that has not been there yet."""

    def __init__(self, gateway: Gateway, http: ClientSession) -> None:
        self.gateway = gateway
        self.http = http

    def at(self, path: str, *, token: bool = False) -> str:
        """An address there."""
        return f"{self.gateway.url}{path}" + (f"?token={TOKEN}" if token else "")

    async def get(self, path: str, *, token: bool = False, **headers: str) -> tuple[int, Any, bytes]:
        """Ask; gives the status, the headers and the body as it was sent."""
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(self.at(path, token=token), headers=spelled, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()

    async def post(self, body: bytes, **headers: str) -> tuple[int, Any]:
        """Ask for a fault; gives the status and the answer."""
        spelled = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        async with self.http.post(self.at("/sim/faults", token=True), data=body, headers=spelled) as answer:
            return answer.status, await answer.json()


Open = Callable[[Source], Awaitable[Asked]]


@pytest.fixture
async def opened(apps: Path) -> AsyncIterator[Open]:
    """Open a gateway on a source."""
    async with contextlib.AsyncExitStack() as stack:

        async def begin(source: Source) -> Asked:
            gateway = await stack.enter_async_context(Gateway(source, token=TOKEN, apps=apps))
            # A browser takes cookies from addresses, too.
            http = ClientSession(auto_decompress=False, cookie_jar=CookieJar(unsafe=True))
            return Asked(gateway, await stack.enter_async_context(http))

        yield begin


@pytest.fixture
async def asked(opened: Open, sim: Simulator) -> Asked:
    """A gateway with a simulator behind it."""
    return await opened(simulated(sim))


@pytest.fixture
async def joined(opened: Open, exchange: Exchange) -> Asked:
    """A gateway with that server behind it."""
    return await opened(live(["BTC/USD"], venue=UrlVenue(exchange.url)))


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Let the event loop run until a condition holds; fails if it never does."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - whatever it is, it has no event
                await asyncio.sleep(0)

    return wait


@pytest.fixture
def token() -> str:
    """What has to be known."""
    return TOKEN
