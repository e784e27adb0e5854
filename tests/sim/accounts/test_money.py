"""Money as integers, against decimal arithmetic."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.errors import ConfigurationError
from havklo.sim.accounts import money
from havklo.sim.symbols import NAMED, Pair

BTC, PEPE = NAMED[0], NAMED[3]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.5", 5_000_000_000),
        (Decimal("1E+3"), 10_000_000_000_000),
        (Decimal("1.50E-9"), 15),
        ("0.0000000001", 1),
        ("1.000000000000000000", 10_000_000_000),
        (-2, -20_000_000_000),
        (0, 0),
    ],
)
def test_units(value: Decimal | int | str, expected: int) -> None:
    """Whatever a user writes becomes exact units."""
    assert money.units(value) == expected


@pytest.mark.parametrize("value", ["0.00000000001", "many", "NaN", "Infinity", ""])
def test_what_is_no_amount(value: str) -> None:
    """Nothing is rounded in silence."""
    with pytest.raises(ConfigurationError):
        money.units(value)


def test_amount() -> None:
    """Units become the number that they are, however large."""
    texts = [str(money.amount(value)) for value in (12_345_678_901, 50_000_000_000_000, -15, 0, 10**40 + 1)]
    assert texts == ["1.2345678901", "5000", "-1.5E-9", "0", f"1{'0' * 30}.{'0' * 9}1"]


def test_lots() -> None:
    """A lot of BTC is a hundred units."""
    assert money.lots(BTC, 5) == 500
    assert money.lots(replace(BTC, qty_precision=10), 5) == 5


def test_cost() -> None:
    """45285.2 times 0.001 is 45.2852; a half of the last digit goes up."""
    assert money.cost(BTC, 452_852, 100_000) == money.units("45.2852")
    assert money.cost(BTC, 1, 4_999) == 0
    assert money.cost(BTC, 1, 5_000) == money.units("0.00001")


@given(
    price=st.integers(1, 10**12),
    qty=st.integers(1, 10**20),
    pair=st.sampled_from([BTC, PEPE]),
    rate=st.integers(0, 10_000),
)
def test_roundings(price: int, qty: int, pair: Pair, rate: int) -> None:
    """Cost and fees are what decimal arithmetic says, rounded half up."""
    with localcontext(prec=80):
        step = Decimal(1).scaleb(-pair.cost_precision)
        exact = Decimal(price).scaleb(-pair.price_precision) * Decimal(qty).scaleb(-pair.qty_precision)
        cost = money.cost(pair, price, qty)
        assert Decimal(cost).scaleb(-10) == exact.quantize(step, ROUND_HALF_UP)
        fee = Decimal(cost).scaleb(-10) * rate / 1_000_000
        assert Decimal(money.fee(cost, rate, pair.cost_precision)).scaleb(-10) == fee.quantize(step, ROUND_HALF_UP)
