"""Requests and their literal answers, without a socket."""

import json

import pytest

from havklo.clock import ManualClock
from havklo.sim.conversation.conversation import Conversation, Texts
from havklo.sim.delivery.faults import Faults
from havklo.sim.delivery.hub import Hub
from havklo.sim.exchange import Exchange
from havklo.sim.symbols import pairs

NOW = '"time_in":"2027-01-15T08:00:00.000000Z","time_out":"2027-01-15T08:00:00.000000Z"}'


class Inbox:
    """A subscriber that keeps what it gets."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.frames: list[bytes] = []
        self.aborted = False

    def send(self, frame: bytes) -> None:
        """Keep a frame."""
        self.frames.append(frame)

    def abort(self) -> None:
        """Note the end."""
        self.aborted = True


class Desk:
    """One conversation with everything behind it."""

    def __init__(self, texts: Texts | None = None) -> None:
        self.exchange = Exchange(pairs(3), seed=1)
        self.hub = Hub(Faults(1))
        self.inbox = Inbox()
        self.conversation = Conversation(self.exchange, self.hub, self.inbox, ManualClock(), texts)

    def ask(self, request: object) -> list[str]:
        """The answers to a request, which is JSON unless it is bytes or text already."""
        message = request if isinstance(request, (bytes, str)) else json.dumps(request)
        return [frame.decode() for frame in self.conversation.handle(message)]

    def subscribe(self, *symbols: str, **params: object) -> list[str]:
        """Subscribe to books."""
        return self.ask({"method": "subscribe", "params": {"channel": "book", "symbol": symbols, **params}})

    def trade(self, n: int = 1) -> None:
        """Let BTC/USD trade."""
        for _ in range(n):
            for publication in self.exchange.step(0, "BTC/USD"):
                self.hub.publish(publication, 0)


@pytest.fixture
def desk() -> Desk:
    """A conversation that has just begun."""
    return Desk()


def test_ping(desk: Desk) -> None:
    """A ping is answered by a pong with its req_id, or without one."""
    assert desk.ask({"method": "ping", "req_id": 42}) == ['{"method":"pong","req_id":42,' + NOW]
    assert desk.ask({"method": "ping"}) == ['{"method":"pong",' + NOW]


def test_one_ack_per_symbol_then_snapshots(desk: Desk) -> None:
    """All acks carry the req_id, errors stand where their symbol stood, snapshots follow."""
    request = {
        "method": "subscribe",
        "params": {"channel": "book", "symbol": ["BTC/USD", "XBT/USD", "ETH/USD"], "depth": 25},
        "req_id": 3,
    }
    *acks, first, second = desk.ask(request)
    result = '{{"channel":"book","depth":25,"snapshot":true,"symbol":"{}"}}'
    ok = '{{"method":"subscribe","req_id":3,"result":' + result + ","
    refused = '{"error":"Currency pair not supported XBT/USD","method":"subscribe","req_id":3,"success":false,'
    assert acks == [
        ok.format("BTC/USD") + '"success":true,' + NOW,
        refused + '"symbol":"XBT/USD",' + NOW,
        ok.format("ETH/USD") + '"success":true,' + NOW,
    ]
    for frame, symbol in ((first, "BTC/USD"), (second, "ETH/USD")):
        message = json.loads(frame)
        assert (message["type"], message["data"][0]["symbol"]) == ("snapshot", symbol)
        assert len(message["data"][0]["bids"]) == len(message["data"][0]["asks"]) == 25
    assert desk.hub.targets == [("BTC/USD", 1), ("ETH/USD", 1)]


def test_depth_is_ten_by_default(desk: Desk) -> None:
    """Without a depth it is 10, also in the ack."""
    ack, snapshot = desk.subscribe("BTC/USD")
    assert '"depth":10,' in ack
    assert len(json.loads(snapshot)["data"][0]["bids"]) == 10


def test_no_snapshot(desk: Desk) -> None:
    """A snapshot that is not wanted is not sent; updates are."""
    (ack,) = desk.subscribe("BTC/USD", snapshot=False)
    assert '"snapshot":false' in ack
    desk.trade()
    assert len(desk.inbox.frames) == 1


@pytest.mark.parametrize("depth", [1, 11, 0, -10, 5000])
def test_wrong_depth(desk: Desk, depth: int) -> None:
    """One error ack, without a symbol, and nothing is subscribed."""
    expected = '{"error":"Subscription depth not supported","method":"subscribe","success":false,' + NOW
    assert desk.subscribe("BTC/USD", depth=depth) == [expected]
    assert not desk.conversation.subscribed


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1,2]",
        b'"subscribe"',
        b"[" * 100_000,
        b'{"req_id":7' + b"1" * 5_000 + b"}",
        {},
        {"method": 5},
        {"method": None},
    ],
)
def test_malformed(desk: Desk, request_: object) -> None:
    """What is no request gets an error ack that repeats nothing."""
    assert desk.ask(request_) == ['{"error":"Malformed request","success":false,' + NOW]


@pytest.mark.parametrize(
    "change",
    [
        {"params": []},
        {"params": None},
        {"params": {"channel": 7}},
        {"params": {}},
        {"params": {"channel": "book"}},
        {"params": {"channel": "book", "symbol": "BTC/USD"}},
        {"params": {"channel": "book", "symbol": []}},
        {"params": {"channel": "book", "symbol": ["BTC/USD", 7]}},
        {"params": {"channel": "book", "symbol": ["BTC/USD"], "depth": "10"}},
        {"params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 10.0}},
        {"params": {"channel": "book", "symbol": ["BTC/USD"], "depth": True}},
        {"params": {"channel": "book", "symbol": ["BTC/USD"], "depth": None}},
        {"params": {"channel": "book", "symbol": ["BTC/USD"], "snapshot": 1}},
        {"params": {"channel": "instrument", "snapshot": "yes"}},
        {"req_id": "7"},
        {"req_id": 7.5},
        {"req_id": True},
    ],
)
def test_wrong_types(desk: Desk, change: dict[str, object]) -> None:
    """A field of the wrong type or a missing one refuses the whole request, and nothing is subscribed."""
    assert desk.ask({"method": "subscribe", **change}) == [
        '{"error":"Malformed request","method":"subscribe","success":false,' + NOW
    ]
    assert not desk.conversation.subscribed


def test_unknown_method_and_channel(desk: Desk) -> None:
    """Both are refused in words that are an assumption, and can be replaced."""
    assert desk.ask({"method": "dance", "req_id": 1}) == [
        '{"error":"Unsupported method","method":"dance","req_id":1,"success":false,' + NOW
    ]
    assert desk.ask({"method": "subscribe", "params": {"channel": "gossip"}}) == [
        '{"error":"Unsupported channel","method":"subscribe","success":false,' + NOW
    ]
    other = Desk(Texts(unknown_method="No such method"))
    assert other.ask({"method": "dance"}) == ['{"error":"No such method","method":"dance","success":false,' + NOW]


PRIVATE = (
    '{{"error":"Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com",'
    '"method":"{}","success":false,'
)


@pytest.mark.parametrize("channel", ["executions", "balances", "level3"])
@pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
def test_private_channels(desk: Desk, method: str, channel: str) -> None:
    """Private channels are refused by Kraken's sentence."""
    request = {"method": method, "params": {"channel": channel, "token": "x"}}
    assert desk.ask(request) == [PRIVATE.format(method) + NOW]


