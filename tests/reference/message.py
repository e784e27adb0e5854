"""Frames as the book channel knows them: another channel's, malformed, or a message and what it says."""

from dataclasses import dataclass
from typing import Literal

from reference.json_text import BrokenTextError, Members, Number, Value, read
from reference.numbers import Amount, NumberError, parse

_ENVELOPE = ("channel", "type", "data")
_LONGEST_TIMESTAMP = 40
_ELEMENT = ("symbol", "bids", "asks", "checksum", "timestamp")


class MalformedMessageError(ValueError):
    """A book frame that can't be used; `symbols` are those it names."""

    def __init__(self, detail: str, symbols: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.symbols = symbols


@dataclass(frozen=True)
class Entry:
    """One level change as sent; quantity 0 removes the level."""

    price: Amount
    qty: Amount


@dataclass(frozen=True)
class Message:
    """One book message, read whole."""

    symbol: str
    kind: Literal["snapshot", "update"]
    bids: tuple[Entry, ...]
    asks: tuple[Entry, ...]
    checksum: int | None
    timestamp: str | None


def decode(frame: bytes) -> Message | None:
    """Reads a frame; None if it is not the book channel's.

    Raises:
        MalformedMessageError: It is not JSON, or a book frame without a meaning.
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


class _UnusableError(ValueError):
    pass


def _is_foreign(root: Value) -> bool:
    """Whether what was read already tells an answer to a request, or another channel's message."""
    if not isinstance(root, Members):
        return False
    channels = [value for key, value in root.pairs if key == "channel"]
    return root.count("method") > 0 or any(isinstance(name, str) and name != "book" for name in channels)


def _named(root: Value) -> tuple[str, ...]:
    """The symbols that a book frame names, in order, as far as it can be read."""
    if not isinstance(root, Members) or root.get("channel") != "book":
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
    if root.get("channel") != "book":
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
    )


def _side(element: Members, name: str) -> tuple[Entry, ...]:
    if element.count(name) == 0:
        return ()
    levels = element.get(name)
    if not isinstance(levels, list):
        raise _UnusableError(f"{name} is no list")
    return tuple(_entry(level) for level in levels)


def _entry(level: Value) -> Entry:
    members = _members(level, ("price", "qty"), "a level")
    price, qty = parse(_token(members.get("price"))), parse(_token(members.get("qty")))
    if price.value == 0:
        raise _UnusableError("a price of zero")
    return Entry(price, qty)


def _token(value: Value) -> str:
    """The text of a number, bare or in quotes."""
    if isinstance(value, Number):
        return value.token
    if isinstance(value, str):
        return value
    raise _UnusableError("a price or a quantity is missing or no number")


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
