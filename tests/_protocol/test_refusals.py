"""Every refusal of Kraken that is known has an error of its own, with its words and a hint."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havklo import errors
from havklo._protocol.blame import is_final
from havklo._protocol.refusals import WORDS, first_refusal, is_warning, refusal
from havklo.errors import ExchangeError
from havklo.sim.rules import Texts
from havklo.sim.trading.refusals import ERRORS

PUBLISHED = {
    "EGeneral:Invalid arguments": errors.InvalidArguments,
    "EGeneral:Invalid arguments:Index unavailable": errors.IndexUnavailable,
    "EGeneral:Permission denied": errors.PermissionDenied,
    "EGeneral:Temporary lockout": errors.TemporaryLockout,
    "EGeneral:Internal error": errors.KrakenInternalError,
    "EService:Unavailable": errors.ServiceUnavailable,
    "EService:Market in cancel_only mode": errors.MarketCancelOnly,
    "EService:Market in post_only mode": errors.MarketPostOnly,
    "EService:Deadline elapsed": errors.DeadlineElapsed,
    "EAPI:Invalid key": errors.InvalidKey,
    "EAPI:Invalid signature": errors.InvalidSignature,
    "EAPI:Invalid nonce": errors.InvalidNonce,
    "EAPI:Rate limit exceeded": errors.ApiRateLimited,
    "ESession:Invalid session": errors.InvalidSession,
    "EAuth:Account temporary disabled": errors.AccountDisabled,
    "EAuth:Account unconfirmed": errors.AccountUnconfirmed,
    "EAuth:Rate limit exceeded": errors.AuthRateLimited,
    "EAuth:Too many requests": errors.TooManyRequests,
    "EOrder:Insufficient funds": errors.InsufficientFunds,
    "EOrder:Insufficient margin": errors.InsufficientMargin,
    "EOrder:Order minimum not met": errors.OrderMinimumNotMet,
    "EOrder:Cost minimum not met": errors.CostMinimumNotMet,
    "EOrder:Tick size check failed": errors.TickSizeCheckFailed,
    "EOrder:Invalid price": errors.InvalidPrice,
    "EOrder:Orders limit exceeded": errors.OrdersLimitExceeded,
    "EOrder:Rate limit exceeded": errors.OrderRateLimited,
    "EOrder:Domain rate limit exceeded": errors.DomainRateLimited,
    "EOrder:Positions limit exceeded": errors.PositionsLimitExceeded,
    "EOrder:Scheduled orders limit exceeded": errors.ScheduledOrdersLimitExceeded,
    "EOrder:Unknown position": errors.UnknownPosition,
    "EOrder:Cannot open position": errors.CannotOpenPosition,
    "EOrder:Cannot open opposing position": errors.CannotOpenOpposingPosition,
    "EOrder:Margin allowance exceeded": errors.MarginAllowanceExceeded,
    "EOrder:Margin level too low": errors.MarginLevelTooLow,
    "EOrder:Margin position size exceeded": errors.MarginPositionSizeExceeded,
    "EOrder:Reduce only:No position exists": errors.ReduceOnlyNoPosition,
    "EOrder:Reduce only:Position is closed": errors.ReduceOnlyPositionClosed,
    "EOrder:Reduce only:Non-PC": errors.ReduceOnlyNotClosing,
    "EOrder:Unknown order": errors.UnknownOrder,
    "ETrade:Invalid request": errors.InvalidTradeRequest,
    "EBM:limit exceeded:CAL": errors.AcquisitionLimitExceeded,
}

OBSERVED = {
    "Currency pair not supported XBT/USD": (errors.PairNotSupported, "XBT/USD"),
    "Currency pair not supported": (errors.PairNotSupported, ""),
    "Currency pair not in ISO 4217-A3 format XBTUSD": (errors.PairNotInForm, "XBTUSD"),
    "Subscription depth not supported": (errors.DepthNotSupported, ""),
    "Subscription ohlc interval not supported": (errors.IntervalNotSupported, ""),
    "Exceeded msg rate": (errors.MessageRateExceeded, ""),
    "Malformed request": (errors.MalformedRequest, ""),
    "Already subscribed": (errors.AlreadySubscribed, ""),
    "Subscription Not Found": (errors.NotSubscribed, ""),
    "Unsupported field: 'price' for the given msg type: add order": (errors.UnsupportedField, "price"),
    "Unsupported field: price": (errors.UnsupportedField, "price"),
    "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com": (
        errors.WrongEndpoint,
        "Try ws-auth.kraken.com",
    ),
    "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com": (
        errors.WrongEndpoint,
        "Try ws.kraken.com",
    ),
    "EGeneral:Invalid arguments:price": (errors.InvalidArguments, "price"),
    "EGeneral:Invalid arguments:price:too low": (errors.InvalidArguments, "price:too low"),
    "EGeneral:Internal error:7": (errors.KrakenInternalError, "7"),
    "EQuery:Unknown asset pair": (errors.PairNotSupported, ""),
    "EQuery:Unknown asset": (errors.UnknownAsset, ""),
    "EGeneral:Unknown method": (errors.UnknownMethod, ""),
}


@pytest.mark.parametrize(("words", "kind"), PUBLISHED.items())
def test_a_published_refusal(words: str, kind: type[ExchangeError]) -> None:
    """It has its own type, Kraken's words and category, and a hint."""
    error = refusal(words)
    assert type(error) is kind
    assert error.error == words
    assert error.category == words.partition(":")[0][1:]
    assert (error.detail, error.also) == ("", ())
    assert error.hint
    assert str(error) == f"Kraken refused: {words} ({error.hint})"


