"""Each type of order through its whole life on the simulated Kraken."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from havklo import Client, Limit, Market, Simulator
from havklo.errors import InvalidArguments, OrderUnknown, UnknownOrder
from havklo.events import Execution, OrderState, OrderStateChanged
from havklo.orders import (
    Close,
    Iceberg,
    SettlePosition,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    TrailingStop,
    TrailingStopLimit,
)
from trading.exchange import BTC, agree, passing, playing, trading, wait


def best(sim: Simulator) -> tuple[Decimal, Decimal]:
    """The best bid and ask."""
    bids, asks = sim.ladder(BTC)
    return Decimal(bids[0][0]), Decimal(asks[0][0])


async def push(other: Client, to: Decimal) -> None:
    """Have another account trade the price down to where it is wanted."""
    order = await other.orders.place(Limit(BTC, "sell", qty="30", price=to, time_in_force="ioc"))
    await order.done(timeout=5)


async def test_a_limit_order_that_takes() -> None:
    """It is accepted, live, filled; its sums are the exchange's, and handlers have heard of each step."""
    async with playing() as (sim, kraken, watch):
        _, ask = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.1", price=ask + 10))
        assert await order.done(timeout=5) is order
        await wait(sim, lambda: any(event.exec_type == "filled" for event in watch.of(Execution)))
        agree(sim, kraken, order)
        assert (order.state, order.remaining, order.cum_qty) == ("filled", 0, Decimal("0.1"))
        assert order.avg_price == order.cost / order.cum_qty
        kinds = [event.exec_type for event in watch.of(Execution)]
        assert kinds[:2] == ["pending_new", "new"]
        assert kinds[-1] == "filled"
        assert set(kinds[2:-1]) == {"trade"}
        states = [(event.before, event.after) for event in watch.of(OrderStateChanged)]
        assert states[0] == (OrderState.PENDING, OrderState.NEW)
        assert states[-1][1] is OrderState.FILLED
        assert order.time_to_first_fill_ns is not None
        assert order.slippage_bps is None  # no book is subscribed


async def test_a_limit_order_that_rests() -> None:
    """It is amended where it stands, partly filled by another account, and canceled."""
    async with playing() as (sim, kraken, _), trading(sim, "other") as (other, _):
        bid, ask = best(sim)
        inside = ask - Decimal("0.1")  # the best bid of all
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.5", price=bid - 5, post_only=True))
        await wait(sim, lambda: order.state == "new")
        assert kraken.orders.open[order.order_id or ""] is order
        await order.amend(qty="0.4", price=inside)
        assert (order.order_qty, order.limit_price) == (Decimal("0.4"), inside)
        taker = await other.orders.place(Limit(BTC, "sell", qty="0.1", price=inside, time_in_force="ioc"))
        await taker.done(timeout=5)
        await wait(sim, lambda: order.cum_qty == Decimal("0.1"))
        assert (order.state, order.remaining) == ("partially_filled", Decimal("0.3"))
        assert order.fills()[0].liquidity_ind == "m"
        agree(sim, kraken, order)
        await order.cancel()
        assert (order.state, order.reason) == ("canceled", "User requested")
        await order.cancel()  # what is over stays as it is
        agree(sim, kraken, order)


async def test_a_market_order_and_one_for_cash() -> None:
    """One says how much to buy, the other what to spend."""
    async with playing() as (sim, kraken, _):
        sold = await kraken.orders.place(Market(BTC, "sell", qty="0.02"))
        bought = await kraken.orders.place(Market(BTC, "buy", cash_qty="500"))
        await sold.done(timeout=5)
        await bought.done(timeout=5)
        await wait(sim, lambda: not kraken.orders.open)
        agree(sim, kraken, sold, bought)
        assert bought.order_qty is None
        assert Decimal(490) < bought.cost <= 500


