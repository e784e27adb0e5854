"""The simulator as a user meets it."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from havklo.clock import ManualClock
from havklo.errors import ConfigurationError, EndpointUnavailable, HavkloError
from havklo.sim import Simulator
from havklo.sim.delivery.faults import Chance
from havklo.sim.flow import CALM, VOLATILE
from havklo.sim.scenario import Scenario
from havklo.venues import Venue

Dial = Callable[[str], Any]


async def life(dial: Dial, seed: int) -> list[str]:
    """Everything that clients of all three endpoints see in a short life on a manual clock."""
    clock = ManualClock()
    async with Simulator(6, seed=seed, rate=50, clock=clock, scenario="volatile") as sim:
        token = await token_of(sim, "trader")
        public, private, level3 = [await dial(url) for url in (sim.url, sim.private_url, sim.level3_url)]
        frames = [await peer.frame() for peer in (public, private, level3)]
        frames += await public.book(*sim.symbols, depth=25)
        for channel in ({"channel": "trade"}, {"channel": "ticker", "event_trigger": "bbo"}, {"channel": "ohlc"}):
            await public.send("subscribe", **channel, symbol=list(sim.symbols))
        await public.send("subscribe", channel="instrument")
        await level3.send("subscribe", channel="level3", symbol=["BTC/USD"], depth=100, token=token)
        for channel in ("executions", "balances"):
            await private.send("subscribe", channel=channel, token=token)
        order = {"side": "buy", "symbol": "BTC/USD", "order_qty": 0.75, "token": token}
        await private.send("add_order", 1, order_type="market", **order)
        await private.send("add_order", 2, order_type="iceberg", limit_price=60_000.1, display_qty=0.1, **order)
        for peer in (public, private, level3):
            frames += await peer.everything()
        sim.inject("corrupt", count=3)
        clock.advance(4)
        await private.send("cancel_all", 3, token=token)
        for peer in (private, public, level3):
            frames += await peer.everything()
        sim.step(5, "PEPE/USD")
        return frames + await public.everything()


async def test_same_seed_same_bytes(dial: Dial) -> None:
    """Two lives with the same seed are the same, byte for byte: ids, tokens, acks, books, orders, money, faults."""
    first, second = await life(dial, 7), await life(dial, 7)
    assert first == second
    channels = {channel for frame in first if (channel := json.loads(frame).get("channel"))}
    assert channels == {
        *("book", "trade", "ticker", "ohlc", "instrument", "level3", "executions", "balances", "status", "heartbeat")
    }
    assert len(first) > 400
    assert first != await life(dial, 8)


async def test_client_against_truth(dial: Dial, clock: ManualClock, naive_book: type) -> None:
    """Over the socket, at every depth, a naive client's book is the true one at every message."""
    async with Simulator(["BTC/USD", "MINA/GBP"], rate=0, clock=clock, history=1_000, history_depth=25) as sim:
        peers = {depth: await dial(sim.url) for depth in (10, 25, 1000)}
        books = {}
        for depth, peer in peers.items():
            await peer.frame()
            *_, snapshot = await peer.book("BTC/USD", depth=depth)
            books[depth] = naive_book(depth, strict=True)
            assert books[depth].apply(snapshot)
        sim.step(60)
        for depth, peer in peers.items():
            for frame in await peer.everything():
                assert books[depth].apply(frame)
                seen = min(depth, 25)
                bids, asks = books[depth].sides
                assert sim.ladder("BTC/USD", seen, books[depth].timestamp) == (bids[:seen], asks[:seen])
            assert books[depth].sides == sim.ladder("BTC/USD", depth)


