"""Checks of the exchange: what it says about itself, and a WebSocket with pings."""

import asyncio
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, NamedTuple, final

import msgspec

from havklo._protocol.offset import ClockOffset
from havklo._protocol.stamps import epoch_ns
from havklo._transport import Transport
from havklo.cli._doctor.check import Check, Figure, milliseconds
from havklo.cli._doctor.clocks import Offset
from havklo.cli._view import count
from havklo.clock import Clock
from havklo.errors import Disconnected, MalformedFrame
from havklo.events import Maintenance
from havklo.venues import Venue

__all__ = ["Conversation", "converse", "ping_check", "socket_check", "state_check"]

_PINGS: Final = 5
_SLOW: Final = 1_000_000_000

# What each state of the matching engine means for who trades.
_STATES: Final = {
    "maintenance": "no orders and no cancels are taken",
    "cancel_only": "orders can be cancelled, nothing else",
    "post_only": "only orders that rest are taken, and cancels",
}


class _State(msgspec.Struct):
    """A row of the status channel, or REST's SystemStatus."""

    system: str = "unknown"
    version: str = ""
    upcoming_maintenance: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()


class _Frame(msgspec.Struct):
    """Any message, as far as it is of interest here."""

    channel: str | None = None
    method: str | None = None
    req_id: int | None = None
    time_in: str | None = None
    time_out: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")


@final
class Conversation(msgspec.Struct, kw_only=True):
    """What a WebSocket said in the few seconds that it was open.

    Attributes:
        opening_ns: How long the opening took, with DNS and TLS.
        system: The state of the matching engine; None if no status frame came.
        version: The version of the server.
        upcoming: The maintenance that is announced.
        emergency: What is not planned.
        trips_ns: The round trips of the pings that were answered.
        pings: How many were sent.
        offset: The server's clock against the local one, by the pings; None if they carried no times.
    """

    opening_ns: int
    system: str | None = None
    version: str = ""
    upcoming: tuple[Maintenance, ...] = ()
    emergency: tuple[Maintenance, ...] = ()
    trips_ns: list[int] = []
    pings: int = 0
    offset: Offset | None = None


async def converse(venue: Venue, wall: Callable[[], int], *, patience: float = 5.0) -> Conversation:
    """Open the public WebSocket, hear its status, ping it a few times, and leave.

    Args:
        venue: Whose.
        wall: The local clock that the server's is compared with, in epoch nanoseconds.
        patience: For how many seconds the status, and then each pong, is waited for.

    Raises:
        Disconnected: It can't be opened, or ends meanwhile.
        MalformedFrame: Its status is none.
    """
    clock, listener = venue.clock, _Listener()
    began = clock.now()
    transport = await venue.open("public", listener)
    heard = Conversation(opening_ns=clock.now() - began)
    offset = ClockOffset()
    try:
        state = await listener.next(lambda frame: frame.channel == "status", patience)
        if state is not None:
            row = _state_of(state)
            heard.system, heard.version = row.system, row.version
            heard.upcoming, heard.emergency = row.upcoming_maintenance, row.emergency
        for number in range(1, _PINGS + 1):
            heard.pings += 1
            line = _Line(transport, listener)
            trip = await _ping(number, line, clock=clock, wall=wall, offset=offset, patience=patience)
            if trip is None:
                break
            heard.trips_ns.append(trip)
    finally:
        transport.abort()
    if offset.offset_ns is not None:
        heard.offset = Offset(offset.offset_ns, offset.error_ns or 0, offset.rtt_ns or 0)
    return heard


def _state_of(frame: _Frame) -> _State:
    try:
        return msgspec.json.decode(frame.data, type=tuple[_State])[0]
    except msgspec.MsgspecError as error:
        raise MalformedFrame(f"the status says {error}", bytes(frame.data)) from error


async def _ping(
    number: int, line: "_Line", *, clock: Clock, wall: Callable[[], int], offset: ClockOffset, patience: float
) -> int | None:
    """The round trip of a ping; None if nobody answers."""
    began, sent = clock.now(), wall()
    line.transport.send(msgspec.json.encode({"method": "ping", "req_id": number}))
    pong = await line.listener.next(lambda frame: frame.method == "pong" and frame.req_id == number, patience)
    if pong is None:
        return None
    trip = clock.now() - began
    at = epoch_ns(pong.time_in or ""), epoch_ns(pong.time_out or "")
    if at[0] is not None and at[1] is not None:
        offset.add(sent=sent, time_in=at[0], time_out=at[1], received=sent + trip)
    return trip


class _Line(NamedTuple):
    """Both directions of a connection."""

    transport: Transport
    listener: "_Listener"


