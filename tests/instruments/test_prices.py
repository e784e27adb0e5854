"""Valid prices: rounded toward a side, or checked as they are."""

from decimal import ROUND_UP, Context, Decimal, FloatOperation, Inexact, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo.errors import ConfigurationError, NumberTooLarge
from havklo.instruments import Number, Pair, Rounding, Side
from instruments.conftest import listed


class Shouting(float):
    """A float that prints itself as numpy's do."""

    def __repr__(self) -> str:
        return f"Shouting({float.__repr__(self)})"


@pytest.mark.parametrize(
    ("x", "rounding", "side", "price"),
    [
        (64525.17, "passive", "buy", "64525.1"),
        (64525.17, "passive", "sell", "64525.2"),
        (64525.17, "aggressive", "buy", "64525.2"),
        (64525.17, "aggressive", "sell", "64525.1"),
        (64525.17, "nearest", "buy", "64525.2"),
        (64525.17, "nearest", None, "64525.2"),
        ("64525.13", "nearest", "sell", "64525.1"),
        ("64525.15", "nearest", None, "64525.2"),  # half way: the even multiple, 645252
        ("64525.25", "nearest", None, "64525.2"),
        ("64525.3", "passive", "buy", "64525.3"),
        ("64525.3", "passive", "sell", "64525.3"),
        ("64525.3", "aggressive", "buy", "64525.3"),
        (Decimal("64525.30000"), "aggressive", "sell", "64525.3"),
        (64525, "passive", "sell", "64525.0"),
        ("6.45251e4", "passive", "sell", "64525.1"),
        (1e22, "passive", "buy", "10000000000000000000000.0"),
        (Shouting(64525.17), "passive", "buy", "64525.1"),
        (0.1, "passive", "sell", "0.1"),
        (0.1 + 0.2, "passive", "buy", "0.3"),
        (0.1 + 0.2, "passive", "sell", "0.4"),  # 0.30000000000000004 is more than 0.3
        (0.05, "passive", "sell", "0.1"),
        (0.0500001, "nearest", None, "0.1"),
        ("1e-400000", "aggressive", "buy", "0.1"),
    ],
)
def test_rounding(btc: Pair, x: Number, rounding: Rounding, side: Side | None, price: str) -> None:
    """Passive is down for a buy and up for a sale, aggressive the other way round; always with the pair's decimals."""
    assert str(btc.price(x, rounding, side=side)) == price


@pytest.mark.parametrize(
    ("increment", "precision", "x", "down", "up"),
    [
        ("0.5", 1, "7.3", "7.0", "7.5"),
        ("0.5", 0, "7.3", "7", "7.5"),  # one decimal more than the precision allows, because the increment has it
        ("0.50", 0, "7.3", "7", "7.50"),
        ("25", 0, "1234.5", "1225", "1250"),
        ("2.5E+1", 0, "1234.5", "1225", "1250"),
        ("25", 2, 1234.5, "1225.00", "1250.00"),
        ("1000", -3, 1234.5, "1000", "2000"),
        ("1E-8", 8, 1.23456789e-05, "0.00001234", "0.00001235"),
        ("0.00025", 5, 1.0001, "1.00000", "1.00025"),
        ("3", 0, 100, "99", "102"),
    ],
)
def test_any_increment(increment: str, precision: int, x: Number, down: str, up: str) -> None:
    """An increment need not be a power of ten."""
    pair = listed("X/Y", price_precision=precision, price_increment=Decimal(increment))
    assert format(pair.price(x, "passive", side="buy"), "f") == down
    assert format(pair.price(x, "passive", side="sell"), "f") == up
    assert format(pair.check_price(Decimal(up)), "f") == up


@pytest.mark.parametrize(
    "x", [True, None, [], b"1", float("nan"), float("inf"), "NaN", "sNaN1", "-Infinity", "", "1,5"]
)
def test_no_number(btc: Pair, x: Any) -> None:
    """What is no finite number is refused, and the lowest valid price is named."""
    with pytest.raises(ConfigurationError, match=r"is no price of BTC/USD \(the least is 0\.1 USD\)"):
        btc.price(x, "nearest")


@pytest.mark.parametrize("x", [0, -1, 0.0, -0.0, "-64525.1", Decimal("-1E-999999999"), Decimal("-0")])
def test_not_above_zero(btc: Pair, x: Number) -> None:
    """Prices are above 0."""
    with pytest.raises(ConfigurationError, match=r"the least price of BTC/USD is 0\.1 USD, not -?[01E]?"):
        btc.price(x, "passive", side="sell")


@pytest.mark.parametrize(
    ("x", "rounding", "side"),
    [
        (0.0999, "passive", "buy"),
        (0.0999, "aggressive", "sell"),
        (0.05, "nearest", None),
        ("1E-999999", "nearest", "buy"),
    ],
)
def test_rounded_to_zero(btc: Pair, x: Number, rounding: Any, side: Any) -> None:
    """What rounds to nothing is refused as well."""
    with pytest.raises(ConfigurationError, match=r"the least price of BTC/USD is 0\.1 USD, not [01]"):
        btc.price(x, rounding, side=side)


@pytest.mark.parametrize(
    "x", [1e28, "1E+999999999999", 10**5000, "1234567890123456789012345678.1"], ids=lambda x: type(x).__name__
)
def test_too_large(btc: Pair, x: Number) -> None:
    """More than 28 digits are refused, however many more, and nobody has to read them all."""
    with pytest.raises(NumberTooLarge, match="leads to no price of BTC/USD") as caught:
        btc.price(x, "passive", side="buy")
    assert len(str(caught.value)) < 150
    assert isinstance(caught.value.__cause__, ArithmeticError)


