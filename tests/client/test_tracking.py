"""Single orders of a level-3 book, followed against the simulated Kraken, which knows what truly became of them."""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from client.level3_exchange import Watch, agree, playing
from havklo import Level3Subscription, Simulator, SlowConsumer
from havklo._protocol.attribution import Attribution, Reduction
from havklo.channels import level3, trade
from havklo.errors import Disconnected
from havklo.events import Desync, Level3Update, QueueChange, Resync, Trade

BTC = "BTC/USD"


@pytest.fixture(autouse=True)
def nonces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nonces in a folder of this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


class Follower:
    """Reads what becomes of one order, to its end."""

    def __init__(self, subscription: Level3Subscription, order_id: str) -> None:
        self.order_id = order_id
        self.changes: list[QueueChange] = []
        self.iteration = subscription.track(order_id)
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for change in self.iteration:
            self.changes.append(change)

    @property
    def causes(self) -> list[str]:
        """The causes of all changes."""
        return [change.cause for change in self.changes]


class Truth:
    """Writes down which orders were filled whole, and what else the exchange matched."""

    def __init__(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.filled: set[str] = set()
        listing = sim._kraken.exchange.listing(BTC, sim.clock.epoch_ns())
        on_event = listing.trade.on_event

        def note(fills: Any, now_ns: int) -> None:
            self.filled |= {listing.order_id(fill.maker.id) for fill in fills if fill.done}
            on_event(fills, now_ns)

        monkeypatch.setattr(listing.trade, "on_event", note)


async def trade_on(sim: Simulator, watch: Watch, book: Any, steps: int, *, every: float = 0.01) -> None:
    """Let the market trade, and the client keep up with it."""
    for _ in range(steps // 10):
        for _ in range(10):
            sim.step(1, BTC)
            sim.advance(every)
        await agree(sim, watch, book)


async def pause(sim: Simulator, seconds: float) -> None:
    """Let time pass piece by piece, with its heartbeats."""
    for _ in range(round(seconds / 0.25)):
        sim.advance(0.25)
        for _ in range(30):
            await asyncio.sleep(0)


def position(sim: Simulator, order_id: str, depth: int) -> tuple[int, str] | None:
    """An order's true place at its price: how many are before it, and how much."""
    for side in sim.queue(BTC, depth):
        for order in side:
            if order.order_id == order_id:
                ahead = [each for each in side if each.limit_price == order.limit_price]
                ahead = ahead[: ahead.index(order)]
                return len(ahead), f"{sum(float(each.order_qty) for each in ahead):.8f}"
    return None


async def test_each_order_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The changes of each lead from one to the next and to its true place, and the last one says how it ended."""
    async with playing(BTC) as (sim, kraken, watch):
        truth = Truth(sim, monkeypatch)
        await kraken.subscribe(trade(BTC))
        btc = await kraken.subscribe(level3(BTC, depth=100))
        first = Follower(btc, btc.book.orders("bid", 40)[0].order_id)
        await trade_on(sim, watch, btc.book, 10)
        await pause(sim, 3)  # what was traded before it began is none of its business any more
        assert not first.task.done()
        followers: list[Follower] = []
        for _ in range(30):
            near = [order for side in ("bid", "ask") for level in (0, 1, 2) for order in btc.book.orders(side, level)]
            known = {each.order_id for each in followers}
            followers += [Follower(btc, order.order_id) for order in near if order.order_id not in known]
            await trade_on(sim, watch, btc.book, 20)
        await pause(sim, 3)
        await agree(sim, watch, btc.book)
        ended = [each for each in followers if each.task.done()]
        assert len(ended) > 50
        for each in followers:
            for one, two in pairwise(each.changes):
                if two.cause != "filled":  # of itself: what the same taker took before it stands in the change before
                    place = one.after.orders_ahead, one.after.qty_ahead
                    assert place == (two.before.orders_ahead, two.before.qty_ahead)
            last = each.changes[-1].after if each.changes else None
            true = position(sim, each.order_id, 100)
            if last is not None:
                assert (last.orders_ahead is None) == (true is None)
            if last is not None and true is not None:
                assert (last.orders_ahead, f"{last.qty_ahead:.8f}") == true
        ends = Counter((each.causes[-1], each.order_id in truth.filled) for each in ended)
        assert set(ends) == {("filled", True), ("canceled", False)}
        assert min(ends.values()) > 10
        seen = Counter(cause for each in followers for cause in each.causes)
        assert seen["trade"] > 5
        assert seen["cancel"] > 5
        assert seen["unknown"] == 0
        for change in (change for each in followers for change in each.changes if change.cause in ("trade", "cancel")):
            assert change.orders_ahead is not None
            assert change.qty_ahead is not None
            assert change.orders_ahead <= 0
            assert change.qty_ahead < 0 or change.orders_ahead == 0


async def test_every_trade_explains_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a whole market are the ones that the attribution finds, each once, and no other order was filled."""
    async with playing(BTC) as (sim, kraken, watch):
        truth = Truth(sim, monkeypatch)
        attribution, told, events = Attribution(), list[Reduction](), list[Any]()
        kraken.on(Level3Update, events.append)
        kraken.on(Trade, events.append)
        await kraken.subscribe(trade(BTC))
        btc = await kraken.subscribe(level3(BTC, depth=100))
        await trade_on(sim, watch, btc.book, 1000)
        await watch.until(lambda: len(watch.of(Trade)) == len(sim.trades(BTC)) - len(_before(sim, watch)))
        for event in events:
            told += attribution.feed(event)
        told += attribution.tick(kraken.clock.epoch_ns() + 10**10)
        fills = [each for each in told if each.cause == "trade"]
        assert len(fills) == len(watch.of(Trade)) > 50
        numbers = [each.trade_id for each in fills if each.trade_id is not None]
        assert len(set(numbers)) == len(numbers)
        gone = {each.order_id for each in fills if each.gone}
        assert truth.filled <= gone | {each.order_id for each in fills}
        assert not {each.order_id for each in told if each.cause == "cancel"} & truth.filled


def _before(sim: Simulator, watch: Watch) -> list[Any]:
    """The trades that happened before anybody came."""
    first = min((event.trade_id for event in watch.of(Trade)), default=0)
    return [each for each in sim.trades(BTC) if each.trade_id < first]


async def test_without_trades() -> None:
    """What the messages leave open is unknown, and told at once."""
    async with playing(BTC) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3(BTC))
        followers = [Follower(btc, order.order_id) for side in ("bid", "ask") for order in btc.book.orders(side, 0)]
        await trade_on(sim, watch, btc.book, 300, every=0.0)
        ends = {each.causes[-1] for each in followers if each.task.done()}
        assert "unknown" in ends
        assert ends <= {"unknown", "canceled", "depth"}


async def test_trades_that_are_lost() -> None:
    """While they are not whole, nothing is taken for a cancel because no trade came."""
    async with playing(BTC) as (sim, kraken, watch):
        await kraken.subscribe(trade(BTC))
        btc = await kraken.subscribe(level3(BTC))
        await pause(sim, 3)
        followers = [Follower(btc, order.order_id) for side in ("bid", "ask") for order in btc.book.orders(side, 0)]
        kraken._hub.state_of = lambda _topic: "lost"  # type: ignore[method-assign]
        sim.inject("stall", channel="trade", role="public", seconds=600)
        await trade_on(sim, watch, btc.book, 300)
        await pause(sim, 3)
        ends = {each.causes[-1] for each in followers if each.task.done()}
        assert "unknown" in ends
        assert ends <= {"unknown", "canceled"}
        # Whatever is told as canceled, a message has proven: the order was not the first of the best price.
        proven = {
            change.order_id
            for update in watch.of(Level3Update)
            for change in update.changes
            if change.reason == "cancel"
        }
        assert {each.order_id for each in followers if each.causes[-1:] == ["canceled"]} <= proven


@pytest.mark.parametrize("stays", [True, False])
async def test_a_book_that_is_lost(stays: bool) -> None:
    """After the fresh snapshot the order has its new place, or it is gone: nobody knows why."""
    async with playing(BTC, on_desync="report") as (sim, kraken, watch):
        btc = await kraken.subscribe(level3(BTC, depth=100))
        orders = [order for level in range(3) for order in btc.book.orders("bid", level)]
        followers = [Follower(btc, order.order_id) for order in orders]
        await asyncio.sleep(0)
        injection = sim.inject("corrupt", BTC, role="level3")
        while injection.remaining or not watch.of(Desync):
            sim.step(1, BTC)
            await asyncio.sleep(0)
        before = [len(each.changes) for each in followers]
        sim.step(400, BTC)
        await btc.resync()
        await watch.until(lambda: watch.of(Resync))
        await agree(sim, watch, btc.book)
        await asyncio.sleep(0)
        seen = 0
        for each, count in zip(followers, before, strict=True):
            true = position(sim, each.order_id, 100)
            told = each.changes[count:]
            if (true is not None) is stays and told:
                seen += 1
                assert told[0].cause == "resync"
                assert told[0].after == btc.book.queue_position(each.order_id)
                assert (told[0].orders_ahead, told[0].qty_ahead) == (None, None)
                assert each.task.done() is not stays
        assert seen or stays


async def test_an_order_that_comes_later() -> None:
    """It can be followed before it is there."""
    async with playing(BTC) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3(BTC, depth=1000))
        sim.step(1, BTC)
        await agree(sim, watch, btc.book)
        # The numbers behind the ids rise by one, so the next ones are known.
        listing = sim._kraken.exchange.listing(BTC, sim.clock.epoch_ns())
        newest = max(listing.market.orders) if hasattr(listing.market, "orders") else 0
        followers = [Follower(btc, listing.order_id(newest + number)) for number in range(1, 40)]
        await trade_on(sim, watch, btc.book, 60)
        placed = [each for each in followers if each.changes]
        assert placed
        for each in placed:
            first = each.changes[0]
            assert (first.cause, first.before.exactness) == ("placed", "unknown")
            assert first.price is not None


