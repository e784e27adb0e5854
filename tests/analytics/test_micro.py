"""Stoikov's micro-price: fitted to chains whose answer is known."""

from typing import Any

import numpy as np
import pytest

from havklo.analytics import MicropriceModel
from havklo.errors import ConfigurationError

Quotes = tuple[Any, Any, Any, Any]


def chain(seed: int, steps: int, up: list[float], quiet: float) -> tuple[Quotes, Any]:
    """Quotes one tick apart whose imbalance is drawn anew at each step, and may move the price first.

    From a bucket the mid price moves with chance 1 - quiet, and then up with chance up[bucket]; the next bucket is any,
    independent of all. So the k-th change after the first is as likely up as down on average, and the adjustment is
    that of the first change alone: 2 * up - 1, once the mean over the buckets, 0 by symmetry, is taken off.
    """
    random = np.random.default_rng(seed)
    bucket = random.integers(0, len(up), steps)
    moves = random.random(steps) > quiet
    ups = random.random(steps) < np.array(up)[bucket]
    step = np.where(moves, np.where(ups, 1, -1), 0)
    bid = 1_000 + np.concatenate(([0], np.cumsum(step)[:-1])).astype(float)
    share = (bucket + 0.5) / len(up)
    return (bid, share * 10, bid + 1, (1 - share) * 10), bucket


def test_a_chain_whose_answer_is_known() -> None:
    """With buckets drawn anew, a quiet step forgets all: g = (1 - quiet) * (2 * up - 1)."""
    up, quiet = [0.1, 0.3, 0.7, 0.9], 0.5
    quotes, _ = chain(1, 200_000, up, quiet)
    model = MicropriceModel.fit(*quotes, tick=1, buckets=4, spreads=1)
    assert model.adjustment[0] == pytest.approx([(1 - quiet) * (2 * p - 1) for p in up], abs=0.02)
    assert model.adjustment[0] == pytest.approx(-model.adjustment[0][::-1])
    assert model.observations.sum() == 2 * (200_000 - 1)


def test_it_predicts_the_mid_price() -> None:
    """On data that it was not fitted to, the later mid price is the micro-price on average, and not the mid price.

    One step later, that is: from then on this chain has forgotten where it was.
    """
    up, quiet = [0.2, 0.5, 0.5, 0.8], 0.2
    train, _ = chain(2, 100_000, up, quiet)
    model = MicropriceModel.fit(*train, tick=1, buckets=4, spreads=1)
    test, bucket = chain(3, 100_000, up, quiet)
    mid = (test[0] + test[2]) / 2
    for each in range(4):
        inside = bucket[:-1] == each
        assert abs((mid[1:] - model.price(*test)[:-1])[inside].mean()) < 0.03
    assert abs((mid[1:] - mid[:-1])[bucket[:-1] == 3].mean()) > 0.4


def test_states_that_were_not_seen() -> None:
    """They have no price: of other spreads, of other imbalances, of no quotes."""
    quotes, _ = chain(4, 5_000, [0.4, 0.6], 0.5)
    model = MicropriceModel.fit(*quotes, tick=1, buckets=10, spreads=2)
    nan = float("nan")
    prices = model.price([100, 100, 100, 100, nan], [2.5, 2.5, 9.9, 0, 1], [101, 103, 101, 101, 1], [7.5, 1, 0.1, 0, 1])
    assert np.isfinite(prices[0])
    assert np.isnan(prices[1:]).all()
    assert np.isnan(model.adjustment[1]).all()
    assert model.observations[1].sum() == 0


def test_holes_in_the_quotes() -> None:
    """A step from or to a row without quotes is left out, and no other one."""
    (bid, bid_qty, ask, ask_qty), _ = chain(5, 20_000, [0.3, 0.7], 0.5)
    whole = MicropriceModel.fit(bid, bid_qty, ask, ask_qty, tick=1, buckets=2, spreads=1)
    holes = bid.copy()
    holes[::100] = np.nan
    model = MicropriceModel.fit(holes, bid_qty, ask, ask_qty, tick=1, buckets=2, spreads=1)
    assert model.observations.sum() == whole.observations.sum() - 2 * (2 * 200 - 1)
    assert model.adjustment == pytest.approx(whole.adjustment, abs=0.01)


@pytest.mark.parametrize(
    ("quotes", "more"),
    [
        (([], [], [], []), {}),
        (([1, 1, 1], [1, 1, 1], [2, 2, 2], [1, 1, 1]), {}),
        (([1, 1], [1, 1], [2, 2], [1]), {}),
        (([1, 2], [1, 1], [2, 3], [1, 1]), {"tick": 0}),
        (([1, 2], [1, 1], [2, 3], [1, 1]), {"buckets": 0}),
        (([1, 2], [1, 1], [2, 3], [1, 1]), {"spreads": 0}),
    ],
)
def test_what_cannot_be_fitted(quotes: Quotes, more: Any) -> None:
    """Too few quotes, a price that never moves, columns that do not fit."""
    with pytest.raises(ConfigurationError):
        MicropriceModel.fit(*quotes, **({"tick": 1.0} | more))
