"""What one message does to the judge's book, entry by entry: what each meant, and which rules it broke."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from reference.level3.message import Entry
from reference.level3.sides import Name, Order, Position, Side

Answer = Literal["keep", "back"]


@dataclass(frozen=True)
class Priority:
    """What the exchange does with the place of an order that is amended; a new price is the end of the new queue."""

    qty_down: Answer = "keep"
    qty_up: Answer = "back"


@dataclass(frozen=True)
class Change:
    """What an entry did; `vectors/level3/README.md` says what each field means."""

    side: Name
    event: str
    order_id: str
    price: Decimal
    qty: Decimal
    before: Decimal
    timestamp_ns: int
    entered_ns: int
    level: int
    orders_ahead: int
    qty_ahead: Decimal
    reason: str


@dataclass
class _Window:
    """One side while a message is applied.

    Attributes:
        edge: The price of the level that came in last from outside.
        emptied: Whether the entry before was a delete that took a level with it.
        overflowed: Whether the side has been longer than its depth in this message.
    """

    edge: Decimal | None = None
    emptied: bool = False
    overflowed: bool = False


class Telling:
    """A message's entries are applied by `take`, in order; `changes` and `findings` are what there is to tell."""

    def __init__(self, sides: tuple[Side, Side], depth: int, priority: Priority, kind: str) -> None:
        self.sides = sides
        self.depth = depth
        self.priority = priority
        self.snapshot = kind == "snapshot"
        self.changes: list[Change] = []
        self.findings: list[str] = []
        self.windows = {side.name: _Window() for side in sides}
        self.left: dict[str, tuple[Order, int]] = {}
        """Orders that this message deleted, and at which of the changes."""

    def take(self, side: Side, entry: Entry) -> None:
        """Applies one entry."""
        window = self.windows[side.name]
        after_emptied, window.emptied = window.emptied, False
        if entry.event == "delete":
            self._delete(side, entry)
        elif entry.event == "modify":
            self._modify(side, entry)
        else:
            self._add(side, entry, after_emptied=after_emptied)
        window.overflowed = window.overflowed or len(side.queues) > self.depth

    def _delete(self, side: Side, entry: Entry) -> None:
        held = side.find(entry.order_id)
        if held is None:
            self.findings.append("unknown_delete")
            return
        place = side.place(held)
        first = place.level == 0 and place.orders_ahead == 0
        self.left[held.order_id] = held, len(self.changes)
        self._tell(side, "delete", held, place, held.qty.value, "unknown" if first else "cancel")
        self.windows[side.name].emptied = side.remove(held)

    def _modify(self, side: Side, entry: Entry) -> None:
        held = side.find(entry.order_id)
        if held is None:
            self.findings.append("unknown_delete")
            return
        order = _order(entry, held.entered_ns)
        before, after = held.qty.value, order.qty.value
        amended = order.timestamp_ns != held.timestamp_ns
        answer: Answer = "keep"
        if order.price.value != held.price.value:
            answer = "back"
        elif amended and after != before:
            answer = self.priority.qty_down if after < before else self.priority.qty_up
        elif not amended and after == before:
            self.findings.append("unchanged_level")
        if answer == "back":
            side.remove(held)
            side.append(order)
        else:
            side.change(held, order)
        is_fill = answer == "keep" and not amended and after <= before
        self._tell(side, "modify", order, side.place(order), before, "fill" if is_fill else "amend")

    def _add(self, side: Side, entry: Entry, *, after_emptied: bool) -> None:
        order_id = entry.order_id
        place, held = next(
            ((other, found) for other in self.sides if (found := other.find(order_id))),
            (side, None),
        )
        if held is not None:
            reason = self._add_again(place, held, entry)
            order = _order(entry, held.entered_ns)
        elif order_id in self.left:
            former, index = self.left[order_id]
            self.changes[index] = replace(self.changes[index], reason="amend")
            reason, order = "amend", _order(entry, former.entered_ns)
        else:
            order = _order(entry)
            reason = "snapshot" if self.snapshot else self._new(side, order.price.value, after_emptied=after_emptied)
        side.append(order)
        self._tell(side, "add", order, side.place(order), Decimal(0), reason)

    def _add_again(self, side: Side, held: Order, entry: Entry) -> str:
        """An id comes that is held: only the refill of an earlier delete, pushed out by an insert, may come back."""
        window, price = self.windows[side.name], held.price.value
        same = entry.price is not None and entry.price.value == price
        returns = window.overflowed and same and price == side.prices()[-1]
        if not returns:
            self.findings.append("unchanged_level")
        side.remove(held)
        return "edge" if returns else "amend"

    def _new(self, side: Side, price: Decimal, *, after_emptied: bool) -> str:
        """Why an id came that was not here: it is new, or its level came in from outside the window."""
        window, prices = self.windows[side.name], side.prices()
        short = side.filled and len(prices) < self.depth
        if price in prices:
            return "edge" if price == window.edge else "new"
        if short and (not prices or side.is_worse(price, prices[-1])):
            window.edge = price
            return "edge"
        if short and after_emptied:
            self.findings.append("better_refill")
        return "new"

    def _tell(self, side: Side, event: str, order: Order, place: Position, before: Decimal, reason: str) -> None:
        self.changes.append(
            Change(
                side=side.name,
                event=event,
                order_id=order.order_id,
                price=order.price.value,
                qty=Decimal(0) if event == "delete" else order.qty.value,
                before=before,
                timestamp_ns=order.timestamp_ns,
                entered_ns=order.entered_ns,
                level=place.level,
                orders_ahead=place.orders_ahead,
                qty_ahead=place.qty_ahead,
                reason=reason,
            )
        )


def _order(entry: Entry, entered_ns: int | None = None) -> Order:
    """The order that an add or a modify tells of: neither leaves anything out."""
    assert entry.price is not None
    assert entry.qty is not None
    assert entry.timestamp_ns is not None
    entered_ns = entry.timestamp_ns if entered_ns is None else entered_ns
    return Order(entry.order_id, entry.price, entry.qty, entry.timestamp_ns, entered_ns)
