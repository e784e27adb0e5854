"""Level 3 against the simulated Kraken: keys, tokens, the budget, faults, and the truth to compare with."""

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from client.level3_exchange import SYMBOLS, agree, key_of, playing, queues, true_queues
from havklo import (
    BookState,
    Client,
    ConfigurationError,
    Credentials,
    CredentialsError,
    EndpointUnavailable,
    Level3Subscription,
    Level3Subscriptions,
    Simulator,
    SlowConsumer,
    SubscriptionError,
    UnknownSymbol,
)
from havklo._transport.memory import MemoryVenue
from havklo.channels import book, level3
from havklo.clock import ManualClock
from havklo.errors import InvalidKey, InvalidSession, InvalidSignature, PermissionDenied, RestUnreachable
from havklo.events import (
    Connected,
    ConnectionLost,
    Desync,
    Level3Book,
    Level3Update,
    Refused,
    Resync,
    Spread,
    Stalled,
    SubscriptionLost,
)
from havklo.venues import Role, Venue


@pytest.fixture(autouse=True)
def nonces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nonces in a folder of this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("depth", [10, 100, 1000])
async def test_every_depth_follows_the_truth(depth: int) -> None:
    """Each message verifies, and the book has the simulator's own orders in their order."""
    async with playing(accounts=["trader:pro"], level3_budget=500) as (sim, kraken, watch):
        many = await kraken.subscribe(level3(*SYMBOLS, depth=depth))
        assert isinstance(many, Level3Subscriptions)
        assert many.errors == {}
        sim.step(200)
        for each in many.books.values():
            await agree(sim, watch, each)
        assert watch.of(Desync) == []
        assert kraken.statistics().verified == kraken.statistics().messages > 200


async def test_one_book() -> None:
    """It is read, iterated over, found, and counted, like a level-2 book beside it."""
    async with playing() as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("xbt/usd"))
        l2 = await kraken.subscribe(book("BTC/USD"))
        assert isinstance(btc, Level3Subscription)
        assert isinstance(btc.book, Level3Book)
        assert (btc.symbol, btc.channel) == ("BTC/USD", level3("BTC/USD"))
        assert repr(btc) == "<Level3Subscription level3 BTC/USD at depth 10, live>"
        assert kraken.level3["BTC/USD"] is btc.book
        assert kraken.books["BTC/USD"] is l2.book
        with pytest.raises(UnknownSymbol, match=r"subscribe\(level3\(\.\.\.\)\)"):
            kraken.level3["ETH/USD"]
        sim.step(20, "BTC/USD")
        await agree(sim, watch, btc.book)
        updates = [update async for update, _ in _numbered(btc, 10)]
        assert [update.type for update in updates] == ["snapshot", *["update"] * 9]
        assert updates[0].changes[0].reason == "snapshot"
        assert all(type(update) is Level3Update for update in watch.of(Level3Update))
        statistics, health = kraken.statistics(), kraken.health()
        assert (statistics.books, statistics.live, statistics.connections) == (2, 2, 2)
        assert health.state == "live"
        assert {(each.channel, each.depth, each.connection, each.state) for each in health.topics} == {
            ("level3", 10, 0, "live"),
            ("book", 10, 1, "live"),
        }
        assert [each.role for each in health.connections] == ["level3", "public"]
        await btc.unsubscribe()
        assert btc.book.state is BookState.CLOSED
        assert dict(kraken.level3) == {}
        assert l2.book.state is BookState.LIVE


async def _numbered(subscription: Any, count: int) -> Any:
    """The first events of a subscription."""
    number = 0
    async for event in subscription:
        yield event, number
        number += 1
        if number == count:
            return


async def test_two_depths_of_a_symbol() -> None:
    """They go over two connections; the deeper one is found by the symbol, and the other when it is gone."""
    async with playing() as (sim, kraken, watch):
        near = await kraken.subscribe(level3("BTC/USD"))
        deep = await kraken.subscribe(level3("BTC/USD", depth=100))
        same = await kraken.subscribe(level3("BTC/USD", depth=100))
        assert deep.book is same.book is kraken.level3["BTC/USD"]
        assert kraken.statistics().connections == 2
        sim.step(30, "BTC/USD")
        for each in (near.book, deep.book):
            await agree(sim, watch, each)
        await deep.unsubscribe()
        assert kraken.level3["BTC/USD"] is same.book
        await same.unsubscribe()
        assert kraken.level3["BTC/USD"] is near.book


