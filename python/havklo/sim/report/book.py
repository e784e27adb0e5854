"""What a book stream is like: a client's window, kept entry by entry, with everything counted on the way."""

import json
from bisect import bisect_left
from typing import Any, Final, final

from havklo.sim.wire.stamps import micros

__all__ = ["BookTally", "digits"]

_MICROS: Final = 1_000_000


@final
class _Side:
    """One side of the window, best level first: prices as sort keys, quantities as sent."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, str] = {}

    def clear(self) -> None:
        """An empty window, before a snapshot."""
        self.keys.clear()
        self.levels.clear()


@final
class BookTally:
    """Counts of one symbol's book messages at one depth.

    Feed it the snapshot and then every update, in order. Prices and quantities are integers here: the digits
    of the padded texts on the wire.

    Args:
        depth: The subscribed depth.

    Attributes:
        messages: Updates.
        entries: Levels in them.
        removals: Levels with quantity 0.
        owed: Removals from a full window, after which a level has to come in from outside.
        refilled: Of these, how often it was the very next entry on that side.
        two_sided: Updates with entries on both sides.
        repeated: Updates that name a price more than once on a side.
        resent: Entries that repeat what the client knows already.
        empty: Updates after which the book is as it was before.
        truncated: Updates that pushed a level out of the window without saying so.
        short: Updates after which a side that was full was not any more.
        backwards: Updates with an earlier timestamp than the one before.
        silence: The longest time between two messages, in seconds.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.messages: int = 0
        self.entries: int = 0
        self.removals: int = 0
        self.owed: int = 0
        self.refilled: int = 0
        self.two_sided: int = 0
        self.repeated: int = 0
        self.resent: int = 0
        self.empty: int = 0
        self.truncated: int = 0
        self.short: int = 0
        self.backwards: int = 0
        self.silence: float = 0.0
        self.now_us: int = 0
        self._sides = (_Side(-1), _Side(1))

    def __repr__(self) -> str:
        return f"<BookTally depth {self.depth}, {self.messages} messages>"

    def on_book(self, frame: bytes | str) -> None:
        """One book message."""
        message: dict[str, Any] = json.loads(frame, parse_float=str, parse_int=str)
        (data,) = message["data"]
        now_us = micros(data["timestamp"])
        sides = zip(self._sides, (data["bids"], data["asks"]), strict=True)
        if message["type"] == "snapshot":
            for side, rows in sides:
                side.clear()
                for row in rows:
                    key = digits(row["price"]) * side.sign
                    side.keys.append(key)
                    side.levels[key] = row["qty"]
            self.now_us = now_us
            return
        self.messages += 1
        self.backwards += now_us < self.now_us
        self.silence = max(self.silence, (now_us - self.now_us) / _MICROS)
        self.now_us = now_us
        self.two_sided += bool(data["bids"] and data["asks"])
        results = [self._apply(side, [(row["price"], row["qty"]) for row in rows]) for side, rows in sides if rows]
        self.truncated += any(pushed for pushed, _, _ in results)
        self.repeated += any(again for _, again, _ in results)
        self.empty += not any(changed for _, _, changed in results)

    def best(self) -> tuple[int, int, int, int] | None:
        """Best bid and its quantity, best ask and its quantity, as digits; None while a side is empty."""
        bids, asks = self._sides
        if not bids.keys or not asks.keys:
            return None
        bid, ask = bids.keys[0], asks.keys[0]
        return -bid, digits(bids.levels[bid]), ask, digits(asks.levels[ask])

    def figures(self) -> dict[str, float]:
        """The figures that were measured on Kraken, by name; those that there is no basis for are left out."""
        if not self.messages:
            return {}
        figures = {
            "entries": self.entries / self.messages,
            "removals": self.removals / self.entries,
            "truncated": self.truncated / self.messages,
            "two_sided": self.two_sided / self.messages,
            "repeated": self.repeated / self.messages,
            "resent": float(self.resent),
            "empty": float(self.empty),
            "short": float(self.short),
            "backwards": float(self.backwards),
        }
        return figures | {"refilled": self.refilled / self.owed} if self.owed else figures

    def _apply(self, side: _Side, rows: list[tuple[str, str]]) -> tuple[bool, bool, bool]:
        """Play the entries of one side; returns whether a level was pushed out, a price repeated, a level changed."""
        keys, levels, depth = side.keys, side.levels, self.depth
        full = len(keys) >= depth
        before: dict[int, str | None] = {}
        pushed = owed = False
        worst = 0
        self.entries += len(rows)
        for price, qty in rows:
            key = digits(price) * side.sign
            known = levels.get(key)
            before.setdefault(key, known)
            gone = not digits(qty)
            if owed:
                self.refilled += not gone and known is None and key > worst
            owed = False
            if gone:
                self.removals += 1
                if known is not None:
                    worst = keys[-1]
                    owed = len(keys) == depth
                    self.owed += owed
                    del levels[key]
                    del keys[bisect_left(keys, key)]
                continue
            self.resent += known == qty
            levels[key] = qty
            if known is None:
                keys.insert(bisect_left(keys, key), key)
                if len(keys) > depth:
                    last = keys.pop()
                    before.setdefault(last, levels.pop(last))
                    pushed = True
        self.short += full and len(keys) < depth
        changed = any(levels.get(key) != qty for key, qty in before.items())
        return pushed, len({price for price, _ in rows}) < len(rows), changed


def digits(text: str) -> int:
    """A padded decimal as an integer of its last place."""
    return int(text.replace(".", ""))
