"""One connection of a client: the shell that carries out what a session says, and the path of a frame."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, final

from havklo._engine import Book, BookUpdate, Desync, Engine
from havklo._protocol.actions import (
    Action,
    Close,
    Complete,
    Connect,
    Discard,
    Emit,
    Fail,
    Send,
    SessionEvent,
    Suspend,
    Track,
    Untrack,
)
from havklo._protocol.life import Timings
from havklo._protocol.messages import BookLost, BookProven, Malformed, Message, Unknown, decode
from havklo._protocol.session import Session
from havklo._transport import Transport
from havklo.channels import Topic
from havklo.errors import HavkloError, MalformedFrame
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo.clock import Timer

__all__ = ["Connection", "Owner"]

Handlers = tuple[Callable[[BookUpdate], object], ...]


class Owner(Protocol):
    """What a connection needs from its client."""

    def tracked(self, topic: Topic, book: Book) -> None:
        """Learn of a topic's book, not live yet."""

    def completed(self, topic: Topic) -> None:
        """Learn that a topic is live for the first time."""

    def failed(self, topic: Topic, error: HavkloError) -> None:
        """Learn that a topic is not wanted any more, and why."""

    def emit(self, event: SessionEvent | Desync) -> None:
        """Tell the user."""

    def wants_resync(self, desync: Desync, /) -> bool:
        """Decide about a desync."""
        ...

    def crash(self, error: Exception, /) -> None:
        """End the client: a handler, or the client itself, has failed."""


