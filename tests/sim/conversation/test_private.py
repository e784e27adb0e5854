"""The private endpoint: tokens, executions, balances, orders."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sim.conversation.conftest import NOW, Peer, World

LIMIT = {"order_type": "limit", "side": "buy", "order_qty": 0.25, "limit_price": 50000.1, "symbol": "BTC/USD"}
MARKET = {"order_type": "market", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}


def data(frame: str) -> list[dict[str, Any]]:
    """The rows of a message."""
    rows: list[dict[str, Any]] = json.loads(frame)["data"]
    return rows


def subscribed(world: World, channel: str, token: str, **params: object) -> Peer:
    """A connection with one subscription."""
    peer = world.peer("private")
    (ack, *_) = peer.call("subscribe", channel=channel, token=token, **params)
    assert '"success":true' in ack
    return peer


@pytest.mark.parametrize("channel", ["executions", "balances"])
@pytest.mark.parametrize("token", ["wrong", 5, None])
def test_bad_token(world: World, channel: str, token: object) -> None:
    """The ack has channel and status; so it has without any token, and with one that has expired."""
    peer, error = world.peer("private"), '"error":"ESession:Invalid session","method":"subscribe","status":"error",'
    expected = '{"channel":"' + channel + '",' + error + '"success":false,'
    assert peer.call("subscribe", channel=channel, token=token) == [expected + NOW]
    assert peer.call("subscribe", channel=channel) == [expected + NOW]
    good = world.token()
    world.kraken.expire_tokens("alice")
    assert peer.call("subscribe", channel=channel, token=good) == [expected + NOW]
    assert not peer.conversation.subscribed


@pytest.mark.parametrize(("channel", "permission"), [("executions", "query-orders"), ("balances", "query-funds")])
def test_permissions(world: World, channel: str, permission: Any) -> None:
    """A token is good for what its key may do."""
    peer = world.peer("private")
    (answer,) = peer.call("subscribe", channel=channel, token=world.token(permissions={"websockets"}))
    assert answer.startswith('{"channel":"' + channel + '","error":"EGeneral:Permission denied",')
    (answer, _) = peer.call("subscribe", channel=channel, token=world.token(permissions={"websockets", permission}))
    assert '"success":true' in answer


def test_executions_ack(world: World) -> None:
    """It tells the account's rate limit, and warns."""
    peer = world.peer("private")
    ack, snapshot = peer.call("subscribe", channel="executions", token=world.token(), snap_trades=True)
    assert ack == (
        '{"method":"subscribe","result":{"channel":"executions","maxratecount":60,"snap_orders":true,'
        '"snap_trades":true,"snapshot":true,"warnings":["cancel_reason is deprecated, use reason"]},"success":true,'
        + NOW
    )
    assert snapshot == '{"channel":"executions","type":"snapshot","data":[],"sequence":1}'
    assert peer.conversation.subscribed


@pytest.mark.parametrize(
    ("params", "exec_types"),
    [
        ({}, ["new"]),
        ({"snap_trades": True}, ["new", "trade"]),
        ({"snap_orders": False, "snap_trades": True}, ["trade"]),
        ({"snapshot": False, "snapshot_trades": True}, ["trade"]),
        ({"snapshot": False, "snap_orders": True}, ["new"]),
        ({"snap_orders": False}, None),
    ],
)
def test_executions_snapshot(world: World, params: dict[str, bool], exec_types: list[str] | None) -> None:
    """Open orders, then fills, as asked for by the names of today or by the old ones."""
    token = world.token()
    trader, reader = world.peer("private"), world.peer("private")
    trader.call("add_order", **MARKET | {"order_qty": 0.0001}, token=token)
    trader.call("add_order", **LIMIT, token=token)
    _, *snapshots = reader.call("subscribe", channel="executions", token=token, **params)
    told = [[row["exec_type"] for row in data(frame)] for frame in snapshots]
    assert told == ([] if exec_types is None else [exec_types])
    trader.call("cancel_all", token=token)
    (update,) = reader.told()
    assert json.loads(update)["sequence"] == 1 + len(snapshots)


def test_executions_updates(world: World) -> None:
    """An order's life, message by message, to its own account's readers only."""
    token = world.token()
    peers = [subscribed(world, "executions", token) for _ in range(2)]
    stranger = subscribed(world, "executions", world.token("bob"))
    world.peer("private").call("add_order", **LIMIT, token=token)
    world.peer("private").call("cancel_all", token=token)
    for peer in peers:
        assert {topic for topic, _ in peer.frames} == {("executions", "")}
        frames = peer.told()
        assert [json.loads(frame)["sequence"] for frame in frames] == [2, 3, 4]
        assert [data(frame)[0]["exec_type"] for frame in frames] == ["pending_new", "new", "canceled"]
    assert stranger.told() == []


