"""Raw level-3 bytes to a verified book of orders, from Python, and how long it takes to find an order's place.

The messages are the simulator's: the crowd of BTC/USD, recorded once a depth and kept in `results/`.
"""

import json
import shutil
import subprocess
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import Any, cast

from figures import Options, Result, contenders, label
from figures.books import BookPass
from peers import Peer
from stream import CACHE, SYMBOL, Stream
from timing import Bar, Row, Samples, progress, ratio, take_turns

DEPTHS = (10, 100, 1000)
MESSAGES = 20_000
RANKS = (1, 100, 2_000)
ROOT = Path(__file__).parents[2]
BENCH = ROOT / "crates" / "engine" / "benches" / "level3.rs"

_VERSION = 1  # of the recording: a cached stream of another version is made anew
_SECOND = 1_000_000_000
_OURS, _ORJSON, _BY_HAND = "havklo_level3", "orjson_loads", "python_level3"
_FIGURE = "queue position"


def recorded(depth: int, count: int) -> Path:
    """Give the file that holds this stream, a message a line, the snapshot first; record it if need be."""
    path = CACHE / f"level3-d{depth}-{count}-v{_VERSION}.jsonl"
    if path.exists():
        return path
    from havklo.sim.exchange import Exchange  # noqa: PLC0415 - the simulator is needed once
    from havklo.sim.symbols import pairs  # noqa: PLC0415 - the same

    exchange = Exchange(pairs(1), seed=7, start_ns=1_800_000_000 * _SECOND)
    key = ("level3", SYMBOL, depth)
    exchange.open(key, 0)
    frames = [exchange.snapshot(key, 0)]
    exchange.publish = lambda _key, frame: frames.append(frame)
    while len(frames) <= count:
        exchange.step(exchange.due())
    CACHE.mkdir(exist_ok=True)
    path.write_bytes(b"\n".join(frames[: count + 1]))
    return path


def measure(options: Options) -> Result:
    """Let every contender handle every stream, in turns; then ask the engine for places."""
    peers = contenders((_OURS, _ORJSON, _BY_HAND))
    passes: dict[str, BookPass] = {}
    for depth in DEPTHS:
        progress(f"level3: recording the stream of depth {depth}")
        snapshot, *updates = recorded(depth, MESSAGES).read_bytes().splitlines()
        for module, peer in peers.items():
            passes[f"level3 d{depth}/{module}"] = BookPass(peer, Stream(depth, snapshot, updates), options.budget)
    samples = take_turns(passes, options.rounds(7), "level3")
    rows = [_row(key, peers, samples) for key in passes]
    if _OURS not in peers:
        return rows, []
    places, held = _places(options)
    return [*rows, *places, _asked(peers[_OURS], options)], [*_bars(samples), *held]


def _row(key: str, peers: dict[str, Peer], samples: Samples) -> Row:
    figure, _, module = key.partition("/")
    peer = peers[module]
    return Row(figure, label(peer), tuple(samples[key]), "µs", peer.verifies, peer.note)


def _bars(samples: Samples) -> list[Bar]:
    ours = f"level3 d10/{_OURS}"
    by_hand, orjson = (ratio(samples, f"level3 d10/{module}", ours) for module in (_BY_HAND, _ORJSON))
    return [
        Bar("level3 d10: havklo / orjson.loads of the same bytes", 1 / orjson, 0.6),
        Bar("level3 d1000 / d10, havklo", ratio(samples, f"level3 d1000/{_OURS}", ours), 1.5),
        Bar("level3 d10: pure Python, by hand / havklo", by_hand, 8, at_least=True),
    ]


def _asked(peer: Peer, options: Options) -> Row:
    """How long Python takes to ask for a place: in the stream's book, of its best orders in turn."""
    snapshot, *_ = recorded(10, MESSAGES).read_bytes().splitlines()
    book = cast("Any", peer.make(10, snapshot)).book
    ids = [order.order_id for side in ("bid", "ask") for order in book.orders(side)]
    samples: list[float] = []
    for _ in range(options.rounds(7)):
        asked, start = 0, thread_time_ns()
        while thread_time_ns() - start < options.budget * 1e9:
            for order_id in ids:
                book.queue_position(order_id)
            asked += len(ids)
        samples.append((thread_time_ns() - start) / asked / 1e3)
    return Row(_FIGURE, "havklo, from Python", tuple(samples), "µs")


def _places(options: Options) -> Result:
    """Run the crate's bench: places at several ranks of one queue, in nanoseconds."""
    if not BENCH.exists() or not shutil.which("cargo"):
        progress("level3: no cargo, or no bench in the crate\n")
        return [], []
    command = ["cargo", "bench", "--quiet", "-p", "havklo-engine", "--bench", "level3"]
    command += ["--", "--json", *map(str, RANKS)]
    samples: dict[str, list[float]] = {}
    for number in range(options.rounds(5)):
        progress(f"level3: cargo bench, run {number + 1}")
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                told = json.loads(line)
                samples.setdefault(told["name"], []).append(float(told["ns"]))
    rows = [Row(_FIGURE, f"engine alone, {name}", tuple(values), "ns") for name, values in samples.items()]
    return rows, [Bar(f"{row.contender}: its place, in ns", median(row.samples), 100) for row in rows]
