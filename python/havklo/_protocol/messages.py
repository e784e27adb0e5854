"""What Kraken's spot API v2 says beside the hot channels, and the facts that an engine adds.

`decode` never guesses: what it does not know becomes `Unknown`, what is no JSON raises. New keys are ignored.
"""

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec.structs import astuple
from msgspec.structs import force_setattr as fill_in

from havklo.errors import MalformedFrame
from havklo.events import Candle, Instruments, Maintenance, Ticker, Trade

__all__ = [
    "AccountRow",
    "AccountRows",
    "Ack",
    "Activity",
    "Alive",
    "Answer",
    "BookLost",
    "BookProven",
    "Malformed",
    "Message",
    "OrderResult",
    "Pong",
    "Refusal",
    "Row",
    "Rows",
    "StatusReport",
    "Unknown",
    "Unreadable",
    "decode",
]

Method: TypeAlias = Literal["subscribe", "unsubscribe"]
Row: TypeAlias = Trade | Ticker | Candle | Instruments

if TYPE_CHECKING:
    from collections.abc import Callable

    from havklo._protocol.trading.reports import Entry, Report

    AccountRow: TypeAlias = Report | Entry
else:
    AccountRow = object  # what few programs need is loaded when the first of them comes

ORDER_METHODS = frozenset(
    {
        "add_order",
        "amend_order",
        "edit_order",
        "cancel_order",
        "cancel_all",
        "cancel_all_orders_after",
        "batch_add",
        "batch_cancel",
    }
)
"""The requests whose answers are about orders."""


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="ack"):
    """Kraken accepted a subscribe or unsubscribe: one ack per symbol, all with the request's id.

    `time_out` is when the server sent it.
    """

    method: Method
    channel: str
    symbol: str | None = None
    req_id: int | None = None
    warnings: tuple[str, ...] = ()
    time_out: str | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="refusal"):
    """Kraken refused a request. Which keys are there differs from error to error."""

    error: str
    method: str | None = None
    channel: str | None = None
    symbol: str | None = None
    req_id: int | None = None


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="pong"):
    """The answer to a ping; the times are the server's, of its coming in and of the answer's going out."""

    req_id: int | None = None
    time_in: str | None = None
    time_out: str | None = None


class Alive(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="heartbeat"):
    """A heartbeat: a sign of life, about once a second while anything is subscribed."""

    recv_ns: int = 0


class StatusReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="status"):
    """The trading engine's status: sent on connect and on every change."""

    system: str
    api_version: str = ""
    version: str = ""
    connection_id: int | str | None = None
    upcoming_maintenance: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()


class Rows(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="rows"):
    """What a channel without checksums says: finished events, in Kraken's order."""

    channel: str
    snapshot: bool
    rows: tuple[Row, ...]


class AccountRows(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="account_rows"):
    """What a numbered channel says of an account, in Kraken's order; the numbers begin anew with each subscription."""

    channel: str
    snapshot: bool
    rows: tuple[AccountRow, ...]
    sequence: int | None = None
    recv_ns: int = 0


