"""From a checked request to the parameters that Kraken is sent, and to the record that outlives the process.

Numbers keep the digits that they were given with: to be encoded with `decimal_format="number"`. One that Python would
write with an exponent is made raw JSON here.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, cast

import msgspec

from havklo.errors import ConfigurationError
from havklo.orders.requests import (
    AnyRequest,
    Iceberg,
    Limit,
    Market,
    OrderRequest,
    StopLossLimit,
    TakeProfitLimit,
    TrailingStopLimit,
    Triggered,
)
from havklo.orders.terms import Amend, Close

__all__ = ["add_params", "amend_params", "batch_params", "edit_params", "from_record", "record"]

_DECODER: Final[msgspec.json.Decoder[AnyRequest]] = msgspec.json.Decoder(AnyRequest)


def add_params(
    request: OrderRequest, *, cl_ord_id: str | None, deadline: str | None, validate: bool = False
) -> dict[str, object]:
    """The parameters of add_order, but for the token.

    Args:
        request: The order, as `checks.check` gives it.
        cl_ord_id: The order's id at its maker; None where the request has an `order_userref`, as Kraken takes one.
        deadline: When Kraken shall refuse it instead of carrying it out, as RFC3339; None: its own 5 s.
        validate: Whether it shall only be looked at.

    Raises:
        ConfigurationError: It has a `cl_ord_id` and an `order_userref`.
    """
    params: dict[str, object] = {"symbol": request.symbol, **_order(request, cl_ord_id)}
    if deadline is not None:
        params["deadline"] = deadline
    if validate:
        params["validate"] = True
    return params


def batch_params(
    requests: Sequence[OrderRequest],
    *,
    cl_ord_ids: Sequence[str | None],
    deadline: str | None,
    validate: bool = False,
) -> dict[str, object]:
    """The parameters of batch_add, but for the token.

    Args:
        requests: From 2 to 15 orders of one pair.
        cl_ord_ids: Their ids at their maker, one for each.
        deadline: When Kraken shall refuse them instead of carrying them out, as RFC3339.
        validate: Whether they shall only be looked at.

    Raises:
        ConfigurationError: There are too few or too many, or of several pairs.
    """
    symbols = {request.symbol for request in requests}
    if not 2 <= len(requests) <= 15 or len(symbols) > 1:
        raise ConfigurationError(
            f"{len(requests)} orders of {len(symbols)} pairs are no batch", hint="a batch is 2 to 15 orders of one pair"
        )
    rows = [_order(request, name) for request, name in zip(requests, cl_ord_ids, strict=True)]
    return {"symbol": requests[0].symbol, "orders": rows} | _envelope(deadline, validate=validate)


def amend_params(
    change: Amend,
    *,
    order_id: str | None = None,
    cl_ord_id: str | None = None,
    symbol: str | None = None,
    deadline: str | None = None,
) -> dict[str, object]:
    """The parameters of amend_order, but for the token.

    Args:
        change: What shall change, as `checks.check_amend` gives it.
        order_id: Kraken's id of the order; or
        cl_ord_id: its maker's.
        symbol: The pair, which Kraken needs where its base asset is no crypto asset.
        deadline: When Kraken shall refuse it instead of carrying it out, as RFC3339.

    Raises:
        ConfigurationError: Not exactly one of the two ids is given.
    """
    if (order_id is None) == (cl_ord_id is None):
        raise ConfigurationError("an amend names its order by either order_id or cl_ord_id")
    return _without_none(
        {
            "order_id": order_id,
            "cl_ord_id": cl_ord_id,
            "symbol": symbol,
            "order_qty": _number(change.qty),
            "limit_price": _number(change.price),
            "limit_price_type": change.price_type,
            "display_qty": _number(change.display_qty),
            "post_only": change.post_only,
            "trigger_price": _number(change.trigger),
            "trigger_price_type": change.trigger_type,
            "deadline": deadline,
        }
    )


def edit_params(
    change: Amend,
    *,
    order_id: str,
    symbol: str,
    deadline: str | None = None,
    validate: bool = False,
    extra: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The parameters of edit_order, but for the token: a new order in the place of an old one.

    Args:
        change: What the new one shall have otherwise.
        order_id: Kraken's id of the old one.
        symbol: The pair.
        deadline: When Kraken shall refuse it instead of carrying it out, as RFC3339.
        validate: Whether it shall only be looked at.
        extra: Further parameters, in Kraken's names, sent as they are.

    Raises:
        ConfigurationError: `extra` has a name that is written anyway, or the change a `price_type`, for which
            edit_order has no parameter.
    """
    if change.price_type is not None:
        raise ConfigurationError("edit_order can't say what a price is in", hint="amend the order instead")
    triggers = _without_none({"price": _number(change.trigger), "price_type": change.trigger_type})
    params = _without_none(
        {
            "order_id": order_id,
            "symbol": symbol,
            "order_qty": _number(change.qty),
            "limit_price": _number(change.price),
            "display_qty": _number(change.display_qty),
            "post_only": change.post_only,
            "triggers": triggers if change.trigger is not None else None,
        }
    )
    params |= _envelope(deadline, validate=validate)
    taken = sorted({*params, "token"} & set(extra or ()))
    if taken:
        raise ConfigurationError(f"extra has {', '.join(taken)}, which an edit writes itself")
    return params | dict(extra or {})


