"""Waiting for one thing: a condition, the next event, or the readers at the end."""

import asyncio
from typing import Any

import pytest

from havklo import BookNotLive, Client, ConfigurationError, Disconnected, SubscriptionError
from havklo.channels import book, trade
from havklo.errors import WaitTimeout


class Boom(Exception):
    """What a predicate raises."""


@pytest.mark.usefixtures("exchange")
async def test_true_at_once(venue: Any) -> None:
    """A condition that holds is not waited for."""
    async with Client(venue) as kraken:
        await kraken.wait_until(lambda: True)
        await kraken.subscribe(book("BTC/USD"))
        await kraken.wait_until(lambda: kraken.books["BTC/USD"].best_bid)


async def test_true_later(venue: Any, exchange: Any, turn: Any) -> None:
    """A condition is asked after every event, and the wait ends with the one that makes it true."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        asked: list[str] = []

        def is_four() -> bool:
            asked.append(str(btc.book.best_bid.qty))
            return asked[-1] == "4.00000000"

        waiting = asyncio.create_task(kraken.wait_until(is_four, timeout=60))
        await turn()
        exchange.trade("BTC/USD", times=2)
        await turn()
        assert not waiting.done()
        exchange.trade("BTC/USD", times=5)
        await waiting
        assert asked == ["1.00000000", "2.00000000", "3.00000000", "4.00000000"]
        assert kraken._hub.handlers._watchers == ()


async def test_true_by_another_event(venue: Any, exchange: Any, turn: Any) -> None:
    """Events of all kinds count, trades and heartbeats included."""
    async with Client(venue) as kraken:
        await kraken.subscribe(trade("BTC/USD"))
        waiting = asyncio.create_task(kraken.wait_until(lambda: kraken.statistics().rows >= 3))
        await turn()
        exchange.print("BTC/USD", 2)
        await waiting


async def test_never_true(venue: Any, exchange: Any, turn: Any) -> None:
    """What does not come true in time is an error that says for how long it was waited for."""
    async with Client(venue) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        waiting = asyncio.create_task(kraken.wait_until(lambda: False, timeout=2.5))
        await turn()
        venue.clock.advance(2.4)
        exchange.trade("BTC/USD")
        await turn()
        assert not waiting.done()
        venue.clock.advance(0.1)
        with pytest.raises(WaitTimeout, match=r"has not come within 2\.5 s") as caught:
            await waiting
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.seconds == 2.5
        assert kraken._hub.handlers._watchers == ()


async def test_a_book_that_is_not_live_is_no_yes(venue: Any, exchange: Any, turn: Any) -> None:
    """A condition about a book that is not live does not hold; it is asked again."""
    async with Client(venue, on_desync="report") as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.desync("BTC/USD")
        with pytest.raises(BookNotLive):
            _ = btc.book.best_bid
        waiting = asyncio.create_task(kraken.wait_until(lambda: btc.book.best_bid.qty > 0))
        await turn()
        assert not waiting.done()
        await btc.resync()
        await waiting


@pytest.mark.usefixtures("exchange")
async def test_a_condition_that_raises_at_once(venue: Any) -> None:
    """Any other exception of a condition ends the wait, and nothing else."""

    def explode() -> bool:
        raise Boom

    async with Client(venue) as kraken:
        with pytest.raises(Boom):
            await kraken.wait_until(explode)
        assert kraken._hub.handlers._watchers == ()


async def test_a_condition_that_raises_later(venue: Any, exchange: Any, turn: Any) -> None:
    """The same holds when an event brings it, and the client goes on."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))

        def explode() -> bool:
            if btc.book.best_bid.qty > 1:
                raise Boom
            return False

        waiting = asyncio.create_task(kraken.wait_until(explode))
        await turn()
        exchange.trade("BTC/USD", times=3)
        with pytest.raises(Boom):
            await waiting
        assert btc.book.statistics().verified == 4


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
@pytest.mark.usefixtures("exchange")
async def test_a_limit_that_can_not_be_meant(venue: Any, seconds: float) -> None:
    """A timeout is above 0."""
    async with Client(venue) as kraken:
        with pytest.raises(ConfigurationError, match="a positive number of seconds"):
            await kraken.wait_until(lambda: False, timeout=seconds)


