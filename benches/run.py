"""`make bench`: one table, the peers in the same run, and the bars that havklo was held against.

python benches/run.py [--quick] [--only FIGURE ...] [--json FILE] [--strict]
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]
if importlib.util.find_spec("havklo") is None:  # built in place, not installed: also for the processes started here
    sys.path.append(str(ROOT / "python"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT / "python")]))

from figures import (  # noqa: E402 - needs the path
    Options,
    Result,
    books,
    engine,
    imports,
    latency,
    level3,
    loopback,
    memory,
    order_memory,
    orders,
    reads,
    relay,
)
from timing import Bar, Row, pinned, progress  # noqa: E402

FIGURES: dict[str, Callable[[Options], Result]] = {
    "engine": engine.measure,
    "book": books.measure,
    "level3": level3.measure,
    "read": reads.measure,
    "memory": memory.measure,
    "import": imports.measure,
    "socket": loopback.measure,
    "latency": latency.measure,
    "orders": orders.measure,
    "order-memory": order_memory.measure,
    "relay": relay.measure,
}
CORE = 1
PINNED = {"book", "level3", "read", "socket", "latency", "orders"}  # those that measure this very process


def main() -> int:
    """Measure what was asked for, print it, and say whether every bar was met."""
    arguments = _arguments()
    rows: list[Row] = []
    bars: list[Bar] = []
    for name in arguments.only or FIGURES:
        started = perf_counter()
        with pinned(CORE) if name in PINNED else nullcontext():
            measured, held = FIGURES[name](Options(quick=arguments.quick))
        progress(f"{name}: done in {perf_counter() - started:.0f} s\n")
        rows += measured
        bars += held
    progress("")
    machine = _machine()
    print(_table(rows), _verdicts(bars), machine, sep="\n\n")
    if arguments.json:
        document = {
            "machine": machine,
            "rows": [asdict(row) | {"median": row.value} for row in rows],
            "bars": [asdict(bar) | {"met": bar.met} for bar in bars],
        }
        arguments.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    if not bars:
        print("havklo itself was not measured: is its engine built?", file=sys.stderr)
        return 2
    return 1 if arguments.strict and not all(bar.met for bar in bars) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter passes, fewer rounds: a first impression")
    parser.add_argument("--only", action="append", choices=FIGURES, help="measure this figure; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows, samples and bars to a file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar was missed")
    return parser.parse_args()


def _table(rows: Sequence[Row]) -> str:
    ours = {row.figure: row.value for row in rows if row.contender == "havklo"}
    cells = [("figure", "contender", "median", "min - max", "x havklo", "verifies", "note")]
    figure = ""
    for row in rows:
        first = row.figure if row.figure != figure else ""
        figure = row.figure
        times = f"{row.value / ours[figure]:.2f}" if ours.get(figure) else ""
        spread = f"{_number(min(row.samples))} - {_number(max(row.samples))}"
        cells.append((first, row.contender, f"{_number(row.value)} {row.unit}", spread, times, row.verifies, row.note))
    return _aligned(cells, right={2, 3, 4})


def _verdicts(bars: Sequence[Bar]) -> str:
    cells = [("bar", "measured", "asked for", "")]
    for bar in bars:
        asked = f"{'>=' if bar.at_least else '<='} {bar.limit:g}"
        asked += f" (stretch {bar.stretch:g})" if bar.stretch is not None else ""
        cells.append((bar.claim, _number(bar.ratio), asked, bar.verdict))
    return _aligned(cells, right={1})


def _aligned(cells: Sequence[tuple[str, ...]], right: set[int]) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            text.rjust(width) if index in right else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1_000 else f"{value:,.0f}"


def _machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE)
        model = named[1] if named else model
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{model}, {os.cpu_count()} cores{load}; {platform.system()}, Python {platform.python_version()}.\n"
        "Contenders took turns; a cell is the median of the rounds, a bar the median of the rounds' ratios.\n"
        "The machine is noisy: compare within this table, not with another day's."
    )


if __name__ == "__main__":
    sys.exit(main())
