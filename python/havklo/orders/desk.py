"""The desk of a client: it carries out what the account's state machine says, and sends requests for it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from havklo._hub import Hub
from havklo._protocol.trading.account import Account
from havklo._protocol.trading.counter import RateCounter
from havklo._protocol.trading.effects import Ask, Changed, Effect, Look, Resubscribe, Settled, Tell
from havklo._protocol.trading.telling import standing
from havklo._subscribing import subscribe
from havklo._trading import TradingOptions
from havklo.channels import Topic, balances, executions, instrument
from havklo.errors import Disconnected, RequestTimeout, SubscriptionError, TradingLocked
from havklo.events import BalanceChange, ConnectionLost, Execution
from havklo.orders.deadlines import deadline
from havklo.orders.lookup import Lookups, RestPace
from havklo.orders.order import Order
from havklo.orders.pacing import Pacer
from havklo.orders.risk import Risk

if TYPE_CHECKING:
    from havklo._protocol.messages import AccountRow, Answer
    from havklo._protocol.trading.counter import Charge
    from havklo._protocol.trading.record import Record
    from havklo.clock import Clock, Timer
    from havklo.connection import Connection
    from havklo.orders.lookup import Found
    from havklo.subscription import Subscription

__all__ = ["Desk"]

_SECOND: Final = 1_000_000_000
_EXECUTIONS: Final = executions().topics[0]
_BALANCES: Final = balances().topics[0]
_START: Final = 10.0


@final
class Desk:
    """Stands between the account's state machine and the client.

    Args:
        hub: The client's machine room.
        options: How the client trades.
        check: Raises if the client has ended or failed.

    Attributes:
        account: The account's state.
        counter: The rate counter.
        pacer: Lets requests out by it.
        risk: The user's limits, and the lock.
        clock: Whose time counts.
        options: How the client trades.
        check_open: Raises if the client has ended or failed.
        has_ended: Whether nothing is taken in any more.
        on_settled: Is told of each request that is answered or lost.
        on_ended: Is told of each order that is over, each time that something is said of it.
        on_started: Is told when the account is subscribed.
    """

    def __init__(self, hub: Hub, options: TradingOptions, check: Callable[[], None]) -> None:
        self.clock: Clock = hub.clock
        self.options = options
        self.counter: RateCounter = RateCounter(options.tier, options.cancel_reserve)
        self.account: Account = Account(self.counter, self._is_heard)
        self.pacer: Pacer = Pacer(self.counter, hub.clock, options.pacing)
        self.risk: Risk = Risk(options.risk)
        self.check_open = check
        self.has_ended: bool = False
        self.on_settled: Callable[[Ask], None] = _nothing
        self.on_ended: Callable[[Record], None] = _nothing
        self.on_started: Callable[[], None] = _nothing
        self._hub = hub
        self._starting: asyncio.Task[None] | None = None
        self._topics: tuple[Topic, ...] = ()
        self._watching: dict[asyncio.Future[None], None] = {}  # in the order in which they are woken
        self._lookups = Lookups(
            RestPace(hub.access.private, hub.clock, options.tier),
            since_ns=self._sent_ns,
            found=self._found,
            failed=self._not_asked,
            crash=hub.crash,
        )
        self._timer: Timer | None = None
        self._timer_at = 0

    def __repr__(self) -> str:
        return f"<Desk {self.account!r}>"

    # -- the connection ----------------------------------------------------------------------

    async def start(self, seconds: float = _START) -> None:
        """Subscribe to the account, and to the list of pairs; returns once its orders and balances are known.

        Raises:
            SubscriptionError: Kraken has refused it.
            CredentialsError: The client has no API key.
            EndpointUnavailable: The venue has no private endpoint.
        """
        if self._starting is None or (self._starting.done() and not self.has_started):
            self._starting = asyncio.get_running_loop().create_task(self._start(seconds))
        # Shielded: who is cancelled leaves the others who wait alone.
        await asyncio.shield(self._starting)

    @property
    def has_started(self) -> bool:
        """Whether the account is subscribed, and neither channel was lost for good."""
        return bool(self._topics) and all(topic in self._hub.feeds for topic in self._topics)

    @property
    def is_live(self) -> bool:
        """Whether the executions can be relied on now."""
        return self._hub.state_of(_EXECUTIONS) == "live"

    @property
    def connection(self) -> "Connection | None":
        """The connection to the private endpoint, if there is one."""
        feed = self._hub.feeds.get(_EXECUTIONS)
        return None if feed is None else feed.connection

    async def ready(self, end: int) -> None:
        """Wait until the executions are live.

        Raises:
            Disconnected: They are not in time; nothing was sent.
        """
        self.check_open()
        if not self.has_started:
            await self.start(max(0.001, (end - self.clock.now()) / _SECOND))
        if not self.is_live and not await self.until(lambda: self.is_live, end):
            raise Disconnected("there is no private connection with live executions; nothing was sent")

    async def until(self, condition: Callable[[], bool], end: int) -> bool:
        """Wait until a condition holds that is asked whenever something has happened; gives whether it does.

        Raises:
            Disconnected: The client has ended.
        """
        while not condition() and self.clock.now() < end:
            self.check_open()
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watching[future] = None
            timer = self.clock.call_at(end, lambda: _resolve(future))  # noqa: B023  # it is cancelled with its turn
            try:
                await future
            finally:
                timer.cancel()
                self._watching.pop(future, None)
        return condition()

    # -- requests ----------------------------------------------------------------------------

    def check_lock(self) -> None:
        """Refuse what is not to go out while orders are locked.

        Raises:
            TradingLocked: They are.
        """
        self.check_open()
        if self.risk.locked is not None:
            raise TradingLocked(self.risk.locked)

    @property
    def can_ask(self) -> bool:
        """Whether requests can be sent, be the executions live or not."""
        connection = self.connection
        return connection is not None and connection.session.asks_with is not None

    def deadline(self, seconds: float) -> tuple[str, int]:
        """Give a deadline so many seconds ahead: as Kraken's clock has it, and when it has passed for certain here."""
        connection = self.connection
        return deadline(self.clock, None if connection is None else connection.session.clock, seconds)

    def send(
        self,
        method: str,
        params: Mapping[str, object],
        records: "Sequence[Record]" = (),
        *,
        until: int,
        charges: "Sequence[Charge]" = (),
    ) -> Ask | None:
        """Send a request, once; None if it can't be sent."""
        connection = self.connection
        asks: list[Ask] = []

        def note(req_id: int) -> None:
            token = None if connection is None else connection.session.asks_with
            now = self.clock.now()
            ask = Ask(req_id, method, records, sent_at=now, until=until, charges=charges, token=token)
            asks.append(ask)
            self.account.asked(ask)

        if connection is None or not connection.ask(method, params, note):
            for charge in charges:
                self.counter.withdrawn(charge)
            return None
        self._arm()
        return asks[0]

    async def renew_token(self, refused: Ask, end: int) -> None:
        """Have another token than the one that Kraken has refused a request for.

        Raises:
            RequestTimeout: There is none in time.
        """
        connection = self.connection
        if connection is not None and refused.token is not None:
            connection.renew_token(refused.token)

        def is_renewed() -> bool:
            present = self.connection
            return self.is_live and present is not None and present.session.asks_with != refused.token

        if not await self.until(is_renewed, end):
            raise RequestTimeout("subscribe", max(0.0, (end - self.clock.now()) / _SECOND))

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out what the account says, in order."""
        if self.has_ended:
            return
        for effect in effects:
            match effect:
                case Tell(event):
                    self._hub.tell_account(_topic(event), event)
                case Changed(record, execution):
                    handle = record.handle
                    if isinstance(handle, Order):
                        handle.wake(execution)
                    if record.state.is_final:
                        self.on_ended(record)
                case Settled(ask):
                    self.on_settled(ask)
                case Resubscribe(channel):
                    self._hub.resync([_EXECUTIONS if channel == "executions" else _BALANCES])
                case Look(records):
                    self._lookups.want(records)
        self._news()
        self._arm()

    # -- for the hub -------------------------------------------------------------------------

    def rows(self, topic: Topic, rows: "Sequence[AccountRow]", recv_ns: int, *, snapshot: bool) -> None:
        """Take what Kraken says of the account."""
        self.perform(self.account.rows(topic.channel, rows, self.clock.now(), recv_ns, snapshot=snapshot))

    def answered(self, answer: "Answer") -> None:
        """Take the answer to a request."""
        self.perform(self.account.answered(answer, self.clock.now()))

    def link_lost(self, event: ConnectionLost) -> None:
        """Learn that a connection has ended."""
        connection = self.connection
        if connection is not None and connection.number == event.connection:
            self.perform(self.account.link_lost(self.clock.now()))

    def history(self, topic: Topic) -> "Sequence[Execution | BalanceChange]":
        """Give what a snapshot would say now: the open orders, or the balances."""
        if topic.channel == "balances":
            balances = self.account.purse.balances.values()
            return [BalanceChange(asset=each.asset, balance=each.balance, kind="snapshot") for each in balances]
        return [standing(record) for record in self.account.roster.open.values()]

    def end(self) -> None:
        """Take nothing in any more; who waits learns of it."""
        self.has_ended = True
        if self._timer is not None:
            self._timer.cancel()
        gone = Disconnected("the client was closed")
        for record in (*self.account.roster.open.values(), *self.account.roster.nameless):
            if isinstance(record.handle, Order):
                record.handle.end(gone)
        for future in self._watching:
            if not future.done():
                future.set_exception(gone)
        self._lookups.close()
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        self.pacer.wake()

    # -- its own -----------------------------------------------------------------------------

    async def _start(self, seconds: float) -> None:
        await self._hub.access.check("private")
        hub, check = self._hub, self.check_open
        begun: list[Subscription[Any]] = [await subscribe(hub, executions(snap_trades=False), seconds, check)]
        try:
            begun.append(await subscribe(hub, instrument(), seconds, check))
            topics = [_EXECUTIONS]
            try:
                begun.append(await subscribe(hub, balances(snapshot=False), seconds, check))
                topics.append(_BALANCES)
            except SubscriptionError as error:
                if "Permission denied" not in error.error:  # a key may trade without seeing the funds
                    raise
        except BaseException:
            for subscription in begun:
                await subscription.unsubscribe()
            raise
        for subscription in begun:
            subscription.mute()
        self._topics = tuple(topics)
        if self.connection is not None:
            self.connection.ping()
        self.on_started()

    def _is_heard(self, record: "Record") -> bool:
        """Whether anybody follows an order, or all of them."""
        handle = record.handle
        return (isinstance(handle, Order) and handle.is_followed) or self._hub.hears(_EXECUTIONS, Execution)

    def _news(self) -> None:
        self.pacer.wake()
        for future in self._watching:
            _resolve(future)

    def _arm(self) -> None:
        due = self.account.next_deadline
        if due is None or self.has_ended or (self._timer is not None and self._timer_at <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self.clock.call_at(due, self._tick), due

    def _tick(self) -> None:
        self._timer = None
        try:
            self.perform(self.account.tick(self.clock.now()))
        except Exception as error:  # noqa: BLE001  # a handler's; it ends the client with this very exception
            self._hub.crash(error)

    def _found(self, found: "Found") -> None:
        self.perform(self.account.looked(found, self.clock.now()))

    def _not_asked(self, records: "Sequence[Record]") -> None:
        self.account.look_failed(records, self.clock.now())
        self._arm()

    def _sent_ns(self, record: "Record") -> int:
        """When an order was sent at the earliest, in nanoseconds since 1970; 0 of one that was found."""
        return (
            0 if record.sent_at is None else self.clock.to_epoch(self.clock.now()) - self.clock.now() + record.sent_at
        )


def _topic(event: object) -> Topic | None:
    match event:
        case Execution():
            return _EXECUTIONS
        case BalanceChange():
            return _BALANCES
        case _:
            return None


def _resolve(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _nothing(*_: object) -> None:
    """Nobody wants to know."""
