"""From engine steps to the entries of book messages, one window per depth.

A window shows the best `depth` levels of each side. For every step of an event, seen against the full book
of that moment:

* a level inside changed or came in: one entry with its new quantity. What an insert pushes out is not
  mentioned; the client truncates;
* a level inside went away: an entry with quantity 0, and right behind it the level that enters from
  outside, if the book has one;
* anything outside: nothing.

The windows need no memory of their own, because what a client sees is always the top of the full book. An
event has at most one removal followed by one insert on the side of its own order, and only fills on the
other, so that no level can change unseen between leaving a window and coming back into it.
"""

from typing import Final, final

from havklo.sim.market.ladder import ASK, BID, Ladder, Side
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair
from havklo.sim.wire.checksum import crc, digits
from havklo.sim.wire.frames import book_message, decimal, entry

__all__ = ["DEPTHS", "Feed"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
_PROVEN: Final = 10  # the checksum covers the ten best levels whatever the depth
_NOWHERE: Final = 1 << 62  # the rank of an event that touched nothing yet


@final
class Window:
    """One depth's view of the event that is happening."""

    __slots__ = ("depth", "entries")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.entries: tuple[list[str], list[str]] = ([], [])

    def clear(self) -> None:
        """Forget the last event."""
        self.entries = ([], [])


@final
class Feed:
    """The level-2 messages of one market: listens to its steps, writes a message per open depth and event."""

    def __init__(self, pair: Pair, market: Market) -> None:
        self._pair = pair
        self._market = market
        self._windows: list[Window] = []
        self._subscribers: dict[int, int] = {}
        self._digits: list[str | None] = [None, None]
        self._spelled: tuple[dict[int, str], dict[int, str]] = ({}, {})
        self.reach = _NOWHERE
        market.on_step = self._on_step

    @property
    def visible(self) -> bool:
        """Whether the last event touched the ten best levels, which every window shows."""
        return self.reach < _PROVEN

    def open(self, depth: int) -> None:
        """One more subscriber looks through the window of this depth."""
        self._subscribers[depth] = self._subscribers.get(depth, 0) + 1
        if self._subscribers[depth] == 1:
            self._windows.append(Window(depth))

    def close(self, depth: int) -> None:
        """One subscriber less; nothing is computed for a depth without any."""
        self._subscribers[depth] -= 1
        if not self._subscribers[depth]:
            self._windows = [window for window in self._windows if window.depth != depth]

    def begin(self) -> None:
        """An event begins."""
        self.reach = _NOWHERE
        for window in self._windows:
            window.clear()

    def messages(self, timestamp: str) -> list[tuple[int, bytes]]:
        """The messages of the event that has just ended: (depth, frame) for each window that it touched."""
        touched = [window for window in self._windows if window.entries[BID] or window.entries[ASK]]
        if not touched:
            return []
        checksum = self.checksum()
        symbol = self._pair.symbol
        return [
            (
                window.depth,
                book_message("update", symbol, *window.entries, checksum=checksum, timestamp=timestamp),
            )
            for window in touched
        ]

    def snapshot(self, depth: int, timestamp: str) -> bytes:
        """The whole window, best levels first."""
        bids, asks = (
            [self._entry(level.price, level.qty) for level in ladder.top(depth)] for ladder in self._market.sides
        )
        checksum = self.checksum()
        return book_message("snapshot", self._pair.symbol, bids, asks, checksum=checksum, timestamp=timestamp)

    def checksum(self) -> int:
        """Kraken's sum over the ten best; a side is spelled out anew only after it has changed there."""
        asks, bids = (self._digits[side] or self._spell(side) for side in (ASK, BID))
        return crc(asks, bids)

    def ladder(self, side: Side, depth: int) -> list[tuple[str, str]]:
        """The true best levels of a side as texts: (price, quantity)."""
        return [
            (decimal(level.price, self._pair.price_precision), decimal(level.qty, self._pair.qty_precision))
            for level in self._market.sides[side].top(depth)
        ]

    def _spell(self, side: Side) -> str:
        """One side's digits; those of a level are kept until it changes."""
        spelled, pair = self._spelled[side], self._pair
        if len(spelled) > 10 * _PROVEN:
            spelled.clear()
        parts: list[str] = []
        for level in self._market.sides[side].top(_PROVEN):
            part = spelled.get(level.price)
            if part is None:
                part = spelled[level.price] = digits(
                    decimal(level.price, pair.price_precision), decimal(level.qty, pair.qty_precision)
                )
            parts.append(part)
        joined = self._digits[side] = "".join(parts)
        return joined

    def _on_step(self, side: Side, index: int, price: int, qty: int) -> None:
        self.reach = min(self.reach, index)
        self._spelled[side].pop(price, None)
        if index < _PROVEN:
            self._digits[side] = None
        text: str | None = None
        for window in self._windows:
            if index >= window.depth:
                continue
            if text is None:
                text = self._entry(price, qty)
            entries = window.entries[side]
            entries.append(text)
            if not qty:
                self._refill(entries, self._market.sides[side], window.depth)

    def _refill(self, entries: list[str], ladder: Ladder, depth: int) -> None:
        if len(ladder) >= depth:
            level = ladder.at(depth - 1)
            entries.append(self._entry(level.price, level.qty))

    def _entry(self, price: int, qty: int) -> str:
        return entry(decimal(price, self._pair.price_precision), decimal(qty, self._pair.qty_precision))
