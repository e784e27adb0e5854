"""Losing proof and getting it back: desyncs, silence, lost connections, unreadable frames."""
# ruff: noqa: PT012  # the failing statement is the whole `with` of a client

import asyncio
from typing import Any

import pytest

from havklo import BookNotLive, BookState, Client, ConfigurationError
from havklo.channels import book
from havklo.events import (
    BookUpdate,
    Connected,
    ConnectionLost,
    CrossedBook,
    Desync,
    DesyncReason,
    Malformed,
    Refused,
    Resync,
    Stalled,
)


async def test_peers_13_a_desync_is_one_resync_of_one_symbol(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A wrong sum costs one fresh snapshot of that symbol, and no reconnect (Kraken.Net#29)."""
    async with Client(venue) as kraken:
        told = seen(kraken, Desync, Resync, Connected, ConnectionLost)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD", "XRP/USD"))
        exchange.trade("BTC/USD", "ETH/USD", "XRP/USD", times=5)
        exchange.desync("BTC/USD")
        assert many.books["BTC/USD"].state is not BookState.LIVE
        assert many.books["BTC/USD"].top is None
        with pytest.raises(BookNotLive):
            _ = many.books["BTC/USD"].best_bid
        assert many.books["ETH/USD"].state is BookState.LIVE
        await turn()
        assert many.books["BTC/USD"].state is BookState.LIVE
        exchange.trade("BTC/USD", "ETH/USD", "XRP/USD")
        assert [type(event) for event in told] == [Connected, Desync, Resync]
        desync, resync = told[1:]
        assert (desync.symbol, desync.reason) == ("BTC/USD", DesyncReason.CHECKSUM)
        assert desync.expected != desync.computed
        assert (resync.symbol, resync.reason, resync.attempts) == ("BTC/USD", "checksum", 1)
        assert exchange.asked("unsubscribe") == [["BTC/USD"]]
        assert exchange.asked("subscribe") == [["BTC/USD", "ETH/USD", "XRP/USD"], ["BTC/USD"]]
        assert len(venue.connections) == 1
        statistics = kraken.statistics()
        assert (statistics.desyncs, statistics.resyncs, statistics.reconnects) == (1, 1, 0)


async def test_peers_12_out_of_sync_is_noticed_at_once(venue: Any, exchange: Any, turn: Any) -> None:
    """A book never stays out of sync in silence: the first message after a gap tells (ccxws#76, #180)."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.market("BTC/USD").asks[3] = ("104.0", "7.00000000")  # its message is lost on the way
        exchange.trade("BTC/USD")
        assert btc.book.state is not BookState.LIVE
        await turn()
        assert [str(level.qty) for level in btc.book.asks(5)][3] == "7.00000000"


async def test_peers_7_and_10_a_crossed_book_is_not_handed_out(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A book that is crossed though its sum holds is resynchronised (cryptofeed#701, XChange#4239)."""
    async with Client(venue) as kraken:
        told = seen(kraken, Desync, Resync, CrossedBook)
        btc = await kraken.subscribe(book("BTC/USD"))
        updates = seen(kraken, BookUpdate)
        market = exchange.market("BTC/USD")
        honest = list(market.bids)
        market.bids = [("101.0", "0.50000000"), *honest[:9]]
        crossing = market.update()
        market.bids = honest
        exchange.wire.deliver(crossing)
        assert updates == []
        assert btc.book.state is not BookState.LIVE
        await turn()
        assert [type(event) for event in told] == [Desync, Resync]
        assert told[0].reason is DesyncReason.CROSSED
        assert btc.book.crossed is False


async def test_a_crossed_snapshot_is_news(venue: Any, exchange: Any, seen: Any) -> None:
    """When even a fresh snapshot is crossed, that is what Kraken says: the book is live, and tells."""
    exchange.market("BTC/USD").bids[0] = ("105.0", "1.00000000")
    async with Client(venue) as kraken:
        told = seen(kraken, CrossedBook)
        btc = await kraken.subscribe(book("BTC/USD"))
        assert btc.book.crossed is True
        assert told == [CrossedBook(symbol="BTC/USD")]
        assert btc.book.spread is not None
        assert btc.book.spread < 0


async def test_the_policy_report(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """A desync that is only reported leaves the book as it is, until a resync is asked for."""
    async with Client(venue, on_desync="report") as kraken:
        resyncs = seen(kraken, Resync)
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.desync("BTC/USD")
        await turn()
        assert btc.book.state is BookState.DESYNCED
        assert exchange.asked("unsubscribe") == []
        assert btc.book.peek().snapshot is not None
        await btc.resync()
        await turn()
        assert btc.book.state is BookState.LIVE
        assert [event.reason for event in resyncs] == ["checksum"]


async def test_a_policy_of_ones_own(venue: Any, exchange: Any, turn: Any) -> None:
    """A callable decides by the desync."""

    def decide(desync: Desync) -> Any:
        return "resync" if desync.symbol == "BTC/USD" else "report"

    async with Client(venue, on_desync=decide) as kraken:
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        exchange.desync("BTC/USD")
        exchange.desync("ETH/USD")
        await turn()
        assert many.books["BTC/USD"].state is BookState.LIVE
        assert many.books["ETH/USD"].state is BookState.DESYNCED
        await many.resync()
        await many.unsubscribe()
        await many.resync()


async def test_a_policy_that_says_nothing(venue: Any, exchange: Any) -> None:
    """A decision that can't be meant ends the client, as a handler's exception does."""
    with pytest.raises(ConfigurationError, match="not None"):
        async with Client(venue, on_desync=lambda _: None) as kraken:  # type: ignore[arg-type,return-value]
            await kraken.subscribe(book("BTC/USD"))
            exchange.desync("BTC/USD")
            await asyncio.Event().wait()


async def test_resyncs_are_paced(venue: Any, exchange: Any, turn: Any) -> None:
    """A book that breaks again and again is asked for ever more rarely."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        for _ in range(240):
            if btc.book.state is BookState.LIVE:
                exchange.desync("BTC/USD")
            await turn()
            venue.clock.advance(0.25)
            exchange.wire.deliver(b'{"channel":"heartbeat"}')
        assert 5 <= len(exchange.asked("subscribe")) <= 9


async def test_a_lost_connection(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """Every book is away while its connection is, and comes back from a fresh snapshot."""
    async with Client(venue) as kraken:
        told = seen(kraken, Connected, ConnectionLost, Resync)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        exchange.wire.end("closed by the peer: 1001")
        assert {each.state for each in many.books.values()} == {BookState.AWAITING}
        assert many.books["BTC/USD"].reason == "disconnected"
        exchange.market("BTC/USD").update()
        await turn()
        assert {each.state for each in many.books.values()} == {BookState.LIVE}
        assert str(many.books["BTC/USD"].best_bid.qty) == "2.00000000"
        assert [type(event) for event in told] == [Connected, ConnectionLost, Connected, Resync, Resync]
        assert (told[1].reason, told[1].retry_in_ns) == ("closed by the peer: 1001", 0)
        assert told[2].again is True
        assert kraken.statistics().reconnects == 1


async def test_attempts_to_reconnect_are_spaced(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """While nobody answers, the attempts become ever rarer; then everything is restored."""
    async with Client(venue, breaker_failures=10) as kraken:
        lost = seen(kraken, ConnectionLost)
        btc = await kraken.subscribe(book("BTC/USD"))
        venue.refuse(*["nobody there"] * 6)
        exchange.wire.end()
        for _ in range(60):
            await turn()
            venue.clock.advance(1)
            exchange.wire.deliver(b'{"channel":"heartbeat"}')
        assert btc.book.state is BookState.LIVE
        assert [event.retry_in_ns > 0 for event in lost] == [False, *[True] * 6]


@pytest.mark.usefixtures("exchange")
async def test_a_connection_that_ends_as_it_opens(venue: Any) -> None:
    """A peer that closes with the handshake is a lost connection like any other."""
    greet = venue._on_open
    closing = [True]

    def play(transport: Any) -> None:
        greet(transport)
        if closing.pop():
            transport.end("closed by the peer: 1012")
            closing.append(False)

    venue.on_open(play)
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        assert btc.book.state is BookState.LIVE
        assert len(venue.connections) == 2


async def test_silence(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """Three silent seconds suspend the books; a sign of life brings a fresh snapshot."""
    async with Client(venue) as kraken:
        told = seen(kraken, Stalled, Resync, ConnectionLost)
        btc = await kraken.subscribe(book("BTC/USD"))
        venue.clock.advance(2.9)
        assert btc.book.state is BookState.LIVE
        exchange.trade("BTC/USD")
        venue.clock.advance(2.9)
        assert btc.book.state is BookState.LIVE
        exchange.mute.add("ping")
        venue.clock.advance(0.2)
        assert (btc.book.state, btc.book.reason) == (BookState.AWAITING, "stalled")
        assert exchange.requests[-1]["method"] == "ping"
        exchange.trade("BTC/USD")
        assert btc.book.top is None
        await turn()
        assert btc.book.state is BookState.LIVE
        assert [type(event) for event in told] == [Stalled, Resync]
        assert told[1].reason == "stalled"


async def test_a_dead_connection(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """After ten silent seconds the connection is dropped and replaced; the old one is not listened to."""
    async with Client(venue) as kraken:
        told = seen(kraken, ConnectionLost, Connected)
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.mute.add("ping")
        old = exchange.wire
        venue.clock.advance(10.5)
        await turn()
        assert btc.book.state is BookState.LIVE
        assert old.open is False
        assert [type(event) for event in told] == [Connected, ConnectionLost, Connected]
        assert told[1].reason == "silent for 10.0 s"


async def test_a_quiet_symbol_stays_live(venue: Any, exchange: Any, turn: Any) -> None:
    """A symbol without news on a lively connection is live, with its age."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        for _ in range(30):
            venue.clock.advance(1)
            exchange.beat()
            await turn()
        assert btc.book.state is BookState.LIVE
        assert btc.book.age_ns(kraken.clock.epoch_ns()) == 30_000_000_000


@pytest.mark.parametrize("frame", [b"nonsense", b'{"channel":"book","type":"upda', b'{"channel":"other"', b""])
async def test_an_unreadable_frame(venue: Any, exchange: Any, seen: Any, turn: Any, frame: bytes) -> None:
    """A frame that may have been any book's suspends all of its connection; one request restores them."""
    async with Client(venue) as kraken:
        told = seen(kraken, Malformed, Resync)
        many = await kraken.subscribe(book("BTC/USD", "ETH/USD"))
        exchange.wire.deliver(frame)
        assert {each.state for each in many.books.values()} == {BookState.AWAITING}
        await turn()
        assert {each.state for each in many.books.values()} == {BookState.LIVE}
        assert [type(event) for event in told] == [Malformed, Resync, Resync]
        assert exchange.asked("subscribe") == [["BTC/USD", "ETH/USD"]] * 2


async def test_what_is_not_known_is_counted(venue: Any, exchange: Any, seen: Any) -> None:
    """Messages of unknown channels harm nothing; a refusal that nobody waits for is told."""
    async with Client(venue) as kraken:
        refused = seen(kraken, Refused)
        btc = await kraken.subscribe(book("BTC/USD"))
        exchange.wire.deliver(b'{"channel":"weather","data":[]}', b'{"Error":"Exceeded msg rate"}')
        assert kraken.statistics().unknown == 1
        assert refused == [Refused(error="Exceeded msg rate", method=None, symbol=None)]
        assert btc.book.state is BookState.LIVE


async def test_frames_of_the_old_subscription(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """What still comes while an unsubscribe is under way is not shown, not even a snapshot."""
    async with Client(venue) as kraken:
        btc = await kraken.subscribe(book("BTC/USD"))
        updates = seen(kraken, BookUpdate)
        exchange.mute.add("unsubscribe")
        exchange.desync("BTC/USD")
        exchange.wire.deliver(exchange.market("BTC/USD").snapshot(), exchange.market("BTC/USD").update())
        assert updates == []
        assert btc.book.state is BookState.AWAITING
        venue.clock.advance(2)
        await turn()
        assert btc.book.state is BookState.LIVE
        assert [update.type for update in updates] == ["snapshot"]


async def test_reproving(venue: Any, exchange: Any, seen: Any, turn: Any) -> None:
    """If asked for, a book is proven by a fresh snapshot now and then."""
    async with Client(venue, reprove_every=60) as kraken:
        resyncs = seen(kraken, Resync)
        btc = await kraken.subscribe(book("BTC/USD"))
        for _ in range(130):
            venue.clock.advance(1)
            exchange.wire.deliver(b'{"channel":"heartbeat"}')
            await turn()
        assert 2 <= len(resyncs) <= 3
        assert {event.reason for event in resyncs} == {"reprove"}
        assert btc.book.state is BookState.LIVE


async def test_structural_rules_can_be_switched_off(venue: Any, exchange: Any, seen: Any) -> None:
    """The rules that watch what the checksum does not are the client's to choose."""
    async with Client(venue, rules=()) as kraken:
        desyncs = seen(kraken, Desync)
        await kraken.subscribe(book("BTC/USD"))
        market = exchange.market("BTC/USD")
        again = market.update()
        exchange.wire.deliver(again, again)
        assert desyncs == []
    with pytest.raises(ConfigurationError):
        async with Client(venue, rules=("no_such_rule",)) as kraken:
            await kraken.subscribe(book("BTC/USD"))


async def test_updates_of_books_that_are_away_are_counted(venue: Any, exchange: Any) -> None:
    """What can't be used is counted, not hidden."""
    async with Client(venue, on_desync="report") as kraken:
        await kraken.subscribe(book("BTC/USD"))
        exchange.desync("BTC/USD")
        exchange.trade("BTC/USD", times=3)
        statistics = kraken.statistics()
        assert (statistics.messages, statistics.verified, statistics.ignored) == (5, 1, 3)
