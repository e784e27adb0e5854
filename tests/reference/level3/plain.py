"""Results of the reference as they stand in a vector: texts and numbers only."""

from typing import Any

from reference.book import Desync
from reference.engine import Malformed
from reference.level3.book import ReferenceBook
from reference.level3.engine import Result
from reference.level3.telling import Change

Json = dict[str, Any]


def plain_result(result: Result, book: ReferenceBook | None = None) -> Json | str:
    """A result as it stands in a vector; of an update, its book gives the numbers their decimals."""
    if result is None:
        return "none"
    if isinstance(result, Malformed):
        return "malformed"
    if isinstance(result, Desync):
        return {
            "desync": {
                "symbols": list(result.symbols),
                "reason": result.reason,
                "expected": result.expected,
                "computed": result.computed,
            }
        }
    assert book is not None
    return {
        "update": {
            "symbol": result.symbol,
            "type": result.type,
            "bids": [list(order) for order in result.bids],
            "asks": [list(order) for order in result.asks],
            "changes": [plain_change(change, book) for change in result.changes],
            "pushed_out": sorted(result.pushed_out),
            "checksum": result.checksum,
            "crossed": result.crossed,
            "timestamp": result.timestamp,
        }
    }


def plain_change(change: Change, book: ReferenceBook) -> list[str | int]:
    """One change as a row, its numbers with the decimals of the book."""
    return [
        change.side,
        change.event,
        change.order_id,
        change.reason,
        book.price(change.price),
        book.qty(change.qty),
        book.qty(change.before),
        change.timestamp_ns,
        change.entered_ns,
        change.level,
        change.orders_ahead,
        book.qty(change.qty_ahead),
    ]


def plain_positions(book: ReferenceBook) -> Json:
    """The place of every order: by id, the rank of its price, how many and how much ahead, and how much in all."""
    places: Json = {}
    for side in (book.bids, book.asks):
        for order in side.orders():
            place = side.place(order)
            exactness = "exact" if place.level < 10 else "bounded"
            quantities = book.qty(place.qty_ahead), book.qty(place.qty_level)
            places[order.order_id] = [place.level, place.orders_ahead, *quantities, exactness]
    return places
