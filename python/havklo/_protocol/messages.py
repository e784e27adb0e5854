"""What Kraken's spot API v2 says beside the hot channels, and the three facts that an engine adds.

`decode` never guesses: what it does not know becomes `Unknown`, what is no JSON raises. New keys are ignored.
"""

from decimal import Decimal
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from havklo.errors import MalformedFrame
from havklo.events import Maintenance

__all__ = [
    "Ack",
    "Asset",
    "BookLost",
    "BookProven",
    "Heartbeat",
    "Instruments",
    "Malformed",
    "Message",
    "Pair",
    "Pong",
    "Refusal",
    "StatusReport",
    "Unknown",
    "decode",
]

Method: TypeAlias = Literal["subscribe", "unsubscribe"]


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="ack"):
    """Kraken accepted a subscribe or unsubscribe: one ack per symbol, all with the request's id."""

    method: Method
    channel: str
    symbol: str | None = None
    req_id: int | None = None
    warnings: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="refusal"):
    """Kraken refused a request. Which keys are there differs from error to error."""

    error: str
    method: str | None = None
    channel: str | None = None
    symbol: str | None = None
    req_id: int | None = None


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="pong"):
    """The answer to a ping."""

    req_id: int | None = None


class Heartbeat(msgspec.Struct, frozen=True, tag_field="fact", tag="heartbeat"):
    """A sign of life, about once a second while anything is subscribed."""


class StatusReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="status"):
    """The trading engine's status: sent on connect and on every change."""

    system: str
    api_version: str = ""
    version: str = ""
    connection_id: int | str | None = None
    upcoming_maintenance: tuple[Maintenance, ...] = ()


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One asset of the instrument channel."""

    id: str
    status: str = "enabled"
    precision: int | None = None
    precision_display: int | None = None


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of the instrument channel; numbers keep their digits."""

    symbol: str
    base: str
    quote: str
    status: str
    price_precision: int
    qty_precision: int
    price_increment: Decimal
    qty_increment: Decimal
    qty_min: Decimal
    cost_precision: int | None = None
    cost_min: Decimal | None = None


class Instruments(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="instruments"):
    """All assets and pairs (a snapshot), or those that have changed."""

    snapshot: bool
    assets: tuple[Asset, ...] = ()
    pairs: tuple[Pair, ...] = ()


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="unknown"):
    """A message of a channel or a shape that this version does not know."""

    channel: str | None = None


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


Message: TypeAlias = (
    Ack | Refusal | Pong | Heartbeat | StatusReport | Instruments | Unknown | BookProven | BookLost | Malformed
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
    result: _Result | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _InstrumentData(msgspec.Struct):
    assets: tuple[Asset, ...] = ()
    pairs: tuple[Pair, ...] = ()


class _StatusData(msgspec.Struct):
    system: str
    api_version: str = ""
    version: str = ""
    connection_id: int | str | None = None
    upcoming_maintenance: tuple[Maintenance, ...] = ()


_envelope = msgspec.json.Decoder(_Envelope)
_status = msgspec.json.Decoder(tuple[_StatusData, ...])
# `cost_min` is documented as a string and sent as a number: strict would refuse one of the two.
_instruments = msgspec.json.Decoder(_InstrumentData, strict=False)
_T = TypeVar("_T")


def decode(frame: bytes) -> Message:
    """Read one message.

    Raises:
        MalformedFrame: The bytes are no JSON.
    """
    try:
        envelope = _envelope.decode(frame)
    except msgspec.ValidationError:
        return Unknown()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedFrame(str(error), frame) from error
    if envelope.method is not None or envelope.success is not None or envelope.Error is not None:
        return _response(envelope)
    match envelope.channel:
        case "heartbeat":
            return Heartbeat()
        case "status":
            return _read_status(envelope)
        case "instrument":
            return _read_instruments(envelope)
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
            return Pong(req_id=envelope.req_id)
        case "subscribe" | "unsubscribe" if result is not None and result.channel is not None:
            return Ack(
                method=envelope.method,
                channel=result.channel,
                symbol=result.symbol,
                req_id=envelope.req_id,
                warnings=result.warnings,
            )
        case _:
            return Unknown(channel=envelope.channel)


def _read_status(envelope: _Envelope) -> Message:
    reports = _read(_status, envelope.data)
    if not reports:
        return Unknown(channel="status")
    report = reports[0]
    return StatusReport(
        system=report.system,
        api_version=report.api_version,
        version=report.version,
        connection_id=report.connection_id,
        upcoming_maintenance=report.upcoming_maintenance,
    )


def _read_instruments(envelope: _Envelope) -> Message:
    data = _read(_instruments, envelope.data)
    if data is None:
        return Unknown(channel="instrument")
    return Instruments(snapshot=envelope.type == "snapshot", assets=data.assets, pairs=data.pairs)


def _read(decoder: msgspec.json.Decoder[_T], data: Any) -> _T | None:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        return None
