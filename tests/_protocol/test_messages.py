"""Reading what Kraken says beside the hot channels: literal frames in, facts out."""

import contextlib
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.messages import (
    Ack,
    Alive,
    Answer,
    Message,
    OrderResult,
    Pong,
    Refusal,
    Rows,
    StatusReport,
    Unknown,
    Unreadable,
    decode,
)
from havklo.errors import MalformedFrame
from havklo.events import Candle, Instruments, Maintenance, Ticker, Trade
from havklo.instruments import Asset, Pair

RECV_NS = 1_774_000_000_000_000_000

TRADE = Trade(
    symbol="BTC/USD",
    side="buy",
    price=Decimal("83744.30"),
    qty=Decimal("0.00044780"),
    ord_type="limit",
    trade_id=109116693,
    timestamp="2026-09-25T17:48:26.844359Z",
    recv_ns=RECV_NS,
)
TICKER = Ticker(
    symbol="ALGO/USD",
    bid=Decimal("0.13099"),
    bid_qty=Decimal("329.06250000"),
    ask=Decimal("0.13108"),
    ask_qty=Decimal("1771.75027615"),
    last=Decimal("0.13110"),
    volume=Decimal("9095630.20903971"),
    vwap=Decimal("0.12882"),
    low=Decimal("0.12437"),
    high=Decimal("0.13306"),
    change=Decimal("-0.00654"),
    change_pct=Decimal("-5.25"),
    trades=4606,
    timestamp="2026-10-03T20:58:33.794283Z",
    type="snapshot",
    recv_ns=RECV_NS,
)
CANDLE = Candle(
    symbol="BTC/USD",
    open=Decimal("83729.5"),
    high=Decimal("83745.2"),
    low=Decimal("83729.4"),
    close=Decimal("83744.3"),
    trades=33,
    volume=Decimal("0.21155628"),
    vwap=Decimal("83736.4"),
    interval_begin="2026-09-25T17:48:00.000000000Z",
    interval=1,
    timestamp="2026-09-25T17:49:00.000000Z",
    recv_ns=RECV_NS,
)
LISTING = Instruments(
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
    type="snapshot",
    recv_ns=RECV_NS,
)

FRAMES: list[tuple[bytes, Message]] = [
    (b'{"channel":"heartbeat"}', Alive(recv_ns=RECV_NS)),
    (
        b'{"method":"pong","req_id":7,"time_in":"2026-01-01T00:00:00.0Z","time_out":"2026-01-01T00:00:00.0Z"}',
        Pong(req_id=7, time_in="2026-01-01T00:00:00.0Z", time_out="2026-01-01T00:00:00.0Z"),
    ),
    (b'{"method":"pong","success":true,"result":{"warnings":[]}}', Pong()),
    (
        (
            b'{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},'
            b'"success":true,"req_id":3,"time_out":"2026-01-01T00:00:00.000036Z"}'
        ),
        Ack(
            method="subscribe",
            channel="book",
            symbol="BTC/USD",
            req_id=3,
            time_out="2026-01-01T00:00:00.000036Z",
        ),
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
        Rows(
            channel="instrument",
            snapshot=True,
            rows=(LISTING,),
        ),
    ),
    (
        (
            b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":83744.30,'
            b'"qty":0.00044780,"ord_type":"limit","trade_id":109116693,"timestamp":"2026-09-25T17:48:26.844359Z",'
            b'"something_new":[1]}]}'
        ),
        Rows(channel="trade", snapshot=False, rows=(TRADE,)),
    ),
    (b'{"channel":"trade","type":"snapshot","data":[]}', Rows(channel="trade", snapshot=True, rows=())),
    (
        (
            b'{"channel":"ticker","type":"snapshot","data":[{"symbol":"ALGO/USD","bid":0.13099,"bid_qty":329.06250000,'
            b'"ask":0.13108,"ask_qty":1771.75027615,"last":"0.13110","volume":9095630.20903971,"vwap":0.12882,'
            b'"low":0.12437,"high":0.13306,"change":-0.00654,"change_pct":-5.25,"trades":4606,'
            b'"timestamp":"2026-10-03T20:58:33.794283Z"}]}'
        ),
        Rows(channel="ticker", snapshot=True, rows=(TICKER,)),
    ),
    (
        (
            b'{"channel":"ohlc","type":"update","timestamp":"2026-09-25T17:48:26.844359566Z","data":[{'
            b'"symbol":"BTC/USD","open":83729.5,"high":83745.2,"low":83729.4,"close":83744.3,"trades":33,'
            b'"volume":0.21155628,"vwap":83736.4,"interval_begin":"2026-09-25T17:48:00.000000000Z","interval":1,'
            b'"timestamp":"2026-09-25T17:49:00.000000Z"}]}'
        ),
        Rows(channel="ohlc", snapshot=False, rows=(CANDLE,)),
    ),
    (b'{"channel":"status","data":[]}', Unknown(channel="status")),
    (b'{"channel":"status","data":[{"system":5}]}', Unknown(channel="status")),
    (
        b'{"channel":"instrument","data":{"pairs":[{}]}}',
        Unreadable(channel="instrument", detail="Object missing required field `symbol` - at `$.pairs[0]`"),
    ),
    (b'{"channel":"level3","type":"update","data":[]}', Unknown(channel="level3")),
    (b'{"method":"subscribe","success":true}', Unknown()),
    (b'{"method":"subscribe","success":true,"result":{}}', Unknown()),
    (
        b'{"method":"amend_order","success":true,"result":{"amend_id":"T"},"req_id":4}',
        Answer(method="amend_order", req_id=4, results=(OrderResult(amend_id="T"),)),
    ),
    (b'{"method":"subscribe","success":true,"result":[1]}', Unknown()),
    (b'{"channel":["a","list"]}', Unknown()),
    (b"[1,2,3]", Unknown()),
    (b"{}", Unknown()),
]


