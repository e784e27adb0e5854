"""Arguments that can't be meant are refused before anything is computed."""

from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from havklo.errors import ConfigurationError

__all__ = ["Number", "check_levels", "check_side", "positive"]

Number: TypeAlias = str | int | Decimal
"""An exact number; never a float."""


def check_side(side: str) -> None:
    """Refuse what is no taker's side.

    Raises:
        ConfigurationError: It is none.
    """
    if side not in ("buy", "sell"):
        raise ConfigurationError(f"{side!r} is no side", hint='a taker\'s side is "buy" or "sell"')


def check_levels(levels: int) -> None:
    """Refuse a number of levels below 1.

    Raises:
        ConfigurationError: It is one.
    """
    if levels < 1:
        raise ConfigurationError(f"levels is at least 1, not {levels!r}")


def positive(value: Number, name: str) -> Decimal:
    """Take an exact number above 0.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may have no types
        raise ConfigurationError(f"{name} is a str, an int or a Decimal, not {value!r}", hint="never a float")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ConfigurationError(f"{name} is a number, not {value!r}") from error
    if not number.is_finite() or number <= 0:
        raise ConfigurationError(f"{name} is above 0, not {value!r}")
    return number
