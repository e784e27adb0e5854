"""One connection of a client: the shell that carries out what a session says, and the path of a frame."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, final

from havklo._engine import BookUpdate, Desync, Engine, Level3Update
from havklo._owner import Owner
from havklo._protocol.actions import (
    Action,
    Check,
    Close,
    Complete,
    Connect,
    Deliver,
    DeliverAccount,
    Discard,
    DropToken,
    Emit,
    Fail,
    NeedToken,
    Reply,
    Send,
    SendSecret,
    Suspend,
    Track,
    Untrack,
)
from havklo._protocol.life import Life
from havklo._protocol.messages import (
    AccountRows,
    Activity,
    Answer,
    BookLost,
    BookProven,
    Malformed,
    Message,
    Rows,
    Unknown,
    decode,
)
from havklo._protocol.session import Session
from havklo._protocol.tokens import Token
from havklo._pulse import Pulse
from havklo._receiving import Attempt, UpdateHandlers, receive_path
from havklo._transport import Transport
from havklo.channels import Topic
from havklo.errors import HavkloError, MalformedFrame
from havklo.venues import Role, Venue

if TYPE_CHECKING:
    from havklo.clock import Timer

__all__ = ["Connection"]

_USUAL: Final = (Rows, AccountRows, Answer)  # what comes many times a second, and moves nothing


@final
class Connection:
    """Carries bytes one way and actions the other, between a venue, an engine and a session.

    Args:
        owner: The client.
        number: The number by which events name the connection.
        venue: Where to connect.
        role: Which of the venue's endpoints.
        engine: Keeps the books. Connections share one as long as no two of them carry the same symbol, so that a
            book stays the same object when its topic goes to another connection.
        session: Decides what to do.

    Attributes:
        number: The number by which events name the connection.
        pulse: How long messages take, on the way here and here.
        unknown: How many messages of unknown channels or shapes came.
    """

    def __init__(
        self,
        owner: Owner,
        number: int,
        venue: Venue,
        role: Role,
        *,
        engine: Engine,
        session: Session,
    ) -> None:
        self.number = number
        self.role: Role = role
        self._channel = "level3" if role == "level3" else "book"
        self.engine = engine
        self.session = session
        self.pulse: Pulse = Pulse(venue.clock)
        self.unknown: int = 0
        self.routes: dict[str, UpdateHandlers] = {}
        self._owner = owner
        self._venue = venue
        self._clock = venue.clock
        self._transport: Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._timer: Timer | None = None
        self._timer_at = 0
        self._discarded = False
        self._closed = False
        on_frame, set_handlers = receive_path(self)
        self.on_frame: Callable[[bytes, int], MalformedFrame | None] = on_frame
        self.set_handlers: Callable[[UpdateHandlers], None] = set_handlers

    def __repr__(self) -> str:
        return f"<Connection to {self._venue.name}: {self.session!r}>"

    def subscribe(self, topics: Iterable[Topic], timeout_ns: int) -> None:
        """Want topics; the owner hears of each outcome."""
        self._perform(self.session.subscribe(topics, self._clock.now(), timeout_ns))

    def unsubscribe(self, topics: Iterable[Topic]) -> None:
        """Want topics no more."""
        self._perform(self.session.unsubscribe(topics, self._clock.now()))

    def resync(self, topic: Topic) -> None:
        """Take a fresh snapshot."""
        self._perform(self.session.resync([topic.symbol], self._clock.now(), topic.channel))

    def release(self, topics: Iterable[Topic]) -> list[Life]:
        """Let go of topics that another connection takes over."""
        actions, lives = self.session.release(topics)
        self._perform(actions)
        return lives

    def adopt(self, lives: Iterable[Life]) -> None:
        """Take over what another connection has let go of."""
        self._perform(self.session.adopt(lives, self._clock.now()))

    def ask(self, method: str, params: Mapping[str, object], note: Callable[[int], None]) -> bool:
        """Send a request about orders, after `note` has learned its id; False if it can't be sent."""
        asked = None if self._closed else self.session.ask(method, params)
        if asked is None:
            return False
        req_id, request = asked
        note(req_id)
        # Straight to the wire: nothing becomes due by it here.
        self._carry_out(request)
        return True

    def ping(self) -> None:
        """Send a ping, to learn of the server's clock."""
        self._perform(self.session.ping(self._clock.now()))

    def renew_token(self, token: Token) -> None:
        """Have another token than one that Kraken has refused."""
        self._perform(self.session.renew_token(token, self._clock.now()))

    @property
    def is_closed(self) -> bool:
        """Whether it has ended for good."""
        return self._closed

    @property
    def last_message_age_ns(self) -> int | None:
        """How many nanoseconds ago anything came, or None while there is no connection."""
        return None if self._transport is None else self._clock.now() - self._transport.last_read

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
            for symbol in self._symbols():
                self._untrack(symbol)

    # -- what comes in -----------------------------------------------------------------------

    def settle(self, update: BookUpdate | Level3Update) -> bool:
        """Tell the session of an update it waits for; False if the user should not see it."""
        self._discarded = False
        fact = BookProven(
            symbol=update.symbol,
            snapshot=update.type == "snapshot",
            crossed=update.crossed,
            channel=self._channel,
        )
        actions = self.session.receive(fact, self._clock.now())
        if actions:
            self._perform(actions)
        return not self._discarded

    def desynced(self, desync: Desync) -> None:
        """Tell the user and the session of a desync, in this order."""
        self._owner.emit(desync)
        self._owner.lost(self, desync, resync=self._owner.wants_resync(desync))

    def carries(self, symbol: str) -> bool:
        """Whether the book of a symbol is wanted of this connection."""
        life = self.session.lives.get(self._channel, symbol)
        return life is not None and life.wanted

    def lose(self, symbols: tuple[str, ...], desync: Desync, *, resync: bool) -> None:
        """Tell the session of a desync of its books."""
        lost = BookLost(symbols=symbols, reason=desync.reason.value, resync=resync, channel=self._channel)
        self._hear(lost)

    def on_malformed(self, error: MalformedFrame) -> None:
        """Tell the session of a frame that nobody could read."""
        try:
            self._hear(Malformed(detail=error.detail))
        except Exception as failure:  # noqa: BLE001  # a handler's; it ends the client with this exception
            self.crash(failure)

    def other(self, payload: bytes, recv_ns: int) -> MalformedFrame | None:
        """Read a message that is not the engine's, and tell the session; gives what can't be read back."""
        try:
            message = decode(payload, recv_ns)
        except MalformedFrame as error:
            return error
        if isinstance(message, _USUAL):
            self._hear_usual(message)
        else:
            self.unknown += isinstance(message, Unknown) and message.channel != self._channel
            self._hear(message)
        return None

    def token_came(self, token: Token) -> None:
        """Take a token that the session has asked for."""
        try:
            self._perform(self.session.token_came(token, self._clock.now()))
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self.crash(error)

    def token_failed(self, error: HavkloError) -> None:
        """Take note that a token can't be had now."""
        try:
            self._perform(self.session.token_failed(error, self._clock.now()))
        except Exception as failure:  # noqa: BLE001  # a handler's; it ends the client with this exception
            self.crash(failure)

    def crash(self, error: Exception) -> None:
        """Hand a failure to the owner."""
        self._owner.crash(error)

    def _hear(self, message: Message) -> None:
        self._perform(self.session.receive(message, self._clock.now()))

    def _hear_usual(self, message: Rows | AccountRows | Answer) -> None:
        actions = self.session.receive(message, self._clock.now())
        if self._closed:
            return
        # The usual case, many times a second: nothing but one of these, so that no deadline has moved.
        match actions:
            case [Deliver(topic, events)]:
                self._owner.deliver(topic, events)
            case [DeliverAccount(topic, rows, snapshot, recv_ns)]:
                self._owner.account_rows(topic, rows, recv_ns, snapshot=snapshot)
            case [Reply(answer)]:
                self._owner.answered(answer)
            case _:
                self._perform(actions)

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

    def _carry_out(self, action: Action) -> None:  # noqa: C901, PLR0912  # one arm per action, each a line
        match action:
            case Send(payload):
                if self._transport is not None:
                    self._transport.send(payload)
            case SendSecret(payload):
                if self._transport is not None:
                    self._transport.send(payload.reveal().encode())
            case Emit(event):
                self._owner.emit(event)
            case Suspend(symbols, reason):
                self._suspend(symbols, reason)
            case Discard():
                self._discarded = True
            case Deliver(topic, events):
                self._owner.deliver(topic, events)
            case DeliverAccount(topic, rows, snapshot, recv_ns):
                self._owner.account_rows(topic, rows, recv_ns, snapshot=snapshot)
            case Reply(answer):
                self._owner.answered(answer)
            case Complete(topic):
                self._owner.completed(topic)
            case Fail(topic, error):
                self._owner.failed(topic, error)
            case Track(topic):
                book = self.engine.track(topic.symbol, topic.depth or 10, channel=topic.channel)
                self._owner.tracked(topic, book)
            case Untrack(topic):
                self._untrack(topic.symbol)
            case Connect():
                self._opening = asyncio.get_running_loop().create_task(self._open())
            case NeedToken(refused):
                self._owner.need_token(self, refused)
            case DropToken(token):
                self._owner.drop_token(token)
            case Check(symbols):
                self._answer(symbols)
            case Close(reason, code):
                self._drop(reason, code)

    def _suspend(self, symbols: tuple[str, ...] | None, reason: str) -> None:
        for symbol in self._symbols() if symbols is None else symbols:
            self.engine.suspend(symbol, reason)

    def _untrack(self, symbol: str) -> None:
        self._owner.retired(self.engine.book(symbol).statistics())
        self.engine.untrack(symbol)

    def _symbols(self) -> tuple[str, ...]:
        """The symbols of all books that this connection carries."""
        return tuple(life.topic.symbol for life in self.session.lives if life.is_book and life.wanted)

    def _answer(self, symbols: tuple[str, ...]) -> None:
        """Tell the session how lively books are."""
        now_ns = self._clock.epoch_ns()
        books: dict[str, tuple[int, int]] = {}
        for symbol in symbols:
            book = self.engine.book(symbol)
            books[symbol] = book.statistics().messages, book.age_ns(now_ns) or 0
        self._hear(Activity(books=books, channel=self._channel))

    def _drop(self, reason: str, code: int) -> None:
        if self._opening is not None:
            self._opening.cancel()
        transport, self._transport = self._transport, None
        if transport is not None:
            # Not `close`: nothing that the peer still has to say may reach the books of the next connection.
            transport.abort(code, reason)

    def _arm(self) -> None:
        deadline = self.session.next_deadline
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self._clock.call_at(deadline, self._tick), deadline

    async def _open(self) -> None:
        attempt = Attempt(self)
        try:
            transport = await self._venue.open(self.role, attempt)
            self._opening = None
            attempt.transport = self._transport = transport
            self._perform(self.session.connected(self._clock.now()))
            if attempt.closed is not None:
                self.ended(transport, attempt.closed, attempt.code)
        except HavkloError as error:
            self._opening = None
            self.ended(None, getattr(error, "reason", str(error)))
        except Exception as error:  # noqa: BLE001  # whatever it is, the client must not go on as if connected
            self._owner.crash(error)

    def ended(self, transport: Transport | None, reason: str, code: int | None = None) -> None:
        """Learn that a transport has ended; one that was let go of is of no interest."""
        if transport is not self._transport:
            return
        self._transport = None
        try:
            self._perform(self.session.disconnected(reason, self._clock.now(), code))
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self._owner.crash(error)
