"""The executions channel: an account's orders and fills, numbered per subscription."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final, cast, final

import msgspec

from havklo.sim.channels.numbers import plain_decimal

__all__ = ["WARNINGS", "Executions", "RateCount"]

WARNINGS: Final = ("cancel_reason is deprecated, use reason",)
_OPEN_AND_CLOSE: Final = frozenset({"new", "filled", "canceled", "expired"})

RateCount = Callable[[str], Decimal]
"""Gives the rate counter of an order's pair, by the order's id."""


@final
class Executions:
    """One subscription's messages; their `sequence` counts from 1.

    Args:
        order_status: Tell every change of an order, or only when it opens and how it ends.
        ratecount: The rate counter, if reports are to have it.
        ratecount_field: Where they have it.
    """

    def __init__(self, *, order_status: bool, ratecount: RateCount | None, ratecount_field: str) -> None:
        self._order_status = order_status
        self._ratecount = ratecount
        self._ratecount_field = ratecount_field
        self._sequence = 0

    def snapshot(self, orders: Iterable[Mapping[str, object]], trades: Iterable[Mapping[str, object]]) -> bytes:
        """The open orders, then the last fills."""
        return self._message("snapshot", [*orders, *trades])

    def update(self, report: Mapping[str, object]) -> bytes | None:
        """One execution report, unless it is not asked for."""
        if not self._order_status and report["exec_type"] not in _OPEN_AND_CLOSE:
            return None
        if self._ratecount is not None:
            report = {**report, self._ratecount_field: self._ratecount(str(report["order_id"]))}
        return self._message("update", [report])

    def _message(self, kind: str, data: list[Mapping[str, object]]) -> bytes:
        self._sequence += 1
        return msgspec.json.encode(
            _written({"channel": "executions", "type": kind, "data": data, "sequence": self._sequence})
        )


def _written(value: object) -> object:
    """A value with its decimals as Kraken writes them."""
    if isinstance(value, Decimal):
        return msgspec.Raw(plain_decimal(value).encode("ascii"))
    if isinstance(value, Mapping):
        return {name: _written(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_written(each) for each in cast("list[object]", value)]
    return value
