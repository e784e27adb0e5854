"""Import time, in fresh processes that take turns."""

import os
import subprocess
import sys
from functools import partial

from figures import Options, Result, contenders, label
from stream import CACHE
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
    # The first import writes the byte code, as it is for any user: one sample of several, and the median does not mind.
    return take_turns({name: partial(_milliseconds, module) for name, module in modules.items()}, rounds, "import")


def _milliseconds(module: str) -> float:
    command = [sys.executable, "-c", _CHILD.format(module)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(CACHE / "bytecode")
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - a command of our own
    return int(done.stdout.split()[-1]) / 1e6
