"""What the client's process tells the judge's: one JSON line for each thing that it has seen."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from havklo.events import Level

__all__ = ["End", "Gap", "Ladder", "Quote", "Read", "Report", "State", "Told", "decode", "encode", "texts"]

Ladder: TypeAlias = tuple[tuple[str, str], ...]


class Read(msgspec.Struct, array_like=True, tag="read", frozen=True):
    """The top of a book, and as of which message."""

    symbol: str
    timestamp: str
    bids: Ladder
    asks: Ladder
    after_update: bool


class Told(msgspec.Struct, array_like=True, tag="trade", frozen=True):
    """A trade that was handed out."""

    symbol: str
    trade_id: int
    side: str
    price: str
    qty: str
    is_repair: bool


class Gap(msgspec.Struct, array_like=True, tag="gap", frozen=True):
    """Trades that the client says it could not get; without a last one nobody knows how many."""

    symbol: str
    first: int
    last: int | None


class Quote(msgspec.Struct, array_like=True, tag="ticker", frozen=True):
    """The price of the last trade, as a ticker says it."""

    symbol: str
    last: str


class State(msgspec.Struct, array_like=True, tag="state", frozen=True):
    """How the client is, once a second."""

    resident: int
    live: tuple[str, ...]
    refused: int
    desyncs: int
    resyncs: int
    longest_ns: int
    longest: str
    connections: int
    messages: int


class End(msgspec.Struct, array_like=True, tag="end", frozen=True):
    """What the client has cost, and what it has left behind once it was closed."""

    cpu_seconds: float
    messages: int
    tasks: int
    timers: int
    sockets: int


Report: TypeAlias = Read | Told | Gap | Quote | State | End

encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.Decoder(Report).decode


def texts(levels: Sequence[Level]) -> Ladder:
    """Levels with their digits as sent."""
    return tuple((f"{level.price:f}", f"{level.qty:f}") for level in levels)