@final
class Connection:
    """Carries bytes one way and actions the other, between a venue, an engine and a session.

    Args:
        owner: The client.
        number: The number by which events name the connection.
        venue: Where to connect.
        role: Which of the venue's endpoints.
        rules: The engine's structural rules.
        timings: The session's patience.
        random: Gives numbers in [0, 1).

    Attributes:
        unknown: How many messages of unknown channels or shapes came.
    """

    def __init__(
        self,
        owner: Owner,
        number: int,
        venue: Venue,
        role: Role,
        *,
        rules: Sequence[str],
        timings: Timings,
        random: Callable[[], float],
    ) -> None:
        self.role: Role = role
        self.engine = Engine(rules=rules)
        self.session = Session(random, connection=number, timings=timings)
        self.unknown = 0
        self.routes: dict[str, Handlers] = {}
        self._owner = owner
        self._venue = venue
        self._clock = venue.clock
        self._transport: Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._timer: Timer | None = None
        self._timer_at = 0
        self._discarded = False
        self._closed = False
        self.on_frame, self.set_handlers = _receive_path(self)

    def __repr__(self) -> str:
        return f"<Connection to {self._venue.name}: {self.session!r}>"

    def subscribe(self, topics: Iterable[Topic], timeout_ns: int) -> None:
        """Want topics; the owner hears of each outcome."""
        self._perform(self.session.subscribe(topics, self._clock.now(), timeout_ns))

    def unsubscribe(self, topics: Iterable[Topic]) -> None:
        """Want topics no more."""
        self._perform(self.session.unsubscribe(topics, self._clock.now()))

    def resync(self, symbols: Iterable[str]) -> None:
        """Take fresh snapshots."""
        self._perform(self.session.resync(symbols, self._clock.now()))

    async def close(self) -> None:
        """End the connection for good, politely; its books are closed."""
        self.halt()
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait([opening])
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            await transport.wait_closed()

    def halt(self) -> None:
        """Take nothing in any more; the books are closed."""
        if not self._closed:
            self._closed = True
            self.set_handlers(())
            self.routes.clear()
            if self._timer is not None:
                self._timer.cancel()
            for symbol in self.engine.symbols:
                self.engine.untrack(symbol)

    # -- what comes in -----------------------------------------------------------------------

    def settle(self, update: BookUpdate) -> bool:
        """Tell the session of an update it waits for; False if the user should not see it."""
        self._discarded = False
        fact = BookProven(symbol=update.symbol, snapshot=update.type == "snapshot", crossed=update.crossed)
        actions = self.session.receive(fact, self._clock.now())
        if actions:
            self._perform(actions)
        return not self._discarded

    def desynced(self, desync: Desync) -> None:
        """Tell the user and the session of a desync, in this order."""
        self._owner.emit(desync)
        resync = self._owner.wants_resync(desync)
        self._hear(BookLost(symbols=desync.symbols, reason=desync.reason.value, resync=resync))

    def on_malformed(self, error: MalformedFrame) -> None:
        """Tell the session of a frame that nobody could read."""
        try:
            self._hear(Malformed(detail=error.detail))
        except Exception as failure:  # noqa: BLE001  # a handler's; it ends the client with this exception
            self.crash(failure)

    def other(self, payload: bytes) -> MalformedFrame | None:
        """Read a message that is not the engine's, and tell the session; gives what can't be read back."""
        try:
            message = decode(payload)
        except MalformedFrame as error:
            return error
        self.unknown += isinstance(message, Unknown) and message.channel != "book"
        self._hear(message)
        return None

    def crash(self, error: Exception) -> None:
        """Hand a failure to the owner."""
        self._owner.crash(error)

    def _hear(self, message: Message) -> None:
        self._perform(self.session.receive(message, self._clock.now()))

    def _tick(self) -> None:
        self._timer = None
        try:
            if self._transport is not None:
                self._perform(self.session.heard(self._transport.last_read))
            self._perform(self.session.tick(self._clock.now()))
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self._owner.crash(error)

    # -- what goes out -----------------------------------------------------------------------

    def _perform(self, actions: list[Action]) -> None:
        if not self._closed:
            for action in actions:
                self._carry_out(action)
            self._arm()

    def _carry_out(self, action: Action) -> None:  # noqa: C901  # one arm per action, each a line
        match action:
            case Send(payload):
                if self._transport is not None:
                    self._transport.send(payload)
            case Emit(event):
                self._owner.emit(event)
            case Suspend(symbols, reason):
                self._suspend(symbols, reason)
            case Discard():
                self._discarded = True
            case Complete(topic):
                self._owner.completed(topic)
            case Fail(topic, error):
                self._owner.failed(topic, error)
            case Track(topic):
                book = self.engine.track(topic.symbol, topic.depth or 10, channel=topic.channel)
                self._owner.tracked(topic, book)
            case Untrack(topic):
                self.engine.untrack(topic.symbol)
            case Connect():
                self._opening = asyncio.get_running_loop().create_task(self._open())
            case Close():
                self._drop()

    def _suspend(self, symbols: tuple[str, ...] | None, reason: str) -> None:
        if symbols is None:
            self.engine.suspend(None, reason)
        else:
            for symbol in symbols:
                self.engine.suspend(symbol, reason)

    def _drop(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        transport, self._transport = self._transport, None
        if transport is not None:
            # Not `close`: nothing that the peer still has to say may reach the books of the next connection.
            transport.abort()

    def _arm(self) -> None:
        deadline = self.session.next_deadline
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self._clock.call_at(deadline, self._tick), deadline

    async def _open(self) -> None:
        attempt = _Attempt(self)
        try:
            transport = await self._venue.open(self.role, attempt)
            self._opening = None
            attempt.transport = self._transport = transport
            self._perform(self.session.connected(self._clock.now()))
            if attempt.closed is not None:
                self.ended(transport, attempt.closed)
        except HavkloError as error:
            self._opening = None
            self.ended(None, getattr(error, "reason", str(error)))
        except Exception as error:  # noqa: BLE001  # whatever it is, the client must not go on as if connected
            self._owner.crash(error)

    def ended(self, transport: Transport | None, reason: str) -> None:
        """Learn that a transport has ended; one that was let go of is of no interest."""
        if transport is not self._transport:
            return
        self._transport = None
        try:
            self._perform(self.session.disconnected(reason, self._clock.now()))
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self._owner.crash(error)


class _Attempt:
    """The handler of one transport: after its connection has moved on, it is deaf."""

    def __init__(self, connection: Connection) -> None:
        self.transport: Transport | None = None
        self.closed: str | None = None
        self.on_frame = connection.on_frame
        self.on_malformed = connection.on_malformed
        self._connection = connection

    def on_closed(self, reason: str) -> None:
        self.closed = reason
        if self.transport is not None:
            self._connection.ended(self.transport, reason)


def _receive_path(  # noqa: C901  # a frame pays for every call, so this is one function
    connection: Connection,
) -> tuple[Callable[[bytes, int], MalformedFrame | None], Callable[[Handlers], None]]:
    """Build the path of a frame: engine, session where it waits for this book, handlers.

    It is a closure, because what it needs on every frame are then cells and not attributes.
    """
    receive = connection.engine.receive
    attention, routes = connection.session.attention, connection.routes
    deliver: Callable[[BookUpdate], object] | None = None

    def on_frame(payload: bytes, recv_ns: int) -> MalformedFrame | None:
        try:
            event = receive(payload, recv_ns)
        except MalformedFrame as error:
            return error
        try:
            if type(event) is BookUpdate:
                if attention and event.symbol in attention and not connection.settle(event):
                    return None
                if deliver is not None:
                    deliver(event)
                if routes:
                    for put in routes.get(event.symbol, ()):
                        put(event)
            elif event is None:
                return connection.other(payload)
            else:
                connection.desynced(event)
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            connection.crash(error)
        return None

    def set_handlers(handlers: Handlers) -> None:
        nonlocal deliver

        def to_each(update: BookUpdate) -> None:
            for handle in handlers:
                handle(update)

        deliver = to_each if len(handlers) > 1 else handlers[0] if handlers else None

    return on_frame, set_handlers
