"""The ticker and the candles: exact digits, conflation where it does no harm, and nothing else."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from havklo import Client, Simulator, SlowConsumer, SubscriptionError
from havklo.channels import ohlc, ticker
from havklo.events import Candle, Malformed, Resync, Ticker
from havklo.testing import ManualClock, pass_time


async def take(iteration: Any, count: int) -> list[Any]:
    """The next events of an iteration."""
    return [await anext(iteration) for _ in range(count)]


async def test_exact_digits(venue: Any, exchange: Any) -> None:
    """Every number is the Decimal of the digits that were sent: no float comes near."""
    async with Client(venue) as kraken:
        btc = aiter(await kraken.subscribe(ticker("BTC/USD")))
        exchange.tell(
            "ticker",
            "BTC/USD",
            exchange.market("BTC/USD").ticker(
                bid="0.1234567890123456789",
                volume="1e-08",
                change_pct="-0.10",
                trades="48230",
                timestamp='"2026-11-22T10:00:00.000001Z"',
            ),
        )
        first, second = await take(btc, 2)
        assert (first.type, first.trades, first.timestamp) == ("snapshot", None, None)
        assert (str(first.bid), str(first.bid_qty), str(first.change)) == ("100.10", "1.00000000", "-1.50")
        assert second.type == "update"
        assert second.bid == Decimal("0.1234567890123456789")
        assert (str(second.change_pct), second.volume) == ("-0.10", Decimal("0.00000001"))
        assert (second.trades, second.timestamp) == (48230, "2026-11-22T10:00:00.000001Z")
        assert second.recv_ns == venue.clock.epoch_ns()


@pytest.mark.parametrize("trigger", ["trades", "bbo"])
async def test_what_makes_it_speak(venue: Any, exchange: Any, trigger: Any) -> None:
    """The trigger is Kraken's to act upon, and is asked for by its name."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(ticker("BTC/USD", event_trigger=trigger))
        await btc.unsubscribe()
        asked = [request["params"]["event_trigger"] for request in exchange.requests if "params" in request]
        assert asked == [trigger, trigger]


async def test_both_triggers_at_once(venue: Any, exchange: Any) -> None:
    """A connection has one ticker per symbol, so the other trigger goes over another one."""
    async with Client(venue) as kraken:
        one = await kraken.subscribe(ticker("BTC/USD"))
        other = await kraken.subscribe(ticker("BTC/USD", event_trigger="bbo"))
        assert len(venue.connections) == 2
        reading, first = aiter(other), aiter(one)
        venue.connections[1].deliver(exchange.market("BTC/USD").ticker(bid="100.15"))
        assert [str(event.bid) for event in await take(reading, 2)] == ["100.10", "100.15"]
        assert len(first.take(9)) == 1


async def test_a_slow_reader_gets_the_latest(venue: Any, exchange: Any) -> None:
    """A ticker conflates per symbol, and says how much it stands for; handlers see everything."""
    async with Client(venue, queue=4) as kraken:
        handled: list[Ticker] = []
        kraken.on(Ticker, handled.append)
        both = await kraken.subscribe(ticker("BTC/USD", "ETH/USD"))
        tickers = aiter(both)
        for number in range(10):
            exchange.tell("ticker", "BTC/USD", exchange.market("BTC/USD").ticker(last=f"100.1{number}"))
        told = {event.symbol: event for event in await take(tickers, 2)}
        assert (str(told["BTC/USD"].last), told["BTC/USD"].conflated) == ("100.19", 10)
        assert (told["ETH/USD"].type, told["ETH/USD"].conflated) == ("snapshot", 0)
        assert both.dropped == 10
        assert [event.conflated for event in handled] == [0] * 12
        exchange.tell("ticker", "BTC/USD", exchange.market("BTC/USD").ticker(last="100.20"))
        assert (await anext(tickers)).conflated == 0


