"""The fill probabilities against the published tables, against exact values, and against chance.

1. Cont, Stoikov and Talreja (2010), tables 3 and 5, and the identity behind table 4: it prints `P(sigma_b < eps_a)`,
   which is 1 minus proposition 5 with the queues exchanged. All 25 cells of each, queues of 1 to 5.
2. Proposition 5 against partial fractions, to nine digits, and the closed form against its series, to twelve.
3. The closed form, orders of several units and the race within a time against so many random lives.

    python tests/proofs/fill_tables.py                  200,000 lives a cell
    python tests/proofs/fill_tables.py --lives 20000 --seed 3
"""

import argparse
import itertools
import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import fill_exact
import numpy as np
from numpy.typing import NDArray

from havklo.analytics.fill import (
    fill_before_move,
    fill_before_move_within,
    fill_time,
    fill_within,
    fill_within_full,
)

LAMBDA, MU, THETA = 1.85, 0.94, 0.71  # table 2, one tick away, per minute
SIZES: Final = range(1, 6)
CELLS: Final = [(bid, ask) for bid in SIZES for ask in SIZES]

# As printed, rows by the bid queue, columns by the ask queue.
TABLE_3: Final = """
.500 .336 .259 .216 .188
.664 .500 .407 .348 .307
.741 .593 .500 .437 .391
.784 .652 .563 .500 .452
.812 .693 .609 .548 .500"""
TABLE_4: Final = """
.497 .641 .709 .749 .776
.302 .449 .535 .591 .631
.206 .336 .422 .483 .528
.152 .263 .344 .404 .452
.118 .213 .287 .346 .393"""
TABLE_5: Final = """
.266 .308 .309 .300 .288
.308 .386 .406 .406 .400
.309 .406 .441 .452 .452
.300 .406 .452 .471 .479
.288 .400 .452 .479 .491"""
# Proposition 5 itself, to six digits.
PROPOSITION_5: Final = """
0.502545 0.698001 0.793891 0.848290 0.882357
0.358867 0.550791 0.664328 0.737182 0.786945
0.291461 0.465425 0.578446 0.656445 0.712819
0.251434 0.409265 0.517410 0.595585 0.654320
0.224341 0.369072 0.471577 0.548033 0.607091"""


@dataclass(frozen=True)
class Row:
    """How one table came out: the largest difference, and what is allowed."""

    name: str
    cells: int
    worst: float
    allowed: float

    @property
    def is_good(self) -> bool:
        """Whether nothing differs by more; a number that is none differs from everything."""
        return self.cells > 0 and self.worst < self.allowed


def compare(name: str, allowed: float, differences: Iterable[float]) -> Row:
    """The row of these differences."""
    found = [abs(difference) for difference in differences]
    return Row(name, len(found), math.inf if any(map(math.isnan, found)) else max(found, default=0.0), allowed)


def printed(table: str) -> dict[tuple[int, int], float]:
    """The cells of a table by bid and ask queue."""
    return dict(zip(CELLS, map(float, table.split()), strict=True))


def fill(bid: int, ask: int) -> float:
    """Proposition 5."""
    return fill_before_move(bid, ask, LAMBDA, MU, THETA)


def mid_up() -> dict[tuple[int, int], float]:
    """P(sigma_a < sigma_b): both queues as one chain of 40 by 40 states, solved as it stands."""
    room = 40
    matrix, up = np.zeros((room * room, room * room)), np.zeros(room * room)
    for bid, ask in itertools.product(range(1, room + 1), repeat=2):
        here = (bid - 1) * room + ask - 1
        for orders, step in ((bid, room), (ask, 1)):
            leaves = MU + orders * THETA
            matrix[here, here] += leaves
            if orders > 1:
                matrix[here, here - step] -= leaves
            elif step == 1:
                up[here] += leaves
            if orders < room:
                matrix[here, here] += LAMBDA
                matrix[here, here + step] -= LAMBDA
    answer = np.linalg.solve(matrix, up).reshape(room, room)
    return {(bid, ask): float(answer[bid - 1, ask - 1]) for bid, ask in CELLS}


