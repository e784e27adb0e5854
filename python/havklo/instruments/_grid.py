"""The multiples of an increment, exactly: the caller's own decimal context has no part in it."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, DivisionByZero, Inexact, InvalidOperation
from decimal import Overflow as DecimalOverflow
from typing import Final, Literal, TypeAlias, final

from havklo.errors import ConfigurationError, NumberTooLarge

__all__ = ["Grid", "Number", "Toward", "shown", "shown_product"]

Number: TypeAlias = Decimal | int | str | float
"""What is taken for a number. A float counts as what Python prints for it, its shortest repr: 0.1 is 0.1."""

Toward: TypeAlias = Literal["down", "up", "nearest"]
"""Which neighbouring multiple is meant. Half way between two, "nearest" takes the even multiple."""

_TRAPS: Final = [InvalidOperation, DivisionByZero, DecimalOverflow, Inexact]
# Results have at most as many digits as all prices and quantities in Havklo. On the way there, products of three such
# numbers fit as well. What still does not fit is refused, never rounded.
_EXACT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=_TRAPS)
_WIDE: Final = Context(prec=128, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=_TRAPS)
_ROUGH: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[])
_ZERO: Final = Decimal(0)
_HALF: Final = Decimal("0.5")
_ONE: Final = Decimal(1)
_LONG: Final = 40  # digits, beyond which an error's sentence shows only the beginning of a number


def shown(x: object) -> str:
    """A value as an error's sentence shows it: numbers without an exponent, nothing endless."""
    value = Decimal(x) if isinstance(x, int) and not isinstance(x, bool) else x
    if isinstance(value, Decimal):
        text = format(value, "f") if value.is_finite() and abs(value.adjusted()) < _LONG else str(value)
    else:
        text = repr(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def shown_product(qty: Decimal, price: Decimal) -> str:
    """What a quantity costs at a price, as a sentence shows it: to 28 digits, without trailing zeros."""
    return shown(_ROUGH.normalize(_ROUGH.multiply(qty, price)))


@final
class Grid:
    """The prices or the sizes that are valid for a pair: the multiples of an increment, from a minimum on.

    Args:
        kind: What they are: "price" or "order size".
        symbol: The pair.
        asset: What they are counted in.
        increment: The distance of two neighbours.
        decimals: How many decimals they are written with.
        minimum: The least of them, or 0 where any multiple above 0 will do.

    Raises:
        ConfigurationError: The increment or the minimum is no number that could be meant.
    """

    __slots__ = ("_asset", "_increment", "_kind", "_minimum", "_symbol", "_unit")

    def __init__(
        self, kind: str, symbol: str, asset: str, *, increment: Decimal, decimals: int, minimum: Decimal = _ZERO
    ) -> None:
        if not (increment.is_finite() and increment > 0 and minimum.is_finite()):
            raise ConfigurationError(
                f"{symbol} is listed with {kind}s in steps of {shown(increment)} from {shown(minimum)} on",
                hint="no number is valid there; `Pair` tells what Kraken has sent",
            )
        self._kind = kind
        self._symbol = symbol
        self._asset = asset
        self._increment = increment
        self._unit = Decimal((0, (1,), -min(max(0, decimals), _EXACT.prec)))
        self._minimum = minimum

    @property
    def least(self) -> Decimal:
        """The least valid value.

        Raises:
            NumberTooLarge: It does not fit in 28 digits.
        """
        return max(self.multiple(self._minimum, "up"), self.multiple(self._increment, "down"))

    def read(self, x: object) -> Decimal:
        """A positive number, exactly as given; a float at its shortest repr.

        Raises:
            ConfigurationError: It is no number, not finite, a bool, or not above 0.
        """
        if isinstance(x, Decimal):
            value = x
        elif isinstance(x, float):
            # A subclass of float may print itself with its name around the number.
            value = Decimal(float.__repr__(x))
        elif isinstance(x, int) and not isinstance(x, bool):
            value = Decimal(x)
        elif isinstance(x, str):
            value = self._parsed(x)
        else:
            raise self._refusal(x)
        if not value.is_finite():
            raise self._refusal(x)
        if value <= _ZERO:
            raise self._too_little(value)
        return value

    def snap(self, x: Decimal, toward: Toward) -> Decimal:
        """The valid neighbour of a positive number.

        Raises:
            ConfigurationError: In that direction there is none, only something below the least valid value.
            NumberTooLarge: The neighbour does not fit in 28 digits.
        """
        value = self.multiple(x, toward)
        if not value or value < self._minimum:
            raise self._too_little(x)
        return value

    def exactly(self, x: object) -> Decimal:
        """A number that has to be valid as it is.

        Raises:
            ConfigurationError: It is not, or it is a float; the sentence names the valid neighbours.
            NumberTooLarge: It does not fit in 28 digits.
        """
        if isinstance(x, float):
            raise ConfigurationError(
                f"a float such as {shown(x)} is no exact {self._kind}", hint="round it with Pair.price() or Pair.qty()"
            )
        value = self.read(x)
        below = self.snap(value, "down")
        if below != value:
            above = self.multiple(value, "up")
            raise ConfigurationError(
                f"{shown(value)} is no {self._kind} of {self._symbol}",
                hint=f"the nearest are {shown(below)} and {shown(above)} {self._asset}",
            )
        return below

    def multiple(self, x: Decimal, toward: Toward, price: Decimal | None = None) -> Decimal:
        """The multiple that, times a price if there is one, comes nearest to a number from one direction; it may be 0.

        It has exactly the grid's decimals; more only where the increment itself has more.

        Raises:
            NumberTooLarge: It does not fit in 28 digits.
        """
        try:
            step = self._increment if price is None else _WIDE.multiply(self._increment, price)
            count = _WIDE.divide_int(x, step)
            if toward != "down" and self._beyond(x, count, step, toward):
                count = _WIDE.add(count, _ONE)
            return self._written(_WIDE.multiply(count, self._increment))
        except DecimalException as error:
            raise NumberTooLarge(
                f"{shown(x)} leads to no {self._kind} of {self._symbol}",
                hint="prices and sizes have at most 28 digits",
            ) from error

    @staticmethod
    def _beyond(x: Decimal, count: Decimal, step: Decimal, toward: Toward) -> bool:
        """Whether the multiple above is meant, not the one at or below."""
        low = _WIDE.multiply(count, step)
        if toward == "up":
            return low < x
        middle = _WIDE.fma(step, _HALF, low)
        return x > middle or (x == middle and int(count) % 2 == 1)

    def _written(self, value: Decimal) -> Decimal:
        try:
            return _EXACT.quantize(value, self._unit)
        except Inexact:
            return _EXACT.plus(value)

    def _parsed(self, text: str) -> Decimal:
        try:
            return Decimal(text)
        except DecimalException as error:
            raise self._refusal(text) from error

    def _refusal(self, x: object) -> ConfigurationError:
        return ConfigurationError(
            f"{shown(x)} is no {self._kind} of {self._symbol}", hint=f"the least is {shown(self.least)} {self._asset}"
        )

    def _too_little(self, x: Decimal) -> ConfigurationError:
        return ConfigurationError(
            f"the least {self._kind} of {self._symbol} is {shown(self.least)} {self._asset}, not {shown(x)}"
        )
