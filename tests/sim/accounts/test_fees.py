"""The fee schedule beside Kraken's own."""

import pytest

from havklo.errors import ConfigurationError
from havklo.sim.accounts.fees import SPOT, FeeSchedule
from havklo.sim.accounts.money import units


@pytest.mark.parametrize(
    ("volume", "maker", "taker"),
    [
        ("0", 2_500, 4_000),
        ("9999.9999999999", 2_500, 4_000),
        ("10000", 2_000, 3_500),
        ("49999.99", 2_000, 3_500),
        ("2500000", 400, 1_400),
        ("10000000", 0, 1_000),
        ("99000000000", 0, 1_000),
    ],
)
def test_rates(volume: str, maker: int, taker: int) -> None:
    """0.25 and 0.40 percent to begin with; a step applies from exactly its volume."""
    assert SPOT.rates(units(volume)) == (maker, taker)


@pytest.mark.parametrize("steps", [(), ((5, 1, 1),), ((0, 1, 1), (0, 2, 2)), ((0, 1, 1), (9, 1, 1), (8, 1, 1))])
def test_what_is_no_schedule(steps: tuple[tuple[int, int, int], ...]) -> None:
    """It begins at 0 and rises."""
    with pytest.raises(ConfigurationError, match="fee schedule"):
        FeeSchedule(steps)
