"""Numbers as texts, against the exact arithmetic of decimal and fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.sim.channels.numbers import half_up, plain, plain_decimal, signed


@given(st.integers(), st.integers(min_value=1))
def test_half_up(numerator: int, denominator: int) -> None:
    """The nearest integer; exactly between two, the one further from zero."""
    error = Fraction(numerator, denominator) - half_up(numerator, denominator)
    assert abs(error) <= Fraction(1, 2)
    if abs(error) == Fraction(1, 2):
        assert (error < 0) == (numerator > 0)


@given(st.integers(min_value=-(10**20), max_value=10**20), st.integers(min_value=0, max_value=12))
def test_signed(value: int, scale: int) -> None:
    """A decimal with exactly that many places."""
    assert signed(value, scale) == f"{Decimal(value).scaleb(-scale):.{scale}f}"


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (1, 8, "1e-08"),
        (5_000, 8, "5e-05"),
        (1, 1, "0.1"),
        (5, 1, "0.5"),
        (15, 6, "1.5e-05"),
        (1, 4, "0.0001"),
        (1, 5, "1e-05"),
        (1, 10, "1e-10"),
        (265_000, 1, "26500.0"),
        (3, 0, "3.0"),
        (300, 0, "300.0"),
        (0, 8, "0.0"),
        (-24_005_000, 4, "-2400.5"),
        (-15, 6, "-1.5e-05"),
        (10**18, 8, "10000000000.0"),
    ],
)
def test_plain(value: int, scale: int, text: str) -> None:
    """Kraken's form, as captured or documented, and its borders."""
    assert plain(value, scale) == text
    assert plain_decimal(Decimal(value).scaleb(-scale)) == text


@given(st.integers(min_value=-(10**14), max_value=10**14), st.integers(min_value=0, max_value=12))
def test_plain_is_exact(value: int, scale: int) -> None:
    """The number itself, in the same form as the shortest text of a float of the same size."""
    text = plain(value, scale)
    assert Decimal(text) == Decimal(value).scaleb(-scale)
    assert text == repr(float(text)) or value == 0


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-1_000_000, max_value=1_000_000))
def test_plain_decimal(value: Decimal) -> None:
    """Whatever its exponent, a decimal keeps its value."""
    for number in (value, value.normalize(), value.quantize(Decimal(1), ROUND_HALF_UP).normalize()):
        assert Decimal(plain_decimal(number)) == number