async def test_an_iceberg() -> None:
    """It shows a part of itself at a time; a refill changes nothing of what was filled."""
    async with playing() as (sim, kraken, watch), trading(sim, "other") as (other, _):
        inside = best(sim)[1] - Decimal("0.1")
        order = await kraken.orders.place(Iceberg(BTC, "buy", qty="0.3", price=inside, display_qty="0.1"))
        for _ in range(3):
            taker = await other.orders.place(Limit(BTC, "sell", qty="0.1", price=inside, time_in_force="ioc"))
            await taker.done(timeout=5)
        await order.done(timeout=5)
        await wait(sim, lambda: not kraken.orders.open)
        agree(sim, kraken, order)
        assert "iceberg_refill" in {event.exec_type for event in watch.of(Execution)}


def waiting(bid: Decimal) -> list[Any]:
    """An order of each type that waits for a price below."""
    low, lower = bid - 30, bid - 40
    return [
        StopLoss(BTC, "sell", qty="0.01", trigger=low),
        StopLossLimit(BTC, "sell", qty="0.01", trigger=low, price=lower - 500),
        TakeProfit(BTC, "buy", qty="0.01", trigger=low),
        TakeProfitLimit(BTC, "buy", qty="0.01", trigger=low, price=low + 500),
        TrailingStop(BTC, "sell", qty="0.01", trigger="20", trigger_type="quote"),
        TrailingStopLimit(BTC, "sell", qty="0.01", trigger="20", trigger_type="quote", price="-400"),
    ]


@pytest.mark.parametrize("index", range(6))
async def test_an_order_that_waits_for_a_price(index: int) -> None:
    """It is live, triggered when the price comes, filled, and told of at each step."""
    async with playing() as (sim, kraken, watch), trading(sim, "other") as (other, _):
        bid, _ = best(sim)
        order = await kraken.orders.place(waiting(bid)[index])
        await wait(sim, lambda: order.state == "new")
        assert order.trigger_price is not None
        await push(other, bid - 60)
        await passing(sim, order.done(timeout=5))
        await wait(sim, lambda: not kraken.orders.open)
        agree(sim, kraken, order)
        assert order.state == "filled"
        assert [event.exec_type for event in watch.of(Execution)][:3] == ["pending_new", "new", "status"]


async def test_a_position_and_its_settlement() -> None:
    """An order on margin opens a position; the simulator takes no settle-position, and its no is told as such."""
    async with playing() as (sim, kraken, _):
        opened = await kraken.orders.place(Market(BTC, "buy", qty="0.05", margin=True))
        await opened.done(timeout=5)
        assert sim.accounts["trader"].position(BTC).qty > 0
        with pytest.raises(InvalidArguments, match="order_type"):
            await kraken.orders.place(SettlePosition(BTC, "sell", qty="0.05", margin=True))
        closed = await kraken.orders.place(Market(BTC, "sell", qty="0.05", margin=True, reduce_only=True))
        await closed.done(timeout=5)
        await wait(sim, lambda: not kraken.orders.open)
        agree(sim, kraken, opened, closed)
        assert sim.accounts["trader"].position(BTC).qty == 0


async def test_an_order_that_opens_another_one() -> None:
    """Its fill brings a conditional order, which this client has not placed: it is found, and can be canceled."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        close = Close(order_type="stop-loss", trigger=bid - 1_000)
        order = await kraken.orders.place(Market(BTC, "buy", qty="0.01", conditional=close))
        await order.done(timeout=5)
        await wait(sim, lambda: len(kraken.orders.open) == 1)
        (found,) = kraken.orders.open.values()
        assert (found.order_type, found.side, found.request) == ("stop-loss", "sell", None)
        await found.cancel()
        agree(sim, kraken, order, found)


async def test_an_order_that_expires() -> None:
    """One with an end ends then; one that may not wait ends with what it could get."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        end = datetime.fromtimestamp(sim.clock.epoch_ns() / 1e9, UTC) + timedelta(seconds=30)
        order = await kraken.orders.place(
            Limit(BTC, "buy", qty="0.01", price=bid - 100, time_in_force="gtd", expire_time=end)
        )
        at_once = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 100, time_in_force="ioc"))
        await at_once.done(timeout=5)
        assert (at_once.state, at_once.cum_qty) == ("canceled", 0)
        await wait(sim, lambda: order.state == "expired")
        agree(sim, kraken, order, at_once)


