"""From the server's send to the client's callback, message by message at 5,000 a second, against picows alone.

A server on another core sends one message every 200 µs and notes when; the client notes when its callback runs. Both
read the machine's monotonic clock. What is compared is the median of each pass; the 99th percentile stands beside it,
and is the machine's more than the client's.
"""

import asyncio
import subprocess
import sys
from array import array
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic_ns
from typing import Any

import picows

from figures import Options, Result, contenders
from figures.loopback_server import DEPTH, RATE
from peers import UnverifiedError
from stream import SYMBOL
from timing import Bar, Row, progress, ratio, take_turns

_ALONE = "picows alone"
_PATIENCE = 60.0
_SUBSCRIBE = b'{"method":"subscribe","params":{"channel":"book","symbol":["%s"],"depth":%d}}' % (SYMBOL.encode(), DEPTH)

Run = Callable[[str, int, list[int]], Awaitable[None]]


def measure(options: Options) -> Result:
    """Let picows and havklo take turns."""
    count = 3_000 if options.quick else 15_000
    rivals: dict[str, Run] = {_ALONE: _picows}
    if "havklo_book" in contenders(("havklo_book",)):
        rivals["havklo"] = _havklo
    with TemporaryDirectory() as folder, _server(count, Path(folder) / "stamps") as address:
        passes = {name: _Pass(run, address, count, Path(folder) / "stamps") for name, run in rivals.items()}
        for once in passes.values():
            once()
            once.p99.clear()
        samples = take_turns(passes, options.rounds(9), "latency")
    figure = f"send → callback at {RATE:,}/s"
    notes = {_ALONE: ("no", "the payload is taken, nothing else"), "havklo": ("every message", "kraken.on(BookUpdate)")}
    rows = [Row(f"{figure}, p50", name, tuple(samples[name]), "µs", *notes[name]) for name in rivals]
    rows += [Row(f"{figure}, p99", name, tuple(passes[name].p99), "µs", *notes[name]) for name in rivals]
    if "havklo" not in samples:
        return rows, []
    return rows, [Bar("latency p50: havklo / picows alone", ratio(samples, "havklo", _ALONE), 1.3)]


@contextmanager
def _server(count: int, stamps: Path) -> Iterator[str]:
    progress("latency: starting the server")
    command = [sys.executable, "-m", "figures.loopback_server", str(count), str(stamps)]
    with subprocess.Popen(  # noqa: S603 - a command of our own
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield f"ws://127.0.0.1:{int(process.stdout.readline())}/{count}/paced/v2"
        finally:
            process.kill()


@dataclass
class _Pass:
    """One contender's turn; calling it gives the median latency in microseconds."""

    run: Run
    address: str
    count: int
    stamps: Path
    p99: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        arrived: list[int] = []
        asyncio.run(self._limited(arrived))
        sent = array("q", self.stamps.read_bytes())
        late = [(came - went) / 1e3 for went, came in zip(sent, arrived[-self.count :], strict=True)]
        ranks = quantiles(late, n=100)
        self.p99.append(ranks[98])
        return ranks[49]

    async def _limited(self, arrived: list[int]) -> None:
        async with asyncio.timeout(_PATIENCE):
            await self.run(self.address, self.count, arrived)


async def _picows(address: str, count: int, arrived: list[int]) -> None:
    """Take each message's bytes and note the time; the status, the ack and the snapshot come before the updates."""
    last = asyncio.Event()

    class Noting(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002 - picows' signature
            frame.get_payload_as_bytes()
            if last.is_set():
                return  # the server's goodbye
            arrived.append(monotonic_ns())
            if len(arrived) == count + 3:
                last.set()

    transport: Any
    transport, _ = await picows.ws_connect(Noting, address)
    transport.send(picows.WSMsgType.TEXT, _SUBSCRIBE)
    await last.wait()
    transport.send_close(picows.WSCloseCode.OK)
    await transport.wait_disconnected()


async def _havklo(address: str, count: int, arrived: list[int]) -> None:
    """Note the time in a handler of havklo's client."""
    from havklo import Client  # noqa: PLC0415 - the figure can be measured without it
    from havklo.channels import book  # noqa: PLC0415
    from havklo.events import BookUpdate  # noqa: PLC0415

    last = asyncio.Event()

    def handle(_update: BookUpdate) -> None:
        arrived.append(monotonic_ns())
        if len(arrived) > count:  # the snapshot is an update too
            last.set()

    async with Client(address) as kraken:
        kraken.on(BookUpdate, handle)
        subscription = await kraken.subscribe(book(SYMBOL, depth=DEPTH))
        await last.wait()
        statistics = subscription.book.statistics()
    if statistics.verified != count + 1:
        raise UnverifiedError(f"havklo: {statistics} after {count} updates")