def test_executions_options(world: World) -> None:
    """Fewer kinds of reports, and the rate counter."""
    token = world.token()
    brief = subscribed(world, "executions", token, order_status=False)
    counted = subscribed(world, "executions", token, ratecounter=True)
    world.peer("private").call("add_order", **LIMIT, token=token)
    world.peer("private").call("add_order", **LIMIT, token=token)
    assert [data(frame)[0]["exec_type"] for frame in brief.told()] == ["new", "new"]
    assert [data(frame)[0]["ratecount"] for frame in counted.told()] == [1, 1, 2, 2]


def test_the_counters_name_follows_the_rules(make_world: Callable[..., World]) -> None:
    """Nobody knows its name for certain."""
    world = make_world(ratecount_field="rate")
    token = world.token()
    peer = subscribed(world, "executions", token, ratecounter=True)
    peer.call("add_order", **LIMIT, token=token)
    assert all("rate" in data(frame)[0] for frame in peer.told())


def test_balances(world: World) -> None:
    """Ack, snapshot, and an update for each entry; a trade has two with one reference."""
    token = world.token()
    peer, stranger = world.peer("private"), subscribed(world, "balances", world.token("bob"))
    ack, snapshot = peer.call("subscribe", channel="balances", token=token)
    assert ack == ('{"method":"subscribe","result":{"channel":"balances","snapshot":true},"success":true,' + NOW)
    wallets = {"BTC": 2.0, "USD": 100000.0}
    assert {row["asset"]: row["balance"] for row in data(snapshot)} == wallets
    peer.call("add_order", **MARKET | {"order_qty": 0.0001}, token=token)
    assert {topic for topic, _ in peer.frames} == {("balances", "")}
    frames = peer.told()
    assert [json.loads(frame)["sequence"] for frame in frames] == [2, 3]
    bought, paid = (data(frame)[0] for frame in frames)
    assert bought["ref_id"] == paid["ref_id"]
    assert (bought["asset"], bought["balance"]) == ("BTC", 2.0001)
    world.kraken.bank.deposit(world.kraken.bank.accounts[1], "ETH", "0.5", now_ns=world.now_ns)
    (deposit,) = peer.told()
    assert (data(deposit)[0]["type"], data(deposit)[0]["balance"]) == ("deposit", 0.5)
    assert stranger.told() == []


def test_balances_without_snapshot(world: World) -> None:
    """Then the first update has the first number."""
    token = world.token()
    peer = world.peer("private")
    (ack,) = peer.call("subscribe", channel="balances", token=token, snapshot=False)
    assert '"snapshot":false' in ack
    world.kraken.bank.deposit(world.kraken.bank.accounts[1], "ETH", 1, now_ns=world.now_ns)
    assert json.loads(peer.told()[0])["sequence"] == 1


@pytest.mark.parametrize("channel", ["executions", "balances"])
def test_unsubscribe(world: World, channel: str) -> None:
    """It ends the messages, and the channel can be subscribed again, counted from 1; a second time it is refused."""
    token = world.token()
    peer = subscribed(world, channel, token)
    assert peer.call("subscribe", channel=channel, token=token) == [
        '{"error":"Already subscribed","method":"subscribe","success":false,' + NOW
    ]
    assert peer.call("unsubscribe", channel=channel, token=token) == [
        '{"method":"unsubscribe","result":{"channel":"' + channel + '"},"success":true,' + NOW
    ]
    assert not peer.conversation.subscribed
    peer.call("add_order", **MARKET, token=token)
    assert peer.told() == []
    assert peer.call("unsubscribe", channel=channel, token=token) == [
        '{"error":"Subscription Not Found","method":"unsubscribe","success":false,' + NOW
    ]
    assert json.loads(peer.call("subscribe", channel=channel, token=token)[1])["sequence"] == 1


@pytest.mark.parametrize("name", ["snapshot", "snap_orders", "snap_trades", "order_status", "ratecounter"])
def test_wrong_types(world: World, name: str) -> None:
    """A flag is true or false; nothing is subscribed."""
    peer = world.peer("private")
    assert peer.call("subscribe", channel="executions", token=world.token(), **{name: 1}) == [
        '{"error":"Malformed request","method":"subscribe","success":false,' + NOW
    ]
    assert not peer.conversation.subscribed


