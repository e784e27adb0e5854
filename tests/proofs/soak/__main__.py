"""The command `python -m soak`; see `examples/soak.py`, which is the same."""

import argparse
import sys
import time

import havklo
from soak.course import Plan, soak
from soak.harm import HARMS

__all__ = ["main"]


def main() -> int:
    """Run it; the exit code is 1 if anything was wrong."""
    kinds = sorted({harm.kind for harm in HARMS})
    usual = Plan()
    parser = argparse.ArgumentParser(description="Random faults all the time, all that the client says judged.")
    parser.add_argument("--minutes", type=float, default=usual.minutes)
    parser.add_argument("--symbols", type=int, default=usual.symbols)
    parser.add_argument("--mixed", type=int, default=usual.mixed, help="symbols with trades and tickers, too")
    parser.add_argument("--rate", type=float, default=usual.rate, help="market messages a second")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--fault-every", type=float, default=usual.fault_every, help="seconds")
    parser.add_argument("--kinds", nargs="+", choices=kinds, default=kinds, metavar="KIND")
    given = parser.parse_args()
    plan = Plan(
        minutes=given.minutes,
        symbols=given.symbols,
        mixed=min(given.mixed, given.symbols),
        rate=given.rate,
        seed=given.seed,
        fault_every=given.fault_every,
        harms=[harm for harm in HARMS if harm.kind in given.kinds],
    )
    print(
        f"soak: {plan.minutes:g} minutes, {plan.symbols} symbols, {plan.mixed} of them with trades and tickers, "
        f"{plan.rate:g} messages a second, a random fault every {plan.fault_every:g} s, seed {plan.seed}",
        flush=True,
    )
    began = time.monotonic()
    verdict = havklo.run(soak(plan))
    print("\n".join(verdict.lines))
    print(f"took {time.monotonic() - began:.0f} s")
    print("".join(f"WARNING: {warning}\n" for warning in verdict.warnings), end="")
    print("\n".join(f"FAILED: {failure}" for failure in verdict.failures) or "passed")
    return int(bool(verdict.failures))


if __name__ == "__main__":
    sys.exit(main())
