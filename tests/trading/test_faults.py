"""What becomes of orders when messages are lost, doubled or turned round, connections cut and tokens expired."""

import asyncio
from decimal import Decimal

import pytest

from havklo import Limit, Market, OrderRejected, OrderUnknown, Simulator
from havklo.errors import RequestTimeout
from havklo.events import BalanceChange, ConnectionLost, Execution, ExecutionGap, OrderState, OrderStateChanged
from trading.exchange import BTC, Watch, agree, passing, playing, wait


def best(sim: Simulator) -> tuple[Decimal, Decimal]:
    """The best bid and ask."""
    bids, asks = sim.ladder(BTC)
    return Decimal(bids[0][0]), Decimal(asks[0][0])


def sums(watch: Watch) -> dict[str, int]:
    """How often each fill was told."""
    told: dict[str, int] = {}
    for event in watch.of(Execution):
        if event.exec_id is not None:
            told[event.exec_id] = told.get(event.exec_id, 0) + 1
    return told


@pytest.mark.parametrize("kind", ["drop", "duplicate", "reorder"])
@pytest.mark.parametrize("channel", ["executions", "balances"])
async def test_a_message_that_is_lost_doubled_or_late(kind: str, channel: str) -> None:
    """Whichever it is, in the end everything is as the exchange has it, and each fill was told once."""
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        orders = []
        for _ in range(4):
            sim.inject(kind, channel=channel, role="private", count=1)  # type: ignore[arg-type]
            order = await passing(sim, kraken.orders.place(Market(BTC, "buy", qty="0.02")))
            orders.append(order)
            await passing(sim, order.done(timeout=30))
        sim.inject("drop", channel=channel, role="private")
        await wait(sim, lambda: kraken.orders.is_live and not kraken.orders.open)
        await passing(sim, kraken.clock.sleep(20))
        agree(sim, kraken, *orders)
        assert set(sums(watch).values()) == {1}
        assert len(sums(watch)) == sum(len(order.fills()) for order in orders)
        ids = [event.ledger_id for event in watch.of(BalanceChange) if event.ledger_id]
        assert len(set(ids)) == len(ids)
        if kind == "drop":
            assert watch.of(ExecutionGap)


async def test_the_last_message_is_lost() -> None:
    """No later one shows that it is missing: what was promised does. A cancel's report is looked for after its ack."""
    async with playing() as (sim, kraken, watch):
        bid, _ = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50))
        await wait(sim, lambda: order.state == "new")
        sim.inject("drop", channel="executions", role="private")
        await passing(sim, order.cancel())
        await wait(sim, lambda: order.state == "canceled")
        agree(sim, kraken, order)
        assert not watch.of(ExecutionGap)


@pytest.mark.parametrize("cut", [False, True])
async def test_the_answer_to_an_order_is_lost(cut: bool) -> None:
    """Its fate is unknown until it is found out: it was accepted, and is never sent again."""
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("lose_ack", method="add_order", cut=cut)
        sim.inject("drop", channel="executions", role="private", count=2)
        order = await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50), timeout=30))
        assert order.state == "new"
        assert len(sim.orders("trader")) == 1
        agree(sim, kraken, order)
        assert bool(watch.of(ConnectionLost)) is cut
        states = [event.after for event in watch.of(OrderStateChanged)]
        assert states[-1] is OrderState.NEW
        assert OrderState.UNKNOWN in states


async def test_an_order_that_never_arrives() -> None:
    """The connection ends before the exchange reads it: after its deadline it is known that it never was one."""
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("half_open", role="private")
        with pytest.raises(OrderRejected, match="never accepted") as caught:
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50), timeout=50))
        assert caught.value.error == "never accepted"
        assert not sim.orders("trader")
        assert [event.after for event in watch.of(OrderStateChanged)] == ["unknown", "rejected"]
        agree(sim, kraken)


async def test_a_fate_that_is_not_told_in_time() -> None:
    """The error has the order, whose resolution goes on."""
    async with playing() as (sim, kraken, _):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("lose_ack", method="add_order", cut=True)
        sim.inject("drop", channel="executions", role="private", count=2)
        sim.inject("refuse", role="private", seconds=2)
        with pytest.raises(OrderUnknown) as caught:
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50), timeout=1))
        order = caught.value.order
        await wait(sim, lambda: order.state == "new")
        agree(sim, kraken, order)


async def test_an_order_that_is_filled_in_an_outage() -> None:
    """It is found by its last trades; sixty fills of others in between make REST say what they came to."""
    async with playing() as (sim, kraken, watch):
        bid, ask = best(sim)
        inside = ask - Decimal("0.1")
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.3", price=inside))
        rest = await kraken.orders.place(Limit(BTC, "buy", qty="0.2", price=bid - 50))
        await wait(sim, lambda: rest.state == "new")
        sim.inject("refuse", role="private", seconds=2)
        sim.inject("disconnect", role="private", connection=None)
        await wait(sim, lambda: watch.of(ConnectionLost))
        taker = sim.accounts["other"]
        desk = sim._kraken.desk  # the exchange's own hand
        params = {"symbol": BTC, "order_type": "limit", "side": "sell", "time_in_force": "ioc", "limit_price": inside}
        desk.request(taker, "add_order", params | {"order_qty": Decimal("0.3")}, sim.clock.epoch_ns())
        await passing(sim, order.done(timeout=30))
        await wait(sim, lambda: rest.state == "new" and kraken.orders.is_live)
        agree(sim, kraken, order, rest)
        assert set(sums(watch).values()) == {1}


