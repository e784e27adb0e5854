"""Trades: each once and in order, whatever is lost on the way; what can't be had is named."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from havklo import Client, Simulator, SlowConsumer, SubscriptionError
from havklo.channels import trade
from havklo.events import ConnectionLost, Malformed, Resync, Trade, TradeGap
from havklo.testing import ManualClock, pass_time


def numbers(told: list[Any]) -> list[int]:
    """The numbers of trades."""
    return [event.trade_id for event in told]


async def take(iteration: Any, count: int) -> list[Any]:
    """The next events of an iteration."""
    return [await anext(iteration) for _ in range(count)]


async def test_a_trade(venue: Any, exchange: Any) -> None:
    """A trade is what Kraken wrote, digit for digit."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(trade("BTC/USD"))
        exchange.tell(
            "trade",
            "BTC/USD",
            b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":45283.50,"qty":'
            b'0.00000001,"ord_type":"limit","trade_id":1,"timestamp":"2026-11-22T10:00:00.123456Z"}]}',
        )
        told = await btc.__aiter__().__anext__()
        assert told == Trade(
            symbol="BTC/USD",
            side="sell",
            price=Decimal("45283.50"),
            qty=Decimal("0.00000001"),
            ord_type="limit",
            trade_id=1,
            timestamp="2026-11-22T10:00:00.123456Z",
            recv_ns=venue.clock.epoch_ns(),
        )
        assert (str(told.price), f"{told.qty:f}", told.source) == ("45283.50", "0.00000001", "live")
        assert repr(btc) == "<Subscription trade BTC/USD>"
        assert kraken.statistics().rows == 2


async def test_what_is_new_is_carried_through(venue: Any, exchange: Any) -> None:
    """Words and fields that this version does not know are no reason to lose a trade."""
    async with Client(venue) as kraken:
        btc = aiter(await kraken.subscribe(trade("BTC/USD")))
        message = exchange.market("BTC/USD").print()
        new = message.replace(b'"market"', b'"telepathic"').replace(b'"buy"', b'"auction","venue":{"id":[7]}')
        exchange.tell("trade", "BTC/USD", new)
        told = await anext(btc)
        assert (told.trade_id, told.side, told.ord_type) == (1, "auction", "telepathic")
        assert kraken.statistics().unknown == 0


async def test_from_now_on(venue: Any, exchange: Any) -> None:
    """What happened before the subscription is not told, unless it is asked for."""
    exchange.print("BTC/USD", 60)
    async with Client(venue) as kraken:
        handled: list[Trade] = []
        kraken.on(Trade, handled.append)
        btc = await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD", 2)
        assert numbers(await take(aiter(btc), 2)) == numbers(handled) == [61, 62]


async def test_with_the_last_fifty(venue: Any, exchange: Any) -> None:
    """With `snapshot=True` the last fifty come first, as such."""
    exchange.print("BTC/USD", 60)
    async with Client(venue) as kraken:
        handled: list[Trade] = []
        kraken.on(Trade, handled.append)
        btc = await kraken.subscribe(trade("BTC/USD", snapshot=True))
        exchange.print("BTC/USD")
        told = await take(aiter(btc), 51)
        assert numbers(told) == numbers(handled) == list(range(11, 62))
        assert [event.source for event in told] == ["snapshot"] * 50 + ["live"]


async def test_a_pair_without_trades(venue: Any, exchange: Any) -> None:
    """A pair that has never traded is subscribed like any other; its first trade is told."""
    async with Client(venue) as kraken:
        exchange.market("DOGE/USD").trades.clear()
        new = await kraken.subscribe(trade("DOGE/USD"))
        exchange.print("DOGE/USD")
        assert new.pending == 0
        venue.clock.advance(2)
        exchange.print("DOGE/USD")
        assert numbers(await take(aiter(new), 2)) == [0, 1]


