"""The market maker of the examples on a bad line: it ends within its limits, and its profit is the exchange's.

It quotes for ten minutes of simulated time while messages are lost, doubled, reordered, garbled and late, answers get
lost and connections end. Time is virtual: they take half a minute. In the end each asset has changed by what its own
fills say, to the last digit, and nothing of it is left open.

    python tests/proofs/market_maker.py --minutes 10 --seed 7
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from typing import Any

from havklo.testing import ManualClock, Simulator, pass_time

__all__ = ["Run", "example", "prove"]

SCENARIO = "flaky-network"
PATH = Path(__file__).parents[2] / "examples" / "market_maker.py"
STEP = 0.05  # seconds of virtual time between two turns of the sockets
MOST = 120.0  # seconds of virtual time that it may take to end


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        outcome: What the example says.
        wrong: What must not be.
        faults: How often each kind of fault has struck.
    """

    outcome: Any
    wrong: list[str]
    faults: dict[str, int]


def example() -> Any:
    """The example as a module."""
    if "market_maker_example" not in sys.modules:
        spec = spec_from_file_location("market_maker_example", PATH)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["market_maker_example"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["market_maker_example"]


async def prove(seconds: float, seed: int) -> Run:
    """Make a market for so many seconds of virtual time.

    Raises:
        TimeoutError: It does not come to an end.
    """
    module = example()
    terms = module.Terms()
    exchange = Simulator([terms.symbol], seed=seed, scenario=SCENARIO, clock=ManualClock(), accounts=["maker:pro"])
    async with exchange:
        until = exchange.clock.now() + round((seconds + MOST) * 1e9)
        trading = asyncio.ensure_future(module.trade(exchange, seconds, terms))
        while not trading.done():
            if exchange.clock.now() > until:
                trading.cancel()
                await asyncio.wait([trading])
                raise TimeoutError("the market maker does not come to an end")
            await pass_time(exchange, STEP)
        outcome = trading.result()
        left = [order.order_id for order in exchange.orders("maker")]
        faults = {kind: count for kind, count in exchange.statistics().faults.items() if count}
    wrong: list[str] = [*module.faults(outcome, terms)]
    if left:
        wrong.append(f"it has left orders open: {', '.join(left)}")
    if not faults:
        wrong.append("no fault has struck")
    if not outcome.maker.fills:
        wrong.append("nothing was filled")
    return Run(outcome, wrong, faults)


def main() -> int:
    """Run it; the exit code is 1 if it went past its limit, or its own figures are not the exchange's."""
    parser = argparse.ArgumentParser(description="The market maker on a bad line.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = perf_counter()
    run = asyncio.run(prove(given.minutes * 60, given.seed))
    module = example()
    print(f"{given.minutes:g} minutes of {SCENARIO}, seed {given.seed}, in {perf_counter() - began:.0f} s")
    print("faults: " + ", ".join(f"{count} {kind}" for kind, count in sorted(run.faults.items())))
    print(module.table(run.outcome, module.Terms()))
    print("\n".join(f"FAILED: {each}" for each in run.wrong) or "its own figures are the exchange's, to the last digit")
    return int(bool(run.wrong))


if __name__ == "__main__":
    sys.exit(main())
