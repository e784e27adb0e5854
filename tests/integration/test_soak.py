"""The soak in short: faults all the time, every read judged, and a judge that would notice."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from havklo import Simulator
from havklo.sim.wire.stamps import rfc3339

EXAMPLE = Path(__file__).parents[2] / "examples" / "soak.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example, as a module."""
    spec = importlib.util.spec_from_file_location("soak", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_no_wrong_read_under_faults() -> None:
    """Seconds of the soak: 20 symbols in another process, five faults a second, 0 wrong reads, every book healed."""
    command = [sys.executable, str(EXAMPLE), "--seconds", "6", "--rate", "800", "--fault-every", "0.2"]
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    done = subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.endswith("passed\n")
    judged = re.search(r"reads judged: ([\d,]+) after updates, ([\d,]+) at other instants", done.stdout)
    assert judged is not None
    assert all(int(figure.replace(",", "")) > 100 for figure in judged.groups())
    assert "wrong reads: 0; too late to be judged: 0" in done.stdout
    assert "books live at the end: 20 of 20" in done.stdout


async def test_the_judge_knows_the_truth(example: ModuleType) -> None:
    """A read is right if it is the simulator's book at that message, wrong if a digit differs, and never unjudged."""
    async with Simulator(1, rate=0, history=2) as simulator:
        simulator.step(5)
        symbol = simulator.symbols[0]
        judge = example.Judge(simulator)
        now = rfc3339(simulator._kraken.exchange.listing(symbol, 0).moment // 1_000)
        bids, asks = simulator.ladder(symbol, 10)
        judge.take(example.encode_report(example.Read(symbol, now, tuple(bids), tuple(asks), True)))
        assert (judge.judged, judge.wrong) == ({True: 1}, [])
        off = (bids[0][0], f"{bids[0][1][:-1]}{(int(bids[0][1][-1]) + 1) % 10}")
        judge.take(example.encode_report(example.Read(symbol, now, (off, *bids[1:]), tuple(asks), False)))
        judge.take(example.encode_report(example.Read(symbol, now, (), (), False)))
        assert (judge.judged, len(judge.wrong)) == ({True: 1, False: 2}, 2)
        long_ago = "2020-01-01T00:00:00.000000Z"
        judge.take(example.encode_report(example.Read(symbol, long_ago, tuple(bids), tuple(asks), True)))
        assert judge.too_late == 1


def test_growing_memory_is_noticed(example: ModuleType) -> None:
    """Memory is flat if the last fifth is like the second; short runs are not judged."""
    megabyte = 1 << 20
    flat = [30 * megabyte] * 20 + [40 * megabyte] * 80
    assert example.judge_memory(flat, 100.0) == ("40.0 MB after warming up, 40.0 MB at the end", True)
    growing = [40 * megabyte + second * 50_000 for second in range(100)]
    assert example.judge_memory(growing, 100.0)[1] is False
    assert example.judge_memory(growing, 5.0)[1] is True
