"""Limits, the rate counter, the kill switch, the dead man's switch, and the way out."""

import asyncio
from decimal import Decimal

import pytest

from havklo import Client, HeadroomExceeded, Limit, Market, OrderInvalid, RiskLimitExceeded, Simulator, TradingLocked
from havklo.channels import book
from havklo.errors import ConfigurationError
from havklo.events import DeadManChanged, Execution, TradingUnlocked
from havklo.events import TradingLocked as Locked
from havklo.orders import RiskLimits, Tier
from trading.exchange import BTC, agree, passing, playing, trading, wait


def bid(sim: Simulator) -> Decimal:
    """The best bid."""
    return Decimal(sim.ladder(BTC, 1)[0][0][0])


async def test_limits_of_the_user() -> None:
    """What passes one is not sent; a collar needs a verified book that is live."""
    limits = RiskLimits(max_qty={BTC: Decimal(1)}, collar_bps=Decimal(100), max_open=2, needs_live_book=True)
    async with playing(risk=limits) as (sim, kraken, _):
        price = bid(sim)
        with pytest.raises(RiskLimitExceeded, match="needs_live_book"):
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price)))
        await kraken.subscribe(book(BTC))
        with pytest.raises(RiskLimitExceeded, match="max_qty"):
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="2", price=price)))
        with pytest.raises(RiskLimitExceeded, match="collar_bps"):
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price + 2_000)))
        first = await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price - 50)))
        await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price - 50)))
        with pytest.raises(RiskLimitExceeded, match="max_open"):
            await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price - 50)))
        with pytest.raises(RiskLimitExceeded, match="max_qty"):
            await first.amend(qty="1.5")
        with pytest.raises(OrderInvalid, match="nearest valid values"):
            await first.amend(price=price + Decimal("0.05"))
        await first.cancel()
        taken = await passing(sim, kraken.orders.place(Market(BTC, "buy", qty="0.05")))
        await passing(sim, taken.done(timeout=5))
        assert taken.slippage_bps is not None
        assert 0 < taken.slippage_bps < 10


async def test_waiting_for_the_rate_counter() -> None:
    """More than the counter has room for waits its turn; Kraken refuses nothing, and cancels find their reserve."""
    tier = Tier(threshold=20, decay=Decimal(1), max_open=60)
    async with playing(accounts=["trader:starter"], tier=tier, cancel_reserve=8) as (sim, kraken, _):
        await kraken.orders.start()
        price = bid(sim) - 50
        before = sim.clock.now()
        orders = await passing(
            sim,
            asyncio.gather(
                *(kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=price), timeout=60) for _ in range(20))
            ),
        )
        assert 8 <= (sim.clock.now() - before) / 1e9 < 12
        room = kraken.orders.headroom(BTC)
        assert not room.add.allowed
        assert room.cancel.allowed
        assert kraken.orders.headroom(BTC, orders[0]).cancel.cost <= 8
        await orders[0].cancel()
        agree(sim, kraken, *orders)


async def test_refusing_instead_of_waiting() -> None:
    """Then the error says when there is room, and then there is."""
    tier = Tier(threshold=3, decay=Decimal(1), max_open=60)
    async with playing(tier=tier, cancel_reserve=0, pacing="refuse") as (sim, kraken, _):
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        for _ in range(3):
            await passing(sim, kraken.orders.place(request))
        with pytest.raises(HeadroomExceeded) as caught:
            await passing(sim, kraken.orders.place(request))
        assert caught.value.retry_in is not None
        await passing(sim, kraken.clock.sleep(caught.value.retry_in))
        await passing(sim, kraken.orders.place(request))


async def test_waiting_takes_too_long() -> None:
    """A request whose turn does not come in time is told so at once, and nothing was sent."""
    tier = Tier(threshold=2, decay=Decimal(1), max_open=60)
    async with playing(tier=tier, cancel_reserve=0) as (sim, kraken, _):
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        await passing(sim, kraken.orders.place(request))
        await passing(sim, kraken.orders.place(request))
        with pytest.raises(HeadroomExceeded):
            await passing(sim, kraken.orders.place(request, timeout=0.5))
        assert len(sim.orders("trader")) == 2


