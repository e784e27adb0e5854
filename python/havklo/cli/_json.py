"""Writes events as JSON, one object a line, with prices and quantities as texts, digit for digit."""

from decimal import Decimal
from typing import Any

import msgspec

from havklo.cli._view import number
from havklo.events import BookUpdate, Desync, Level

__all__ = ["json_line"]


def json_line(event: Any) -> str:
    """An event as JSON: its kind under `event`, then its fields under their own names."""
    fields = _of_engine(event) if isinstance(event, BookUpdate | Desync) else msgspec.structs.asdict(event)
    written = {name: number(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
    return msgspec.json.encode({"event": _kind(event), **written}, enc_hook=str).decode()


def _kind(event: object) -> str:
    """The event's name, such as trade_gap for TradeGap."""
    name = type(event).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _of_engine(event: BookUpdate | Desync) -> dict[str, Any]:
    """The fields of what the engine makes."""
    if isinstance(event, Desync):
        names = ("symbols", "reason", "expected", "computed", "detail", "timestamp", "recv_ns")
        return {name: getattr(event, name) for name in names}
    return {
        "symbol": event.symbol,
        "type": event.type,
        "depth": event.depth,
        "best_bid": _level(event.best_bid),
        "best_ask": _level(event.best_ask),
        "changes": [
            {"side": each.side, "price": number(each.price), "qty": number(each.qty)} for each in event.changes
        ],
        "checksum": event.checksum,
        "crossed": event.crossed,
        "timestamp": event.timestamp,
        "recv_ns": event.recv_ns,
    }


def _level(level: Level | None) -> dict[str, Any] | None:
    return None if level is None else {"price": number(level.price), "qty": number(level.qty)}
