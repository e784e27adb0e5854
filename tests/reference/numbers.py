"""Prices and quantities: what a token means, and the digits it gives to a checksum."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

MAX_DIGITS = 28
"""Significant digits a number may have: those from the first that is not 0, trailing zeros included."""

MAX_DECIMALS = 60
"""Digits a number may have behind its point, once written without an exponent."""

_TOKEN = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?", re.ASCII)
_EXACT = Context(prec=200)


class NumberError(ValueError):
    """A token that is no number, is negative, or has more digits than a price or a quantity may have."""


@dataclass(frozen=True)
class Amount:
    """One price or quantity.

    Attributes:
        value: What it is worth.
        decimals: How many decimals it has, once written without an exponent.
        plain: Whether it was written without one.
    """

    value: Decimal
    decimals: int
    plain: bool = True

    def with_decimals(self, decimals: int) -> "Amount":
        """The same with trailing zeros up to that many decimals; never with fewer than it has."""
        return Amount(self.value, max(decimals, self.decimals))

    def text(self, decimals: int = 0) -> str:
        """Plain notation with at least that many decimals, and at least its own."""
        with localcontext(_EXACT):
            return f"{round(self.value, max(decimals, self.decimals)):f}"


def digits(text: str) -> str:
    """The digits of a plain number that enter a checksum: no point, no leading zeros (PROTOCOL 3.1)."""
    return text.replace(".", "").lstrip("0")


def parse(token: str) -> Amount:
    """Reads one token, plain or with an exponent.

    Raises:
        NumberError: It is none, or too long.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise NumberError(f"{token!r} is not a number of this protocol")
    whole, part, power = match[1], match[2] or "", int(match[3] or 0)
    decimals, behind = max(len(part) - power, 0), max(power - len(part), 0)
    if decimals > MAX_DECIMALS or len((whole + part).lstrip("0")) + behind > MAX_DIGITS:
        raise NumberError(f"{token!r} has too many digits")
    with localcontext(_EXACT):
        value = Decimal(int(whole + part)).scaleb(power - len(part))
    return Amount(value, decimals, match[3] is None)
