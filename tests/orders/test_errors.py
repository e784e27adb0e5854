"""Errors of trading: each of Kraken's words has a type of its own, and those of this side say what to do."""

import asyncio
from decimal import Decimal
from typing import Any, cast

import pytest

from havklo._protocol.refusals import refusal
from havklo.errors import ConfigurationError, ExchangeError, HavkloError
from havklo.errors.trading import (
    HeadroomExceeded,
    OrderInvalid,
    OrderUnknown,
    Problem,
    RequestTimeout,
    RiskLimitExceeded,
    TradingLocked,
)
from havklo.sim.rules import Texts
from havklo.sim.trading.refusals import ERRORS

# Kraken's "Spot error messages", as its page groups them.
PAGE = """
EGeneral:Invalid arguments|Invalid arguments:Index unavailable|Permission denied|Temporary lockout|Internal error
EService:Unavailable|Market in cancel_only mode|Market in post_only mode|Deadline elapsed
EAPI:Invalid key|Invalid signature|Invalid nonce|Rate limit exceeded
ESession:Invalid session
EAuth:Account temporary disabled|Account unconfirmed|Rate limit exceeded|Too many requests
EOrder:Insufficient funds|Insufficient margin|Order minimum not met|Cost minimum not met|Tick size check failed
EOrder:Invalid price|Orders limit exceeded|Rate limit exceeded|Domain rate limit exceeded|Positions limit exceeded
EOrder:Scheduled orders limit exceeded|Unknown position|Cannot open position|Cannot open opposing position
EOrder:Margin allowance exceeded|Margin level too low|Margin position size exceeded|Reduce only:No position exists
EOrder:Reduce only:Position is closed|Reduce only:Non-PC|Unknown order
ETrade:Invalid request
EBM:limit exceeded:CAL
"""
WORDS = [
    f"{line.partition(':')[0]}:{words}"
    for line in PAGE.strip().splitlines()
    for words in line.partition(":")[2].split("|")
]


def test_the_page_has_forty_one_errors() -> None:
    """None was lost on the way."""
    assert len(WORDS) == len(set(WORDS)) == 41


def test_each_has_a_type_of_its_own() -> None:
    """No two share one, and none is the general one."""
    kinds = [type(refusal(words)) for words in WORDS]
    assert len(set(kinds)) == len(WORDS)
    assert ExchangeError not in kinds


@pytest.mark.parametrize("words", [*WORDS, *ERRORS, Texts().unknown_order])
def test_each_keeps_krakens_words_and_says_what_to_do(words: str) -> None:
    """Those of the simulator's desk, too."""
    error = refusal(words)
    assert type(error) is not ExchangeError
    assert isinstance(error, HavkloError)
    assert error.error == words
    assert words in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("words", "like", "detail"),
    [
        ("EGeneral:Invalid arguments:order_qty", "EGeneral:Invalid arguments", "order_qty"),
        ("EGeneral:Internal error:17", "EGeneral:Internal error", "17"),
    ],
)
def test_what_goes_on_is_the_detail(words: str, like: str, detail: str) -> None:
    """The type is that of the words before it."""
    assert type(refusal(words)) is type(refusal(like))
    assert refusal(words).detail == detail


def test_an_invalid_order_names_its_problems() -> None:
    """The first one's fields are its own."""
    problems = [Problem("price", "x", "it is odd", (Decimal("1E-8"), Decimal(2))), Problem("qty", 0, "it is nothing")]
    error = OrderInvalid("BTC/USD", problems)
    assert (error.symbol, error.problems) == ("BTC/USD", tuple(problems))
    assert (error.field, error.value, error.nearest) == ("price", "x", (Decimal("1E-8"), Decimal(2)))
    assert str(error) == (
        "this is no order of BTC/USD: it is odd; it is nothing (the nearest valid values are price: 0.00000001 or 2)"
    )
    assert isinstance(error, ConfigurationError)
    assert OrderInvalid("BTC/USD", problems[1:]).hint is None


def test_a_passed_limit_says_by_how_much() -> None:
    """Or that it can't be told."""
    error = RiskLimitExceeded("max_qty", Decimal("1E+1"), Decimal(2), symbol="BTC/USD", hint="less")
    assert str(error) == "the order of BTC/USD passes max_qty: 10, where 2 is allowed (less)"
    assert (error.limit, error.value, error.allowed, error.symbol) == ("max_qty", 10, 2, "BTC/USD")
    assert str(RiskLimitExceeded("max_qty", None, 2)) == (
        "the order passes max_qty: it can't be told, where 2 is allowed"
    )


def test_a_lock_says_why_and_how_it_is_opened() -> None:
    """The reason is a field."""
    error = TradingLocked("daily loss")
    assert error.reason == "daily loss"
    assert str(error) == "orders are locked: daily loss (orders.unlock() lets orders out again)"


def test_a_full_counter_says_when_there_is_room() -> None:
    """In seconds, or not at all."""
    error = HeadroomExceeded("BTC/USD", Decimal("1.50"), 0.25)
    assert (error.symbol, error.cost, error.retry_in) == ("BTC/USD", Decimal("1.5"), 0.25)
    assert str(error) == (
        'the rate counter of BTC/USD has no room for 1.50 more (there is room in 0.250 s; pacing="wait" waits for it)'
    )
    assert "answers" in str(HeadroomExceeded("BTC/USD", Decimal(1), None))


def test_an_unknown_order_is_on_its_error() -> None:
    """The handle that goes on being resolved."""
    order = cast("Any", object())
    error = OrderUnknown(order, 10, name="abc")
    assert (error.order, error.seconds) == (order, 10)
    assert str(error).startswith("the fate of order abc is not known after 10 s (do not place it again")
    assert "without a name" in str(OrderUnknown(order, 10))


def test_a_missing_answer_is_a_timeout() -> None:
    """Of the standard library's kind, too."""
    error = RequestTimeout("amend_order", 2.5)
    assert (error.method, error.seconds) == ("amend_order", 2.5)
    assert str(error).startswith("no answer to amend_order within 2.5 s")
    assert isinstance(error, asyncio.TimeoutError)


@pytest.mark.parametrize("kind", [HeadroomExceeded, OrderUnknown, RequestTimeout, RiskLimitExceeded, TradingLocked])
def test_all_are_havklos(kind: type[Exception]) -> None:
    """One root catches them."""
    assert issubclass(kind, HavkloError)
