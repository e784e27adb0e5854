"""A reader of level 3 that is as naive as can be."""

import json
from typing import Any

from havklo.sim.wire.checksum import crc

Order = dict[str, str]


def digits(text: str) -> str:
    """A number as it enters the checksum."""
    return text.replace(".", "").lstrip("0")


class NaiveOrders:
    """Applies a message entry by entry, truncates at the end, and sums over the orders as they arrived.

    An add goes to the back of its price's queue, a modify keeps its place unless it has another price, and
    then it goes to the back there. An entry about an order that must not be known, or has to be, is an error.
    `eager` truncates after each entry instead.
    """

    def __init__(self, depth: int, *, eager: bool = False) -> None:
        self.depth = depth
        self.eager = eager
        self.sides: tuple[dict[int, dict[str, Order]], dict[int, dict[str, Order]]] = ({}, {})
        self.places: dict[str, tuple[int, int]] = {}
        self.events: list[str] = []
        self.messages = 0

    def apply(self, frame: bytes) -> bool:
        """Take one message; returns whether its checksum holds."""
        message = json.loads(frame, parse_float=str, parse_int=str)
        (data,) = message["data"]
        if message["type"] == "snapshot":
            self.sides = ({}, {})
            self.places = {}
        for side, name in enumerate(("bids", "asks")):
            for entry in data[name]:
                self._apply(side, entry)
                if self.eager:
                    self._truncate(side)
            self._truncate(side)
        self.messages += 1
        return self.checksum() == int(data["checksum"])

    def checksum(self) -> int:
        """The documented sum."""
        asks, bids = (
            "".join(
                digits(order["limit_price"]) + digits(order["order_qty"])
                for _, queue in self.levels(side)[:10]
                for order in queue
            )
            for side in (1, 0)
        )
        return crc(asks, bids)

    def levels(self, side: int) -> list[tuple[int, list[Order]]]:
        """A side as prices and queues, best first."""
        prices = sorted(self.sides[side], reverse=side == 0)
        return [(price, list(self.sides[side][price].values())) for price in prices]

    def level2(self, side: int) -> list[tuple[int, int]]:
        """A side as prices and summed quantities, best first."""
        return [(price, sum(ticks(order["order_qty"]) for order in queue)) for price, queue in self.levels(side)]

    def _apply(self, side: int, entry: dict[str, Any]) -> None:
        event, order_id, price = entry.get("event", "add"), entry["order_id"], ticks(entry["limit_price"])
        self.events.append(event)
        assert ticks(entry["order_qty"]) > 0
        if event == "add":
            assert order_id not in self.places, "an order was added twice"
        else:
            old_side, old_price = self.places[order_id]
            assert old_side == side
            if event == "modify" and old_price == price:
                self.sides[side][price][order_id] = entry
                return
            del self.places[order_id]
            queue = self.sides[side][old_price]
            gone = queue.pop(order_id)
            if not queue:
                del self.sides[side][old_price]
            if event == "delete":
                assert (entry["limit_price"], entry["order_qty"]) == (gone["limit_price"], gone["order_qty"])
                return
        self.places[order_id] = side, price
        self.sides[side].setdefault(price, {})[order_id] = entry

    def _truncate(self, side: int) -> None:
        levels = self.sides[side]
        while len(levels) > self.depth:
            worst = max(levels) if side else min(levels)
            for order_id in levels.pop(worst):
                del self.places[order_id]


def ticks(text: str) -> int:
    """A padded decimal as an integer."""
    return int(text.replace(".", ""))
