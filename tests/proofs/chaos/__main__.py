"""The command: runs the chaos, prints its figures, and fails if the bot and the exchange differ in anything."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import havklo
from chaos.course import Outcome, Plan, chaos

__all__ = ["main", "table"]

SHOWN = 20  # differences


def table(plan: Plan, outcome: Outcome) -> list[str]:
    """The figures, a line each."""
    verdict = outcome.verdict
    return [
        f"{verdict.orders:,} orders with {verdict.fills:,} fills in {outcome.seconds:.0f} s, seed {plan.seed}",
        f"ended: {_listed(verdict.states)}",
        f"refused by the exchange: {_listed(verdict.refused)}",
        f"faults: {_listed(outcome.faults)}; the bot was killed {outcome.kills} times",
        f"orders filled while the bot was away, {outcome.unseen}; of unknown fate for a while, {verdict.unknown}",
        f"differences: {len(verdict.wrong)}",
    ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common()) or "none"


def main() -> int:
    """Run it; the exit code is 1 if anything was wrong."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m chaos", description="A bot, an exchange, and everything breaks.")
    parser.add_argument("--orders", type=int, default=usual.orders)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--symbols", type=int, default=usual.symbols)
    parser.add_argument("--fault-every", type=float, default=usual.fault_every, help="seconds")
    parser.add_argument("--kill-every", type=int, default=usual.kill_every, help="orders; 0: never")
    parser.add_argument("--outages", type=int, default=usual.outages)
    parser.add_argument("--folder", type=Path, help="where the bot writes; a temporary one by default")
    given = vars(parser.parse_args())
    folder = given.pop("folder")
    plan = Plan(**given)
    with tempfile.TemporaryDirectory() as temporary:
        outcome = havklo.run(chaos(plan, folder or Path(temporary)))
    print("\n".join(table(plan, outcome)))
    for failure in outcome.failures[:SHOWN]:
        print(f"FAILED: {failure}")
    if len(outcome.failures) > SHOWN:
        print(f"... and {len(outcome.failures) - SHOWN} more")
    if not outcome.failures:
        print("passed")
    return int(bool(outcome.failures))


if __name__ == "__main__":
    sys.exit(main())
