"""Writing requests: topics in, Kraken's JSON out."""

import json
from typing import Any

import pytest

from havklo._protocol.actions import NeedToken, SendSecret
from havklo._protocol.requests import Requests, _request
from havklo._protocol.tokens import Token
from havklo.channels import Topic

TOKEN = Token("very-secret")
BTC = Topic("book", "BTC/USD", 25)
ETH = Topic("book", "ETH/USD", 25)


def test_subscribe() -> None:
    """One request carries all symbols of a channel and depth, and asks for snapshots."""
    req_id, payload = Requests().subscribe([BTC, ETH])
    params = {"channel": "book", "symbol": ["BTC/USD", "ETH/USD"], "depth": 25, "snapshot": True}
    assert json.loads(payload) == {"method": "subscribe", "req_id": req_id, "params": params}


def test_unsubscribe() -> None:
    """An unsubscribe repeats the depth, and has no snapshot."""
    req_id, payload = Requests().unsubscribe([BTC])
    params = {"channel": "book", "symbol": ["BTC/USD"], "depth": 25}
    assert json.loads(payload) == {"method": "unsubscribe", "req_id": req_id, "params": params}


@pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
def test_with_a_token(method: Any) -> None:
    """The token is in the request, and in nothing that people get to see."""
    topics = [Topic("level3", "BTC/USD", 100), Topic("level3", "ETH/USD", 100)]
    req_id, payload = Requests(7).with_token(method, topics, Token("very-secret"))
    params = {"channel": "level3", "symbol": ["BTC/USD", "ETH/USD"], "depth": 100, "token": "very-secret"}
    snapshot = {"snapshot": True} if method == "subscribe" else {}
    assert json.loads(payload.reveal()) == {"method": method, "req_id": 7, "params": params | snapshot}
    assert req_id == 7
    for shown in (payload, SendSecret(payload), NeedToken(Token("very-secret")), _request(method, 7, topics, TOKEN)):
        assert "very-secret" not in repr(shown)


@pytest.mark.parametrize(
    ("topic", "params"),
    [
        (Topic("trade", "BTC/USD"), {"channel": "trade", "symbol": ["BTC/USD"]}),
        (
            Topic("ticker", "BTC/USD", event_trigger="bbo"),
            {"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": "bbo"},
        ),
        (Topic("ohlc", "BTC/USD", interval=60), {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 60}),
        (Topic("instrument", ""), {"channel": "instrument"}),
    ],
)
def test_options_of_channels(topic: Topic, params: dict[str, Any]) -> None:
    """Each channel is asked for, and taken back, with the options it has; a list of everything has no symbol."""
    requests = Requests()
    assert json.loads(requests.subscribe([topic])[1])["params"] == {**params, "snapshot": True}
    assert json.loads(requests.unsubscribe([topic])[1])["params"] == params


def test_ping() -> None:
    """A ping has no params."""
    assert Requests(first_id=9).ping() == (9, b'{"method":"ping","req_id":9}')


def test_ids_stay_within_32_bits() -> None:
    """Ids count up from 1, and start over before they exceed what Kraken takes."""
    requests = Requests(first_id=2**31 - 2)
    assert [requests.ping()[0] for _ in range(4)] == [2**31 - 2, 2**31 - 1, 1, 2]