async def test_rate_in_virtual_time(dial: Dial, clock: ManualClock) -> None:
    """The rate is what a client with depth 10 on everything counts in a second."""
    async with Simulator(3, rate=400, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await peer.book(*sim.symbols)
        clock.advance(5)
        books = [frame for frame in await peer.everything() if '"channel":"book"' in frame]
        assert 0.9 * 2_000 < len(books) < 1.1 * 2_000
        statistics = sim.statistics()
        assert (statistics.messages, statistics.frames, statistics.skipped) == (len(books), len(books), 0)
        assert statistics.seconds == 5
        assert (statistics.connections, statistics.subscriptions, statistics.faults) == (1, 3, {})
        stamps = [json.loads(frame)["data"][0]["timestamp"] for frame in books]
        assert stamps == sorted(stamps)


async def test_a_machine_that_slept(clock: ManualClock) -> None:
    """A simulator that was held up for long goes on from now and says what it left out."""
    async with Simulator(1, rate=100, clock=clock) as sim:
        sim._drive._timers.pop("market").cancel()
        clock.advance(600)
        sim._drive.go_on()
        clock.advance(1)
        statistics = sim.statistics()
        assert statistics.skipped == pytest.approx(60_000, rel=0.05)
        assert statistics.messages < 200


@pytest.mark.parametrize("kind", ["drop", "corrupt"])
async def test_lost_and_wrong_updates(dial: Dial, clock: ManualClock, kind: Any) -> None:
    """A scripted fault is on the wire and in the log, at the next update of its symbol."""
    async with Simulator(["BTC/USD", "ETH/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await peer.book("BTC/USD", "ETH/USD")
        order = sim.inject(kind, "ETH/USD")
        sim.step(1, "BTC/USD")
        assert sim.faults == []
        sim.step(1, "ETH/USD")
        sim.step(1, "ETH/USD")
        frames = [frame.encode() for frame in await peer.everything()]
        (fault,) = sim.faults
        assert order.faults == [fault]
        assert (fault.kind, fault.symbol, fault.connection) == (kind, "ETH/USD", 1)
        assert fault.frame not in frames
        assert len(frames) == (2 if kind == "drop" else 3)
        if kind == "corrupt":
            assert fault.sent == (frames[1],)
        assert sim.statistics().faults == {kind: 1}


async def test_disconnect(dial: Dial, clock: ManualClock) -> None:
    """A disconnect is an abrupt end; the next connection works and has the next number."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await peer.book("BTC/USD")
        sim.step(3)
        sim.inject("disconnect")
        sim.step(3)
        for _ in range(3):
            assert '"type":"update"' in await peer.frame(), "what was sent before still arrives"
        message = await peer.socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert peer.socket.close_code == 1006
        again = await dial(sim.url)
        await again.frame()
        await again.book("BTC/USD")
        sim.inject("drop")
        sim.step(2)
        assert len(await again.everything()) == 1
        assert [(fault.kind, fault.connection) for fault in sim.faults] == [("disconnect", 1), ("drop", 2)]


async def test_random_faults(dial: Dial, clock: ManualClock) -> None:
    """One a second, for whoever is subscribed, each of them logged."""
    kinds = [Chance(kind="drop"), Chance(kind="corrupt", weight=2)]
    async with Simulator(["BTC/USD"], rate=200, clock=clock, fault_every=1.0, fault_kinds=kinds) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        clock.advance(5)
        assert sim.faults == [], "nobody is subscribed"
        await peer.book("BTC/USD")
        clock.advance(4)
        frames = {frame.encode() for frame in await peer.everything()}
        assert len(sim.faults) in {3, 4}
        for fault in sim.faults:
            assert fault.kind in {"drop", "corrupt"}
            assert fault.frame not in frames
            assert fault.sent is None or set(fault.sent) <= frames


async def test_it_is_a_venue(clock: ManualClock) -> None:
    """Its endpoints open through the client's own transport; futures say that they are missing."""
    frames: list[bytes] = []
    closed: list[tuple[str, int | None]] = []

    class Handler:
        on_frame = staticmethod(lambda frame, _recv_ns: frames.append(frame))
        on_closed = staticmethod(lambda reason, code: closed.append((reason, code)))

    sim = Simulator(["BTC/USD"], rate=0, clock=clock)
    assert isinstance(sim, Venue)
    assert (sim.name, dict(sim.endpoints), sim.clock) == ("sim", {}, clock)
    async with sim:
        assert dict(sim.endpoints) == {
            "public": sim.url,
            "private": sim.private_url,
            "level3": sim.level3_url,
            "rest": sim.rest_url,
        }
        transport = await sim.open("public", Handler())
        with pytest.raises(EndpointUnavailable, match="sim has no futures endpoint"):
            await sim.open("futures", Handler())
    await transport.wait_closed()
    assert len(closed) == 1
    assert frames[0].startswith(b'{"channel":"status"')


async def test_entered_twice_stops_once(dial: Dial, clock: ManualClock) -> None:
    """A client that enters a running simulator does not stop it when it leaves."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        async with sim:
            url = sim.url
        peer = await dial(url)
        assert '"status"' in await peer.frame()
    with pytest.raises(HavkloError, match="not running"):
        _ = sim.url
    async with sim:
        assert (await dial(sim.url)) is not None, "and it can be started again"


async def test_stop_says_goodbye(dial: Dial, clock: ManualClock) -> None:
    """Stopping closes every connection as going away."""
    async with Simulator(["BTC/USD"], rate=100, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await sim.stop()
        message = await peer.socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)


async def test_port_in_use(clock: ManualClock) -> None:
    """A port that is taken is a configuration error with a hint, and the simulator can be entered again."""
    async with Simulator(1, rate=0, clock=clock) as sim:
        port = int(sim.url.split(":")[2].split("/")[0])
        other = Simulator(1, rate=0, clock=clock, port=port)
        with pytest.raises(ConfigurationError, match=rf"can't listen on 127.0.0.1:{port}: .*port=0"):
            await other.__aenter__()
        assert repr(other) == "<Simulator not running, 1 symbols, seed 7>"
    async with other:
        assert other.url == f"ws://127.0.0.1:{port}/v2"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": -1}, "messages a second"),
        ({"fault_every": 0}, "time in seconds"),
        ({"symbols": 0}, "one symbol"),
        ({"port": 99_999}, "from 0 to 65535"),
    ],
)
def test_impossible_options(options: dict[str, Any], words: str) -> None:
    """What can never work is refused before anything starts."""
    with pytest.raises(ConfigurationError, match=words):
        Simulator(**options)


def test_unknown_symbol() -> None:
    """Asking about a symbol that is not listed names those that are."""
    sim = Simulator(2, rate=0)
    for ask in (
        lambda: sim.ladder("XBT/USD"),
        lambda: sim.step(1, "XBT/USD"),
        lambda: sim.inject("drop", "XBT/USD"),
    ):
        with pytest.raises(ConfigurationError, match=r"'XBT/USD' is not listed .*BTC/USD, ETH/USD"):
            ask()


async def token_of(sim: Simulator, name: str) -> str:
    """A token as REST gives it, signed with the account's key."""
    account = sim.accounts[name]
    body = b"nonce=1"
    path = "/0/private/GetWebSocketsToken"
    digest = hashlib.sha256(b"1" + body).digest()
    signature = hmac.new(base64.b64decode(account.secret), path.encode() + digest, hashlib.sha512).digest()
    headers = {
        "API-Key": account.key,
        "API-Sign": base64.b64encode(signature).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(sim.rest_url + path, data=body, headers=headers) as response,
    ):
        answer = await response.json()
    assert answer["error"] == []
    return str(answer["result"]["token"])


async def test_an_account_trades(dial: Dial, clock: ManualClock) -> None:
    """Over the wire: a token, an order that rests and one that takes, reports and balances; and the truth of it."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock, accounts=["alice:pro", "bob"]) as sim:
        token = await token_of(sim, "alice")
        peer = await dial(sim.private_url)
        await peer.frame()
        for channel in ("executions", "balances"):
            await peer.send("subscribe", channel=channel, token=token)
        await peer.everything()
        (best, _), *_ = sim.ladder("BTC/USD")[0]
        order: dict[str, Any] = {"order_type": "limit", "side": "buy", "symbol": "BTC/USD", "token": token}
        await peer.send("add_order", 1, **order, order_qty=0.5, limit_price=float(best))
        await peer.send("add_order", 2, order_type="market", side="buy", symbol="BTC/USD", order_qty=0.1, token=token)
        frames = [json.loads(frame) for frame in await peer.everything()]
        acks = {frame["req_id"]: frame["result"] for frame in frames if "method" in frame}
        (resting,) = sim.orders("alice")
        assert resting.order_id == acks[1]["order_id"]
        (taken,) = sim.orders("alice", closed=True)
        assert (taken.order_id, taken.status) == (acks[2]["order_id"], "filled")
        kinds = [row["exec_type"] for frame in frames if frame.get("channel") == "executions" for row in frame["data"]]
        assert kinds[:3] == ["pending_new", "new", "pending_new"]
        assert kinds[-1] == "filled"
        assert sum(trade.qty for trade in sim.trades("BTC/USD")) == 10_000_000
        mine = [order for order in sim.queue("BTC/USD")[0] if order.owner]
        assert [(order.order_id, order.order_qty) for order in mine] == [(resting.order_id, "0.50000000")]
        assert not any(sim.ledger.totals().values())
        assert sim.orders("bob") == []
        with pytest.raises(ConfigurationError, match=r"no account 'carol' .*alice, bob"):
            sim.orders("carol")


async def test_what_is_due_later_comes_in_time(dial: Dial, clock: ManualClock) -> None:
    """A dead man's switch goes off on the clock, with nothing else happening."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock, accounts=["alice"]) as sim:
        token = await token_of(sim, "alice")
        peer = await dial(sim.private_url)
        await peer.frame()
        price = float(sim.ladder("BTC/USD")[0][-1][0])
        await peer.send(
            "add_order",
            order_type="limit",
            side="buy",
            symbol="BTC/USD",
            order_qty=0.5,
            limit_price=price,
            token=token,
        )
        await peer.send("cancel_all_orders_after", timeout=60, token=token)
        await peer.everything()
        sim.advance(59.9)
        assert len(sim.orders("alice")) == 1
        sim.advance(0.2)
        assert sim.orders("alice") == []
        assert sim.orders("alice", closed=True)[0].reason == "CancelAllOrdersAfter Timeout"


async def test_states_are_told(dial: Dial, clock: ManualClock) -> None:
    """The engine's state and announcements go to every connection, a pair's to readers of the instruments."""
    async with Simulator(["BTC/USD", "ETH/USD"], rate=100, clock=clock) as sim:
        peer = await dial(sim.url)
        await peer.frame()
        await peer.send("subscribe", channel="instrument", snapshot=False)
        await peer.everything()
        sim.set_system("cancel_only")
        sim.set_status("ETH/USD", "maintenance")
        sim.announce("imminent_5m", 300, 600)
        sim.announce(None)
        system, pair, announced, over = [json.loads(frame)["data"] for frame in await peer.everything()]
        assert system[0]["system"] == "cancel_only"
        assert [(row["symbol"], row["status"]) for row in pair["pairs"]] == [("ETH/USD", "maintenance")]
        assert announced[0]["upcoming_maintenance"][0]["time_to_start_s"] == 300
        assert over[0]["upcoming_maintenance"] == []
        before = sim.ladder("BTC/USD")
        sim.advance(5)
        assert sim.ladder("BTC/USD") == before, "nobody trades"


async def test_moods_and_crashes(clock: ManualClock) -> None:
    """A market can be made quieter, and its price can be made to fall."""
    async with Simulator(["BTC/USD"], rate=100, clock=clock) as sim:
        sim.set_regime(None, CALM)
        sim.advance(10)
        assert sim.statistics().messages < 700
        price = float(sim.ladder("BTC/USD")[0][0][0])
        sim.crash("BTC/USD", 0.02)
        sim.advance(15)
        assert float(sim.ladder("BTC/USD")[0][0][0]) < 0.99 * price


def test_time_that_is_not_mine() -> None:
    """Only a manual clock can be moved."""
    with pytest.raises(ConfigurationError, match=r"passes by itself .*ManualClock"):
        Simulator(1, rate=0).advance(1)


async def test_a_faster_clock(clock: ManualClock) -> None:
    """With speed its own time runs ahead of the clock's."""
    async with Simulator(1, rate=100, clock=clock, speed=10) as sim:
        clock.advance(1)
        assert sim.statistics().seconds == pytest.approx(10)
        assert 700 < sim.statistics().messages < 1_300
        sim.advance(5)
        assert sim.statistics().seconds == pytest.approx(15)


async def test_a_scenario(dial: Dial, clock: ManualClock) -> None:
    """It says what is not said otherwise, and its events come when they are due."""
    scenario = Scenario.parse(
        """
        symbols = ["BTC/USD", "ETH/USD"]
        rate = 50
        seed = 3
        [[account]]
        name = "alice"
        [[fault]]
        at = 2.0
        kind = "drop"
        symbol = "ETH/USD"
        [[regime]]
        at = 1.0
        name = "volatile"
        """,
        "mine.toml",
    )
    async with Simulator(scenario=scenario, clock=clock, rate=80) as sim:
        assert (sim.symbols, sim.seed, sim.rate, list(sim.accounts)) == (("BTC/USD", "ETH/USD"), 3, 80, ["alice"])
        peer = await dial(sim.url)
        await peer.frame()
        await peer.book("ETH/USD")
        sim.advance(1.9)
        assert sim.faults == []
        sim.advance(3)
        assert [(fault.kind, fault.symbol) for fault in sim.faults] == [("drop", "ETH/USD")]
        listing = sim._kraken.exchange.listing("BTC/USD", 0)
        assert listing.flow.regime is VOLATILE


def test_truth_without_a_server() -> None:
    """A market can be stepped and looked at before anything listens."""
    sim = Simulator(["PEPE/USD"], rate=0)
    before = sim.ladder("PEPE/USD", 10)
    sim.step(3)
    assert sim.ladder("PEPE/USD", 10) != before
    price, qty = before[0][0]
    assert len(price.split(".")[1]) == 10
    assert len(qty.split(".")[0]) >= 10


def test_import_is_light() -> None:
    """Importing the simulator loads no web server and nothing of the engine that it judges."""
    script = (
        "import sys, havklo; before = set(sys.modules); import havklo.sim;"
        "new = {name for name in set(sys.modules) - before if name.split('.')[0] in ('aiohttp', 'numpy')"
        " or name in ('havklo._engine', 'havklo.client', 'havklo.events')}; print(sorted(new))"
    )
    result = subprocess.run(  # noqa: S603  # the command stands above
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


async def test_recurring_faults_do_not_pile_up(clock: ManualClock) -> None:
    """While nobody is there to be struck, a row of faults has one order and not one more each time."""
    scenario = Scenario.parse(
        '[[fault]]\nevery = 2.0\nkind = "lose_ack"\n[[fault]]\nevery = 3\nkind = "drop"', "row.toml"
    )
    async with Simulator(["BTC/USD"], rate=0, scenario=scenario, clock=clock) as sim:
        sim.advance(60)
        assert len(sim._faults.pending) == 2


async def test_the_crowd_is_counted_only_when_it_trades(clock: ManualClock) -> None:
    """During maintenance there are no market messages."""
    async with Simulator(["BTC/USD"], rate=100, clock=clock) as sim:
        sim.set_system("maintenance")
        sim.advance(5)
        assert sim.statistics().messages == 0
        sim.set_system("online")
        sim.advance(5)
        assert 350 < sim.statistics().messages < 650


@pytest.mark.parametrize("path", ["/private/v2", "/v2/private", "/level3/v2", "/v2/level3"])
async def test_two_ways_to_an_endpoint(dial: Dial, clock: ManualClock, path: str) -> None:
    """With the version last, as Kraken has it, and behind the public address."""
    async with Simulator(["BTC/USD"], rate=0, clock=clock) as sim:
        peer = await dial(sim.url.removesuffix("/v2") + path)
        await peer.frame()
        await peer.send("subscribe", channel="book", symbol=["BTC/USD"])
        assert "Public market data subscriptions are unavailable" in await peer.frame()