async def test_the_kill_switch() -> None:
    """It locks first and cancels then, whoever has placed what is open; who waits for his turn is refused."""
    tier = Tier(threshold=2, decay=Decimal(1), max_open=60)
    async with playing(tier=tier, cancel_reserve=0) as (sim, kraken, watch):
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        async with trading(sim) as (elsewhere, _):
            await passing(sim, elsewhere.orders.place(request))
        order = await passing(sim, kraken.orders.place(request))
        await passing(sim, kraken.orders.place(request))
        waiting = asyncio.ensure_future(kraken.orders.place(request, timeout=30))
        await asyncio.sleep(0)
        assert await passing(sim, kraken.orders.kill("enough")) == 3
        with pytest.raises(TradingLocked, match="enough"):
            await passing(sim, waiting)
        with pytest.raises(TradingLocked):
            await passing(sim, kraken.orders.place(request))
        assert (kraken.orders.locked, order.state, len(kraken.orders.open)) == ("enough", "canceled", 0)
        kraken.orders.unlock()
        kraken.orders.unlock()
        assert (await passing(sim, kraken.orders.place(request, timeout=30))).state != "rejected"
        assert [event.reason for event in watch.of(Locked)] == ["enough"]
        assert len(watch.of(TradingUnlocked)) == 1


async def test_an_order_under_way_at_the_kill() -> None:
    """Its answer is lost with the connection: it is canceled as soon as it is found."""
    async with playing() as (sim, kraken, _):
        await kraken.orders.start()
        sim.inject("lose_ack", method="add_order", cut=True)
        placed = asyncio.ensure_future(kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)))
        await wait(sim, lambda: sim.orders("trader"))
        await passing(sim, kraken.orders.kill("enough"))
        assert not sim.orders("trader")
        await asyncio.wait([placed])


async def test_the_dead_mans_switch() -> None:
    """It is set anew as long as the client is healthy, lapses when it is not, and cancels everything then."""
    async with playing(dead_man=6) as (sim, kraken, watch):
        order = await passing(sim, kraken.orders.place(Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)))
        await passing(sim, kraken.clock.sleep(30))
        assert order.state == "new"
        sim.inject("refuse", role="private", seconds=20)
        sim.inject("disconnect", role="private")
        await wait(sim, lambda: not sim.orders("trader"))
        await wait(sim, lambda: order.state == "canceled")
        assert order.reason == "CancelAllOrdersAfter Timeout"
        await wait(sim, lambda: watch.of(DeadManChanged)[-1].state == "armed")
        assert [event.state for event in watch.of(DeadManChanged)] == ["armed", "lapsing", "lapsed", "armed"]


async def test_a_switch_that_can_not_be() -> None:
    """Seconds are whole."""
    async with playing(dead_man=2.5) as (_, kraken, _):
        with pytest.raises(ConfigurationError, match=r"2\.5"):
            await kraken.orders.start()


@pytest.mark.parametrize("on_exit", ["leave", "cancel"])
async def test_the_way_out(on_exit: str) -> None:
    """What the client has placed is left or canceled; what others have placed stays, and the switch is turned off."""
    async with playing() as (sim, other, _):
        request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
        theirs = await other.orders.place(request)
        async with trading(sim, on_exit=on_exit, dead_man=30) as (kraken, _):
            for _ in range(3):
                await passing(sim, kraken.orders.place(request))
        left = [order.order_id for order in sim.orders("trader")]
        assert theirs.order_id in left
        assert len(left) == (4 if on_exit == "leave" else 1)
        await passing(sim, other.clock.sleep(40)) if on_exit == "leave" else None
        assert [order.order_id for order in sim.orders("trader")] == left


async def fails(sim: Simulator) -> None:
    """A client one of whose handlers fails, with one order open and another one on its way."""
    request = Limit(BTC, "buy", qty="0.01", price=bid(sim) - 50)
    async with trading(sim, on_exit="cancel") as (kraken, _):
        await kraken.orders.place(request)
        await wait(sim, lambda: len(kraken.orders.open) == 1)
        kraken.on(Execution, lambda _: 1 // 0)
        await passing(sim, kraken.orders.place(request))


async def test_the_way_out_of_a_client_that_has_failed() -> None:
    """A handler's exception ends the client; its orders are canceled all the same, those on their way, too."""
    async with playing() as (sim, _, _):
        with pytest.raises(ZeroDivisionError):
            await fails(sim)
        await wait(sim, lambda: len(sim.orders("trader", closed=True)) == 2)
        assert not sim.orders("trader")


def test_options_that_can_not_be_meant() -> None:
    """They are refused when the client is made."""
    with pytest.raises(ConfigurationError, match="on_exit"):
        Client(on_exit="panic")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="pacing"):
        Client(pacing="hope")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="tier"):
        Client(tier="king")  # type: ignore[arg-type]
