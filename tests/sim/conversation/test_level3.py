"""The level-3 endpoint: token, budget, and the way into the channel."""

import json
from collections.abc import Callable

import pytest

from havklo.clock import ManualClock
from havklo.sim.kraken import Kraken
from havklo.sim.symbols import pairs
from sim.channels.level3_client import NaiveOrders
from sim.conversation.conftest import NOW, Peer, World

SESSION = (
    '{"channel":"level3","error":"ESession:Invalid session","method":"subscribe","status":"error","success":false,'
)


def test_subscribe(world: World) -> None:
    """Acks, snapshots, updates; the unsubscribe mirrors it and needs no token."""
    peer, token = world.peer("level3"), world.token()
    ack, refused, snapshot = peer.call("subscribe", channel="level3", symbol=["BTC/USD", "XBT/USD"], token=token)
    assert ack == (
        '{"method":"subscribe","result":{"channel":"level3","depth":10,"snapshot":true,"symbol":"BTC/USD"},'
        '"success":true,' + NOW
    )
    assert refused.startswith('{"error":"Currency pair not supported XBT/USD",')
    reader = NaiveOrders(10)
    assert reader.apply(snapshot.encode())
    for _ in range(20):
        world.trade()
    frames = peer.told()
    assert len(frames) == 20
    assert all(reader.apply(frame.encode()) for frame in frames)
    assert peer.call("unsubscribe", channel="level3", symbol=["BTC/USD"], depth=10) == [
        '{"method":"unsubscribe","result":{"channel":"level3","depth":10,"symbol":"BTC/USD"},"success":true,' + NOW
    ]
    world.trade()
    assert peer.told() == []
    assert not peer.conversation.subscribed


def test_no_snapshot(world: World) -> None:
    """A snapshot that is not wanted is not sent."""
    params = {"channel": "level3", "symbol": ["BTC/USD"], "snapshot": False, "token": world.token()}
    assert len(world.peer("level3").call("subscribe", **params)) == 1


@pytest.mark.parametrize("depth", [25, 500, 0])
def test_depths(world: World, depth: int) -> None:
    """Other depths than 10, 100 and 1000 are not offered here."""
    params = {"channel": "level3", "symbol": ["BTC/USD"], "depth": depth, "token": world.token()}
    assert world.peer("level3").call("subscribe", **params) == [
        '{"error":"Subscription depth not supported","method":"subscribe","success":false,' + NOW
    ]


@pytest.mark.parametrize("token", ["wrong", "", 5, None])
def test_bad_token(world: World, token: object) -> None:
    """One ack for all symbols, with channel and status; so it is without any token, and with one that ended."""
    peer = world.peer("level3")
    params = {"channel": "level3", "symbol": ["BTC/USD", "ETH/USD"]}
    assert peer.call("subscribe", **params, token=token) == [SESSION + NOW]
    assert peer.call("subscribe", **params) == [SESSION + NOW]
    good = world.token()
    world.clock.advance(900)
    (answer,) = peer.call("subscribe", **params, token=good)
    assert answer.startswith(SESSION)


@pytest.mark.parametrize("keeps", [True, False])
def test_token_lives_on(make_world: Callable[..., World], keeps: bool) -> None:
    """A subscription keeps its token alive until it ends, if the rules say so."""
    world = make_world(level3_keeps_token=keeps)
    peer, token = world.peer("level3"), world.token()
    peer.call("subscribe", channel="level3", symbol=["BTC/USD", "ETH/USD"], token=token)
    world.clock.advance(1_000)
    assert (world.kraken.bank.tokens.check(token, world.now_ns) is not None) == keeps
    peer.call("unsubscribe", channel="level3", symbol=["BTC/USD"])
    assert (world.kraken.bank.tokens.check(token, world.now_ns) is not None) == keeps
    peer.call("unsubscribe", channel="level3", symbol=["ETH/USD"])
    assert world.kraken.bank.tokens.check(token, world.now_ns) is None


def test_end_releases_the_token(world: World) -> None:
    """So does the end of the connection."""
    peer, token = world.peer("level3"), world.token()
    peer.call("subscribe", channel="level3", symbol=["BTC/USD"], token=token)
    world.clock.advance(1_000)
    peer.conversation.end()
    assert world.kraken.bank.tokens.check(token, world.now_ns) is None


class Crowded:
    """An exchange with many pairs that nobody trades."""

    def __init__(self, count: int, tier: str) -> None:
        self.clock = ManualClock()
        kraken = Kraken(pairs(count), self.clock)
        account = kraken.bank.open("alice", tier=tier)  # pyright: ignore[reportArgumentType]
        self.token = kraken.bank.tokens.issue(account, self.clock.epoch_ns())
        self.symbols = list(kraken.exchange.pairs)
        self.peer = Peer(kraken, 1, "level3")

    def subscribe(self, symbols: list[str], depth: int) -> list[str]:
        """The errors of one request, as its acks have them; "" for none. No market opens."""
        params = {"channel": "level3", "symbol": symbols, "depth": depth, "token": self.token, "snapshot": False}
        answer = self.peer.conversation.handle(json.dumps({"method": "subscribe", "params": params}))
        return [json.loads(next(answer)).get("error", "") for _ in symbols]


@pytest.mark.parametrize(
    ("tier", "depth", "allowed"),
    [("starter", 10, 40), ("starter", 100, 8), ("intermediate", 1000, 2), ("pro", 1000, 5), ("pro", 100, 20)],
)
def test_budget(tier: str, depth: int, allowed: int) -> None:
    """A second's subscriptions cost no more than the budget, which comes back evenly."""
    crowded = Crowded(60, tier)
    answers = crowded.subscribe(crowded.symbols[: allowed + 2], depth)
    assert answers == [""] * allowed + ["EAPI:Rate limit exceeded"] * 2
    crowded.clock.advance(1 / allowed)
    answers = crowded.subscribe(crowded.symbols[allowed : allowed + 2], depth)
    assert answers == ["", "EAPI:Rate limit exceeded"]
    # However long nothing was asked for, it is never more than that of a second.
    crowded.peer.call("unsubscribe", channel="level3", symbol=crowded.symbols[: allowed + 1])
    crowded.clock.advance(10)
    assert crowded.subscribe(crowded.symbols[: allowed + 1], depth)[-2:] == ["", "EAPI:Rate limit exceeded"]


def test_symbols() -> None:
    """A connection has 200 symbols at most."""
    crowded = Crowded(202, "pro")
    answers = crowded.subscribe(crowded.symbols[:100], 10)
    crowded.clock.advance(1)
    answers += crowded.subscribe(crowded.symbols[100:200], 10)
    crowded.clock.advance(1)
    answers += crowded.subscribe(crowded.symbols[200:], 10)
    assert answers == [""] * 200 + ["EGeneral:Too many symbols"] * 2
    crowded.peer.call("unsubscribe", channel="level3", symbol=crowded.symbols[:1])
    assert crowded.subscribe(crowded.symbols[200:], 10) == ["", "EGeneral:Too many symbols"]
