"""Socket to verified book to callback, on one core, against picows with a handler that does nothing.

The server writes everything at once, so what is measured is what the client's core has to do for a message:
the kernel's part, the frame, the decoding, the book, the checksum and the call of the handler. Beside the time on
the wall stands the time of the client on its core, which does not count the waiting for a server that is held up.
"""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

import picows

from figures import Options, Result, contenders, label
from figures.loopback_server import DEPTH
from peers import UnverifiedError
from stream import SYMBOL
from timing import Bar, Row, progress, ratio, take_turns

FIGURE = "socket → callback d10"
_PATIENCE = 120.0
_SUBSCRIBE = json.dumps({"method": "subscribe", "params": {"channel": "book", "symbol": [SYMBOL], "depth": DEPTH}})
_EMPTY = "picows, empty handler"


@dataclass(slots=True)
class _Watch:
    """Nanoseconds on the wall and on the core."""

    wall: int = field(default_factory=perf_counter_ns)
    core: int = field(default_factory=process_time_ns)

    def stop(self) -> None:
        self.wall, self.core = perf_counter_ns() - self.wall, process_time_ns() - self.core


Run = Callable[[str, int], Awaitable[_Watch]]


@dataclass(frozen=True, slots=True)
class _Contender:
    """What runs against the server: it is given an address without a path, and a number of updates."""

    name: str
    run: Run
    count: int
    verifies: str
    note: str


def measure(options: Options) -> Result:
    """Let the clients take turns against one server."""
    count = 20_000 if options.quick else 100_000
    rivals = [
        _Contender(_EMPTY, partial(_picows, _Nothing), count, "no", "the yardstick: it does not look at the frame"),
        _Contender(
            "picows, bytes taken",
            partial(_picows, _Taking),
            count,
            "no",
            "what any client pays before decoding",
        ),
    ]
    found = contenders(("havklo_book", "python_kraken_sdk"))
    if "havklo_book" in found:
        rivals.append(_Contender("havklo", _havklo, count, "every message", "Client, kraken.on(BookUpdate, handler)"))
    if "python_kraken_sdk" in found:
        name = label(found["python_kraken_sdk"])
        rivals.append(_Contender(name, _sdk, count // 20, "every message", "its client, its book, a callback"))
    with _server(count) as address:
        passes = {rival.name: _Pass(rival, address) for rival in rivals}
        for once in passes.values():
            once()
            once.core.clear()
        samples = take_turns(passes, options.rounds(9), "socket")
    core = {name: once.core for name, once in passes.items()}
    rows = [
        Row(figure, rival.name, tuple(measured[rival.name]), "µs", rival.verifies, rival.note)
        for figure, measured in ((FIGURE, samples), (f"{FIGURE}, core", core))
        for rival in rivals
    ]
    if "havklo" not in samples:
        return rows, []
    return rows, [
        Bar("socket → callback: havklo / picows with an empty handler", ratio(samples, "havklo", _EMPTY), 2.2)
    ]


@contextmanager
def _server(count: int) -> Iterator[str]:
    progress("socket: starting the server")
    command = [sys.executable, "-m", "figures.loopback_server", str(count)]
    with subprocess.Popen(  # noqa: S603 - a command of our own
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield f"ws://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@dataclass
class _Pass:
    """One contender's turn; calling it gives the microseconds a message took on the wall."""

    rival: _Contender
    address: str
    core: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        watch = asyncio.run(self._limited())
        self.core.append(watch.core / self.rival.count / 1e3)
        return watch.wall / self.rival.count / 1e3

    async def _limited(self) -> _Watch:
        async with asyncio.timeout(_PATIENCE):
            return await self.rival.run(self.address, self.rival.count)


class _Nothing(picows.WSListener):
    """The least that a client can do with a frame."""

    watch: _Watch

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        pass

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:  # noqa: ARG002 - picows' signature
        self.watch.stop()


class _Taking(_Nothing):
    """The least that a client has to do before it can decode anything."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002 - as above
        frame.get_payload_as_bytes()


async def _picows(listens: type[_Nothing], address: str, count: int) -> _Watch:
    """Let the server end the connection, because an empty handler cannot know the last message."""
    listener: Any
    transport, listener = await picows.ws_connect(listens, f"{address}/{count}/once/v2")
    listener.watch = watch = _Watch()
    transport.send(picows.WSMsgType.TEXT, _SUBSCRIBE.encode())
    await transport.wait_disconnected()
    return watch


async def _havklo(address: str, count: int) -> _Watch:
    """Count with havklo's client as its users write it."""
    from havklo import Client  # noqa: PLC0415 - the figure can be measured without it
    from havklo.channels import book  # noqa: PLC0415
    from havklo.events import BookUpdate  # noqa: PLC0415

    seen = 0
    last = asyncio.Event()

    def handle(_update: BookUpdate) -> None:
        nonlocal seen
        seen += 1
        if seen > count:  # the snapshot is an update too
            watch.stop()
            last.set()

    async with Client(f"{address}/{count}/stay/v2") as kraken:
        kraken.on(BookUpdate, handle)
        watch = _Watch()
        subscription = await kraken.subscribe(book(SYMBOL, depth=DEPTH))
        await last.wait()
        statistics = subscription.book.statistics()
    if statistics.verified != count + 1 or seen != count + 1:
        raise UnverifiedError(f"havklo: {statistics} after {count} updates")
    return watch


async def _sdk(address: str, count: int) -> _Watch:
    """python-kraken-sdk's order-book client; its own path ends in /v2."""
    from peers.python_kraken_sdk import StrictClient  # noqa: PLC0415 - the figure can be measured without it

    seen = 0
    last = asyncio.Event()

    class Counting(StrictClient):
        """Tells of the last message."""

        WS_URL = f"{address}/{count}/stay"

        async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:
            """Count a message that the client has applied, and verified unless it is the snapshot."""
            nonlocal seen
            book: Any = self.get(pair)
            assert book["valid"], message
            seen += 1
            if seen > count:
                watch.stop()
                last.set()

    logging.getLogger("kraken").setLevel(logging.CRITICAL)
    client = Counting(DEPTH)
    await client.start()
    watch = _Watch()
    await client.add_book([SYMBOL])
    await last.wait()
    connection: Any = client._pub_conn  # noqa: SLF001 - its own stop() waits for ten seconds
    connection.keep_alive = False
    await connection.socket.close()
    await client.close()
    return watch