async def test_an_edit_is_another_order() -> None:
    """The old one ends, the new one has an id of its own; both are known."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid - 100))
        new = await kraken.orders.edit(order, price=bid - 90, qty="0.02")
        await wait(sim, lambda: order.state == "canceled" and new.state == "new")
        assert (new.order_qty, new.limit_price) == (Decimal("0.02"), bid - 90)
        assert new.order_id != order.order_id
        agree(sim, kraken, order, new)
        await kraken.orders.cancel(new)
        assert new.state == "canceled"


async def test_a_batch() -> None:
    """Orders of a pair go together; each has an outcome of its own, in the order in which they were given."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        asked = [Limit(BTC, "buy", qty="0.01", price=bid - 100 - n) for n in range(16)]
        asked.insert(3, Limit(BTC, "buy", qty="0.01", price=bid + Decimal("0.05")))
        asked.insert(7, Limit(BTC, "buy", qty="900", price=bid - 50))
        outcomes = await kraken.orders.place_batch(asked)
        assert [type(outcome).__name__ for outcome in outcomes] == [
            "OrderInvalid" if n == 3 else "InsufficientFunds" if n == 7 else "Order" for n in range(18)
        ]
        placed = [outcome for n, outcome in enumerate(outcomes) if n not in (3, 7)]
        await wait(sim, lambda: len(kraken.orders.open) == 16)
        agree(sim, kraken, *placed)  # type: ignore[arg-type]
        await kraken.orders.cancel(*placed[:10])  # type: ignore[arg-type]
        assert await kraken.orders.cancel_all() == 6
        agree(sim, kraken, *placed)  # type: ignore[arg-type]


async def test_an_order_that_is_only_validated() -> None:
    """Kraken says yes or no, and nothing is placed."""
    async with playing() as (sim, kraken, _):
        bid, _ = best(sim)
        order = await kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid), validate=True)
        assert (order.state, order.reason[:14]) == ("rejected", "only validated")
        assert not sim.orders("trader")
        with pytest.raises(Exception, match="Insufficient funds"):
            await kraken.orders.place(Limit(BTC, "buy", qty="900", price=bid), validate=True)


async def test_a_change_that_comes_too_late() -> None:
    """What is over can't be changed: that is the exchange's word for it, and nothing is sent."""
    async with playing() as (sim, kraken, _):
        order = await kraken.orders.place(Market(BTC, "buy", qty="0.01"))
        await order.done(timeout=5)
        counted = kraken.orders.headroom(BTC).value
        with pytest.raises(UnknownOrder, match="nothing was sent"):
            await order.amend(qty="0.02")
        with pytest.raises(UnknownOrder, match="filled"):
            await kraken.orders.edit(order, qty="0.02")
        assert kraken.orders.headroom(BTC).value == counted
        agree(sim, kraken, order)


async def test_a_change_of_what_nobody_knows() -> None:
    """Whether there is such an order could not be told in time: nothing is sent, and the error has the order."""
    async with playing() as (sim, kraken, _):
        await kraken.orders.start()
        record = kraken.orders._placing.record(Limit(BTC, "buy", qty="0.01", price=best(sim)[0] - 50))
        with pytest.raises(OrderUnknown) as caught:
            await passing(sim, kraken.orders.amend(record.handle, qty="0.02", timeout=0.2))  # type: ignore[arg-type]
        assert caught.value.order is record.handle
        assert kraken.orders.headroom(BTC).value == 0
