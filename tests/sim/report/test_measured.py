"""The measured figures."""

import pytest

from havklo.sim.report import MEASURED, Figure


@pytest.mark.parametrize(("value", "agrees"), [(0.17, False), (0.18, True), (0.26, True), (0.27, False)])
def test_limits(value: float, agrees: bool) -> None:
    """Both limits count as alike."""
    assert MEASURED["removals"].agrees(value) is agrees


def test_texts() -> None:
    """Shares in percent, everything else as a number."""
    assert MEASURED["removals"].text(0.2) == "20.00 %"
    assert MEASURED["entries"].text(1.5) == "1.50"


@pytest.mark.parametrize("figure", MEASURED.values(), ids=MEASURED)
def test_each_is_possible(figure: Figure) -> None:
    """Limits are in order, and a share is not more than all."""
    assert 0 <= figure.low <= figure.high
    assert figure.high <= 1 or not figure.percent
    assert any(character.isdigit() for character in figure.kraken)
