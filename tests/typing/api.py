"""The types of the public API, checked by mypy and pyright in their strict modes; nothing here is run."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Callable, Mapping
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
    Simulator,
    Subscription,
    SubscriptionError,
)
from havklo.channels import Channel, book
from havklo.clock import Clock
from havklo.events import Change, CrossedBook, Event, Resync, Status, Sweep, Top
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
    Client(LIVE, on_desync="report", queue=10, reprove_every=60.0, rules=())
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
        for event in kraken:
            assert_type(event, Event)

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