@pytest.mark.parametrize(("frame", "message"), FRAMES, ids=lambda value: type(value).__name__)
def test_decode(frame: bytes, message: Message) -> None:
    """Each frame that Kraken is known to send gives its fact, and a shape that is not known gives `Unknown`."""
    assert decode(frame, RECV_NS) == message


@pytest.mark.parametrize("channel", ["trade", "ticker", "ohlc"])
@pytest.mark.parametrize(
    "data", [b"", b',"data":null', b',"data":[{}]', b',"data":[{"symbol":"BTC/USD"},5]', b',"data":{}']
)
def test_rows_that_can_not_be_read(channel: str, data: bytes) -> None:
    """A message of a known channel that is not as documented is never passed over: it names the channel and why."""
    frame = b'{"channel":"' + channel.encode() + b'","type":"update"' + data + b"}"
    fact = decode(frame)
    assert isinstance(fact, Unreadable)
    assert fact.channel == channel
    assert fact.detail


@pytest.mark.parametrize("number", [b'"NaN"', b'"Infinity"', b'"-inf"', b'"sNaN"'])
@pytest.mark.parametrize("channel", ["trade", "ticker", "ohlc"])
def test_what_is_no_number_is_not_passed_on(channel: str, number: bytes) -> None:
    """A text that only Python takes for a number makes the message unreadable."""
    row = {"trade": TRADE, "ticker": TICKER, "ohlc": CANDLE}[channel]
    data = msgspec.json.encode([row, row]).replace(b'"83744.30"', number).replace(b'"0.13110"', number)
    data = data.replace(b'"83736.4"', number)
    assert number in data
    fact = decode(b'{"channel":"' + channel.encode() + b'","type":"update","data":' + data + b"}")
    assert isinstance(fact, Unreadable)
    assert fact.channel == channel


def test_numbers_keep_their_digits() -> None:
    """A price is the decimal that Kraken wrote, trailing zeros and all."""
    assert (str(TRADE.price), str(TRADE.qty)) == ("83744.30", "0.00044780")
    frame = msgspec.json.encode({"channel": "trade", "type": "update", "data": [msgspec.structs.asdict(TRADE)]})
    fact = decode(frame.replace(b'"83744.30"', b"83744.30"))
    assert isinstance(fact, Rows)
    (trade,) = fact.rows
    assert isinstance(trade, Trade)
    assert (str(trade.price), str(trade.qty), trade.recv_ns, trade.source) == ("83744.30", "0.00044780", 0, "live")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b'{"channel":"heartbeat"',
        b'{"channel":"\xff"}',
        b'{"channel":"trade","type":"update","data":[{"symbol":"\xff"}]}',
        b"nonsense",
        b"\x00",
    ],
)
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
