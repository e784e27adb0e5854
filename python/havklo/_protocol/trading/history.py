"""What REST tells of orders and their fills: the answers of OpenOrders, ClosedOrders and QueryTrades."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple, TypeAlias, cast, final

from havklo.events import Fee, Fill, OrderState

__all__ = ["Told", "earliest_close", "fills", "orders"]

_SECOND: Final = 1_000_000_000
_STATES: Final = {
    "pending": OrderState.PENDING,
    "open": OrderState.NEW,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "expired": OrderState.EXPIRED,
}
_LIMITS: Final = {
    "limit": "price",
    "iceberg": "price",
    "stop-loss-limit": "price2",
    "take-profit-limit": "price2",
}

Json: TypeAlias = Mapping[str, Any]


@final
class Told(NamedTuple):
    """An order as REST has it.

    Attributes:
        order_id: Kraken's id.
        cl_ord_id: Its maker's, or None.
        userref: Its maker's number, or None.
        state: Where it stands.
        side: "buy" or "sell".
        order_type: Its type.
        qty: All of it.
        limit_price: Its limit as amends have left it; None where it has none, or one that is a distance.
        cum_qty: What was filled.
        cum_cost: What that cost.
        fee: What was taken for it.
        fee_in_base: Whether in the base asset.
        reason: Why it ended, or empty.
        opened: When it was accepted, as executions would say it.
        opened_ns: The same in nanoseconds since 1970.
        closed_ns: When it ended, or None.
        trades: The ids of its fills, as far as they are told.
    """

    order_id: str
    cl_ord_id: str | None
    userref: int | None
    state: OrderState
    side: str
    order_type: str
    qty: Decimal
    limit_price: Decimal | None
    cum_qty: Decimal
    cum_cost: Decimal
    fee: Decimal
    fee_in_base: bool
    reason: str
    opened: str
    opened_ns: int
    closed_ns: int | None
    trades: tuple[str, ...]


def orders(answer: object) -> list[Told]:
    """Read the orders of OpenOrders or ClosedOrders; what can't be read is left out.

    Args:
        answer: The result's `open` or `closed`.
    """
    return [told for name, row in _rows(answer) if (told := _order(name, row)) is not None]


def fills(answer: object, *, fee_assets: Mapping[str, str]) -> list[Fill]:
    """Read the fills of QueryTrades, oldest first; those that were not asked for are left out.

    Args:
        answer: The result.
        fee_assets: The asset that each one's fee is told in, by the fill's id.
    """
    found: list[tuple[int, Fill]] = []
    for exec_id, row in _rows(answer):
        fee_asset = fee_assets.get(exec_id)
        fill = None if fee_asset is None else _fill(exec_id, row, fee_asset)
        if fill is not None:
            found.append((_moment(row.get("time")), fill))
    found.sort(key=lambda each: each[0])
    return [fill for _, fill in found]


def earliest_close(page: Iterable[Told]) -> int | None:
    """When the first of some orders ended."""
    return min((told.closed_ns for told in page if told.closed_ns is not None), default=None)


def _rows(answer: object) -> list[tuple[str, Json]]:
    if not isinstance(answer, Mapping):
        return []
    rows = cast("Mapping[str, object]", answer)
    return [(name, cast("Json", row)) for name, row in rows.items() if isinstance(row, Mapping)]


def _order(order_id: str, row: Json) -> Told | None:
    state = _STATES.get(str(row.get("status")))
    said = cast("object", row.get("descr"))
    description: Json = cast("Json", said) if isinstance(said, Mapping) else {}
    try:
        qty, cum_qty, cum_cost, fee = (Decimal(str(row[name])) for name in ("vol", "vol_exec", "cost", "fee"))
    except (KeyError, InvalidOperation):
        return None
    if state is None:
        return None
    opened_ns = _moment(row.get("opentm"))
    userref = row.get("userref")
    return Told(
        order_id=order_id,
        cl_ord_id=row.get("cl_ord_id"),
        userref=userref if isinstance(userref, int) and userref else None,
        state=state,
        side=str(description.get("type", "")),
        order_type=str(description.get("ordertype", "")),
        qty=qty,
        limit_price=_limit(description),
        cum_qty=cum_qty,
        cum_cost=cum_cost,
        fee=fee,
        fee_in_base="fcib" in str(row.get("oflags", "")).split(","),
        reason=str(row.get("reason") or ""),
        opened=_text(opened_ns),
        opened_ns=opened_ns,
        closed_ns=_moment(row.get("closetm")) or None,
        trades=tuple(str(each) for each in row.get("trades") or ()),
    )


def _fill(exec_id: str, row: Json, fee_asset: str) -> Fill | None:
    try:
        price, qty, cost, fee = (Decimal(str(row[name])) for name in ("price", "vol", "cost", "fee"))
    except (KeyError, InvalidOperation):
        return None
    trade_id, maker = row.get("trade_id"), row.get("maker")
    return Fill(
        exec_id=exec_id,
        trade_id=trade_id if isinstance(trade_id, int) else None,
        price=price,
        qty=qty,
        cost=cost,
        fees=(Fee(fee_asset, fee),),
        liquidity_ind=None if maker is None else "m" if maker else "t",
        timestamp=_text(_moment(row.get("time"))),
    )


def _limit(description: Json) -> Decimal | None:
    """The limit in an order's description: the first of its two prices, or the second of an order that is triggered."""
    name = _LIMITS.get(str(description.get("ordertype")))
    said = str(description.get(name)) if name is not None else ""
    # A distance has a sign, "#" or "%" with it.
    return Decimal(said) or None if said.replace(".", "", 1).isdecimal() else None


def _moment(said: object) -> int:
    """Nanoseconds since 1970 of the seconds that REST tells; 0 for none."""
    return int(Decimal(said) * _SECOND) if isinstance(said, int | Decimal) else 0


def _text(moment: int) -> str:
    if not moment:
        return ""
    whole = datetime.fromtimestamp(moment // _SECOND, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{moment % _SECOND // 1_000:06}Z"