@pytest.mark.parametrize(("words", "expected"), OBSERVED.items())
def test_an_observed_refusal(words: str, expected: tuple[type[ExchangeError], str]) -> None:
    """What stands behind the error's name is its detail."""
    error = refusal(words)
    assert (type(error), error.detail) == expected
    assert error.error == words
    assert error.hint


def test_no_two_published_refusals_are_one() -> None:
    """Each has a type that no other has."""
    assert len(set(PUBLISHED.values())) == len(PUBLISHED)


def test_every_type_comes_from_words() -> None:
    """There is no class of an error that Kraken's words never become, and no class without a base in the tree."""

    def leaves(kind: type[ExchangeError]) -> set[type[ExchangeError]]:
        below = kind.__subclasses__()
        return {kind} if not below else set().union(*map(leaves, below))

    assert leaves(ExchangeError) <= {type(refusal(words)) for words in WORDS}
    assert {kind.__name__ for kind in leaves(ExchangeError)} <= set(errors.__all__)


def test_the_tree_is_told() -> None:
    """Every refusal stands in the tree that the module's docstring draws."""
    assert errors.__doc__ is not None
    told = set(re.findall(r"\w+", errors.__doc__))
    assert {type(refusal(words)).__name__ for words in WORDS} <= told
    assert {kind.__name__ for words in WORDS for kind in type(refusal(words)).__mro__[:-4]} <= told


@pytest.mark.parametrize("words", [*ERRORS, *(getattr(Texts(), name) for name in Texts.__slots__)])
def test_what_the_simulated_exchange_says_is_known(words: str) -> None:
    """None of its texts becomes the plain error."""
    assert type(refusal(words)) is not ExchangeError


def test_modes() -> None:
    """Every mode of a market is caught together, and told."""
    modes = {mode: refusal(f"EService:Market in {mode} mode") for mode in ("cancel_only", "post_only", "limit_only")}
    for mode, error in modes.items():
        assert isinstance(error, errors.MarketInMode)
        assert error.mode == mode


def test_a_rate_limit_of_orders_is_both() -> None:
    """Whoever catches rate limits catches it, and whoever catches rejected orders."""
    error = refusal("EOrder:Rate limit exceeded")
    assert isinstance(error, errors.RateLimited)
    assert isinstance(error, errors.OrderRejected)


def test_case_does_not_count() -> None:
    """The case of unpublished texts is known from few clients."""
    assert type(refusal("already Subscribed")) is errors.AlreadySubscribed
    assert type(refusal("exceeded msg RATE")) is errors.MessageRateExceeded


@pytest.mark.parametrize(
    "words", ["EFunding:Max fee exceeded", "something new", "", ":", "EAPI", "e:x", "EBM:limit exceeded:X"]
)
def test_unknown_words(words: str) -> None:
    """They are carried by the plain error, without a hint."""
    error = refusal(words)
    assert type(error) is ExchangeError
    assert (error.error, error.detail, error.hint) == (words, "", None)


@given(st.text())
def test_any_words(words: str) -> None:
    """Whatever Kraken says becomes an error that says the same."""
    assert refusal(words).error == words


def test_the_first_of_several() -> None:
    """It decides about the type; the others come along, warnings do not count."""
    error = first_refusal(["WGeneral:Deprecated", "EAPI:Invalid nonce", "EGeneral:Internal error"])
    assert type(error) is errors.InvalidNonce
    assert error.also == ("EGeneral:Internal error",)
    assert first_refusal(["WGeneral:Deprecated"]) is None
    assert first_refusal([]) is None
    assert [is_warning(said) for said in ("WAPI:x", "Warm:x", "EAPI:x", "W:", "words")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_service_error_that_nobody_has_seen_yet() -> None:
    """It passes by itself like the others of its category, so nothing is given up for it."""
    busy = refusal("EService:Busy")
    assert type(busy) is errors.ServiceError
    assert busy.detail == "Busy"
    assert busy.hint is not None
    assert not is_final(busy)
