"""The events that tell of an order: what has happened, beside the order as it stands after it."""

from typing import TYPE_CHECKING, Literal, TypedDict

from havklo.events import Execution, OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from havklo._protocol.trading.record import Record
    from havklo._protocol.trading.reports import Report
    from havklo.events import Fill

__all__ = ["Source", "filled_late", "happened", "standing"]

Source = Literal["live", "snapshot", "repair"]


class _Whole(TypedDict):
    order_id: str
    cl_ord_id: "str | None"
    symbol: str
    side: str
    order_type: str
    order_status: OrderState
    order_qty: "Decimal | None"
    limit_price: "Decimal | None"
    cum_qty: "Decimal"
    cum_cost: "Decimal"
    avg_price: "Decimal | None"
    cum_fees: "Mapping[str, Decimal]"


def happened(record: "Record", report: "Report", source: Source, recv_ns: int) -> Execution:
    """The event for a report that was merged."""
    return Execution(
        **_whole(record),
        exec_type=report.exec_type,
        exec_id=report.exec_id,
        trade_id=report.trade_id,
        last_qty=report.last_qty,
        last_price=report.last_price,
        cost=report.cost,
        fees=report.fees,
        liquidity_ind=report.liquidity_ind,
        reason=report.reason,
        timestamp=report.timestamp,
        source=source,
        recv_ns=recv_ns,
    )


def standing(record: "Record") -> Execution:
    """The event that a snapshot would have for an open order now."""
    return Execution(
        **_whole(record),
        exec_type="pending_new" if record.state is OrderState.PENDING else "new",
        timestamp=record.opened,
        source="snapshot",
    )


def filled_late(record: "Record", fill: "Fill") -> Execution:
    """The event for a fill that no message had told."""
    return Execution(
        **_whole(record),
        exec_type="trade",
        exec_id=fill.exec_id,
        trade_id=fill.trade_id,
        last_qty=fill.qty,
        last_price=fill.price,
        cost=fill.cost,
        fees=fill.fees,
        liquidity_ind=fill.liquidity_ind,
        timestamp=fill.timestamp,
        source="repair",
    )


def _whole(record: "Record") -> _Whole:
    return {
        "order_id": record.order_id or "",
        "cl_ord_id": record.cl_ord_id,
        "symbol": record.symbol,
        "side": record.side,
        "order_type": record.order_type,
        "order_status": record.state,
        "order_qty": record.order_qty,
        "limit_price": record.limit_price,
        "cum_qty": record.cum_qty,
        "cum_cost": record.cum_cost,
        "avg_price": record.avg_price,
        "cum_fees": record.fees,
    }
