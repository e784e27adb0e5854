"""Frames as the level3 channel knows them: another channel's, malformed, or a message about orders."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

from reference.json_text import BrokenTextError, Members, Number, Value, read
from reference.message import MalformedMessageError
from reference.numbers import Amount, NumberError, parse

Event = Literal["add", "modify", "delete"]

EVENTS: Final[tuple[Event, ...]] = ("add", "modify", "delete")
LONGEST_ID: Final = 31
_LONGEST_TIMESTAMP: Final = 40
_ENVELOPE: Final = ("channel", "type", "data")
_ELEMENT: Final = ("symbol", "checksum", "bids", "asks", "timestamp")
_ORDER: Final = ("event", "order_id", "limit_price", "order_qty", "timestamp")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)  # RFC 3339


@dataclass(frozen=True)
class Entry:
    """One order as sent.

    Attributes:
        event: What happened; None where the entry has none, as in a snapshot.
        order_id: Whose.
        price: Its limit; None where a delete leaves it out.
        qty: What it shows; None where a delete leaves it out.
        timestamp_ns: When it was inserted or amended; None where a delete leaves it out.
    """

    event: Event | None
    order_id: str
    price: Amount | None
    qty: Amount | None
    timestamp_ns: int | None


@dataclass(frozen=True)
class Message:
    """One level-3 message, read whole; `asks_first` says that its asks stand before its bids, as Kraken's never do."""

    symbol: str
    kind: Literal["snapshot", "update"]
    bids: tuple[Entry, ...]
    asks: tuple[Entry, ...]
    checksum: int | None
    timestamp: str | None
    asks_first: bool = False


class _UnusableError(ValueError):
    pass


def nanoseconds(text: str) -> int:
    """A time in RFC 3339 as epoch nanoseconds; what is finer is dropped.

    Raises:
        ValueError: It is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time")
    moment, fraction, _, sign, hours, minutes = match.groups()
    zone = UTC
    if sign:
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(ahead if sign == "+" else -ahead)
    since = datetime.fromisoformat(moment).replace(tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + int(f"{fraction or '0':0<9.9}")


def decode(frame: bytes) -> Message | None:
    """Reads a frame; None if it is not the level3 channel's.

    Raises:
        MalformedMessageError: It is not JSON, or a level3 frame without a meaning.
    """
    try:
        root = read(frame)
    except BrokenTextError as error:
        if _is_foreign(error.partial):
            return None
        raise MalformedMessageError(str(error), _named(error.partial)) from None
    if not isinstance(root, Members):
        raise MalformedMessageError("a frame is an object", ())
    if _is_foreign(root) or root.count("channel") == 0:
        return None
    try:
        return _message(root)
    except (_UnusableError, NumberError) as error:
        raise MalformedMessageError(str(error), _named(root)) from None


def _is_foreign(root: Value) -> bool:
    """Whether what was read already tells an answer to a request, or another channel's message."""
    if not isinstance(root, Members):
        return False
    channels = [value for key, value in root.pairs if key == "channel"]
    return root.count("method") > 0 or any(isinstance(name, str) and name != "level3" for name in channels)


def _named(root: Value) -> tuple[str, ...]:
    """The symbols that a level3 frame names, in order, as far as it can be read."""
    if not isinstance(root, Members) or root.get("channel") != "level3":
        return ()
    lists = [value for key, value in root.pairs if key == "data" and isinstance(value, list)]
    elements = [element for data in lists for element in data if isinstance(element, Members)]
    values = [value for element in elements for key, value in element.pairs if key == "symbol"]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


def _members(value: Value, once: tuple[str, ...], what: str) -> Members:
    if not isinstance(value, Members):
        raise _UnusableError(f"{what} is no object")
    for key in once:
        if value.count(key) > 1:
            raise _UnusableError(f"{what} has {key!r} twice")
    return value


def _message(root: Members) -> Message:
    _members(root, _ENVELOPE, "the envelope")
    if root.get("channel") != "level3":
        raise _UnusableError("the channel is no string")
    data = root.get("data")
    if not isinstance(data, list) or len(data) != 1:
        raise _UnusableError("data is not a list of one element")
    element = _members(data[0], _ELEMENT, "the element")
    symbol, kind = element.get("symbol"), root.get("type")
    if not isinstance(symbol, str):
        raise _UnusableError("no symbol")
    if kind not in ("snapshot", "update"):
        raise _UnusableError("neither a snapshot nor an update")
    return Message(
        symbol=symbol,
        kind="snapshot" if kind == "snapshot" else "update",
        bids=_side(element, "bids"),
        asks=_side(element, "asks"),
        checksum=_checksum(element),
        timestamp=_timestamp(element.get("timestamp")),
        asks_first=[key for key, _ in element.pairs if key in ("bids", "asks")] == ["asks", "bids"],
    )


def _side(element: Members, name: str) -> tuple[Entry, ...]:
    if element.count(name) == 0:
        return ()
    orders = element.get(name)
    if not isinstance(orders, list):
        raise _UnusableError(f"{name} is no list")
    return tuple(_entry(order) for order in orders)


def _entry(order: Value) -> Entry:
    members = _members(order, _ORDER, "an order")
    event = next((word for word in EVENTS if word == members.get("event")), None)
    if members.count("event") and event is None:
        raise _UnusableError("an event that is none of the three")
    order_id = members.get("order_id")
    if not isinstance(order_id, str) or not (order_id.isascii() and 0 < len(order_id) <= LONGEST_ID):
        raise _UnusableError("no order_id of 1 to 31 ASCII characters")
    price, qty = _amount(members, "limit_price"), _amount(members, "order_qty")
    stamp = _moment(members.get("timestamp")) if members.count("timestamp") else None
    if event != "delete":
        if price is None or qty is None or stamp is None:
            raise _UnusableError("limit_price, order_qty or timestamp is missing")
        if price.value == 0 or qty.value == 0:
            raise _UnusableError("an order of nothing, or for nothing")
    return Entry(event, order_id, price, qty, stamp)


def _amount(members: Members, key: str) -> Amount | None:
    return parse(_token(members.get(key))) if members.count(key) else None


def _token(value: Value) -> str:
    """The text of a number, bare or in quotes."""
    if isinstance(value, Number):
        return value.token
    if isinstance(value, str):
        return value
    raise _UnusableError("no number where one belongs")


def _moment(value: Value) -> int:
    if not isinstance(value, str):
        raise _UnusableError("an order's timestamp is no text")
    try:
        return nanoseconds(value)
    except ValueError as error:
        raise _UnusableError(str(error)) from None


def _checksum(element: Members) -> int | None:
    if element.count("checksum") == 0:
        return None
    value = parse(_token(element.get("checksum"))).value
    if value != int(value) or value >= 2**32:
        raise _UnusableError("the checksum is no unsigned 32-bit integer")
    return int(value)


def _timestamp(value: Value) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and value.isascii() and len(value) <= _LONGEST_TIMESTAMP):
        raise _UnusableError("the timestamp is no RFC 3339 text")
    return value