def stands_at(queue: int, place: int, minutes: float) -> float:
    """How probably an order that was number `queue` is number `place` after so long."""
    reached = fill_within(queue - place, minutes, MU + place * THETA, THETA) if queue > place else 1.0
    passed = fill_within(queue - place + 1, minutes, MU + (place - 1) * THETA, THETA)
    return reached - passed


def both_filled() -> dict[tuple[int, int], float]:
    """Proposition 6, an order on either side and both filled before the mid price moves.

    One of them is filled first, at a time t. By then the other has come nearer, and of those who came behind the first,
    a Poisson number is left; from there it is proposition 5.
    """
    behind = range(1, 40)
    later = {(place, others): fill(place, others) for place in SIZES for others in behind}
    points, weights = np.polynomial.legendre.leggauss(200)
    half: dict[tuple[int, int], float] = dict.fromkeys(CELLS, 0.0)
    # The times t = 1.5 u / (1 - u) for u in (0, 1).
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        minutes = float(1.5 * point / (1 - point))
        stretch = float(weight * 1.5 / (1 - point) ** 2)
        mean = LAMBDA / THETA * -math.expm1(-THETA * minutes)
        left = [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in behind]
        after = {
            place: sum(share * later[place, others] for share, others in zip(left, behind, strict=True))
            for place in SIZES
        }
        other = {
            queue: sum(stands_at(queue, place, minutes) * after[place] for place in range(1, queue + 1))
            for queue in SIZES
        }
        for first, second in CELLS:
            half[first, second] += stretch * MU * stands_at(first, 1, minutes) * other[second]
    return {(bid, ask): half[bid, ask] + half[ask, bid] for bid, ask in CELLS}


def published() -> Iterator[Row]:
    """The tables of the paper."""
    up, both = mid_up(), both_filled()
    yield compare("table 3: the mid price moves up", 1e-3, (up[at] - cell for at, cell in printed(TABLE_3).items()))
    yield compare(
        "table 4: 1 - P(eps_a < sigma_b), the queues exchanged",
        5.5e-4,
        (1 - fill(ask, bid) - cell for (bid, ask), cell in printed(TABLE_4).items()),
    )
    yield compare("table 5: both filled", 1e-3, (both[at] - cell for at, cell in printed(TABLE_5).items()))
    yield compare(
        "proposition 5, six digits", 5.1e-7, (fill(*at) - cell for at, cell in printed(PROPOSITION_5).items())
    )


def exact(cases: int, seed: int) -> Iterator[Row]:
    """What mpmath says to many digits."""
    rates = fill_exact.SKY_PERFECT
    yield compare(
        "proposition 5, partial fractions",
        1e-9,
        (fill(bid, ask) - float(fill_exact.before_move(bid, ask, rates)) for bid, ask in CELLS),
    )
    chance = random.Random(f"{seed} closed form")
    drawn = [draw(chance) for _ in range(cases)]
    yield compare("closed form, series", 1e-12, (float(fill_within(*one) - fill_exact.within(*one)) for one in drawn))


def draw(chance: random.Random) -> tuple[float, float, float, float]:
    """Queue, time, market and cancel rate; half of them near the middle of the distribution."""
    queue = chance.choice((chance.uniform(0.5, 6), chance.uniform(0.5, 200), float(chance.randint(1, 200))))
    market, time = 10 ** chance.uniform(-6, 3), 10 ** chance.uniform(-3, 4)
    relative = market * 10 ** chance.uniform(-4, 6)
    cancel = chance.choice((0.0, 10 ** chance.uniform(-13, 8), relative, relative))
    if chance.random() < 0.7:
        time = fill_time(queue, market, cancel).mean * 10 ** chance.uniform(-1.0, 0.5)
    return queue, time, market, cancel


