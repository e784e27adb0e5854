"""The book channel: from engine steps to the entries of level-2 messages, one window per depth.

A window shows the best `depth` levels of each side. For every step of an event, seen against the full book
of that moment:

* a level inside changed or came in: one entry with its new quantity. What an insert pushes out is not
  mentioned; the client truncates;
* a level inside went away: an entry with quantity 0, and right behind it the level that enters from
  outside, if the book has one;
* anything outside, and a step that leaves a level's quantity as it was: nothing.

The windows need no memory of their own, because what a client sees is always the top of the full book: in
one event levels leave at the best rank only, or one leaves anywhere before all else, so that no level can
change unseen between leaving a window and coming back into it.
"""

from typing import Final, final

from havklo.sim.market.ladder import ASK, BID, Order, Side
from havklo.sim.market.matching import Kind, Market
from havklo.sim.symbols import Pair
from havklo.sim.wire.checksum import crc
from havklo.sim.wire.frames import book_message, decimal
from havklo.sim.wire.stamps import rfc3339

__all__ = ["DEPTHS", "BookFeed"]

DEPTHS: Final = (10, 25, 100, 500, 1000)
_PROVEN: Final = 10  # the checksum covers the ten best levels whatever the depth
_NOWHERE: Final = 1 << 62  # the rank of an event that touched nothing yet


@final
class Window:
    """One depth's view of the event that is happening."""

    __slots__ = ("depth", "entries")

    def __init__(self, depth: int) -> None:
        self.depth: int = depth
        self.entries: tuple[list[str], list[str]] = ([], [])


@final
class BookFeed:
    """The level-2 messages of one market: listens to its steps, writes a message per open depth and event.

    Args:
        pair: Which market's.
        market: The market; from now on `on_step` has to hear each of its steps.

    Attributes:
        reach: The best rank that the event has touched.
    """

    def __init__(self, pair: Pair, market: Market) -> None:
        self._pair = pair
        self._market = market
        self._windows: list[Window] = []
        self._subscribers: dict[int | str, int] = {}
        # What the ten best levels of each side add to the sum, and all of it together until it changes.
        self._top: tuple[list[str], list[str]] = (self._spell(BID), self._spell(ASK))
        self._digits: list[str | None] = [None, None]
        self._price_texts: dict[int, str] = {}
        self._qty_precision = pair.qty_precision
        self.reach: int = _NOWHERE

    @property
    def visible(self) -> bool:
        """Whether the event touched the ten best levels, which every window shows."""
        return self.reach < _PROVEN

    def open(self, depth: int | str) -> None:
        """One more subscriber looks through the window of this depth."""
        self._subscribers[depth] = self._subscribers.get(depth, 0) + 1
        if self._subscribers[depth] == 1:
            self._windows.append(Window(int(depth)))

    def close(self, depth: int | str) -> None:
        """One subscriber less; nothing is computed for a depth without any."""
        self._subscribers[depth] -= 1
        if not self._subscribers[depth]:
            self._windows = [window for window in self._windows if window.depth != depth]

    def begin(self) -> None:
        """An event begins."""
        self.reach = _NOWHERE

    def on_step(self, side: Side, rank: int, order: Order, total: int, before: int, _kind: Kind) -> None:
        """A level has changed; `rank` is where it stands, or stood."""
        if total == before:
            return
        if rank < self.reach:  # noqa: PLR1730  # min() would be a call, and this happens at every step
            self.reach = rank
        if rank < _PROVEN:
            self._digits[side] = None
            self._note(self._top[side], side, rank, order.price, total, before)
        text: str | None = None
        for window in self._windows:
            if rank >= window.depth:
                continue
            if text is None:
                text = self._entry(order.price, total)
            entries = window.entries[side]
            entries.append(text)
            if not total:
                self._refill(entries, side, window.depth)

    def messages(self, now_ns: int) -> list[tuple[int | str, bytes]]:
        """The messages about what has happened since they were last asked for, after each event.

        Returns:
            (depth, frame) for each window that it touched.
        """
        messages: list[tuple[int | str, bytes]] = []
        checksum, timestamp = -1, ""
        for window in self._windows:
            bids, asks = window.entries
            if not bids and not asks:
                continue
            window.entries = ([], [])
            if checksum < 0:
                checksum, timestamp = self.checksum(), rfc3339(now_ns // 1_000)
            frame = book_message("update", self._pair.symbol, bids, asks, checksum=checksum, timestamp=timestamp)
            messages.append((window.depth, frame))
        return messages

    def snapshot(self, depth: int | str, now_ns: int) -> bytes:
        """The whole window, best levels first."""
        bids, asks = (
            [self._entry(level.price, level.qty) for level in ladder.top(int(depth))] for ladder in self._market.sides
        )
        checksum, timestamp = self.checksum(), rfc3339(now_ns // 1_000)
        return book_message("snapshot", self._pair.symbol, bids, asks, checksum=checksum, timestamp=timestamp)

    def checksum(self) -> int:
        """Kraken's sum over the ten best; a side is spelled out anew only after it has changed there."""
        bids, asks = self._digits
        return crc(asks or self._join(ASK), bids or self._join(BID))

    def ladder(self, side: Side, depth: int) -> list[tuple[str, str]]:
        """The true best levels of a side as texts: (price, quantity)."""
        return [
            (decimal(level.price, self._pair.price_precision), decimal(level.qty, self._pair.qty_precision))
            for level in self._market.sides[side].top(depth)
        ]

    def _note(self, top: list[str], side: Side, rank: int, price: int, total: int, before: int) -> None:
        """One of the ten best levels has changed, come or gone."""
        if not total:
            del top[rank]
            ladder = self._market.sides[side]
            if len(ladder.keys) >= _PROVEN:
                level = ladder.at(_PROVEN - 1)
                top.append(f"{level.price}{level.qty}")
        elif before:
            top[rank] = f"{price}{total}"
        else:
            top.insert(rank, f"{price}{total}")
            del top[_PROVEN:]

    def _join(self, side: Side) -> str:
        text = self._digits[side] = "".join(self._top[side])
        return text

    def _spell(self, side: Side) -> list[str]:
        """A padded decimal without its point and leading zeros is the integer itself."""
        return [f"{level.price}{level.qty}" for level in self._market.sides[side].top(_PROVEN)]

    def _refill(self, entries: list[str], side: Side, depth: int) -> None:
        ladder = self._market.sides[side]
        if len(ladder) >= depth:
            level = ladder.at(depth - 1)
            entries.append(self._entry(level.price, level.qty))

    def _entry(self, price: int, qty: int) -> str:
        text = self._price_texts.get(price)
        if text is None:
            if len(self._price_texts) > 4_000:
                self._price_texts.clear()
            text = self._price_texts[price] = decimal(price, self._pair.price_precision)
        return f'{{"price":{text},"qty":{decimal(qty, self._qty_precision)}}}'
