"""The words and numbers of orders: Kraken's words as types, and numbers with the digits that were given."""

from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

import msgspec

from havklo.errors import ConfigurationError

__all__ = [
    "Amend",
    "Close",
    "FeePreference",
    "Number",
    "OrderType",
    "PriceType",
    "Reference",
    "SelfTrade",
    "TimeInForce",
    "read_numbers",
]

OrderType: TypeAlias = Literal[
    "limit",
    "market",
    "iceberg",
    "stop-loss",
    "stop-loss-limit",
    "take-profit",
    "take-profit-limit",
    "trailing-stop",
    "trailing-stop-limit",
    "settle-position",
]
"""Kraken's names of the order types."""

PriceType: TypeAlias = Literal["static", "pct", "quote"]
"""A price itself, or a distance from another one: in percent, or in the quote asset."""

Reference: TypeAlias = Literal["last", "index"]
"""The price that a trigger watches."""

TimeInForce: TypeAlias = Literal["gtc", "gtd", "ioc", "fok"]
"""How long an order may wait: until canceled, until `expire_time`, not at all, or not at all and for all of it."""

FeePreference: TypeAlias = Literal["base", "quote"]
"""The asset that the fee is taken in."""

SelfTrade: TypeAlias = Literal["cancel_newest", "cancel_oldest", "cancel_both"]
"""Which order ends where two of one account meet."""

if TYPE_CHECKING:
    Number: TypeAlias = Decimal | int | str
    """What a request's number is given as; in the finished request it is a Decimal."""
else:
    Number = Decimal

_SIZES: Final = ("qty", "cash_qty", "display_qty")
_PRICES: Final = ("price", "trigger")


@final
class Close(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """An order that follows each fill of another one, for as much and on the other side.

    Attributes:
        order_type: Kraken's name of its type: any but market, iceberg and settle-position.
        price: Its worst price, where its type has one.
        price_type: For "trailing-stop-limit": whether `price` is a distance from the price that starts it; "quote" if
            it is left out.
        trigger: What starts it, where its type waits for something.
        trigger_type: Whether `trigger` is a price or a distance, and in what.
    """

    order_type: OrderType
    price: Number | None = None
    price_type: PriceType | None = None
    trigger: Number | None = None
    trigger_type: PriceType = "static"

    def __post_init__(self) -> None:
        read_numbers(self)


@final
class Amend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """What shall change about an open order; what is None stays as it is.

    Attributes:
        qty: All of it, what was filled included; where that is more already, the rest is canceled.
        price: The worst price, or for a trailing stop its distance.
        display_qty: What an iceberg shows at a time.
        trigger: What starts it, or the distance.
        post_only: Whether it may not take now.
        price_type: What `price` is in, for "trailing-stop-limit".
        trigger_type: What `trigger` is in.

    Raises:
        ConfigurationError: A number is a float or no number.
    """

    qty: Number | None = None
    price: Number | None = None
    display_qty: Number | None = None
    trigger: Number | None = None
    post_only: bool | None = None
    price_type: PriceType | None = None
    trigger_type: PriceType | None = None

    def __post_init__(self) -> None:
        read_numbers(self)


def read_numbers(request: msgspec.Struct) -> None:
    """Make a struct's numbers Decimals, with the digits that were given.

    Raises:
        ConfigurationError: One is a float, or no finite number.
    """
    for name in (*_SIZES, *_PRICES):
        given: object = getattr(request, name, None)
        if given is not None:
            msgspec.structs.force_setattr(request, name, _exact(name, given))


def _exact(name: str, given: object) -> Decimal:
    if isinstance(given, float):
        raise ConfigurationError(
            f"{name}={given!r} is a float, which is never an exact number",
            hint="round it with pair.qty(x), or write it as a text"
            if name in _SIZES
            else 'round it with pair.price(x, "passive", side=...), or write it as a text',
        )
    if isinstance(given, bool) or not isinstance(given, Decimal | int | str):
        raise ConfigurationError(f"{name}={given!r} is no number", hint='numbers are written like "0.1"')
    try:
        value = Decimal(given)
    except DecimalException as error:
        raise ConfigurationError(f"{name}={given!r} is no number", hint='numbers are written like "0.1"') from error
    if not value.is_finite():
        raise ConfigurationError(f"{name}={given!r} is no number", hint='numbers are written like "0.1"')
    return value
