"""The order-book package (C, by cryptofeed's author) with msgspec decoding numbers straight to Decimal."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from order_book import OrderBook

from peers import Peer, UnverifiedError


class _Level(msgspec.Struct, gc=False):
    price: Decimal
    qty: Decimal


class _Data(msgspec.Struct, gc=False):
    symbol: str
    bids: list[_Level]
    asks: list[_Level]
    checksum: int


class _Message(msgspec.Struct, gc=False):
    data: list[_Data]


_decode = msgspec.json.Decoder(_Message).decode


class InC:
    """One book, written to as the package's documentation shows."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self.book = OrderBook(max_depth=depth, max_depth_strict=True, checksum_format="KRAKEN")
        self.handle(snapshot)

    def handle(self, message: bytes) -> None:
        """Apply one message and check its sum."""
        data = _decode(message).data[0]
        book = self.book
        for side, levels in ((book.bids, data.bids), (book.asks, data.asks)):
            for level in levels:
                if level.qty:
                    side[level.price] = level.qty
                elif level.price in side:
                    del side[level.price]
        if book.checksum() != data.checksum:
            raise UnverifiedError(message)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        handle = self.handle
        for message in messages:
            handle(message)
        return len(messages)


def read(running: InC) -> tuple[str, dict[str, object]]:
    """Read the best bid: its price and quantity."""
    return "bids.index(0)", {"bids": running.book.bids}


def hold(frames: Iterator[bytes]) -> object:
    """Keep a book for every symbol."""
    books: dict[bytes, InC] = {}
    for frame in frames:
        symbol = frame.partition(b'"symbol":"')[2].partition(b'"')[0]
        if symbol in books:
            books[symbol].handle(frame)
        else:
            books[symbol] = InC(10, frame)
    return books


PEER = Peer(
    name="order-book + msgspec",
    package="order-book",
    make=InC,
    read=read,
    hold=hold,
    note="the newest version that this Python gets",
)
