"""The account as a whole: what is found at the start, its channels, its balances, its size, and its secrets."""

import asyncio
import gc
import logging
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest

from havklo import Client, Limit, Market, Simulator, sync
from havklo._protocol.trading.reports import Report
from havklo.channels import balances, executions, level3
from havklo.clock import ManualClock
from havklo.errors import ConfigurationError, CredentialsError, Disconnected, WaitTimeout
from havklo.events import BalanceChange, Execution
from havklo.orders import Order
from trading.exchange import BTC, agree, key_of, passing, playing, trading, wait


def bid(sim: Simulator) -> Decimal:
    """The best bid."""
    return Decimal(sim.ladder(BTC, 1)[0][0][0])


async def test_orders_that_are_found() -> None:
    """What is open at the start is known with all its fills, and can be changed; what was filled before is history."""
    async with playing() as (sim, first, _):
        price = Decimal(sim.ladder(BTC, 1)[1][0][0]) - Decimal("0.1")
        placed = await first.orders.place(Limit(BTC, "buy", qty="0.3", price=price))
        async with trading(sim, "other") as (other, _):
            taker = await other.orders.place(Limit(BTC, "sell", qty="0.1", price=price, time_in_force="ioc"))
            await passing(sim, taker.done(timeout=5))
        async with trading(sim) as (kraken, watch):
            await kraken.orders.start()
            (found,) = kraken.orders.open.values()
            assert (found.order_id, found.state, found.request) == (placed.order_id, "partially_filled", None)
            agree(sim, kraken, found)
            assert kraken.orders[placed.cl_ord_id or ""] is found
            assert watch.of(Execution) == []
            await found.amend(qty="0.25")
            await found.cancel()
            agree(sim, kraken, found)
        assert kraken.orders.get("nobody") is None
        with pytest.raises(ConfigurationError, match="nobody"):
            _ = kraken.orders["nobody"]


async def test_the_channels() -> None:
    """They can be subscribed on their own: a snapshot first, then each event beside the whole order."""
    async with playing() as (sim, kraken, watch):
        feed = await kraken.subscribe(executions())
        money = await kraken.subscribe(balances())
        changes = aiter(money)
        assert [(await anext(changes)).kind for _ in range(2)] == ["snapshot", "snapshot"]
        events = aiter(feed)
        order = await kraken.orders.place(Market(BTC, "buy", qty="0.02"))
        await passing(sim, order.done(timeout=5))
        kinds = [(await anext(events)).exec_type for _ in range(3)]
        assert kinds == ["pending_new", "new", "trade"]
        change = await anext(changes)
        assert (change.kind, change.ref_id) == ("trade", order.fills()[0].exec_id)
        resting = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50))
        await wait(sim, lambda: resting.state == "new")
        late = aiter(await kraken.subscribe(executions()))
        standing = await anext(late)
        assert (standing.order_id, standing.source) == (resting.order_id, "snapshot")
        assert {event.kind for event in watch.of(BalanceChange)} == {"snapshot", "trade"}
        late_money = aiter(await kraken.subscribe(balances()))
        assert (await anext(late_money)).balance == kraken.balances["BTC"].balance


async def test_what_an_order_says() -> None:
    """One can iterate over its executions, which end with it, and ask for its place in the queue."""
    async with playing() as (sim, kraken, _):
        await kraken.subscribe(level3(BTC, depth=100))
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - Decimal("0.5")))
        seen: list[str] = []

        async def read() -> None:
            seen.extend([execution.exec_type async for execution in order])

        reading = asyncio.ensure_future(read())
        await wait(sim, lambda: order.state == "new")
        await passing(sim, kraken.clock.sleep(1))
        place = order.queue_position()
        assert place is not None
        assert place.rank >= 1
        with pytest.raises(WaitTimeout, match="the end of order"):
            await passing(sim, order.done(timeout=1))
        await order.amend(qty="0.02")
        await order.cancel()
        await passing(sim, reading)
        assert seen[-2:] == ["amended", "canceled"]
        assert [execution async for execution in order] == []
        assert repr(order) == f"<Order {order.order_id}: buy 0.02 BTC/USD limit, canceled>"


async def test_a_client_that_ends() -> None:
    """Who waits for an order learns of it."""
    async with playing() as (sim, kraken, _):
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50))
        waiting = asyncio.ensure_future(order.done())
        await asyncio.sleep(0)
        await kraken.drain(timeout=0.001)
        with pytest.raises(Disconnected):
            await waiting
        with pytest.raises(Disconnected):
            await order.cancel()


