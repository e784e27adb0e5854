"""Everything that a client tells: facts, immutable once made, in the order in which they happened.

Match on their type: `async for event in kraken` yields all of them, `kraken.on(Type, handler)` those of one.
"""

from typing import TypeAlias

import msgspec

from havklo._engine import (
    Book,
    BookArrays,
    BookSnapshot,
    BookState,
    BookStatistics,
    BookUpdate,
    Change,
    Desync,
    DesyncReason,
    Level,
    Peek,
    Sweep,
    Top,
)
from havklo.errors import HavkloError

__all__ = [
    "Book",
    "BookArrays",
    "BookSnapshot",
    "BookState",
    "BookStatistics",
    "BookUpdate",
    "Change",
    "Connected",
    "ConnectionLost",
    "CrossedBook",
    "Desync",
    "DesyncReason",
    "Event",
    "Level",
    "Maintenance",
    "Malformed",
    "Peek",
    "Refused",
    "Resync",
    "Stalled",
    "Status",
    "SubscriptionLost",
    "Sweep",
    "Top",
]


class Connected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connection is open.

    Attributes:
        connection: The client's number for it, from 0.
        attempts: How many attempts it took.
        again: Whether it replaces one that was lost.
    """

    connection: int
    attempts: int
    again: bool


class ConnectionLost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connection ended or could not be made; its books are no longer live.

    Attributes:
        connection: The client's number for it, from 0.
        reason: What ended it.
        retry_in_ns: After how many nanoseconds the next attempt is made.
    """

    connection: int
    reason: str
    retry_in_ns: int


class Stalled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connection is silent, without even a heartbeat; its books are no longer live.

    Attributes:
        connection: The client's number for it, from 0.
        silent_ns: For how many nanoseconds nothing came.
    """

    connection: int
    silent_ns: int


class Resync(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A book that had lost its proof is live again, from a fresh verified snapshot.

    Attributes:
        symbol: The book's symbol.
        reason: What had broken it: a desync's reason, "stalled", "disconnected", "malformed" or "reprove".
        attempts: How many subscriptions it took.
        took_ns: For how many nanoseconds the book was not live.
    """

    symbol: str
    reason: str
    attempts: int
    took_ns: int


class CrossedBook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fresh snapshot is verified and yet crossed: this is what Kraken says, so the book is live.

    Attributes:
        symbol: The book's symbol.
    """

    symbol: str


class Malformed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frame was no Kraken frame; every book of its connection has been suspended and is subscribed anew.

    Attributes:
        connection: The client's number for the connection, from 0.
        detail: What was wrong with it.
    """

    connection: int
    detail: str


class Maintenance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An announced maintenance, as far as the status message tells."""

    event_id: int | None = None
    title: str = ""
    phase: str = "unspecified"
    affected_services: tuple[str, ...] = ()
    order_submission: str = "unspecified"
    recommended_action: str = "unspecified"
    expected_start_utc: str | None = None
    expected_end_utc: str | None = None
    cancel_before_utc: str | None = None
    time_to_start_s: int | None = None
    source_url: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Kraken's own account of itself, on connect and on every change.

    Attributes:
        system: "online", "maintenance", "cancel_only" or "post_only".
        connection_id: Kraken's number for the connection.
        version: The version of Kraken's server.
        api_version: "v2".
        upcoming_maintenance: What is announced.
    """

    system: str
    connection_id: int | str | None
    version: str
    api_version: str
    upcoming_maintenance: tuple[Maintenance, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Kraken refused something that no waiting request accounts for.

    Attributes:
        error: Kraken's own words.
        method: The method it names, or None.
        symbol: The symbol it names, or None.
    """

    error: str
    method: str | None
    symbol: str | None


class SubscriptionLost(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that had been live has ended for good.

    Attributes:
        symbol: Its symbol.
        channel: Its channel.
        error: Why.
    """

    symbol: str
    channel: str
    error: HavkloError


Event: TypeAlias = (
    BookUpdate
    | Desync
    | Resync
    | CrossedBook
    | Connected
    | ConnectionLost
    | Stalled
    | Malformed
    | Status
    | Refused
    | SubscriptionLost
)
"""Everything that `async for event in kraken` may yield."""
