"""ccxt's pro client: its own decoding, dispatch and book, without its socket.

Its checksum option is off, as it is by default: switched on, the first message raises AttributeError. So what
is measured here is a book that nobody has checked.
"""

import asyncio
from collections.abc import Iterator, Sequence

import ccxt.pro

from peers import Peer
from stream import SYMBOL

_loop = asyncio.new_event_loop()


class Unchecked:
    """One exchange object and the client object that its socket would feed."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        self.exchange = ccxt.pro.kraken({"asyncio_loop": _loop})
        self._client = self.exchange.client("ws://localhost/v2")
        self._client.subscriptions[f"orderbook@{SYMBOL}"] = {"limit": depth}
        self.handle(snapshot)

    def handle(self, message: bytes) -> None:
        """Take one message."""
        self._client.handle_text_or_binary_message(message.decode())

    def run(self, messages: Sequence[bytes]) -> None:
        """Handle every message."""
        handle = self.handle
        for message in messages:
            handle(message)


def close(running: Unchecked) -> None:
    """Close the HTTP session that every exchange object opens."""
    _loop.run_until_complete(running.exchange.close())


def read(running: Unchecked) -> tuple[str, dict[str, object]]:
    """Read the best bid as its users do."""
    return "book['bids'][0]", {"book": running.exchange.orderbooks[SYMBOL]}


def hold(frames: Iterator[bytes]) -> object:
    """Keep every symbol's book in one exchange object."""
    kept = Unchecked(10, next(frames))
    for frame in frames:
        kept.handle(frame)
    return kept


PEER = Peer(
    name="ccxt.pro",
    package="ccxt",
    make=Unchecked,
    read=read,
    close=close,
    hold=hold,
    module="ccxt.pro",
    verifies="cannot",
    note="its checksum option crashes on the first message",
)
