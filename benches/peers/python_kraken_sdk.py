"""python-kraken-sdk's order-book client: `on_message`, with its own checksum validation, without its socket.

The pair's precisions, which it asks Kraken's REST interface for, are handed to it. Decoding is what its
connector does: the standard library's json. Its resubscription after a mismatch is made an error.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from kraken.spot import SpotOrderBookClient

from peers import Peer, UnverifiedError
from stream import PRICE_DECIMALS, QTY_DECIMALS, SYMBOL

_loop = asyncio.new_event_loop()
logging.getLogger("kraken").setLevel(logging.ERROR)


class StrictClient(SpotOrderBookClient):
    """The SDK's client, which must not resubscribe and need not ask for the precisions."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth=depth, callback=_ignore)
        vars(self)["_SpotOrderBookClient__market"].get_asset_pairs = _precisions

    async def remove_book(self, pairs: list[str]) -> None:
        """Called when a checksum did not match."""
        raise UnverifiedError(pairs)


def _ignore(pair: str, message: dict[str, Any]) -> None:
    pass


def _precisions(pair: str) -> dict[str, dict[str, int]]:
    return {pair: {"pair_decimals": PRICE_DECIMALS, "lot_decimals": QTY_DECIMALS}}


class Sdk:
    """One client with one book."""

    def __init__(self, depth: int, snapshot: bytes) -> None:
        _loop.run_until_complete(self._open(depth))
        self.run([snapshot])

    async def _open(self, depth: int) -> None:
        self.client = StrictClient(depth)

    def run(self, messages: Sequence[bytes]) -> int:
        """Handle every message."""
        _loop.run_until_complete(self._feed(messages))
        return len(messages)

    async def _feed(self, messages: Sequence[bytes]) -> None:
        on_message, loads = self.client.on_message, json.loads
        for message in messages:
            await on_message(loads(message))


def close(running: Sdk) -> None:
    """Close the HTTP session that every client opens."""
    _loop.run_until_complete(vars(running.client)["_SpotAsyncClient__session"].close())


def read(running: Sdk) -> tuple[str, dict[str, object]]:
    """Read the best bid as its documentation shows, without making a list of the whole side."""
    return f"next(iter(get({SYMBOL!r})['bid'].items()))", {"get": running.client.get}


def hold(frames: Iterator[bytes]) -> object:
    """Keep every symbol's book in one client."""
    kept = Sdk(10, next(frames))
    for frame in frames:
        kept.run([frame])
    return kept


PEER = Peer(
    name="python-kraken-sdk",
    package="python-kraken-sdk",
    make=Sdk,
    read=read,
    close=close,
    hold=hold,
    module="kraken.spot",
    note="on_message; snapshots are not verified",
)
