"""What becomes of one order of a level-3 book: its place in the queue, and why it changed."""

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from havklo._engine import QueuePosition

__all__ = ["Cause", "QueueChange"]

Cause: TypeAlias = Literal["trade", "cancel", "amend", "filled", "canceled", "placed", "depth", "resync", "unknown"]
"""Why an order's place in the queue changed."""


class QueueChange(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a tracked order in the queue has changed; see `Level3Subscription.track`.

    Attributes:
        symbol: The symbol.
        order_id: The order.
        before: Its position before the change.
        after: Its position after it; of exactness "unknown" once the book does not hold the order.
        orders_ahead: By how many orders the queue before it has changed; None where one of the two is not known, the
            book was lost in between, or the order has gone to another price.
        qty_ahead: By how much their quantity has changed, in units of the base currency; None likewise.
        cause: "trade": orders before it were filled, in part or whole. "cancel": their owners took them out. "amend":
            one was amended, or the order itself was. "filled": the order itself was filled: in part, or whole when it
            has left the book. "canceled": its owner took it out. "placed": it has come. "depth": it is beyond the
            book's depth now, or back. "resync": the book was lost in between. "unknown": it can't be told. Of several
            in one message, the one that took the most.
        price: The order's price, or None if it is not known.
        qty: What was filled or taken out, in units of the base currency, or None.
        timestamp: The time of the message as Kraken sent it (RFC 3339), or None.
        recv_ns: When it came, in nanoseconds since the epoch.
    """

    symbol: str
    order_id: str
    before: QueuePosition
    after: QueuePosition
    orders_ahead: int | None
    qty_ahead: Decimal | None
    cause: Cause
    price: Decimal | None = None
    qty: Decimal | None = None
    timestamp: str | None = None
    recv_ns: int = 0
