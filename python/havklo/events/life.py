"""What becomes of connections and subscriptions, and of the client as a whole."""

import msgspec

from havklo.errors import HavkloError

__all__ = [
    "BreakerChanged",
    "Connected",
    "ConnectionLost",
    "CrossedBook",
    "HealthChanged",
    "Heartbeat",
    "Maintenance",
    "Malformed",
    "Moved",
    "Refused",
    "Resync",
    "Silent",
    "Stalled",
    "Status",
    "SubscriptionLost",
]


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Kraken's sign of life, about once a second while anything is subscribed.

    Attributes:
        connection: The client's number for the connection, from 0.
        recv_ns: When it came, in nanoseconds since the epoch.
    """

    connection: int
    recv_ns: int


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
        code: The code of the peer's close frame (RFC 6455), or None if it sent none.
    """

    connection: int
    reason: str
    retry_in_ns: int
    code: int | None = None


class Stalled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connection is silent, without even a heartbeat; its books are no longer live.

    Attributes:
        connection: The client's number for it, from 0.
        silent_ns: For how many nanoseconds nothing came.
    """

    connection: int
    silent_ns: int


class Silent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A subscription is unusually silent while its connection speaks; it is subscribed anew, to be sure of it.

    Attributes:
        symbol: The symbol.
        channel: The channel.
        silent_ns: For how many nanoseconds nothing came.
    """

    symbol: str
    channel: str
    silent_ns: int


class Moved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Subscriptions go on over another connection, because theirs does not come back.

    Attributes:
        symbols: The symbols.
        source: The client's number for the connection that failed.
        target: The number of the one that has them now.
    """

    symbols: tuple[str, ...]
    source: int
    target: int


class BreakerChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The circuit breaker of an endpoint has changed its state.

    Attributes:
        role: The endpoint: "public", ...
        state: "closed" (all is well), "open" (nobody connects for a while) or "half_open" (one attempt is made).
        failures: How many attempts have failed in a row.
        retry_in_ns: After how many nanoseconds the next attempt is made; 0 unless it is open.
    """

    role: str
    state: str
    failures: int
    retry_in_ns: int


class HealthChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The client's state as a whole has changed; `Client.health` has the details.

    Attributes:
        before: The state before: "starting", "live", "degraded" or "down".
        after: The state now.
        reason: Why, in a sentence.
    """

    before: str
    after: str
    reason: str


class Resync(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A subscription that was broken is live again: a book from a fresh verified snapshot.

    Attributes:
        symbol: Its symbol.
        reason: What had broken it: a desync's reason, "gap" (of trades), "stalled", "silent", "disconnected",
            "malformed", "asked" or "reprove".
        attempts: How many subscriptions it took.
        took_ns: For how many nanoseconds it was not live.
        channel: Its channel.
    """

    symbol: str
    reason: str
    attempts: int
    took_ns: int
    channel: str = "book"


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
        emergency: What is not planned; of the same form.
    """

    system: str
    connection_id: int | str | None
    version: str
    api_version: str
    upcoming_maintenance: tuple[Maintenance, ...]
    emergency: tuple[Maintenance, ...] = ()


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
