"""One connection: the end of the exchange's link, the way to the client, and the client's transport."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, final

from havklo._transport import Handler
from havklo._transport.memory import MemoryTransport
from havklo.sim.delivery.kinds import Role
from havklo.sim.delivery.lane import TEXT
from havklo.sim.server.duties import Duties

if TYPE_CHECKING:
    from matrix.venue import FarKraken

__all__ = ["SECOND", "Request", "Wire"]

SECOND: Final = 1_000_000_000
WITH_SNAPSHOT: Final = frozenset({"book", "level3", "ticker", "ohlc"})  # unless the request says otherwise


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request as the exchange got it.

    Attributes:
        at_ns: When, on the monotonic clock.
        connection: On which connection, counted from 1.
        method: What was asked for.
        channel: Of which channel, or "".
        symbols: For which symbols.
    """

    at_ns: int
    connection: int
    method: str
    channel: str
    symbols: tuple[str, ...]


class _Goodbye(NamedTuple):
    """The end of a connection, on its way behind the last frame; with the code of a close frame, or without one."""

    reason: str
    code: int | None


@final
class Wire:
    """One connection: the end of the exchange's link, the way, and the client's transport.

    Args:
        far: The exchange.
        number: The connection's number, counted from 1.
        role: Its endpoint.
        handler: The client's.
        one_way: How long a frame is under way, in nanoseconds.
    """

    def __init__(self, far: "FarKraken", number: int, role: Role, handler: Handler, one_way: int) -> None:
        self.transport = MemoryTransport(role, _Ear(handler, self._client_left), far.clock)
        self.transport.on_sent = self._sent
        self._far = far
        self._clock = far.clock
        self._number = number
        self.role: Role = role
        self._one_way = one_way
        self._coming: deque[tuple[int, bytes | _Goodbye]] = deque()
        self._kept = 0
        self._dead = False
        self._pending: list[tuple[set[str], Iterator[bytes]]] = []
        self._link = far.door.enter(number, role, self)
        self._conversation = far.kraken.converse(self._link)
        self._duties = Duties(
            self._link, self._conversation, self._clock, heartbeat=1.0, idle=60.0, close=lambda: self.goodbye(1000)
        )

    def begin(self) -> None:
        """Say the first word."""
        for frame in self._conversation.accept():
            self._link.send(frame)

    # -- the end of the exchange's link

    def put(self, frame: bytes, opcode: int = TEXT) -> None:
        """Send a frame."""
        if not self._dead and opcode == TEXT:
            self._carry(self._far.damage(frame))

    def keep(self, size: int) -> bool:
        """Count what waits; too much of it ends the connection."""
        if self._kept + size > self._far.queue_bytes:
            self._link.abort()
        if self._dead:
            return False
        self._kept += size
        return True

    def cut(self) -> None:
        """End it without a word."""
        self._end(_Goodbye("the connection was lost", None))

    def goodbye(self, code: int) -> None:
        """End it with a close frame."""
        self._end(_Goodbye(f"closed by the peer: {code}", code))

    def vanish(self) -> None:
        """Neither hear nor say anything any more."""
        self._dead = True

    # -- the way

    def _end(self, goodbye: _Goodbye) -> None:
        if not self._dead:
            self._dead = True
            self._carry(goodbye)
            self._clock.call_at(self._clock.now(), self._leave)  # its link may be in the middle of a frame

    def _carry(self, what: bytes | _Goodbye) -> None:
        due = self._clock.now() + self._one_way
        if not self._coming:
            self._clock.call_at(due, self._arrive)
        self._coming.append((due, what))

    def _arrive(self) -> None:
        """What is there by now is one read of the client's."""
        now, coming = self._clock.now(), self._coming
        frames: list[bytes] = []
        while coming and coming[0][0] <= now:
            what = coming.popleft()[1]
            if isinstance(what, _Goodbye):
                self.transport.deliver(*frames)
                self.transport.end(what.reason, what.code)
                return
            frames.append(what)
        if coming:
            self._clock.call_at(coming[0][0], self._arrive)
        self.transport.deliver(*frames)

    def _client_left(self) -> None:
        self._clock.call_at(self._clock.now() + self._one_way, self._leave)

    def _leave(self) -> None:
        self._dead = True
        self._duties.end()
        self._conversation.end()
        self._pending.clear()
        self._far.leave(self._number)

    # -- what the client asks for

    def _sent(self, payload: bytes) -> None:
        self._clock.call_at(self._clock.now() + self._one_way, lambda: self._hear(payload))

    def _hear(self, payload: bytes) -> None:
        if self._dead:
            return
        self._duties.active()
        request = json.loads(payload)
        params = request.get("params", {})
        method, channel = request["method"], params.get("channel", "")
        symbols = tuple(params.get("symbol", ())) if method in ("subscribe", "unsubscribe") else ()
        self._far.requests.append(
            Request(at_ns=self._clock.now(), connection=self._number, method=method, channel=channel, symbols=symbols)
        )
        refusal = self._far.door.refusal(self._link, payload)
        if refusal is not None:
            self._link.send(refusal)
            return
        if method == "unsubscribe":
            self._hurry(set(symbols))  # what is taken back must have begun
        frames = self._conversation.handle(payload)
        if method == "subscribe" and params.get("snapshot", channel in WITH_SNAPSHOT):
            self._tell(islice(frames, max(1, len(symbols))))
            rest = (set(symbols), frames)
            self._pending.append(rest)
            wait = round(self._far.random.uniform(*self._far.way.snapshot) * SECOND)
            self._clock.call_at(self._clock.now() + wait, lambda: self._tell_rest(rest))
        else:
            self._tell(frames)

    def _tell(self, frames: Iterator[bytes]) -> None:
        for frame in frames:
            self._far.said(frame)
            self._link.send(frame)
            self._duties.subscribed()

    def _tell_rest(self, rest: tuple[set[str], Iterator[bytes]]) -> None:
        if rest in self._pending:
            self._pending.remove(rest)
            self._tell(rest[1])

    def _hurry(self, symbols: set[str]) -> None:
        for rest in tuple(self._pending):
            if rest[0] & symbols:
                self._tell_rest(rest)


@final
class _Ear:
    """The client's handler, and somebody on the other side who wants to know when it hangs up."""

    def __init__(self, handler: Handler, left: Callable[[], None]) -> None:
        self.on_frame = handler.on_frame
        self.on_malformed = handler.on_malformed
        self._handler = handler
        self._left = left

    def on_closed(self, reason: str, code: int | None) -> None:
        """The connection has ended, whoever ended it."""
        self._left()
        self._handler.on_closed(reason, code)
