"""Subscribing: what comes back, who shares what, and what happens when some of it fails."""

import asyncio
from typing import Any

import pytest

from havklo import (
    BookNotLive,
    BookState,
    BookSubscriptions,
    Client,
    ConfigurationError,
    Disconnected,
    EndpointUnavailable,
    HavkloError,
    SubscribeTimeout,
    SubscriptionError,
    UnknownSymbol,
)
from havklo.channels import book
from havklo.events import Connected, ConnectionLost, SubscriptionLost
from havklo.venues import Venue


async def test_one_book(venue: Any, exchange: Any) -> None:
    """A subscription is there once its book is live, and the book reads what Kraken said."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD", depth=10))
        assert btc.book.state is BookState.LIVE
        assert str(btc.book.best_bid.price) == "100.0"
        assert (btc.symbol, btc.channel) == ("BTC/USD", book("BTC/USD"))
        assert kraken.books["BTC/USD"].best_ask == btc.book.best_ask
        assert repr(btc) == "<BookSubscription book BTC/USD at depth 10, live>"
        assert repr(kraken) == "<Client of memory, open, 1 books>"
    assert exchange.asked("subscribe") == [["BTC/USD"]]


async def test_several_books_in_one_request(venue: Any, exchange: Any) -> None:
    """Several symbols are one request on the wire, and one subscription."""
    async with Client(venue) as kraken:
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD", depth=100))
        assert list(many.books) == ["BTC/USD", "ETH/USD"]
        assert many.errors == {}
        assert {each.depth for each in many.books.values()} == {100}
        assert exchange.asked("subscribe") == [["BTC/USD", "ETH/USD"]]
        assert repr(many) == "<BookSubscriptions book BTC/USD, ETH/USD at depth 100>"


async def test_peers_1_one_bad_pair_does_not_kill_the_others(venue: Any, exchange: Any) -> None:
    """A refused symbol is data beside the live ones (ccxt#24461: one bad pair killed every subscription)."""
    exchange.refused["FOO/BAR"] = "Currency pair not supported FOO/BAR"
    async with Client(venue) as kraken:
        many = await kraken.subscribe(book("BTC/USD", "FOO/BAR", "ETH/USD"))
        assert isinstance(many, BookSubscriptions)
        assert list(many.books) == ["BTC/USD", "ETH/USD"]
        error = many.errors["FOO/BAR"]
        assert isinstance(error, SubscriptionError)
        assert (error.symbol, error.error) == ("FOO/BAR", "Currency pair not supported FOO/BAR")
        assert repr(many).endswith(", 1 failed>")
        exchange.trade("BTC/USD", "ETH/USD")
        assert kraken.statistics().verified == 4
        first, second = aiter(many), aiter(many)
        assert [(await anext(first)).symbol for _ in range(4)] == ["BTC/USD", "ETH/USD"] * 2
        exchange.trade("ETH/USD")
        assert (await anext(second)).symbol == "ETH/USD"


async def test_all_refused(venue: Any, exchange: Any) -> None:
    """When nothing is left the first refusal is raised, with the others as notes, and nothing stays."""
    exchange.refused = {"A/B": "Currency pair not supported A/B", "C/D": "Currency pair not supported C/D"}
    async with Client(venue) as kraken:
        with pytest.raises(SubscriptionError, match="not supported A/B") as caught:
            await kraken.subscribe(book("A/B", "C/D"))
        assert caught.value.__notes__ == [
            "also: book C/D: Currency pair not supported C/D (symbols are written BASE/QUOTE, such as BTC/USD)"
        ]
        assert kraken.statistics().books == 0
        with pytest.raises(UnknownSymbol):
            kraken.books["A/B"]


async def test_a_thin_pair(venue: Any, exchange: Any) -> None:
    """A pair with fewer than ten levels is as good as any (ccxt#24461: list index error on thin pairs)."""
    exchange.market("THIN/EUR").bids = [("0.0120", "5.00000000")]
    exchange.market("THIN/EUR").asks = []
    async with Client(venue) as kraken:
        thin = await kraken.subscribe(book("THIN/EUR"))
        assert [str(level.price) for level in thin.book.bids()] == ["0.0120"]
        assert thin.book.best_ask is None
        assert thin.book.top is None


async def test_equal_channels_share_one_subscription(venue: Any, exchange: Any) -> None:
    """Equal channels are one subscription on the wire, which ends with the last of them."""
    async with Client(venue) as kraken:
        first = await kraken.subscribe(book("BTC/USD"))
        second = await kraken.subscribe(book("BTC/USD"))
        both = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        assert exchange.asked("subscribe") == [["BTC/USD"], ["ETH/USD"]]
        await first.unsubscribe()
        await first.unsubscribe()
        await both.unsubscribe()
        assert exchange.asked("unsubscribe") == [["ETH/USD"]]
        assert second.book.state is BookState.LIVE
        await second.unsubscribe()
        assert exchange.asked("unsubscribe") == [["ETH/USD"], ["BTC/USD"]]
        assert second.book.state is BookState.CLOSED
        with pytest.raises(BookNotLive):
            _ = second.book.best_bid


async def test_subscribing_together(venue: Any, exchange: Any) -> None:
    """Two tasks that ask for the same book at the same time share it from the beginning."""
    async with Client(venue) as kraken:
        subscriptions = await asyncio.gather(*(kraken.subscribe(book("BTC/USD")) for _ in range(3)))
        assert exchange.asked("subscribe") == [["BTC/USD"]]
        assert {each.book.state for each in subscriptions} == {BookState.LIVE}


async def test_another_depth_is_another_connection(venue: Any, exchange: Any) -> None:
    """Kraken has one depth per symbol and connection; `books` gives the deepest."""
    async with Client(venue) as kraken:
        shallow = await kraken.subscribe(book("BTC/USD", depth=10))
        deep = await kraken.subscribe(book("BTC/USD", depth=25))
        assert len(venue.connections) == 2
        assert (shallow.book.depth, deep.book.depth) == (10, 25)
        assert kraken.books["BTC/USD"].depth == 25
        exchange.trade("BTC/USD")
        assert (shallow.book.statistics().verified, deep.book.statistics().verified) == (1, 2)
        await deep.unsubscribe()
        assert kraken.books["BTC/USD"].depth == 10
        await shallow.unsubscribe()
        assert dict(kraken.books) == {}


async def test_many_symbols_are_spread(venue: Any, exchange: Any) -> None:
    """More symbols than a connection takes go to several."""
    symbols = [f"S{number}/USD" for number in range(450)]
    async with Client(venue) as kraken:
        many = await kraken.subscribe(book(*symbols))
        assert len(many.books) == 450
        assert [len(some) for some in exchange.asked("subscribe")] == [200, 200, 50]
        assert kraken.statistics().connections == 3


async def test_subscribed_again_after_the_end(venue: Any, exchange: Any, turn: Any) -> None:
    """A new subscription after the last one ended is new on the wire, at another depth too."""
    async with Client(venue) as kraken:
        async with await kraken.subscribe(book("BTC/USD")) as btc:
            assert btc.book.state is BookState.LIVE
        again = await kraken.subscribe(book("BTC/USD", depth=25))
        assert again.book.state is BookState.LIVE
        assert exchange.asked("subscribe") == [["BTC/USD"], ["BTC/USD"]]
        assert len(venue.connections) == 1
        await again.unsubscribe()
        await turn()
        assert venue.connections[0].open is False
        assert kraken.statistics().connections == 0
        await kraken.subscribe(book("ETH/USD"))
        assert len(venue.connections) == 2


async def test_timeout(venue: Any, exchange: Any, turn: Any) -> None:
    """Without a snapshot the subscribe fails in time, says what was missing, and is taken back."""
    exchange.withheld.add("BTC/USD")
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD"), timeout=2.5))
        await turn()
        venue.clock.advance(2.4)
        await turn()
        assert not waiting.done()
        venue.clock.advance(0.1)
        with pytest.raises(SubscribeTimeout, match=r"no verified snapshot within 2\.5 s") as caught:
            await waiting
        assert (caught.value.symbol, caught.value.seconds) == ("BTC/USD", 2.5)
        assert exchange.asked("unsubscribe") == [["BTC/USD"]]


async def test_bad_snapshots(venue: Any, exchange: Any, turn: Any) -> None:
    """Five snapshots that fail their checksum are enough."""
    exchange.broken = ["BTC/USD"] * 5
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        for _ in range(12):
            await turn(20)
            venue.clock.advance(0.5)
            exchange.wire.deliver(b'{"channel":"heartbeat"}')
        with pytest.raises(SubscribeTimeout, match="5 snapshots in a row failed: checksum"):
            await waiting


async def test_no_connection(venue: Any, turn: Any) -> None:
    """Attempts to connect go on until the timeout, which then tells why they failed."""
    venue.refuse(*["nobody there"] * 99)
    async with Client(venue) as kraken:
        lost: list[ConnectionLost] = []
        kraken.on(ConnectionLost, lost.append)
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        for _ in range(40):
            await turn()
            venue.clock.advance(0.25)
        with pytest.raises(SubscribeTimeout, match="nobody there"):
            await waiting
        assert 3 <= len(lost) <= 8
        assert lost[0].reason == "nobody there"


@pytest.mark.usefixtures("exchange")
async def test_a_second_attempt_connects(venue: Any, turn: Any) -> None:
    """A connection that comes late is as good as any."""
    venue.refuse("not yet")
    async with Client(venue) as kraken:
        connected: list[Connected] = []
        kraken.on(Connected, connected.append)
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        await turn()
        venue.clock.advance(1)
        btc = await waiting
        assert btc.book.state is BookState.LIVE
        assert connected == [Connected(connection=0, attempts=2, again=False)]


async def test_cancelling_takes_the_request_back(venue: Any, exchange: Any, turn: Any) -> None:
    """A cancelled subscribe leaves nothing behind, and others that share the topic go on."""
    exchange.withheld.add("BTC/USD")
    async with Client(venue) as kraken:
        first = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        second = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        await turn()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert exchange.asked("unsubscribe") == []
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert exchange.asked("unsubscribe") == [["BTC/USD"]]
        assert kraken.statistics().books == 0


async def test_lost_for_good(venue: Any, exchange: Any, turn: Any, seen: Any) -> None:
    """A symbol that Kraken refuses after a reconnect ends its subscription with that error, and no other's."""
    async with Client(venue) as kraken:
        lost = seen(kraken, SubscriptionLost)
        btc = await kraken.subscribe(book("BTC/USD"))
        both = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        exchange.refused["BTC/USD"] = "Currency pair not supported BTC/USD"
        exchange.wire.end("closed by the peer: 1001")
        await turn(20)
        assert btc.book.state is BookState.CLOSED
        assert list(both.books) == ["ETH/USD"]
        assert isinstance(both.errors["BTC/USD"], SubscriptionError)
        assert [event.symbol for event in lost] == ["BTC/USD"]
        iteration = aiter(btc)
        assert (await anext(iteration)).type == "snapshot"
        with pytest.raises(SubscriptionError, match="not supported BTC/USD"):
            await anext(iteration)
        updates = aiter(both)
        exchange.trade("ETH/USD")
        told = [((update := await anext(updates)).symbol, update.type) for _ in range(3)]
        assert told == [("ETH/USD", "snapshot"), ("ETH/USD", "snapshot"), ("ETH/USD", "update")]


async def test_closed_while_subscribing(venue: Any, exchange: Any, turn: Any) -> None:
    """Leaving the client ends a subscribe that still waits, with an error."""
    exchange.withheld.add("BTC/USD")
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        await turn()
    with pytest.raises(Disconnected, match="the client was closed"):
        await waiting


async def test_closed_while_connecting(venue: Any, turn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving the client calls an attempt to connect off."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(type(venue), "open", never)
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        await turn()
    with pytest.raises(Disconnected):
        await waiting


async def test_only_within_the_client(venue: Any, exchange: Any) -> None:
    """Outside of its `async with` a client says what is wrong."""
    kraken = Client(venue)
    with pytest.raises(Disconnected, match="not entered yet"):
        await kraken.subscribe(book("BTC/USD"))
    async with kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
    assert btc.book.state is BookState.CLOSED
    with pytest.raises(Disconnected, match="closed"):
        await kraken.subscribe(book("BTC/USD"))
    with pytest.raises(ConfigurationError, match="entered once"):
        await kraken.__aenter__()
    assert exchange.wire.goodbye == (1000, "")


async def test_a_venue_without_the_endpoint() -> None:
    """A channel whose endpoint the venue lacks is refused before anything is sent."""

    class Nowhere(Venue):
        name = "nowhere"  # type: ignore[assignment]
        endpoints = {}  # type: ignore[assignment]  # noqa: RUF012

    async with Client(Nowhere()) as kraken:
        with pytest.raises(EndpointUnavailable, match="nowhere has no public endpoint"):
            await kraken.subscribe(book("BTC/USD"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"on_desync": "ignore"},
        {"queue": 0},
        {"reprove_every": 0},
        {"reprove_every": -1.0},
        {"venue": "https://ws.kraken.com"},
        {"venue": "ws://"},
    ],
)
def test_arguments_that_can_not_be_meant(arguments: dict[str, Any]) -> None:
    """A client that can't work is not made."""
    with pytest.raises(ConfigurationError) as caught:
        Client(**arguments)
    assert isinstance(caught.value, HavkloError)
    assert isinstance(caught.value, ValueError)


async def test_cancelled_while_connecting(venue: Any, turn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscribe that is cancelled before there is a connection calls the attempt off."""
    called_off = asyncio.Event()

    async def never(*_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            called_off.set()

    monkeypatch.setattr(type(venue), "open", never)
    async with Client(venue) as kraken:
        waiting = asyncio.create_task(kraken.subscribe(book("BTC/USD")))
        await turn()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await called_off.wait()
        assert kraken.statistics().connections == 0


async def test_a_venue_that_fails_unexpectedly(venue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is no connection's ends the client instead of being retried for ever."""

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(venue), "open", broken)
    with pytest.raises(ZeroDivisionError):
        async with Client(venue) as kraken:
            await kraken.subscribe(book("BTC/USD"))
