"""A WebSocket by picows: frames go from the socket's read to the handler, no queue or task in between."""

import asyncio
from collections.abc import Callable
from typing import final

import picows

from havklo._transport import Handler
from havklo.clock import Clock
from havklo.errors import Disconnected, MalformedFrame

__all__ = ["WebSocket", "connect"]

_MAX_MESSAGE = 16 * 1024 * 1024
_CLOSE_PATIENCE = 2.0


async def connect(url: str, handler: Handler, clock: Clock, *, timeout_seconds: float = 10.0) -> "WebSocket":
    """Open a WebSocket and deliver its messages to `handler`.

    Cancelling closes the half-open connection.

    Raises:
        Disconnected: The peer can't be reached or refuses the handshake.
    """
    socket = WebSocket(handler, clock)
    try:
        await _open(socket, url, timeout_seconds)
    except TimeoutError as error:
        raise Disconnected(f"{url} did not answer within {timeout_seconds:g} s") from error
    except (OSError, picows.WSError, picows.WSInvalidURL) as error:
        raise Disconnected(f"{url}: {_in_words(error)}") from error
    return socket


async def _open(socket: "WebSocket", url: str, timeout_seconds: float) -> None:
    try:
        async with asyncio.timeout(timeout_seconds):
            wire, _ = await picows.ws_connect(  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
                lambda: socket.listener,
                url,
                websocket_handshake_timeout=timeout_seconds,
                max_frame_size=_MAX_MESSAGE,
                logger_name="havklo",
            )
    except BaseException:
        socket.abandon()
        raise
    socket.watch(wire)


def _in_words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    response = getattr(error, "response", None)
    return f"HTTP {response.status:d}: {words}" if response is not None else words


@final
class WebSocket:
    """An open WebSocket; made by `connect`."""

    def __init__(self, handler: Handler, clock: Clock) -> None:
        self.last_read = clock.now()
        self.listener = _Listener(self, handler, clock)
        self._wire: picows.WSTransport | None = None
        self._ended = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._reason: str | None = None
        self._code: int | None = None
        self._wanted = True
        self._handler = handler
        self._fragments: list[bytes] = []
        self._fragments_size = 0
        self._patience: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        state = "ended" if self._ended.is_set() else "open" if self._wire else "opening"
        return f"<WebSocket {state}>"

    def send(self, payload: bytes) -> None:
        """Send one text message; does nothing once the connection has ended."""
        if self._wire is not None:
            self._wire.send(picows.WSMsgType.TEXT, payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; the connection is dropped if the peer does not answer."""
        if self._wire is None:
            return
        self._note(reason or "closed by this side")
        if not self._wire.is_close_frame_sent:
            self._wire.send_close(picows.WSCloseCode(code), reason.encode())
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(_CLOSE_PATIENCE, self.abort)

    def abort(self, code: int = 1001, reason: str = "") -> None:
        """Drop the connection without waiting for the peer."""
        if self._wire is not None:
            self._note("dropped by this side")
            if not self._wire.is_close_frame_sent:
                self._wire.send_close(picows.WSCloseCode(code), reason.encode())
            self._wire.disconnect(graceful=False)

    async def wait_closed(self) -> None:
        """Wait until the connection has ended; may be cancelled at any time."""
        await self._ended.wait()

    def opened(self, wire: picows.WSTransport) -> None:
        """Take the connection that picows has made, unless nobody waits for it any more."""
        self._wire = wire
        if not self._wanted:
            self.abort()

    def watch(self, wire: picows.WSTransport) -> None:
        """Wait in the background for the connection's end."""
        self._watcher = asyncio.get_running_loop().create_task(self._until_ended(wire))

    def abandon(self) -> None:
        """Give the attempt to connect up; a handshake that still succeeds is dropped."""
        self._wanted = False
        self.abort()

    def unread(
        self,
        wire: picows.WSTransport,
        frame: picows.WSFrame,
        payload: bytes,
        recv_ns: int,
        error: MalformedFrame,
    ) -> None:
        """Look at what the handler could not read: a control frame, a fragment, or really a bad message."""
        kind = frame.msg_type
        if kind is picows.WSMsgType.CLOSE:
            self._peer_closes(wire, payload)
        elif kind is picows.WSMsgType.CONTINUATION or not frame.fin:
            self._fragments.append(payload)
            self._fragments_size += len(payload)
            if self._fragments_size > _MAX_MESSAGE:
                self._note("the peer's message was too big")
                wire.send_close(picows.WSCloseCode.MESSAGE_TOO_BIG)
                wire.disconnect(graceful=False)
            elif frame.fin:
                self._join(recv_ns)
        elif kind is not picows.WSMsgType.PONG:
            self._handler.on_malformed(error)

    async def _until_ended(self, wire: picows.WSTransport) -> None:
        try:
            # It raises what has made picows end the connection, a breach of the protocol for instance.
            await wire.wait_disconnected()
        except Exception as error:  # noqa: BLE001  # whatever it is, the connection has ended by it
            self._note(_in_words(error))
        self._wire = None
        if self._patience is not None:
            self._patience.cancel()
        self._ended.set()
        self._handler.on_closed(self._reason or "the connection was lost", self._code)

    def _join(self, recv_ns: int) -> None:
        whole = b"".join(self._fragments)
        self._fragments.clear()
        self._fragments_size = 0
        # A message may end with a fragment of nothing, after one that could be read already.
        if whole.strip() and (error := self._handler.on_frame(whole, recv_ns)) is not None:
            self._handler.on_malformed(error)

    def _peer_closes(self, wire: picows.WSTransport, payload: bytes) -> None:
        """Answer a close frame and let the connection go."""
        code, words = int.from_bytes(payload[:2]), payload[2:].decode(errors="replace")
        self._note(f"closed by the peer: {code or 'no code'} {words}".rstrip())
        self._code = self._code or code or None
        if not wire.is_close_frame_sent:
            wire.send_close(picows.WSCloseCode.OK)
        wire.disconnect()

    def _note(self, reason: str) -> None:
        self._reason = self._reason or reason


class _Listener(picows.WSListener):
    """Feeds one socket's frames to its handler.

    `on_ws_frame` is a closure and not a method: what it needs on every frame are cells, not attributes.
    """

    def __init__(self, socket: WebSocket, handler: Handler, clock: Clock) -> None:
        super().__init__()
        self._socket = socket
        self.on_ws_frame = _receive_path(socket, handler, clock)  # type: ignore[method-assign]

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._socket.opened(transport)


def _receive_path(
    socket: WebSocket, handler: Handler, clock: Clock
) -> Callable[[picows.WSTransport, picows.WSFrame], None]:
    on_frame, now, to_epoch = handler.on_frame, clock.now, clock.to_epoch
    recv_ns = 0
    first_of_read = 1

    def on_ws_frame(wire: picows.WSTransport, frame: picows.WSFrame) -> None:
        nonlocal recv_ns, first_of_read
        if first_of_read:
            socket.last_read = at = now()
            recv_ns = to_epoch(at)
        first_of_read = frame.last_in_buffer
        payload = frame.get_payload_as_bytes()
        error = on_frame(payload, recv_ns)
        if error is not None:
            socket.unread(wire, frame, payload, recv_ns, error)

    return on_ws_frame
