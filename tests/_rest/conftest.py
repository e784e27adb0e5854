"""What the tests of REST share: a simulated exchange, servers that answer what a test says, and nonces."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx

from havklo import Simulator
from havklo._rest.nonces import Nonces
from havklo._rest.rest import Rest
from havklo.clock import ManualClock
from havklo.credentials import Credentials

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[None]:
    """Nothing here may block the event loop."""
    with blockbuster_ctx():
        yield


@pytest.fixture
def nonces(tmp_path: Path) -> Nonces:
    """Nonces in a folder of this test."""
    return Nonces(tmp_path / "state")


@pytest.fixture
async def exchange() -> AsyncIterator[Simulator]:
    """A simulated Kraken whose time stands."""
    async with Simulator(1, clock=ManualClock(), rate=0, accounts=["alice", "bob"]) as simulator:
        yield simulator


@pytest.fixture
def credentials(exchange: Simulator) -> Credentials:
    """Alice's."""
    return Credentials(exchange.accounts["alice"].key, exchange.accounts["alice"].secret)


@pytest.fixture
async def rest(exchange: Simulator, nonces: Nonces) -> AsyncIterator[Rest]:
    """REST of the simulated exchange."""
    async with Rest(exchange.rest_url, exchange.clock, nonces=nonces) as interface:
        yield interface


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Answer every request as a test says; gives the address."""
    runners: list[web.AppRunner] = []

    async def begin(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield begin
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def serve_bytes() -> AsyncIterator[Callable[[bytes], Awaitable[str]]]:
    """Answer every request with these bytes, whatever they are, and hang up; gives the address."""
    servers: list[asyncio.Server] = []

    async def begin(answer: bytes) -> str:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            writer.write(answer)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield begin
    for server in servers:
        server.close()
        await server.wait_closed()
