"""A session's patience, in one place."""

import msgspec

__all__ = ["Timings"]

_SECOND = 1_000_000_000


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """A session's patience, in nanoseconds and counts.

    Attributes:
        subscribe_timeout: How long a new subscription may take to become live.
        snapshot: How long one attempt waits for its snapshot before the next.
        unsubscribe_ack: How long a subscribe is held back for the ack of the unsubscribe before it.
        stall_after: Silence after which books are suspended and a ping goes out.
        dead_after: Silence after which the connection is given up.
        resync_floor: The shortest time between two resyncs of one book.
        stable_after: How long a connection must have held for the next reconnect to be immediate again.
        served_wait: The longest wait after a connection that had not held, but had made a book live. Kraken asks for
            5 s between attempts and for fewer than 150 in ten minutes.
        reprove_every: How often a live book is proven by a fresh snapshot, or None.
        bad_snapshots: After how many snapshots that fail a new subscription is given up.
        settle_updates: How many updates after its snapshot end a topic's convalescence.
        settle_within: How long it lasts at most.
        quiet_every: How often the session looks whether a subscription is unusually silent.
        quiet_floor: Shorter silences are never unusual. Gaps of 9 s were measured on quiet pairs.
        quiet_cap: Longer silences are always unusual, until a fresh snapshot has shown that they are not.
        quiet_gaps: After how many of its usual pauses a subscription is unusually silent.
        ping_first: How soon after the connection's beginning the first ping goes out.
        ping_every: How often a ping goes out; its pong tells the round trip and the server's clock.
        pong_within: How long a pong may take before the connection is given up.
        trades_snapshot: How long after their ack trades and candles wait for their snapshot: less, for a pair without
            trades has none, and those that come meanwhile are held back.
        trades_within: How long trades may be held back for the sake of missing ones.
        slow_down: The shortest wait before a reconnect while Kraken is in maintenance, or has said that it restarts.
        requests_per_second: How many subscribes and unsubscribes go out in a second, beyond a burst.
        requests_burst: How many may go out at once.
        symbols_per_request: How many symbols one of them has at most.
    """

    subscribe_timeout: int = 10 * _SECOND
    snapshot: int = 5 * _SECOND
    unsubscribe_ack: int = 2 * _SECOND
    stall_after: int = 3 * _SECOND
    dead_after: int = 10 * _SECOND
    resync_floor: int = _SECOND // 2
    stable_after: int = 10 * _SECOND
    served_wait: int = 5 * _SECOND
    reprove_every: int | None = None
    bad_snapshots: int = 5
    settle_updates: int = 5
    settle_within: int = 10 * _SECOND
    quiet_every: int = 5 * _SECOND
    quiet_floor: int = 15 * _SECOND
    quiet_cap: int = 120 * _SECOND
    quiet_gaps: int = 30
    ping_first: int = _SECOND
    ping_every: int = 15 * _SECOND
    pong_within: int = 10 * _SECOND
    trades_snapshot: int = 2 * _SECOND
    trades_within: int = 10 * _SECOND
    slow_down: int = 5 * _SECOND
    requests_per_second: float = 10.0
    requests_burst: int = 20
    symbols_per_request: int = 200