async def test_the_client_ends(venue: Any, exchange: Any, turn: Any) -> None:
    """Whoever still waits when the client ends learns of it."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        waiting = [
            asyncio.create_task(kraken.wait_until(lambda: False)),
            asyncio.create_task(btc.next()),
        ]
        await turn()
    for each in waiting:
        with pytest.raises(Disconnected):
            await each
    with pytest.raises(Disconnected, match="closed"):
        await kraken.wait_until(lambda: True)
    with pytest.raises(Disconnected, match="has ended"):
        await btc.next()
    assert exchange.wire.open is False


async def test_the_next_event(venue: Any, exchange: Any, turn: Any) -> None:
    """`next` waits for one event from now on, for as many as want it, and leaves nothing behind."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        updates = aiter(btc)
        one, two = asyncio.create_task(btc.next()), asyncio.create_task(btc.next(timeout=3))
        await turn()
        exchange.trade("BTC/USD", times=2)
        assert str((await one).best_bid.qty) == str((await two).best_bid.qty) == "2.00000000"
        assert len(updates.take(9)) == 3
        late = asyncio.create_task(btc.next(timeout=3))
        await turn()
        venue.clock.advance(2)
        exchange.beat()
        venue.clock.advance(1)
        with pytest.raises(WaitTimeout, match="an event of book has not come within 3 s"):
            await late
        (connection,) = kraken._hub.connections
        assert len(connection.routes["BTC/USD"]) == 1


async def test_next_of_what_ends(venue: Any, exchange: Any, turn: Any) -> None:
    """A wait for the next event ends with its subscription: with the reason, if there is one."""
    async with Client(venue) as kraken:
        btc, eth = await kraken.subscribe(book("BTC/USD")), await kraken.subscribe(trade("ETH/USD"))
        waiting = [asyncio.create_task(btc.next()), asyncio.create_task(eth.next())]
        await turn()
        await btc.unsubscribe()
        with pytest.raises(Disconnected, match="the subscription has ended"):
            await waiting[0]
        exchange.refused["ETH/USD"] = "Currency pair not supported ETH/USD"
        exchange.wire.end()
        with pytest.raises(SubscriptionError, match="not supported ETH/USD"):
            await waiting[1]


async def test_a_wait_may_be_cancelled(venue: Any, exchange: Any, turn: Any) -> None:
    """A cancelled wait leaves nothing behind."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        btc.__aiter__().close()
        tasks = [asyncio.create_task(kraken.wait_until(lambda: False, timeout=9)), asyncio.create_task(btc.next())]
        await turn()
        for task in tasks:
            task.cancel()
        assert [type(each) for each in await asyncio.gather(*tasks, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 2
        (connection,) = kraken._hub.connections
        assert connection.routes == {}
        assert kraken._hub.handlers._watchers == ()
        exchange.trade("BTC/USD")


async def test_drain(venue: Any, exchange: Any, turn: Any) -> None:
    """Nothing new is taken in, and readers read what they have; then the end."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        prints = await kraken.subscribe(trade("BTC/USD"))
        updates, trades, everything = aiter(btc), aiter(prints), aiter(kraken)
        exchange.trade("BTC/USD", times=3)
        exchange.print("BTC/USD", 2)
        waiting = kraken.statistics().pending
        assert waiting == 4 + 2 + 8
        draining = asyncio.create_task(kraken.drain(timeout=5))
        await turn()
        assert exchange.wire.goodbye == (1000, "")
        assert not draining.done()
        assert len([update async for update in updates]) == 4
        assert [event.trade_id async for event in trades] == [1, 2]
        assert len([event async for event in everything]) == 8
        venue.clock.advance(0.1)
        assert await draining == 0
        with pytest.raises(Disconnected):
            await kraken.subscribe(book("ETH/USD"))
        with pytest.raises(Disconnected):
            await kraken.drain()


async def test_drain_does_not_wait_for_ever(venue: Any, exchange: Any, turn: Any) -> None:
    """Who does not read in time is not waited for; how much was left is said, and can still be read."""
    async with Client(venue) as kraken:
        prints = await kraken.subscribe(trade("BTC/USD"))
        trades = aiter(prints)
        exchange.print("BTC/USD", 7)
        draining = asyncio.create_task(kraken.drain(timeout=2))
        for _ in range(25):
            await turn()
            venue.clock.advance(0.1)
        assert await draining == 7
        assert (await anext(trades)).trade_id == 1
    assert [event.trade_id async for event in trades] == [2, 3, 4, 5, 6, 7]


async def test_drain_for_no_time(venue: Any, exchange: Any) -> None:
    """With no time to wait, drain only says what is left."""
    async with Client(venue) as kraken:
        trades = aiter(await kraken.subscribe(trade("BTC/USD")))
        exchange.print("BTC/USD", 3)
        assert await kraken.drain(timeout=0) == 3
        assert len([event async for event in trades]) == 3


async def test_drain_while_others_wait(venue: Any, exchange: Any, turn: Any) -> None:
    """A subscribe under way, a wait and a reader without events learn of the end at once."""
    exchange.withheld.add("ETH/USD")
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        tasks = [
            asyncio.create_task(kraken.subscribe(book("ETH/USD"))),
            asyncio.create_task(kraken.wait_until(lambda: False)),
            asyncio.create_task(btc.next()),
        ]
        await turn()
        assert await kraken.drain() == 0
        for task in tasks:
            with pytest.raises(Disconnected):
                await task
