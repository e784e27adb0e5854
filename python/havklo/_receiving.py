"""The way of a frame through a connection: engine, session where it waits for the book, handlers and queues."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, final

from havklo._engine import BookUpdate, Desync, Level3Update
from havklo.errors import MalformedFrame

if TYPE_CHECKING:
    from havklo._transport import Transport
    from havklo.connection import Connection

__all__ = ["Attempt", "UpdateHandlers", "receive_path"]

UpdateHandlers: TypeAlias = tuple[Callable[[Any], object], ...]


@final
class Attempt:
    """The handler of one transport: after its connection has moved on, it is deaf."""

    def __init__(self, connection: "Connection") -> None:
        self.transport: Transport | None = None
        self.closed: str | None = None
        self.code: int | None = None
        self.on_frame = connection.on_frame
        self.on_malformed = connection.on_malformed
        self._connection = connection

    def on_closed(self, reason: str, code: int | None = None) -> None:
        self.closed, self.code = reason, code
        if self.transport is not None:
            self._connection.ended(self.transport, reason, code)


def receive_path(  # noqa: C901  # a frame pays for every call, so this is one function
    connection: "Connection",
) -> tuple[Callable[[bytes, int], MalformedFrame | None], Callable[[UpdateHandlers], None]]:
    """Build the path of a frame: engine, session where it waits for this book, handlers.

    It is a closure, because what it needs on every frame are then cells and not attributes.
    """
    kind = Level3Update if connection.role == "level3" else BookUpdate  # an engine keeps the books of one channel
    receive = connection.engine.receive
    attention, routes = connection.session.attention, connection.routes
    beat = connection.pulse.beat
    next_beat = 0
    deliver: Callable[[Any], object] | None = None

    def on_frame(payload: bytes, recv_ns: int) -> MalformedFrame | None:
        nonlocal next_beat
        try:
            event = receive(payload, recv_ns)
        except MalformedFrame as error:
            return error
        try:
            if type(event) is kind:
                if attention and event.symbol in attention and not connection.settle(event):
                    return None
                if deliver is not None:
                    deliver(event)
                if routes:
                    for put in routes.get(event.symbol, ()):
                        put(event)
                if recv_ns >= next_beat:
                    next_beat = beat(event, recv_ns)
            elif type(event) is Desync:
                connection.desynced(event)
            else:
                return connection.other(payload, recv_ns)
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            connection.crash(error)
        return None

    def set_handlers(handlers: UpdateHandlers) -> None:
        nonlocal deliver

        def to_each(update: BookUpdate | Level3Update) -> None:
            for handle in handlers:
                handle(update)

        deliver = to_each if len(handlers) > 1 else handlers[0] if handlers else None

    return on_frame, set_handlers
