"""A connection's conversation: what all three endpoints have in common."""

import json
from collections.abc import Callable

import pytest

from havklo.sim.rules import Texts
from sim.conversation.conftest import NOW, World

ROLES = ["public", "private", "level3"]


@pytest.mark.parametrize("role", ROLES)
def test_status_comes_first(world: World, role: str) -> None:
    """Its connection_id is beyond what a double can hold, and different for each connection."""
    frames = [json.loads(next(iter(world.peer(role).conversation.accept()))) for _ in range(2)]
    ids = [frame["data"][0].pop("connection_id") for frame in frames]
    assert all(2**53 < each < 2**64 for each in ids)
    assert ids[0] != ids[1]
    assert frames[0]["channel"] == "status"
    assert frames[0]["data"][0]["system"] == "online"


@pytest.mark.parametrize("role", ROLES)
def test_ping(world: World, role: str) -> None:
    """A ping is answered by a pong with its req_id, or without one, and is no subscription."""
    peer = world.peer(role)
    assert peer.ask({"method": "ping", "req_id": 42}) == ['{"method":"pong","req_id":42,' + NOW]
    assert peer.ask({"method": "ping"}) == ['{"method":"pong",' + NOW]
    assert not peer.conversation.subscribed


def test_pong_success(make_world: Callable[..., World]) -> None:
    """Whether a pong says that it is a success is an open point."""
    assert make_world(pong_success=True).peer().ask({"method": "ping"}) == ['{"method":"pong","success":true,' + NOW]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("request_", [b"{", {"params": {}}, {"method": "ping", "req_id": "x"}])
def test_malformed(world: World, role: str, request_: object) -> None:
    """The connection stays as it was."""
    peer = world.peer(role)
    (answer,) = peer.ask(request_)
    assert answer.startswith('{"error":"Malformed request",')
    assert peer.ask({"method": "ping"}) != []


@pytest.mark.parametrize("role", ROLES)
def test_unknown_method_and_channel(make_world: Callable[..., World], role: str) -> None:
    """Both are refused in words that are an assumption, and can be replaced."""
    peer = make_world(texts=Texts(unknown_channel="No such channel")).peer(role)
    assert peer.ask({"method": "dance", "req_id": 1}) == [
        '{"error":"Unsupported method","method":"dance","req_id":1,"success":false,' + NOW
    ]
    for method in ("subscribe", "unsubscribe"):
        assert peer.call(method, channel="gossip", token=None) == [
            '{"error":"No such channel","method":"' + method + '","success":false,' + NOW
        ]


TRY_PRIVATE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
TRY_PUBLIC = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
METHODS = (
    "add_order",
    "amend_order",
    "edit_order",
    "cancel_order",
    "cancel_all",
    "cancel_all_orders_after",
    "batch_add",
    "batch_cancel",
)


@pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
@pytest.mark.parametrize(
    ("role", "channels", "text"),
    [
        ("public", ("executions", "balances", "level3"), TRY_PRIVATE),
        ("level3", ("executions", "balances"), TRY_PRIVATE),
        ("private", ("book", "trade", "ticker", "ohlc", "instrument"), TRY_PUBLIC),
        ("level3", ("book", "trade", "ticker", "ohlc", "instrument"), TRY_PUBLIC),
        ("private", ("level3",), "Unsupported channel"),
    ],
)
def test_channels_of_other_endpoints(
    world: World, role: str, channels: tuple[str, ...], text: str, method: str
) -> None:
    """They are refused by Kraken's sentences, whatever else the request says."""
    peer = world.peer(role)
    for channel in channels:
        assert peer.call(method, channel=channel, depth="x", token=7) == [
            '{"error":"' + text + '","method":"' + method + '","success":false,' + NOW
        ]
    assert not peer.conversation.subscribed


@pytest.mark.parametrize("role", ["public", "level3"])
@pytest.mark.parametrize("method", METHODS)
def test_trading_elsewhere(world: World, role: str, method: str) -> None:
    """Orders are taken at the private endpoint only."""
    expected = '{"error":"' + TRY_PRIVATE + '","method":"' + method + '","success":false,' + NOW
    assert world.peer(role).call(method) == [expected]


def test_end(world: World) -> None:
    """A conversation that ends leaves nothing behind, also in the middle of an answer."""
    hub, token = world.kraken.hub, world.token()
    for role, channel in (("public", "book"), ("level3", "level3")):
        peer = world.peer(role)
        request = {"channel": channel, "symbol": ["ETH/USD", "XRP/USD"], "token": token}
        answer = peer.conversation.handle(json.dumps({"method": "subscribe", "params": request}))
        for _ in range(3):
            next(answer)
        assert hub.subscriptions == 1
        peer.conversation.end()
        assert hub.subscriptions == 0
        assert not peer.conversation.subscribed


def test_repr(world: World) -> None:
    """The parts show their state."""
    peer = world.peer()
    peer.call("subscribe", channel="book", symbol=["BTC/USD", "ETH/USD"])
    peer.call("subscribe", channel="instrument")
    assert repr(peer.conversation) == "<Conversation public, 3 subscriptions>"
