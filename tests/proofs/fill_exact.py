"""What the fill probabilities are, by other methods than the engine's, to many digits.

    python tests/proofs/fill_exact.py        writes vectors/fill

The distribution of eps_b, the time until a trade reaches an order, is summed from the series of the incomplete beta
function, all of whose terms are positive; the race against the opposite queue is expanded in partial fractions over the
transform of that queue's life, a continued fraction; the race within a time is the exponential of a matrix.
"""

import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import mpmath as mp
import numpy as np
from numpy.typing import NDArray

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "fill"
DIGITS: Final = 50  # of the sums here; partial fractions of 20 orders lose half of them
SMALL: Final = mp.mpf(10) ** -45


@dataclass(frozen=True)
class Rates:
    """Of limit orders, market orders and cancels per order: at the own price, and at the opposite one."""

    limit: float
    market: float
    cancel: float
    opposite_limit: float
    opposite_market: float
    opposite_cancel: float


def both(limit: float, market: float, cancel: float) -> Rates:
    """The same rates on both sides."""
    return Rates(limit, market, cancel, limit, market, cancel)


SKY_PERFECT: Final = both(1.85, 0.94, 0.71)  # table 2 of the paper, at a distance of one tick; per minute


def within(queue: float, time: float, market: float, cancel: float) -> mp.mpf:
    """P(eps_b ≤ T), summed from the end of the distribution that is nearer."""
    with mp.workdps(DIGITS):
        b, mu, theta, t = (mp.mpf(value) for value in (queue, market, cancel, time))
        if mu * t == 0:
            return mp.mpf(0)
        if theta == 0:
            return mp.gammainc(b, 0, mu * t, regularized=True)
        r, left, gone = mu / theta, mp.exp(-theta * t), -mp.expm1(-theta * t)
        logarithm = b * mp.log(gone) - mu * t + mp.loggamma(b + r) - mp.loggamma(b) - mp.loggamma(r)
        if gone < (b + 1) / (b + r + 2) or gone < mp.mpf("0.5"):
            return mp.exp(logarithm) * rising(b, r, gone)
        return 1 - mp.exp(logarithm) * rising(r, b, left)


def rising(a: mp.mpf, b: mp.mpf, x: mp.mpf) -> mp.mpf:
    """`Σ (a + b)ₙ xⁿ / (a)ₙ₊₁`, which is I_x(a, b) divided by `x^a (1 - x)^b / B(a, b)`."""
    total = term = 1 / a
    for n in itertools.count():
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        if term < total * SMALL:
            return total
    raise AssertionError


def within_mixed(queue: float, time: float, market: float, shape: float, cancel: float) -> mp.mpf:
    """The same, integrated over the gamma distribution of the market rate."""
    with mp.workdps(25):
        k = mp.mpf(shape)

        def weighted(x: mp.mpf) -> mp.mpf:
            return mp.exp(k * mp.log(x) - x - mp.loggamma(k)) / x * within(queue, time, market * x / k, cancel)

        cuts = sorted({mp.mpf(0), *(max(k + n * mp.sqrt(k), 0) for n in range(-9, 12, 3)), k + 20 * mp.sqrt(k) + 60})
        return mp.quad(weighted, cuts)


def within_full(queue: float, own: float, time: float, market: float, cancel: float) -> mp.mpf:
    """P(eps_b + Gamma(own - 1, μ) ≤ T), integrated over the second time."""
    with mp.workdps(25):
        m, mu, t = mp.mpf(own) - 1, mp.mpf(market), mp.mpf(time)

        def weighted(y: mp.mpf) -> mp.mpf:
            return (
                mu * mp.exp((m - 1) * mp.log(mu * y) - mu * y - mp.loggamma(m)) * within(queue, t - y, market, cancel)
            )

        return mp.quad(weighted, [0, t / 4, t / 2, 3 * t / 4, t])


def moments(queue: float, market: float, cancel: float) -> tuple[mp.mpf, mp.mpf]:
    """Mean and variance of eps_b."""
    with mp.workdps(DIGITS):
        b, mu, theta = mp.mpf(queue), mp.mpf(market), mp.mpf(cancel)
        if theta == 0:
            return b / mu, b / mu**2
        r = mu / theta
        return (mp.psi(0, b + r) - mp.psi(0, r)) / theta, (mp.psi(1, r) - mp.psi(1, b + r)) / theta**2


def life(orders: int, s: mp.mpf, limit: float, market: float, cancel: float) -> mp.mpf:
    """`E[exp(-s sigma)]` of the time until a queue is empty: equation 13, from far behind its end."""
    with mp.workdps(DIGITS):
        lam, mu, theta = mp.mpf(limit), mp.mpf(market), mp.mpf(cancel)
        step, product = mp.mpf(0), mp.mpf(1)
        for k in range(orders + 150, 0, -1):
            step = (mu + k * theta) / (lam + mu + k * theta + s - lam * step)
            if k <= orders:
                product *= step
        return product


def before_move(queue: int, opposite: int, rates: Rates) -> mp.mpf:
    """P(eps_b < sigma_a) by the partial fractions of eps_b, which need cancels to be different.

    With the density `sum w e exp(-e t)` over the rates e of the own queue this is `sum w (1 - E[exp(-e sigma)])`.
    """
    with mp.workdps(DIGITS):
        e = [mp.mpf(rates.market) + i * mp.mpf(rates.cancel) for i in range(queue)]
        opposite_rates = rates.opposite_limit, rates.opposite_market, rates.opposite_cancel
        total = mp.mpf(0)
        for i, one in enumerate(e):
            weight = mp.fprod(other / (other - one) for j, other in enumerate(e) if j != i)
            total += weight * (1 - life(opposite, one, *opposite_rates))
        return total


