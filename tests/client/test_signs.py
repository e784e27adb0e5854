"""What a client tells beside the data: spreads, heartbeats, Kraken's own state, and silences that are not normal."""

from decimal import Decimal
from typing import Any

import pytest

from havklo import BookState, BookUpdate, Client, Simulator
from havklo.channels import book, ohlc, ticker, trade
from havklo.events import HealthChanged, Heartbeat, Malformed, Resync, Silent, Spread, Status
from havklo.testing import ManualClock, pass_time


async def test_a_spread_is_a_change(venue: Any, exchange: Any, seen: Any) -> None:
    """A spread is told when the best bid or ask changes in price or quantity, and only then."""
    async with Client(venue) as kraken:
        told = seen(kraken, Spread)
        await kraken.subscribe(book("BTC/USD"))
        assert told == [
            Spread(
                symbol="BTC/USD",
                bid=Decimal("100.0"),
                bid_qty=Decimal("1.00000000"),
                ask=Decimal("101.0"),
                ask_qty=Decimal("2.00000000"),
                timestamp="2026-11-22T10:00:00.000000Z",
                recv_ns=venue.clock.epoch_ns(),
            )
        ]
        exchange.trade("BTC/USD")
        assert [str(event.bid_qty) for event in told] == ["1.00000000", "2.00000000"]
        market = exchange.market("BTC/USD")
        market.bids[4] = ("96.0", "9.00000000")  # deep in the book
        exchange.wire.deliver(market.change(bids=market.bids[4:5]))
        assert len(told) == 2
        market.asks[0] = ("101.0", "0.50000000")
        exchange.wire.deliver(market.change(asks=market.asks[:1]))
        assert str(told[-1].ask_qty) == "0.50000000"
        assert len(told) == 3


async def test_spreads_come_from_the_deepest_book(venue: Any, exchange: Any, seen: Any) -> None:
    """Of several depths of a symbol the deepest one speaks, so that no change is told twice."""
    async with Client(venue) as kraken:
        told = seen(kraken, Spread)
        await kraken.subscribe(book("BTC/USD"))
        deep = await kraken.subscribe(book("BTC/USD", depth=25))
        shallow_wire, deep_wire = venue.connections
        update = exchange.market("BTC/USD").update()
        shallow_wire.deliver(update)
        assert len(told) == 1
        deep_wire.deliver(update)
        assert len(told) == 2
        await deep.unsubscribe()
        shallow_wire.deliver(exchange.market("BTC/USD").update())
        assert len(told) == 3


async def test_spreads_in_the_stream(venue: Any, exchange: Any) -> None:
    """The client's own stream has them too, each right after the update that made it."""
    async with Client(venue) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        everything = aiter(kraken)
        exchange.trade("BTC/USD", times=2)
        assert [type(event) for event in everything.take(9)] == [BookUpdate, Spread] * 2


async def test_who_is_gone_is_told_nothing(venue: Any, exchange: Any, seen: Any) -> None:
    """A handler of spreads that was taken back is not called."""
    async with Client(venue) as kraken:
        told: list[Spread] = []
        kraken.on(Spread, told.append)
        await kraken.subscribe(book("BTC/USD"))
        kraken.off(Spread, told.append)
        exchange.trade("BTC/USD")
        assert len(told) == 1
        assert seen(kraken, HealthChanged) == []


async def test_heartbeats(venue: Any, exchange: Any, seen: Any) -> None:
    """Each heartbeat is an event, with the connection it came over."""
    async with Client(venue, topics_per_connection=1) as kraken:
        told = seen(kraken, Heartbeat)
        await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        exchange.beat()
        now = venue.clock.epoch_ns()
        assert told == [Heartbeat(connection=0, recv_ns=now), Heartbeat(connection=1, recv_ns=now)]


async def test_what_kraken_says_about_itself(venue: Any, exchange: Any, seen: Any) -> None:
    """The status is passed on as it is: announcements, an emergency, and words that are new."""
    async with Client(venue) as kraken:
        told = seen(kraken, Status)
        await kraken.subscribe(book("BTC/USD"))
        exchange.wire.deliver(
            b'{"channel":"status","type":"update","data":[{"version":"2.1.0","system":"sleeping","api_version":"v2",'
            b'"connection_id":18125794168470749634,"brand_new":[1],"upcoming_maintenance":[{"event_id":7,"title":"T",'
            b'"phase":"brand_new_phase","affected_services":["spot_ws"],"time_to_start_s":60}],'
            b'"emergency":[{"title":"fire","recommended_action":"disconnect_and_wait"}]}]}'
        )
        (status,) = told
        assert (status.system, status.connection_id) == ("sleeping", 18125794168470749634)
        assert [(each.event_id, each.phase) for each in status.upcoming_maintenance] == [(7, "brand_new_phase")]
        assert [(each.title, each.recommended_action) for each in status.emergency] == [("fire", "disconnect_and_wait")]


