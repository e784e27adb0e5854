"""Money as integers: units of 10^-10 of any asset, and the roundings between them, ticks and lots."""

from decimal import Decimal, InvalidOperation
from typing import Final

from havklo.errors import ConfigurationError
from havklo.sim.symbols import Pair
from havklo.sim.wire.frames import decimal

__all__ = ["SCALE", "amount", "cost", "fee", "lots", "units"]

SCALE: Final = 10
"""Decimals of a unit."""

_PPM: Final = 1_000_000


def units(value: Decimal | int | str) -> int:
    """An amount of an asset, as a user writes it, in units.

    Raises:
        ConfigurationError: It is not a number, or not a whole number of units.
    """
    try:
        sign, digits, exponent = Decimal(value).as_tuple()
    except InvalidOperation:
        raise ConfigurationError(f"{value!r} is not an amount", hint='amounts are like "0.5"') from None
    if isinstance(exponent, str):
        raise ConfigurationError(f"{value!r} is not an amount", hint='amounts are like "0.5"')
    whole, rest = divmod(
        int("".join(map(str, digits))) * 10 ** max(0, exponent + SCALE), 10 ** max(0, -exponent - SCALE)
    )
    if rest:
        raise ConfigurationError(f"{value} has more than {SCALE} decimals")
    return -whole if sign else whole


def amount(value: int) -> Decimal:
    """Units as the number that they are, exact and without trailing zeros."""
    text = decimal(abs(value), SCALE).rstrip("0").rstrip(".")
    return Decimal(f"-{text}" if value < 0 else text)


def lots(pair: Pair, qty: int) -> int:
    """A quantity in units of the base asset."""
    return qty * 10 ** (SCALE - pair.qty_precision)


def cost(pair: Pair, price: int, qty: int) -> int:
    """What a fill costs, in units of the quote asset: rounded half up to the pair's cost_precision."""
    exact = price * qty * 10**pair.cost_precision
    return _half_up(exact, 10 ** (pair.price_precision + pair.qty_precision)) * 10 ** (SCALE - pair.cost_precision)


def fee(value: int, rate: int, precision: int) -> int:
    """A fee of `rate` millionths of so many units, rounded half up to `precision` decimals."""
    step = 10 ** (SCALE - precision)
    return _half_up(value * rate, _PPM * step) * step


def _half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)