async def test_some_symbols_are_refused() -> None:
    """The others are live; without any that is, it raises."""
    async with playing() as (_, kraken, _):
        many = await kraken.subscribe(level3("BTC/USD", "ETC/USD"))
        assert list(many.books) == ["BTC/USD"]
        error = many.errors["ETC/USD"]
        assert isinstance(error, SubscriptionError)
        assert (error.channel, error.error) == ("level3", "Currency pair not supported ETC/USD")
        with pytest.raises(SubscriptionError):
            await kraken.subscribe(level3("ETC/USD"))


@pytest.mark.parametrize("kind", ["drop", "corrupt", "duplicate", "reorder", "truncate"])
async def test_a_broken_message(kind: Any) -> None:
    """It is noticed, costs one resync with a token, and the book is the true one again."""
    async with playing("BTC/USD", "ETH/USD") as (sim, kraken, watch):
        many = await kraken.subscribe(level3("BTC/USD", "ETH/USD"))
        sim.step(50)
        await agree(sim, watch, many.books["BTC/USD"])
        while not watch.of(Resync):
            # A message that takes an order out and puts it back may come twice, and nothing has happened.
            injection = sim.inject(kind, "BTC/USD", role="level3")
            while injection.remaining:
                sim.step(1, "BTC/USD")
                await asyncio.sleep(0)
            sim.step(3, "BTC/USD")
            for _ in range(200):
                await asyncio.sleep(0)
        sim.step(20)
        for each in many.books.values():
            await agree(sim, watch, each)
        assert {event.channel for event in watch.of(Resync)} == {"level3"}
        assert "BTC/USD" in {event.symbol for event in watch.of(Resync)}
        assert kraken.statistics().reconnects == 0


async def test_a_cut_connection() -> None:
    """Everything is restored on a new connection, with a token for it."""
    async with playing() as (sim, kraken, watch):
        many = await kraken.subscribe(level3(*SYMBOLS))
        sim.inject("disconnect", role="level3")
        sim.step(1)
        await watch.until(lambda: len(watch.of(Resync)) == len(SYMBOLS))
        sim.step(50)
        for each in many.books.values():
            await agree(sim, watch, each)
        assert len(watch.of(ConnectionLost)) == 1
        assert [event.again for event in watch.of(Connected)] == [False, True]
        assert {(event.reason, event.channel) for event in watch.of(Resync)} == {("disconnected", "level3")}


async def test_silence_on_the_wire() -> None:
    """A connection without heartbeats is stalled, and heals with the pong."""
    async with playing("BTC/USD", heartbeat=1_000.0) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        sim.advance(3.1)
        assert btc.book.reason == "stalled"
        await watch.until(lambda: watch.of(Resync))
        await agree(sim, watch, btc.book)
        assert len(watch.of(Stalled)) == 1
        assert watch.of(ConnectionLost) == []


async def test_a_resync_that_is_asked_for() -> None:
    """The policy "report" leaves a lost book to its subscription's `resync`."""
    async with playing("BTC/USD", on_desync="report") as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        injection = sim.inject("corrupt", "BTC/USD", role="level3")
        while injection.remaining or not watch.of(Desync):
            sim.step(1)
            await asyncio.sleep(0)
        assert btc.book.state is BookState.DESYNCED
        await btc.resync()
        await agree(sim, watch, btc.book)


# -- who may --------------------------------------------------------------------------------------


async def test_no_credentials() -> None:
    """It is refused before anything is sent, and says what to do."""
    async with Simulator(1, rate=0, clock=ManualClock()) as sim, Client(sim) as kraken:
        with pytest.raises(CredentialsError, match=r"Client\(credentials=") as caught:
            await kraken.subscribe(level3("BTC/USD"))
        assert caught.value.source == "the client"
        assert sim.statistics().connections == 0
        assert kraken.statistics().requests == 0
        await kraken.subscribe(book("BTC/USD"))


async def test_credentials_are_used_only_where_they_are_needed() -> None:
    """A public channel asks for no token: a key that is no key harms nothing."""
    stranger = Credentials("nobody-knows-this-key", "c2VjcmV0")
    async with Client(Simulator(1, rate=0, clock=ManualClock()), credentials=stranger) as kraken:
        await kraken.subscribe(book("BTC/USD"))


