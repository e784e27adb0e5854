"""`/v2`: a page's connection and one to Kraken for it alone, joined; every message passes byte for byte.

A connection of its own for each page means that all of Kraken's rules hold by themselves: request ids, answers,
snapshots, heartbeats, the limits of a connection. And no page can hold up another one, as they share nothing.
"""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple, final

import picows
from aiohttp import WSMsgType, web

from havklo.clock import Clock, Timer
from havklo.errors import Disconnected
from havklo.serve._tasks import end
from havklo.serve.conflation import Lane, Overflow

__all__ = ["Counts", "Relay", "Totals"]

_PATIENCE: Final = 10.0
_GOODBYE: Final = 0.5
_MOST_REQUEST: Final = 1 << 20
_MOST_MESSAGE: Final = 16 << 20
_TURN: Final = 256
"""After so many frames in a row other pages have their turn."""

_SECOND: Final = 1_000_000_000
_LONGEST: Final = 123  # bytes that a close frame has for its reason
_AGAIN: Final = 1013  # try again later
_PASSED_ON: Final = frozenset({1000, 1001, 1008, 1009, 1011, 1012, 1013, *range(3000, 5000)})


class Totals(NamedTuple):
    """What all relays together have done.

    Attributes:
        pages: How many are joined now.
        sent: Frames that were sent to pages.
        left_out: Frames that were not, as a page read too slowly.
        lapses: How often a page was given a fresh snapshot in place of a book's updates.
        closed: How often a page that read too slowly was sent away.
    """

    pages: int = 0
    sent: int = 0
    left_out: int = 0
    lapses: int = 0
    closed: int = 0


@final
class Counts:
    """Counts what all relays do.

    Attributes:
        closed: How often a page that read too slowly was sent away.
    """

    def __init__(self) -> None:
        self.closed = 0
        self._lanes: set[Lane] = set()
        self._gone = Totals()

    def join(self, lane: Lane) -> None:
        """Count a page's frames from now on."""
        self._lanes.add(lane)

    def leave(self, lane: Lane) -> None:
        """A page has gone; what it was sent still counts."""
        self._gone = self._sum((lane,))
        self._lanes.discard(lane)

    def totals(self) -> Totals:
        """All of it until now."""
        return self._sum(self._lanes)._replace(pages=len(self._lanes), closed=self.closed)

    def _sum(self, lanes: Iterable[Lane]) -> Totals:
        gone = self._gone
        for lane in lanes:
            gone = gone._replace(
                sent=gone.sent + lane.sent,
                left_out=gone.left_out + lane.left_out,
                lapses=gone.lapses + lane.lapses,
            )
        return gone


