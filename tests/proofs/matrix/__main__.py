"""The command: runs the matrix, prints its tables, and fails if a bound was broken."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from matrix.cell import CHANNELS, SIZES, Cell, Result, run
from matrix.figures import breaches, notes, table
from matrix.kinds import KINDS


def play(cells: Iterable[Cell], jobs: int) -> Iterator[Result]:
    """Run cells, so many at a time; each result as it comes."""
    # The slowest first, so that no process is left alone with one at the end.
    waiting = sorted(cells, key=lambda cell: -cell.symbols)
    if jobs == 1:
        yield from map(run, waiting)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run, cell) for cell in waiting]):
            yield done.result()


def main() -> int:
    """Run it; the exit code is 1 if a bound was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m matrix", description="Each kind of fault, on each channel, with 1, 20 and 200 symbols."
    )
    parser.add_argument("--channels", nargs="+", choices=list(CHANNELS), default=list(CHANNELS))
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="KIND")
    parser.add_argument("--symbols", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    given = parser.parse_args()
    cells = [
        Cell(kind=kind, channel=channel, symbols=symbols, seed=given.seed)
        for channel in given.channels
        for symbols in given.symbols
        for kind in given.kinds
        if KINDS[kind].meets(channel)
    ]
    began, results = time.monotonic(), list[Result]()
    for result in play(cells, given.jobs):
        results.append(result)
        _progress(f"{len(results)} of {len(cells)} cells, {time.monotonic() - began:.0f} s: {result.cell}")
    _progress("")
    for channel in given.channels:
        print("\n".join((*table(channel, results), *notes(channel, results), "")))
    if given.json is not None:
        given.json.write_text(json.dumps([result.as_dict() for result in results], indent=1))
    broken = [breach for result in results for breach in breaches(result)]
    print(f"{len(results)} cells, {sum(result.strikes for result in results):,} faults, seed {given.seed}")
    print("\n".join(f"FAILED: {breach}" for breach in broken) or "PASSED")
    return int(bool(broken))


def _progress(words: str) -> None:
    """Show how far it is, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
    elif words:
        print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
