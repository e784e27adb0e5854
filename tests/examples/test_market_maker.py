"""The market maker stays within its limits, and its own figures are the exchange's."""

import asyncio
import subprocess
import sys
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from havklo.testing import ManualClock, Simulator, pass_time

PATH = Path(__file__).parents[2] / "examples" / "market_maker.py"


@pytest.fixture(scope="module")
def example() -> Any:
    """The example as a module."""
    spec = spec_from_file_location("market_maker", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["market_maker"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def run(example: Any, terms: Any, seed: int, seconds: float) -> Any:
    """Make a market for some seconds of virtual time."""
    exchange = Simulator([terms.symbol], seed=seed, rate=50, clock=ManualClock(), accounts=["maker:pro"])
    async with exchange:
        trading = asyncio.ensure_future(example.trade(exchange, seconds, terms))
        while not trading.done():
            await pass_time(exchange, 0.25)
        assert exchange.orders("maker") == []
        return trading.result()


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_minute(example: Any, seed: int) -> None:
    """It trades, ends within its limits, and knows what it has made to the last digit."""
    terms = example.Terms()
    outcome = await run(example, terms, seed, 60.0)
    assert outcome.maker.fills > 1
    assert example.faults(outcome, terms) == []
    assert f"{outcome.maker.inventory:f} BTC" in example.table(outcome, terms)


async def test_a_limit_that_binds(example: Any) -> None:
    """Room for a single fill: it never holds more, and goes on once it has sold again."""
    terms = example.Terms(limit=Decimal("0.02"), edge=Decimal("0.1"))
    outcome = await run(example, terms, 3, 60.0)
    assert outcome.maker.most == terms.limit
    assert outcome.maker.volume > 0
    assert example.faults(outcome, terms) == []


def test_the_command() -> None:
    """It ends well and prints its table."""
    command = [sys.executable, "-W", "error", str(PATH), "--minutes", "0.05", "--seed", "5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "its own figures are the exchange's, to the last digit"
    assert "profit before fees" in done.stdout
