"""How fast the simulated Kraken is: one process is the simulator, this one reads and counts.

    python benches/simulator.py [--seconds 5] [--symbols 20] [--rate 200000]

At the default rate the simulator has more to do than it can: what is counted is what it manages. The bar is
20,000 frames a second from one process over loopback, for sending alone, with an exchange that does nothing, 3 µs of
its core per frame of about 200 bytes, and half a second from the start to the first snapshot.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import picows

import havklo
from havklo import Simulator
from havklo.clock import SystemClock
from havklo.sim.delivery.door import Door
from havklo.sim.delivery.faults import Faults, Hooks
from havklo.sim.delivery.hub import Hub
from havklo.sim.delivery.link import Link
from havklo.sim.rules import Rules
from havklo.sim.server.websocket import PATHS, Limits, Server
from havklo.sim.service import serve
from timing import pinned

SERVER_CORE, CLIENT_CORE = 0, 1
WARM_UP = 1.0
WINDOWS = 5  # the median counts: on a shared machine one window may have half of another's core
FRAMES_A_SECOND, MICROSECONDS, START_SECONDS = 20_000, 3.0, 0.5
KEY = ("book", "BTC/USD", 10)
FRAME = (
    b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,"qty":0.10000000},'
    b'{"price":45283.4,"qty":1.54582015}],"asks":[],"checksum":3310070434,"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
)
A_TURN = 20  # frames: a millisecond's at the bar

WORKLOADS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "book, depth 10": [{"channel": "book", "depth": 10}],
    "book, depth 1000": [{"channel": "book", "depth": 1000}],
    "all public channels": [
        {"channel": "book", "depth": 10},
        {"channel": "trade"},
        {"channel": "ticker", "event_trigger": "bbo"},
        {"channel": "ohlc", "interval": 1},
        {"channel": "instrument"},
    ],
}


@dataclass(frozen=True, slots=True)
class Rate:
    """What came in a while, and what it cost the simulator's core."""

    seconds: float
    frames: int
    size: int
    core: float

    def __str__(self) -> str:
        return (
            f"{self.frames / self.seconds:9,.0f} frames/s  {self.size / self.seconds / 2**20:6.1f} MB/s  "
            f"{self.core / self.frames * 1e6:6.1f} µs of its core per frame"
        )


# -- the simulator's process ---------------------------------------------------------------------------------------


async def simulate(symbols: int, rate: float) -> None:
    """Run what `havklo sim` runs until stdin ends; each line on it is answered with the core time used so far."""
    ready: asyncio.Future[Simulator] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(symbols=symbols, rate=rate, port=0, on_ready=ready.set_result))
    simulator = await ready
    await report(simulator.url, simulator.symbols)
    serving.cancel()


async def send() -> None:
    """Run only what carries frames, with an exchange that publishes one and the same."""
    clock, hub, rules = SystemClock(), Hub(), Rules()
    hooks = Hooks(top=lambda _: ((), ()), set_system=lambda *_: None, expire_tokens=lambda _: None)
    door = Door(Faults(1, clock, hub, hooks, rules), clock, rules)
    server = Server(lambda _role, link: Reader(hub, link), Nobody(), clock, Limits(), door)
    port = await server.start("127.0.0.1", 0)
    publishing = asyncio.create_task(publish(hub, server))
    await report(f"ws://127.0.0.1:{port}{PATHS['public']}", ["BTC/USD"])
    publishing.cancel()
    await server.stop()


async def publish(hub: Hub, server: Server) -> None:
    """A millisecond's frames every turn of the event loop, as fast as they can be read."""
    while True:
        for _ in range(A_TURN):
            hub.publish(KEY, FRAME)
        await asyncio.sleep(0 if server.connections else 0.01)
        for connection in server.connections.values():
            await connection.room()


class Reader:
    """A conversation with somebody who reads one book."""

    subscribed = False

    def __init__(self, hub: Hub, link: Link) -> None:
        self._hub = hub
        self._link = link

    def accept(self) -> Iterator[bytes]:
        """Begin with nothing."""
        return iter(())

    def handle(self, _message: str | bytes) -> Iterator[bytes]:
        """Begin with the book."""
        self._hub.join(self._link, KEY)
        yield b'{"channel":"book","type":"snapshot","data":[]}'

    def end(self) -> None:
        """End."""
        self._hub.leave(self._link, KEY)


class Nobody:
    """A REST interface that nobody asks."""

    def handle(self, *_asked: object) -> tuple[int, bytes]:
        """Answer."""
        return 404, b""


