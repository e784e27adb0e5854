"""Run seeds of the deterministic simulation; each is a whole life of clients and an exchange, in virtual time.

    python tests/dst/run.py                                      200 seeds of 100,000 messages over 20 symbols
    python tests/dst/run.py --seeds 10 --messages 20000
    python tests/dst/run.py --first-seed 123 --seeds 1 --verbose the seed 123 again, with its last events
    python tests/dst/run.py --plant truncation --seeds 50        whether a bug put in by hand is found

The exit code is 1 if an invariant was violated; the command that runs such a seed again is printed.
"""

import argparse
import gc
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dst.plants import PLANTS
from dst.report import progress, replay, table
from dst.simulation import Outcome, simulate

_KEPT = 200  # events of a seed that are shown with --verbose


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Deterministic simulation of the client.")
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first-seed", type=int, default=1, help="the first of them")
    parser.add_argument("--messages", type=int, default=100_000, help="how many arrive in each")
    parser.add_argument("--symbols", type=int, default=20, help="how many are listed")
    parser.add_argument("--new-pairs", action="store_true", help="have pairs that were never traded before")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="put this bug into the client")
    parser.add_argument("--verbose", action="store_true", help="show a failing seed's last events")
    parser.add_argument("--log", type=int, default=_KEPT, help="how many of them")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    began = time.monotonic()
    outcomes: list[Outcome] = []
    sizes = {"messages": given.messages, "symbols": given.symbols, "new_pairs": given.new_pairs}
    run = partial(one, **sizes, plant=given.plant, keep=given.log)
    for outcome in several(run, seeds, given.jobs):
        outcomes.append(outcome)
        say(progress(outcome, len(outcomes), len(seeds), time.monotonic() - began))
        if outcome.violations:
            if given.verbose:
                say("\n".join(outcome.last))
            say("\n".join(f"VIOLATED {violation}" for violation in outcome.violations))
            say(replay(outcome, **sizes, plant=given.plant))
    say(table(outcomes, time.monotonic() - began, min(given.jobs, len(seeds))))
    failed = sorted(outcome.seed for outcome in outcomes if outcome.violations)
    say(f"FAILED: seeds {', '.join(map(str, failed))}" if failed else "PASSED")
    return int(bool(failed))


def one(seed: int, *, messages: int, symbols: int, new_pairs: bool, plant: str | None, keep: int) -> Outcome:
    """Run one seed."""
    gc.set_threshold(50_000, 20, 100)  # markets are many objects that live long and form no cycles
    bug = PLANTS[plant] if plant else nullcontext
    return simulate(seed, messages=messages, symbols=symbols, new_pairs=new_pairs, plant=bug, keep=keep)


def several(run: "partial[Outcome]", seeds: range, jobs: int) -> Iterator[Outcome]:
    """Run seeds, in several processes if there is more than one; gives each outcome as it comes."""
    if jobs == 1 or len(seeds) == 1:
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run, seed) for seed in seeds]):
            yield done.result()


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
