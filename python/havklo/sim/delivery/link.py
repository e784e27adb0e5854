"""One connection's way: what is sent here arrives at its socket, unless a fault gets hold of it."""

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, final

from havklo.clock import Clock, Timer
from havklo.sim.delivery.injection import Injection
from havklo.sim.delivery.lane import PONG, TEXT, Lane
from havklo.sim.delivery.topics import ANSWER, Topic, read_topic

if TYPE_CHECKING:
    from havklo.sim.delivery.faults import Faults

__all__ = ["Link", "Outlet"]

_SECOND: Final = 1_000_000_000
_SWAP_WITHIN: Final = _SECOND  # so long a frame waits for one to be swapped with


class Outlet(Protocol):
    """The socket at the end of the way."""

    def put(self, frame: bytes, opcode: int = TEXT) -> None:
        """Queue a frame."""

    def keep(self, size: int) -> bool:
        """Count bytes that wait on the way to the queue, or no longer do; False if these were too many."""
        ...

    def cut(self) -> None:
        """End the connection without a word, behind the same."""

    def goodbye(self, code: int) -> None:
        """End it with a close frame, behind the frames that are on their way already."""

    def vanish(self) -> None:
        """Neither read nor write any more, and leave it open."""


class _Swap(NamedTuple):
    """A frame that waits for the next one of its stream, to be sent after it."""

    order: Injection
    frame: bytes
    at: int
    timer: Timer


