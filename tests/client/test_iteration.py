"""Iterating: over a subscription, which conflates, and over the client, which does not."""

import asyncio
import gc
from typing import Any

import pytest

from havklo import BookUpdate, Client, SlowConsumer
from havklo.channels import book
from havklo.events import Connected, Desync, Resync, Spread


async def take(iteration: Any, count: int) -> list[Any]:
    """The next events of an iteration."""
    return [await anext(iteration) for _ in range(count)]


async def test_updates_begin_with_the_snapshot(venue: Any, exchange: Any) -> None:
    """Nothing is missed between the snapshot that made the book live and the first iteration."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.trade("BTC/USD", times=3)
        updates = await take(aiter(btc), 4)
        assert [update.type for update in updates] == ["snapshot", "update", "update", "update"]
        assert [str(update.best_bid.qty) for update in updates[1:]] == [
            "2.00000000",
            "3.00000000",
            "4.00000000",
        ]
        assert [update.conflated for update in updates] == [0, 0, 0, 0]


async def test_an_update_shows_its_own_moment(venue: Any, exchange: Any) -> None:
    """An update carries the top of the book as of itself, however late it is read."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.trade("BTC/USD", times=2)
        first = (await take(aiter(btc), 2))[1]
        assert str(first.best_bid.qty) == "2.00000000"
        assert str(btc.book.best_bid.qty) == "3.00000000"
        assert [(change.side, str(change.qty)) for change in first.changes] == [("bid", "2.00000000")]


async def test_each_iteration_has_its_own_queue(venue: Any, exchange: Any) -> None:
    """Two readers of one subscription see the same updates; the second begins with the next one."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        first = aiter(btc)
        exchange.trade("BTC/USD")
        second = aiter(btc)
        exchange.trade("BTC/USD")
        assert [update.type for update in await take(first, 3)] == ["snapshot", "update", "update"]
        assert len(await take(second, 1)) == 1


async def test_waiting_for_the_next_update(venue: Any, exchange: Any, turn: Any) -> None:
    """A waiting reader is woken by the update; cancelling it loses nothing."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        updates = aiter(btc)
        await anext(updates)
        waiting = asyncio.ensure_future(anext(updates))
        await turn()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        waiting = asyncio.ensure_future(anext(updates))
        await turn()
        with pytest.raises(RuntimeError, match="another task is waiting"):
            await anext(updates)
        exchange.trade("BTC/USD")
        assert (await waiting).type == "update"


async def test_a_slow_reader_gets_conflated_updates(venue: Any, exchange: Any) -> None:
    """A reader that falls behind by a queue gets the latest, which counts what it stands for."""
    async with Client(venue, queue=4) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        updates = aiter(btc)
        exchange.trade("BTC/USD", times=10)
        (latest,) = await take(updates, 1)
        assert (latest.conflated, latest.changes) == (10, ())
        assert latest.best_bid == btc.book.best_bid
        assert btc.dropped == 10
        exchange.trade("BTC/USD")
        (following,) = await take(updates, 1)
        assert (following.conflated, len(following.changes)) == (0, 1)
        await updates.aclose()
        assert btc.dropped == 10
        assert kraken.statistics().dropped == 10


async def test_conflation_is_per_symbol(venue: Any, exchange: Any) -> None:
    """A busy symbol does not swallow the update of a quiet one."""
    async with Client(venue, queue=4) as kraken:
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        updates = aiter(many)
        exchange.trade("BTC/USD", times=10)
        told = {update.symbol: update for update in await take(updates, 2)}
        assert told["BTC/USD"].conflated == 10
        assert (told["ETH/USD"].conflated, told["ETH/USD"].type) == (0, "snapshot")
        exchange.trade("ETH/USD")
        assert [update.symbol for update in await take(updates, 1)] == ["ETH/USD"]


async def test_who_never_iterates_pays_nothing(venue: Any, exchange: Any) -> None:
    """Without an iteration updates are kept up to the bound, and then no more."""
    async with Client(venue, queue=4) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.trade("BTC/USD", times=10)
        (connection,) = kraken._hub.connections
        assert connection.routes == {}
        assert btc.dropped == 0
        updates = aiter(btc)
        exchange.trade("BTC/USD")
        assert (await take(updates, 1))[0].best_bid == btc.book.best_bid


@pytest.mark.usefixtures("exchange")
async def test_a_left_iteration_lets_go(venue: Any) -> None:
    """An iteration that was left with `break` does not collect updates."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        async for _ in btc:
            break
        gc.collect()
        (connection,) = kraken._hub.connections
        assert connection.routes == {}


async def test_the_end(venue: Any, exchange: Any) -> None:
    """Iterations end quietly when their subscription or their client does, after what was left to read."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        eth = await kraken.subscribe(book("ETH/USD"))
        updates, everything = aiter(btc), aiter(kraken)
        await btc.unsubscribe()
        assert [update.symbol async for update in updates] == ["BTC/USD"]
        assert [update async for update in btc] == []
        exchange.trade("ETH/USD")
        waiting = asyncio.ensure_future(anext(aiter(eth)))
        await anext(everything)
    assert (await waiting).type == "snapshot"
    assert [update async for update in eth] == []
    assert [type(event) async for event in everything] == [Spread]
    assert [event async for event in kraken] == []


async def test_everything_in_order(venue: Any, exchange: Any, turn: Any) -> None:
    """The client yields all events in the order of their arrival."""
    async with Client(venue) as kraken:
        events = aiter(kraken)
        await kraken.subscribe(book("BTC/USD"))
        exchange.trade("BTC/USD")
        exchange.desync("BTC/USD")
        await turn()
        exchange.trade("BTC/USD")
        kinds = [(type(event), getattr(event, "type", None)) for event in await take(events, 9)]
        assert kinds == [
            (Connected, None),
            (BookUpdate, "snapshot"),
            (Spread, None),
            (BookUpdate, "update"),
            (Spread, None),
            (Desync, None),
            (Resync, None),
            (BookUpdate, "snapshot"),
            (Spread, None),
        ]


async def test_a_slow_reader_of_everything(venue: Any, exchange: Any) -> None:
    """The client's own iteration loses nothing in silence: what was kept comes, then an error that counts."""
    async with Client(venue, queue=4) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        events = aiter(kraken)
        exchange.trade("BTC/USD", times=5)  # each is a book update and a change of the best bid
        assert events.dropped == 6
        assert len(await take(events, 4)) == 4
        with pytest.raises(SlowConsumer) as caught:
            await anext(events)
        assert (caught.value.dropped, caught.value.limit) == (6, 4)
        exchange.trade("BTC/USD")
        with pytest.raises(SlowConsumer, match="8 events were dropped"):
            await anext(events)
        assert kraken.statistics().dropped == 8
        del events
        gc.collect()
        assert kraken.statistics().dropped == 8


async def test_taking_without_waiting(venue: Any, exchange: Any) -> None:
    """What is there can be taken at once; an error is raised only when nothing comes before it."""
    async with Client(venue, queue=4) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        updates, events = aiter(btc), aiter(kraken)
        exchange.trade("BTC/USD", times=3)
        assert len(updates.take(2)) == 2
        assert len(updates.take(9)) == 2
        assert updates.take(9) == []
        exchange.trade("BTC/USD", times=3)
        assert len(events.take(9)) == 4
        with pytest.raises(SlowConsumer):
            events.take(9)
        assert aiter(events) is events
