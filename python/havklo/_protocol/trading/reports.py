"""What the executions and balances channels say, row by row, as it is on the wire."""

from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Final, cast, final

import msgspec
from msgspec.structs import fields

from havklo.events import Fee, Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Entry", "Report", "Triggers", "read_rows"]


@final
class Triggers(msgspec.Struct, frozen=True, gc=False):
    """What starts an order that waits for a price."""

    reference: str | None = None
    price: Decimal | None = None
    price_type: str | None = None
    actual_price: Decimal | None = None
    peak_price: Decimal | None = None
    last_price: Decimal | None = None
    status: str | None = None


@final
class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One row of executions: it has only what is new, or what matters for its `exec_type`."""

    order_id: str
    exec_type: str
    order_status: str | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    symbol: str | None = None
    side: str | None = None
    order_type: str | None = None
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    limit_price: Decimal | None = None
    limit_price_type: str | None = None
    display_qty: Decimal | None = None
    time_in_force: str | None = None
    post_only: bool | None = None
    reduce_only: bool | None = None
    margin: bool | None = None
    fee_ccy_pref: str | None = None
    cum_qty: Decimal | None = None
    cum_cost: Decimal | None = None
    avg_price: Decimal | None = None
    exec_id: str | None = None
    trade_id: int | None = None
    last_qty: Decimal | None = None
    last_price: Decimal | None = None
    cost: Decimal | None = None
    fees: tuple[Fee, ...] = ()
    liquidity_ind: str | None = None
    reason: str | None = None
    timestamp: str = ""
    ord_ref_id: str | None = None
    amended: bool | None = None
    triggers: Triggers | None = None
    ratecount: Decimal | None = None


@final
class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of balances: of a snapshot an asset, of an update an entry of the ledger."""

    asset: str
    balance: Decimal
    wallets: tuple[Wallet, ...] = ()
    amount: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    type: str = ""
    category: str = ""
    ledger_id: str = ""
    ref_id: str = ""
    timestamp: str = ""
    wallet_type: str = "spot"
    wallet_id: str = "main"


def _numbers(row: type[msgspec.Struct]) -> "Callable[[object], tuple[object, ...]]":
    """What gives a row's own numbers, in one call: this is done for every row."""
    names = [field.name for field in fields(row) if field.type in (Decimal, Decimal | None)]
    return cast("Callable[[object], tuple[object, ...]]", attrgetter(*names))


_NUMBERS: Final = {"executions": _numbers(Report), "balances": _numbers(Entry)}
_REPORTS: Final = msgspec.json.Decoder(tuple[Report, ...])
_ENTRIES: Final = msgspec.json.Decoder(tuple[Entry, ...])


def read_rows(channel: str, data: msgspec.Raw) -> tuple[Report, ...] | tuple[Entry, ...]:
    """Read a message's rows.

    Raises:
        msgspec.ValidationError: They can't be read, or have a number that is none.
    """
    rows = _REPORTS.decode(data) if channel == "executions" else _ENTRIES.decode(data)
    numbers = _NUMBERS[channel]
    for row in rows:
        for value in numbers(row):
            if value is not None and not cast("Decimal", value).is_finite():
                raise msgspec.ValidationError("a number that is none")
    return rows
