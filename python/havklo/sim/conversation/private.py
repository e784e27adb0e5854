"""The private endpoint: an account's orders and balances, and its trading."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import ClassVar, Final, final

from havklo.sim.accounts.account import Account
from havklo.sim.accounts.keys import Permission
from havklo.sim.channels import executions
from havklo.sim.channels.balances import Balances
from havklo.sim.channels.executions import Executions, RateCount
from havklo.sim.conversation.endpoint import PRIVATE_CHANNELS, PUBLIC_CHANNELS, TRY_PUBLIC, Endpoint
from havklo.sim.conversation.request import Params, RefusedError, Request
from havklo.sim.conversation.services import Services
from havklo.sim.conversation.session import Session
from havklo.sim.delivery.hub import Subscriber
from havklo.sim.trading.desk import METHODS

__all__ = ["Private"]

_CHANNELS: Final[dict[str, Permission]] = {"executions": "query-orders", "balances": "query-funds"}


@final
class Private(Endpoint):
    """A connection to the private endpoint.

    A subscription keeps the token that it was asked for with alive.
    """

    elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(PUBLIC_CHANNELS, TRY_PUBLIC)

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        super().__init__(services, subscriber)
        self._session = Session(services, subscriber)
        self._subscribed: dict[str, tuple[Account, str]] = {}

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return len(self._subscribed)

    def subscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer a subscribe."""
        name = self._channel(params, PRIVATE_CHANNELS)
        account, token = self._session.account(params, request.now_ns, _CHANNELS[name], channel=name, status="error")
        answer = self._executions if name == "executions" else self._balances
        yield from answer(account, request, params, lambda: self._begin(name, account, token))

    def unsubscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer an unsubscribe."""
        name = self._channel(params, PRIVATE_CHANNELS)
        if name not in self._subscribed:
            raise RefusedError(self._texts.not_subscribed)
        self._leave(name)
        yield request.ack({"channel": name})

    def trade(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer an order method, by one frame for each answer of the desk."""
        account, _ = self._session.account(params, request.now_ns, METHODS[request.method])
        fields = {name: value for name, value in params.values.items() if name != "token"}
        for answer in self._services.desk.request(account, request.method, fields, request.now_ns):
            if answer.success:
                yield request.ack(answer.result, **answer.fields)
            else:
                yield request.refuse(answer.error or "", **answer.fields)

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        for name in tuple(self._subscribed):
            self._leave(name)
        self._session.end()

    def _executions(
        self, account: Account, request: Request, params: Params, begin: Callable[[], None]
    ) -> Iterator[bytes]:
        orders = params.flag("snap_orders", default=params.flag("snapshot", default=True))
        trades = params.flag("snap_trades", default=params.flag("snapshot_trades", default=False))
        stream = Executions(
            order_status=params.flag("order_status", default=True),
            ratecount=self._ratecount(account) if params.flag("ratecounter", default=False) else None,
            ratecount_field=self._services.rules.ratecount_field,
        )
        begin()
        yield request.ack(
            {
                "channel": "executions",
                "maxratecount": account.tier.threshold,
                "snap_orders": orders,
                "snap_trades": trades,
                "snapshot": orders,
                "warnings": executions.WARNINGS,
            }
        )
        self._services.streams.follow(account.number, self._subscriber, stream)
        if orders or trades:
            desk = self._services.desk
            yield stream.snapshot(
                desk.snapshot_orders(account) if orders else (), desk.snapshot_trades(account) if trades else ()
            )

    def _balances(
        self, account: Account, request: Request, params: Params, begin: Callable[[], None]
    ) -> Iterator[bytes]:
        snapshot = params.flag("snapshot", default=True)
        begin()
        yield request.ack({"channel": "balances", "snapshot": snapshot})
        stream = Balances()
        self._services.streams.follow(account.number, self._subscriber, stream)
        if snapshot:
            yield stream.snapshot(account.balances())

    def _ratecount(self, account: Account) -> RateCount:
        """An account's rate counters by order."""
        desk, clock = self._services.desk, self._services.clock

        def ratecount(order_id: str) -> Decimal:
            ticket = desk.ticket(order_id)
            return Decimal(0) if ticket is None else desk.rate_count(account, ticket.symbol, clock.epoch_ns())

        return ratecount

    def _begin(self, name: str, account: Account, token: str) -> None:
        """A subscription is accepted.

        Raises:
            RefusedError: There is one already.
        """
        if name in self._subscribed:
            raise RefusedError(self._texts.already_subscribed)
        self._subscribed[name] = account, token
        self._session.hold(token)

    def _leave(self, name: str) -> None:
        account, token = self._subscribed.pop(name)
        self._services.streams.leave(account.number, self._subscriber, name)
        self._session.release(token)
