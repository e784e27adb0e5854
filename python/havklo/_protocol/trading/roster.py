"""All orders that are known, by each of their names."""

from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, final

from havklo._protocol.trading.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from havklo._protocol.trading.reports import Report

__all__ = ["Roster"]

_KEPT: Final = 1_000


@final
class Roster:
    """Finds orders: by Kraken's id, by their maker's id, or by the number that their maker gave them.

    Of the orders that are over the last thousand are kept; a handle that the user has goes on.

    Attributes:
        open: What is not over, by Kraken's id; a view that follows.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._open: dict[str, Record] = {}
        self._by_id: dict[str, Record] = {}
        self._by_name: dict[str, Record] = {}
        self._nameless: dict[Record, None] = {}
        self._ended: deque[Record] = deque()
        self._kept = kept
        self.open: Mapping[str, Record] = MappingProxyType(self._open)

    def __len__(self) -> int:
        """How many are not over: open, or on their way."""
        return len(self._open) + len(self._nameless)

    def __repr__(self) -> str:
        return f"<Roster of {len(self)} orders>"

    @property
    def nameless(self) -> "Collection[Record]":
        """Those that were sent, and have no id of Kraken's yet."""
        return self._nameless.keys()

    def get(self, name: str) -> Record | None:
        """The order with an id, Kraken's or its maker's."""
        return self._by_id.get(name) or self._by_name.get(name)

    def place(self, record: Record) -> None:
        """Know an order that is about to be sent."""
        if record.cl_ord_id is not None:
            self._by_name[record.cl_ord_id] = record
        if record.order_id is not None:
            self.name(record, record.order_id)
        else:
            self._nameless[record] = None

    def name(self, record: Record, order_id: str) -> None:
        """Learn Kraken's id of an order; what was taken for another one is found to be this one."""
        other = self._by_id.get(order_id)
        if other is record:
            return
        self._nameless.pop(record, None)
        if other is not None:
            record.take_over(other)
            if other in self._ended:
                self._ended.remove(other)
        record.order_id = order_id
        self._by_id[order_id] = record
        if record.cl_ord_id is not None:
            self._by_name[record.cl_ord_id] = record
        if record.state.is_final:
            self._open.pop(order_id, None)
            self._keep(record)
        else:
            self._open[order_id] = record

    def meant_by(self, report: "Report") -> Record | None:
        """The order that a report is about, or None if it is not known."""
        record = self._by_id.get(report.order_id)
        if record is not None:
            return record
        if report.cl_ord_id is not None:
            named = self._by_name.get(report.cl_ord_id)
            return named if named is not None and named.order_id is None else None
        if not report.order_userref:
            return None
        # Several orders may share the number: it only says which one if there is no other.
        same = [
            each
            for each in self._nameless
            if each.cl_ord_id is None
            and each.order_userref == report.order_userref
            and (each.symbol, each.side) == (report.symbol, report.side)
        ]
        return same[0] if len(same) == 1 else None

    def ended(self, record: Record) -> None:
        """An order is over."""
        self._nameless.pop(record, None)
        if record.order_id is not None:
            if self._open.pop(record.order_id, None) is not None:
                self._keep(record)
        elif record.cl_ord_id is not None and self._by_name.get(record.cl_ord_id) is record:
            # It was never one; another order may have the name.
            self._keep(record)
            for other in self._open.values():
                if other.cl_ord_id == record.cl_ord_id:
                    self._by_name[record.cl_ord_id] = other

    def _keep(self, record: Record) -> None:
        self._ended.append(record)
        while len(self._ended) > self._kept:
            oldest = self._ended.popleft()
            if oldest.order_id is not None and self._by_id.get(oldest.order_id) is oldest:
                del self._by_id[oldest.order_id]
            if oldest.cl_ord_id is not None and self._by_name.get(oldest.cl_ord_id) is oldest:
                del self._by_name[oldest.cl_ord_id]
