"""A million random floats become valid prices and sizes and never round toward the taker's side."""

from decimal import Decimal
from random import Random

from havklo.instruments import Pair

DRAWS = 1_000_000
SCALE = 10  # every increment here is a whole number of 10^-10

# Increment and precision of prices, then of quantities.
MARKETS = (
    ("0.1", 1, "1E-8", 8),
    ("0.5", 1, "1", 0),
    ("0.01", 2, "1E-8", 8),
    ("1E-8", 8, "0.00001", 5),
    ("1E-10", 10, "0.01", 2),
    ("25", 0, "0.5", 1),
    ("0.00025", 5, "0.00005", 5),
    ("2.5", 1, "25", 0),
)


def _fraction(text: str) -> tuple[int, int]:
    """The number that a text says, times 10^SCALE, as a quotient of integers: read here digit by digit."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, rest = mantissa.partition(".")
    power = int(exponent or 0) - len(rest) + SCALE
    digits = int(whole + rest)
    return (digits * 10**power, 1) if power >= 0 else (digits, 10**-power)


def _multiple(value: Decimal, form: Decimal, step: int) -> int:
    """A result in units of 10^-SCALE, after a look at its decimals and its increment."""
    units = int(value.scaleb(SCALE))
    assert value.same_quantum(form)
    assert units > 0
    assert units % step == 0
    return units


def test_a_million_floats() -> None:
    """Passive buys and sizes are the last multiple not above the float, passive sales the first not below."""
    rng = Random(20261122)
    for price_increment, price_precision, qty_increment, qty_precision in MARKETS:
        pair = Pair(
            symbol="X/Y",
            base="X",
            quote="Y",
            price_precision=price_precision,
            qty_precision=qty_precision,
            price_increment=Decimal(price_increment),
            qty_increment=Decimal(qty_increment),
        )
        tick, lot = _fraction(price_increment)[0], _fraction(qty_increment)[0]
        priced, sized = Decimal((0, (1,), -price_precision)), Decimal((0, (1,), -qty_precision))
        # From just above the least valid value to a thousand million times as much.
        least = max(float(price_increment), float(qty_increment))
        for _ in range(DRAWS // len(MARKETS)):
            x = least * 10.0 ** rng.uniform(0.001, 9.0)
            exact, under = _fraction(repr(x))
            bought = _multiple(pair.price(x, "passive", side="buy"), priced, tick) * under
            assert bought <= exact < bought + tick * under
            sold = _multiple(pair.price(x, "passive", side="sell"), priced, tick) * under
            assert sold - tick * under < exact <= sold
            size = _multiple(pair.qty(x), sized, lot) * under
            assert size <= exact < size + lot * under
