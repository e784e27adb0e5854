"""Raw bytes to a verified book, from Python: at depths 10, 100 and 1000, and on a real capture.

Measured is the time of this thread on its core: what other programs take away from it is no contender's fault.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import thread_time_ns
from typing import Any

from figures import Options, Result, contenders, label
from peers import Peer, UnverifiedError
from stream import Stream, load
from timing import Bar, Row, Samples, progress, ratio, take_turns

DEPTHS = (10, 100, 1000)
MESSAGES = 20_000
CAPTURE = "tradingsystem__spot_v2_book_BTCUSD_d10.jsonl"

_TRANSLATED = 5_000  # as many as a translated contender can handle in a pass


@dataclass
class BookPass:
    """One contender on one stream; calling it gives the microseconds a message took."""

    peer: Peer
    stream: Stream
    budget: float
    _messages: Sequence[Any] = field(init=False)

    def __post_init__(self) -> None:
        translate = self.peer.translate
        if translate:
            self._messages = translate(self.stream.depth, self.stream.snapshot, self.stream.updates[:_TRANSLATED])
        else:
            self._messages = self.stream.updates
        trial = self._messages[:200]
        cost = self._handle(trial) / len(trial) / 1e9
        self._messages = self._messages[: max(200, int(self.budget / cost))]

    def __call__(self) -> float:
        """Give the microseconds that a message took."""
        spent = handled = 0
        while spent < self.budget * 1e9:
            spent += self._handle(self._messages)
            handled += len(self._messages)
        return spent / handled / 1e3

    def _handle(self, messages: Sequence[Any]) -> int:
        """Handle these messages after a fresh snapshot, which is not measured; return the nanoseconds."""
        running = self.peer.make(self.stream.depth, self.stream.snapshot)
        try:
            start = thread_time_ns()
            proven = running.run(messages)
            spent = thread_time_ns() - start
        finally:
            if self.peer.close:
                self.peer.close(running)
        if proven is not None and proven != len(messages):
            raise UnverifiedError(f"{self.peer.name}: {proven} of {len(messages)} messages proven")
        return spent


def measure(options: Options) -> Result:
    """Let every contender handle every stream, in turns."""
    peers = contenders()
    streams: dict[str, Stream] = {}
    for depth in DEPTHS:
        progress(f"book: making the stream of depth {depth}")
        streams[f"book d{depth}"] = load(depth, MESSAGES)
    anywhere = "book d1000, changes anywhere"
    streams[anywhere] = load(1000, MESSAGES, "uniform")
    if captured := _capture():
        streams["book d10, real capture"] = captured
    passes: dict[str, BookPass] = {}
    for figure, stream in streams.items():
        for module, peer in peers.items():
            if figure != anywhere or module in {"havklo_book", "best_python"}:
                passes[f"{figure}/{module}"] = BookPass(peer, stream, options.budget)
    samples = take_turns(passes, options.rounds(7), "book")
    rows = [_row(key, peers, samples) for key in passes]
    return rows, _bars(samples, captured=captured is not None)


def _row(key: str, peers: dict[str, Peer], samples: Samples) -> Row:
    figure, _, module = key.partition("/")
    peer = peers[module]
    return Row(figure, label(peer), tuple(samples[key]), "µs", peer.verifies, peer.note)


def _bars(samples: Samples, *, captured: bool) -> list[Bar]:
    if "book d10/havklo_book" not in samples:
        return []
    ours, orjson = "book d10/havklo_book", "book d10/orjson_loads"
    bars = [
        Bar("d10: havklo / orjson.loads of the same bytes", ratio(samples, ours, orjson), 0.5, stretch=0.4),
        Bar("d1000 / d10, havklo", ratio(samples, "book d1000/havklo_book", ours), 1.5),
        Bar(
            "d10: python-kraken-sdk / havklo",
            ratio(samples, "book d10/python_kraken_sdk", ours),
            40,
            at_least=True,
        ),
        Bar(
            "d10: pure Python, by hand / havklo",
            ratio(samples, "book d10/best_python", ours),
            8,
            at_least=True,
        ),
    ]
    if captured:
        real = "book d10, real capture/"
        over = ratio(samples, f"{real}havklo_book", f"{real}orjson_loads")
        bars.append(Bar("d10, real capture: havklo / orjson.loads", over, 0.5, stretch=0.4))
    return bars


def _capture() -> Stream | None:
    """Read the real capture: the snapshot and its updates, byte for byte as they were received."""
    path = Path(os.environ.get("HAVKLO_CAPTURES", "")) / CAPTURE
    if not os.environ.get("HAVKLO_CAPTURES") or not path.exists():
        progress("book: no $HAVKLO_CAPTURES, so no real capture\n")
        return None
    decoder = json.JSONDecoder()
    frames: list[bytes] = []
    for line in path.read_text().splitlines():
        start = line.index('"frame":') + len('"frame":')
        frame, end = decoder.raw_decode(line, start)
        if frame.get("channel") == "book":
            frames.append(line[start:end].encode())
    return Stream(10, frames[0], frames[1:])
