"""The bot's journal: what it meant to do and what became of it, a line each, in a file that outlives the bot."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeAlias, final

import msgspec

__all__ = ["Closing", "Ended", "Entry", "Filled", "Journal", "Meant", "Refused", "Unknown", "Wish", "read"]


@final
class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the bot wants, and what it wants to do with it then.

    Attributes:
        key: Its idempotency key.
        symbol: The pair.
        side: "buy" or "sell".
        qty: How much.
        price: The limit; None for a market order.
        post_only: Whether it may only rest.
        time_in_force: "gtc", "ioc" or "fok".
        then: What follows.
        patience: Seconds until it is canceled.
    """

    key: str
    symbol: str
    side: Literal["buy", "sell"]
    qty: Decimal
    price: Decimal | None = None
    post_only: bool = False
    time_in_force: Literal["gtc", "ioc", "fok"] = "gtc"
    then: Literal["wait", "amend", "cancel"] = "wait"
    patience: float = 5.0


@final
class Meant(msgspec.Struct, frozen=True, tag="meant"):
    """Written before an order is placed.

    Attributes:
        wish: The order.
    """

    wish: Wish


@final
class Filled(msgspec.Struct, frozen=True):
    """One fill as the client tells it."""

    exec_id: str
    price: Decimal
    qty: Decimal
    cost: Decimal
    fees: dict[str, Decimal]


@final
class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """An order in its last state, as the client tells it."""

    key: str
    order_id: str | None
    cl_ord_id: str | None
    state: str
    order_qty: Decimal | None
    limit_price: Decimal | None
    cum_qty: Decimal
    cost: Decimal
    fees: dict[str, Decimal]
    fills: list[Filled]
    reason: str | None = None


@final
class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The exchange has refused an order: there is none."""

    key: str
    error: str


@final
class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """An order's fate was not known for a while."""

    cl_ord_id: str | None
    after: str


@final
class Closing(msgspec.Struct, frozen=True, kw_only=True, tag="closing"):
    """What the client says once all has ended.

    Attributes:
        balances: Every asset's balance.
        open: The ids of orders that it thinks are open.
        told_twice: Fills that were told more than once.
        gaps: Missing messages that were noticed.
        connections: How often this process's connections were made.
    """

    balances: dict[str, Decimal]
    open: list[str]
    told_twice: int = 0
    gaps: int = 0
    connections: int = 0


Entry: TypeAlias = Meant | Ended | Refused | Unknown | Closing

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


@final
class Journal:
    """Appends to a journal; each line is in the file when `write` returns, whatever becomes of this process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # The last line may be half a line: its writer was killed.
        os.write(self._file, b"\n")

    def write(self, entry: Entry) -> None:
        """Append an entry."""
        os.write(self._file, _ENCODER.encode(entry) + b"\n")

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)


def read(path: Path, offset: int = 0) -> Iterator[tuple[Entry, int]]:
    """The whole entries of a journal from an offset on, each with the offset behind it."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            try:
                entry = _DECODER.decode(line)
            except msgspec.DecodeError:
                continue  # empty, or cut short by a kill
            yield entry, offset
