"""What the tests of trading share: a simulated Kraken whose time stands, a client with a key, and the truth."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar, get_args

from havklo import Client, Credentials, Order, Simulator
from havklo.clock import ManualClock
from havklo.events import Event
from havklo.sim.accounts.money import SCALE
from havklo.sim.trading.ticket import Ticket
from havklo.testing import pass_time

__all__ = ["BTC", "Watch", "agree", "key_of", "passing", "playing", "ticket", "trading", "wait"]

T = TypeVar("T")

BTC = "BTC/USD"
_CLIENT = ("tier", "risk", "on_exit", "dead_man", "pacing", "cancel_reserve", "order_keys", "queue", "timings")


def key_of(sim: Simulator, name: str = "trader") -> Credentials:
    """The API key of a simulated account."""
    account = sim.accounts[name]
    return Credentials(account.key, account.secret)


class Watch:
    """Keeps a client's events."""

    def __init__(self, kraken: Client) -> None:
        self.events: list[Any] = []
        for kind in get_args(Event):
            kraken.on(kind, self.events.append)

    def of(self, kind: type) -> list[Any]:
        """The events of a type."""
        return [event for event in self.events if type(event) is kind]


@asynccontextmanager
async def playing(**options: Any) -> AsyncIterator[tuple[Simulator, Client, Watch]]:
    """A simulator that only moves when told to, and a client of its account "trader"."""
    client = {name: options.pop(name) for name in _CLIENT if name in options}
    options = {"rate": 0, "clock": ManualClock(), "accounts": ["trader:pro", "other:pro"]} | options
    async with Simulator([BTC], **options) as sim, trading(sim, **client) as (kraken, watch):
        yield sim, kraken, watch


@asynccontextmanager
async def trading(sim: Simulator, name: str = "trader", **options: Any) -> AsyncIterator[tuple[Client, Watch]]:
    """A client of a simulated account."""
    async with Client(sim, credentials=key_of(sim, name), **({"tier": "pro"} | options)) as kraken:
        yield kraken, Watch(kraken)


async def wait(sim: Simulator, condition: Callable[[], object], seconds: float = 60) -> None:
    """Let time pass until a condition holds."""
    for _ in range(round(seconds / 0.05)):
        if condition():
            return
        await pass_time(sim, 0.05)
        await asyncio.sleep(0.0005)  # the sockets' turn
    raise AssertionError("it has not come to hold")


async def passing(sim: Simulator, work: Awaitable[T]) -> T:
    """Do something while time passes."""
    task = asyncio.ensure_future(work)
    try:
        await wait(sim, task.done)
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it is no news any more
        raise
    return await task


def ticket(sim: Simulator, order: Order, account: str = "trader") -> Ticket:
    """What the exchange has of an order."""
    every = [*sim.orders(account), *sim.orders(account, closed=True)]
    return next(each for each in every if each.order_id == order.order_id)


def agree(sim: Simulator, kraken: Client, *orders: Order) -> None:
    """Client and exchange agree on orders, on what is open, and on the balances: to the last digit."""
    for order in orders:
        truth = ticket(sim, order)
        assert order.state == truth.status.replace("pending_new", "pending"), order
        assert order.cum_qty == Decimal(truth.filled).scaleb(-truth.pair.qty_precision)
        assert order.cost == Decimal(truth.cost).scaleb(-SCALE)
        assert dict(order.fees) == {asset: Decimal(units).scaleb(-SCALE) for asset, units in truth.fees.items()}
        assert [fill.exec_id for fill in order.fills()] == [each.exec_id for each in truth.executions]
        assert [fill.qty for fill in order.fills()] == [
            Decimal(each.qty).scaleb(-truth.pair.qty_precision) for each in truth.executions
        ]
    assert set(kraken.orders.open) == {each.order_id for each in sim.orders("trader")}
    balances = sim.accounts["trader"].balances()
    assert {asset: each.balance for asset, each in kraken.balances.items()} == {
        asset: Decimal(units).scaleb(-SCALE) for asset, units in balances.items()
    }