async def test_beyond_the_depth() -> None:
    """An order that is pushed out may come back; that it has left meanwhile is known once its level is seen."""
    async with playing(BTC) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3(BTC))
        followers = [
            Follower(btc, order.order_id)
            for side in ("bid", "ask")
            for level in range(6, 10)
            for order in btc.book.orders(side, level)
        ]
        await trade_on(sim, watch, btc.book, 600)
        causes = Counter(cause for each in followers for cause in each.causes)
        assert causes["depth"] >= 2
        back = [
            one
            for each in followers
            for one in each.changes
            if one.cause == "depth" and one.after.orders_ahead is not None
        ]
        assert back
        for each in followers:
            held = btc.book.queue_position(each.order_id).orders_ahead is not None
            assert not (held and each.task.done())


async def test_the_end_of_the_subscription() -> None:
    """It ends the following, too; what is asked afterwards ends at once."""
    async with playing(BTC) as (_, kraken, _):
        btc = await kraken.subscribe(level3(BTC))
        (order, *_) = btc.book.orders("bid", 0)
        follower = Follower(btc, order.order_id)
        await asyncio.sleep(0)
        await btc.unsubscribe()
        await asyncio.wait_for(follower.task, 20)
        assert [change async for change in btc.track(order.order_id)] == []
        again = await kraken.subscribe(level3(BTC))
        lost = Follower(again, order.order_id)
        kraken._crash(RuntimeError("a handler failed"))
        with pytest.raises(Disconnected):
            await asyncio.wait_for(lost.task, 20)
        kraken._failure = None
        kraken._retract_cancel()