@pytest.mark.parametrize("channel", ["executions", "balances"])
def test_token_lives_as_long_as_a_subscription(world: World, channel: str) -> None:
    """After its first minutes a token is good for as long as some connection reads with it."""
    token = world.token()
    peer = subscribed(world, channel, token)
    other = subscribed(world, channel, token)
    world.clock.advance(5_000)
    assert '"success":true' in peer.call("add_order", **LIMIT, token=token)[0]
    peer.call("unsubscribe", channel=channel)
    assert '"success":true' in peer.call("cancel_all", token=token)[0]
    other.conversation.end()
    assert '"error":"ESession:Invalid session"' in peer.call("cancel_all", token=token)[0]


def test_what_happens_before_the_snapshot_is_in_it(world: World) -> None:
    """Between ack and snapshot nothing is lost, and nothing is told twice."""
    token = world.token()
    peer, trader = world.peer("private"), world.peer("private")
    request = {"method": "subscribe", "params": {"channel": "executions", "token": token}}
    answer = peer.conversation.handle(json.dumps(request))
    next(answer)
    trader.call("add_order", **LIMIT, token=token)
    assert peer.told() == []
    snapshot = next(answer)
    assert len(data(snapshot.decode())) == 1
    trader.call("add_order", **LIMIT, token=token)
    assert [json.loads(frame)["sequence"] for frame in peer.told()] == [2, 3]


def test_end(world: World) -> None:
    """A connection that has ended is told nothing more."""
    token = world.token()
    peers = [subscribed(world, channel, token) for channel in ("executions", "balances")]
    for peer in peers:
        peer.conversation.end()
        assert not peer.conversation.subscribed
    world.peer("private").call("add_order", **MARKET, token=token)
    assert [peer.told() for peer in peers] == [[], []]


def test_orders(world: World) -> None:
    """One frame per answer of the desk, with the req_id."""
    token, peer = world.token(), world.peer("private")
    (added,) = peer.ask({"method": "add_order", "params": LIMIT | {"token": token, "cl_ord_id": "mine"}, "req_id": 5})
    order_id = json.loads(added)["result"]["order_id"]
    assert added == (
        '{"method":"add_order","req_id":5,"result":{"cl_ord_id":"mine","order_id":"'
        + order_id
        + '"},"success":true,'
        + NOW
    )
    request = {"order_id": [order_id, "OXXXXX-XXXXX-XXXXXX"], "token": token}
    cancelled, unknown = peer.ask({"method": "cancel_order", "params": request, "req_id": 6})
    assert json.loads(cancelled)["result"]["order_id"] == order_id
    assert unknown == (
        '{"error":"EOrder:Unknown order","method":"cancel_order","order_id":"OXXXXX-XXXXX-XXXXXX","req_id":6,'
        '"success":false,' + NOW
    )


def test_refused_order(world: World) -> None:
    """The token is no field of the order, and a field that does not exist is named."""
    assert world.peer("private").call("add_order", **LIMIT, price=1, token=world.token()) == [
        '{"error":"Unsupported field: \'price\' for the given msg type: add order","method":"add_order",'
        '"success":false,' + NOW
    ]


@pytest.mark.parametrize(
    ("method", "permission"),
    [
        ("add_order", "create-orders"),
        ("amend_order", "create-orders"),
        ("edit_order", "create-orders"),
        ("batch_add", "create-orders"),
        ("cancel_order", "cancel-orders"),
        ("cancel_all", "cancel-orders"),
        ("cancel_all_orders_after", "cancel-orders"),
        ("batch_cancel", "cancel-orders"),
    ],
)
def test_orders_need_a_token_that_allows_them(world: World, method: str, permission: Any) -> None:
    """Without a good token the session is invalid; with one that is good for other things it is denied."""
    peer = world.peer("private")
    for params in ({}, {"token": "wrong"}, {"token": 7}):
        assert peer.call(method, **params) == [
            '{"error":"ESession:Invalid session","method":"' + method + '","success":false,' + NOW
        ]
    (answer,) = peer.call(method, token=world.token(permissions={"websockets", "query-orders"}))
    assert answer.startswith('{"error":"EGeneral:Permission denied",')
    for answer in peer.call(method, token=world.token(permissions={permission})):
        assert "Permission denied" not in answer
