"""The verification levels."""

from havklo.sim.accounts.tiers import TIERS


def test_documented_numbers() -> None:
    """What Kraken's guides say."""
    assert {name: (tier.threshold, tier.decay_hundredths, tier.max_open) for name, tier in TIERS.items()} == {
        "starter": (60, 100, 60),
        "intermediate": (125, 234, 80),
        "pro": (180, 375, 225),
    }
    assert [(tier.rest_threshold, tier.rest_decay_hundredths) for tier in TIERS.values()] == [
        (15, 33),
        (20, 50),
        (20, 100),
    ]
    assert [tier.name for tier in TIERS.values()] == list(TIERS)
