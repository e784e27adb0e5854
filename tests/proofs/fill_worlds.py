"""Fill probabilities in markets whose truth is known: fitted on one seed, scored on another.

It passes if the corrected model (`auto`) is calibrated and beats the base rate and the model without cancels in the
textbook's world and in the hostile one, wherever the outcome is open at all; if Aalen-Johansen agrees with the exact
incidence of two racing queues; and if the intervals hold the truth about as often as they say.

    python tests/proofs/fill_worlds.py                    the whole of it, some minutes
    python tests/proofs/fill_worlds.py --seconds 3000 --fits 20 --races 40000
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worlds import HOSTILE, TEXTBOOK, TEXTBOOK_MOVING, Market, Nature, feed, race
from worlds.contest import HORIZONS, Score, fit, probes_of, score

from havklo.analytics.estimator import FillModel, fill_incidence
from havklo.analytics.fill import fill_within

WORLDS: Final[dict[str, tuple[Nature, tuple[str, ...]]]] = {
    "A, textbook": (TEXTBOOK, ("price_held",)),
    "A, textbook, prices move": (TEXTBOOK_MOVING, ("price_held", "before_move")),
    "B, hostile": (HOSTILE, ("price_held", "before_move")),
}
INCIDENCE: Final = {
    (5, 5): (0.0002, 0.0042, 0.0535, 0.2961, 0.5689),
    (1, 1): (0.1771, 0.2826, 0.3960, 0.4753, 0.5006),
}
"""The exact incidence of a fill by the times below, for own place and opposite queue."""
TIMES: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
OPEN: Final = 0.02  # an outcome that is rarer than this, or its opposite, decides nothing
SEVERAL: Final = 6  # every so many probes are scored before a move: the pure model takes its time there


@dataclass(frozen=True, slots=True)
class Result:
    """The scores of one world at one horizon."""

    world: str
    until: str
    within: float
    observed: float
    scores: list[Score]

    @property
    def is_open(self) -> bool:
        """Whether there is anything to predict."""
        return OPEN < self.observed < 1.0 - OPEN

    def breaches(self) -> Iterator[str]:
        """What does not hold, in words."""
        where = f"{self.world}, {self.until}, {self.within:g} s"
        auto = next(each for each in self.scores if each.model == "auto")
        if not self.is_open:
            return
        if not auto.calibrated:
            yield f"{where}: auto is not calibrated"
        if auto.worse_than_base.high >= 0.0:
            yield f"{where}: auto does not beat the base rate"
        if self.until == "price_held" and auto.worse_than_no_cancels.high >= 0.0:
            yield f"{where}: auto does not beat the model without cancels"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an interval held the true probability of the textbook's world."""

    what: str
    held: int
    asked: int
    width: float


def contests(seconds: float, *, learn: int, judge: int) -> Iterator[Result]:
    """Fit on one seed, score on another, in all worlds."""
    for name, (nature, definitions) in WORLDS.items():
        fitted = fit(nature, learn, seconds)
        probes = probes_of(nature, judge, seconds)
        for until in definitions:
            some = probes if until == "price_held" else probes[::SEVERAL]
            for within in HORIZONS:
                outcomes = [each.by(within) if until == "price_held" else each.before_move(within) for each in some]
                observed = sum(outcomes) / len(outcomes)
                yield Result(name, until, within, observed, score(fitted, some, within, until))


def coverage(fits: int, seconds: float, *, seed: int = 900) -> list[Coverage]:
    """Fit the textbook's world anew and anew, and ask for orders whose probability is known exactly."""
    held = {"cst": 0, "auto": 0}
    widths = {"cst": 0.0, "auto": 0.0}
    asked = 0
    calibrated: set[bool] = set()
    cancel = 1.0 / TEXTBOOK.lifetime
    for index in range(fits):
        market = Market(TEXTBOOK, seed + index)
        model = FillModel(half_life=None, outcomes_half_life=None, horizons=HORIZONS)
        feed(model, market, market.steps(seconds))
        for orders in (3, 7, 12):
            truth = fill_within(1.0 + orders, 3.0, TEXTBOOK.trades, cancel)
            asked += 1
            for name in held:
                # Ages do not matter in this world, so any will do.
                said = model.probability(side="bid", within=3.0, ahead=[(1.0, 1.5)] * orders, opposite=7.0, model=name)
                held[name] += said.low <= truth <= said.high
                widths[name] += said.high - said.low
                calibrated.add(said.calibrated)
    label = "calibrated" if True in calibrated else "uncalibrated"
    return [
        Coverage(f"{name} ({label if name == 'auto' else 'rates'})", held[name], asked, widths[name] / asked)
        for name in held
    ]


