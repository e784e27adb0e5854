"""A small run of the fill worlds: what holds there holds in minutes, too."""

import fill_worlds
import pytest
from worlds import HOSTILE, TEXTBOOK, Market
from worlds.contest import fit, probes_of, score

from havklo.analytics.fill import fill_within


def test_the_textbooks_world_is_as_the_formula_says() -> None:
    """What became of its probes agrees with the closed form, by how many were ahead."""
    seen: dict[int, list[bool]] = {}
    for probe in probes_of(TEXTBOOK, 31, 3000.0):
        seen.setdefault(len(probe.ahead), []).append(probe.by(3.0))
    checked = 0
    for ahead, outcomes in seen.items():
        if len(outcomes) >= 100:
            p = fill_within(1.0 + ahead, 3.0, TEXTBOOK.trades, 1.0 / TEXTBOOK.lifetime)
            error = (p * (1.0 - p) / len(outcomes)) ** 0.5
            assert abs(sum(outcomes) / len(outcomes) - p) < 4.0 * error, ahead
            checked += 1
    assert checked >= 8


def test_a_world_is_its_seed() -> None:
    """The same seed tells the same story, another one another."""
    one, again, other = (list(Market(HOSTILE, seed).steps(20.0)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_corrected_probabilities_beat_the_baselines_in_the_hostile_world() -> None:
    """Fitted for some minutes on one seed, scored on another: better than the base rate, and unlike the pure model."""
    fitted, probes = fit(HOSTILE, 11, 1200.0), probes_of(HOSTILE, 12, 1500.0)
    scores = {each.model: each for each in score(fitted, probes, 1.0, "price_held")}
    auto = scores["auto"]
    assert auto.worse_than_base.high < 0.0
    assert auto.brier < scores["no cancels"].brier
    assert auto.brier < scores["cst"].brier
    longer = {each.model: each for each in score(fitted, probes, 3.0, "price_held")}
    assert longer["cst"].bias.low > 0.2
    assert not longer["cst"].calibrated


def test_incidence_counts_moves_as_an_end() -> None:
    """Aalen-Johansen gives the exact numbers, and one minus Kaplan-Meier does not."""
    for places, right, wrong in fill_worlds.incidence(20_000):
        assert right == pytest.approx(fill_worlds.INCIDENCE[places], abs=0.015)
        assert wrong[-1] > right[-1] + 0.2


def test_intervals_hold_the_truth() -> None:
    """A few fits to a few minutes each: nearly always, and without being all there is."""
    for each in fill_worlds.coverage(4, 120.0):
        assert each.held >= 0.75 * each.asked, each
        assert each.width < 0.5, each


def test_what_does_not_hold_is_said() -> None:
    """A model that is not calibrated, or no better than knowing nothing, is named."""
    fitted, probes = fit(TEXTBOOK, 21, 60.0), probes_of(TEXTBOOK, 22, 200.0)
    scores = score(fitted, probes, 3.0, "price_held")
    result = fill_worlds.Result("some world", "price_held", 3.0, 0.6, scores)
    assert any("not calibrated" in words for words in result.breaches())
    assert not list(fill_worlds.Result("some world", "price_held", 3.0, 1.0, scores).breaches())
