"""The list of all pairs: kept up to date, and asked for what a name means."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from havklo import Client, ConfigurationError, Simulator, SubscribeTimeout, SubscriptionError, UnknownSymbol
from havklo.channels import book, instrument, ohlc, ticker, trade
from havklo.events import Instruments
from havklo.subscription import InstrumentSubscription


async def test_the_list(venue: Any, exchange: Any) -> None:
    """Once subscribed, all assets and pairs are there; numbers are exact, however they were written."""
    async with Client(venue) as kraken:
        assert len(kraken.instruments) == 0
        listed = await kraken.subscribe(instrument())
        assert isinstance(listed, InstrumentSubscription)
        assert (listed.symbols, listed.errors) == ((), {})
        assert repr(listed) == "<InstrumentSubscription instrument>"
        assert list(listed.pairs) == list(exchange.listed)
        assert listed.pairs is kraken.instruments
        pair = listed.pairs["xbtusd"]
        assert (pair.symbol, pair.status) == ("BTC/USD", "online")
        assert (pair.qty_increment, pair.cost_min) == (Decimal("1E-8"), Decimal("0.5"))
        assert listed.assets["BTC"].precision == 10
        (event,) = aiter(listed).take(9)
        assert isinstance(event, Instruments)
        assert (event.type, len(event.pairs), len(event.assets)) == ("snapshot", 5, 1)


async def test_a_status_changes(venue: Any, exchange: Any) -> None:
    """An update names what has changed; the list has it at its place, a word that is new included."""
    async with Client(venue) as kraken:
        told: list[Instruments] = []
        kraken.on(Instruments, told.append)
        listed = await kraken.subscribe(instrument())
        before = listed.pairs
        changed = exchange.listed["ETH/USD"] | {"status": "half_asleep", "brand_new": {"a": 1}}
        data = {"assets": [{"id": "NEW", "status": "enabled"}], "pairs": [changed]}
        exchange.tell("instrument", "", json.dumps({"channel": "instrument", "type": "update", "data": data}).encode())
        assert listed.pairs["ETH/USD"].status == "half_asleep"
        assert before["ETH/USD"].status == "online"
        assert list(listed.pairs) == list(before)
        assert set(listed.assets) == {"BTC", "NEW"}
        assert [event.type for event in told] == ["snapshot", "update"]
        assert [pair.symbol for pair in told[1].pairs] == ["ETH/USD"]


async def test_the_list_is_shared_and_restored(venue: Any, exchange: Any, turn: Any) -> None:
    """Two who want it share it, the second sees it as a snapshot; a lost connection brings a fresh one."""
    async with Client(venue) as kraken:
        await kraken.subscribe(instrument())
        second = aiter(await kraken.subscribe(instrument()))
        assert exchange.asked("subscribe", "instrument") == [[]]
        assert [event.type for event in second.take(9)] == ["snapshot"]
        exchange.listed["BTC/USD"]["status"] = "maintenance"
        exchange.wire.end()
        await turn()
        assert kraken.instruments["BTC/USD"].status == "maintenance"


@pytest.mark.parametrize("name", ["BTC/USD", "btc/usd", "xbt/usd", "XBTUSD", "XXBTZUSD", "btcusd", "BTC-USD"])
async def test_what_a_name_means(venue: Any, exchange: Any, name: str) -> None:
    """Every name of a pair gives its symbol; the list is fetched once, and given back."""
    async with Client(venue) as kraken:
        assert await kraken.resolve(name) == "BTC/USD"
        assert await kraken.resolve("ETHUSD") == "ETH/USD"
        assert exchange.asked("subscribe", "instrument") == [[]]
        assert exchange.asked("unsubscribe", "instrument") == [[]]


async def test_a_name_that_nothing_has(venue: Any, exchange: Any) -> None:
    """An unknown name is an error with what may have been meant; it may have been listed meanwhile."""
    async with Client(venue) as kraken:
        with pytest.raises(UnknownSymbol, match="did you mean BTC/USD") as caught:
            await kraken.resolve("BTX/USD")
        assert caught.value.suggestions[0] == "BTC/USD"
        exchange.listed["BTX/USD"] = exchange.listed["BTC/USD"] | {"symbol": "BTX/USD", "base": "BTX"}
        assert await kraken.resolve("btxusd") == "BTX/USD"


@pytest.mark.parametrize("make", [book, trade, ticker, ohlc])
async def test_names_without_a_slash(venue: Any, exchange: Any, make: Any) -> None:
    """Whatever is subscribed may be named as people do."""
    exchange.market("BTC/USD").candle(0)
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(make("xbtusd"))
        assert btc.symbols == ("BTC/USD",)
        with pytest.raises(UnknownSymbol, match="did you mean"):
            await kraken.subscribe(make("BTCUSDD"))


async def test_two_names_of_one_pair(venue: Any, exchange: Any) -> None:
    """Two names that mean the same are a mistake, as the same name twice is."""
    async with Client(venue) as kraken:
        with pytest.raises(ConfigurationError, match="'BTC/USD' is named twice"):
            await kraken.subscribe(book("BTCUSD", "BTC/USD"))
        assert exchange.asked("subscribe") == []


@pytest.mark.parametrize("make", [book, trade, ticker, ohlc])
async def test_a_refusal_is_explained(venue: Any, exchange: Any, make: Any) -> None:
    """What Kraken does not list is refused in its words, and in ours with what may have been meant."""
    exchange.refused["BTC/USDD"] = "Currency pair not supported BTC/USDD"
    async with Client(venue) as kraken:
        with pytest.raises(SubscriptionError, match="did you mean BTC/USD") as caught:
            await kraken.subscribe(make("BTC/USDD"))
        assert caught.value.error == "Currency pair not supported BTC/USDD"


async def test_a_refusal_that_can_not_be_explained(venue: Any, exchange: Any, turn: Any) -> None:
    """Without the list the refusal stands as it is, and says why there is no advice."""
    exchange.refused["FOO/BAR"] = "Currency pair not supported FOO/BAR"
    exchange.withheld.add("")
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("FOO/BAR")))
        for _ in range(12):
            await turn()
            venue.clock.advance(0.5)
            exchange.beat()
        with pytest.raises(SubscriptionError) as caught:
            await waiting
        assert "did you mean" not in str(caught.value)
        assert caught.value.__notes__[0].startswith("the list of pairs could not be had: instrument: ")


async def test_no_list_comes(venue: Any, exchange: Any, turn: Any) -> None:
    """A name can't be resolved without the list, and nobody waits for it for ever."""
    exchange.withheld.add("")
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.resolve("BTCUSD", timeout=3))
        for _ in range(7):
            await turn()
            venue.clock.advance(0.5)
            exchange.beat()
        with pytest.raises(SubscribeTimeout) as caught:
            await waiting
        assert (caught.value.channel, caught.value.symbol) == ("instrument", None)


async def test_the_simulated_kraken() -> None:
    """Over real sockets: the list, a change of status, and a name without a slash."""
    async with Client(sim := Simulator(["BTC/USD", "ETH/USD"], rate=0)) as kraken:
        listed = await kraken.subscribe(instrument())
        assert list(listed.pairs) == ["BTC/USD", "ETH/USD"]
        sim.set_status("ETH/USD", "post_only")
        event = await listed.next(timeout=10)
        assert [pair.status for pair in event.pairs] == ["post_only"]
        assert kraken.instruments["ETHUSD"].status == "post_only"
        btc = await kraken.subscribe(book("xbtusd"))
        assert btc.symbol == "BTC/USD"