async def test_a_lost_message_is_repaired(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A hole is noticed with the next trade, held back, and filled from a fresh snapshot."""
    async with Client(venue) as kraken:
        told = seen(kraken, Trade, TradeGap, Resync)
        btc = await kraken.subscribe(trade("BTC/USD"))
        trades = aiter(btc)
        exchange.print("BTC/USD", 3)
        exchange.print("BTC/USD", 4, lost=True)
        exchange.print("BTC/USD", 2)
        assert numbers(told) == [1, 2, 3]
        await turn()
        exchange.print("BTC/USD")
        assert [type(event) for event in told] == [Trade] * 9 + [Resync, Trade]
        assert (told[9].reason, told[9].channel, told[9].attempts) == ("gap", "trade", 1)
        repaired = await take(trades, 10)
        assert numbers(repaired) == list(range(1, 11))
        assert [event.source for event in repaired] == ["live"] * 3 + ["repair"] * 4 + ["live"] * 3
        assert exchange.asked("subscribe", "trade") == [["BTC/USD"], ["BTC/USD"]]
        statistics = kraken.statistics()
        assert (statistics.repaired, statistics.gaps, statistics.resyncs) == (4, 0, 1)


async def test_a_lost_connection_is_repaired(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """What happened while nobody listened is taken from the snapshot of the next connection."""
    exchange.print("BTC/USD", 5)
    async with Client(venue) as kraken:
        told = seen(kraken, Trade, TradeGap)
        await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD", 2)
        exchange.wire.end("closed by the peer: 1001", 1001)
        exchange.print("BTC/USD", 50)
        await turn()
        exchange.print("BTC/USD")
        assert numbers(told) == list(range(6, 59))
        assert [event.source for event in told] == ["live"] * 2 + ["repair"] * 50 + ["live"]


async def test_beyond_fifty_is_a_gap(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """What even a snapshot does not have is a gap with its bounds, at its place."""
    async with Client(venue) as kraken:
        told = seen(kraken, TradeGap)
        btc = await kraken.subscribe(trade("BTC/USD"))
        trades = aiter(btc)
        exchange.print("BTC/USD", 2)
        exchange.wire.end()
        exchange.print("BTC/USD", 60)
        await turn()
        got = await take(trades, 53)
        gap = got.pop(2)
        assert gap == TradeGap(
            symbol="BTC/USD",
            first=3,
            last=12,
            count=10,
            reason="beyond the snapshot",
            recv_ns=venue.clock.epoch_ns(),
        )
        assert numbers(got) == [1, 2, *range(13, 63)]
        assert told == [gap]
        assert kraken.statistics().gaps == 1


async def test_no_snapshot_comes(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """Trades are not held back for ever: when no snapshot fills the hole, it is named."""
    async with Client(venue) as kraken:
        told = seen(kraken, Trade, TradeGap)
        await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD", 2)
        exchange.withheld.add("BTC/USD")
        exchange.print("BTC/USD", 3, lost=True)
        exchange.print("BTC/USD")
        for _ in range(24):
            await turn()
            venue.clock.advance(0.5)
            exchange.beat()
        assert [type(event) for event in told] == [Trade, Trade, TradeGap, Trade]
        assert (told[2].first, told[2].last, told[2].reason) == (3, 5, "no snapshot came")
        exchange.print("BTC/USD")
        assert told[-1].trade_id == 7


async def test_numbered_anew(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """If Kraken begins to count anew, nobody can tell what is missing, and the gap says so."""
    async with Client(venue) as kraken:
        told = seen(kraken, Trade, TradeGap)
        await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD", 70)
        market = exchange.market("BTC/USD")
        market.trades.clear()
        anew = market.print(4).replace(b"2026-11-22", b"2026-11-23")
        market.trades = [each.replace("2026-11-22", "2026-11-23") for each in market.trades]
        exchange.tell("trade", "BTC/USD", anew)
        await turn()
        assert numbers(told[:70]) == list(range(1, 71))
        gap = told[70]
        assert (gap.first, gap.last, gap.count, gap.reason) == (71, None, None, "numbered anew")
        assert numbers(told[71:]) == [0, 1, 2, 3]


async def test_a_second_subscriber_who_comes_late(venue: Any, exchange: Any) -> None:
    """Who comes late and wants the last fifty gets them from what is known, without another request."""
    exchange.print("BTC/USD", 10)
    async with Client(venue) as kraken:
        first = aiter(await kraken.subscribe(trade("BTC/USD", snapshot=True)))
        exchange.print("BTC/USD", 60)
        handled: list[Trade] = []
        kraken.on(Trade, handled.append)
        late = await kraken.subscribe(trade("BTC/USD", snapshot=True))
        now = await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD")
        told = await take(aiter(late), 51)
        assert numbers(told) == list(range(21, 72))
        assert {event.source for event in told[:50]} == {"snapshot"}
        assert told[50].source == "live"
        assert numbers(await take(aiter(now), 1)) == [71]
        assert numbers(await take(first, 72)) == list(range(72))
        assert numbers(handled) == [71]
        assert exchange.asked("subscribe", "trade") == [["BTC/USD"]]


async def test_a_late_subscriber_after_one_who_wanted_no_history(venue: Any, exchange: Any) -> None:
    """The last fifty are there for who wants them, even if the first one did not."""
    exchange.print("BTC/USD", 30)
    async with Client(venue) as kraken:
        first = aiter(await kraken.subscribe(trade("BTC/USD")))
        exchange.print("BTC/USD", 5)
        late = aiter(await kraken.subscribe(trade("BTC/USD", snapshot=True)))
        exchange.print("BTC/USD")
        assert numbers(await take(late, 37)) == list(range(37))
        assert numbers(await take(first, 6)) == list(range(31, 37))


async def test_several_symbols(venue: Any, exchange: Any, turn: Any) -> None:
    """Each symbol has its own numbers; a refused one is an error beside the others."""
    exchange.refused["FOO/BAR"] = "Currency pair not supported FOO/BAR"
    async with Client(venue) as kraken:
        many = await kraken.subscribe(trade("BTC/USD", "FOO/BAR", "ETH/USD"))
        assert many.symbols == ("BTC/USD", "ETH/USD")
        assert isinstance(many.errors["FOO/BAR"], SubscriptionError)
        assert repr(many) == "<Subscription trade BTC/USD, ETH/USD, 1 failed>"
        trades = aiter(many)
        for _ in range(3):
            exchange.print("BTC/USD")
            exchange.print("ETH/USD", lost=True)
        exchange.print("ETH/USD")
        await turn()
        told = await take(trades, 7)
        assert [(event.symbol, event.trade_id) for event in told] == [
            *[("BTC/USD", number) for number in (1, 2, 3)],
            *[("ETH/USD", number) for number in (1, 2, 3, 4)],
        ]


async def test_twice_the_same(venue: Any, exchange: Any, seen: Any) -> None:
    """A message that comes twice is told once."""
    async with Client(venue) as kraken:
        told = seen(kraken, Trade)
        await kraken.subscribe(trade("BTC/USD"))
        message = exchange.market("BTC/USD").print(3)
        exchange.tell("trade", "BTC/USD", message, message)
        assert numbers(told) == [1, 2, 3]


async def test_rows_that_can_not_be_read(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A message of trades that can't be read is told, and what was in it is had from a snapshot."""
    async with Client(venue) as kraken:
        told = seen(kraken, Trade, Malformed, Resync)
        await kraken.subscribe(trade("BTC/USD"))
        exchange.print("BTC/USD")
        broken = exchange.market("BTC/USD").print().replace(b'"price":100.0002', b'"price":"a lot"')
        exchange.tell("trade", "BTC/USD", broken)
        await turn()
        assert [type(event) for event in told] == [Trade, Malformed, Trade, Resync]
        assert told[1].detail.startswith("a message of trade: ")
        assert (told[2].trade_id, told[2].source, told[3].reason) == (2, "repair", "malformed")


async def test_a_slow_reader(venue: Any, exchange: Any) -> None:
    """Trades are never conflated: who falls behind gets what was kept, and then an error that counts."""
    async with Client(venue, queue=4) as kraken:
        btc = await kraken.subscribe(trade("BTC/USD"))
        trades = aiter(btc)
        room = 4 + 50  # a queue, and a snapshot beside it
        exchange.print("BTC/USD", room + 3)
        assert (btc.pending, btc.dropped) == (room, 3)
        assert numbers(await take(trades, room)) == list(range(1, room + 1))
        with pytest.raises(SlowConsumer) as caught:
            await anext(trades)
        assert (caught.value.dropped, caught.value.limit) == (3, room)
        assert kraken.statistics().dropped == 3


async def test_handlers_and_readers_together(venue: Any, exchange: Any, turn: Any) -> None:
    """One event reaches handlers, the subscription's readers and the client's own stream, each once."""
    async with Client(venue) as kraken:
        handled: list[int] = []
        kraken.on(Trade, lambda event: handled.append(event.trade_id))
        everything = aiter(kraken)
        btc = await kraken.subscribe(trade("BTC/USD"))
        one, two = aiter(btc), aiter(btc)
        exchange.print("BTC/USD", 3)
        exchange.print("BTC/USD", 1, lost=True)
        exchange.print("BTC/USD")
        await turn()
        assert handled == numbers(await take(one, 5)) == numbers(await take(two, 5)) == [1, 2, 3, 4, 5]
        streamed = [event for event in everything.take(99) if isinstance(event, Trade)]
        assert numbers(streamed) == handled


class Boom(Exception):
    """What a handler raises."""


async def test_a_handler_that_raises(venue: Any, exchange: Any) -> None:
    """A handler of trades that raises ends the client, as any other does."""
    boom = Boom()

    def explode(_: Trade) -> None:
        raise boom

    async def run() -> None:
        async with Client(venue) as kraken:
            kraken.on(Trade, explode)
            await kraken.subscribe(trade("BTC/USD"))
            exchange.print("BTC/USD")
            await asyncio.Event().wait()

    with pytest.raises(Boom) as caught:
        await run()
    assert caught.value is boom


async def test_ended_and_begun_again(venue: Any, exchange: Any) -> None:
    """After the last reader has gone a new subscription begins anew, and owes nobody what lies between."""
    async with Client(venue) as kraken:
        async with await kraken.subscribe(trade("BTC/USD")) as first:
            trades = aiter(first)
            exchange.print("BTC/USD", 2)
        assert numbers([event async for event in trades]) == [1, 2]
        exchange.print("BTC/USD", 100)
        again = aiter(await kraken.subscribe(trade("BTC/USD")))
        exchange.print("BTC/USD")
        assert numbers(await take(again, 1)) == [103]
        assert kraken.statistics().gaps == 0


@pytest.mark.parametrize("kind", ["drop", "disconnect", "duplicate", "reorder"])
async def test_the_simulated_kraken(kind: Any) -> None:
    """On real sockets, with real trades: whatever goes wrong, numbers rise by one."""
    sim = Simulator(["BTC/USD"], rate=100, clock=ManualClock(), seed=3)
    async with Client(sim) as kraken:
        told: list[Trade | TradeGap] = []
        kraken.on(Trade, told.append)
        kraken.on(TradeGap, told.append)
        lost: list[ConnectionLost] = []
        kraken.on(ConnectionLost, lost.append)
        await kraken.subscribe(trade("BTC/USD"))
        await pass_time(sim, 5)
        for _ in range(3):
            injection = sim.inject(kind, "BTC/USD", channel="trade")
            while injection.remaining:
                await pass_time(sim, 0.5)
            await pass_time(sim, 12)
        assert len(told) > 50
        assert TradeGap not in {type(event) for event in told}
        first = told[0]
        assert isinstance(first, Trade)
        assert numbers(told) == list(range(first.trade_id, first.trade_id + len(told)))
        assert bool(lost) is (kind == "disconnect")
        assert kraken.statistics().gaps == 0