@pytest.mark.parametrize("method", ["add_order", "cancel_order", "batch_add", "amend_order"])
def test_trading(desk: Desk, method: str) -> None:
    """Trading is refused by the same sentence."""
    assert desk.ask({"method": method, "params": {}}) == [PRIVATE.format(method) + NOW]


@pytest.mark.parametrize("depth", [10, 25])
def test_already_subscribed(desk: Desk, depth: int) -> None:
    """A symbol has one subscription per connection, whatever the depth; a second one changes nothing."""
    desk.subscribe("BTC/USD")
    assert desk.subscribe("BTC/USD", depth=depth) == [
        '{"error":"Already subscribed","method":"subscribe","success":false,"symbol":"BTC/USD",' + NOW
    ]
    desk.trade()
    assert len(desk.inbox.frames) == 1


def test_unsubscribe(desk: Desk) -> None:
    """The ack repeats channel, depth and symbol; updates end; the symbol can be subscribed again."""
    desk.subscribe("BTC/USD", depth=25)
    request = {"method": "unsubscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 25}}
    assert desk.ask(request) == [
        '{"method":"unsubscribe","result":{"channel":"book","depth":25,"symbol":"BTC/USD"},"success":true,' + NOW
    ]
    desk.trade()
    assert desk.inbox.frames == []
    assert not desk.conversation.subscribed
    assert len(desk.subscribe("BTC/USD", depth=100)) == 2


@pytest.mark.parametrize("params", [{}, {"depth": 10}])
def test_unsubscribe_what_is_not_subscribed(desk: Desk, params: dict[str, int]) -> None:
    """Without a subscription, or with another depth, nothing is unsubscribed."""
    if params:
        desk.subscribe("BTC/USD", depth=25)
    request = {"method": "unsubscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], **params}}
    assert desk.ask(request) == [
        '{"error":"Subscription Not Found","method":"unsubscribe","success":false,"symbol":"BTC/USD",' + NOW
    ]
    assert desk.conversation.subscribed == bool(params)


def test_unsubscribe_an_unknown_pair(desk: Desk) -> None:
    """A pair that is not listed is refused like in a subscribe."""
    request = {"method": "unsubscribe", "params": {"channel": "book", "symbol": ["XBT/USD"]}}
    (answer,) = desk.ask(request)
    assert answer.startswith('{"error":"Currency pair not supported XBT/USD","method":"unsubscribe",')


def test_instrument(desk: Desk) -> None:
    """The ack warns about a deprecated field, the snapshot follows, a second subscription is refused."""
    request = {"method": "subscribe", "params": {"channel": "instrument"}, "req_id": 79}
    ack, snapshot = desk.ask(request)
    assert ack == (
        '{"method":"subscribe","req_id":79,"result":{"channel":"instrument","snapshot":true,'
        '"warnings":["tick_size is deprecated, use price_increment"]},"success":true,' + NOW
    )
    assert len(json.loads(snapshot)["data"]["pairs"]) == 3
    assert desk.conversation.subscribed
    assert '"error":"Already subscribed"' in desk.ask(request)[0]
    goodbye = {"method": "unsubscribe", "params": {"channel": "instrument"}}
    assert '"result":{"channel":"instrument"}' in desk.ask(goodbye)[0]
    assert '"error":"Subscription Not Found"' in desk.ask(goodbye)[0]
    assert not desk.conversation.subscribed


def test_end(desk: Desk) -> None:
    """A conversation that ends leaves nothing behind, also in the middle of an answer."""
    desk.subscribe("BTC/USD")
    answer = desk.conversation.handle(
        b'{"method":"subscribe","params":{"channel":"book","symbol":["ETH/USD","XRP/USD"]}}'
    )
    next(answer)
    desk.conversation.end()
    assert desk.hub.subscriptions == 0
    assert not desk.conversation.subscribed


def test_repr(desk: Desk) -> None:
    """The parts show their state."""
    desk.subscribe("BTC/USD", "ETH/USD")
    assert repr(desk.conversation) == "<Conversation 2 books>"
    assert repr(desk.hub) == "<Hub 2 subscriptions>"
    assert repr(desk.exchange) == "<Exchange 3 pairs, 0 events>"
