"""What the simulator writes: every frame of spot WebSocket v2 that it sends, as bytes.

Book numbers are bare JSON numbers, padded to the pair's precisions. The instrument channel writes its
numbers like Kraken does there, with exponents. Acks have their keys in alphabetical order, which is why
errors begin with `error`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from havklo.sim.symbols import Pair

__all__ = ["ack", "book_message", "decimal", "entry", "heartbeat", "instrument", "pong", "refusal", "status"]


def decimal(value: int, scale: int) -> str:
    """An integer of 10^-scale units as a decimal with exactly that many places, also for zero: 0.00000000."""
    if not scale:
        return str(value)
    text = str(value).zfill(scale + 1)
    return f"{text[:-scale]}.{text[-scale:]}"


def entry(price: str, qty: str) -> str:
    """One level of a book message."""
    return f'{{"price":{price},"qty":{qty}}}'


def book_message(
    kind: str, symbol: str, bids: Iterable[str], asks: Iterable[str], *, checksum: int, timestamp: str
) -> bytes:
    """A book snapshot or update of exactly one symbol."""
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":[{",".join(bids)}],'
        f'"asks":[{",".join(asks)}],"checksum":{checksum},"timestamp":"{timestamp}"}}]}}'
    ).encode("ascii")


def heartbeat() -> bytes:
    """The sign of life."""
    return b'{"channel":"heartbeat"}'


def status(connection_id: int) -> bytes:
    """The first frame of a connection."""
    state: dict[str, object] = {
        "version": "2.0.10",
        "system": "online",
        "api_version": "v2",
        "connection_id": connection_id,
        "upcoming_maintenance": [],
        "emergency": [],
    }
    return _json({"channel": "status", "type": "update", "data": [state]})


def ack(method: str, result: Mapping[str, object], req_id: int | None, time_in: str, time_out: str) -> bytes:
    """A request was accepted, for one symbol or for a channel without symbols."""
    return _answer({"method": method, "result": dict(result), "success": True}, req_id, time_in, time_out)


def refusal(
    error: str,
    method: str | None,
    req_id: int | None,
    time_in: str,
    time_out: str,
    *,
    symbol: str | None = None,
) -> bytes:
    """A request was refused; a refused symbol stands at top level."""
    named = {"method": method, "symbol": symbol}
    fields: dict[str, object] = {key: value for key, value in named.items() if value is not None}
    return _answer({"error": error, "success": False, **fields}, req_id, time_in, time_out)


def pong(req_id: int | None, time_in: str, time_out: str) -> bytes:
    """The answer to a ping."""
    return _answer({"method": "pong"}, req_id, time_in, time_out)


def instrument(pairs: Sequence[Pair]) -> bytes:
    """The snapshot of all assets and pairs; here `data` is an object."""
    assets = sorted({name: None for pair in pairs for name in (pair.base, pair.quote)})
    data = {"assets": [_asset(name, pairs) for name in assets], "pairs": [_pair(pair) for pair in pairs]}
    return _json({"channel": "instrument", "type": "snapshot", "data": data})


def _asset(name: str, pairs: Sequence[Pair]) -> dict[str, object]:
    precision = max([pair.qty_precision for pair in pairs if pair.base == name], default=4)
    return {
        "id": name,
        "status": "enabled",
        "precision": max(precision, 8),
        "precision_display": precision,
        "borrowable": False,
        "collateral_value": 1.0,
    }


def _pair(pair: Pair) -> dict[str, object]:
    tick = 10**-pair.price_precision
    return {
        "symbol": pair.symbol,
        "base": pair.base,
        "quote": pair.quote,
        "status": "online",
        "qty_precision": pair.qty_precision,
        "qty_increment": 10**-pair.qty_precision,
        "qty_min": pair.qty_min / 10**pair.qty_precision,
        "price_precision": pair.price_precision,
        "price_increment": tick,
        "tick_size": tick,
        "cost_precision": 5,
        "cost_min": 0.5,
        "marginable": False,
        "has_index": False,
    }


def _answer(fields: dict[str, object], req_id: int | None, time_in: str, time_out: str) -> bytes:
    fields["time_in"] = time_in
    fields["time_out"] = time_out
    if req_id is not None:
        fields["req_id"] = req_id
    return _json(dict(sorted(fields.items())))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
