"""Regimes: the named ones and what can't be."""

from dataclasses import replace

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.flow import CALM, NORMAL, REGIMES, VOLATILE


def test_named() -> None:
    """Three by name, each busier and more nervous than the one before."""
    assert dict(REGIMES) == {"calm": CALM, "normal": NORMAL, "volatile": VOLATILE}
    for name in ("activity", "volatility", "jumps", "takers", "informed", "branching", "spread", "cancels"):
        calm, normal, volatile = (getattr(regime, name) for regime in (CALM, NORMAL, VOLATILE))
        assert calm <= normal <= volatile, name


def test_share() -> None:
    """With one taker in ten and one follower each on average, a tenth of the events comes on top."""
    assert replace(NORMAL, takers=0.1, branching=0.5).share == pytest.approx(1 / 1.1)
    assert replace(NORMAL, branching=0.0).share == 1.0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("volatility", -1e-9, "volatility is at least 0"),
        ("jumps", float("nan"), "jumps is at least 0"),
        ("activity", 0.0, "activity is more than 0"),
        ("memory", 0.0, "memory is more than 0"),
        ("takers", 1.1, "takers is a share"),
        ("informed", 2.0, "informed is a share"),
        ("branching", 1.0, "branching is less than 1"),
    ],
)
def test_impossible(field: str, value: float, words: str) -> None:
    """A number that can't be is said at once."""
    with pytest.raises(ConfigurationError, match=words):
        replace(NORMAL, **{field: value})
