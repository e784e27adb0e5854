"""The level3 channel: from engine steps to messages about single orders, one window per depth.

A window shows every order of the best `depth` levels of each side. For every step of an event, seen against
the full book of that moment:

* an order inside came, changed or left: an `add`, a `modify` or a `delete`. A modify keeps its order's
  place in the queue, so an order that loses its place is deleted and added;
* the last order of a level left: behind its `delete`, an `add` for every order of the level that enters
  from outside, if the book has one;
* a new level pushed another one out: nothing, the reader truncates once it has taken the whole message.
  Until then it has that level and is told about it as about the others;
* anything outside, and whatever does not change what an order shows: nothing.

Where `Rules` ask for it, a new price is told by one `modify`, which means the end of the queue at that
price, and so is a lost place; but only where the reader can follow it: the first if it knows both prices,
the second if the order is alone at its price, as nothing in a modify says that a place was lost.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, final

from havklo.sim.market.ladder import ASK, BID, Level, Order, Side
from havklo.sim.market.matching import ADD, DELETE, MODIFY, REQUEUE, Kind, Market
from havklo.sim.rules import Rules
from havklo.sim.symbols import Pair
from havklo.sim.wire.checksum import crc
from havklo.sim.wire.frames import decimal
from havklo.sim.wire.stamps import nanos

__all__ = ["DEPTHS", "Level3Feed"]

DEPTHS: Final = (10, 100, 1000)
_ADD: Final = '"event":"add",'
_MODIFY: Final = '"event":"modify",'
_DELETE: Final = '"event":"delete",'
_PROVEN: Final = 10  # the checksum covers the orders of the ten best levels whatever the depth


class _Move(NamedTuple):
    """An order that was taken out to get a new price, as it is told if it does not come back."""

    order_id: int
    side: Side
    delete: str
    refill: tuple[str, ...]
    refill_price: int


@final
class _Window:
    """One depth's view of the event that is happening.

    Attributes:
        known: How many levels of each side the reader has: those that were pushed out of the window in this
            event are among them.
        move: What is not told yet of an order that gets a new price.
    """

    __slots__ = ("depth", "entries", "known", "move")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.entries: tuple[list[str], list[str]] = ([], [])
        self.known = [depth, depth]
        self.move: _Move | None = None

    def begin(self) -> None:
        """An event begins."""
        if self.entries[BID] or self.entries[ASK]:
            self.entries = ([], [])
            self.known[:] = self.depth, self.depth

    def settle(self) -> None:
        """An order that was taken out to get a new price did not come back here."""
        move, self.move = self.move, None
        if move is not None:
            self.entries[move.side].append(move.delete)
            self.entries[move.side].extend(move.refill)


@final
class Level3Feed:
    """The level-3 messages of one market: a message per open depth and event.

    Args:
        pair: Which market's.
        market: The market; `on_step` is to hear its steps while a window is open.
        rules: How a new price and a lost place are told.
        order_id: Gives an order's id on the wire.
    """

    def __init__(self, pair: Pair, market: Market, rules: Rules, order_id: Callable[[int], str]) -> None:
        self._pair = pair
        self._market = market
        self._order_id = order_id
        self._moves = rules.price_event == "modify"
        self._requeues = rules.requeue_event == "modify"
        self._windows: list[_Window] = []
        self._subscribers: dict[int, int] = {}
        self._texts: dict[int, tuple[str, int, str]] = {}
        self._digits: list[str | None] = [None, None]
        self._spelled: tuple[dict[int, str], dict[int, str]] = ({}, {})
        self._stamp = (-1, "")

    def open(self, depth: int | str) -> None:
        """One more subscriber looks through the window of this depth."""
        depth = int(depth)
        if not self._windows:
            # Nobody has listened to the market until now.
            self._texts.clear()
            self._digits = [None, None]
            self._spelled = ({}, {})
        self._subscribers[depth] = self._subscribers.get(depth, 0) + 1
        if self._subscribers[depth] == 1:
            self._windows.append(_Window(depth))

    def close(self, depth: int | str) -> None:
        """One subscriber less; nothing is computed for a depth without any."""
        depth = int(depth)
        self._subscribers[depth] -= 1
        if not self._subscribers[depth]:
            self._windows = [window for window in self._windows if window.depth != depth]

    def begin(self) -> None:
        """An event begins."""
        for window in self._windows:
            window.begin()

    def on_step(self, side: Side, rank: int, order: Order, total: int, before: int, kind: Kind) -> None:
        """An order came, changed or left; `rank` is where its level stands, or stood."""
        if kind == MODIFY and total == before:
            return
        if rank < _PROVEN:
            self._digits[side] = None
        self._spelled[side].pop(-order.price if side == BID else order.price, None)
        texts: tuple[str, ...] = ()
        for window in self._windows:
            move = window.move
            if move is not None and move.side == side:
                if move.order_id == order.id:
                    self._arrive(window, move, rank, order, new=not before)
                    continue
                window.settle()
            if rank < window.known[side]:
                texts = texts or self._entries(order, total - before, kind)
                if kind == DELETE:
                    self._leave(window, order, texts[0], gone=not total)
                else:
                    window.entries[side].extend(texts)
                    if not before:
                        self._grow(window, side)
        if kind == DELETE:
            self._texts.pop(order.id, None)

    def messages(self, now_ns: int) -> list[tuple[int | str, bytes]]:
        """The messages of the event that has just ended: (depth, frame) for each window that it touched."""
        messages: list[tuple[int | str, bytes]] = []
        for window in self._windows:
            window.settle()
            bids, asks = window.entries
            if bids or asks:
                messages.append((window.depth, self._message("update", bids, asks, now_ns)))
        return messages

    def snapshot(self, depth: int | str, now_ns: int) -> bytes:
        """Every order of the window, best levels first, each level in the order of its queue."""
        bids, asks = (
            [self._entry("", order, order.qty) for level in ladder.top(int(depth)) for order in level.orders.values()]
            for ladder in self._market.sides
        )
        return self._message("snapshot", bids, asks, now_ns)

    def checksum(self) -> int:
        """Kraken's sum over every order of the ten best levels; only what has changed is spelled out anew."""
        return crc(self._digits[ASK] or self._spell(ASK), self._digits[BID] or self._spell(BID))

    def _leave(self, window: _Window, order: Order, delete: str, *, gone: bool) -> None:
        """An order left a level that the reader has; `gone`: the level with it."""
        side, refill, refill_price = order.side, (), 0
        if gone and window.known[side] > window.depth:
            window.known[side] -= 1
        elif gone and len(self._market.sides[side]) >= window.depth:
            level = self._market.sides[side].at(window.depth - 1)
            refill, refill_price = tuple(map(self._add, level.orders.values())), level.price
        if self._moves and order.id == self._market.moving:
            window.settle()  # whatever moved before in this event has not come back
            window.move = _Move(order.id, side, delete, refill, refill_price)
        else:
            window.entries[side].append(delete)
            window.entries[side].extend(refill)

    def _arrive(self, window: _Window, move: _Move, rank: int, order: Order, *, new: bool) -> None:
        """An order stands at its new price: one modify where the reader knows both, else two entries.

        `new`: the level is new, too.
        """
        side, entries = order.side, window.entries[order.side]
        inside = rank < window.known[side]
        if not inside or order.price == move.refill_price:
            window.settle()
            if inside:
                entries.append(self._add(order))
        else:
            window.move = None
            entries.append(self._entry(_MODIFY, order, order.qty))
            if new and move.refill:
                # The level that came makes up for the one that went: none has to enter.
                return
            entries.extend(move.refill)
        if inside and new:
            self._grow(window, side)

    def _grow(self, window: _Window, side: Side) -> None:
        """The reader has got a new level, and for the rest of the event keeps the one that it pushed out."""
        if len(self._market.sides[side]) > window.known[side]:
            window.known[side] += 1

    def _entries(self, order: Order, change: int, kind: Kind) -> tuple[str, ...]:
        """The entries for a step; `change` is by how much its level shows more."""
        if kind == ADD:
            return (self._add(order),)
        if kind == DELETE:
            return (self._entry(_DELETE, order, order.qty),)
        # A refill after a fill is never one modify: nobody could tell it from an order that keeps its place.
        if kind == REQUEUE and (self._market.fills or not self._requeues):
            return (self._entry(_DELETE, order, order.qty - change), self._add(order))
        return (self._entry(_MODIFY, order, order.qty),)

    def _add(self, order: Order) -> str:
        return self._entry(_ADD, order, order.qty)

    def _entry(self, event: str, order: Order, qty: int) -> str:
        """An order as a message has it; all but its quantity is spelled out once."""
        texts = self._texts.get(order.id)
        if texts is None or texts[1] != order.stamp:
            price = decimal(order.price, self._pair.price_precision)
            head = f'"order_id":"{self._order_id(order.id)}","limit_price":{price},"order_qty":'
            texts = head, order.stamp, f',"timestamp":"{self._moment(order.stamp)}"}}'
            self._texts[order.id] = texts
        return f"{{{event}{texts[0]}{decimal(qty, self._pair.qty_precision)}{texts[2]}"

    def _moment(self, stamp: int) -> str:
        """A moment's text; most are that of the event itself."""
        if self._stamp[0] != stamp:
            self._stamp = stamp, nanos(stamp)
        return self._stamp[1]

    def _message(self, kind: str, bids: list[str], asks: list[str], now_ns: int) -> bytes:
        return (
            f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"{self._pair.symbol}",'
            f'"checksum":{self.checksum()},"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],'
            f'"timestamp":"{self._moment(now_ns)}"}}]}}'
        ).encode("ascii")

    def _spell(self, side: Side) -> str:
        """One side's digits; those of a level are kept until it changes."""
        ladder, spelled = self._market.sides[side], self._spelled[side]
        if len(spelled) > 100 * _PROVEN:
            spelled.clear()
        parts: list[str] = []
        for key in ladder.keys[:_PROVEN]:
            part = spelled.get(key)
            if part is None:
                part = spelled[key] = _digits(ladder.levels[key])
            parts.append(part)
        text = self._digits[side] = "".join(parts)
        return text


def _digits(level: Level) -> str:
    """A padded decimal without its point and leading zeros is the integer itself."""
    price = str(level.price)
    return "".join([f"{price}{order.qty}" for order in level.orders.values()])
