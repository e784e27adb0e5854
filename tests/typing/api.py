"""The types of the public API, checked by mypy and pyright in their strict modes; nothing here is run."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, assert_type

import havklo
from havklo import (
    LIVE,
    Book,
    BookSubscription,
    BookSubscriptions,
    BookUpdate,
    Client,
    ClientStatistics,
    Desync,
    HavkloError,
    Level,
    Level3Book,
    Level3Subscription,
    Level3Subscriptions,
    Level3Update,
    Simulator,
    Subscription,
    SubscriptionError,
)
from havklo.channels import Channel, book, instrument, level3, ohlc, ticker, trade
from havklo.clock import Clock
from havklo.events import (
    Candle,
    Change,
    CrossedBook,
    Event,
    HealthChanged,
    Heartbeat,
    Instruments,
    Moved,
    OrderChange,
    QueueChange,
    Resync,
    Spread,
    Status,
    Sweep,
    Ticker,
    Top,
    Trade,
    TradeGap,
)
from havklo.health import ConnectionHealth, Health, HealthState, Quantiles, TopicHealth
from havklo.instruments import Asset, Pair, Pairs
from havklo.subscription import InstrumentSubscription
from havklo.venues import Role, Venue


async def subscriptions(kraken: Client) -> None:
    """One symbol gives one book, several give several."""
    assert_type(book("BTC/USD"), Channel[BookSubscription])
    assert_type(book("BTC/USD", depth=25), Channel[BookSubscription])
    assert_type(book("BTC/USD", "ETH/USD", "XRP/USD"), Channel[BookSubscriptions])

    btc = await kraken.subscribe(book("BTC/USD", depth=25))
    assert_type(btc, BookSubscription)
    assert_type(btc.book, Book)
    assert_type(btc.symbol, str)
    assert_type(btc.dropped, int)
    async for update in btc:
        assert_type(update, BookUpdate)
    async with btc as same:
        assert_type(same, BookSubscription)

    many = await kraken.subscribe(book("BTC/USD", "ETH/USD"), timeout=2.5)
    assert_type(many, BookSubscriptions)
    assert_type(many.books, Mapping[str, Book])
    assert_type(many.books["BTC/USD"].best_bid, Level | None)
    assert_type(many.errors, Mapping[str, HavkloError])
    async for update in many:
        assert_type(update.symbol, str)
    await many.unsubscribe()

    anything: Subscription[BookUpdate] = btc
    assert_type(anything.channel, Channel[Any])


async def channels(kraken: Client) -> None:
    """Each channel has a subscription with its own events."""
    assert_type(trade("BTC/USD"), Channel[Subscription[Trade | TradeGap]])
    assert_type(ticker("BTC/USD", "ETH/USD", event_trigger="bbo"), Channel[Subscription[Ticker]])
    assert_type(ohlc("BTC/USD", interval=60), Channel[Subscription[Candle]])
    assert_type(instrument(), Channel[InstrumentSubscription])
    ticker("BTC/USD", event_trigger="often")  # type: ignore[arg-type]

    trades = await kraken.subscribe(trade("BTC/USD", snapshot=True))
    assert_type(trades, Subscription[Trade | TradeGap])
    assert_type(await trades.next(timeout=5), Trade | TradeGap)
    assert_type(trades.symbols, tuple[str, ...])
    assert_type(trades.errors, Mapping[str, HavkloError])
    assert_type(trades.pending, int)
    async for event in trades:
        match event:
            case Trade():
                assert_type(event.price, Decimal)
                assert_type(event.trade_id, int)
                assert_type(event.source, Literal["live", "snapshot", "repair"])
            case TradeGap():
                assert_type(event.last, int | None)

    tickers = await kraken.subscribe(ticker("BTC/USD"))
    assert_type(tickers, Subscription[Ticker])
    assert_type(await anext(aiter(tickers)), Ticker)
    candles = await kraken.subscribe(ohlc("BTC/USD"))
    assert_type(candles, Subscription[Candle])
    async with candles as same:
        assert_type(same, Subscription[Candle])

    listed = await kraken.subscribe(instrument())
    assert_type(listed, InstrumentSubscription)
    assert_type(listed.pairs, Pairs)
    assert_type(listed.pairs["BTC/USD"], Pair)
    assert_type(listed.assets, Mapping[str, Asset])
    assert_type(await listed.next(), Instruments)


async def waiting(kraken: Client) -> None:
    """What is waited for, and what the client says of itself."""
    btc = await kraken.subscribe(book("BTC/USD"))
    assert_type(await btc.next(timeout=1.5), BookUpdate)
    await kraken.wait_until(lambda: btc.book.spread, timeout=1)
    assert_type(await kraken.resolve("XBTUSD"), str)
    assert_type(kraken.instruments, Pairs)
    assert_type(await kraken.drain(timeout=0.5), int)
    health = kraken.health()
    assert_type(health, Health)
    assert_type(health.state, HealthState)
    assert_type(health.connections, tuple[ConnectionHealth, ...])
    assert_type(health.stale(5), tuple[TopicHealth, ...])
    assert_type(health.latency, Quantiles | None)
    assert_type(health.desyncs, Mapping[str, int])


def reading(btc: Book) -> None:
    """A book reads Decimals and levels; what may be absent says so."""
    assert_type(btc.top, Top | None)
    assert_type(btc.spread, Decimal | None)
    assert_type(btc.bids(5), list[Level])
    assert_type(btc.vwap("buy", qty="10"), Sweep)
    level = btc.best_bid
    if level is not None:
        price, qty = level
        assert_type(price, Decimal)
        assert_type(qty, Decimal)
        assert_type(float(level.price), float)


def handlers(kraken: Client) -> None:
    """A handler is checked against its event; a decorator gives its function back."""
    kraken.on(BookUpdate, lambda update: update.best_bid)
    kraken.on(Desync, on_desync)
    kraken.off(Desync, on_desync)

    @kraken.on(Resync)
    def healed(event: Resync) -> int:
        return event.took_ns

    same: Callable[[Resync], int] = healed
    assert_type(same(Resync(symbol="BTC/USD", reason="checksum", attempts=1, took_ns=1)), int)
    kraken.on(Trade, lambda event: event.price + event.qty)
    kraken.on(Spread, lambda event: event.ask - event.bid)
    kraken.on(Moved, lambda event: (event.symbols, event.source, event.target))
    kraken.on(Desync, healed)  # type: ignore[arg-type]
    kraken.on(int, id)  # type: ignore[type-var]


def on_desync(event: Desync) -> None:
    """A handler with a name."""
    assert_type(event.symbols, tuple[str, ...])


async def everything(kraken: Client) -> None:
    """Events are matched by their type."""
    async for event in kraken:
        assert_type(event, Event)
        match event:
            case BookUpdate():
                assert_type(event.changes, tuple[Change, ...])
                assert_type(event.type, Literal["snapshot", "update"])
            case Status():
                assert_type(event.system, str)
            case CrossedBook(symbol=symbol):
                assert_type(symbol, str)
            case Trade() | Ticker() | Candle():
                assert_type(event.symbol, str)
            case Heartbeat(connection=connection):
                assert_type(connection, int)
            case HealthChanged(after=after):
                assert_type(after, str)
            case _:
                pass


async def clients(policy: Callable[[Desync], Literal["resync", "report"]]) -> None:
    """A client goes to live Kraken, to a simulator or to a URL."""
    async with Client() as kraken:
        assert_type(kraken, Client)
        assert_type(kraken.venue, Venue)
        assert_type(kraken.clock, Clock)
        assert_type(kraken.books["BTC/USD"], Book)
        assert_type(kraken.statistics(), ClientStatistics)
    Client(LIVE, on_desync="report", queue=10, reprove_every=60.0, rules=(), reconnect=lambda attempt: attempt / 2)
    Client(connects_per_10_minutes=60, breaker_failures=3, breaker_cool_down=10.0, topics_per_connection=50)
    Client(reconnect=str)  # type: ignore[arg-type]
    Client(Simulator(seed=7), on_desync=policy)
    Client("ws://127.0.0.1:8900/v2")
    Client(on_desync="ignore")  # type: ignore[arg-type]
    assert_type(LIVE.endpoint("public"), str)
    role: Role = "level3"
    assert_type(LIVE.endpoints[role], str)


def synchronous() -> None:
    """The same without `await`."""
    with havklo.sync.Client(Simulator(5)) as kraken:
        assert_type(kraken, havklo.sync.Client)
        btc = kraken.subscribe(book("BTC/USD"))
        assert_type(btc, havklo.sync.BookSubscription)
        assert_type(btc.book, Book)
        for update in btc:
            assert_type(update, BookUpdate)
        many = kraken.subscribe(book("BTC/USD", "ETH/USD"))
        assert_type(many, havklo.sync.BookSubscriptions)
        assert_type(many.books["BTC/USD"], Book)
        trades = kraken.subscribe(trade("BTC/USD"))
        assert_type(trades, havklo.sync.Subscription[Trade | TradeGap])
        assert_type(trades.next(timeout=5), Trade | TradeGap)
        for event in trades:
            assert_type(event, Trade | TradeGap)
        assert_type(kraken.subscribe(ticker("BTC/USD")), havklo.sync.Subscription[Ticker])
        assert_type(next(iter(kraken.subscribe(ohlc("BTC/USD")))), Candle)
        listed = kraken.subscribe(instrument())
        assert_type(listed, havklo.sync.InstrumentSubscription)
        assert_type(listed.pairs, Pairs)
        assert_type(listed.next(), Instruments)
        kraken.wait_until(lambda: btc.book.top, timeout=1)
        assert_type(kraken.resolve("XBTUSD"), str)
        assert_type(kraken.health(), Health)
        assert_type(kraken.drain(), int)
        assert_type(kraken.clock.now(), int)
        for now in kraken.clock.every(1):
            assert_type(now, int)
        for anything in kraken:
            assert_type(anything, Event)

        @kraken.on(Desync)
        def report(event: Desync) -> None:
            assert_type(event.detail, str)

        kraken.off(Desync, report)


async def answer() -> int:
    """Something to run."""
    return 42


def errors() -> None:
    """Errors have typed fields."""
    assert_type(havklo.run(answer()), int)
    try:
        reading(havklo.sync.Client().books["BTC/USD"])
    except SubscriptionError as error:
        assert_type(error.symbol, str | None)
        assert_type(error.error, str)
    except HavkloError as error:
        assert_type(error.hint, str | None)


async def level_three(kraken: Client) -> None:
    """One symbol gives one book of orders, several give several."""
    assert_type(level3("BTC/USD"), Channel[Level3Subscription])
    assert_type(level3("BTC/USD", "ETH/USD", depth=100), Channel[Level3Subscriptions])
    btc = await kraken.subscribe(level3("BTC/USD"))
    assert_type(btc, Level3Subscription)
    assert_type(btc.book, Level3Book)
    async for update in btc:
        assert_type(update, Level3Update)
        assert_type(update.changes, tuple[OrderChange, ...])
    changes: AsyncIterator[QueueChange] = btc.track("O")
    async for change in changes:
        assert_type(change.orders_ahead, int | None)
    many = await kraken.subscribe(level3("BTC/USD", "ETH/USD"))
    assert_type(many.books, Mapping[str, Level3Book])
    assert_type(kraken.level3, Mapping[str, Level3Book])
