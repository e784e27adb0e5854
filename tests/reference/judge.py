"""The engine's answers in the same plain form as the vectors and the reference, to be compared."""

from collections.abc import Sequence
from typing import Any

from havklo._engine import Book, BookUpdate, Desync, Engine, Level, MalformedFrame

Json = dict[str, Any]


def rows(levels: Sequence[Level]) -> list[list[str]]:
    """Levels as texts, trailing zeros and all."""
    return [[f"{price:f}", f"{qty:f}"] for price, qty in levels]


def answer(engine: Engine, frame: bytes, recv_ns: int = 0) -> Json | str:
    """What the engine says to a frame; a malformed one is an answer, any other exception is not."""
    try:
        result = engine.receive(frame, recv_ns)
    except MalformedFrame:
        return "malformed"
    return plain(engine, result)


def plain(engine: Engine, result: BookUpdate | Desync | None) -> Json | str:
    """One answer; a book's ladders are read from its live book."""
    if result is None:
        return "none"
    if isinstance(result, Desync):
        return {
            "desync": {
                "symbols": list(result.symbols),
                "reason": str(result.reason),
                "expected": result.expected,
                "computed": result.computed,
            }
        }
    book = engine.book(result.symbol)
    return {
        "update": {
            "symbol": result.symbol,
            "type": result.type,
            "bids": rows(book.bids()),
            "asks": rows(book.asks()),
            "checksum": result.checksum,
            "crossed": result.crossed,
            "timestamp": result.timestamp,
        }
    }


def agrees(said: Json | str, expected: Json | str) -> bool:
    """Whether an answer is the one expected: a sum that is null there is not judged."""
    if isinstance(said, str) or isinstance(expected, str) or "desync" not in said or "desync" not in expected:
        return said == expected
    judged = {key: value for key, value in expected["desync"].items() if value is not None}
    return all(said["desync"][key] == value for key, value in judged.items())


def consistent(result: BookUpdate, book: Book) -> bool:
    """Whether an update and its live book tell the same of best levels, sum, state and time."""
    bids, asks = book.bids(), book.asks()
    best_bid, best_ask = bids[0] if bids else None, asks[0] if asks else None
    both = best_bid is not None and best_ask is not None
    return (
        (result.best_bid, result.best_ask) == (best_bid, best_ask) == (book.best_bid, book.best_ask)
        and (result.top is not None) is both
        and (book.top is not None) is both
        and (result.checksum, result.timestamp, result.crossed, result.recv_ns)
        == (book.checksum, book.timestamp, book.crossed, book.recv_ns)
        and (result.symbol, result.depth) == (book.symbol, book.depth)
        and str(book.state) == "live"
    )
