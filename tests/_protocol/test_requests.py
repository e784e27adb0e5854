"""Writing requests: topics in, Kraken's JSON out."""

import json

from havklo._protocol.requests import Requests
from havklo.channels import Topic

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


def test_depth_is_left_out_where_there_is_none() -> None:
    """A channel without depths sends none."""
    _, payload = Requests().subscribe([Topic("trade", "BTC/USD")])
    assert "depth" not in json.loads(payload)["params"]


def test_ping() -> None:
    """A ping has no params."""
    assert Requests(first_id=9).ping() == (9, b'{"method":"ping","req_id":9}')


def test_ids_stay_within_32_bits() -> None:
    """Ids count up from 1, and start over before they exceed what Kraken takes."""
    requests = Requests(first_id=2**31 - 2)
    assert [requests.ping()[0] for _ in range(4)] == [2**31 - 2, 2**31 - 1, 1, 2]
