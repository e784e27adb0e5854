"""The fixed reference for level 3: the best that a careful user writes by hand in pure Python.

msgspec typed structs, integer ticks and lots, a bisect-kept key list per side, a dict of orders per level, and the
checksum's text cached per level, so that a message writes anew only what it touched. It is exact for one known pair of
precisions and quantities that a float holds exactly, takes an amend to keep its place unless it grew, checks the sum
of every message and nothing else.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from zlib import crc32

import msgspec

from peers import Peer, UnverifiedError

Levels = dict[int, dict[str, int]]

_TEN = 10


class Order(msgspec.Struct, gc=False):
    """One entry."""

    order_id: str
    limit_price: float
    order_qty: float
    event: str = "add"


class Data(msgspec.Struct, gc=False):
    """The element of `data`."""

    checksum: int
    bids: list[Order]
    asks: list[Order]


class Message(msgspec.Struct, gc=False):
    """A message."""

    type: str
    data: list[Data]


class _Side:
    """One side: level keys best first, and for each the lots of its orders in the order of the queue."""

    __slots__ = ("changed", "depth", "keys", "levels", "sign", "text", "texts", "where")

    def __init__(self, sign: int, depth: int) -> None:
        self.sign = sign
        self.depth = depth
        self.keys: list[int] = []
        self.levels: Levels = {}
        self.where: dict[str, int] = {}
        self.texts: dict[int, str] = {}
        self.text = ""
        self.changed = True

    def apply(self, orders: list[Order], price_scale: int, qty_scale: int) -> None:  # noqa: C901 - calls cost more
        """Apply a message's entries in order, then truncate."""
        keys, levels, where, texts, sign = self.keys, self.levels, self.where, self.texts, self.sign
        proven = keys[_TEN - 1] if len(keys) >= _TEN else None
        for order in orders:
            order_id, event = order.order_id, order.event
            key = sign * round(order.limit_price * price_scale)
            if proven is None or key <= proven:
                self.changed = True
            if event != "add":
                known = where[order_id]
                level = levels[known]
                texts.pop(known, None)
                if event == "modify" and known == key:
                    lots = round(order.order_qty * qty_scale)
                    if lots > level[order_id]:
                        del level[order_id]  # what grew goes to the back
                    level[order_id] = lots
                    continue
                del level[order_id]
                if not level:
                    del levels[known], keys[bisect_left(keys, known)]
                if event == "delete":
                    del where[order_id]
                    continue
            level = levels.get(key)
            if level is None:
                level = levels[key] = {}
                keys.insert(bisect_left(keys, key), key)
            else:
                texts.pop(key, None)
            level[order_id] = round(order.order_qty * qty_scale)
            where[order_id] = key
        while len(keys) > self.depth:
            worst = keys.pop()
            texts.pop(worst, None)
            for order_id in levels.pop(worst):
                del where[order_id]

    def digits(self) -> str:
        """The text of the ten best levels."""
        if self.changed:
            self.changed = False
            texts, levels, sign = self.texts, self.levels, self.sign
            parts: list[str] = []
            for key in self.keys[:_TEN]:
                text = texts.get(key)
                if text is None:
                    price = str(key * sign)
                    text = texts[key] = price + price.join(map(str, levels[key].values()))
                parts.append(text)
            self.text = "".join(parts)
        return self.text


def make_book(depth: int, price_scale: int = 10, qty_scale: int = 100_000_000) -> Callable[[bytes], bool]:
    """Give a function that takes a message and says whether its checksum holds."""
    decode = msgspec.json.Decoder(Message).decode
    bids, asks = _Side(-1, depth), _Side(1, depth)

    def handle(raw: bytes) -> bool:
        nonlocal bids, asks
        message = decode(raw)
        data = message.data[0]
        if message.type == "snapshot":
            bids, asks = _Side(-1, depth), _Side(1, depth)
        if data.bids:
            bids.apply(data.bids, price_scale, qty_scale)
        if data.asks:
            asks.apply(data.asks, price_scale, qty_scale)
        return crc32((asks.digits() + bids.digits()).encode()) == data.checksum

    return handle


class ByHand:
    """One book of the reference."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self._handle = make_book(depth)
        if not self._handle(snapshot):
            raise UnverifiedError(snapshot)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        handle = self._handle
        for message in messages:
            if not handle(message):
                raise UnverifiedError(message)
        return len(messages)


PEER = Peer(
    name="pure Python, by hand",
    package=None,
    make=ByHand,
    note="the fixed reference: one known pair of precisions, floats",
)
