"""What there is to see of a level-3 book at one instant: the queue at each price, chosen orders, what amends do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Any, Final, Literal

from havklo.analytics import FillEstimate
from havklo.cli._plain import view_line
from havklo.cli._view import View, number
from havklo.events import BookState, Level3Book, Order, Priority, QueuePosition

__all__ = [
    "Asked",
    "Chosen",
    "Queue",
    "QueuesView",
    "chance_text",
    "look",
    "place_text",
    "priority_text",
    "queues_json",
    "queues_line",
]

MOST_LEVELS: Final = 60
"""More than any terminal has rows for."""
MOST_ORDERS: Final = 400
"""More than any terminal has cells for."""

_KINDS: Final[tuple[tuple[Literal["qty_down", "qty_up", "price"], str], ...]] = (
    ("qty_down", "less"),
    ("qty_up", "more"),
    ("price", "price"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is to be watched.

    Attributes:
        symbol: Which book.
        depth: At which depth.
        orders: The ids of orders whose places and chances are wanted.
        within: For how many seconds an order's chance to be filled is asked.
        seconds: For how long; None: until cancelled.
    """

    symbol: str
    depth: int
    orders: tuple[str, ...] = ()
    within: float = 10.0
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The queue at one price.

    Attributes:
        price: The price.
        qty: The quantity of all its orders.
        count: How many they are.
        first: The first of them, first to be filled first.
        biggest: The largest of all of them, the earliest of equal ones; None where the queue is not known.
        proven: Whether the checksum proves their sequence.
    """

    price: Decimal
    qty: Decimal
    count: int
    first: tuple[Order, ...]
    biggest: Order | None
    proven: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """An order that was asked for, and its place.

    Attributes:
        order_id: Its id.
        order: The order; None if the book does not hold it.
        place: Its place.
        chance: How likely it is to be filled within the horizon; None if the book does not hold it or does not learn.
    """

    order_id: str
    order: Order | None
    place: QueuePosition
    chance: FillEstimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesView(View):
    """A level-3 book as it is shown. While it is not live nobody knows the queues, so there are none.

    Attributes:
        bids: The queues of the best bids, best price first.
        asks: The queues of the best asks.
        wanted: The ids of orders that were asked for.
        chosen: These orders, while the book is live.
        within: The horizon of their chances, in seconds.
        priority: What was found out about amended orders.
    """

    bids: tuple[Queue, ...] = ()
    asks: tuple[Queue, ...] = ()
    wanted: tuple[str, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    within: float = 10.0
    priority: Priority | None = None


def look(
    book: Level3Book,
    *,
    venue: str,
    orders: Sequence[str],
    resyncs: int,
    now_ns: int,
    within: float = 10.0,
    levels: int = MOST_LEVELS,
    first: int = MOST_ORDERS,
) -> QueuesView:
    """Look at a book: its levels as they were last proven, and its queues if it is live.

    Args:
        book: The book.
        venue: The venue's name for people.
        orders: The ids of orders whose places are wanted.
        resyncs: How often it was made live again.
        now_ns: The time, in nanoseconds since the epoch.
        within: The horizon of their chances, in seconds.
        levels: How many levels of a side.
        first: How many orders of each queue.
    """
    peek, counted = book.peek(now_ns), book.statistics()
    seen: dict[str, Any] = {
        "symbol": book.symbol,
        "depth": book.depth,
        "venue": venue,
        "state": peek.state,
        "reason": peek.reason,
        "shown": peek.snapshot,
        "proven_depth": book.proven_depth,
        "verified": counted.verified,
        "desyncs": counted.desyncs,
        "resyncs": resyncs,
        "age_ns": peek.age_ns,
        "wanted": tuple(orders),
        "within": within,
    }
    if peek.state is BookState.LIVE:
        seen |= {
            "microprice": book.microprice,
            "imbalance": book.imbalance(10),
            "bids": _queues(book, "bid", levels, first),
            "asks": _queues(book, "ask", levels, first),
            "chosen": tuple(_chosen(book, each, within) for each in orders),
            "priority": book.priority,
        }
    return QueuesView(**seen)


def place_text(chosen: Chosen) -> str:
    """An order's place, in words."""
    order, place = chosen.order, chosen.place
    if order is None or place.qty_ahead is None or place.qty_level is None or place.level is None:
        return f"{chosen.order_id} is not in the book"
    ahead = f"{place.orders_ahead} ahead, {number(place.qty_ahead)} of {number(place.qty_level)}"
    first = "first at its price" if place.level else "next to be filled"
    where = f"{order.side} {number(order.limit_price)}, level {place.level + 1}"
    return f"{chosen.order_id} {place.exactness}: {ahead if place.orders_ahead else first}, {where}"


