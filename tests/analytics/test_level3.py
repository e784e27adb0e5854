"""Metrics over the engine's own level-3 messages: what they keep is what the book holds, message by message."""

from collections.abc import Callable
from typing import Any

from analytics.records import SYMBOL
from havklo import Client, Credentials, Simulator
from havklo.analytics import (
    Attribution,
    MultiLevelOrderFlowImbalance,
    OrderActivity,
    OrderLifetimes,
    QueueDepletion,
    replay,
)
from havklo.channels import level3, trade
from havklo.events import Desync, Level3Update, Trade
from havklo.testing import ManualClock, pass_time


async def watch(seconds: float, depth: int, handle: Callable[[Any, Client], object]) -> list[Any]:
    """Follow a simulated level-3 book that loses messages halfway; gives all events, and lets one look at each."""
    events: list[Any] = []

    async with Simulator(seed=7, symbols=[SYMBOL], rate=100, clock=ManualClock(), accounts=["me"]) as exchange:
        account = exchange.accounts["me"]
        async with Client(exchange, credentials=Credentials(account.key, account.secret)) as kraken:

            def take(event: Any) -> None:
                events.append(event)
                handle(event, kraken)

            for kind in (Level3Update, Trade, Desync):
                kraken.on(kind, take)
            await kraken.subscribe(level3(SYMBOL, depth=depth))
            await kraken.subscribe(trade(SYMBOL))
            await pass_time(exchange, seconds / 2)
            exchange.inject("drop", SYMBOL, 2, channel="level3")
            await pass_time(exchange, seconds / 2)
    return events


async def test_what_is_kept_is_what_the_book_holds() -> None:
    """The orders in view are the book's and the levels are its levels, also after a loss, at a depth that is full."""
    lives, levels = OrderLifetimes(SYMBOL), MultiLevelOrderFlowImbalance(SYMBOL, levels=10)
    checked: list[bool] = []

    def check(event: Any, kraken: Client) -> None:
        lives.feed(event)
        levels.feed(event)
        if not isinstance(event, Level3Update):
            return
        book = kraken.level3[SYMBOL]
        held = {order.order_id for side in ("bid", "ask") for order in book.orders(side)}
        assert set(lives._lives._lives) == held
        assert list(levels._ladder.bids(10)) == [tuple(level) for level in book.bids(10)]
        assert list(levels._ladder.asks(10)) == [tuple(level) for level in book.asks(10)]
        checked.append(True)

    events = await watch(8, 10, check)
    assert len(checked) > 300
    assert any(isinstance(event, Desync) for event in events)


async def test_trades_lie_between_the_bounds() -> None:
    """What trades took of the book is between the least and the most that its messages allow, window by window.

    In the simulator a trade and what it does to the book have one time.
    """
    events = await watch(8, 100, lambda _event, _kraken: None)
    activity = list(replay(events, OrderActivity(SYMBOL, window=1)))
    assert sum(row.whole for row in activity) >= 4
    for row in activity:
        if row.whole:
            assert row.fills.qty <= row.trades.qty <= row.fills.qty + row.unknown.qty
            assert row.fills.count <= row.trades.count <= row.fills.count + row.unknown.count
    depletion = list(replay(events, QueueDepletion(SYMBOL, window=1)))
    assert [row.whole for row in depletion[:3]] == [False, True, True]
    settled = list(replay(events, QueueDepletion(SYMBOL, window=1, attribution=Attribution())))
    assert len(settled) >= 4
    for open_, closed in zip(depletion, settled, strict=False):
        assert (open_.start_ns, open_.bid.came) == (closed.start_ns, closed.bid.came)
        for name in ("bid", "ask"):
            before, after = getattr(open_, name), getattr(closed, name)
            if before.traded_share[0] >= 0:  # something left
                assert before.traded_share[0] <= after.traded_share[0] <= after.traded_share[1]
                assert after.traded_share[1] <= before.traded_share[1] + 1e-12
    fates = [row.fate for row in replay(events, OrderLifetimes(SYMBOL, attribution=Attribution()))]
    assert {"filled", "canceled", "amended"} <= set(fates)
