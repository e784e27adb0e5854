"""Reading a request's parameters one by one: each has its type, and whatever is left over is unknown.

Numbers are JSON numbers. They become integers of the pair's last decimal and nothing is ever rounded: a
number with more decimals than that is refused.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Final, cast, final

from havklo.sim.trading.refusals import INVALID_PRICE, TICK_SIZE, RefusedError, invalid

__all__ = ["LOTS_MAX", "Fields", "moment", "scaled", "ticks"]

LOTS_MAX: Final = 10**18
"""The largest order, in lots: levels have to fit into 64 bits for whoever reads them."""

_TICKS_MAX: Final = 10**15
_LONGEST: Final = 40  # digits before the point, or zeros behind it
_EXACT: Final = Context(prec=10_000)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CL_ORD_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[ -~]{1,18}")
_USERREF_MAX: Final = 2**31


@final
class Fields:
    """The parameters of one request, or of one order in a batch.

    Args:
        params: What was sent.
        message: What Kraken calls the request in its error texts, like "add order".
        known: The names of all parameters that the request may have.

    Raises:
        RefusedError: There is a parameter with another name.
    """

    def __init__(self, params: Mapping[str, object], message: str, known: Collection[str]) -> None:
        self._params = params
        for name in params:
            if name not in known:
                raise RefusedError(f"Unsupported field: '{name}' for the given msg type: {message}")

    def __contains__(self, name: str) -> bool:
        return name in self._params

    def number(self, name: str) -> Decimal | None:
        """A number, if it is there."""
        value = self._params.get(name)
        if value is None:
            return None
        return _number(value, name)

    def integer(self, name: str) -> int | None:
        """A whole number, if it is there."""
        value = self._params.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false; false if it is not there."""
        value = self._params.get(name, False)
        if not isinstance(value, bool):
            raise invalid(name)
        return value

    def text(self, name: str) -> str | None:
        """A text, if it is there."""
        value = self._params.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(name)
        return value

    def choice(self, name: str, options: Collection[str], default: str | None = None) -> str:
        """One of some words."""
        value = self._params.get(name, default)
        if not isinstance(value, str) or value not in options:
            raise invalid(name)
        return value

    def moment(self, name: str) -> int | None:
        """A moment in epoch nanoseconds, if it is there."""
        text = self.text(name)
        return None if text is None else moment(text, name)

    def table(self, name: str, message: str, known: Collection[str]) -> "Fields | None":
        """An object with parameters of its own, if it is there."""
        value = self._params.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(name)
        return Fields(cast("dict[str, object]", value), message, known)

    def rows(self, name: str) -> list[object]:
        """A list; empty if it is not there."""
        value = self._params.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise invalid(name)
        return cast("list[object]", value)

    def cl_ord_id(self) -> str | None:
        """The client's own id of an order: a UUID in either form, or up to 18 characters."""
        value = self.text("cl_ord_id")
        if value is not None and not _CL_ORD_ID.fullmatch(value):
            raise invalid("cl_ord_id")
        return value

    def userref(self) -> int | None:
        """The client's own number of an order."""
        value = self.integer("order_userref")
        if value is not None and not -_USERREF_MAX <= value < _USERREF_MAX:
            raise invalid("order_userref")
        return value


def moment(text: str, name: str) -> int:
    """An RFC3339 text in epoch nanoseconds."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name) from None
    if value.tzinfo is None:
        raise invalid(name)
    elapsed = value - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + elapsed.microseconds * 1_000


def scaled(value: Decimal, scale: int) -> int | None:
    """A number in units of 10^-scale, or None if it is not a whole number of them."""
    if not value:
        return 0
    if abs(value.adjusted()) > _LONGEST:
        return None
    units = value.scaleb(scale, _EXACT)
    whole = int(units)
    return whole if whole == units else None


def ticks(value: Decimal, price_precision: int) -> int:
    """A price in ticks."""
    if value.is_signed() or not value:
        raise RefusedError(INVALID_PRICE)
    price = scaled(value, price_precision)
    if price is None:
        raise RefusedError(TICK_SIZE)
    if price > _TICKS_MAX:
        raise RefusedError(INVALID_PRICE)
    return price


def _number(value: object, name: str) -> Decimal:
    if isinstance(value, bool):
        raise invalid(name)
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, float):
        # The shortest text of a float is what was written, for any number of 15 digits.
        number = Decimal(repr(value))
    else:
        raise invalid(name)
    if not number.is_finite():
        raise invalid(name)
    return number
