"""Memory of a thousand books of depth 10: what a fresh process grows by when it holds a thousand more.

A thousand books stand before it is measured, because imports leave free memory behind that the first ones
fill. Run as a program it is that fresh process: `python -m figures.memory MODULE` prints the bytes.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from figures import Options, Result, contenders, label
from peers import find
from stream import SYMBOL, generate
from timing import Bar, Row, progress

BOOKS = 1_000
UPDATES = 5
LIMIT_MB = 50

_MB = 1_000_000


def measure(_options: Options) -> Result:
    """Start a fresh process for each contender; once, as nothing in it depends on the machine's mood."""
    rows: list[Row] = []
    bars: list[Bar] = []
    for module, peer in contenders().items():
        if not peer.hold:
            continue
        progress(f"memory: {peer.name}")
        rows.append(Row(f"memory of {BOOKS:,} books d10", label(peer), (_fresh(module) / _MB,), "MB"))
        if module == "havklo_book":
            bars.append(Bar(f"MB for {BOOKS:,} books of depth 10, havklo", rows[-1].value, LIMIT_MB))
    return rows, bars


def _fresh(module: str) -> int:
    command = [sys.executable, "-m", "figures.memory", module]
    folder = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    return int(done.stdout.split()[-1])


def _frames() -> Iterator[bytes]:
    """Give a snapshot and a few updates of a thousand symbols, each frame alive only while it is handled."""
    stream = generate(10, UPDATES)
    for number in range(BOOKS):
        symbol = f"B{number:04}/USD".encode()
        for frame in (stream.snapshot, *stream.updates):
            yield frame.replace(SYMBOL.encode(), symbol)


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print by how many bytes this process grows."""
    hold = find(sys.argv[1]).hold
    assert hold
    kept = [hold(_frames())]
    before = _resident()
    kept.append(hold(_frames()))
    print(_resident() - before, flush=True)
    os._exit(0)  # nobody waits until all these books are freed


if __name__ == "__main__":
    main()
