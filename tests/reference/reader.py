"""Readers of the book and the level3 channel who believe nothing: they apply, truncate and sum up anew.

Unlike `reference.book` they know no states and no rules, so that a million messages take minutes.
"""

import json
from typing import Any, Final
from zlib import crc32

from reference.numbers import digits

__all__ = ["Level2Reader", "Level3Reader", "parse"]

PROVEN: Final = 10
SIDES: Final = (("bids", -1), ("asks", 1))

Sides = tuple[list[tuple[str, str]], list[tuple[str, str]]]


def parse(frame: bytes) -> dict[str, Any]:
    """A frame with its numbers as texts, exactly as sent."""
    message: dict[str, Any] = json.loads(frame, parse_float=str, parse_int=str)
    return message


def rank(price: str, sign: int) -> int:
    """What prices are sorted by, best first; the texts of one book all have the same decimals."""
    return sign * int(price.replace(".", ""))


class Level2Reader:
    """A level-2 book."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.levels: tuple[dict[int, tuple[str, str]], dict[int, tuple[str, str]]] = ({}, {})

    def apply(self, message: dict[str, Any]) -> bool:
        """Take one message; returns whether its checksum holds."""
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.levels = ({}, {})
        for side, (name, sign) in enumerate(SIDES):
            levels = self.levels[side]
            for entry in data[name]:
                price, qty = entry["price"], entry["qty"]
                if qty.strip("0.") == "":
                    del levels[rank(price, sign)]
                else:
                    levels[rank(price, sign)] = (price, qty)
            for key in sorted(levels)[self.depth :]:
                del levels[key]
        bids, asks = self.sides
        text = "".join(digits(price) + digits(qty) for side in (asks, bids) for price, qty in side[:PROVEN])
        return crc32(text.encode()) == int(data["checksum"])

    @property
    def sides(self) -> Sides:
        """Bids and asks as texts, best first."""
        bids, asks = ([levels[key] for key in sorted(levels)] for levels in self.levels)
        return bids, asks


class Level3Reader:
    """A level-3 book.

    Args:
        depth: Price levels per side.
        grown_to_the_back: Whether a `modify` with a larger quantity means that the order is last in its queue
            now.
    """

    def __init__(self, depth: int, *, grown_to_the_back: bool = False) -> None:
        self.depth = depth
        self.grown_to_the_back = grown_to_the_back
        self.queues: tuple[dict[int, dict[str, tuple[str, str]]], dict[int, dict[str, tuple[str, str]]]] = ({}, {})
        self.where: dict[str, int] = {}

    def apply(self, message: dict[str, Any]) -> bool:
        """Take one message; returns whether its checksum holds.

        Raises:
            AssertionError: An event that can't be: an order added twice, or changed without being there.
        """
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.queues, self.where = ({}, {}), {}
        for side, (name, sign) in enumerate(SIDES):
            for order in data[name]:
                self.event(side, sign, order)
            queues = self.queues[side]
            for key in sorted(queues)[self.depth :]:
                for order_id in queues.pop(key):
                    del self.where[order_id]
        bids, asks = ("".join(self.spelled(side)) for side in (0, 1))
        return crc32((asks + bids).encode()) == int(data["checksum"])

    def event(self, side: int, sign: int, order: dict[str, str]) -> None:
        """One order event."""
        kind, order_id = order.get("event", "add"), order["order_id"]
        price, qty = order["limit_price"], order["order_qty"]
        assert qty.strip("0.") or kind == "delete", "an order of nothing"
        key = rank(price, sign)
        queues = self.queues[side]
        known = self.where.get(order_id)
        assert (known is None) == (kind == "add"), f"{kind} of an order that is {'not ' * (known is None)}there"
        stays = False
        if known is not None:
            _, before = queues[known][order_id]
            grown = int(qty.replace(".", "")) > int(before.replace(".", ""))
            stays = kind == "modify" and known == key and not (grown and self.grown_to_the_back)
        if known is not None and not stays:
            del queues[known][order_id], self.where[order_id]
            if not queues[known]:
                del queues[known]
        if kind != "delete":
            queues.setdefault(key, {})[order_id] = (price, qty)
            self.where[order_id] = key

    def spelled(self, side: int) -> list[str]:
        """The digits of every order of the ten best levels, in the order of the queues."""
        queues = self.queues[side]
        return [digits(price) + digits(qty) for key in sorted(queues)[:PROVEN] for price, qty in queues[key].values()]

    @property
    def sides(self) -> Sides:
        """The level-2 view: bids and asks as texts, best first."""
        bids, asks = ([_sum(queues[key]) for key in sorted(queues)] for queues in self.queues)
        return bids, asks


def _sum(queue: dict[str, tuple[str, str]]) -> tuple[str, str]:
    orders = list(queue.values())
    price, first = orders[0]
    scale = len(first.partition(".")[2])
    total = str(sum(int(qty.replace(".", "")) for _, qty in orders)).zfill(scale + 1)
    return price, f"{total[:-scale]}.{total[-scale:]}" if scale else total
