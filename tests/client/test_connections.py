"""Several connections: how topics are spread, where they go when one does not come back, and how often it is tried."""
# ruff: noqa: PT012  # the failing statement is the whole `with` of a client

import asyncio
from typing import Any

import pytest

from havklo import BookState, BookUpdate, Client, ConfigurationError, SubscriptionError
from havklo._protocol.timings import Timings
from havklo.channels import book, instrument, ohlc, ticker, trade
from havklo.events import BreakerChanged, Connected, ConnectionLost, Moved, Resync, Trade, TradeGap

SYMBOLS = ("BTC/USD", "ETH/USD", "XRP/USD", "DOGE/USD", "ETH/BTC")


def carried(exchange: Any) -> list[set[str]]:
    """The symbols that each open connection reads."""
    return [{symbol for _, symbol in reads} for wire, reads in exchange.readers.items() if wire.open]


async def pass_seconds(venue: Any, exchange: Any, turn: Any, seconds: float, step: float = 0.25) -> None:
    """Let time pass in which the open connections' heartbeats come."""
    for _ in range(round(seconds / step)):
        await turn()
        venue.clock.advance(step)
        exchange.beat()
    await turn()


async def test_topics_are_spread(venue: Any, exchange: Any) -> None:
    """Five symbols at two topics a connection are three connections."""
    async with Client(venue, topics_per_connection=2) as kraken:
        many = await kraken.subscribe(book(*SYMBOLS))
        assert list(many.books) == list(SYMBOLS)
        assert carried(exchange) == [{"BTC/USD", "ETH/USD"}, {"XRP/USD", "DOGE/USD"}, {"ETH/BTC"}]
        assert kraken.statistics().connections == 3
        assert [(topic.symbol, topic.connection) for topic in kraken.health().topics] == list(
            zip(SYMBOLS, (0, 0, 1, 1, 2), strict=True)
        )


async def test_all_channels_share_connections(venue: Any, exchange: Any) -> None:
    """A connection carries any channels, as long as it has room."""
    exchange.market("BTC/USD").candle(0)
    async with Client(venue) as kraken:
        for channel in (book("BTC/USD"), trade("BTC/USD"), ticker("BTC/USD"), ohlc("BTC/USD"), instrument()):
            await kraken.subscribe(channel)
        assert len(venue.connections) == 1
        assert kraken.statistics().requests == 5
        assert [str(topic) for topic in kraken.health().topics] == [
            "book BTC/USD at depth 10",
            "trade BTC/USD",
            "ticker BTC/USD",
            "ohlc BTC/USD of 1 min",
            "instrument",
        ]


async def test_while_another_subscribe_is_pending(venue: Any, exchange: Any, turn: Any) -> None:
    """Subscribing and unsubscribing are possible at any time, also while another subscribe still waits."""
    exchange.withheld.add("BTC/USD")
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD", "ETH/USD")))
        await turn()
        assert not waiting.done()
        eth = await kraken.subscribe(book("ETH/USD"))
        xrp = await kraken.subscribe(trade("XRP/USD"))
        await eth.unsubscribe()
        await xrp.unsubscribe()
        assert exchange.asked("unsubscribe", "trade") == [["XRP/USD"]]
        assert exchange.asked("unsubscribe") == []
        exchange.withheld.clear()
        await pass_seconds(venue, exchange, turn, 6)
        both = await waiting
        assert {each.state for each in both.books.values()} == {BookState.LIVE}
        again = await kraken.subscribe(trade("XRP/USD"))
        assert again.symbols == ("XRP/USD",)


@pytest.mark.parametrize("make", [book, trade, ticker, ohlc])
async def test_partial_errors(venue: Any, exchange: Any, make: Any) -> None:
    """Of many symbols in one call, each that fails is an error of its own, whatever the channel."""
    bad = ("BAD/ONE", "BAD/TWO")
    exchange.refused = {symbol: f"Currency pair not supported {symbol}" for symbol in bad}
    for symbol in SYMBOLS:
        exchange.market(symbol).candle(0)
    async with Client(venue, topics_per_connection=3) as kraken:
        many = await kraken.subscribe(make(*SYMBOLS[:3], *bad, *SYMBOLS[3:]))
        assert many.symbols == SYMBOLS
        assert tuple(many.errors) == bad
        assert all(isinstance(error, SubscriptionError) for error in many.errors.values())
        with pytest.raises(SubscriptionError) as caught:
            await kraken.subscribe(make(*bad))
        assert len(caught.value.__notes__) == 1
        assert [topic.state for topic in kraken.health().topics] == ["live"] * 5