class Lives:
    """So many random lives of an order, compared with what is said of them.

    Each score is a z: how many standard errors lie between what came and what was said. One in 15,000 is beyond 4.
    """

    SHARES: Final = (0.4, 0.7, 1.0, 1.4, 2.0)  # of the mean time

    def __init__(self, lives: int, seed: int) -> None:
        self._lives = lives
        self._chance = np.random.default_rng(seed)
        self._emptied = {ask: self._empties(ask) for ask in SIZES}

    def rows(self) -> Iterator[Row]:
        """The worst score of each kind."""
        checks: dict[str, Callable[[], Iterator[float]]] = {
            "within a time": self._reached,
            "whole within a time": self._whole,
            "before the move": self._raced,
            "before the move, within a time": self._raced_within,
        }
        for name, scores in checks.items():
            yield compare(f"|z| of {name}, {self._lives} lives", 4.0, scores())

    def _reached(self) -> Iterator[float]:
        for queue, cancel in itertools.product((1, 2, 5, 12, 40), (0.0, 0.05, 0.7, 6.0)):
            waited, mean = self._waits(queue, cancel), fill_time(queue, MU, cancel).mean
            for share in self.SHARES:
                yield self._score(waited <= share * mean, fill_within(queue, share * mean, MU, cancel))

    def _whole(self) -> Iterator[float]:
        for queue, own in itertools.product((1, 3, 10), (1.5, 4.0, 12.0)):
            waited = self._waits(queue, THETA) + self._chance.gamma(own - 1, 1 / MU, self._lives)
            mean = fill_time(queue, MU, THETA).mean + (own - 1) / MU
            for share in self.SHARES:
                yield self._score(waited <= share * mean, fill_within_full(queue, own, share * mean, MU, THETA))

    def _raced(self) -> Iterator[float]:
        for bid, ask in CELLS:
            yield self._score(self._waits(bid, THETA) < self._emptied[ask], fill(bid, ask))

    def _raced_within(self) -> Iterator[float]:
        for bid, ask in CELLS:
            waited, emptied, minutes = self._waits(bid, THETA), self._emptied[ask], 0.25 * (bid + ask)
            said = fill_before_move_within(bid, ask, minutes, limit_rate=LAMBDA, market_rate=MU, cancel_rate=THETA)
            yield self._score((waited < emptied) & (waited <= minutes), said.fill)
            yield self._score((waited >= emptied) & (emptied <= minutes), said.move)

    def _score(self, hits: NDArray[np.bool_], p: float) -> float:
        return (float(hits.mean()) - p) / math.sqrt(p * (1 - p) / self._lives)

    def _waits(self, queue: int, cancel: float) -> NDArray[np.float64]:
        """When a trade reached the last of the queue."""
        waited = np.zeros(self._lives)
        for ahead in range(queue):
            waited += self._chance.exponential(1 / (MU + ahead * cancel), self._lives)
        return waited

    def _empties(self, orders: int) -> NDArray[np.float64]:
        """When a queue of so many orders was first empty."""
        time, length, at = np.zeros(self._lives), np.full(self._lives, orders), np.arange(self._lives)
        while at.size:
            leaves = MU + length[at] * THETA
            time[at] += self._chance.exponential(1.0, at.size) / (LAMBDA + leaves)
            comes = self._chance.random(at.size) * (LAMBDA + leaves) < LAMBDA
            length[at] += np.where(comes, 1, -1)
            at = at[length[at] > 0]
        return time


def main() -> int:
    """Print a line for each table; 1 if one of them is not as it should be."""
    parser = argparse.ArgumentParser(description="Fill probabilities: published, exact, random.")
    parser.add_argument("--lives", type=int, default=200_000, help="random lives in each cell")
    parser.add_argument("--cases", type=int, default=2000, help="draws of the closed form")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    good = True
    for row in itertools.chain(published(), exact(asked.cases, asked.seed), Lives(asked.lives, asked.seed).rows()):
        good &= row.is_good
        print(f"{row.name:<58}{row.cells:>5} cells  worst {row.worst:.2e}  allowed {row.allowed:.1e}", flush=True)
    print("PASSED" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
