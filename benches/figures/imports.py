"""Import time, in fresh processes that take turns."""

import subprocess
import sys
from functools import partial

from figures import Options, Result, contenders, label
from timing import Bar, Row, Samples, ratio, take_turns

FIGURE = "import"
YARDSTICK = "asyncio, msgspec"
_CHILD = "import time; start = time.perf_counter_ns(); import {}; print(time.perf_counter_ns() - start)"


def measure(options: Options) -> Result:
    """Import havklo, the yardstick, and the peers that are clients like it."""
    modules = {label(peer): peer.module for peer in contenders().values() if peer.module}
    held = {name: modules.pop(name) for name in ("havklo",) if name in modules} | {YARDSTICK: YARDSTICK}
    samples = _measure(held, options.rounds(15)) | _measure(modules, options.rounds(3))
    rows = [Row(FIGURE, name, tuple(values), "ms") for name, values in samples.items()]
    if "havklo" not in samples:
        return rows, []
    return rows, [Bar("import havklo / import asyncio, msgspec", ratio(samples, "havklo", YARDSTICK), 1.5)]


def _measure(modules: dict[str, str], rounds: int) -> Samples:
    # The first import may have to write the byte code: one sample of several, and the median does not mind.
    return take_turns({name: partial(_milliseconds, module) for name, module in modules.items()}, rounds, "import")


def _milliseconds(module: str) -> float:
    command = [sys.executable, "-c", _CHILD.format(module)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a command of our own
    return int(done.stdout.split()[-1]) / 1e6