@pytest.mark.parametrize(
    ("wrong", "cause"), [("key", InvalidKey), ("secret", InvalidSignature), ("permission", PermissionDenied)]
)
async def test_a_key_that_is_refused(wrong: str, cause: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """The subscription fails with Kraken's words, at once, and the client goes on."""
    async with Simulator(1, rate=0, clock=ManualClock(), accounts=["alice", "bob"]) as sim:
        alice, bob = sim.accounts["alice"], sim.accounts["bob"]
        keys = {"key": (alice.key[::-1], alice.secret), "secret": (alice.key, bob.secret)}
        if wrong == "permission":
            monkeypatch.setattr(sim._kraken.rest._keys, "check", _refuse)
        async with Client(sim, credentials=Credentials(*keys.get(wrong, (alice.key, alice.secret)))) as kraken:
            with pytest.raises(SubscriptionError) as caught:
                await kraken.subscribe(level3("BTC/USD"))
            assert isinstance(caught.value.__cause__, cause)
            assert caught.value.channel == "level3"
            assert caught.value.hint
            await kraken.subscribe(book("BTC/USD"))


def _refuse(*_request: object) -> None:
    """Refuse whoever asks."""
    from havklo.sim.accounts.keys import Refused as NotAnswered  # noqa: PLC0415

    raise NotAnswered("EGeneral:Permission denied")


async def test_an_expired_token() -> None:
    """Kraken refuses it, a fresh one is fetched, and the subscribe is sent once more; nobody notices."""
    async with playing() as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        sim.inject("expire_token")
        eth = await kraken.subscribe(level3("ETH/USD"))
        assert eth.book.state is btc.book.state is BookState.LIVE
        assert kraken.statistics().requests == 3
        assert watch.of(Refused) == []


async def test_a_token_that_is_never_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the second refusal it fails typed; what was live before is lost."""
    async with playing() as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        monkeypatch.setattr(sim._kraken.bank.tokens, "check", lambda *_: None)
        with pytest.raises(SubscriptionError, match="ESession:Invalid session") as caught:
            await kraken.subscribe(level3("ETH/USD"))
        assert isinstance(caught.value.__cause__, InvalidSession)
        sim.inject("disconnect", role="level3")
        await watch.until(lambda: watch.of(SubscriptionLost))
        (lost,) = watch.of(SubscriptionLost)
        assert (lost.symbol, lost.channel, lost.error.error) == ("BTC/USD", "level3", "ESession:Invalid session")
        assert btc.book.state is BookState.CLOSED


async def test_a_password_that_raises() -> None:
    """What the callable for the one-time password raises is the user's own, and ends his client."""

    def password() -> str:
        raise RuntimeError("no phone")

    async with Simulator(1, rate=0, clock=ManualClock()) as sim:
        account = sim.accounts["trader"]
        with pytest.raises(RuntimeError, match="no phone"):
            async with Client(sim, credentials=Credentials(account.key, account.secret, otp=password)) as kraken:
                await kraken.subscribe(level3("BTC/USD"))


async def test_a_client_that_ends_while_a_token_is_fetched() -> None:
    """It waits for nothing."""
    async with Simulator(1, rate=0, clock=ManualClock()) as sim:
        async with Client(sim, credentials=key_of(sim)) as kraken:
            subscribing = asyncio.create_task(kraken.subscribe(level3("BTC/USD")))
            for _ in range(200):
                await asyncio.sleep(0)
                if kraken._access._fetching:
                    break
        with pytest.raises(Exception, match="closed"):
            await subscribing
        assert not kraken._access._fetching


async def test_a_token_that_was_refused_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tokens in a row are refused, so the subscribe fails; the next one is not begun with either of them."""
    async with playing() as (sim, kraken, _):
        tokens, issued = sim._kraken.bank.tokens, list[str]()
        issue = tokens.issue

        def stillborn(*request: Any) -> str:
            issued.append(issue(*request))
            if len(issued) <= 2:
                tokens.expire()
            return issued[-1]

        monkeypatch.setattr(tokens, "issue", stillborn)
        with pytest.raises(SubscriptionError, match="Invalid session"):
            await kraken.subscribe(level3("BTC/USD"))
        await kraken.subscribe(level3("ETH/USD"))
        assert len(issued) == kraken.statistics().requests == 3


# -- where ----------------------------------------------------------------------------------------


class Narrow(Venue):
    """A venue with public market data only."""

    name = "narrow"
    endpoints: Mapping[Role, str] = {"public": "memory:public"}


async def test_a_venue_without_level3() -> None:
    """It is refused before anything else happens, even before the key is missed."""
    async with Client(Narrow()) as kraken:
        with pytest.raises(EndpointUnavailable) as caught:
            await kraken.subscribe(level3("BTC/USD"))
        assert caught.value.role == "level3"
        assert kraken.statistics().requests == 0


async def test_a_venue_without_rest() -> None:
    """There are no tokens."""
    async with Client(MemoryVenue(), credentials=Credentials("some-key", "c2VjcmV0")) as kraken:
        with pytest.raises(EndpointUnavailable) as caught:
            await kraken.subscribe(level3("BTC/USD"))
        assert caught.value.role == "rest"


async def test_the_simulators_public_address() -> None:
    """It is enough: the server says that it is the simulator, which has all on one port."""
    async with Simulator(1, rate=0, clock=ManualClock()) as sim, Client(sim.url, credentials=key_of(sim)) as kraken:
        assert dict(kraken.venue.endpoints) == {"public": sim.url}
        btc = await kraken.subscribe(level3("BTC/USD"))
        assert queues(btc.book) == true_queues(sim, btc.book)
        assert set(kraken.venue.endpoints) == {"public", "private", "level3", "rest"}
        await kraken.subscribe(level3("BTC/USD", depth=100))


@pytest.mark.parametrize("software", [None, "cloudflare", "havklo-simulator-not"])
async def test_the_address_of_another_server(software: str | None) -> None:
    """It has a public endpoint only; it is asked once, and no key is shown to it."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        headers = {} if software is None else {"Server": software}
        return web.json_response({"error": [], "result": {}}, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with Client(f"ws://127.0.0.1:{port}/v2", credentials=Credentials("some-key", "c2VjcmV0")) as kraken:
            for _ in range(2):
                with pytest.raises(EndpointUnavailable):
                    await kraken.subscribe(level3("BTC/USD"))
    finally:
        await runner.cleanup()
    assert [(request.method, request.path) for request in asked] == [("GET", "/0/public/SystemStatus")]
    assert not {"API-Key", "API-Sign"} & set(asked[0].headers)


async def test_an_address_where_nobody_answers() -> None:
    """It says so, and asks again the next time."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with Client(f"ws://127.0.0.1:{port}/v2", credentials=Credentials("some-key", "c2VjcmV0")) as kraken:
        with pytest.raises(EndpointUnavailable) as caught:
            await kraken.subscribe(level3("BTC/USD"))
        assert isinstance(caught.value.__cause__, RestUnreachable)
        assert kraken.venue.unknown is not None


async def test_an_address_with_tls() -> None:
    """The simulator has none, so nobody is asked."""
    async with Client("wss://127.0.0.1:9/v2", credentials=Credentials("some-key", "c2VjcmV0")) as kraken:
        with pytest.raises(EndpointUnavailable) as caught:
            await kraken.subscribe(level3("BTC/USD"))
        assert caught.value.__cause__ is None


# -- how many -------------------------------------------------------------------------------------


async def test_the_budget() -> None:
    """Five books of depth 1000 cost 500: two at once, and the others when their turn comes; none is ever refused."""
    async with playing() as (sim, kraken, watch):
        subscribing = asyncio.create_task(kraken.subscribe(level3(*SYMBOLS, depth=1000)))
        for live in (2, 4, 5):
            await watch.until(lambda live=live: len({each.symbol for each in watch.of(Level3Update)}) == live)
            sim.advance(1.3)
        many = await subscribing
        assert many.errors == {}
        assert kraken.statistics().requests == 3
        assert watch.of(Refused) == []


async def test_a_pro_accounts_budget() -> None:
    """Is 500 a second."""
    async with playing(accounts=["trader:pro"], level3_budget=500) as (_, kraken, _):
        many = await kraken.subscribe(level3(*SYMBOLS, depth=1000))
        assert many.errors == {}
        assert kraken.statistics().requests == 1


async def test_a_budget_that_is_too_high() -> None:
    """What Kraken refuses for it is asked for again, more slowly."""
    async with playing(level3_budget=500) as (sim, kraken, watch):
        subscribing = asyncio.create_task(kraken.subscribe(level3(*SYMBOLS, depth=1000)))
        await watch.until(lambda: len(watch.of(Level3Update)) == 2)
        while not subscribing.done():
            sim.advance(0.25)
            for _ in range(50):
                await asyncio.sleep(0)
        assert (await subscribing).errors == {}
        assert kraken.statistics().requests > 1


@pytest.mark.parametrize("budget", [0, 99])
def test_a_budget_for_nothing(budget: int) -> None:
    """It is refused."""
    with pytest.raises(ConfigurationError, match="budget"):
        Client(level3_budget=budget)


# -- what it tells --------------------------------------------------------------------------------


async def test_spreads_of_a_symbol_with_level_3_only() -> None:
    """They come from it as long as there is no level-2 book of the symbol."""
    async with playing() as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        sim.step(30, "BTC/USD")
        await agree(sim, watch, btc.book)
        tops = [update.top for update in watch.of(Level3Update)]
        spreads = watch.of(Spread)
        assert len(spreads) > 3
        assert (spreads[-1].bid, spreads[-1].ask_qty) == (tops[-1].bid.price, tops[-1].ask.qty)
        assert len(spreads) == sum(one != other for one, other in zip([None, *tops], tops, strict=False))
        await kraken.subscribe(book("BTC/USD"))
        watch.events.clear()
        sim.step(30, "BTC/USD")
        await agree(sim, watch, btc.book)
        await watch.until(lambda: kraken.books["BTC/USD"].best_bid == btc.book.best_bid)
        assert watch.of(Level3Update)
        # Level 2 tells microseconds, level 3 nanoseconds.
        assert all("." in event.timestamp and len(event.timestamp) == 27 for event in watch.of(Spread))


async def test_a_reader_that_falls_behind() -> None:
    """The latest update remains of each symbol, and says for how many it stands; the client's stream raises."""
    async with playing("BTC/USD", queue=16) as (sim, kraken, watch):
        btc = await kraken.subscribe(level3("BTC/USD"))
        updates, stream = aiter(btc), aiter(kraken)
        sim.step(60)
        await agree(sim, watch, btc.book)
        first = await anext(updates)
        assert first.conflated > 16
        assert first.changes == ()
        assert btc.dropped == first.conflated
        with pytest.raises(SlowConsumer):
            async for _ in stream:
                pass


async def test_waiting_for_a_level3_book() -> None:
    """A condition is asked after each of its updates."""
    async with playing("BTC/USD") as (sim, kraken, _):
        btc = await kraken.subscribe(level3("BTC/USD"))
        waiting = asyncio.create_task(kraken.wait_until(lambda: btc.book.statistics().messages > 5))
        await asyncio.sleep(0)
        sim.step(10)
        await asyncio.wait_for(waiting, 20)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Logs of all libraries; gives all that they have said."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(
        record.getMessage() + repr(record.args) + (record.exc_text or "") for record in caplog.records
    )


async def test_no_token_is_shown(everything_logged: Callable[[], str]) -> None:
    """Not in a repr, a log, an event, an error or the health of a client, whatever happens to its tokens."""
    told: list[str] = []
    async with playing() as (sim, kraken, watch):
        asyncio.get_running_loop().set_debug(True)
        await kraken.subscribe(level3("BTC/USD"))
        hidden = set(sim._kraken.bank.tokens._tokens)
        sim.inject("expire_token")
        await kraken.subscribe(level3("ETH/USD"))
        hidden |= set(sim._kraken.bank.tokens._tokens)
        sim.inject("disconnect", role="level3")
        await watch.until(lambda: len(watch.of(Resync)) == 2)
        with pytest.raises(SubscriptionError) as caught:
            await kraken.subscribe(level3("ETC/USD"))
        told += [repr(caught.value), repr(vars(caught.value)), repr(watch.events), repr(kraken.health())]
        told += [repr(task) for task in asyncio.all_tasks()]
        for found in gc.get_objects():
            if str(getattr(type(found), "__module__", "")).startswith("havklo") and "sim" not in type(found).__module__:
                told.append(repr(found))
    assert len(hidden) == 2
    text = "\n".join([*told, everything_logged()])
    assert not [len(token) for token in hidden if token in text], "a token has leaked"
    assert "GetWebSocketsToken: HTTP 200" in text
