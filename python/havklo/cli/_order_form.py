"""From what was typed to an order: the options of `havklo order place` as a request."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    from havklo.orders import OrderRequest

__all__ = ["KINDS", "Kind", "asked"]

Kind: TypeAlias = Literal[
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
KINDS: Final[tuple[str, ...]] = get_args(Kind)

_OWN: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # What each kind needs, and what it takes besides.
    "limit": (("qty", "price"), ("post_only",)),
    "market": ((), ("qty", "cash_qty")),
    "iceberg": (("qty", "price", "display_qty"), ("post_only",)),
    "stop-loss": (("qty", "trigger"), ("trigger_type", "reference")),
    "stop-loss-limit": (("qty", "trigger", "price"), ("trigger_type", "reference")),
    "take-profit": (("qty", "trigger"), ("trigger_type", "reference")),
    "take-profit-limit": (("qty", "trigger", "price"), ("trigger_type", "reference")),
    "trailing-stop": (("qty", "trigger", "trigger_type"), ("reference",)),
    "trailing-stop-limit": (("qty", "trigger", "trigger_type", "price"), ("reference", "price_type")),
    "settle-position": (("qty",), ()),
}
_COMMON: Final = ("cl_ord_id", "time_in_force", "reduce_only", "margin", "fee_preference")


def asked(kind: str, symbol: str, side: str, given: Mapping[str, object]) -> "OrderRequest":
    """The order that was typed.

    Args:
        kind: Kraken's name of its type.
        symbol: The pair.
        side: "buy" or "sell".
        given: The options that were given, by the request's own names.

    Raises:
        ConfigurationError: An option is missing, or does not belong to this kind.
    """
    needs, takes = _OWN[kind]
    for name in needs:
        if name not in given:
            hint = "an order without a price is --type market" if (kind, name) == ("limit", "price") else None
            raise ConfigurationError(f"a {kind} order needs {_option(name)}", hint=hint)
    for name in given:
        if name not in {*needs, *takes, *_COMMON}:
            raise ConfigurationError(f"a {kind} order does not take {_option(name)}")
    if kind == "market" and ("qty" in given) == ("cash_qty" in given):
        raise ConfigurationError("a market order needs either --qty or --cash-qty")
    make: Callable[..., OrderRequest] = _maker(kind)
    return make(symbol, side, **given)


def _maker(kind: str) -> Any:
    from havklo import orders  # noqa: PLC0415 - loaded when there is something to place

    return getattr(orders, "".join(word.capitalize() for word in kind.split("-")))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
