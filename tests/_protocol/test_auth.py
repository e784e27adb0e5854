"""Signatures of REST requests, against an HMAC that is written out here, and what a secret keeps to itself."""

import copy
import hashlib
import json
import pickle
from base64 import b64decode, b64encode
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo._protocol.auth import Param, SignedRequest, fields, form, next_nonce, sign, signed
from havklo._protocol.secret import Secret
from havklo.errors import ConfigurationError

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "signatures" / "rest.json").read_text())
SECRET = CASES[0]["secret"]


def independent(secret: str, path: str, nonce: str, body: str) -> str:
    """HMAC-SHA512 step by step, as RFC 2104 tells it, of the path and the SHA-256 of nonce and body."""
    key = b64decode(secret)
    if len(key) > 128:
        key = hashlib.sha512(key).digest()
    key = key.ljust(128, b"\0")
    message = path.encode() + hashlib.sha256(nonce.encode() + body.encode()).digest()
    inner = hashlib.sha512(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return b64encode(hashlib.sha512(bytes(byte ^ 0x5C for byte in key) + inner).digest()).decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_vector(case: dict[str, Any]) -> None:
    """The body and the signature are those of the file, the independent one's too."""
    params = dict(case["params"])
    otp = None if case["otp"] is None else Secret(case["otp"])
    body = form(case["nonce"], params, otp)
    assert body.decode() == case["body"]
    assert sign(b64decode(case["secret"]), case["path"], case["nonce"], body) == case["signature"]
    assert independent(case["secret"], case["path"], case["nonce"], case["body"]) == case["signature"]
    request = signed(Secret("my key"), Secret(case["secret"]), case["path"], int(case["nonce"]), params, otp=otp)
    assert request.body() == body
    assert request.headers() == {"API-Key": "my key", "API-Sign": case["signature"]}
    assert request.path == case["path"]


@given(st.binary(min_size=1, max_size=200), st.text(max_size=20), st.integers(0, 2**64 - 1), st.text(max_size=50))
def test_any_request(secret: bytes, path: str, nonce: int, value: str) -> None:
    """Whatever is signed, the independent signature agrees."""
    body = form(str(nonce), {"field": value})
    expected = independent(b64encode(secret).decode(), path, str(nonce), body.decode())
    assert sign(secret, path, str(nonce), body) == expected


def test_what_a_field_may_be() -> None:
    """Text, whole numbers, decimals without an exponent, and true and false in words."""
    given: dict[str, Param] = {"a": "x", "b": 3, "c": Decimal("1E-8"), "d": True, "e": False, "f": Decimal("12E+2")}
    written = [("a", "x"), ("b", "3"), ("c", "0.00000001"), ("d", "true"), ("e", "false"), ("f", "1200")]
    assert fields(given) == written


@pytest.mark.parametrize("value", [1.5, None, ["a"], Decimal("NaN"), Decimal("Infinity"), b"x"])
def test_what_a_field_can_not_be(value: Any) -> None:
    """A float, for one: it would not be the number that was meant."""
    with pytest.raises(ConfigurationError, match="volume can't be") as caught:
        form("1", {"volume": value})
    assert caught.value.hint is not None
    assert "Decimal" in caught.value.hint


@pytest.mark.parametrize("name", ["nonce", "otp"])
def test_fields_that_are_added_when_signing(name: str) -> None:
    """They are not the caller's to set."""
    with pytest.raises(ConfigurationError, match=f"{name} is no parameter"):
        form("1", {name: "7"})


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_nonces_rise(now: int, last: int) -> None:
    """Each is above the last one, and it is the time if that will do."""
    nonce = next_nonce(now, last)
    assert nonce > last
    assert nonce in {now, last + 1}
    assert nonce >= now


def test_a_secret_keeps_to_itself() -> None:
    """Only `reveal` gives it."""
    secret = Secret("hunter2")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret!s:>30}",
        repr([secret]),
        repr(secret._reveal),
    ]
    assert not any("hunter2" in text for text in shown)
    assert repr(secret) == "<Secret, hidden>"
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError):
        vars(secret)
    with pytest.raises(ConfigurationError, match="can't be pickled"):
        pickle.dumps(secret)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equal_secrets() -> None:
    """They are equal if their texts are; a text is no secret, nor is a secret of another kind."""

    class Other(Secret):
        __slots__ = ()

    assert Secret("a") == Secret("a")
    assert hash(Secret("ä")) == hash(Secret("ä"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != Other("a")
    assert Secret("a") != "a"


def test_a_signed_request_keeps_to_itself() -> None:
    """Its repr names the path, and it is neither copied nor pickled."""
    request = SignedRequest("/0/private/Balance", b"nonce=1&otp=123", {"API-Key": "abc", "API-Sign": "def"})
    assert repr(request) == "<SignedRequest /0/private/Balance>"
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(ConfigurationError, match="can't be copied or pickled"):
            attempt(request)
