"""One connection in virtual time: its own latency, its order kept as TCP does, and what was done to it."""

import asyncio
import re
from collections import deque
from typing import TYPE_CHECKING, Final, final

from dst.virtual import SECOND
from dst.wire import Wire
from havklo._transport import Handler
from havklo.sim.delivery.lane import TEXT
from havklo.sim.delivery.log import Fault
from havklo.sim.delivery.topics import Topic
from havklo.sim.server.duties import Duties
from havklo.venues import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dst.network import Network

__all__ = ["Pipe"]

End = tuple[str, int | None]
"""The end of a connection on its way: the reason, and the code of a close frame."""

_MILLISECOND: Final = SECOND // 1_000
_GOODBYE_PATIENCE: Final = 2 * SECOND
_BYTES: Final = 4 << 20
_SNAPSHOT: Final = re.compile(rb'\{"channel":"(?:book|level3)","type":"snapshot","data":\[\{"symbol":"([^"]+)"')
_FRAME_FAULTS: Final = frozenset({"drop", "duplicate", "reorder", "corrupt", "truncate"})
"""Faults after which a book may be wrong."""


@final
class Pipe:
    """One connection: the transport that the client sees, the outlet that the exchange sees, and what is on the way.

    Args:
        network: The client's way to the exchange.
        number: The exchange's number for it.
        role: The endpoint.
        handler: The client's end.

    Attributes:
        open: Whether the client may still use it.
        last_read: The instant of the latest read.
        wire: What was asked on it.
        disturbed_at: When anything was last done to it as a whole.
        touched: The same, by symbol.
    """

    def __init__(self, network: "Network", number: int, role: Role, handler: Handler) -> None:
        self.network = network
        self.number = number
        self.open = True
        self.last_read = network.house.clock.now()
        self._channel = "level3" if role == "level3" else "book"
        self.wire = Wire(number, network.house.journal, self._channel)
        self.disturbed_at = 0
        self.touched: dict[str, int] = {}
        self._house = network.house
        self._clock = network.house.clock
        self._truth = network.house.queues if role == "level3" else network.house.truth
        self._random = network.random
        self._journal = network.house.journal
        self._handler = handler
        self._on_frame, self._on_malformed = handler.on_frame, handler.on_malformed
        self._latency = round((40 + 60 * self._random.random()) * _MILLISECOND)
        self._jitter = round(25 * self._random.random() * _MILLISECOND)
        self._down: deque[tuple[int, bytes | End]] = deque()
        self._up: deque[tuple[int, bytes | None]] = deque()
        self._last_down = self._last_up = 0
        self._requests: deque[bytes] = deque()
        self._answers: Iterator[bytes] | None = None
        self._closing = self._told = self._vanished = self._sealed = self._hung_up = False
        self._ended = asyncio.Event()
        self._kept = 0
        self._snapshots: dict[tuple[str, str], int] = {}
        self._based: dict[str, int] = {}
        self._rests_on_old: set[str] = set()
        self._faults: dict[str, int] = {}
        self._way_down, self._way_up = f"<- {number}", f"-> {number}"
        house = self._house
        house.pipes[number] = self
        self._link = house.door.enter(number, role, self)
        self._conversation = house.kraken.converse(self._link)
        self._duties = Duties(
            self._link, self._conversation, self._clock, heartbeat=1.0, idle=60.0, close=lambda: self.goodbye(1000)
        )
        for frame in self._conversation.accept():
            self._link.send(frame)

    def __repr__(self) -> str:
        return f"<Pipe {self.number} {'open' if self.open else 'ended'}>"

    # -- the transport, as the client sees it

    def send(self, payload: bytes) -> None:
        """Put a request on its way."""
        if not self.open:
            self._journal.violate("sent into nothing", f"{payload!r} on connection {self.number}, which has ended")
            return
        now = self._clock.now()
        self.wire.sent(payload, now)
        self.network.asks(self.number, payload, now)
        self._journal.frame(self._way_up, payload)
        self._lift(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; what is on its way still arrives."""
        if self.open and not self._closing:
            self._closing = True
            self._journal.note("closes", f"{self.number} {code} {reason}")
            self._lift(None)
            self._clock.call_in(_GOODBYE_PATIENCE, self.abort)

    def abort(self, code: int = 1001, reason: str = "") -> None:
        """Drop it: nothing that is on its way arrives any more."""
        if self.open:
            self.open = False
            self._journal.note("drops", f"{self.number} {code} {reason}")
            self._down.clear()
            self._lift(None)
            self._clock.call_in(0, lambda: self._tell("dropped by this side", None))

    async def wait_closed(self) -> None:
        """Wait for the end."""
        await self._ended.wait()

    # -- the outlet, as the exchange sees it

    def put(self, frame: bytes, opcode: int = TEXT) -> None:
        """Put a frame on its way."""
        if self.open and not self._sealed and opcode == TEXT:
            self._lower(frame)

    def keep(self, size: int) -> bool:
        """Count what waits."""
        self._kept += size
        if self._kept > _BYTES and not self._sealed:
            self._journal.counts["overflows"] += 1
            self.disturbed_at = self._clock.now()
            self.cut()
        return not self._sealed

    def cut(self) -> None:
        """End it without a word."""
        self._seal("the connection was lost", None)

    def goodbye(self, code: int) -> None:
        """End it with a close frame."""
        if not self._vanished:
            self._seal(f"closed by the peer: {code}", code)

    def vanish(self) -> None:
        """Neither read nor write any more."""
        self._vanished = True

    # -- for whoever judges

    def struck_by(self, fault: Fault) -> None:
        """Take note of a fault on it."""
        now = self._clock.now()
        until = now if fault.until_ns is None else max(now, fault.until_ns - self._clock.to_epoch(0))
        if fault.symbol and fault.channel == self._channel and fault.kind != "truncate":
            self.touched[fault.symbol] = max(until, self.touched.get(fault.symbol, 0))
            depth = self.wire.depths.get(fault.symbol)
            if depth is not None and fault.kind in _FRAME_FAULTS:
                self._truth.suspect(fault.symbol, depth, now + 60 * SECOND)
        else:
            self.disturbed_at = max(until, self.disturbed_at)
        if fault.kind in _FRAME_FAULTS and (fault.kind == "truncate" or fault.channel == self._channel):
            self._faults["" if fault.kind == "truncate" else fault.symbol] = now

    def is_to_blame(self, symbol: str) -> bool:
        """Whether a fault since the snapshot that a book rests on explains that it is wrong.

        Or that snapshot was an old subscription's, which can't be told from a new one's before the ack, nor after it
        if a stall has held it back for so long.
        """
        since = self._based.get(symbol, 0)
        return symbol in self._rests_on_old or max(self._faults.get(symbol, -1), self._faults.get("", -1)) >= since

    def based_on(self, symbol: str, stamp: str) -> None:
        """Learn that a book rests on this snapshot from now on."""
        made_at = self._based[symbol] = self._snapshots.pop((symbol, stamp), 0)
        if symbol in self.wire.mixed or 0 < made_at < self.wire.asked_at.get(symbol, 0):
            self._journal.counts["books that rested on an old subscription's snapshot"] += 1
            self._rests_on_old.add(symbol)
        else:
            self._rests_on_old.discard(symbol)

    # -- the way down

    def _lower(self, what: bytes | End) -> None:
        due = self._clock.now() + self._latency + int(self._random.random() * self._jitter)
        due = self._last_down = max(due, self._last_down)
        self._down.append((due, what))
        if len(self._down) == 1:
            self._clock.call_at(due, self._arrive)

    def _arrive(self) -> None:
        """One read of the client's socket: everything that is there by now, all with one instant."""
        now = self._clock.now()
        if now < self.network.dark_until:
            if self._down:
                self._clock.call_at(self.network.dark_until, self._arrive)
            return
        recv_ns = self._clock.to_epoch(now)
        journal, network, down = self._journal, self.network, self._down
        network.delivering = self
        while down and down[0][0] <= now and self.open:
            _, what = down.popleft()
            if isinstance(what, tuple):
                down.clear()
                self.open = False
                self._tell(*what)
                break
            self.last_read = now
            network.count()
            journal.frame(self._way_down, what)
            self.wire.heard(what)
            network.hears(self.number, what, now)
            error = self._on_frame(what, recv_ns)
            if error is not None:
                self._on_malformed(error)
        network.delivering = None
        if down:
            self._clock.call_at(down[0][0], self._arrive)

    def _tell(self, reason: str, code: int | None) -> None:
        if not self._told:
            self._told = True
            self._journal.note("ended", f"{self.number} {reason}")
            self._handler.on_closed(reason, code)
            self._ended.set()

    def _seal(self, reason: str, code: int | None) -> None:
        """The exchange ends it, behind what is on its way."""
        if not self._sealed:
            self._sealed = True
            self.disturbed_at = max(self._clock.now(), self.disturbed_at)
            if self.open:
                self._lower((reason, code))
            self._clock.call_in(0, self._hang_up)

    # -- the way up

    def _lift(self, what: bytes | None) -> None:
        due = self._clock.now() + self._latency + int(self._random.random() * self._jitter)
        due = self._last_up = max(due, self._last_up)
        self._up.append((due, what))
        if len(self._up) == 1:
            self._clock.call_at(due, self._receive)

    def _receive(self) -> None:
        now = self._clock.now()
        if now < self.network.dark_until:
            self._clock.call_at(self.network.dark_until, self._receive)
            return
        while self._up and self._up[0][0] <= now:
            _, what = self._up.popleft()
            if what is None:
                self._seal("closed by this side", 1000)
                self._hang_up()
            elif not self._vanished and not self._sealed:
                self._duties.active()
                self._requests.append(what)
                self._serve()
        if self._up:
            self._clock.call_at(self._up[0][0], self._receive)

    def _serve(self) -> None:
        """Answer one request after the other."""
        while self._requests and self._answers is None:
            request = self._requests.popleft()
            refusal = self._house.door.refusal(self._link, request)
            if refusal is None:
                self._answers = iter(self._conversation.handle(request))
                self._answer()
            else:
                self._journal.counts["requests refused for their rate"] += 1
                self._link.send(refusal)

    def _answer(self) -> None:
        """Send one frame of an answer; the market goes on between two of them."""
        if self._answers is None:
            return
        frame = next(self._answers, None)
        if frame is None:
            self._answers = None
            self._serve()
            return
        found = _SNAPSHOT.match(frame)
        if found is not None:
            symbol = found[1].decode()
            # Of two requests for one book the later has decided about the depth by now.
            depth = self._depth_of(symbol)
            stamp = self._truth.made(symbol, depth, frame, snapshot=True).decode()
            self._snapshots.setdefault((symbol, stamp), self._clock.now())
        self._link.send(frame)
        self._duties.subscribed()
        self._clock.call_in(int(self._random.random() * _MILLISECOND), self._answer)

    def _depth_of(self, symbol: str) -> int:
        return self._house.kraken.hub.depth(self.number, Topic(self._channel, symbol))

    def _hang_up(self) -> None:
        if not self._hung_up:
            self._hung_up = True
            self._answers = None
            self._requests.clear()
            self._duties.end()
            self._conversation.end()
            self._house.door.leave(self.number)
