"""Reading what Kraken says beside the hot channels: literal frames in, facts out."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.messages import (
    Ack,
    Asset,
    Heartbeat,
    Instruments,
    Message,
    Pair,
    Pong,
    Refusal,
    StatusReport,
    Unknown,
    decode,
)
from havklo.errors import MalformedFrame
from havklo.events import Maintenance

FRAMES: list[tuple[bytes, Message]] = [
    (b'{"channel":"heartbeat"}', Heartbeat()),
    (
        b'{"method":"pong","req_id":7,"time_in":"2026-01-01T00:00:00.0Z","time_out":"2026-01-01T00:00:00.0Z"}',
        Pong(req_id=7),
    ),
    (b'{"method":"pong","success":true,"result":{"warnings":[]}}', Pong()),
    (
        (
            b'{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},'
            b'"success":true,"req_id":3}'
        ),
        Ack(method="subscribe", channel="book", symbol="BTC/USD", req_id=3),
    ),
    (
        b'{"method":"unsubscribe","result":{"channel":"book","depth":25,"symbol":"MINA/GBP"},"success":true}',
        Ack(method="unsubscribe", channel="book", symbol="MINA/GBP"),
    ),
    (
        (
            b'{"method":"subscribe","result":{"channel":"ohlc","interval":1,"symbol":"BTC/USDT","warnings":'
            b'["timestamp is deprecated, use interval_begin"]},"success":true}'
        ),
        Ack(
            method="subscribe",
            channel="ohlc",
            symbol="BTC/USDT",
            warnings=("timestamp is deprecated, use interval_begin",),
        ),
    ),
    (
        b'{"error":"Currency pair not supported XBT/USD","method":"subscribe","success":false,"symbol":"XBT/USD"}',
        Refusal(error="Currency pair not supported XBT/USD", method="subscribe", symbol="XBT/USD"),
    ),
    (
        b'{"error":"Subscription depth not supported","method":"subscribe","req_id":4,"success":false}',
        Refusal(error="Subscription depth not supported", method="subscribe", req_id=4),
    ),
    (
        (
            b'{"channel":"executions","error":"ESession:Invalid session","method":"subscribe","status":"error",'
            b'"success":false}'
        ),
        Refusal(error="ESession:Invalid session", method="subscribe", channel="executions"),
    ),
    (
        b'{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":false}',
        Refusal(error="refused without a reason", method="subscribe", symbol="BTC/USD"),
    ),
    (b'{"Error":"Exceeded msg rate"}', Refusal(error="Exceeded msg rate")),
    (
        (
            b'{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online",'
            b'"api_version":"v2","connection_id":18125794168470749634,"upcoming_maintenance":[],"emergency":[]}]}'
        ),
        StatusReport(system="online", api_version="v2", version="2.0.10", connection_id=18125794168470749634),
    ),
    (
        (
            b'{"channel":"status","type":"update","data":[{"system":"maintenance","upcoming_maintenance":'
            b'[{"event_id":33,"phase":"announced","affected_services":["spot_ws"],"something_new":1}]}]}'
        ),
        StatusReport(
            system="maintenance",
            upcoming_maintenance=(Maintenance(event_id=33, phase="announced", affected_services=("spot_ws",)),),
        ),
    ),
    (
        (
            b'{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"BTC","status":"enabled",'
            b'"precision":10,"precision_display":5}],"pairs":[{"symbol":"BTC/USD","base":"BTC","quote":"USD",'
            b'"status":"online","price_precision":1,"qty_precision":8,"price_increment":0.1,'
            b'"qty_increment":1e-08,"qty_min":5e-05,"cost_precision":5,"cost_min":"0.5"}]}}'
        ),
        Instruments(
            snapshot=True,
            assets=(Asset(id="BTC", status="enabled", precision=10, precision_display=5),),
            pairs=(
                Pair(
                    symbol="BTC/USD",
                    base="BTC",
                    quote="USD",
                    status="online",
                    price_precision=1,
                    qty_precision=8,
                    price_increment=Decimal("0.1"),
                    qty_increment=Decimal("1E-8"),
                    qty_min=Decimal("0.00005"),
                    cost_precision=5,
                    cost_min=Decimal("0.5"),
                ),
            ),
        ),
    ),
    (b'{"channel":"status","data":[]}', Unknown(channel="status")),
    (b'{"channel":"status","data":[{"system":5}]}', Unknown(channel="status")),
    (b'{"channel":"instrument","data":{"pairs":[{}]}}', Unknown(channel="instrument")),
    (b'{"channel":"trade","type":"update","data":[]}', Unknown(channel="trade")),
    (b'{"method":"subscribe","success":true}', Unknown()),
    (b'{"method":"subscribe","success":true,"result":{}}', Unknown()),
    (b'{"method":"amend_order","success":true,"result":{"amend_id":"T"}}', Unknown()),
    (b'{"channel":["a","list"]}', Unknown()),
    (b"[1,2,3]", Unknown()),
    (b"{}", Unknown()),
]


@pytest.mark.parametrize(("frame", "message"), FRAMES, ids=lambda value: type(value).__name__)
def test_decode(frame: bytes, message: Message) -> None:
    """Each frame that Kraken is known to send gives its fact, and a shape that is not known gives `Unknown`."""
    assert decode(frame) == message


@pytest.mark.parametrize("frame", [b"", b"{", b'{"channel":"heartbeat"', b'{"channel":"\xff"}', b"nonsense", b"\x00"])
def test_decode_malformed(frame: bytes) -> None:
    """Bytes that are no JSON raise with an excerpt of themselves, and the cause chained."""
    with pytest.raises(MalformedFrame) as caught:
        decode(frame)
    assert caught.value.excerpt == frame
    assert caught.value.__cause__ is not None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_decode_never_fails_otherwise(frame: bytes) -> None:
    """Whatever the bytes, they decode or are called malformed; nothing else ever comes out."""
    with contextlib.suppress(MalformedFrame):
        decode(frame)
