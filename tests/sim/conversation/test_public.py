"""The public endpoint: requests and their literal answers."""

import json
from typing import Any

import pytest

from sim.conversation.conftest import NOW, World


def test_one_ack_per_symbol_then_snapshots(world: World) -> None:
    """All acks carry the req_id, errors stand where their symbol stood, snapshots follow."""
    peer = world.peer()
    symbols = ["BTC/USD", "XBT/USD", "ETH/USD", "BTC/USD", "XBTUSD"]
    request = {"method": "subscribe", "params": {"channel": "book", "symbol": symbols, "depth": 25}, "req_id": 3}
    *acks, first, second = peer.ask(request)
    result = '{{"channel":"book","depth":25,"snapshot":true,"symbol":"{}"}}'
    ok = '{{"method":"subscribe","req_id":3,"result":' + result + ","
    refused = '{"error":"Currency pair not supported XBT/USD","method":"subscribe","req_id":3,"success":false,'
    assert acks[:3] == [
        ok.format("BTC/USD") + '"success":true,' + NOW,
        refused + '"symbol":"XBT/USD",' + NOW,
        ok.format("ETH/USD") + '"success":true,' + NOW,
    ]
    assert acks[3].startswith('{"error":"Already subscribed",')
    assert acks[4].startswith('{"error":"Currency pair not in ISO 4217-A3 format XBTUSD",')
    for frame, symbol in ((first, "BTC/USD"), (second, "ETH/USD")):
        message = json.loads(frame)
        assert (message["type"], message["data"][0]["symbol"]) == ("snapshot", symbol)
        assert len(message["data"][0]["bids"]) == len(message["data"][0]["asks"]) == 25
    assert world.kraken.hub.targets("book") == [("BTC/USD", 1), ("ETH/USD", 1)]


ACKS = [
    ("book", {}, '"depth":10,"snapshot":true,', '"depth":10,'),
    ("book", {"depth": 1000, "snapshot": False}, '"depth":1000,"snapshot":false,', '"depth":1000,'),
    ("trade", {}, '"snapshot":false,', ""),
    ("trade", {"snapshot": True}, '"snapshot":true,', ""),
    ("ticker", {}, '"event_trigger":"trades","snapshot":true,', '"event_trigger":"trades",'),
    ("ticker", {"event_trigger": "bbo"}, '"event_trigger":"bbo","snapshot":true,', '"event_trigger":"bbo",'),
    ("ohlc", {}, '"interval":1,"snapshot":true,', '"interval":1,'),
    ("ohlc", {"interval": 240}, '"interval":240,"snapshot":true,', '"interval":240,'),
]


@pytest.mark.parametrize(("channel", "params", "subscribed", "unsubscribed"), ACKS)
def test_acks(world: World, channel: str, params: dict[str, Any], subscribed: str, unsubscribed: str) -> None:
    """An ack repeats what was asked for, or its default; ohlc warns of a deprecated field."""
    peer = world.peer()
    ack, *snapshots = peer.call("subscribe", channel=channel, symbol=["BTC/USD"], **params)
    warning = ',"warnings":["timestamp is deprecated, use interval_begin"]' if channel == "ohlc" else ""
    assert ack == (
        f'{{"method":"subscribe","result":{{"channel":"{channel}",{subscribed}"symbol":"BTC/USD"{warning}}},'
        '"success":true,' + NOW
    )
    assert [frame[: len(channel) + 32] for frame in snapshots] == [
        f'{{"channel":"{channel}","type":"snapshot",' for _ in range('"snapshot":true' in subscribed)
    ]
    assert peer.conversation.subscribed
    assert peer.call("unsubscribe", channel=channel, symbol=["BTC/USD"], **params) == [
        f'{{"method":"unsubscribe","result":{{"channel":"{channel}",{unsubscribed}"symbol":"BTC/USD"}},'
        '"success":true,' + NOW
    ]
    assert not peer.conversation.subscribed
    assert world.kraken.hub.subscriptions == 0


