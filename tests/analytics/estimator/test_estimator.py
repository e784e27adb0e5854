"""The estimator as Python sees it: what it takes, what it refuses, and that it never looks ahead."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from worlds import HOSTILE, TEXTBOOK, Market, Probe, Step, feed, query

from havklo.analytics.estimator import FillModel, fill_incidence
from havklo.analytics.fill import fill_within
from havklo.errors import ConfigurationError

HORIZONS = (1.0, 3.0)
MODELS = ("cst", "auto", "empirical")


def model() -> FillModel:
    """One that forgets nothing."""
    return FillModel(half_life=None, outcomes_half_life=None, horizons=HORIZONS)


def test_rates_are_those_of_the_world() -> None:
    """Of one that is as the textbook has it: five orders and two trades a second, canceled after 2.5 s on average."""
    learned, market = model(), Market(TEXTBOOK, 3)
    feed(learned, market, market.steps(400.0))
    for side in ("bid", "ask"):
        rates = learned.rates(side, 3.0)
        assert rates.unit == pytest.approx(1.0)
        assert rates.market == pytest.approx(2.0, rel=0.12)
        assert rates.limit == pytest.approx(5.0, rel=0.08)
        assert rates.cancel == pytest.approx(0.4, rel=0.06)
        assert rates.shape > 20.0
        assert rates.seconds == pytest.approx(400.0, abs=1.0)


def test_trades_that_cluster_are_seen() -> None:
    """In the hostile world the trade rate varies: its shape is small, and a long queue is less sure to be gone."""
    learned, market = model(), Market(HOSTILE, 3)
    feed(learned, market, market.steps(400.0))
    rates = learned.rates("bid", 3.0)
    assert rates.shape < 3.0
    ahead = [(1.0, 1.0)] * 6
    sure = learned.probability(side="bid", within=3.0, ahead=ahead, opposite=5.0, model="cst")
    unsure = learned.probability(side="bid", within=3.0, ahead=ahead, opposite=5.0, model="auto")
    assert not unsure.calibrated
    assert sure.p == pytest.approx(fill_within(1.0 + 6.0 / rates.unit, 3.0, rates.market, rates.cancel))
    assert 0.0 < unsure.p < sure.p


def test_the_order_of_trades_and_messages_does_not_matter() -> None:
    """Both channels tell the same, whichever is read first; what is resolved late is resolved alike."""
    said: list[float] = []
    for first in (False, True):
        learned, market = model(), Market(TEXTBOOK, 4)
        steps = [step._replace(trade_first=first) for step in market.steps(200.0)]
        begun = Market(TEXTBOOK, 4)
        feed(learned, begun, steps)
        said.append(
            learned.probability(side="ask", within=3.0, ahead=[(1.0, 1.0)] * 4, opposite=5.0, model="empirical").p
        )
    assert said[0] == said[1]


def test_it_does_not_look_ahead() -> None:
    """Whatever comes after a moment, answers before it are the same."""
    market = Market(HOSTILE, 6)
    begun = market.snapshot()
    steps = list(market.steps(200.0))
    half = len(steps) // 2

    def answers(told: list[Step]) -> list[float]:
        learned = model()
        learned.snapshot(*begun)
        found: list[float] = []
        for index, step in enumerate(told):
            learned.message(step.now_ns, step.bids, step.asks, step.rows)
            for taker, price, qty in step.trade:
                learned.trade(step.now_ns, taker, price, qty)
            if index % 50 == 0:
                price = step.bids[0][0]
                found += [learned.probability_at("bid", price, 3.0, model=name).p for name in MODELS]
        return found

    scrambled = steps[half:]
    random.Random(1).shuffle(scrambled)
    once, again = answers(steps), answers(steps[:half] + scrambled)
    known = 3 * (-(-half // 50))
    assert repr(once[:known]) == repr(again[:known])
    assert once[known:] != again[known:]


def test_a_resting_order_has_only_those_before_it_ahead() -> None:
    """By its sequence, and a new one at the back is less likely to be filled."""
    learned, market = model(), Market(TEXTBOOK, 5)
    feed(learned, market, market.steps(300.0))
    learned.interrupted()
    now_ns, bids, asks, orders = market.snapshot()
    learned.snapshot(now_ns, bids, asks, orders)
    price = bids[0][0]
    queue = sorted(sequence for side, at, _, sequence, _ in orders if side == "bid" and at == price)
    chances = [learned.probability_at("bid", price, 3.0, sequence=each, model="cst").p for each in queue]
    chances.append(learned.probability_at("bid", price, 3.0, model="cst").p)
    assert len(chances) > 2
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(1.0 - math.exp(-3.0 * learned.rates("bid").market))
    learned.exclude(queue[0])
    assert learned.probability_at("bid", price, 3.0, model="cst").p == pytest.approx(chances[-2])


def test_definitions_differ_as_they_should() -> None:
    """Before a move is rarer than at all; all of it rarer than a part; deeper is a bound from above."""
    learned, market = model(), Market(HOSTILE, 8)
    feed(learned, market, market.steps(300.0))
    given: dict[str, Any] = {"side": "bid", "ahead": [(1.0, 1.0)] * 3, "opposite": 4.0, "qty": 5.0, "model": "cst"}
    touch = learned.probability(within=3.0, **given)
    move = learned.probability(within=3.0, until="before_move", **given)
    whole = learned.probability(within=3.0, amount="full_fill", **given)
    ever = learned.probability(within=math.inf, until="before_move", **given)
    assert whole.p < touch.p
    assert move.p < touch.p
    assert move.p < ever.p < 1.0
    assert (move.amount, move.until, move.model) == ("first_touch", "before_move", "cst")
    assert "uncalibrated" in repr(move)
    assert learned.probability(within=3.0, level=1, **given).low == 0.0


def test_probes_know_what_is_ahead() -> None:
    """The world's own account of a queue and the estimator's agree."""
    market = Market(HOSTILE, 9, probe_levels=(0, 1))
    learned = model()
    feed(learned, market, market.steps(20.0))
    probe: Probe = market.probes.all[-1]
    assert query(probe)["level"] == 1
    assert len(query(probe)["ahead"]) == len(probe.ahead) + len(probe.better) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: FillModel(half_life=0.0),
        lambda: FillModel(outcomes_half_life=math.nan),
        lambda: FillModel(horizons=()),
        lambda: FillModel(horizons=(1.0,) * 7),
        lambda: FillModel(horizons=(601.0,)),
        lambda: model().rates("buy"),
        lambda: model().rates("bid", 0.0),
        lambda: model().trade(0, "bid", 1, 1.0),
        lambda: model().trade(0, "buy", 1, -1.0),
        lambda: model().message(0, [], [], [("bid", 1, "gone", True, 1.0, 1, 0)]),
        lambda: model().snapshot(0, [], [], [("bid", 1, math.inf, 1, 0)]),
        lambda: model().probability(side="bid", within=-1.0, ahead=[], opposite=1.0),
        lambda: model().probability(side="bid", within=1.0, ahead=[(math.nan, 1.0)], opposite=1.0),
        lambda: model().probability(side="bid", within=1.0, ahead=[], opposite=1.0, model="best"),
        lambda: model().probability(side="bid", within=1.0, ahead=[], opposite=1.0, until="ever"),
        lambda: model().probability_at("bid", 1, 1.0, amount="half"),
        lambda: fill_incidence([(-1.0, "filled")], [1.0]),
        lambda: fill_incidence([(1.0, "lost")], [1.0]),
    ],
)
def test_what_can_not_be_meant_is_refused(wrong: Callable[[], Any]) -> None:
    """With a sentence that says what it must be."""
    with pytest.raises(ConfigurationError, match="must be"):
        wrong()


def test_before_anything_was_seen_nothing_is_known() -> None:
    """No number at all, and an interval that says so."""
    said = model().probability(side="bid", within=1.0, ahead=[], opposite=1.0)
    assert math.isnan(said.p)
    assert (said.low, said.high, said.calibrated, said.n_events) == (0.0, 1.0, False, 0.0)
