"""Valid quantities: rounded down, checked as they are, or worked out for an amount of money."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from havklo.errors import ConfigurationError, NumberTooLarge
from havklo.instruments import Number, Pair
from instruments.conftest import listed


@pytest.mark.parametrize(
    ("x", "qty"),
    [
        (0.123456789, "0.12345678"),
        ("0.00005", "0.00005000"),
        (1, "1.00000000"),
        (Decimal("7E+2"), "700.00000000"),
        (0.1 + 0.2, "0.30000000"),
        ("0.999999999", "0.99999999"),
    ],
)
def test_rounding(btc: Pair, x: Number, qty: str) -> None:
    """Always down, with the pair's decimals."""
    assert str(btc.qty(x)) == qty


@pytest.mark.parametrize("x", ["0.00004999", 0.000049999, 1e-9, 0, -1])
def test_below_the_minimum(btc: Pair, x: Number) -> None:
    """Less than the smallest order is refused, and the smallest order is named."""
    with pytest.raises(ConfigurationError, match=r"the least order size of BTC/USD is 0\.00005000 BTC, not"):
        btc.qty(x)


@pytest.mark.parametrize("x", [True, None, float("nan"), "much"])
def test_no_number(btc: Pair, x: Any) -> None:
    """What is no finite number is refused."""
    with pytest.raises(ConfigurationError, match=r"is no order size of BTC/USD \(the least is 0\.00005000 BTC\)"):
        btc.qty(x)


def test_a_minimum_between_two_multiples() -> None:
    """The smallest valid quantity is the first multiple from the minimum on."""
    pair = listed("X/Y", qty_precision=1, qty_increment=Decimal("0.5"), qty_min=Decimal("1.2"))
    assert pair.qty("1.7") == Decimal("1.5")
    with pytest.raises(ConfigurationError, match=r"is 1\.5 X, not 1\.4"):
        pair.qty("1.4")


def test_no_minimum() -> None:
    """Without one, the smallest quantity is one increment."""
    pair = listed("X/Y", qty_precision=0, qty_increment=Decimal(10))
    assert pair.qty("19.99") == Decimal(10)
    with pytest.raises(ConfigurationError, match=r"is 10 X, not 9"):
        pair.qty(9)


def test_check(btc: Pair) -> None:
    """A valid quantity comes back with the pair's decimals; any other is refused with its neighbours."""
    assert [str(btc.check_qty(x)) for x in (1, "0.00005", Decimal("1E-1"))] == [
        "1.00000000",
        "0.00005000",
        "0.10000000",
    ]
    with pytest.raises(ConfigurationError, match=r"the nearest are 0\.12345678 and 0\.12345679 BTC"):
        btc.check_qty("0.123456789")
    with pytest.raises(ConfigurationError, match=r"the least order size of BTC/USD is 0\.00005000 BTC, not 0\.00004"):
        btc.check_qty("0.00004")
    with pytest.raises(ConfigurationError, match=r"a float such as 0\.1 is no exact order size"):
        btc.check_qty(0.1)


@pytest.mark.parametrize(
    ("amount", "price", "qty"),
    [
        ("250 USD", 64000, "0.00390625"),
        ("250 usd", "64000.01", "0.00390624"),
        ("  1000.01   USD ", 64525.17, "0.01549798"),
        ("1e3 USD", Decimal(64000), "0.01562500"),
        ("0.5 BTC", None, "0.50000000"),
        ("0.5 xbt", 64000, "0.50000000"),
        ("0.123456789 BTC", 64000, "0.12345678"),
        ("0.00005 BTC", 10000, "0.00005000"),
        ("0.5 USD", 10000, "0.00005000"),
        ("1 USD", "0.0000000000000000000000000000000001", None),
    ],
)
def test_for_an_amount(btc: Pair, amount: str, price: Number | None, qty: str | None) -> None:
    """As much as the amount pays for; an amount of the base asset is a quantity already."""
    if qty is None:
        with pytest.raises(NumberTooLarge, match="leads to no order size of BTC/USD"):
            btc.qty_for(amount, price)
    else:
        assert str(btc.qty_for(amount, price)) == qty


