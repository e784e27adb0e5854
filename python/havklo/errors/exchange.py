"""Kraken's refusals of requests, but for those of orders."""

from typing import final

from havklo.errors.base import HavkloError

__all__ = [
    "AccountDisabled",
    "AccountUnconfirmed",
    "AlreadySubscribed",
    "ApiRateLimited",
    "AuthRateLimited",
    "AuthenticationError",
    "DepthNotSupported",
    "ExchangeError",
    "IndexUnavailable",
    "IntervalNotSupported",
    "InvalidArguments",
    "InvalidKey",
    "InvalidNonce",
    "InvalidRequest",
    "InvalidSession",
    "InvalidSignature",
    "InvalidTradeRequest",
    "KrakenInternalError",
    "MalformedRequest",
    "MarketCancelOnly",
    "MarketInMode",
    "MarketPostOnly",
    "MessageRateExceeded",
    "NotSubscribed",
    "PairNotInForm",
    "PairNotSupported",
    "PermissionDenied",
    "RateLimited",
    "ServiceError",
    "ServiceUnavailable",
    "TemporaryLockout",
    "TooManyRequests",
    "TooManySymbols",
    "UnknownAsset",
    "UnknownChannel",
    "UnknownMethod",
    "UnsupportedField",
    "WrongEndpoint",
]


class ExchangeError(HavkloError):
    """Kraken refused a request. Words of Kraken that have no class of their own are carried by this one.

    Attributes:
        error: Kraken's own words, such as "EGeneral:Invalid arguments:price".
        category: Kraken's category in them, such as "General" or "Order"; empty where they name none.
        detail: What they say beyond the error's name, such as "price"; mostly empty.
        also: Further errors of the same answer.
    """

    def __init__(self, error: str, *, detail: str = "", hint: str | None = None, also: tuple[str, ...] = ()) -> None:
        super().__init__(f"Kraken refused: {error}", hint=hint)
        head, colon, _ = error.partition(":")
        named = bool(colon) and head[:1] == "E" and head[1:2].isupper() and head.isalpha()
        self.error = error
        self.category: str = head[1:] if named else ""
        self.detail = detail
        self.also = also


class AuthenticationError(ExchangeError):
    """Who asks is not known to Kraken, or may not ask for this."""


@final
class InvalidKey(AuthenticationError):
    """Kraken does not know the API key."""


@final
class InvalidSignature(AuthenticationError):
    """The signature does not belong to the key and the request: the secret is another key's."""


@final
class InvalidNonce(AuthenticationError):
    """The nonce is not above the highest one that the key has used."""


@final
class InvalidSession(AuthenticationError):
    """The WebSocket token is not good, or not any more."""


@final
class PermissionDenied(AuthenticationError):
    """The key may not do this."""


@final
class TemporaryLockout(AuthenticationError):
    """Too many wrong keys, signatures or nonces: Kraken does not listen for some minutes."""


@final
class AccountDisabled(AuthenticationError):
    """The account is disabled for the time being."""


@final
class AccountUnconfirmed(AuthenticationError):
    """The account is not confirmed."""


class RateLimited(ExchangeError):
    """Too much was asked in too short a time."""


@final
class ApiRateLimited(RateLimited):
    """The key's REST counter, or the budget of level-3 subscriptions, is used up."""


@final
class AuthRateLimited(RateLimited):
    """Too many attempts to authenticate."""


@final
class TooManyRequests(RateLimited):
    """Too many requests to authenticate."""


@final
class MessageRateExceeded(RateLimited):
    """Too many requests on one connection."""


class ServiceError(ExchangeError):
    """Kraken can't do it at the moment."""


@final
class ServiceUnavailable(ServiceError):
    """The matching engine or the API is not available."""


@final
class KrakenInternalError(ServiceError):
    """Something went wrong inside Kraken; `detail` may have a code."""


class MarketInMode(ServiceError):
    """The market is in a mode in which it does not take this.

    Attributes:
        mode: Which: "cancel_only", "post_only", "limit_only" or "reduce_only".
    """

    @property
    def mode(self) -> str:
        """The market's mode in Kraken's words."""
        return self.error.partition("Market in ")[2].removesuffix(" mode")


@final
class MarketCancelOnly(MarketInMode):
    """Only cancels are taken."""


@final
class MarketPostOnly(MarketInMode):
    """Only post-only limit orders and cancels are taken."""


class InvalidRequest(ExchangeError):
    """The request itself is wrong, and would be the next time."""


class InvalidArguments(InvalidRequest):
    """An argument is missing or can't be what it is; `detail` names it if Kraken does."""


@final
class IndexUnavailable(InvalidArguments):
    """A trigger follows the index price, and the pair has none."""


@final
class InvalidTradeRequest(InvalidRequest):
    """Kraken can't make an order of the request."""


@final
class MalformedRequest(InvalidRequest):
    """Kraken can't read the request."""


@final
class UnsupportedField(InvalidRequest):
    """The request has a field that its method does not know; `detail` names it."""


@final
class UnknownMethod(InvalidRequest):
    """There is no such method."""


@final
class UnknownChannel(InvalidRequest):
    """There is no such channel."""


@final
class PairNotSupported(InvalidRequest):
    """There is no such pair; `detail` is the name that was given."""


@final
class PairNotInForm(InvalidRequest):
    """A pair's name is not of the form BASE/QUOTE; `detail` is the name that was given."""


@final
class UnknownAsset(InvalidRequest):
    """There is no such asset."""


@final
class TooManySymbols(InvalidRequest):
    """One connection can't carry so many symbols."""


@final
class DepthNotSupported(InvalidRequest):
    """The channel does not have this depth."""


@final
class IntervalNotSupported(InvalidRequest):
    """There are no candles of this interval."""


@final
class AlreadySubscribed(InvalidRequest):
    """The connection has this subscription already."""


@final
class NotSubscribed(InvalidRequest):
    """The connection has no such subscription."""


@final
class WrongEndpoint(InvalidRequest):
    """Another endpoint serves this; `detail` is what Kraken says about which."""