def chance_text(chosen: Chosen, within: float) -> str:
    """How likely an order is to be filled, in words, with its 95 % interval and whether that is calibrated."""
    chance = chosen.chance
    if chance is None:
        return ""
    said = f"filled within {within:g} s: "
    if isnan(chance.p):
        return said + "not known yet"
    calibrated = "calibrated" if chance.calibrated else "uncalibrated"
    return f"{said}{_percent(chance.p)} % ({_percent(chance.low)} to {_percent(chance.high)}), {calibrated}"


def priority_text(priority: Priority) -> str:
    """What amended orders do, keep their place or go to the back, and how many proved the one and the other."""
    parts: list[str] = []
    for name, said in _KINDS:
        keep, back, _ = priority.evidence.get(name, (0, 0, 0))
        parts.append(f"{said} {getattr(priority, name)} {keep}:{back}")
    return "amends keep:back  " + ", ".join(parts)


def queues_line(view: QueuesView, now_ns: int) -> str:
    """A view as a line, plain ASCII: the market, how many orders stand at the best prices, the chosen orders."""
    said = [view_line(view, now_ns)]
    if view.bids and view.asks:
        said.append(f"orders {_head_text(view.bids[0])} at the bid, {_head_text(view.asks[0])} at the ask")
    for chosen in view.chosen:
        said += [part for part in (place_text(chosen), chance_text(chosen, view.within)) if part]
    return " | ".join(said)


def queues_json(view: QueuesView) -> dict[str, Any]:
    """The same as values for JSON, with prices and quantities as texts, digit for digit."""
    return {
        "bids": [_queue_json(queue) for queue in view.bids],
        "asks": [_queue_json(queue) for queue in view.asks],
        "orders": [_chosen_json(chosen, view.within) for chosen in view.chosen],
        "priority": None if view.priority is None else _priority_json(view.priority),
    }


def _queues(book: Level3Book, side: Literal["bid", "ask"], levels: int, first: int) -> tuple[Queue, ...]:
    """The queues of the best levels of a side, with the first orders of each."""
    queues: list[Queue] = []
    for rank, level in enumerate(book.bids(levels) if side == "bid" else book.asks(levels)):
        orders = book.orders(side, rank)
        queues.append(
            Queue(
                price=level.price,
                qty=level.qty,
                count=len(orders),
                first=tuple(orders[:first]),
                biggest=max(orders, key=lambda order: order.order_qty),
                proven=level.proven,
            )
        )
    return tuple(queues)


def _chosen(book: Level3Book, order_id: str, within: float) -> Chosen:
    """A chosen order; a book that does not learn is not made to by looking at it."""
    order = book.order(order_id)
    is_asked = order is not None and book.learns
    return Chosen(
        order_id=order_id,
        order=order,
        place=book.queue_position(order_id),
        chance=book.fill_probability(order_id, within=within) if is_asked else None,
    )


def _percent(p: float) -> str:
    """A probability in percent: nothing is certain but 0 and 1 themselves."""
    if 0 < p < 0.01:
        return "<1"
    return ">99" if 0.99 < p < 1 else f"{100 * p:.0f}"


def _head_text(queue: Queue) -> str:
    biggest = "" if queue.biggest is None else f" (biggest {number(queue.biggest.order_qty)})"
    return f"{queue.count}{biggest}"


def _queue_json(queue: Queue) -> dict[str, Any]:
    return {
        "price": number(queue.price),
        "qty": number(queue.qty),
        "orders": queue.count,
        "proven": queue.proven,
        "biggest": None if queue.biggest is None else _order_json(queue.biggest),
        "first": [_order_json(order) for order in queue.first],
    }


def _order_json(order: Order) -> dict[str, str]:
    return {"order_id": order.order_id, "order_qty": number(order.order_qty)}


def _chosen_json(chosen: Chosen, within: float) -> dict[str, Any]:
    order, place = chosen.order, chosen.place
    return {
        "order_id": chosen.order_id,
        "side": None if order is None else order.side,
        "limit_price": None if order is None else number(order.limit_price),
        "order_qty": None if order is None else number(order.order_qty),
        "level": place.level,
        "orders_ahead": place.orders_ahead,
        "qty_ahead": None if place.qty_ahead is None else number(place.qty_ahead),
        "qty_level": None if place.qty_level is None else number(place.qty_level),
        "exactness": place.exactness,
        "chance": _chance_json(chosen.chance, within),
    }


def _chance_json(chance: FillEstimate | None, within: float) -> dict[str, Any] | None:
    """Nothing where nobody knows: JSON has no NaN."""
    if chance is None or isnan(chance.p):
        return None
    return {
        "within": within,
        "p": chance.p,
        "low": chance.low,
        "high": chance.high,
        "model": chance.model,
        "calibrated": chance.calibrated,
    }


def _priority_json(priority: Priority) -> dict[str, Any]:
    names = ("keep", "back", "ambiguous")
    return {
        name: {"verdict": getattr(priority, name), **dict(zip(names, priority.evidence[name], strict=True))}
        for name, _ in _KINDS
    }
