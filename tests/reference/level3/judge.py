"""The engine's answers about level 3 in the same plain form as the vectors and the reference."""

from typing import Any

from havklo._engine import (
    Book,
    BookUpdate,
    Desync,
    Engine,
    Level3Book,
    Level3Update,
    MalformedFrame,
    Order,
    OrderChange,
)

Json = dict[str, Any]


def rows(orders: list[Order]) -> list[list[str]]:
    """Orders as texts: price, quantity, id."""
    return [[f"{order.limit_price:f}", f"{order.order_qty:f}", order.order_id] for order in orders]


def answer(engine: Engine, frame: bytes, recv_ns: int = 0) -> Json | str:
    """What the engine says to a frame; a malformed one is an answer, any other exception is not."""
    try:
        result = engine.receive(frame, recv_ns)
    except MalformedFrame:
        return "malformed"
    return plain(engine, result)


def plain(engine: Engine, result: BookUpdate | Level3Update | Desync | None) -> Json | str:
    """One answer; a book's orders are read from its live book."""
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
    assert isinstance(result, Level3Update)
    book = engine.level3(result.symbol)
    return {
        "update": {
            "symbol": result.symbol,
            "type": result.type,
            "bids": rows(book.orders("bid")),
            "asks": rows(book.orders("ask")),
            "changes": [plain_change(change) for change in result.changes],
            "pushed_out": sorted(result.pushed_out),
            "checksum": result.checksum,
            "crossed": result.crossed,
            "timestamp": result.timestamp,
        }
    }


def plain_change(change: OrderChange) -> list[str | int]:
    """One change as a vector has it."""
    return [
        change.side,
        change.event,
        change.order_id,
        change.reason,
        f"{change.limit_price:f}",
        f"{change.order_qty:f}",
        f"{change.qty_before:f}",
        change.timestamp_ns,
        change.entered_ns,
        change.level,
        change.orders_ahead,
        f"{change.qty_ahead:f}",
    ]


def positions(book: Level3Book) -> Json:
    """The place of every order, asked for by its id."""
    places: Json = {}
    for side in ("bid", "ask"):
        for order in book.orders(side):
            place = book.queue_position(order.order_id)
            assert place.orders_ahead is not None
            assert place.rank == place.orders_ahead + 1
            quantities = f"{place.qty_ahead:f}", f"{place.qty_level:f}"
            places[order.order_id] = [place.level, place.orders_ahead, *quantities, place.exactness]
    return places


def levels(book: Book) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The level-2 view: prices and sums of quantities as texts, best first."""
    bids, asks = ([(f"{price:f}", f"{qty:f}") for price, qty in side] for side in (book.bids(), book.asks()))
    return bids, asks


def agrees(said: Json | str, expected: Json | str) -> bool:
    """Whether an answer is the one expected: a sum that is null there is not judged."""
    if isinstance(said, str) or isinstance(expected, str) or "desync" not in said or "desync" not in expected:
        return said == expected
    judged = {key: value for key, value in expected["desync"].items() if value is not None}
    return all(said["desync"][key] == value for key, value in judged.items())


def difference(said: Json | str, expected: Json | str) -> str:
    """Where two answers differ, for a message that can be read."""
    if isinstance(said, str) or isinstance(expected, str) or said.keys() != expected.keys():
        return f"said {said}\nnot  {expected}"[:3000]
    (kind,) = said
    parts = [key for key in expected[kind] if said[kind][key] != expected[kind][key]]
    lines: list[str] = []
    for key in parts:
        ours, theirs = said[kind][key], expected[kind][key]
        if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
            pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b][:3]
            lines.append(f"{key}: said {[a for a, _ in pairs]}\n{key}: not  {[b for _, b in pairs]}")
        else:
            lines.append(f"{key}: said {ours}\n{key}: not  {theirs}"[:1500])
    return "\n".join(lines)
