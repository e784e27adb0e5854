"""Frames as literal bytes."""

import pytest

from havklo.sim.wire import frames as wire


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0, 8, "0.00000000"),
        (5_100, 8, "0.00005100"),
        (645_251, 1, "64525.1"),
        (7, 0, "7"),
        (123_456, 10, "0.0000123456"),
        (2**63, 8, "92233720368.54775808"),
        (100, 2, "1.00"),
    ],
)
def test_decimal(value: int, scale: int, text: str) -> None:
    """Padded to the precision, never an exponent."""
    assert wire.decimal(value, scale) == text
