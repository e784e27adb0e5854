"""The contenders, a file each: what they are, and how they are driven.

No loop goes through a wrapper that its own users would not have: each contender has its own `run`. It is
given raw bytes, and gives back how many messages it proved.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

MODULES = (
    "havklo_book",
    "orjson_loads",
    "json_loads",
    "best_python",
    "order_book_c",
    "cryptofeed_v1",
    "ccxt_pro",
    "python_kraken_sdk",
)


class UnverifiedError(Exception):
    """A contender could not prove a message, so what was measured is not the work that was asked for."""


class Running(Protocol):
    """A contender with a book that has taken its snapshot."""

    def run(self, messages: Sequence[Any]) -> int | None:
        """Handle every message; return how many were proven, or None from one that proves nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What the benchmark knows of a contender.

    Args:
        name: As the table shows it.
        package: The distribution whose version stands beside the name, if any.
        make: From a depth and the snapshot's bytes to a contender that is ready to run.
        read: From a running contender to a statement that reads the best bid, and its names.
        close: Lets go of what the contender holds open.
        hold: From the frames of many symbols to an object that keeps their books alive.
        translate: From a depth, a snapshot and updates to the messages that `run` understands, when these are
            not the same bytes.
        module: What to import for the import time; nothing when it is not asked for.
        verifies: Which messages it proves, for the table.
        note: What a reader must know to judge the figure.
    """

    name: str
    package: str | None
    make: Callable[[int, bytes], Running]
    read: Callable[[Any], tuple[str, dict[str, object]]] | None = None
    close: Callable[[Any], None] | None = None
    hold: Callable[[Iterator[bytes]], object] | None = None
    translate: Callable[[int, bytes, Sequence[bytes]], Sequence[Any]] | None = None
    module: str | None = None
    verifies: str = "every message"
    note: str = ""


def find(module: str) -> Peer:
    """Import one contender."""
    peer = import_module(f"peers.{module}").PEER
    assert isinstance(peer, Peer)
    return peer
