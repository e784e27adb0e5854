"""Frames broken on purpose: what the checksum covers can't hold any more."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from havklo.sim.delivery.damage import corrupt, truncate
from havklo.sim.wire.checksum import checksum
from havklo.sim.wire.frames import decimal

LEVELS = 40


def differences(one: bytes, other: bytes) -> int:
    """How many bytes differ."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def texts(levels: list[tuple[int, int]]) -> list[tuple[str, str]]:
    """Levels as on the wire."""
    return [(decimal(price, 1), decimal(qty, 8)) for price, qty in levels]


class Ladder:
    """One side of a random book: price → quantity."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels = {10_000 + sign * step: 10**8 * (step + 1) for step in range(LEVELS)}

    def top(self, depth: int) -> list[tuple[int, int]]:
        """The best levels, best first."""
        return sorted(self.levels.items(), key=lambda level: self.sign * level[0])[:depth]

    def change(self, rng: random.Random) -> None:
        """Something happens to a level near the best."""
        price = 10_000 + self.sign * rng.randrange(15)
        if price in self.levels and rng.random() < 0.4 and len(self.levels) > 30:
            del self.levels[price]
        else:
            self.levels[price] = rng.randrange(1, 10**10)


def entries(levels: list[tuple[int, int]]) -> str:
    """Levels as a message has them."""
    return ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in texts(levels))


def book_messages(rng: random.Random, depth: int, count: int) -> Iterator[tuple[bytes, Any]]:
    """A snapshot and updates of a random book, each with the ten best that it leads to."""
    sides = Ladder(-1), Ladder(1)
    before: list[dict[int, int]] = [{}, {}]
    for number in range(count):
        if number:
            rng.choice(sides).change(rng)
        changes: list[str] = []
        for side, known in zip(sides, before, strict=True):
            now = dict(side.top(depth))
            gone = [(price, 0) for price in known if price not in now and price not in side.levels]
            new = [(price, qty) for price, qty in side.top(depth) if known.get(price) != qty]
            changes.append(entries(gone + new))
            known.clear()
            known.update(now)
        bids, asks = (texts(side.top(10)) for side in sides)
        kind = "update" if number else "snapshot"
        yield (
            (
                f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"A/B","bids":[{changes[0]}],"asks":[{changes[1]}],'
                f'"checksum":{checksum(bids, asks)},"timestamp":"2027-01-15T08:00:00.{number:06}Z"}}]}}'
            ).encode(),
            (bids, asks),
        )


def verifies(book: Any, frame: bytes) -> bool:
    """Whether a copy of the book holds after a frame; a level that it does not know counts as a failure."""
    copy = type(book)(book.depth)
    copy.levels = tuple(dict(side) for side in book.levels)
    try:
        return copy.apply(frame)
    except KeyError:
        return False


@pytest.mark.parametrize("depth", [10, 25])
def test_books(depth: int, naive_book: Any) -> None:
    """Exactly one digit differs, the frame is still JSON, and its checksum fails, every time."""
    rng = random.Random(depth)
    book = naive_book(depth)
    for frame, tops in book_messages(rng, depth, 400):
        for _ in range(3):
            sent = corrupt(frame, tops, rng)
            assert sent is not None
            json.loads(sent)
            assert differences(frame, sent) == 1
            assert not verifies(book, sent)
        assert book.apply(frame)


class Orders:
    """A level-3 client as naive as can be: all orders of both sides, in queue order."""

    def __init__(self, side: Any = None, *, trusting: bool = False) -> None:
        self.orders: dict[str, tuple[int, str, str]] = dict(side or {})
        self.trusting = trusting

    def apply(self, frame: bytes) -> bool:
        """Take one message; returns whether its checksum holds."""
        (data,) = json.loads(frame, parse_float=str, parse_int=str)["data"]
        for side, name in enumerate(("bids", "asks")):
            for order in data[name]:
                self._take(side, order)
        return self.checksum == int(data["checksum"])

    def _take(self, side: int, order: dict[str, str]) -> None:
        number, price, qty = order["order_id"], order["limit_price"], order["order_qty"]
        match order.get("event", "add"):
            case "delete":
                del self.orders[number]
            case "modify":
                old = self.orders[number][1]
                if price != old and not self.trusting:
                    del self.orders[number]
                self.orders[number] = (side, old if self.trusting else price, qty)
            case _:
                assert number not in self.orders
                self.orders[number] = (side, price, qty)

    def best(self, side: int) -> list[tuple[str, str]]:
        """All orders at the ten best prices."""
        mine = [(price, qty) for each, price, qty in self.orders.values() if each == side]
        prices = sorted({price for price, _ in mine}, key=float, reverse=side == 0)[:10]
        return [(price, qty) for best in prices for price, qty in mine if price == best]

    @property
    def checksum(self) -> int:
        """The sum over these."""
        from zlib import crc32  # noqa: PLC0415 - nobody else here counts more than ten

        digits = "".join(
            price.replace(".", "").lstrip("0") + qty.replace(".", "").lstrip("0")
            for side in (1, 0)
            for price, qty in self.best(side)
        )
        return crc32(digits.encode())


def level3_messages(rng: random.Random, count: int) -> Iterator[tuple[bytes, Any]]:
    """Updates of a random level-3 book, each with the ten best levels that it leads to."""
    truth = Orders()
    numbers = iter(range(10**6))
    for moment in range(count):
        events: tuple[list[str], list[str]] = [], []
        for _ in range(rng.randrange(1, 4)):
            side = rng.randrange(2)
            known = [number for number, order in truth.orders.items() if order[0] == side]
            event = rng.choice(("add", "modify", "delete")) if len(known) > 40 else "add"
            if event == "add":
                number = f"O{next(numbers):06}"
                price = decimal(10_000 + (2 * side - 1) * rng.randrange(1, 20), 1)
            else:
                number = rng.choice(known)
                price = truth.orders[number][1]
            qty = truth.orders[number][2] if event == "delete" else decimal(rng.randrange(1, 10**10), 8)
            told = f'"order_id":"{number}","limit_price":{price},"order_qty":{qty},"timestamp":"T{moment}"'
            events[side].append(f'{{"event":"{event}",{told}}}')
            truth._take(side, {"event": event, "order_id": number, "limit_price": price, "order_qty": qty})
        tops = tuple([(price, "") for price, _ in truth.best(side)] for side in range(2))
        yield (
            (
                f'{{"channel":"level3","type":"update","data":[{{"symbol":"A/B","checksum":{truth.checksum},'
                f'"bids":[{",".join(events[0])}],"asks":[{",".join(events[1])}],"timestamp":"T{moment}"}}]}}'
            ).encode(),
            tops,
        )


@pytest.mark.parametrize("trusting", [False, True], ids=["looks at prices", "goes by ids"])
def test_level3(trusting: bool) -> None:
    """The same for orders, whether or not a client looks at the price of an order that is modified."""
    rng = random.Random(5)
    client = Orders()
    changed = set[bool]()
    for frame, tops in level3_messages(rng, 600):
        for _ in range(3):
            sent = corrupt(frame, tops, rng)
            assert sent is not None
            json.loads(sent)
            assert differences(frame, sent) == 1
            changed.add(sent.split(b'"bids"')[0] == frame.split(b'"bids"')[0])
            assert not Orders(client.orders, trusting=trusting).apply(sent)
        assert client.apply(frame)
    assert changed == {True, False}, "orders and the checksum itself"


def test_numbers_stay_whole() -> None:
    """No digit choice ever makes a leading zero, and short checksums are no special case."""
    frame = (
        b'{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":10.5,"qty":0.02}],"asks":[],'
        b'"checksum":7,"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
    )
    rng = random.Random(1)
    changed = {corrupt(frame, ([("10.5", "0.02")], []), rng) for _ in range(500)}
    assert frame not in changed
    for each in changed:
        json.loads(each or b"")
    assert len(changed) == (8 + 9 + 9) + (9 + 9 + 9) + 9


def test_messages_without_a_checksum() -> None:
    """Any digit of a number may change, and none of a text, however much it looks like a number."""
    frame = b'{"channel":"trade","data":[{"price":10.5,"text":"a\\":7,b","qty":1e-08,"n":-3,"timestamp":"2026-01-01"}]}'
    rng = random.Random(1)
    changed = {corrupt(frame, ((), ()), rng) for _ in range(500)}
    plain = json.loads(frame)
    for each in changed:
        assert each is not None
        assert differences(frame, each) == 1
        row = json.loads(each)["data"][0]
        assert row != plain["data"][0]
        assert (row["text"], row["timestamp"]) == ('a":7,b', "2026-01-01")
    assert len(changed) > 35
    assert corrupt(b'{"channel":"heartbeat"}', ((), ()), rng) is None


@pytest.mark.parametrize("frame", [b'{"channel":"heartbeat"}', b'{"a":[1,2,{"b":"c"}]}'])
def test_truncate(frame: bytes) -> None:
    """What is left is the beginning of the frame, and no JSON."""
    rng = random.Random(1)
    cuts = {truncate(frame, rng) for _ in range(100)}
    for cut in cuts:
        assert cut
        assert frame.startswith(cut)
        with pytest.raises(json.JSONDecodeError):
            json.loads(cut)
    assert len(cuts) > len(frame) // 3