class OrderResult(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of one order of a request: ids, or why it was refused alone."""

    order_id: str | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    original_order_id: str | None = None
    amend_id: str | None = None
    count: int | None = None
    trigger_time: str | None = msgspec.field(default=None, name="triggerTime")
    error: str | None = None
    warnings: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="answer"):
    """The answer to a request about orders, or one of its answers; without an `error` it was carried out."""

    method: str
    req_id: int | None = None
    error: str | None = None
    results: tuple[OrderResult, ...] = ()
    time_in: str | None = None
    time_out: str | None = None


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="unknown"):
    """A message of a channel or a shape that this version does not know."""

    channel: str | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="unreadable"):
    """A message of a known channel whose data can't be read: its rows are lost, whosever they were."""

    channel: str
    detail: str


class BookProven(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="proven"):
    """The engine has verified a book message."""

    symbol: str
    snapshot: bool = False
    crossed: bool = False
    channel: str = "book"


class BookLost(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="lost"):
    """The engine has found books desynchronised; `resync` is the policy's decision."""

    symbols: tuple[str, ...]
    reason: str
    resync: bool = True
    channel: str = "book"


class Malformed(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="malformed"):
    """A frame that nobody could read, and that may have belonged to any book of the connection."""

    detail: str


class Activity(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="activity"):
    """How lively books are, in answer to a `Check`: the messages each has had, and the age of its latest one."""

    books: dict[str, tuple[int, int]]
    channel: str = "book"


Message: TypeAlias = (
    AccountRows
    | Ack
    | Activity
    | Alive
    | Answer
    | BookLost
    | BookProven
    | Malformed
    | Pong
    | Refusal
    | Rows
    | StatusReport
    | Unknown
    | Unreadable
)


class _Result(msgspec.Struct):
    channel: str | None = None
    symbol: str | None = None
    warnings: tuple[str, ...] = ()


class _Envelope(msgspec.Struct):
    method: str | None = None
    channel: str | None = None
    type: str | None = None
    success: bool | None = None
    error: str | None = None
    # Over the message rate Kraken answers `{"Error": ...}`, with nothing else in it.
    Error: str | None = None
    symbol: str | None = None
    req_id: int | None = None
    time_in: str | None = None
    time_out: str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    data: msgspec.Raw = msgspec.Raw(b"null")
    sequence: int | None = None
    # Which order a refused cancel is about, and the count of a batch's.
    order_id: str | None = None
    cl_ord_id: str | None = None
    orders_cancelled: int | None = None


class _StatusData(msgspec.Struct):
    system: str
    api_version: str = ""
    version: str = ""
    connection_id: int | str | None = None
    upcoming_maintenance: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()


_envelope = msgspec.json.Decoder(_Envelope)
_result = msgspec.json.Decoder(_Result | None)
_order_results: msgspec.json.Decoder[tuple[OrderResult, ...] | OrderResult | None] = msgspec.json.Decoder(
    tuple[OrderResult, ...] | OrderResult | None
)
_status = msgspec.json.Decoder(tuple[_StatusData, ...])
# Kraken documents some numbers as strings and sends numbers (`cost_min`): strict would refuse one of the two.
_instruments = msgspec.json.Decoder(Instruments, strict=False)
_rows: dict[str, msgspec.json.Decoder[tuple[Trade | Ticker | Candle, ...]]] = {
    "trade": msgspec.json.Decoder(tuple[Trade, ...], strict=False),
    "ticker": msgspec.json.Decoder(tuple[Ticker, ...], strict=False),
    "ohlc": msgspec.json.Decoder(tuple[Candle, ...], strict=False),
}


def decode(frame: bytes, recv_ns: int = 0) -> Message:
    """Read one message, that came at `recv_ns`.

    Raises:
        MalformedFrame: The bytes are no JSON.
    """
    try:
        envelope = _envelope.decode(frame)
    except msgspec.ValidationError:
        return Unknown()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedFrame(str(error), frame) from error
    try:
        if envelope.method is not None or envelope.success is not None or envelope.Error is not None:
            return _response(envelope)
        return _data(envelope, recv_ns)
    except (UnicodeDecodeError, RecursionError) as error:
        # What is inside `data` is read only now.
        raise MalformedFrame(str(error), frame) from error


def _data(envelope: _Envelope, recv_ns: int) -> Message:
    match envelope.channel:
        case "executions" | "balances":
            return _read_account(envelope.channel, envelope, recv_ns)
        case "trade" | "ticker" | "ohlc":
            return _read_rows(envelope.channel, envelope, recv_ns)
        case "heartbeat":
            return Alive(recv_ns=recv_ns)
        case "status":
            return _read_status(envelope)
        case "instrument":
            return _read_instruments(envelope, recv_ns)
        case _:
            return Unknown(channel=envelope.channel)


def _response(envelope: _Envelope) -> Message:
    error = envelope.error or envelope.Error
    if envelope.method in ORDER_METHODS:
        return _read_answer(envelope.method, envelope, error)
    try:
        result = _result.decode(envelope.result)
    except msgspec.ValidationError:
        return Unknown()
    if envelope.success is False or error is not None:
        return Refusal(
            error=error or "refused without a reason",
            method=envelope.method,
            channel=envelope.channel,
            symbol=envelope.symbol or (result.symbol if result else None),
            req_id=envelope.req_id,
        )
    match envelope.method:
        case "pong":
            return Pong(req_id=envelope.req_id, time_in=envelope.time_in, time_out=envelope.time_out)
        case "subscribe" | "unsubscribe" if result is not None and result.channel is not None:
            return Ack(
                method=envelope.method,
                channel=result.channel,
                symbol=result.symbol,
                req_id=envelope.req_id,
                warnings=result.warnings,
                time_out=envelope.time_out,
            )
        case _:
            return Unknown(channel=envelope.channel)


def _read_status(envelope: _Envelope) -> Message:
    try:
        reports = _status.decode(envelope.data)
    except msgspec.ValidationError:
        return Unknown(channel="status")
    if not reports:
        return Unknown(channel="status")
    report = reports[0]
    return StatusReport(
        system=report.system,
        api_version=report.api_version,
        version=report.version,
        connection_id=report.connection_id,
        upcoming_maintenance=report.upcoming_maintenance,
        emergency=report.emergency,
    )


def _read_rows(channel: str, envelope: _Envelope, recv_ns: int) -> Message:
    try:
        rows = _rows[channel].decode(envelope.data)
    except msgspec.ValidationError as error:
        return Unreadable(channel=channel, detail=str(error))
    if not all(map(_is_finite, rows)):
        return Unreadable(channel=channel, detail="a number that is none")
    for row in rows:
        _complete(row, envelope.type or "update", recv_ns)
    return Rows(channel=channel, snapshot=envelope.type == "snapshot", rows=rows)


def _read_instruments(envelope: _Envelope, recv_ns: int) -> Message:
    try:
        listing = _instruments.decode(envelope.data)
    except msgspec.ValidationError as error:
        return Unreadable(channel="instrument", detail=str(error))
    _complete(listing, envelope.type or "update", recv_ns)
    return Rows(channel="instrument", snapshot=envelope.type == "snapshot", rows=(listing,))


def _read_answer(method: str, envelope: _Envelope, error: str | None) -> Message:
    failed = envelope.success is False or error is not None
    try:
        result = None if failed else _order_results.decode(envelope.result)
    except msgspec.ValidationError as wrong:
        return Unreadable(channel=method, detail=str(wrong))
    if failed or result is None:
        result = OrderResult(order_id=envelope.order_id, cl_ord_id=envelope.cl_ord_id, count=envelope.orders_cancelled)
    results: tuple[OrderResult, ...] = (result,) if isinstance(result, OrderResult) else result
    return Answer(
        method=method,
        req_id=envelope.req_id,
        error=(error or "refused without a reason") if failed else None,
        results=results,
        time_in=envelope.time_in,
        time_out=envelope.time_out,
    )


@cache
def _row_reader() -> "Callable[[str, msgspec.Raw], tuple[AccountRow, ...]]":
    # Few programs need it, and importing havklo stays light.
    from havklo._protocol.trading.reports import read_rows  # noqa: PLC0415

    return read_rows


def _read_account(channel: str, envelope: _Envelope, recv_ns: int) -> Message:
    try:
        rows = _row_reader()(channel, envelope.data)
    except msgspec.ValidationError as error:
        return Unreadable(channel=channel, detail=str(error))
    return AccountRows(
        channel=channel,
        snapshot=envelope.type == "snapshot",
        rows=rows,
        sequence=envelope.sequence,
        recv_ns=recv_ns,
    )


def _is_finite(row: Row) -> bool:
    """Whether all numbers are such: a text like "NaN" would pass for a Decimal, too."""
    return all(value.is_finite() for value in astuple(row) if type(value) is Decimal)


def _complete(row: Row, kind: str, recv_ns: int) -> None:
    """Give a row what its message says about all rows, before anybody has seen it."""
    fill_in(row, "recv_ns", recv_ns)
    if not isinstance(row, Trade):
        fill_in(row, "type", kind)