def incidence(races: int, *, seed: int = 7) -> Iterator[tuple[tuple[int, int], list[float], list[float]]]:
    """Aalen-Johansen, and what one minus Kaplan-Meier makes of the same races by calling moves censoring."""
    for places in INCIDENCE:
        seen = race.histories(*places, races, until=5.0, censoring=0.2, seed=seed)
        wrong = [(time, "filled" if end == "filled" else "censored") for time, end in seen]
        yield places, fill_incidence(seen, TIMES), fill_incidence(wrong, TIMES)


def main() -> int:
    """Run all of it and print what came out."""
    parser = argparse.ArgumentParser(description="Fill probabilities in markets whose truth is known.")
    parser.add_argument("--seconds", type=float, default=12_000.0)
    parser.add_argument("--fits", type=int, default=60)
    parser.add_argument("--races", type=int, default=400_000)
    parser.add_argument("--learn", type=int, default=101, help="the seed to fit on")
    parser.add_argument("--score", type=int, default=303, help="the seed to score on, which nothing was fitted to")
    given = parser.parse_args()
    breaches: list[str] = []
    begun = time.perf_counter()
    world = ""
    for result in contests(given.seconds, learn=given.learn, judge=given.score):
        if result.world != world:
            world = result.world
            print(f"\nWorld {world}: {given.seconds:g} s to fit on, {given.seconds:g} s of another seed to score")
        breaches += result.breaches()
        _print(result)
    print("\nThe textbook's world, fitted anew and anew: how often a 95 % interval held the exact probability")
    found = coverage(given.fits, 300.0)
    found += [each for each in coverage(max(3, given.fits // 10), 6_000.0, seed=5_000) if each.what.startswith("auto")]
    for each in found:
        print(f"  {each.what:<22}{each.held:4} of {each.asked:4}   mean width {each.width:.3f}")
        if each.held < 0.85 * each.asked:
            breaches.append(f"intervals of {each.what} held the truth {each.held} of {each.asked} times")
    print(f"\nA fill before the other side is gone, {given.races:,} races, by minutes {TIMES}")
    for places, right, wrong in incidence(given.races):
        print(f"  {places}  exact   {_row(INCIDENCE[places])}")
        print(f"          A.-J.   {_row(right)}")
        print(f"          1-K.-M. {_row(wrong)}")
        apart = max(abs(one - other) for one, other in zip(right, INCIDENCE[places], strict=True))
        if apart > 4.0 * 0.6 / given.races**0.5 + 1e-4:
            breaches.append(f"Aalen-Johansen at {places} is off by {apart:.4f}")
    print(f"\n{time.perf_counter() - begun:.0f} s")
    print("\n".join([*breaches, "FAILED" if breaches else "PASSED"]))
    return int(bool(breaches))


def _print(result: Result) -> None:
    note = "" if result.is_open else "  (nothing to predict)"
    print(f"  {result.until}, {result.within:g} s: {result.observed:.3f} filled{note}")
    print(f"    {'':<13}{'Brier':>7}{'log-loss':>10}{'ECE':>7}{'bias':>8}   less than base rate (95 %)")
    for each in result.scores:
        against = each.worse_than_base
        mark = "calibrated" if each.calibrated else ""
        print(
            f"    {each.model:<13}{each.brier:7.4f}{each.log_loss:10.4f}{each.calibration_error:7.3f}"
            f"{each.bias.mean:+8.3f}   {against.mean:+.4f} [{against.low:+.4f}, {against.high:+.4f}] {mark}"
        )
    auto = next(each for each in result.scores if each.model == "auto")
    cells = [f"{cell.predicted:.2f}:{cell.observed:.2f}[{cell.low:.2f},{cell.high:.2f}]" for cell in auto.bins]
    print(f"    reliability of auto  {' '.join(cells[:5])}\n{'':<25}{' '.join(cells[5:])}")


def _row(values: list[float] | tuple[float, ...]) -> str:
    return " ".join(f"{value:.4f}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