async def report(url: str, symbols: Sequence[str]) -> None:
    """Tell the other process where to connect, and what it cost so far whenever that is asked."""
    print(json.dumps([url, *symbols]), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(time.process_time(), flush=True)


# -- the counting process ------------------------------------------------------------------------------------------


class Counter(picows.WSListener):
    """Counts frames, and notices the first snapshot."""

    def __init__(self) -> None:
        self.frames = 0
        self.size = 0
        self.snapshot: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:  # noqa: ARG002 - picows' own
        """Count one."""
        self.frames += 1
        self.size += frame.payload_size
        if not self.snapshot.done() and b'"type":"snapshot"' in frame.get_payload_as_bytes():
            self.snapshot.set_result(time.perf_counter())


@dataclass
class Process:
    """The simulator in its process."""

    started: float
    url: str
    symbols: Sequence[str]
    stdin: IO[str]
    stdout: IO[str]

    def core(self) -> float:
        """How many seconds of its core it has used."""
        self.stdin.write("\n")
        self.stdin.flush()
        return float(self.stdout.readline())


@contextmanager
def process(*arguments: str) -> Iterator[Process]:
    """Run this file as the other process, on a core of its own."""
    started = time.perf_counter()
    command = [sys.executable, __file__, *arguments]
    with (
        pinned(SERVER_CORE),
        subprocess.Popen(  # noqa: S603 - a command of our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running,
    ):
        assert running.stdin
        assert running.stdout
        try:
            url, *symbols = json.loads(running.stdout.readline())
            with pinned(CLIENT_CORE):
                yield Process(started, url, symbols, running.stdin, running.stdout)
        finally:
            running.kill()


async def count(running: Process, wanted: Sequence[Mapping[str, Any]], seconds: float) -> tuple[list[Rate], float]:
    """Read for some windows of time; gives their rates, slowest first, and when the first snapshot came."""
    transport: Any
    counter: Any
    transport, counter = await picows.ws_connect(Counter, running.url)
    for params in wanted:
        symbols = {} if params["channel"] == "instrument" else {"symbol": running.symbols}
        request = {"method": "subscribe", "params": {**params, **symbols}}
        transport.send(picows.WSMsgType.TEXT, json.dumps(request).encode())
    snapshot = await counter.snapshot
    await asyncio.sleep(WARM_UP)
    rates: list[Rate] = []
    for _ in range(WINDOWS):
        began, frames, size, core = time.perf_counter(), counter.frames, counter.size, running.core()
        await asyncio.sleep(seconds / WINDOWS)
        spent = running.core() - core
        rates.append(Rate(time.perf_counter() - began, counter.frames - frames, counter.size - size, spent))
    transport.disconnect()
    return sorted(rates, key=lambda rate: rate.frames / rate.seconds), snapshot


async def start(symbols: int) -> tuple[float, float]:
    """In this process, which has loaded it: seconds from the start of a simulator to its first snapshot, twice."""
    began = time.perf_counter()
    taken: list[float] = []
    for _ in range(3):
        async with Simulator(symbols) as simulator:
            transport: Any
            counter: Any
            transport, counter = await picows.ws_connect(Counter, simulator.url)
            params = {"channel": "book", "symbol": simulator.symbols}
            request = json.dumps({"method": "subscribe", "params": params}).encode()
            transport.send(picows.WSMsgType.TEXT, request)
            taken.append(await counter.snapshot - began)
            transport.disconnect()
        began = time.perf_counter()
    return taken[0], min(taken[1:])


def yardstick() -> float:
    """Nanoseconds for one turn of a plain loop: what a shared machine gives a Python program at this moment."""
    began, kept = time.perf_counter(), dict[int, str]()
    for number in range(500_000):
        kept[number & 1023] = str(number)
    return (time.perf_counter() - began) / 500_000 * 1e9


def main() -> int:
    """Measure one after the other."""
    parser = argparse.ArgumentParser(description="How fast the simulated Kraken is.")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each is measured, in five windows")
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--rate", type=float, default=200_000.0, help="market messages a second that are asked for")
    parser.add_argument("--serve", choices=("simulator", "sending"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        havklo.run(simulate(given.symbols, given.rate) if given.serve == "simulator" else send())
        return 0
    with process("--serve", "sending") as running:
        rates, _ = havklo.run(count(running, [{"channel": "book"}], given.seconds))
    rate = rates[WINDOWS // 2]
    met = rate.core / rate.frames * 1e6 <= MICROSECONDS
    print(f"{'sending alone':22}{rate}, {rate.size / rate.frames:.0f} bytes each: {verdict(met)}")
    for name, wanted in WORKLOADS.items():
        before = yardstick()
        with process("--serve", "simulator", "--symbols", str(given.symbols), "--rate", str(given.rate)) as running:
            rates, _ = havklo.run(count(running, wanted, given.seconds))
        rate, best = rates[WINDOWS // 2], rates[-1]
        met &= (enough := rate.frames / rate.seconds >= FRAMES_A_SECOND)
        turn = (before + yardstick()) / 2
        print(
            f"{name:22}{rate}: {verdict(enough)}; best window {best.frames / best.seconds:,.0f} frames/s; "
            f"a frame is {rate.core / rate.frames * 1e9 / turn:.0f} turns of a loop of {turn:.0f} ns"
        )
    with process("--serve", "simulator", "--symbols", str(given.symbols), "--rate", "100") as running:
        _, snapshot = havklo.run(count(running, [{"channel": "book"}], 0.1))
    first, again = havklo.run(start(given.symbols))
    met &= (enough := first <= START_SECONDS)
    print(
        f"start to the first of {given.symbols} snapshots: {first:.2f} s, and again {again:.2f} s; "
        f"{snapshot - running.started:.2f} s from the start of its process: {verdict(enough)}"
    )
    return 0 if met else 1


def verdict(met: bool) -> str:
    """What there is to say about a bar."""
    return "met" if met else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