async def test_one_that_does_not_come_back(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """When a connection does not come back, what it carried goes on over one that stands and has room."""
    async with Client(venue, topics_per_connection=4, breaker_failures=99) as kraken:
        told = seen(kraken, Moved, Resync)
        trades = seen(kraken, Trade, TradeGap)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        prints = aiter(await kraken.subscribe(trade("XRP/USD")))
        gone = await kraken.subscribe(ticker("BTC/USD"))
        other = await kraken.subscribe(book("DOGE/USD"))
        await gone.unsubscribe()
        before = dict(many.books)
        updates, doge = aiter(many), aiter(other)
        updates.take(9)
        exchange.print("XRP/USD", 2)
        venue.refuse(*["nobody there"] * 2)
        venue.connections[0].end("closed by the peer: 1006")
        exchange.print("XRP/USD", 20, lost=True)
        exchange.market("BTC/USD").update()
        await pass_seconds(venue, exchange, turn, 2)
        assert [event for event in told if isinstance(event, Moved)] == [
            Moved(symbols=("BTC/USD", "ETH/USD", "XRP/USD"), source=0, target=1)
        ]
        assert all(many.books[symbol] is before[symbol] for symbol in before)
        assert {each.state for each in many.books.values()} == {BookState.LIVE}
        assert str(many.books["BTC/USD"].best_bid.qty) == "2.00000000"
        exchange.print("XRP/USD")
        assert [event.trade_id for event in trades] == list(range(1, 24))
        assert [event.trade_id for event in prints.take(99)] == list(range(1, 24))
        assert {update.symbol for update in updates.take(99)} == {"BTC/USD", "ETH/USD"}
        exchange.tell("book", "BTC/USD", exchange.market("BTC/USD").update())
        assert [update.symbol for update in updates.take(99)] == ["BTC/USD"]
        assert {update.type for update in doge.take(99)} == {"snapshot"}
        assert exchange.asked("subscribe") == [["BTC/USD", "ETH/USD"], ["DOGE/USD"], ["BTC/USD", "ETH/USD"]]
        assert exchange.asked("subscribe", "trade") == [["XRP/USD"], ["XRP/USD"]]
        assert len(venue.connections) == 2


@pytest.mark.usefixtures("exchange")
async def test_no_room_elsewhere(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """What has no room elsewhere waits for its own connection, which is tried on."""
    async with Client(venue, topics_per_connection=2, breaker_failures=99) as kraken:
        told = seen(kraken, Moved)
        many = await kraken.subscribe(book(*SYMBOLS))
        venue.refuse(*["nobody there"] * 3)
        venue.connections[0].end()
        await pass_seconds(venue, exchange, turn, 1.5)
        assert [(len(event.symbols), event.source, event.target) for event in told] == [(1, 0, 2)]
        states = [each.state for each in many.books.values()]
        assert states.count(BookState.LIVE) == 4
        await pass_seconds(venue, exchange, turn, 6)
        assert {each.state for each in many.books.values()} == {BookState.LIVE}
        assert kraken.statistics().connections == 3
        assert len(exchange.asked("subscribe")) == 3 + 2


async def test_moved_and_then_unsubscribed(venue: Any, exchange: Any, turn: Any) -> None:
    """What has moved is taken back where it is now, and may be subscribed again."""
    async with Client(venue, topics_per_connection=2, breaker_failures=99) as kraken:
        btc, eth = [await kraken.subscribe(book(symbol)) for symbol in ("BTC/USD", "ETH/USD")]
        xrp = await kraken.subscribe(book("XRP/USD"))
        await eth.unsubscribe()
        venue.refuse(*["nobody there"] * 2)
        venue.connections[0].end()
        await pass_seconds(venue, exchange, turn, 2)
        assert (btc.book.state, btc.book.top is None) == (BookState.LIVE, False)
        assert kraken.statistics().connections == 1
        await btc.unsubscribe()
        await turn()
        assert btc.book.state is BookState.CLOSED
        assert carried(exchange) == [{"XRP/USD"}]
        again = await kraken.subscribe(book("BTC/USD"))
        assert again.book.state is BookState.LIVE
        assert xrp.book.state is BookState.LIVE
        exchange.tell("book", "BTC/USD", exchange.market("BTC/USD").update())
        assert [update.type for update in aiter(again).take(9)] == ["snapshot", "update"]


async def test_the_close_code(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """The peer's close code is told; after "service restart" nobody hurries."""
    async with Client(venue) as kraken:
        lost = seen(kraken, ConnectionLost)
        await kraken.subscribe(book("BTC/USD"))
        exchange.wire.end("closed by the peer: 1012", 1012)
        assert (lost[0].code, lost[0].reason) == (1012, "closed by the peer: 1012")
        assert lost[0].retry_in_ns >= 5_000_000_000
        await pass_seconds(venue, exchange, turn, 6)
        exchange.wire.end("the connection was lost")
        assert lost[1].code is None


async def test_the_breaker(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """After five failures in a row nobody tries for a while, then one does, and decides for all."""
    async with Client(venue) as kraken:
        told = seen(kraken, BreakerChanged)
        lost = seen(kraken, ConnectionLost)
        btc = await kraken.subscribe(book("BTC/USD"))
        venue.refuse(*["nobody there"] * 6)
        exchange.wire.end()
        await pass_seconds(venue, exchange, turn, 25)
        assert [(event.role, event.state, event.failures) for event in told] == [("public", "open", 5)]
        assert 29_000_000_000 < told[0].retry_in_ns <= 30_000_000_000
        tried = len(lost)
        health = kraken.health()
        assert health.breakers[0].state == "open"
        assert health.state == "down"
        await pass_seconds(venue, exchange, turn, 10)
        assert len(lost) == tried
        await pass_seconds(venue, exchange, turn, 10)
        assert [event.state for event in told] == ["open", "half_open", "open"]
        assert len(lost) == tried + 1
        await pass_seconds(venue, exchange, turn, 31)
        assert [event.state for event in told] == ["open", "half_open", "open", "half_open", "closed"]
        assert btc.book.state is BookState.LIVE
        assert kraken.health().breakers[0].state == "closed"


async def test_one_breaker_for_all_connections(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A dozen connections to one endpoint do not each find out on their own."""
    async with Client(venue, topics_per_connection=1, breaker_failures=3, breaker_cool_down=60) as kraken:
        await kraken.subscribe(book(*SYMBOLS))
        lost = seen(kraken, ConnectionLost)
        told = seen(kraken, BreakerChanged, Connected)
        venue.refuse(*["nobody there"] * 99)
        for wire in venue.connections[:]:
            wire.end()
        await pass_seconds(venue, exchange, turn, 59)
        failed = [event for event in lost if event.reason == "nobody there"]
        assert len(failed) <= 5
        assert [event.state for event in told] == ["open"]
        venue._failures.clear()
        await pass_seconds(venue, exchange, turn, 10)
        assert [event.state for event in told if isinstance(event, BreakerChanged)] == ["open", "half_open", "closed"]
        assert len([event for event in told if isinstance(event, Connected)]) == 5
        assert kraken.statistics().live == 5


async def test_the_budget(venue: Any, exchange: Any, turn: Any) -> None:
    """However often connections are lost, the client stays within its attempts in ten minutes."""
    async with Client(venue, connects_per_10_minutes=5, breaker_failures=99) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        for _ in range(100):
            exchange.wire.end()
            await pass_seconds(venue, exchange, turn, 5.5, 0.5)
        assert len(venue.connections) == 5
        await pass_seconds(venue, exchange, turn, 60, 0.5)
        assert len(venue.connections) == 6


async def test_a_strategy_of_ones_own(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A function spaces the attempts: it is asked with their number, from 1."""
    asked: list[int] = []

    def strategy(attempt: int) -> float:
        asked.append(attempt)
        return 1.5 * attempt

    async with Client(venue, reconnect=strategy) as kraken:
        lost = seen(kraken, ConnectionLost)
        await kraken.subscribe(book("BTC/USD"))
        await pass_seconds(venue, exchange, turn, 11)
        venue.refuse("no", "no")
        exchange.wire.end()
        await pass_seconds(venue, exchange, turn, 10)
        assert asked == [1, 2, 3]
        assert [event.retry_in_ns for event in lost] == [1_500_000_000, 3_000_000_000, 4_500_000_000]
        assert kraken.statistics().live == 1


@pytest.mark.parametrize("given", [-1, float("nan"), float("inf"), None, "soon"])
async def test_a_strategy_that_makes_no_sense(venue: Any, exchange: Any, given: Any) -> None:
    """A strategy's answer that can't be meant ends the client, and says what it was."""
    with pytest.raises(ConfigurationError, match="the reconnect strategy gave"):
        async with Client(venue, reconnect=lambda _: given) as kraken:
            await kraken.subscribe(book("BTC/USD"))
            exchange.wire.end()
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    "arguments",
    [
        {"topics_per_connection": 0},
        {"breaker_failures": 0},
        {"breaker_cool_down": 0},
        {"connects_per_10_minutes": 0},
    ],
)
async def test_arguments_that_can_not_be_meant(venue: Any, arguments: dict[str, Any]) -> None:
    """A client that can't work is not made."""
    with pytest.raises(ConfigurationError):
        Client(venue, **arguments)


async def test_no_pong_comes(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A connection that hears but is not heard is replaced, although heartbeats come over it."""
    exchange.mute.add("ping")
    async with Client(venue, timings=Timings(pong_within=4_000_000_000)) as kraken:
        lost = seen(kraken, ConnectionLost)
        await kraken.subscribe(book("BTC/USD"))
        await pass_seconds(venue, exchange, turn, 6)
        assert [event.reason for event in lost] == ["no pong within 4 s"]
        assert venue.connections[0].goodbye == (1001, "no pong within 4 s")
        assert kraken.statistics().live == 1


async def test_updates_arrive_once_after_a_move(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """Handlers and readers are told of each update once, wherever it comes from."""
    async with Client(venue, topics_per_connection=2, breaker_failures=99) as kraken:
        await kraken.subscribe(book("BTC/USD"))
        gone = await kraken.subscribe(book("ETH/USD"))
        await kraken.subscribe(book("XRP/USD"))
        await gone.unsubscribe()
        venue.refuse(*["nobody there"] * 2)
        venue.connections[0].end()
        await pass_seconds(venue, exchange, turn, 2)
        told = seen(kraken, BookUpdate)
        exchange.tell("book", "BTC/USD", exchange.market("BTC/USD").update())
        exchange.tell("book", "XRP/USD", exchange.market("XRP/USD").update())
        assert [update.symbol for update in told] == ["BTC/USD", "XRP/USD"]