@final
class _Listener:
    """Takes what a socket says, and gives what is waited for."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[_Frame | Disconnected] = asyncio.Queue()

    def on_frame(self, payload: bytes, recv_ns: int) -> MalformedFrame | None:
        """Keep a message."""
        del recv_ns
        try:
            self._frames.put_nowait(msgspec.json.decode(payload, type=_Frame))
        except msgspec.MsgspecError as error:
            return MalformedFrame(str(error), payload)
        return None

    def on_malformed(self, error: MalformedFrame) -> None:
        """End the wait: nobody could read that message."""
        self._frames.put_nowait(Disconnected(error.message, hint="the server does not speak Kraken's version 2"))

    def on_closed(self, reason: str, code: int | None = None) -> None:
        """End the wait: nothing more will come."""
        del code
        self._frames.put_nowait(Disconnected(reason))

    async def next(self, wanted: Callable[[_Frame], bool], patience: float) -> _Frame | None:
        """The next message that is wanted, or None if it does not come in time.

        Raises:
            Disconnected: The connection has ended.
        """
        try:
            async with asyncio.timeout(patience):
                while True:
                    frame = await self._frames.get()
                    if isinstance(frame, Disconnected):
                        raise frame
                    if wanted(frame):
                        return frame
        except TimeoutError:
            return None


def socket_check(heard: Conversation) -> Check:
    """Whether the WebSocket opened and said what it is."""
    took = milliseconds(heard.opening_ns)
    figures: dict[str, Figure] = {"opening_ms": round(heard.opening_ns / 1e6, 3), "version": heard.version}
    if heard.system is None:
        advice = "it is no endpoint of Kraken's version 2: its address ends in /v2"
        detail = f"open after {took}, but no status came"
        return Check(name="WebSocket", outcome="fail", detail=detail, advice=advice, figures=figures)
    detail = f"open after {took}, server version {heard.version or 'not told'}"
    return Check(name="WebSocket", outcome="ok", detail=detail, figures=figures)


def ping_check(heard: Conversation) -> Check:
    """Whether pings are answered, and how fast."""
    trips = heard.trips_ns
    figures: dict[str, Figure] = {"sent": heard.pings, "answered": len(trips)}
    if not trips:
        advice = "messages come in but do not go out: a proxy in between may cut WebSockets"
        return Check(name="ping", outcome="fail", detail="not answered", advice=advice, figures=figures)
    usual, best, worst = median(trips), min(trips), max(trips)
    for name, trip in (("p50", usual), ("min", best), ("max", worst)):
        figures[f"{name}_ms"] = round(trip / 1e6, 3)
    detail = f"p50 {milliseconds(usual)} of {len(trips)} ({milliseconds(best)} to {milliseconds(worst)})"
    if len(trips) < heard.pings:
        lost = f"{detail}; then one was not answered"
        return Check(
            name="ping", outcome="warn", detail=lost, advice="try again; the network loses much", figures=figures
        )
    if usual > _SLOW:
        advice = "the network is slow or overloaded: what you see of the market is late by half of that at least"
        return Check(name="ping", outcome="warn", detail=detail, advice=advice, figures=figures)
    return Check(name="ping", outcome="ok", detail=detail, figures=figures)


def state_check(
    system: str, upcoming: Sequence[Maintenance] = (), emergency: Sequence[Maintenance] = (), *, name: str = "status"
) -> Check:
    """What the exchange says about itself."""
    figures = {"system": system, "maintenance_announced": len(upcoming), "emergencies": len(emergency)}
    words = [f"Kraken is {system}"]
    advice: list[str] = []
    if system != "online":
        advice.append(_STATES.get(system, "see https://status.kraken.com"))
    for kind, events in (("emergency", emergency), ("maintenance", upcoming)):
        for event in events:
            words.append(f"{kind}: {_announcement(event)}")
            advice.append(_todo(event))
    if not advice:
        words.append("no maintenance announced")
        return Check(name=name, outcome="ok", detail=", ".join(words), figures=figures)
    return Check(name=name, outcome="warn", detail=", ".join(words), advice="; ".join(advice), figures=figures)


def _announcement(event: Maintenance) -> str:
    words = event.title or "without a title"
    if event.expected_start_utc:
        words += f", from {event.expected_start_utc}" + (
            f" to {event.expected_end_utc}" if event.expected_end_utc else ""
        )
    return words + (f", of {' '.join(event.affected_services)}" if event.affected_services else "")


def _todo(event: Maintenance) -> str:
    minutes = None if event.time_to_start_s is None else round(event.time_to_start_s / 60)
    begins = "it has begun or begins soon" if not minutes else f"it begins in {count(minutes, 'minute')}"
    words = event.recommended_action.replace("_", " ")
    said = f"; Kraken advises to {words}" if words not in ("continue", "unspecified") else ""
    return begins + said + (f"; see {event.source_url}" if event.source_url else "")
