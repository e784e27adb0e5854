"""A client's counters."""

import msgspec

__all__ = ["ClientStatistics"]


class ClientStatistics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A client's counters since it was made; `connections`, `books`, `live` and `pending` are of this moment.

    Attributes:
        connections: Connections that carry something now.
        reconnects: Connections that replaced a lost one.
        books: Books subscribed now.
        live: Those of them that are live.
        messages: Book messages addressed to subscribed books.
        verified: Those of them that were proven.
        ignored: Book messages that were not used: of books that were not live, or not subscribed any more.
        desyncs: Desyncs.
        resyncs: Subscriptions that were made live again.
        dropped: Updates that iterations did not see on their own, and events that were too many.
        rows: Events of the channels that have no checksum.
        repaired: Trades that were missed and taken from a later snapshot.
        gaps: Holes in the trades that could not be repaired.
        requests: Subscribes and unsubscribes that were sent.
        pending: Events that iterations have still to read.
        unknown: Messages of channels or shapes that this version does not know.
    """

    connections: int
    reconnects: int
    books: int
    live: int
    messages: int
    verified: int
    ignored: int
    desyncs: int
    resyncs: int
    dropped: int
    rows: int
    repaired: int
    gaps: int
    requests: int
    pending: int
    unknown: int
