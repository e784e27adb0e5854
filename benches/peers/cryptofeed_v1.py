"""cryptofeed's Kraken handler, as far as this Python allows: 2.4.1 speaks Kraken's frozen WebSocket v1 only.

It is fed the same market in v1's form: strings with five decimals for BTC's price, a checksum of those digits
as a string, a map for each side. Translating is not measured.
"""

import asyncio
import json
from bisect import bisect_left, insort
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges import Kraken
from cryptofeed.symbols import Symbols

from peers import Peer
from stream import PRICE_DECIMALS

_V1_PRICE_DECIMALS = 5
_loop = asyncio.new_event_loop()


class OldWire:
    """One handler with one book."""

    def __init__(self, depth: int, snapshot: bytes, pair: str = "BTC-USD") -> None:
        Symbols.set("KRAKEN", {pair: "XBT/USD"}, {"instrument_type": {pair: "spot"}})
        self.pair = pair
        self.feed = Kraken(
            symbols=[pair],
            channels=[L2_BOOK],
            max_depth=depth,
            checksum_validation=True,
            callbacks={L2_BOOK: _ignore},
        )
        self.run([translate(depth, snapshot, ())[0]])

    def run(self, messages: Sequence[str]) -> int:
        """Handle every message."""
        _loop.run_until_complete(self._feed(messages))
        return len(messages)

    async def _feed(self, messages: Sequence[str]) -> None:
        handler = self.feed.message_handler
        for message in messages:
            await handler(message, None, 0.0)


async def _ignore(_book: object, _received: float) -> None:
    pass


def translate(depth: int, snapshot: bytes, updates: Sequence[bytes]) -> list[str]:
    """Tell the same market in v1's words: the snapshot first, only when there are no updates."""
    ladder = _Ladder(depth)
    first = ladder.message(json.loads(snapshot, parse_float=Decimal))
    return [ladder.message(json.loads(update, parse_float=Decimal)) for update in updates] or [first]


class _Ladder:
    """Follows the book, because v1's checksum is of other digits than v2's."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._keys: dict[str, list[Decimal]] = {"a": [], "b": []}
        self._digits: dict[str, dict[Decimal, str]] = {"a": {}, "b": {}}

    def message(self, message: dict[str, Any]) -> str:
        data = message["data"][0]
        for side, sign, levels in (("a", 1, data["asks"]), ("b", -1, data["bids"])):
            self._apply(side, sign, levels)
        name = f"book-{self._depth}"
        if message["type"] == "snapshot":
            sides = {"as": _entries(data["asks"]), "bs": _entries(data["bids"])}
            return json.dumps([0, sides, name, "XBT/USD"])
        maps: list[dict[str, Any]] = [
            {side: _entries(levels)} for side, levels in (("a", data["asks"]), ("b", data["bids"])) if levels
        ]
        maps[-1]["c"] = str(self._checksum())
        return json.dumps([0, *maps, name, "XBT/USD"], separators=(",", ":"))

    def _apply(self, side: str, sign: int, levels: list[dict[str, Decimal]]) -> None:
        keys, digits = self._keys[side], self._digits[side]
        for level in levels:
            key = sign * level["price"]
            if not level["qty"]:
                del keys[bisect_left(keys, key)]
                del digits[key]
                continue
            if key not in digits:
                insort(keys, key)
            price, qty, _ = _entry(level)
            digits[key] = price.replace(".", "").lstrip("0") + qty.replace(".", "").lstrip("0")
        while len(keys) > self._depth:
            del digits[keys.pop()]

    def _checksum(self) -> int:
        return crc32("".join(self._digits[side][key] for side in "ab" for key in self._keys[side][:10]).encode())


def _entries(levels: list[dict[str, Decimal]]) -> list[list[str]]:
    return [_entry(level) for level in levels]


def _entry(level: dict[str, Decimal]) -> list[str]:
    return [
        f"{level['price']}" + "0" * (_V1_PRICE_DECIMALS - PRICE_DECIMALS),
        f"{level['qty']:f}",
        "1784483679.614696",
    ]


def read(running: OldWire) -> tuple[str, dict[str, object]]:
    """Read the best bid from the book that its callback is given."""
    return "book.book.bids.index(0)", {"book": running.feed._l2_book[running.pair]}  # noqa: SLF001


PEER = Peer(
    name="cryptofeed",
    package="cryptofeed",
    make=OldWire,
    read=read,
    translate=translate,
    module="cryptofeed",
    verifies="one-sided messages",
    note="the same market in Kraken's v1 form, all that this version speaks",
)
