"""The log of faults: what was done, to which frame, and what arrived instead."""

from dataclasses import dataclass

from havklo.sim.delivery.kinds import FaultKind

__all__ = ["Fault"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One fault that has happened.

    What does not apply to a kind is empty: a refused connection has no frame, a lost ack has no depth.

    Attributes:
        kind: What was done.
        channel: The channel of the frame that it struck; "ack" for answers to requests.
        symbol: The symbol that the frame was about.
        depth: The depth of the book that it belonged to, or 0.
        connection: The number of the connection it was on its way to, or 0.
        role: That connection's endpoint: public, private or level3.
        timestamp: The message's own time.
        at_ns: When it was done, in epoch nanoseconds.
        until_ns: When it was over or will be, if it lasts.
        frame: The frame as it should have arrived; of a rate limit the request.
        sent: What arrived instead, in order; None: nothing.
    """

    kind: FaultKind
    channel: str = ""
    symbol: str = ""
    depth: int = 0
    connection: int = 0
    role: str = ""
    timestamp: str = ""
    at_ns: int
    until_ns: int | None = None
    frame: bytes | None = None
    sent: tuple[bytes, ...] | None = None
