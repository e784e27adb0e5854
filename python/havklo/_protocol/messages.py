"""What Kraken's spot API v2 says beside the hot channels, and the facts that an engine adds.

`decode` never guesses: what it does not know becomes `Unknown`, what is no JSON raises. New keys are ignored.
"""

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import astuple
from msgspec.structs import force_setattr as fill_in

from havklo.errors import MalformedFrame
from havklo.events import Candle, Instruments, Maintenance, Ticker, Trade

__all__ = [
    "Ack",
    "Activity",
    "Alive",
    "BookLost",
    "BookProven",
    "Malformed",
    "Message",
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
    Ack
    | Activity
    | Alive
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
    result: _Result | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _StatusData(msgspec.Struct):
    system: str
    api_version: str = ""
    version: str = ""
    connection_id: int | str | None = None
    upcoming_maintenance: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()


_envelope = msgspec.json.Decoder(_Envelope)
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
    if envelope.success is False or error is not None:
        return Refusal(
            error=error or "refused without a reason",
            method=envelope.method,
            channel=envelope.channel,
            symbol=envelope.symbol or (envelope.result.symbol if envelope.result else None),
            req_id=envelope.req_id,
        )
    result = envelope.result
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


def _is_finite(row: Row) -> bool:
    """Whether all numbers are such: a text like "NaN" would pass for a Decimal, too."""
    return all(value.is_finite() for value in astuple(row) if type(value) is Decimal)


def _complete(row: Row, kind: str, recv_ns: int) -> None:
    """Give a row what its message says about all rows, before anybody has seen it."""
    fill_in(row, "recv_ns", recv_ns)
    if not isinstance(row, Trade):
        fill_in(row, "type", kind)
