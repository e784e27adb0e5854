"""Frames that the gateway sends to four pages a second, against aiohttp that sends and does nothing else.

    cd benches && python -m figures.relay [--quick]

Three processes: an exchange, the gateway or the bare server, and this one, which reads with the least there is. Each
page asks the exchange for more through the gateway as it goes, so that frames flow as fast as the slowest of the three
lets them and no queue overflows. The bare server sends the same frame to four connections in a loop: it reads from
nobody, so it has less to do.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Final, final

import picows

from figures import Options, Result
from timing import Bar, Row, progress, ratio, take_turns

PAGES: Final = 4
SENDS_A_SECOND: Final = 40_000
RSS_MB: Final = 60.0
BURST: Final = 1_024
FRAME: Final = (
    b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.10000000},'
    b'{"price":45283.4,"qty":1.54582015}],"asks":[],"checksum":3310070434,"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
)
TOKEN: Final = "0123456789abcdef"  # noqa: S105 - of this measurement

_PATIENCE: Final = 60.0
_MB: Final = 1e6
_GATEWAY, _BARE = "havklo", "aiohttp, bare broadcast"
_FIGURE: Final = f"relay, {PAGES} pages"


def measure(options: Options) -> Result:
    """Let the gateway and the bare server take turns."""
    count = 20 * BURST if options.quick else 60 * BURST
    with _process("exchange") as (exchange, _), _process("gateway", exchange) as (gateway, watched):
        with _process("bare", str(count)) as (bare, _):
            passes = {
                _GATEWAY: lambda: asyncio.run(_read(f"{gateway}/v2?token={TOKEN}", count, asks=True)),
                _BARE: lambda: asyncio.run(_read(f"{bare}/v2", count, asks=False)),
            }
            for once in passes.values():
                once()
            samples = take_turns(passes, options.rounds(9), "relay")
        resident = _resident(watched)
    with _process("simulated") as (simulated, with_market):
        asyncio.run(_open(f"{simulated}/v2?token={TOKEN}"))
        whole = _resident(with_market)
    thousands = {name: [PAGES * count / taken / 1e3 for taken in each] for name, each in samples.items()}
    rows = [
        Row(_FIGURE, _GATEWAY, tuple(thousands[_GATEWAY]), "k/s", "", "one exchange connection a page, read and sent"),
        Row(_FIGURE, _BARE, tuple(thousands[_BARE]), "k/s", "", "the same frame in a loop, nothing read"),
        Row("gateway's memory", _GATEWAY, (resident,), "MB", "", "the whole process, resident, after these rounds"),
        Row("gateway's memory", "with its simulator", (whole,), "MB", "", "as havklo serve starts: five markets"),
    ]
    rate = sorted(thousands[_GATEWAY])[len(thousands[_GATEWAY]) // 2]
    return rows, [
        Bar(f"thousand sends a second to {PAGES} pages, havklo", rate, SENDS_A_SECOND / 1e3, at_least=True),
        Bar("MB of the gateway's process", resident, RSS_MB),
        Bar("time of a send: havklo / a bare aiohttp broadcast", ratio(samples, _GATEWAY, _BARE), 2.0),
    ]


@final
class _Page(picows.WSListener):
    """Counts frames, and asks for more before it has all of a burst."""

    def __init__(self, count: int, *, asks: bool) -> None:
        super().__init__()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = count
        self._asks = asks

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        self._left -= 1
        if self._asks and self._left % BURST == 0 and self._left >= 2 * BURST:  # one is on its way
            transport.send(picows.WSMsgType.TEXT, b"more")
        if self._left == 0:
            self.done.set_result(None)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:  # noqa: ARG002 - picows' signature
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"the connection ended {self._left} frames too early"))


async def _read(address: str, count: int, *, asks: bool) -> float:
    """Seconds that it takes until each page has all its frames."""
    async with asyncio.timeout(_PATIENCE):
        joined = [await picows.ws_connect(lambda: _Page(count, asks=asks), address) for _ in range(PAGES)]
        began = perf_counter()
        for transport, _ in joined:
            transport.send(picows.WSMsgType.TEXT, b"more")
            if asks:
                transport.send(picows.WSMsgType.TEXT, b"more")
        await asyncio.gather(*(page.done for _, page in joined))  # type: ignore[attr-defined]
        taken = perf_counter() - began
        for transport, _ in joined:
            transport.disconnect()
    return taken


async def _open(address: str) -> None:
    """Be a page of a simulated market for a moment."""
    transport, page = await picows.ws_connect(lambda: _Page(100, asks=False), address)
    subscribe = b'{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD","XRP/USD"]}}'
    transport.send(picows.WSMsgType.TEXT, subscribe)
    async with asyncio.timeout(_PATIENCE):
        await page.done  # type: ignore[attr-defined]
    transport.disconnect()


@contextmanager
def _process(role: str, *more: str) -> Iterator[tuple[str, int]]:
    """A server in a process of its own; gives its address and the process's number."""
    command = [sys.executable, "-m", "figures.relay", role, *more]
    with subprocess.Popen(  # noqa: S603 - a command of our own
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB


# -- the servers, each in its own process --------------------------------------------------------------------------


@final
class _Exchange(picows.WSListener):
    """Sends a burst whenever it is asked for more."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.TEXT:
            for _ in range(BURST):
                transport.send(picows.WSMsgType.TEXT, FRAME)


async def _exchange() -> None:
    server = await picows.ws_create_server(lambda _: _Exchange(), "127.0.0.1", 0)
    _say(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2")
    await server.serve_forever()


async def _gateway(exchange: str | None) -> None:
    """What `havklo serve` runs, with pages that have next to nothing in them."""
    from havklo.serve import Gateway, live, simulated  # noqa: PLC0415 - only this process is to have it
    from havklo.venues import UrlVenue  # noqa: PLC0415

    if exchange is None:
        from havklo import Simulator  # noqa: PLC0415

        source = simulated(Simulator(seed=7))
    else:
        source = live(["BTC/USD"], venue=UrlVenue(exchange))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.html").write_text("<!doctype html>")
        async with Gateway(source, token=TOKEN, apps=Path(folder)) as gateway:
            _say(gateway.url.replace("http", "ws"))
            await asyncio.Event().wait()


async def _bare(count: int) -> None:
    """Once four connections have asked, send each so many frames, in turns."""
    from aiohttp import WSMsgType, web  # noqa: PLC0415 - only this process is to have it

    waiting: list[web.WebSocketResponse] = []

    async def accept(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.receive()
        waiting.append(socket)
        if len(waiting) == PAGES:
            sockets = waiting.copy()
            waiting.clear()
            for _ in range(count):
                for each in sockets:
                    await each.send_frame(FRAME, WSMsgType.TEXT)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/v2", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _say(f"ws://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.Event().wait()


def _say(address: str) -> None:
    print(address, flush=True)


def main() -> None:
    """Be one of the servers, or measure and print."""
    from havklo._run import run  # noqa: PLC0415 - every server runs on the same loop

    match sys.argv[1:]:
        case ["exchange"]:
            run(_exchange())
        case ["gateway", exchange]:
            run(_gateway(exchange))
        case ["simulated"]:
            run(_gateway(None))
        case ["bare", count]:
            run(_bare(int(count)))
        case given:
            rows, bars = measure(Options(quick="--quick" in given))
            progress("")
            for row in rows:
                print(f"{row.figure:18}  {row.contender:24}  {row.value:7.1f} {row.unit:4}  {row.note}")
            for bar in bars:
                asked = f"{'>=' if bar.at_least else '<='} {bar.limit:g}"
                print(f"{bar.claim:52}  {bar.ratio:7.2f}  {asked:7}  {bar.verdict}")


if __name__ == "__main__":
    main()