async def test_a_book_that_falls_silent(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A lively book that is silent on a lively connection is subscribed anew: its subscription may be forgotten."""
    async with Client(venue) as kraken:
        told = seen(kraken, Silent, Resync)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        for number in range(400):
            exchange.trade("BTC/USD", "ETH/USD") if number < 200 else exchange.trade("ETH/USD")
            venue.clock.advance(0.1)
            await turn(2)
        await turn()
        assert [type(event) for event in told] == [Silent, Resync]
        silent, resync = told
        assert (silent.symbol, silent.channel) == ("BTC/USD", "book")
        assert 15_000_000_000 <= silent.silent_ns <= 20_100_000_000
        assert (resync.symbol, resync.reason) == ("BTC/USD", "silent")
        assert many.books["BTC/USD"].state is BookState.LIVE
        assert exchange.asked("subscribe") == [["BTC/USD", "ETH/USD"], ["BTC/USD"]]


async def test_other_channels_fall_silent_too(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """Trades that stop while all else goes on are looked into, and what was missed is had."""
    async with Client(venue) as kraken:
        told = seen(kraken, Silent, Resync)
        await kraken.subscribe(trade("BTC/USD"))
        for number in range(400):
            exchange.print("BTC/USD", lost=number >= 200)
            exchange.beat()
            venue.clock.advance(0.1)
            await turn(2)
        await turn()
        assert [(type(event), event.channel) for event in told] == [(Silent, "trade"), (Resync, "trade")]
        assert kraken.statistics().repaired == 50


async def test_a_quiet_pair_is_not_silent(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A pair that was always quiet is asked only now and then, and ever more rarely."""
    async with Client(venue) as kraken:
        told = seen(kraken, Silent)
        await kraken.subscribe(book("BTC/USD"))
        for _ in range(1_800):
            venue.clock.advance(1)
            exchange.beat()
            await turn(2)
        assert 1 <= len(told) <= 4
        assert min(event.silent_ns for event in told) >= 120_000_000_000


@pytest.mark.parametrize("channel", [ticker("BTC/USD"), trade("BTC/USD"), ohlc("BTC/USD")])
async def test_rows_that_can_not_be_read(venue: Any, exchange: Any, seen: Any, turn: Any, channel: Any) -> None:
    """A message of a known channel with unknown data is told, and its channel alone is subscribed anew."""
    exchange.market("BTC/USD").candle(0)
    async with Client(venue) as kraken:
        told = seen(kraken, Malformed, Resync)
        btc = await kraken.subscribe(book("BTC/USD"))
        await kraken.subscribe(channel)
        exchange.wire.deliver(f'{{"channel":"{channel.name}","type":"update","data":[{{"symbol":7}}]}}'.encode())
        assert btc.book.state is BookState.LIVE
        await turn()
        assert [type(event) for event in told] == [Malformed, Resync]
        assert told[0].detail.startswith(f"a message of {channel.name}: ")
        assert (told[1].channel, told[1].reason) == (channel.name, "malformed")
        assert exchange.asked("subscribe") == [["BTC/USD"]]


async def test_the_simulated_kraken_falls_silent() -> None:
    """A frozen symbol is found on real sockets, while the connection's heartbeats go on."""
    async with Client(sim := Simulator(["BTC/USD", "ETH/USD"], rate=40, clock=ManualClock())) as kraken:
        told: list[Silent | Resync] = []
        kraken.on(Silent, told.append)
        kraken.on(Resync, told.append)
        await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        await pass_time(sim, 20)
        sim.inject("stall", "BTC/USD", channel="book", seconds=40)
        await pass_time(sim, 40)
        assert told[0].symbol == "BTC/USD"
        assert isinstance(told[0], Silent)
        await pass_time(sim, 30)
        assert kraken.books["BTC/USD"].state is BookState.LIVE
        assert {event.symbol for event in told} == {"BTC/USD"}
