"""The open orders as a mapping of handles, and the arguments that all of its methods have."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, final

from havklo.errors import ConfigurationError
from havklo.orders.order import Order

if TYPE_CHECKING:
    from havklo._protocol.trading.record import Record

__all__ = ["OpenOrders", "check_deadline", "check_seconds"]


@final
class OpenOrders(Mapping[str, Order]):
    """The open orders as handles."""

    def __init__(self, records: "Mapping[str, Record]", handle: "Callable[[Record], Order]") -> None:
        self._records = records
        self._handle = handle

    def __repr__(self) -> str:
        return repr(dict(self))

    def __getitem__(self, order_id: str) -> Order:
        return self._handle(self._records[order_id])

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)


def check_seconds(**seconds: float) -> None:
    """Refuse what is no time.

    Raises:
        ConfigurationError: One is not.
    """
    for name, value in seconds.items():
        if not 0 < value < math.inf:
            raise ConfigurationError(f"{name} is a time above 0, not {value!r}")


def check_deadline(seconds: float) -> None:
    """Refuse a deadline that Kraken would.

    Raises:
        ConfigurationError: It does.
    """
    if not 0.5 <= seconds <= 60:
        raise ConfigurationError(
            f"a deadline is from 0.5 to 60 seconds ahead, not {seconds!r}", hint="Kraken takes no other"
        )