async def test_what_still_waits_at_the_end() -> None:
    """Is told without its cause."""
    async with playing(BTC) as (sim, kraken, watch):
        await kraken.subscribe(trade(BTC))
        btc = await kraken.subscribe(level3(BTC))
        sim.inject("stall", channel="trade", role="public", seconds=600)
        followers = [Follower(btc, order.order_id) for side in ("bid", "ask") for order in btc.book.orders(side, 0)]
        while not btc._tracking or not btc._tracking._attribution.pending:
            await trade_on(sim, watch, btc.book, 10, every=0.0)
        await trade_on(sim, watch, btc.book, 100, every=0.0)
        await btc.unsubscribe()
        for each in followers:
            await asyncio.wait_for(each.task, 20)
        assert "unknown" in {each.causes[-1] for each in followers if each.causes}


async def test_a_reader_that_falls_behind() -> None:
    """It gets what was kept, and then learns that it has missed something."""
    async with playing(BTC, queue=2) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3(BTC, depth=100))
        iterations = [btc.track(order.order_id) for level in range(5) for order in btc.book.orders("bid", level)]
        await trade_on(sim, watch, btc.book, 300)
        overflown = [each for each in iterations if each.dropped]
        assert overflown
        assert [(await anext(overflown[0])).symbol for _ in range(2)] == [BTC, BTC]
        with pytest.raises(SlowConsumer):
            await anext(overflown[0])


async def test_nothing_is_left_behind() -> None:
    """When nobody follows an order any more, nothing is fed, and no timer runs."""
    async with playing(BTC) as (sim, kraken, watch):
        await kraken.subscribe(trade(BTC))
        btc = await kraken.subscribe(level3(BTC))
        iteration = btc.track(btc.book.orders("bid", 0)[0].order_id)
        assert btc._tracking is not None
        assert kraken._hub._followers
        await trade_on(sim, watch, btc.book, 50)
        await iteration.aclose()
        assert not kraken._hub._followers
        assert btc._tracking._timer is None
        assert btc._tracking._orders == []
