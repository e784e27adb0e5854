"""The envelope of requests and answers."""

from decimal import Decimal
from typing import Any

import pytest

from havklo.clock import ManualClock
from havklo.sim.conversation.request import Params, RefusedError, Request
from sim.conversation.conftest import NOW


def request() -> Request:
    """A request that has just arrived."""
    return Request(ManualClock(), "Malformed request")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1,2]",
        b'"subscribe"',
        b"[" * 100_000,
        b'{"req_id":7' + b"1" * 5_000 + b"}",
        b'{"method":"ping"} x',
        b'{"method":"\\ud800"}',
        b'{"method":"ping","params":{"x":NaN}}',
        b'{"method":"ping","params":{"x":1e999999999}}',
        b'{"method":"ping","params":{"x":0.1e-999}}',
        b"{}",
        b'{"method":5}',
        b'{"method":null}',
    ],
)
def test_malformed(message: bytes) -> None:
    """What is no request is refused, and nothing of it is repeated."""
    incoming = request()
    with pytest.raises(RefusedError, match="Malformed request"):
        incoming.read(message)
    assert incoming.refuse("x").decode() == '{"error":"x","success":false,' + NOW


@pytest.mark.parametrize(
    ("message", "known"),
    [
        ('{"method":"ping","params":[]}', '"method":"ping",'),
        ('{"method":"ping","params":null,"req_id":7}', '"method":"ping","req_id":7,'),
        ('{"method":"ping","req_id":"7"}', '"method":"ping",'),
        ('{"method":"ping","req_id":7.5}', '"method":"ping",'),
        ('{"method":"ping","req_id":true}', '"method":"ping",'),
        ('{"method":5,"req_id":3}', '"req_id":3,'),
    ],
)
def test_malformed_in_part(message: str, known: str) -> None:
    """What could be understood is repeated."""
    incoming = request()
    with pytest.raises(RefusedError):
        incoming.read(message)
    assert incoming.refuse("x").decode() == '{"error":"x",' + known + '"success":false,' + NOW


@pytest.mark.parametrize("req_id", [0, -1, 2**31, 2**53 + 1, 2**64 - 1, 10**30])
def test_req_id_is_any_integer(req_id: int) -> None:
    """Whatever a client counts with comes back exactly."""
    incoming = request()
    incoming.read(f'{{"method":"ping","req_id":{req_id}}}')
    assert incoming.pong(success=False).decode() == f'{{"method":"pong","req_id":{req_id},' + NOW


def test_numbers_are_exact() -> None:
    """A number with a point is a decimal with the digits that were sent; any other is an integer."""
    params = request().read('{"method":"add_order","params":{"a":0.10,"b":1e-8,"c":12,"d":{"e":[3.30]}}}')
    assert params.values == {"a": Decimal("0.10"), "b": Decimal("1E-8"), "c": 12, "d": {"e": [Decimal("3.30")]}}
    assert str(params.values["a"]) == "0.10"


def test_no_params() -> None:
    """A request may have none."""
    assert request().read('{"method":"ping"}').values == {}


def test_keys_are_sorted() -> None:
    """Success acks begin with `method`, errors with `error` unless something stands before it; results too."""
    incoming = request()
    incoming.read('{"method":"subscribe","req_id":1}')
    assert incoming.ack({"symbol": "A/B", "channel": "book"}).decode() == (
        '{"method":"subscribe","req_id":1,"result":{"channel":"book","symbol":"A/B"},"success":true,' + NOW
    )
    assert incoming.refuse("E", status="error", channel="level3").decode() == (
        '{"channel":"level3","error":"E","method":"subscribe","req_id":1,"status":"error","success":false,' + NOW
    )
    assert incoming.ack(orders_cancelled=2).decode() == (
        '{"method":"subscribe","orders_cancelled":2,"req_id":1,"success":true,' + NOW
    )


def test_time_passes_while_an_answer_is_made() -> None:
    """`time_in` is the arrival, `time_out` the moment of each answer."""
    clock = ManualClock()
    incoming = Request(clock, "")
    clock.advance(0.5)
    assert b'"time_in":"2027-01-15T08:00:00.000000Z","time_out":"2027-01-15T08:00:00.500000Z"' in incoming.ack({})


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda params: params.text("a"), 1),
        (lambda params: params.text("a"), None),
        (lambda params: params.texts("a"), "x"),
        (lambda params: params.texts("a"), []),
        (lambda params: params.texts("a"), ["x", 1]),
        (lambda params: params.flag("a", default=True), 1),
        (lambda params: params.flag("a", default=True), None),
        (lambda params: params.choice("a", (10, 25), "no"), "10"),
        (lambda params: params.choice("a", (10, 25), "no"), True),
        (lambda params: params.choice("a", (10, 25), "no"), Decimal("10.0")),
        (lambda params: params.choice("a", ("x", "y"), "no"), 3),
    ],
)
def test_wrong_types(read: Any, value: object) -> None:
    """A parameter of the wrong type is malformed."""
    with pytest.raises(RefusedError, match="bad"):
        read(Params({"a": value}, "bad"))


def test_choice() -> None:
    """A value of the right type that is not offered has an answer of its own."""
    params = Params({"a": 11}, "bad")
    with pytest.raises(RefusedError, match="no"):
        params.choice("a", (10, 25), "no")
    assert params.choice("a", (10, 11), "no") == 11
