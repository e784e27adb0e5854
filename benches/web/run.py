"""The browser's engine in node: microseconds a message at every depth, beside `JSON.parse` of the same text.

    python benches/web/run.py [--rounds N] [--json FILE] [--strict]

It needs the built package (`npm run build` of web/engine). The messages are those of the other benchmarks.
"""

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "benches"), str(ROOT / "python")]

from figures.level3 import recorded  # noqa: E402 - needs the path
from stream import cached  # noqa: E402 - the same

MESSAGES = 20_000
DEPTHS = (10, 100, 1000)
SLOWEST = 1.5
"""How many `JSON.parse` of its text a message may cost, applied and proven."""
LARGEST = {"havklo.wasm": 24 * 1024}
"""How many bytes a module may have on its way, with gzip."""


def main() -> int:
    """Measure, print the table, and say whether every bar was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to a file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar was missed")
    arguments = parser.parse_args()
    streams = [f"book:{depth}:{cached(depth, MESSAGES)}" for depth in DEPTHS]
    streams += [f"level3:{depth}:{recorded(depth, MESSAGES)}" for depth in DEPTHS]
    command = ["node", str(HERE / "engine.mjs"), str(arguments.rounds), *streams]
    samples: dict[str, list[float]] = json.loads(subprocess.check_output(command))  # noqa: S603  # it stands above
    if arguments.json:
        arguments.json.write_text(json.dumps(samples, indent=1) + "\n")
    met = _table(samples) and _sizes()
    return 1 if arguments.strict and not met else 0


def _table(samples: dict[str, list[float]]) -> bool:
    met = True
    print(f"{'stream':12} {'contender':32} {'µs a message':>12} {'min - max':>15} {'x JSON.parse':>12}")
    for key, rounds in samples.items():
        stream, _, name = key.partition("/")
        # Round by round, because what slows a machine down slows both.
        parsed = samples[f"{stream}/JSON.parse"]
        ratio = median(ours / theirs for ours, theirs in zip(rounds, parsed, strict=True))
        held = name != "apply" or ratio <= SLOWEST
        met = met and held
        spread = f"{min(rounds):.2f} - {max(rounds):.2f}"
        missed = "" if held else f"  above {SLOWEST}"
        print(f"{stream:12} {name:32} {median(rounds):12.2f} {spread:>15} {ratio:12.2f}{missed}")
    return met


def _sizes() -> bool:
    met = True
    for file in sorted((ROOT / "web" / "engine").glob("*.wasm")):
        plain = file.read_bytes()
        packed = len(gzip.compress(plain, 9))
        held = packed <= LARGEST.get(file.name, packed)
        met = met and held
        print(f"{file.name:12} {len(plain):,} bytes, {packed:,} with gzip{'' if held else '  too large'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