@pytest.mark.parametrize(
    ("amount", "price", "message"),
    [
        (
            "3 USD",
            64000,
            r"is at least 0\.00005000 BTC, not 0\.00004687 \(at 64000 USD the smallest .*, worth 3\.2 USD\)",
        ),
        ("0.00004 BTC", 64000, r"is at least 0\.00005000 BTC, not 0\.00004000 \(at 64000 USD .*, worth 3\.2 USD\)"),
        ("0.00004 BTC", None, r"the least order size of BTC/USD is 0\.00005000 BTC, not 0\.00004"),
        ("0.4 USD", 800, r"worth at least 0\.5 USD, not 0\.4 \(at 800 USD the smallest is 0\.00062500 BTC, worth 0\.5"),
        ("0.00005 BTC", 6400, r"worth at least 0\.5 USD, not 0\.32 \(.* is 0\.00007813 BTC, worth 0\.500032 USD\)"),
        ("250 USD", None, r"how much BTC '250 USD' buys depends on the price \(.*pair\.qty_for\('250 USD', price\)\)"),
        ("250 EUR", 64000, r"'250 EUR' is in an asset that BTC/USD does not trade \(.*\"250 USD\" or \"0\.5 BTC\"\)"),
        ("250USD", 64000, r"'250USD' is no amount \(amounts are written like \"250 USD\" or \"0\.5 BTC\"\)"),
        ("", 64000, "is no amount"),
        ("250", 64000, "is no amount"),
        ("2 50 USD", 64000, "is no amount"),
        ("lots USD", 64000, "is no amount"),
        ("NaN USD", 64000, "is no amount"),
        ("inf USD", 64000, "is no amount"),
        ("0 USD", 64000, "is no amount"),
        ("-250 USD", 64000, "is no amount"),
        (250, 64000, "250 is no amount"),
        (250.0, 64000, "is no amount"),
        (None, 64000, "None is no amount"),
        ("250 USD", 0, r"the least price of BTC/USD is 0\.1 USD, not 0"),
        ("250 USD", True, "True is no price of BTC/USD"),
        ("0.5 BTC", float("nan"), "nan is no price of BTC/USD"),
    ],
)
def test_no_amount(btc: Pair, amount: Any, price: Any, message: str) -> None:
    """What can't be meant, and what would be refused as too small, is refused here."""
    with pytest.raises(ConfigurationError, match=message):
        btc.qty_for(amount, price)


def test_a_tokenized_asset() -> None:
    """The small x of a tokenized asset may be a capital in an amount."""
    pair = listed("AAPLx/USD")
    assert pair.qty_for("2 AAPLx") == pair.qty_for("2 aaplX") == pair.qty_for("2 aaplx") == 2


@pytest.mark.parametrize("cost_min", ["NaN", "Infinity"])
def test_a_nonsensical_minimum(btc: Pair, cost_min: str) -> None:
    """No order is checked against a minimum that can't be meant."""
    pair = listed("X/Y", cost_min=Decimal(cost_min))
    with pytest.raises(ConfigurationError, match="X/Y is listed with a cost_min of"):
        pair.qty_for("5 Y", 1)
    with pytest.raises(ConfigurationError, match="order sizes in steps of"):
        listed("X/Y", qty_min=Decimal(cost_min)).qty(1)
    assert btc.qty_for("5 USD", 1) == 5


def test_a_cost_of_too_many_digits(btc: Pair) -> None:
    """What can't be computed exactly is refused, not rounded."""
    with pytest.raises(NumberTooLarge):
        btc.qty_for("250 USD", "1." + "3" * 200)
    large = listed("X/Y", qty_precision=0, qty_min=Decimal(123456789))
    with pytest.raises(
        ConfigurationError, match=r"is at least 123456789 X, not 3 \(at 1\.3+\.\.\. Y .*, worth 1646090\d+"
    ):
        large.qty_for("5 Y", "1." + "3" * 120)


@given(
    amount=st.decimals("0.01", "1E+9", allow_nan=False),
    price=st.one_of(st.floats(1e-4, 1e7), st.decimals("1E-4", "1E+7", allow_nan=False)),
    step=st.sampled_from(["1E-8", "0.00005", "0.5", "25"]),
)
def test_the_largest(amount: Decimal, price: Number, step: str) -> None:
    """It costs no more than the amount, and one increment more would."""
    exact = Fraction(repr(price) if isinstance(price, float) else price)
    increment = Fraction(step)
    assume(Fraction(amount) >= increment * exact)
    pair = listed("X/Y", qty_precision=5 if step == "0.00005" else 8, qty_increment=Decimal(step))
    qty = Fraction(pair.qty_for(f"{amount} Y", price))
    assert qty % increment == 0
    assert qty * exact <= Fraction(amount) < (qty + increment) * exact
