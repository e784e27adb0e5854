"""The probability that a resting order is filled, from its place in the queue and three rates.

The model is that of Cont, Stoikov and Talreja, "A stochastic model for order book dynamics", Operations Research 58(3),
2010: trades take from the front of a queue, every order but the own one is cancelled, new orders come, each at a rate
of its own and independent of the rest. Quantities are counted in units of the mean order, so that a queue need not be
whole. Rates are per second and times in seconds, or both in any other unit of time.

These are numbers of the model, not of a market. Trades that come in clusters make it far too sure: compare what it says
with what came of it before you rely on it.
"""

from typing import final

import msgspec

from havklo import _engine

__all__ = [
    "FillOrMove",
    "FillTime",
    "fill_before_move",
    "fill_before_move_within",
    "fill_time",
    "fill_within",
    "fill_within_full",
    "fill_within_mixed",
]


@final
class FillTime(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long an order waits for its fill, if it is not cancelled.

    Attributes:
        mean: The mean, in the unit of time of the rates.
        variance: The variance, in the square of that unit.
    """

    mean: float
    variance: float


@final
class FillOrMove(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What has become of an order within a time.

    Attributes:
        fill: The probability that it was filled, and before the opposite queue was empty.
        move: The probability that the opposite queue was empty before the order was filled: the price has moved away.
    """

    fill: float
    move: float

    @property
    def undecided(self) -> float:
        """The probability that neither has happened yet."""
        return max(0.0, 1.0 - self.fill - self.move)


def fill_within(queue: float, within: float, market_rate: float, cancel_rate: float) -> float:
    """The probability that a trade reaches an order within a time, while its price is held and it is not cancelled.

    This is P(eps_b <= T). Its transform is the product of `(mu + i theta) / (mu + i theta + s)` over i < b (equation 14
    of the paper); that of `-ln(B) / theta` with B from Beta(mu/theta, b) is the same, so the probability is the
    regularized incomplete beta function `I_x(b, mu/theta)` at `x = 1 - exp(-theta T)`. Without cancels that is the
    distribution of Gamma(b, mu). The error is below 1e-12 for queues up to 200.

    Args:
        queue: b, the orders from the front to the own one, which counts: `1 + quantity ahead / mean order`. Above 0 and
            at most a million.
        within: T, from now.
        market_rate: mu, what trades take from this side, in mean orders per unit of time.
        cancel_rate: theta, the cancels per unit of time of each order ahead.

    Raises:
        ConfigurationError: An argument is no number, negative, not finite or beyond its limits.
    """
    return _engine.fill_within(queue, within, market_rate, cancel_rate)


def fill_within_mixed(queue: float, within: float, market_rate: float, shape: float, cancel_rate: float) -> float:
    """`fill_within` with an uncertain rate of trades, drawn once from a gamma distribution with the mean `market_rate`.

    Trades in clusters vary more than independent ones. The error is below 1e-11 for queues up to 200.

    Args:
        queue: As for `fill_within`.
        within: As for `fill_within`.
        market_rate: The mean rate, in mean orders per unit of time.
        shape: `m**2 / (v - m)`, with m and v the mean and the variance of what trades take, in mean orders, in windows
            of the length `within`. Where v is not above m, `fill_within` is the model.
        cancel_rate: As for `fill_within`.

    Raises:
        ConfigurationError: As for `fill_within`, or the shape is below a millionth.
    """
    return _engine.fill_within_mixed(queue, within, market_rate, shape, cancel_rate)


def fill_within_full(queue: float, own: float, within: float, market_rate: float, cancel_rate: float) -> float:
    """The probability that an order of more than one unit is filled whole within a time.

    Once it is reached, the other `own - 1` units wait for trades alone, since nobody else can cancel them: the time is
    eps_b plus one from Gamma(own - 1, mu). The error is below 1e-10 for queues and orders up to 200.

    Args:
        queue: As for `fill_within`; the own order counts for one in it, whatever its size.
        own: The size of the own order, in mean orders. One of 1 or less is filled by the trade that reaches it.
        within: As for `fill_within`.
        market_rate: As for `fill_within`.
        cancel_rate: As for `fill_within`.

    Raises:
        ConfigurationError: As for `fill_within`, or the size is not above 0.
    """
    return _engine.fill_within_full(queue, own, within, market_rate, cancel_rate)


def fill_time(queue: float, market_rate: float, cancel_rate: float) -> FillTime:
    """Mean and variance of the time until a trade reaches an order that is not cancelled.

    With r = mu/theta the mean is `(psi(b + r) - psi(r)) / theta` and the variance
    `(psi'(r) - psi'(b + r)) / theta**2`; for a whole b these are the sums over i < b of `1 / (mu + i theta)` and of its
    square. Both are good to 12 digits.

    Args:
        queue: As for `fill_within`.
        market_rate: As for `fill_within`, and above 0.
        cancel_rate: As for `fill_within`.

    Raises:
        ConfigurationError: As for `fill_within`, or there are no trades.
    """
    mean, variance = _engine.fill_time(queue, market_rate, cancel_rate)
    return FillTime(mean=mean, variance=variance)


def fill_before_move(
    queue: int,
    opposite: int,
    limit_rate: float,
    market_rate: float,
    cancel_rate: float,
    *,
    opposite_limit_rate: float | None = None,
    opposite_market_rate: float | None = None,
    opposite_cancel_rate: float | None = None,
) -> float:
    """The probability that an order at the best price is filled before the opposite best price is gone.

    This is P(eps_b < sigma_a), proposition 5 (section 4.3) of the paper, for a spread of one tick; the own order is not
    cancelled. It is solved as the chain it is, an order at a time, with an error below 1e-12, and no transform is
    inverted. What the paper's table 4 prints is another number, `P(sigma_b < eps_a)`, which is 1 minus the answer with
    the queues exchanged: (1, 1) there is 0.497, and 0.503 here.

    Args:
        queue: b, the orders from the front to the own one, which counts. A whole number from 1 to 4096.
        opposite: a, the orders at the opposite best price. A whole number from 1 to 4096.
        limit_rate: New orders per unit of time at a best price. Those of the own side stand behind the own order: only
            the opposite ones count.
        market_rate: Trades per unit of time that take from one side.
        cancel_rate: Cancels per unit of time of each order.
        opposite_limit_rate: The same of the opposite side, where it differs.
        opposite_market_rate: Likewise.
        opposite_cancel_rate: Likewise.

    Raises:
        ConfigurationError: An argument is no number, negative, not finite or beyond its limits; or trades are so rare,
            with hardly a cancel, that the opposite queue grows beyond 65,536 orders before one comes.
    """
    opposites = (opposite_limit_rate, opposite_market_rate, opposite_cancel_rate)
    return _engine.fill_before_move(queue, opposite, _rates((limit_rate, market_rate, cancel_rate), opposites))


def fill_before_move_within(
    queue: int,
    opposite: int,
    within: float,
    *,
    limit_rate: float,
    market_rate: float,
    cancel_rate: float,
    opposite_limit_rate: float | None = None,
    opposite_market_rate: float | None = None,
    opposite_cancel_rate: float | None = None,
) -> FillOrMove:
    """The probabilities that by a time an order was filled first, or the opposite best price was gone first.

    Both queues are followed as one Markov chain (uniformization); the error is below 1e-11. With much time this becomes
    `fill_before_move`. It takes as long as there are events: about a second at most.

    Args:
        queue: As for `fill_before_move`.
        opposite: As for `fill_before_move`.
        within: The time from now.
        limit_rate: As for `fill_before_move`.
        market_rate: As for `fill_before_move`.
        cancel_rate: As for `fill_before_move`.
        opposite_limit_rate: As for `fill_before_move`.
        opposite_market_rate: As for `fill_before_move`.
        opposite_cancel_rate: As for `fill_before_move`.

    Raises:
        ConfigurationError: As for `fill_before_move`, or so much happens in the time that it can't be followed.
    """
    opposites = (opposite_limit_rate, opposite_market_rate, opposite_cancel_rate)
    rates = _rates((limit_rate, market_rate, cancel_rate), opposites)
    fill, move = _engine.fill_before_move_within(queue, opposite, within, rates)
    return FillOrMove(fill=fill, move=move)


_Own = tuple[float, float, float]


def _rates(
    own: _Own, opposite: tuple[float | None, float | None, float | None]
) -> tuple[float, float, float, float, float, float]:
    limit, market, cancel = (mine if theirs is None else theirs for mine, theirs in zip(own, opposite, strict=True))
    return (*own, limit, market, cancel)