@pytest.mark.parametrize("channel", ["book", "trade", "ticker", "ohlc"])
def test_updates_follow_the_snapshot(world: World, channel: str) -> None:
    """What happens after a snapshot is told, once; after an unsubscribe nothing is."""
    peer = world.peer()
    token, private = world.token(), world.peer("private")
    order = {"order_type": "market", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD", "token": token}
    peer.call("subscribe", channel=channel, symbol=["BTC/USD"])
    private.call("add_order", **order)
    ((topic, frame),) = peer.frames
    assert topic == (channel, "BTC/USD")
    assert frame.startswith(f'{{"channel":"{channel}","type":"update",')
    peer.call("unsubscribe", channel=channel, symbol=["BTC/USD"])
    peer.told()
    private.call("add_order", **order)
    assert peer.told() == []


def test_each_snapshot_is_made_when_it_is_asked_for(world: World) -> None:
    """What happens while earlier frames are sent is part of the later ones, and of no update."""
    peer = world.peer()
    request = {"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD", "ETH/USD"]}}
    answer = peer.conversation.handle(json.dumps(request))
    acks = [next(answer), next(answer)]
    assert all(b'"success":true' in ack for ack in acks)
    world.trade("BTC/USD")
    assert peer.told() == []
    first = json.loads(next(answer))["data"][0]
    (book,) = (world.kraken.exchange.listing("BTC/USD", 0).ladder(10)[side] for side in (0,))
    assert [(level["price"], level["qty"]) for level in first["bids"]] == [(float(p), float(q)) for p, q in book]
    world.trade("BTC/USD")
    assert len(peer.told()) == 1
    world.trade("ETH/USD")
    assert peer.told() == []
    next(answer)
    world.trade("ETH/USD")
    assert len(peer.told()) == 1


def test_no_snapshot(world: World) -> None:
    """A snapshot that is not wanted is not sent; updates are."""
    peer = world.peer()
    assert len(peer.call("subscribe", channel="book", symbol=["BTC/USD"], snapshot=False)) == 1
    world.trade()
    assert len(peer.told()) == 1


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"channel": "book", "depth": 11}, "Subscription depth not supported"),
        ({"channel": "book", "depth": 0}, "Subscription depth not supported"),
        ({"channel": "book", "depth": -10}, "Subscription depth not supported"),
        ({"channel": "ohlc", "interval": 2}, "Subscription ohlc interval not supported"),
        ({"channel": "ticker", "event_trigger": "often"}, "Malformed request"),
    ],
)
def test_wrong_choices(world: World, params: dict[str, Any], text: str) -> None:
    """One error ack, without a symbol, and nothing is subscribed."""
    peer = world.peer()
    for method in ("subscribe", "unsubscribe"):
        assert peer.call(method, symbol=["BTC/USD"], **params) == [
            f'{{"error":"{text}","method":"{method}","success":false,' + NOW
        ]
    assert not peer.conversation.subscribed