async def test_more_fills_than_the_snapshot_has() -> None:
    """What the last fifty trades leave out, REST completes: quantity, cost, fees and each of the fills are exact."""
    async with playing() as (sim, kraken, watch):
        _, ask = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.7", price=ask - Decimal("0.1")))
        await wait(sim, lambda: order.state == "new")
        sim.inject("refuse", role="private", seconds=2)
        sim.inject("disconnect", role="private")
        await wait(sim, lambda: watch.of(ConnectionLost))
        taker, desk = sim.accounts["other"], sim._kraken.desk  # the exchange's own hand
        params = {
            "symbol": BTC,
            "order_type": "limit",
            "side": "sell",
            "time_in_force": "ioc",
            "limit_price": ask - Decimal("0.1"),
            "order_qty": Decimal("0.01"),
        }
        for _ in range(70):
            (answer,) = desk.request(taker, "add_order", params, sim.clock.epoch_ns())
            assert answer.success
        await passing(sim, order.done(timeout=60))
        truth = sim.orders("trader", closed=True)[-1]
        assert (order.state, order.cum_qty) == ("filled", Decimal("0.7"))
        assert order.cost == Decimal(truth.cost).scaleb(-10)
        assert dict(order.fees) == {asset: Decimal(units).scaleb(-10) for asset, units in truth.fees.items()}
        assert {fill.exec_id for fill in order.fills()} == {each.exec_id for each in truth.executions}


async def test_an_expired_token() -> None:
    """Orders go on with a fresh one; what was refused for the old one went out once more, and only once."""
    async with playing() as (sim, kraken, _):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("expire_token", account="trader")
        order = await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50)))
        await wait(sim, lambda: order.state == "new")
        sim.inject("expire_token", account="trader")
        await passing(sim, order.amend(qty="0.02"))
        sim.inject("expire_token", account="trader")
        await passing(sim, order.cancel())
        assert len(sim.orders("trader", closed=True)) == 1
        agree(sim, kraken, order)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_token_that_is_refused_too_late(count: int) -> None:
    """Nobody waits any more who would send the orders once more: they have ended, and are known to have."""
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("expire_token", account="trader")
        sim.inject("delay", channel="ack", role="private", seconds=2.0)
        requests = [Limit(BTC, "buy", qty="0.01", price=bid - 50) for _ in range(count)]
        outcomes = await passing(sim, kraken.orders.place_batch(requests, timeout=1))
        late = [outcome.order for outcome in outcomes if isinstance(outcome, OrderUnknown)]
        assert len(late) == count
        await wait(sim, lambda: all(order.state == "rejected" for order in late))
        assert {order.reason for order in late} == {"ESession:Invalid session"}
        assert [event.after for event in watch.of(OrderStateChanged)] == ["rejected"] * count
        assert not sim.orders("trader")


async def test_a_token_that_is_refused_while_the_caller_leaves() -> None:
    """Whoever was about to send the order once more was called off: it has ended."""
    async with playing() as (sim, kraken, watch):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("expire_token", account="trader")
        sim.inject("stall", channel="executions", role="private", seconds=5.0)
        placing = asyncio.ensure_future(kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50)))
        await wait(sim, lambda: not kraken.orders.is_live)
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        await wait(sim, lambda: [event.after for event in watch.of(OrderStateChanged)] == ["rejected"])
        assert not sim.orders("trader")


async def test_answers_to_changes_that_are_lost() -> None:
    """An amend is told as unanswered, and the order shows that it was carried out; a cancel is asked for again."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50))
        await wait(sim, lambda: order.state == "new")
        sim.inject("lose_ack", method="amend_order", cut=True)
        with pytest.raises(RequestTimeout):
            await passing(sim, order.amend(qty="0.02"))
        await wait(sim, lambda: kraken.orders.is_live and order.order_qty == Decimal("0.02"))
        sim.inject("lose_ack", method="cancel_order", cut=True)
        await passing(sim, order.cancel(timeout=40))
        await wait(sim, lambda: order.state == "canceled" and kraken.orders.is_live)
        agree(sim, kraken, order)


async def test_an_edit_whose_answer_is_lost() -> None:
    """The new order has no name of its own; it is found by the number that it was sent with."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 50))
        await wait(sim, lambda: order.state == "new")
        sim.inject("lose_ack", method="edit_order", cut=True)
        sim.inject("drop", channel="executions", role="private", count=3)
        new = await passing(sim, kraken.orders.edit(order, price=bid - 40, timeout=40))
        await wait(sim, lambda: order.state == "canceled" and new.state == "new" and kraken.orders.is_live)
        agree(sim, kraken, order, new)


async def test_a_batch_whose_answer_is_lost() -> None:
    """Each of its orders is found."""
    async with playing() as (sim, kraken, _):
        await kraken.orders.start()
        bid, _ = best(sim)
        sim.inject("lose_ack", method="batch_add", cut=True)
        sim.inject("drop", channel="executions", role="private", count=6)
        asked = [Limit(BTC, "buy", qty="0.01", price=bid - 50 - n) for n in range(3)]
        orders = await passing(sim, kraken.orders.place_batch(asked, timeout=40))
        await wait(sim, lambda: all(order.state == "new" for order in orders))  # type: ignore[union-attr]
        agree(sim, kraken, *orders)  # type: ignore[arg-type]