def record(request: OrderRequest) -> bytes:
    """A request as JSON text on one line, to be read by `from_record`; `extra` has to be JSON's own types."""
    return msgspec.json.encode(request, enc_hook=_plain)


def from_record(text: bytes) -> OrderRequest:
    """The request that `record` has written.

    Raises:
        ConfigurationError: It was not.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"this is no record of an order: {error}") from error


def _order(request: OrderRequest, cl_ord_id: str | None) -> dict[str, object]:
    """What an order has in add_order and in batch_add."""
    if cl_ord_id is not None and request.order_userref is not None:
        raise ConfigurationError("an order has either a cl_ord_id or an order_userref, not both")
    params = _without_none(
        {
            "order_type": request.order_type,
            "side": request.side,
            **_sizes(request),
            **_prices(request),
            "time_in_force": request.time_in_force if request.time_in_force != "gtc" else None,
            "expire_time": _moment(request.expire_time),
            "effective_time": _moment(request.effective_time),
            "margin": request.margin or None,
            "reduce_only": request.reduce_only or None,
            "fee_preference": request.fee_preference,
            "stp_type": request.stp_type,
            "conditional": None if request.conditional is None else _close(request.conditional),
            "cl_ord_id": cl_ord_id,
            "order_userref": request.order_userref,
        }
    )
    return {**params, **request.extra} if request.extra else params


def _sizes(request: OrderRequest) -> dict[str, object]:
    sizes: dict[str, object] = {"order_qty": _number(getattr(request, "qty", None))}
    if isinstance(request, Market):
        sizes["cash_order_qty"] = _number(request.cash_qty)
    if isinstance(request, Limit | Iceberg):
        sizes["display_qty"] = _number(request.display_qty)
        sizes["post_only"] = request.post_only or None
    return sizes


def _prices(request: OrderRequest) -> dict[str, object]:
    prices: dict[str, object] = {}
    if isinstance(request, Limit | Iceberg | StopLossLimit | TakeProfitLimit | TrailingStopLimit):
        prices["limit_price"] = _number(request.price)
    if isinstance(request, TrailingStopLimit):
        prices["limit_price_type"] = request.price_type
    if isinstance(request, Triggered):
        prices["triggers"] = {
            "reference": request.reference,
            "price": _number(request.trigger),
            "price_type": request.trigger_type,
        }
    return prices


def _close(close: Close) -> dict[str, object]:
    return _without_none(
        {
            "order_type": close.order_type,
            "limit_price": _number(close.price),
            "limit_price_type": close.price_type,
            "trigger_price": _number(close.trigger),
            "trigger_price_type": None if close.trigger is None else close.trigger_type,
        }
    )


def _envelope(deadline: str | None, *, validate: bool) -> dict[str, object]:
    return _without_none({"deadline": deadline, "validate": validate or None})


def _without_none(params: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in params.items() if value is not None}


def _number(value: Decimal | int | str | None) -> Decimal | msgspec.Raw | None:
    """A number as it is written: with the digits it was given with, and never with an exponent."""
    if value is None:
        return None
    exact = Decimal(value)
    return msgspec.Raw(format(exact, "f").encode()) if "E" in str(exact) else exact


def _moment(value: datetime | None) -> str | None:
    """A moment as RFC3339 in UTC, to the microsecond."""
    return None if value is None else f"{value.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'microseconds')}Z"


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise ConfigurationError(f"a {type(value).__name__} in extra can't be written as JSON")
