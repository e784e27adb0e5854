"""What a frame is about, for whoever routes it."""

import json
from typing import Any, Final, NamedTuple, cast

__all__ = ["ANSWER", "HEARTBEAT", "STATUS", "Key", "Topic", "mentions", "read_timestamp", "read_topic"]

Key = tuple[str, str, int | str]
"""A stream of market data: its channel, its symbol ("" for none), its parameter.

("book", "BTC/USD", 10), ("level3", "BTC/USD", 100), ("trade", "BTC/USD", 0), ("ticker", "BTC/USD", "bbo"),
("ohlc", "BTC/USD", 5), ("instrument", "", 0). A status is each connection's own and goes straight to it.
"""


class Topic(NamedTuple):
    """A frame on its way to one connection: its channel, or "ack" with the method in `symbol`'s place."""

    channel: str
    symbol: str = ""


ANSWER: Final = Topic("ack")
HEARTBEAT: Final = Topic("heartbeat")
STATUS: Final = Topic("status")

_OF_A_SYMBOL: Final = frozenset({"book", "level3", "trade", "ticker", "ohlc"})


def read_topic(frame: bytes) -> Topic:
    """What an answer is about, an ack or a snapshot: read from it, so that nobody has to say it beforehand."""
    message = _read(frame)
    method, channel = message.get("method"), message.get("channel")
    if isinstance(method, str):
        return Topic("ack", method)
    if not isinstance(channel, str):
        return ANSWER
    symbol = _last_row(message).get("symbol", "") if channel in _OF_A_SYMBOL else ""
    return Topic(channel, symbol)


def read_timestamp(frame: bytes) -> str:
    """A message's own time: its `timestamp`, else that of its last row, else ""."""
    message = _read(frame)
    stamp = message.get("timestamp") or _last_row(message).get("timestamp") or ""
    return str(stamp)


def mentions(frame: bytes, symbol: str) -> bool:
    """Whether a message is about a symbol, or has a row about it."""
    return b'"symbol":"%b"' % symbol.encode() in frame


def _read(frame: bytes) -> dict[str, Any]:
    try:
        message = json.loads(frame)
    except ValueError:
        return {}  # a fault has cut it off
    return cast("dict[str, Any]", message) if isinstance(message, dict) else {}


def _last_row(message: dict[str, Any]) -> dict[str, Any]:
    rows: object = message.get("data")
    if isinstance(rows, list) and rows:
        rows = cast("list[object]", rows)[-1]
    return cast("dict[str, Any]", rows) if isinstance(rows, dict) else {}