@final
class Relay:
    """Joins one page to one connection of its own.

    Args:
        url: Kraken's public endpoint, or the simulator's.
        clock: Whose time counts.
        counts: Where it is counted.
        lane: The way of frames to the page.
    """

    def __init__(self, url: str, clock: Clock, counts: Counts, lane: Lane | None = None) -> None:
        self.lane: Lane = lane or Lane()
        self._url = url
        self._clock = clock
        self._counts = counts
        self._wake = asyncio.Event()
        self._upstream: _Upstream | None = None
        self._end: tuple[int, bytes] | None = None
        self._refreshes: set[Timer] = set()

    def __repr__(self) -> str:
        return f"<Relay of {self._url}, {self.lane}>"

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Join them until either ends.

        Raises:
            Disconnected: Kraken can't be reached; the page is told so instead of being connected.
        """
        upstream = self._upstream = await _connect(self._url, self)
        socket = web.WebSocketResponse(compress=False, max_msg_size=_MOST_REQUEST, timeout=_GOODBYE, decode_text=False)
        self._counts.join(self.lane)
        try:
            await socket.prepare(request)
            sending = asyncio.create_task(self._send(socket))
            try:
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        self.lane.asked(message.data)
                        upstream.send(message.data)
            finally:
                await end(sending)
        finally:
            self._counts.leave(self.lane)
            for timer in self._refreshes:
                timer.cancel()
            upstream.drop()
        return socket

    def offer(self, frame: bytes) -> None:
        """Take a frame from Kraken; it must not raise, as it is called in the receive path."""
        if self._end is not None:
            return
        try:
            requests = self.lane.put(frame)
        except Overflow as overflow:
            self._give_up(str(overflow))
            return
        if requests and self._upstream is not None:
            for each in requests:
                self._upstream.send(each)
        self._wake.set()

    def ended(self, code: int, reason: bytes) -> None:
        """Kraken's side has ended; so does the page's, after what is still to be sent."""
        self._end = self._end or (code if code in _PASSED_ON else _AGAIN, reason[:_LONGEST])
        self._wake.set()

    async def _send(self, socket: web.WebSocketResponse) -> None:
        """Send what comes until the end, then say goodbye."""
        lane = self.lane
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                count = 0
                while (frame := lane.take()) is not None:
                    await socket.send_frame(frame, WSMsgType.TEXT)
                    count += 1
                    if count % _TURN == 0:
                        await asyncio.sleep(0)
                if self._end is not None:
                    code, reason = self._end
                    await socket.close(code=code, message=reason)
                    return
                self._refresh()
        except ConnectionError:
            return  # the page has gone, which its own end of the relay learns, too

    def _refresh(self) -> None:
        """The page has caught up: books that have lapsed are taken anew, which must not take for ever."""
        requests = self.lane.caught_up()
        if not requests or self._upstream is None:
            return
        for each in requests:
            self._upstream.send(each)
        lapsed = dict(self.lane.lapsed)

        def look() -> None:
            self._refreshes.discard(timer)
            if lapsed.items() & self.lane.lapsed.items():  # the same lapse, and not a later one of the same book
                self._give_up("a fresh snapshot did not come")

        timer = self._clock.call_at(self._clock.now() + round(_PATIENCE * _SECOND), look)
        self._refreshes.add(timer)

    def _give_up(self, reason: str) -> None:
        """Send the page away; what it has not read is of no use to it any more."""
        self._counts.closed += 1
        self.lane.clear()
        self.ended(_AGAIN, reason.encode())
        if self._upstream is not None:
            self._upstream.drop()


async def _connect(url: str, relay: Relay) -> "_Upstream":
    """Connect to Kraken for a page.

    Raises:
        Disconnected: It can't be reached, or refuses.
    """
    upstream = _Upstream(relay)
    try:
        async with asyncio.timeout(_PATIENCE):
            await picows.ws_connect(  # pyright: ignore[reportUnknownMemberType]  # its **kwargs are untyped
                lambda: upstream,
                url,
                websocket_handshake_timeout=_PATIENCE,
                max_frame_size=_MOST_MESSAGE,
                logger_name="havklo",
            )
    except TimeoutError as error:
        raise Disconnected(f"{url} did not answer within {_PATIENCE:g} s") from error
    except (OSError, picows.WSError, picows.WSInvalidURL) as error:
        raise Disconnected(f"{url} can't be reached: {error or type(error).__name__}") from error
    return upstream


@final
class _Upstream(picows.WSListener):
    """Kraken's end of a relay."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._wire: picows.WSTransport | None = None
        self._parts: list[bytes] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._wire = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind is picows.WSMsgType.CLOSE:
            payload = frame.get_payload_as_bytes()
            self._relay.ended(int.from_bytes(payload[:2]), payload[2:])
            if not transport.is_close_frame_sent:
                transport.send_close(picows.WSCloseCode.OK)
            transport.disconnect()
        elif kind is picows.WSMsgType.TEXT and frame.fin:
            self._relay.offer(frame.get_payload_as_bytes())
        elif kind in (picows.WSMsgType.TEXT, picows.WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                self._relay.offer(b"".join(self._parts))
                self._parts.clear()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:  # noqa: ARG002 - picows' signature
        self._wire = None
        self._relay.ended(_AGAIN, b"the connection to the exchange was lost")

    def send(self, request: bytes) -> None:
        """Send a request; does nothing once the connection has ended."""
        if self._wire is not None:
            self._wire.send(picows.WSMsgType.TEXT, request)

    def drop(self) -> None:
        """End the connection: the page has gone."""
        if self._wire is not None:
            if not self._wire.is_close_frame_sent:
                self._wire.send_close(picows.WSCloseCode.OK)
            self._wire.disconnect(graceful=False)
