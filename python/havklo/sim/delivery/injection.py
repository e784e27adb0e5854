"""Faults that have been ordered: what they are waiting for, and what has become of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, final

from havklo.sim.delivery.kinds import KINDS, ORDER_METHODS, FaultKind, Place, Role
from havklo.sim.delivery.log import Fault
from havklo.sim.delivery.topics import Topic, mentions

__all__ = ["Injection"]

_MAIN: Final = {"public": "book", "private": "executions", "level3": "level3"}
_TYPE_WITHIN: Final = 64  # bytes: a message's channel and type stand first


def _nothing(_order: "Injection") -> None:
    """It was made by hand: nobody carries it out."""


@final
@dataclass(kw_only=True, eq=False)
class Injection:
    """Faults that have been ordered, and those of them that have happened.

    Attributes:
        kind: What will be done.
        symbol: To frames about this symbol, or None for any.
        count: How often, unless it lasts.
        channel: To frames of this channel; None: to book updates, or the updates of what the chosen role's
            connections are mainly for.
        connection: On the way to this connection, or None for the first that comes.
        role: Only on connections to this endpoint.
        account: With the tokens of this account.
        method: To acks of this method; None: of any order method.
        seconds: For how long.
        code: With this close code.
        cut: By cutting the connection.
        bytes_per_second: How much gets through.
        faults: The faults that have happened.
        bound: The connection that all of a row of faults strike.
        held: How many frames are held back to be swapped with the next.
        active: Whether anything is still to come of it.
        until: When it will be over, on the monotonic clock, if it lasts for a time.
        place: Where it strikes.
    """

    kind: FaultKind
    symbol: str | None = None
    count: int = 1
    channel: str | None = None
    connection: int | None = None
    role: Role | None = None
    account: str | None = None
    method: str | None = None
    seconds: float | None = None
    code: int | None = None
    cut: bool = False
    bytes_per_second: int | None = None
    faults: list[Fault] = field(default_factory=list[Fault])
    bound: int | None = None
    held: int = 0
    active: bool = True
    until: int | None = None
    canceller: Callable[["Injection"], None] = field(default=_nothing, repr=False)
    place: Place = field(init=False, repr=False)

    def __post_init__(self) -> None:
        chosen = self.connection is not None or self.role is not None
        if self.kind == "disconnect" and chosen and self.symbol is None and self.channel is None:
            self.place = "connection"
        else:
            self.place = KINDS[self.kind].place

    @property
    def lasts(self) -> bool:
        """Whether it goes on until its time is up or it is cancelled, rather than a number of times."""
        timed = self.seconds is not None and self.kind != "delay"
        return timed or self.place == "exchange" or self.kind == "ban"

    @property
    def remaining(self) -> int:
        """How many faults are still to come; of one that lasts nobody can know, and it is 0."""
        return 0 if self.lasts else self.count - len(self.faults) - self.held

    def cancel(self) -> None:
        """Take back what has not happened yet, and end what lasts."""
        self.canceller(self)

    def selects(self, connection: int, role: str) -> bool:
        """Whether it may strike this connection."""
        wanted = self.connection if self.connection is not None else self.bound
        return wanted in (None, connection) and self.role in (None, role)

    def matches(self, connection: int, role: str, topic: Topic, frame: bytes) -> bool:
        """Whether this delivery is to be struck."""
        channel = topic.channel
        if self.kind == "lose_ack":
            # A refusal has carried nothing out: nothing is lost with it.
            wanted = ORDER_METHODS if self.method is None else {self.method}
            fits = channel == "ack" and topic.symbol in wanted and b'"success":true' in frame
        elif self.channel is not None:
            fits = channel == self.channel
        else:
            main = "book" if self.connection is None and self.role is None else _MAIN[role]
            fits = channel == main and b'"type":"update"' in frame[:_TYPE_WITHIN]
        return fits and self.selects(connection, role) and self._is_about(topic, frame)

    def covers(self, connection: int, role: str, topic: Topic | None, frame: bytes) -> bool:
        """Whether this stall holds a stream of a connection, or all of it (`topic` is None)."""
        whole = self.symbol is None and self.channel is None
        if topic is None or whole:
            return topic is None and whole and self.selects(connection, role)
        fits = topic.channel != "ack" if self.channel is None else topic.channel == self.channel
        return fits and self.selects(connection, role) and self._is_about(topic, frame)

    def has_struck(self, connection: int) -> bool:
        """Whether one of its faults was this connection's."""
        return any(fault.connection == connection for fault in self.faults)

    def _is_about(self, topic: Topic, frame: bytes) -> bool:
        return self.symbol in (None, topic.symbol) or mentions(frame, self.symbol)