def before_move_within(queue: int, opposite: int, time: float, rates: Rates, room: int = 40) -> tuple[float, float]:
    """Filled first and away first within a time: the exponential of the generator of both queues, by squaring."""
    size = queue * room + 2
    generator = np.zeros((size, size))

    def go(here: int, there: int, rate: float) -> None:
        generator[here, there] += rate
        generator[here, here] -= rate

    for place, orders in itertools.product(range(1, queue + 1), range(1, room + 1)):
        here = (place - 1) * room + orders - 1
        go(here, here - room if place > 1 else size - 2, rates.market + (place - 1) * rates.cancel)
        go(here, here - 1 if orders > 1 else size - 1, rates.opposite_market + orders * rates.opposite_cancel)
        if orders < room:
            go(here, here + 1, rates.opposite_limit)
    start = (queue - 1) * room + opposite - 1
    powers = exponential(generator * time)
    return float(powers[start, size - 2]), float(powers[start, size - 1])


def exponential(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a generator, with the diagonal taken out so that all terms are positive."""
    shift = float(-matrix.diagonal().min())
    halvings = max(0, math.ceil(math.log2(max(shift, 1e-300))) + 1)
    small = (matrix + shift * np.eye(len(matrix))) / 2**halvings
    total = term = np.eye(len(matrix))
    for n in range(1, 25):
        term = term @ small / n
        total = total + term
    total *= math.exp(-shift / 2**halvings)
    for _ in range(halvings):
        total = total @ total
    return total


QUEUES: Final = (0.5, 1.0, 1.7, 3.0, 12.25, 40.0, 200.0)
CANCELS: Final = (0.0, 1e-13, 1e-4, 0.3, 1.0, 25.0, 1e6)
RACES: Final = (SKY_PERFECT, Rates(9.0, 0.5, 0.2, 3.0, 2.0, 0.05), Rates(0.0, 0.05, 1.5, 40.0, 0.3, 4.0))

Table = list[dict[str, object]]


def rows(names: str, cases: Sequence[tuple[float, ...]], of: Callable[..., object]) -> Table:
    """One row for each case: its arguments by name, and the answer."""
    return [dict(zip(names.split(), case, strict=True), answer=of(*case)) for case in cases]


def vectors() -> dict[str, Callable[[], Table]]:
    """All that vectors/fill holds, by file; each is computed when it is called."""
    distribution = [
        (queue, share * queue / (rate + cancel * queue / 3), rate, cancel)
        for (queue, cancel), (rate, share) in itertools.product(
            itertools.product(QUEUES, CANCELS), ((1e-3, 0.3), (1.0, 1.0), (30.0, 3.0))
        )
    ]
    mixed = [
        (1.0, 2.0, 0.8, 0.5, 0.0),
        (3.5, 3.0, 1.0, 2.0, 0.4),
        (20.0, 10.0, 0.5, 9.0, 0.2),
        (5.0, 1.0, 9.0, 300.0, 2.0),
    ]
    full = [
        (1.0, 3.0, 4.0, 1.0, 0.0),
        (3.5, 1.5, 3.0, 1.0, 0.4),
        (20.0, 12.0, 15.0, 1.5, 0.2),
        (5.0, 2.25, 2.0, 2.0, 30.0),
    ]
    races = [(b, a, *astuple(rates)) for rates in RACES for b in (1, 2, 5, 20) for a in (1, 3, 8)]
    times = [(b, a, t, *astuple(SKY_PERFECT)) for b, a in ((1, 1), (5, 5), (2, 7)) for t in (0.25, 1.0, 4.0, 30.0)]
    race = "queue opposite limit_rate market_rate cancel_rate"
    race += " opposite_limit_rate opposite_market_rate opposite_cancel_rate"
    return {
        "within": partial(rows, "queue within market_rate cancel_rate", distribution, lambda *x: float(within(*x))),
        "within_mixed": partial(
            rows, "queue within market_rate shape cancel_rate", mixed, lambda *x: float(within_mixed(*x))
        ),
        "within_full": partial(
            rows, "queue own within market_rate cancel_rate", full, lambda *x: float(within_full(*x))
        ),
        "time": partial(
            rows,
            "queue market_rate cancel_rate",
            [(queue, 0.7, cancel) for queue in QUEUES for cancel in CANCELS],
            lambda *x: [float(moment) for moment in moments(*x)],
        ),
        "before_move": partial(rows, race, races, lambda b, a, *rates: float(before_move(b, a, Rates(*rates)))),
        "before_move_within": partial(
            rows,
            race.replace("opposite ", "opposite within ", 1),
            times,
            lambda b, a, t, *rates: list(before_move_within(b, a, t, Rates(*rates))),
        ),
    }


def text(table: Table) -> str:
    """The text of a file, a row on a line."""
    return "[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]\n"


if __name__ == "__main__":
    VECTORS.mkdir(exist_ok=True)
    for name, compute in vectors().items():
        table = compute()
        (VECTORS / f"{name}.json").write_text(text(table), encoding="utf-8")
        print(f"{name}: {len(table)} cases")