def test_many_digits(btc: Pair) -> None:
    """Digits far behind the point count, however many there are."""
    more = "0.1" + "0" * 500 + "1"
    assert btc.price(more, "passive", side="buy") == Decimal("0.1")
    assert btc.price(more, "passive", side="sell") == Decimal("0.2")
    assert btc.price("0.15" + "0" * 500 + "1", "nearest") == Decimal("0.2")
    assert btc.price("0.25" + "0" * 500 + "1", "nearest") == Decimal("0.3")


@pytest.mark.parametrize("rounding", ["passive", "aggressive"])
def test_a_side_is_needed(btc: Pair, rounding: Any) -> None:
    """Passive and aggressive mean nothing without a side; the sentence says how to give one."""
    with pytest.raises(ConfigurationError, match=f"whether {rounding} is up or down") as caught:
        btc.price(1, rounding)
    assert caught.value.hint is not None
    assert 'side="buy"' in caught.value.hint


@pytest.mark.parametrize(("rounding", "side"), [("down", "buy"), ("nearest", "bid"), ("passive", "BUY"), ("", None)])
def test_no_way_to_round(btc: Pair, rounding: Any, side: Any) -> None:
    """Other words are refused."""
    with pytest.raises(ConfigurationError, match="is no way to round a price"):
        btc.price(1, rounding, side=side)


def test_check(btc: Pair) -> None:
    """A valid price comes back with the pair's decimals; any other is refused with its two neighbours."""
    assert [str(btc.check_price(x)) for x in (64525, "64525.10", Decimal("6E+4"))] == ["64525.0", "64525.1", "60000.0"]
    with pytest.raises(ConfigurationError, match=r"64525\.17 is no price .*the nearest are 64525\.1 and 64525\.2 USD"):
        btc.check_price("64525.17")
    with pytest.raises(ConfigurationError, match=r"the least price of BTC/USD is 0\.1 USD, not 0\.07"):
        btc.check_price("0.07")
    with pytest.raises(NumberTooLarge):
        btc.check_price("1234567890123456789012345678")


@pytest.mark.parametrize("x", [64525.1, float("nan"), Shouting(1.0)])
def test_check_takes_no_float(btc: Pair, x: Any) -> None:
    """Not even one that looks valid: the helpers are named instead."""
    with pytest.raises(
        ConfigurationError, match=r"a float such as .* \(round it with Pair\.price\(\) or Pair\.qty\(\)\)"
    ):
        btc.check_price(x)


def test_the_caller_has_another_decimal_context(btc: Pair) -> None:
    """Three digits, other rounding and traps in the caller's thread change nothing, and no flag is left there."""
    for context in (Context(prec=3, rounding=ROUND_UP, traps=[]), Context(prec=3, traps=[Inexact, FloatOperation])):
        with localcontext(context) as mine:
            mine.clear_flags()
            assert str(btc.price(64525.17, "passive", side="buy")) == "64525.1"
            assert str(btc.price("64525.15", "nearest")) == "64525.2"
            assert str(btc.qty(0.123456789)) == "0.12345678"
            assert str(btc.qty_for("1000.01 USD", 64525.17)) == "0.01549798"
            assert not any(mine.flags.values())
            with pytest.raises(ConfigurationError, match="'one' is no price"):
                btc.price("one", "nearest")


@pytest.mark.parametrize("increment", ["-0.1", "NaN", "Infinity"])
def test_a_nonsensical_increment(increment: str) -> None:
    """Nothing is rounded by an increment that can't be meant."""
    pair = listed("X/Y", price_increment=Decimal(increment), qty_increment=Decimal(increment))
    with pytest.raises(ConfigurationError, match="X/Y is listed with prices in steps of"):
        pair.price(1, "nearest")
    with pytest.raises(ConfigurationError, match="X/Y is listed with order sizes in steps of"):
        pair.qty(1)


increments = st.builds(
    lambda digits, decimals: (Decimal((0, tuple(map(int, str(digits))), -decimals)), decimals),
    st.sampled_from([1, 2, 5, 25, 3, 125]),
    st.integers(0, 10),
)
numbers = st.one_of(
    st.floats(1e-9, 1e12, allow_nan=False),
    st.decimals("1E-12", "1E+12", allow_nan=False),
    st.integers(1, 10**12),
    st.decimals("1E-12", "1E+12", allow_nan=False).map(str),
)


def _exact(x: Number) -> Fraction:
    return Fraction(repr(x) if isinstance(x, float) else x)


@given(increments, numbers)
def test_every_rounding(grid: tuple[Decimal, int], x: Number) -> None:
    """Against plain fractions: the neighbours of any number on any grid, and what is valid is left alone."""
    increment, decimals = grid
    pair = listed("X/Y", price_precision=decimals, price_increment=increment)
    ratio = _exact(x) / Fraction(increment)
    below, above, nearest = ratio.__floor__(), ratio.__ceil__(), round(ratio)
    for rounding, side, count in (
        ("passive", "buy", below),
        ("passive", "sell", above),
        ("aggressive", "buy", above),
        ("aggressive", "sell", below),
        ("nearest", "buy", nearest),
        ("nearest", None, nearest),
    ):
        if count == 0:
            with pytest.raises(ConfigurationError, match="the least price"):
                pair.price(x, rounding, side=side)
        else:
            price = pair.price(x, rounding, side=side)
            assert Fraction(price) == count * Fraction(increment)
            assert price.as_tuple().exponent == -decimals
            assert pair.check_price(price) == pair.price(price, "passive", side="sell") == price