async def test_without_a_key() -> None:
    """Orders need one."""
    async with Simulator([BTC], rate=0, clock=ManualClock()) as sim, Client(sim) as kraken:
        with pytest.raises(CredentialsError):
            await kraken.orders.start()
        with pytest.raises(CredentialsError):
            await kraken.subscribe(balances())
        assert dict(kraken.balances) == {}
        with pytest.raises(ConfigurationError, match="timeout"):
            await kraken.orders.start(timeout=0)
        with pytest.raises(ConfigurationError, match="deadline"):
            await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price="1"), deadline=0.1)


async def test_a_thousand_open_orders() -> None:
    """They take less than five megabytes."""
    async with playing() as (_, kraken, _):
        await kraken.orders.start()
        desk = kraken._desk()
        reports = [
            Report(
                order_id=f"O{n:05}-AAAAA-BBBBBB",
                exec_type="new",
                order_status="new",
                cl_ord_id=f"{n:032x}",
                symbol=BTC,
                side="buy",
                order_type="limit",
                order_qty=Decimal(f"0.{n + 1:08}"),
                limit_price=Decimal(f"64000.{n % 10}"),
                cum_qty=Decimal(0),
                timestamp=f"2026-11-22T10:00:00.{n:06}Z",
                time_in_force="GTC",
            )
            for n in range(1_000)
        ]
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            desk.perform(desk.account.rows("executions", reports, 1, 2, snapshot=False))
            handles = list(kraken.orders.open.values())
            gc.collect()
            used = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert len(handles) == 1_000
        assert used < 5_000_000


async def test_secrets_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not in what is logged, said by reprs, raised, or told by events, with everything that can go wrong."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        token = kraken._desk().connection.session.asks_with.reveal()  # type: ignore[union-attr]
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50))
        sim.inject("expire_token", account="trader")
        await passing(sim, order.amend(qty="0.02"))
        sim.inject("lose_ack", method="add_order", cut=True)
        await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50), timeout=30))
        for request in (Limit(BTC, "buy", qty="900", price="2000"), Market(BTC, "buy", qty="900")):
            with pytest.raises(Exception, match="nsufficient") as caught:
                await kraken.orders.place(request)
            said += [str(caught.value), repr(vars(caught.value))]
            frames = [frame.frame.f_locals for frame in caught.traceback if "havklo" in str(frame.path)]
            assert len(frames) > 1
            said += [repr(frame) for frame in frames]
        desk = kraken._desk()
        now = desk.connection.session.asks_with.reveal()  # type: ignore[union-attr]
        said += [
            repr(each) for each in (kraken, kraken.orders, order, desk, desk.account, desk.connection, key_of(sim))
        ]
        said += [repr(vars(desk)), repr(watch.events), caplog.text]
        said += [repr(vars(record)) for record in caplog.records]
        secrets = [token, now, sim.accounts["trader"].secret]
    text = "\n".join(said)
    assert token != now
    assert [secret for secret in secrets if secret in text] == []


def test_the_synchronous_client() -> None:
    """It has the same names without `await`."""
    with sync.Client(sim := Simulator([BTC], rate=50), credentials=key_of(sim)) as kraken:
        kraken.orders.start()
        assert kraken.balances["BTC"].balance == 40
        order = kraken.orders.place(Market(BTC, "buy", qty="0.01"))
        assert order.done(timeout=10).state == "filled"
        resting = kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 500))
        resting.amend(qty="0.02")
        assert resting.order_qty == Decimal("0.02")
        assert [each.order_id for each in kraken.orders.open.values()] == [resting.order_id]
        found = kraken.orders[resting.order_id or ""]
        assert found.cl_ord_id == resting.cl_ord_id
        kraken.orders.amend(found, price=bid(sim) - 400)
        new = kraken.orders.edit(found, qty="0.03")
        batch = kraken.orders.place_batch([Limit(BTC, "buy", qty="0.01", price=bid(sim) - 500 - n) for n in range(2)])
        assert [type(each).__name__ for each in batch] == ["Order", "Order"]
        kraken.orders.cancel(new, timeout=20)
        batch[0].cancel(timeout=30)  # type: ignore[union-attr]
        events: list[Any] = list(new)
        assert events == []
        assert new.queue_position() is None
        assert kraken.orders.headroom(BTC, resting).threshold == 60
        assert kraken.orders.get("nobody") is None
        assert kraken.orders.is_live
        assert kraken.orders.cancel_all() == 1
        assert kraken.orders.kill("enough") == 0
        assert kraken.orders.locked == "enough"
        kraken.orders.unlock()
        assert isinstance(order.inner, Order)
        assert repr(kraken.orders) == "<Orders: 0 open>"
