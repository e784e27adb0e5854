"""Frames as literal bytes."""

import json

import pytest

from havklo.sim.symbols import pairs
from havklo.sim.wire import frames as wire

IN, OUT = "2026-09-25T17:48:54.701041Z", "2026-09-25T17:48:54.701062Z"


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0, 8, "0.00000000"),
        (5_100, 8, "0.00005100"),
        (645_251, 1, "64525.1"),
        (7, 0, "7"),
        (123_456, 10, "0.0000123456"),
        (2**63, 8, "92233720368.54775808"),
        (100, 2, "1.00"),
    ],
)
def test_decimal(value: int, scale: int, text: str) -> None:
    """Padded to the precision, never an exponent."""
    assert wire.decimal(value, scale) == text


def test_ack() -> None:
    """A success ack like the live one."""
    result = {"channel": "book", "depth": 10, "snapshot": True, "symbol": "BTC/USD"}
    assert wire.ack("subscribe", result, None, IN, OUT) == (
        b'{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},'
        b'"success":true,"time_in":"2026-09-25T17:48:54.701041Z","time_out":"2026-09-25T17:48:54.701062Z"}'
    )


def test_refusals() -> None:
    """Error acks like the live ones: `error` first, a refused symbol at top level."""
    assert wire.refusal("Currency pair not supported XBT/USD", "subscribe", None, IN, OUT, symbol="XBT/USD") == (
        b'{"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,'
        b'"symbol":"XBT/USD","time_in":"2026-09-25T17:48:54.701041Z","time_out":"2026-09-25T17:48:54.701062Z"}'
    )
    assert wire.refusal("Subscription depth not supported", "subscribe", 7, IN, OUT) == (
        b'{"error":"Subscription depth not supported","method":"subscribe","req_id":7,"success":false,'
        b'"time_in":"2026-09-25T17:48:54.701041Z","time_out":"2026-09-25T17:48:54.701062Z"}'
    )


def test_status() -> None:
    """The status frame like the live one of 2026, with an id beyond 2^53."""
    assert wire.status(18125794168470749634) == (
        b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",'
        b'"connection_id":18125794168470749634,"upcoming_maintenance":[],"emergency":[]}]}'
    )


def test_instrument() -> None:
    """Here numbers have exponents, data is an object, and every asset of a pair is described."""
    text = wire.instrument(pairs(5)).decode()
    assert text.startswith('{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"BTC","status":"enabled"')
    assert '"qty_increment":1e-08,"qty_min":5e-05,"price_precision":1,"price_increment":0.1' in text
    data = json.loads(text)["data"]
    assert [pair["symbol"] for pair in data["pairs"]] == [pair.symbol for pair in pairs(5)]
    assert {asset["id"] for asset in data["assets"]} == {"BTC", "ETH", "XRP", "PEPE", "MINA", "USD", "GBP"}
    for pair in data["pairs"]:
        assert pair["price_increment"] == pytest.approx(10 ** -pair["price_precision"])
