"""The tree of errors: whoever catches a kind catches all that belong to it."""

import pytest

from havklo import HavkloError
from havklo._protocol.refusals import refusal
from havklo.errors import (
    AuthenticationError,
    ExchangeError,
    HttpError,
    HttpRateLimited,
    InvalidRequest,
    MalformedAnswer,
    MarginRejected,
    OrderRejected,
    PostOnlyWouldTake,
    RateLimited,
    ReduceOnlyRejected,
    RestError,
    RestTimeout,
    RestUnreachable,
    ServiceError,
    TooManySymbols,
    UnknownChannel,
)


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("EAPI:Invalid key", (AuthenticationError,)),
        ("EOrder:Rate limit exceeded", (RateLimited, OrderRejected)),
        ("EService:Market in post_only mode", (ServiceError,)),
        ("EService:Unavailable", (ServiceError,)),
        ("EGeneral:Too many symbols", (TooManySymbols, InvalidRequest)),
        ("Unsupported channel", (UnknownChannel, InvalidRequest)),
        ("EOrder:Post only order", (PostOnlyWouldTake, OrderRejected)),
        ("EOrder:Insufficient margin", (MarginRejected, OrderRejected)),
        ("EOrder:Reduce only:No position exists", (ReduceOnlyRejected, OrderRejected)),
        ("ENew:Something nobody has heard of", ()),
    ],
)
def test_what_kraken_refuses(words: str, kinds: tuple[type[ExchangeError], ...]) -> None:
    """Each refusal is of its kind, has Kraken's own words, and says what to do where that is known."""
    error = refusal(words)
    assert isinstance(error, (ExchangeError, *kinds))
    assert all(isinstance(error, kind) for kind in kinds)
    assert error.error == words
    assert (error.hint is None) is (not kinds)


@pytest.mark.parametrize(
    "error",
    [
        RestUnreachable("GET /0/public/Time", "no route"),
        RestTimeout("GET /0/public/Time", 5),
        HttpError("GET /0/public/Time", 502),
        HttpRateLimited("GET /0/public/Time", 429, retry_after=3),
        MalformedAnswer("GET /0/public/Time", "no JSON", b"<html>"),
    ],
)
def test_what_happens_to_a_request(error: RestError) -> None:
    """Whatever happens to a REST request names it."""
    assert isinstance(error, RestError)
    assert isinstance(error, HavkloError)
    assert (error.request, error.sent) == ("GET /0/public/Time", True)
    assert str(error).startswith("GET /0/public/Time: ")
