"""Numbers as texts, from integers alone."""

from decimal import Decimal

from havklo.sim.wire.frames import decimal

__all__ = ["half_up", "plain", "plain_decimal", "signed"]


def half_up(numerator: int, denominator: int) -> int:
    """A quotient as an integer; halves go away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def signed(value: int, scale: int) -> str:
    """A padded decimal that may be negative: -429.3, 0.00."""
    return f"-{decimal(-value, scale)}" if value < 0 else decimal(value, scale)


def plain(value: int, scale: int) -> str:
    """A number as Kraken writes it outside of market data: 0.5, 300.0, 1e-08."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rstrip("0")
    if not digits:
        return "0.0"
    zeros = len(str(abs(value))) - len(digits)
    point = len(digits) + zeros - scale  # how many of the digits stand before the point
    if point < -3:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e-{1 - point:02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole, rest = digits[:point].ljust(point, "0"), digits[point:]
    return f"{sign}{whole}.{rest or '0'}"


def plain_decimal(value: Decimal) -> str:
    """The same for a decimal number."""
    sign, digits, exponent = value.as_tuple()
    number, scale = int("".join(map(str, digits))), -int(exponent)
    return plain((-number if sign else number) * 10 ** max(0, -scale), max(0, scale))