@final
class Link:
    """A connection as hub and conversation see it.

    While no fault is ordered, a frame goes straight on.

    Args:
        number: The connection's number, counted from 1.
        role: Its endpoint: public, private or level3.
        outlet: Its socket.
        faults: What is going to go wrong.
        clock: Whose time counts.

    Attributes:
        is_open: Whether anything can still arrive.
    """

    def __init__(self, number: int, role: str, outlet: Outlet, faults: "Faults", clock: Clock) -> None:
        self.number = number
        self.role = role
        self.is_open: bool = True
        self._outlet = outlet
        self._put = outlet.put
        self._faults = faults
        self._orders = faults.on_frames
        self._stalls = faults.on_streams
        self._clock = clock
        self._busy = False
        self._lane = Lane(clock, lambda frame: faults.held_until(self, None, frame), self._arrive)
        self._streams: dict[Topic, Lane] = {}
        self._swaps: dict[Topic, _Swap] = {}

    def __repr__(self) -> str:
        return f"<Link {self.number}, {self.role}>"

    @property
    def is_throttled(self) -> bool:
        """Whether it lets only so many bytes a second through."""
        return self._lane.rate is not None

    def send(self, frame: bytes, topic: Topic = ANSWER) -> None:
        """Put a frame on its way."""
        if self._orders or self._stalls or self._busy:
            self._send(frame, read_topic(frame) if topic == ANSWER else topic)
        else:
            self._put(frame)

    def pong(self, payload: bytes) -> None:
        """Answer a ping of the WebSocket protocol."""
        self._go(payload, PONG, 0)

    def abort(self) -> None:
        """Cut the connection; what is still kept back is lost."""
        self.end()
        self._outlet.cut()

    def goodbye(self, code: int) -> None:
        """End the connection with a close frame; what is still kept back is lost."""
        self.end()
        self._outlet.goodbye(code)

    def vanish(self) -> None:
        """Nothing comes through any more, in either direction, and nobody is told."""
        self.end()
        self._outlet.vanish()

    def throttle(self, rate: int | None) -> None:
        """Let only so many bytes a second through, or any number again."""
        self._lane.rate = rate
        if rate is None:
            self._lane.open()
        self._note()

    def review(self) -> None:
        """A stall was taken back: what it held may go on."""
        for lane in tuple(self._streams.values()):
            lane.review()
        self._lane.review()
        self._note()

    def end(self) -> None:
        """The connection has ended, and everything on its way with it."""
        if not self.is_open:
            return
        self.is_open = False
        self._busy = True
        for lane in (self._lane, *self._streams.values()):
            lane.clear()
        for topic, swap in self._swaps.items():
            swap.timer.cancel()
            self._faults.swapped(swap.order, self, topic, swap.frame, None, swap.at)
        self._swaps.clear()

    def _send(self, frame: bytes, topic: Topic) -> None:
        """The way with faults on it."""
        if not self.is_open:
            return
        if topic in self._swaps:
            self._swap(topic, frame)
            return
        order = self._faults.due(self, topic, frame) if self._orders else None
        if order is None:
            self._pass(frame, topic)
            return
        match order.kind:
            case "duplicate":
                self._deliver(order, topic, frame, (frame, frame))
            case "corrupt" | "truncate":
                sent = self._faults.damage(order.kind, topic, frame)
                if sent is None:  # no number in it: it waits for a frame that has one
                    self._pass(frame, topic)
                else:
                    self._deliver(order, topic, frame, (sent,))
            case "delay":
                wait = round((order.seconds or 0) * _SECOND)
                self._faults.happened(order, self, topic, frame, sent=(frame,), until=self._clock.now() + wait)
                self._pass(frame, topic, wait)
            case "reorder":
                timer = self._clock.call_at(self._clock.now() + _SWAP_WITHIN, lambda: self._swap(topic, None))
                self._swaps[topic] = _Swap(order, frame, self._clock.now(), timer)
                self._faults.holds(order, self)
            case _:
                self._faults.happened(order, self, topic, frame)
                self._lose(order)
        self._note()

    def _lose(self, order: Injection) -> None:
        """A frame was lost, maybe with its connection."""
        if order.code is not None:
            self.goodbye(order.code)
        elif order.kind == "disconnect" or order.cut:
            self.abort()

    def _deliver(self, order: Injection, topic: Topic, frame: bytes, sent: tuple[bytes, ...]) -> None:
        self._faults.happened(order, self, topic, frame, sent=sent)
        for each in sent:
            self._pass(each, topic)

    def _swap(self, topic: Topic, following: bytes | None) -> None:
        """The next frame has come, or none in time."""
        swap = self._swaps.pop(topic)
        swap.timer.cancel()
        sent = (swap.frame,) if following is None else (following, swap.frame)
        self._faults.swapped(swap.order, self, topic, swap.frame, sent, swap.at)
        for each in sent:
            self._pass(each, topic)
        self._note()

    def _pass(self, frame: bytes, topic: Topic, wait: int = 0) -> None:
        """On from here, unless its stream is stalled."""
        stalled = self._stalls and self._faults.stall(self, topic, frame)
        lane = self._streams.get(topic)
        if not stalled and not lane:
            self._go(frame, TEXT, wait, topic)
        elif self._outlet.keep(len(frame)):
            if lane is None:
                lane = self._streams[topic] = Lane(
                    self._clock,
                    lambda frame: self._faults.held_until(self, topic, frame),
                    lambda frame, _opcode: self._resume(frame, topic),
                )
            self._busy = True
            lane.add(frame, TEXT, self._clock.now() + wait)

    def _resume(self, frame: bytes, topic: Topic) -> None:
        """A stream goes on."""
        self._outlet.keep(-len(frame))
        self._go(frame, TEXT, 0, topic)
        self._note()

    def _go(self, frame: bytes, opcode: int, wait: int, topic: Topic | None = None) -> None:
        """The last part of the way, which all streams share."""
        if not self.is_open:
            return
        stalled = self._stalls and self._faults.stall(self, None, frame, topic)
        if not (stalled or wait or self._lane or self.is_throttled):
            self._put(frame, opcode)
        elif self._outlet.keep(len(frame)):
            self._busy = True
            self._lane.add(frame, opcode, self._clock.now() + wait)

    def _arrive(self, frame: bytes, opcode: int) -> None:
        """The end of the way."""
        self._outlet.keep(-len(frame))
        self._put(frame, opcode)
        if not self._lane:
            self._note()

    def _note(self) -> None:
        """Whether the next frame can go straight on."""
        for topic in [topic for topic, lane in self._streams.items() if not lane]:
            del self._streams[topic]
        self._busy = bool(not self.is_open or self._lane or self._streams or self._swaps or self.is_throttled)
