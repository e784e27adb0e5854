"""The engine alone, without Python: the crate's own bench, on the same streams.

The bar is 0.25 µs, whatever the machine. orjson is timed between the runs, because a ratio says more where the
machine's speed changes: 0.28 is those 0.25 µs where `orjson.loads` takes 0.9 µs.
"""

import json
import shutil
import subprocess
from pathlib import Path
from statistics import median

from figures import Options, Result, contenders
from figures.books import DEPTHS, MESSAGES, BookPass
from stream import cached, load
from timing import Bar, Row, progress

FIGURE = "engine alone"
ROOT = Path(__file__).parents[2]
BENCH = ROOT / "crates" / "engine" / "benches" / "book.rs"

_YARDSTICK = "orjson_loads"


def measure(options: Options) -> Result:
    """Run the crate's bench a few times, and orjson between."""
    if not BENCH.exists() or not shutil.which("cargo"):
        progress("engine: no cargo, or no bench in the crate\n")
        return [], []
    orjson = BookPass(contenders((_YARDSTICK,))[_YARDSTICK], load(10, MESSAGES), options.budget)
    samples: dict[str, list[float]] = {}
    against: list[float] = []
    for number in range(options.rounds(5)):
        progress(f"engine: cargo bench, run {number + 1}")
        for name, nanoseconds in _run():
            samples.setdefault(name, []).append(nanoseconds / 1e3)
        against.append(orjson())
    rows = [Row(FIGURE, name, tuple(values), "µs", "every message") for name, values in samples.items()]
    shallow, deep = samples["engine depth 10"], samples["engine depth 1000"]
    return rows, [
        Bar("engine alone, d10, in µs", median(shallow), 0.25),
        Bar("engine alone, d10 / orjson.loads", _ratio(shallow, against), 0.28),
        Bar("engine alone, d1000 / d10", _ratio(deep, shallow), 1.5),
    ]


def _ratio(over: list[float], under: list[float]) -> float:
    return median(a / b for a, b in zip(over, under, strict=True))


def _run() -> list[tuple[str, float]]:
    streams = [f"{depth}={cached(depth, MESSAGES)}" for depth in DEPTHS]
    command = [
        "cargo",
        "bench",
        "--quiet",
        "-p",
        "havklo-engine",
        "--bench",
        "book",
        "--",
        "--json",
        *streams,
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a command of our own
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [(line["name"], float(line["ns"])) for line in lines]