@pytest.mark.parametrize(
    "params",
    [
        {"channel": 7},
        {},
        {"channel": "book"},
        {"channel": "book", "symbol": "BTC/USD"},
        {"channel": "book", "symbol": []},
        {"channel": "book", "symbol": ["BTC/USD", 7]},
        {"channel": "book", "symbol": ["BTC/USD"], "depth": "10"},
        {"channel": "book", "symbol": ["BTC/USD"], "depth": 10.0},
        {"channel": "book", "symbol": ["BTC/USD"], "depth": True},
        {"channel": "book", "symbol": ["BTC/USD"], "depth": None},
        {"channel": "book", "symbol": ["BTC/USD"], "snapshot": 1},
        {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": "1"},
        {"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": 1},
        {"channel": "instrument", "snapshot": "yes"},
    ],
)
def test_wrong_types(world: World, params: dict[str, Any]) -> None:
    """A field of the wrong type or a missing one refuses the whole request, and nothing is subscribed."""
    peer = world.peer()
    assert peer.call("subscribe", **params) == [
        '{"error":"Malformed request","method":"subscribe","success":false,' + NOW
    ]
    assert not peer.conversation.subscribed


@pytest.mark.parametrize(
    ("channel", "first", "second"),
    [
        ("book", {}, {"depth": 25}),
        ("trade", {}, {}),
        ("ticker", {}, {"event_trigger": "bbo"}),
        ("ohlc", {"interval": 5}, {"interval": 5}),
    ],
)
def test_already_subscribed(world: World, channel: str, first: dict[str, Any], second: dict[str, Any]) -> None:
    """A symbol has one subscription per connection and channel; a second one changes nothing."""
    peer = world.peer()
    peer.call("subscribe", channel=channel, symbol=["BTC/USD"], **first)
    for params in (first, second):
        assert peer.call("subscribe", channel=channel, symbol=["BTC/USD"], **params) == [
            '{"error":"Already subscribed","method":"subscribe","success":false,"symbol":"BTC/USD",' + NOW
        ]
    assert world.kraken.hub.subscriptions == 1


def test_several_intervals(world: World) -> None:
    """Candles of a symbol can be had for several intervals; one unsubscribe ends one of them."""
    peer = world.peer()
    for interval in (1, 5):
        assert len(peer.call("subscribe", channel="ohlc", symbol=["BTC/USD"], interval=interval)) == 2
    (answer,) = peer.call("unsubscribe", channel="ohlc", symbol=["BTC/USD"], interval=60)
    assert '"error":"Subscription Not Found"' in answer
    assert '"interval":1,' in peer.call("unsubscribe", channel="ohlc", symbol=["BTC/USD"])[0]
    assert repr(peer.conversation) == "<Conversation public, 1 subscriptions>"


def test_resubscribe(world: World) -> None:
    """Unsubscribe and subscribe give a new snapshot, at another depth if wanted."""
    peer = world.peer()
    old = peer.call("subscribe", channel="book", symbol=["BTC/USD"])[1]
    world.trade()
    peer.call("unsubscribe", channel="book", symbol=["BTC/USD"])
    new = peer.call("subscribe", channel="book", symbol=["BTC/USD"])[1]
    assert '"type":"snapshot"' in new
    assert new != old
    # Without a depth, whatever depth it has ends.
    assert '"depth":10,' in peer.call("unsubscribe", channel="book", symbol=["BTC/USD"])[0]
    assert (
        len(json.loads(peer.call("subscribe", channel="book", symbol=["BTC/USD"], depth=100)[1])["data"][0]["bids"])
        == 100
    )


@pytest.mark.parametrize("params", [{}, {"depth": 10}])
def test_unsubscribe_what_is_not_subscribed(world: World, params: dict[str, int]) -> None:
    """Without a subscription, or with another depth, nothing is unsubscribed."""
    peer = world.peer()
    if params:
        peer.call("subscribe", channel="book", symbol=["BTC/USD"], depth=25)
    assert peer.call("unsubscribe", channel="book", symbol=["BTC/USD"], **params) == [
        '{"error":"Subscription Not Found","method":"unsubscribe","success":false,"symbol":"BTC/USD",' + NOW
    ]
    assert peer.conversation.subscribed == bool(params)


def test_unsubscribe_an_unknown_pair(world: World) -> None:
    """A pair that is not listed is refused like in a subscribe."""
    (answer,) = world.peer().call("unsubscribe", channel="book", symbol=["btc/usd"])
    assert answer.startswith('{"error":"Currency pair not supported btc/usd","method":"unsubscribe",')


def test_instrument(world: World) -> None:
    """The ack warns about a deprecated field, snapshot and updates follow, a second subscription is refused."""
    peer, exchange = world.peer(), world.kraken.exchange
    request = {"method": "subscribe", "params": {"channel": "instrument"}, "req_id": 79}
    ack, snapshot = peer.ask(request)
    assert ack == (
        '{"method":"subscribe","req_id":79,"result":{"channel":"instrument","snapshot":true,'
        '"warnings":["tick_size is deprecated, use price_increment"]},"success":true,' + NOW
    )
    assert len(json.loads(snapshot)["data"]["pairs"]) == 3
    assert peer.conversation.subscribed
    assert '"error":"Already subscribed"' in peer.ask(request)[0]
    exchange.set_status("ETH/USD", "post_only", world.now_ns)
    (update,) = peer.told()
    data = json.loads(update)["data"]
    assert (data["assets"], [(pair["symbol"], pair["status"]) for pair in data["pairs"]]) == (
        [],
        [("ETH/USD", "post_only")],
    )
    assert '"result":{"channel":"instrument"}' in peer.call("unsubscribe", channel="instrument")[0]
    assert '"error":"Subscription Not Found"' in peer.call("unsubscribe", channel="instrument")[0]
    assert not peer.conversation.subscribed
    exchange.set_status("ETH/USD", "online", world.now_ns)
    assert peer.told() == []
    assert len(peer.call("subscribe", channel="instrument", snapshot=False)) == 1
    peer.conversation.end()
    exchange.set_status("ETH/USD", "cancel_only", world.now_ns)
    assert peer.told() == []
