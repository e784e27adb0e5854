"""What can be read of an order, be its client asynchronous or not."""

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from havklo._protocol.trading.record import Record
    from havklo.events import Fill, OrderState
    from havklo.orders.requests import OrderRequest

__all__ = ["OrderFacts"]

_BPS: Final = 10_000
_RATIO: Final = Context(prec=28)


class OrderFacts:
    """An order as it is known here; from any thread."""

    __slots__ = ("_record",)

    def __init__(self, record: "Record") -> None:
        self._record = record

    def __repr__(self) -> str:
        record = self._record
        about = f"{record.side} {record.order_qty} {record.symbol} {record.order_type}"
        return f"<{type(self).__name__} {record.order_id or record.cl_ord_id}: {about}, {record.state}>"

    # -- what it is --------------------------------------------------------------------------

    @property
    def order_id(self) -> str | None:
        """Kraken's id, or None as long as it is not known."""
        return self._record.order_id

    @property
    def cl_ord_id(self) -> str | None:
        """Its maker's id, or None."""
        return self._record.cl_ord_id

    @property
    def order_userref(self) -> int | None:
        """Its maker's number, or None."""
        return self._record.order_userref

    @property
    def key(self) -> str | None:
        """The idempotency key that it was placed with, or None."""
        return self._record.key

    @property
    def request(self) -> "OrderRequest | None":
        """What was asked for; None of an order that was found."""
        return cast("OrderRequest | None", self._record.request)

    @property
    def symbol(self) -> str:
        """The pair."""
        return self._record.symbol

    @property
    def side(self) -> str:
        """Either "buy" or "sell"."""
        return self._record.side

    @property
    def order_type(self) -> str:
        """Kraken's name of its type."""
        return self._record.order_type

    @property
    def state(self) -> "OrderState":
        """Where it stands."""
        return self._record.state

    @property
    def reason(self) -> str:
        """Why it has ended, or why its state is unknown; empty otherwise."""
        return self._record.reason

    # -- how much, and for how much ----------------------------------------------------------

    @property
    def order_qty(self) -> Decimal | None:
        """All of it, in the base asset, as amends have left it; None where it says what to spend instead."""
        return self._record.order_qty

    @property
    def limit_price(self) -> Decimal | None:
        """Its limit as amends have left it, or None."""
        return self._record.limit_price

    @property
    def trigger_price(self) -> Decimal | None:
        """What starts it, or its distance; None if nothing does."""
        return self._record.trigger_price

    @property
    def display_qty(self) -> Decimal | None:
        """What an iceberg shows at a time, or None."""
        return self._record.display_qty

    @property
    def cum_qty(self) -> Decimal:
        """What was filled."""
        return self._record.cum_qty

    @property
    def remaining(self) -> Decimal | None:
        """What is left to be filled, 0 once it is over; None where it says what to spend instead."""
        record = self._record
        if record.state.is_final:
            return Decimal(0)
        return None if record.order_qty is None else max(Decimal(0), record.order_qty - record.cum_qty)

    @property
    def cost(self) -> Decimal:
        """What was filled, times its prices: in the quote asset, without fees."""
        return self._record.cum_cost

    @property
    def avg_price(self) -> Decimal | None:
        """The average price of what was filled; None before the first fill."""
        return self._record.avg_price

    @property
    def fees(self) -> Mapping[str, Decimal]:
        """What was taken for it, by asset."""
        return self._record.fees

    def fills(self) -> "tuple[Fill, ...]":
        """Give its fills, oldest first."""
        fills = self._record.fills
        return () if fills is None else tuple(fills.values())

    # -- how well ----------------------------------------------------------------------------

    @property
    def slippage_bps(self) -> Decimal | None:
        """By how many hundredths of a percent it was filled worse than the middle of the book when it was placed.

        Negative: better. None before the first fill, and without a verified book of the pair at that moment.
        """
        mid, price = self._record.mid, self._record.avg_price
        if mid is None or price is None:
            return None
        worse = price - mid if self._record.side == "buy" else mid - price
        return _RATIO.divide(worse * _BPS, mid)

    @property
    def time_to_first_fill_ns(self) -> int | None:
        """How long after it was sent its first fill was told here, in nanoseconds; None before that."""
        record = self._record
        if record.sent_at is None or record.filled_at is None:
            return None
        return record.filled_at - record.sent_at
