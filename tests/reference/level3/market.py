"""The exchange's side of a level-3 story: lists of orders that write their own messages, with Kraken's sum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal
from zlib import crc32

from reference.level3 import documented
from reference.numbers import digits

Name = Literal["bids", "asks"]
PROVEN = 10


@dataclass(frozen=True)
class Told:
    """One entry, as the story's author tells it.

    Attributes:
        event: What the message says happened.
        order_id: To whose order.
        price: Its limit; empty: unchanged.
        qty: What it shows now; empty: unchanged.
        stamp: Its timestamp; empty: now for an add, else unchanged.
        back: Whether the order goes to the end of its queue, which a modify does not say. A new price always means it.
    """

    event: str
    order_id: str
    price: str = ""
    qty: str = ""
    stamp: str = ""
    back: bool = False


def add(order_id: str, price: str, qty: str, stamp: str = "") -> Told:
    """An order comes, or a level comes into the window."""
    return Told("add", order_id, price, qty, stamp)


def delete(order_id: str, price: str = "", qty: str = "", stamp: str = "") -> Told:
    """An order is gone; what it was like has to be said only of one that the market never had."""
    return Told("delete", order_id, price, qty, stamp)


def modify(order_id: str, qty: str, *, price: str = "", stamp: str = "", back: bool = False) -> Told:
    """An order changes: filled where its stamp stays, amended where it moves."""
    return Told("modify", order_id, price, qty, stamp, back)


NOW = "now"
"""A stamp: the time of the message."""


@dataclass(frozen=True)
class _Order:
    order_id: str
    price: str
    qty: str
    stamp: str

    def text(self, event: str | None = None) -> str:
        """The order as Kraken writes it."""
        head = "" if event is None else f'"event":"{event}",'
        numbers = f'"limit_price":{self.price},"order_qty":{self.qty}'
        return f'{{{head}"order_id":"{self.order_id}",{numbers},"timestamp":"{self.stamp}"}}'


class Market:
    """What the exchange holds inside a subscription's window.

    It applies what the story's author says happened and looks for no sense in it. A side is one list, in which who
    comes later stands further behind; sorted by price it is every queue.
    """

    def __init__(
        self, symbol: str, bids: Sequence[tuple[str, ...]], asks: Sequence[tuple[str, ...]], *, depth: int = 10
    ) -> None:
        self.symbol = symbol
        self.depth = depth
        self.clock = 0
        self.sides: dict[Name, list[_Order]] = {
            "bids": [self._placed(*order) for order in bids],
            "asks": [self._placed(*order) for order in asks],
        }

    @property
    def now(self) -> str:
        """The time of the message that is being made."""
        return f"2026-08-02T04:23:42.{self.clock:09}Z"

    @property
    def sum(self) -> int:
        """Kraken's checksum of the book as it stands."""
        held = [*self.window("asks", PROVEN), *self.window("bids", PROVEN)]
        return crc32("".join(digits(order.price) + digits(order.qty) for order in held).encode())

    def window(self, side: Name, depth: int) -> list[_Order]:
        """The orders of the best prices, best and first first; sorting leaves those at one price as they stand."""
        held = sorted(self.sides[side], key=lambda order: Decimal(order.price), reverse=side == "bids")
        best = list(dict.fromkeys(Decimal(order.price) for order in held))[:depth]
        return [order for order in held if Decimal(order.price) in best]

    def snapshot(self) -> str:
        """The whole window as a frame."""
        self.clock += 1
        bids, asks = ([order.text() for order in self.window(side, self.depth)] for side in ("bids", "asks"))
        return self.frame("snapshot", bids, asks)

    def update(self, bids: Sequence[Told] = (), asks: Sequence[Told] = ()) -> str:
        """Applies what happened in order, and gives the frame that tells of it."""
        self.clock += 1
        texts = [self._entry("bids", told) for told in bids], [self._entry("asks", told) for told in asks]
        self.sides = {"bids": self.window("bids", self.depth), "asks": self.window("asks", self.depth)}
        return self.frame("update", *texts)

    def frame(self, kind: str, bids: Sequence[str], asks: Sequence[str]) -> str:
        """A frame in Kraken's own key order."""
        return (
            f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"{self.symbol}","checksum":{self.sum},'
            f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}],"timestamp":"{self.now}"}}]}}'
        )

    def _placed(self, order_id: str, price: str, qty: str, stamp: str = "") -> _Order:
        return _Order(order_id, price, qty, stamp or self.now)

    def _entry(self, name: Name, told: Told) -> str:
        side = self.sides[name]
        index = next((index for index, order in enumerate(side) if order.order_id == told.order_id), None)
        before = None if index is None or told.event == "add" else side[index]
        order = _Order(told.order_id, told.price, told.qty, told.stamp)
        if before is not None:
            order = replace(before, **{key: value for key, value in vars(order).items() if value})
        if order.stamp in ("", NOW):
            order = replace(order, stamp=self.now)
        moved = before is not None and before.price != order.price
        if index is not None and told.event == "modify" and not (told.back or moved):
            side[index] = order
        else:
            if index is not None:
                del side[index]
            if told.event == "add" or (told.event == "modify" and index is not None):
                side.append(order)
        return order.text(told.event)


def bitcoin(bids: int = len(documented.BIDS), asks: int = len(documented.ASKS)) -> Market:
    """BTC/USD with ten levels a side, the documented example; or only so many of its orders."""
    orders = (
        [(order_id, price, qty, f"{documented.DAY}{rest}Z") for order_id, price, qty, rest in side]
        for side in (documented.BIDS[:bids], documented.ASKS[:asks])
    )
    return Market("BTC/USD", *orders)


def narrow() -> Market:
    """BTC/USD with ten levels of bids, two orders at the first and one at each other, and a single ask."""
    bids = [("OB1", "99.9", "1.50000000"), ("OB2", "99.9", "0.70000000")]
    bids += [(f"OB{rank + 2}", f"{99.9 - rank:.1f}", f"{rank}.00000000") for rank in range(1, 10)]
    return Market("BTC/USD", bids, [("OA1", "101.0", "2.00000000")])


def small() -> Market:
    """BTC/USD with two orders a side: for what is told about frames, not about queues."""
    bids = [("OB1", "44939.4", "0.88968699"), ("OB2", "44939.4", "0.45210000")]
    return Market("BTC/USD", bids, [("OA1", "44939.5", "4.52308393"), ("OA2", "44950.0", "0.10334926")])


def ether() -> Market:
    """ETH/USD, a thin book."""
    bids = [("OE1", "1877.29", "2.41130000"), ("OE2", "1877.26", "1.78314068"), ("OE3", "1877.26", "0.47001888")]
    return Market("ETH/USD", bids, [("OE4", "1877.30", "2.39751185"), ("OE5", "1877.44", "0.15962993")])


def deep(levels: int) -> Market:
    """XRP/USD at depth 100 with so many levels a side, one to three orders at each, no two neighbours alike."""
    sides: list[list[tuple[str, ...]]] = []
    for letter, best, step in (("B", 108_100, -1), ("A", 108_110, 1)):
        sides.append(
            [
                (
                    f"O{letter}{rank}-{number}",
                    f"{(best + step * rank) / 100_000:.5f}",
                    f"{rank % 7 + 1}.0000000{number}",
                )
                for rank in range(levels)
                for number in range(1, rank % 3 + 2)
            ]
        )
    return Market("XRP/USD", *sides, depth=100)