async def test_a_ticker_is_restored(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """After a disconnect, and after a message that could not be read, a fresh snapshot comes."""
    async with Client(venue) as kraken:
        told = seen(kraken, Ticker, Malformed, Resync)
        await kraken.subscribe(ticker("BTC/USD"))
        exchange.wire.end()
        await turn()
        exchange.tell("ticker", "BTC/USD", exchange.market("BTC/USD").ticker(bid='"cheap"'))
        venue.clock.advance(0.6)
        await turn()
        assert [type(event) for event in told] == [Ticker, Ticker, Resync, Malformed, Ticker, Resync]
        assert [event.reason for event in told if isinstance(event, Resync)] == ["disconnected", "malformed"]
        assert {event.channel for event in told if isinstance(event, Resync)} == {"ticker"}


async def test_candles(venue: Any, exchange: Any) -> None:
    """The finished candles come first, oldest first; then the latest one comes again with each change."""
    market = exchange.market("BTC/USD")
    for minute in range(3):
        market.candle(minute, interval=5)
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(ohlc("BTC/USD", interval=5))
        assert exchange.requests[0]["params"]["interval"] == 5
        assert repr(btc) == "<Subscription ohlc BTC/USD of 5 min>"
        exchange.tell("ohlc", "BTC/USD", market.candle(2, interval=5, trades=6))
        candles = await take(aiter(btc), 4)
        assert [candle.interval_begin[14:16] for candle in candles] == ["00", "01", "02", "02"]
        assert [candle.type for candle in candles] == ["snapshot"] * 3 + ["update"]
        assert candles[-1] == Candle(
            symbol="BTC/USD",
            open=Decimal("100.0"),
            high=Decimal("101.0"),
            low=Decimal("99.0"),
            close=Decimal("100.6"),
            vwap=Decimal("100.1"),
            trades=6,
            volume=Decimal("12.50000000"),
            interval_begin="2026-11-01T00:02:00.000000000Z",
            interval=5,
            timestamp="2026-11-01T00:02:00.000000000Z",
            recv_ns=venue.clock.epoch_ns(),
        )
        assert str(candles[-1].volume) == "12.50000000"


async def test_a_snapshot_of_720_is_no_overflow(venue: Any, exchange: Any) -> None:
    """A snapshot has its place beside the queue, however short that is, for several symbols too."""
    for symbol in ("BTC/USD", "ETH/USD"):
        for minute in range(720):
            exchange.market(symbol).candle(minute)
    async with Client(venue, queue=4) as kraken:
        both = await kraken.subscribe(ohlc("BTC/USD", "ETH/USD"))
        late = await kraken.subscribe(ohlc("BTC/USD"))
        candles = await take(aiter(both), 1440)
        assert {candle.type for candle in candles} == {"snapshot"}
        begins = [candle.interval_begin for candle in candles if candle.symbol == "ETH/USD"]
        assert begins == sorted(begins)
        assert len(begins) == 720
        assert [candle.interval_begin for candle in await take(aiter(late), 720)] == begins
        assert (both.dropped, late.dropped) == (0, 0)
        assert exchange.asked("subscribe", "ohlc") == [["BTC/USD", "ETH/USD"]]


async def test_snapshots_have_room_in_the_stream_of_everything(venue: Any, exchange: Any) -> None:
    """Snapshots that come at once do not overrun who reads everything, whether he came before or after."""
    for symbol in ("BTC/USD", "ETH/USD"):
        for minute in range(720):
            exchange.market(symbol).candle(minute)
    async with Client(venue, queue=8) as kraken:
        before = aiter(kraken)
        both = await kraken.subscribe(ohlc("BTC/USD", "ETH/USD"))
        after = aiter(kraken)
        assert len([event for event in before.take(9999) if isinstance(event, Candle)]) == 1440
        await both.resync()
        for _ in range(5):
            await asyncio.sleep(0)
        assert len([event for event in after.take(9999) if isinstance(event, Candle)]) == 1440


async def test_candles_are_never_conflated(venue: Any, exchange: Any) -> None:
    """Who falls behind gets what was kept, and then an error that counts."""
    exchange.market("BTC/USD").candle(0)
    async with Client(venue, queue=4) as kraken:
        candles = aiter(await kraken.subscribe(ohlc("BTC/USD")))
        for trades in range(730):
            exchange.tell("ohlc", "BTC/USD", exchange.market("BTC/USD").candle(1, trades=trades))
        assert len(await take(candles, 724)) == 724
        with pytest.raises(SlowConsumer, match="7 events were dropped"):
            await anext(candles)


async def test_several_intervals(venue: Any, exchange: Any) -> None:
    """Intervals of one symbol are subscriptions of their own, and may not meet on one connection."""
    exchange.market("BTC/USD").candle(0)
    exchange.market("BTC/USD").candle(0, interval=60)
    async with Client(venue) as kraken:
        minutes = await kraken.subscribe(ohlc("BTC/USD", interval=1))
        hours = await kraken.subscribe(ohlc("BTC/USD", interval=60))
        again = await kraken.subscribe(ohlc("BTC/USD", interval=60))
        assert len(venue.connections) == 2
        assert kraken.statistics().requests == 2
        await hours.unsubscribe()
        await minutes.unsubscribe()
        assert [len(reads) for reads in exchange.readers.values()] == [1, 1]
        await asyncio.sleep(0)
        assert again.symbols == ("BTC/USD",)


@pytest.mark.parametrize("channel", [ticker("BTC/USD", "FOO/BAR"), ohlc("BTC/USD", "FOO/BAR")])
async def test_a_refused_symbol(venue: Any, exchange: Any, channel: Any) -> None:
    """A refused symbol is an error beside those that are live."""
    exchange.refused["FOO/BAR"] = "Currency pair not supported FOO/BAR"
    exchange.market("BTC/USD").candle(0)
    async with Client(venue) as kraken:
        some = await kraken.subscribe(channel)
        assert some.symbols == ("BTC/USD",)
        assert isinstance(some.errors["FOO/BAR"], SubscriptionError)


async def test_what_is_new_is_carried_through(venue: Any, exchange: Any) -> None:
    """Fields that this version does not know do no harm, and words that it does not know are passed on."""
    async with Client(venue) as kraken:
        tickers = aiter(await kraken.subscribe(ticker("BTC/USD")))
        exchange.tell(
            "ticker", "BTC/USD", exchange.market("BTC/USD").ticker("revision", mood='"gloomy"', levels='[{"a":[1]}]')
        )
        assert [event.type for event in await take(tickers, 2)] == ["snapshot", "revision"]
        assert kraken.statistics().unknown == 0


@pytest.mark.parametrize("channel", [ticker("BTC/USD"), ticker("BTC/USD", event_trigger="bbo"), ohlc("BTC/USD")])
async def test_the_simulated_kraken(channel: Any) -> None:
    """Over real sockets: a snapshot, then updates."""
    async with Client(sim := Simulator(["BTC/USD"], rate=200, clock=ManualClock()), queue=9999) as kraken:
        await pass_time(sim, 90)
        told = aiter(await kraken.subscribe(channel))
        await pass_time(sim, 30)
        kinds = [event.type for event in told.take(9999)]
        assert kinds.count("snapshot") in {1, 2}
        assert kinds.count("update") > 5
