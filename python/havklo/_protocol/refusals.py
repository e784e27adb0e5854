"""From Kraken's words to a typed error: every refusal that is known, with what to do about it."""

from collections.abc import Sequence
from typing import Final

from havklo import errors
from havklo.errors import ExchangeError

__all__ = ["WORDS", "first_refusal", "refusal"]

_WAIT: Final = "wait until the counter has decayed; it is lower by a few points each second"
_CLOCK: Final = "check this machine's clock, and set deadlines further ahead"
_LATER: Final = "try again in a few seconds; status.kraken.com tells of known incidents"
_NAME: Final = "v2 names look like BTC/USD: upper case, BTC and DOGE rather than XBT and XDG"
_MODE: Final = "wait for a status message that says online"
_MARGIN: Final = "reduce positions, add collateral, or ask for less"
_REDUCE: Final = "look at the position first; without reduce_only the order may open one"
_PAIR: Final = "the pair's limits are in the instrument channel"
_BUSY: Final = "cancel orders that are not needed, or wait until some are filled"

_TYPES: Final[dict[str, tuple[type[ExchangeError], str]]] = {
    "EAPI:Invalid key": (
        errors.InvalidKey,
        "check that the whole key was copied, and that it was not deleted in Kraken's settings",
    ),
    "EAPI:Invalid signature": (errors.InvalidSignature, "check that the secret is the one that belongs to this key"),
    "EAPI:Invalid nonce": (
        errors.InvalidNonce,
        "give each program a key of its own, or widen the key's nonce window in Kraken's settings",
    ),
    "EAPI:Rate limit exceeded": (errors.ApiRateLimited, _WAIT),
    "EAuth:Account temporary disabled": (errors.AccountDisabled, "sign in at kraken.com, or ask Kraken's support"),
    "EAuth:Account unconfirmed": (errors.AccountUnconfirmed, "confirm the account at kraken.com"),
    "EAuth:Rate limit exceeded": (errors.AuthRateLimited, "wait some minutes, and use each token for longer"),
    "EAuth:Too many requests": (errors.TooManyRequests, "wait some minutes, and use each token for longer"),
    "EBM:limit exceeded:CAL": (errors.AcquisitionLimitExceeded, "sell first, or buy an asset without such a limit"),
    "EGeneral:Internal error": (errors.KrakenInternalError, _LATER),
    "EGeneral:Invalid arguments": (errors.InvalidArguments, "compare the request with Kraken's reference"),
    "EGeneral:Invalid arguments:Index unavailable": (
        errors.IndexUnavailable,
        "let the trigger follow the last price instead of the index",
    ),
    "EGeneral:Permission denied": (
        errors.PermissionDenied,
        "give the key the permission in Kraken's settings; WebSocket tokens need 'Access WebSockets API'",
    ),
    "EGeneral:Temporary lockout": (errors.TemporaryLockout, "wait about 15 minutes before you try again"),
    "EGeneral:Too many symbols": (errors.TooManySymbols, "spread the symbols over several connections"),
    "EGeneral:Unknown method": (errors.UnknownMethod, "check the path and the HTTP method"),
    "EOrder:Cannot open opposing position": (errors.CannotOpenOpposingPosition, "close the position first"),
    "EOrder:Cannot open position": (errors.CannotOpenPosition, "check that the account may trade this pair on margin"),
    "EOrder:Cost minimum not met": (errors.CostMinimumNotMet, _PAIR),
    "EOrder:Domain rate limit exceeded": (errors.DomainRateLimited, _WAIT),
    "EOrder:Insufficient funds": (errors.InsufficientFunds, "what open orders hold is not available; fees count, too"),
    "EOrder:Insufficient margin": (errors.InsufficientMargin, _MARGIN),
    "EOrder:Invalid price": (errors.InvalidPrice, _PAIR),
    "EOrder:Margin allowance exceeded": (errors.MarginAllowanceExceeded, _MARGIN),
    "EOrder:Margin level too low": (errors.MarginLevelTooLow, _MARGIN),
    "EOrder:Margin position size exceeded": (errors.MarginPositionSizeExceeded, _PAIR),
    "EOrder:Order minimum not met": (errors.OrderMinimumNotMet, _PAIR),
    "EOrder:Orders limit exceeded": (errors.OrdersLimitExceeded, _BUSY),
    "EOrder:Positions limit exceeded": (errors.PositionsLimitExceeded, "close a position first"),
    "EOrder:Post only order": (errors.PostOnlyWouldTake, "choose a price that does not cross the book"),
    "EOrder:Rate limit exceeded": (errors.OrderRateLimited, _WAIT),
    "EOrder:Reduce only:No position exists": (errors.ReduceOnlyNoPosition, _REDUCE),
    "EOrder:Reduce only:Non-PC": (errors.ReduceOnlyNotClosing, _REDUCE),
    "EOrder:Reduce only:Position is closed": (errors.ReduceOnlyPositionClosed, _REDUCE),
    "EOrder:Scheduled orders limit exceeded": (errors.ScheduledOrdersLimitExceeded, _BUSY),
    "EOrder:Tick size check failed": (errors.TickSizeCheckFailed, _PAIR),
    "EOrder:Unknown order": (errors.UnknownOrder, "it may have been filled, canceled or expired already"),
    "EOrder:Unknown position": (errors.UnknownPosition, "it may have been closed already"),
    "EQuery:Unknown asset": (errors.UnknownAsset, "the assets are in the instrument channel"),
    "EQuery:Unknown asset pair": (errors.PairNotSupported, "the pairs are in the instrument channel"),
    "EService:Deadline elapsed": (errors.DeadlineElapsed, _CLOCK),
    "EService:Market in cancel_only mode": (errors.MarketCancelOnly, _MODE),
    "EService:Market in post_only mode": (errors.MarketPostOnly, _MODE),
    "EService:Unavailable": (errors.ServiceUnavailable, _LATER),
    "ESession:Invalid session": (errors.InvalidSession, "use a fresh token, made for the venue that it is sent to"),
    "ETrade:Invalid request": (errors.InvalidTradeRequest, "compare the request with Kraken's reference"),
    # What the WebSocket says, without a category.
    "Already subscribed": (errors.AlreadySubscribed, "one connection carries one subscription per channel and symbol"),
    "Exceeded msg rate": (errors.MessageRateExceeded, "put more symbols into one request, and requests further apart"),
    "Malformed request": (errors.MalformedRequest, "compare the request with Kraken's reference"),
    "Subscription Not Found": (errors.NotSubscribed, "it may have ended already"),
    "Subscription depth not supported": (
        errors.DepthNotSupported,
        "book has 10, 25, 100, 500 and 1000; level3 has 10, 100 and 1000",
    ),
    "Subscription ohlc interval not supported": (
        errors.IntervalNotSupported,
        "minutes: 1, 5, 15, 30, 60, 240, 1440, 10080 or 21600",
    ),
    "Unsupported channel": (errors.UnknownChannel, "Havklo may be older than what it is asked for"),
    "Unsupported method": (errors.UnknownMethod, "Havklo may be older than what it is asked for"),
}

# What begins so goes on with a name, or with advice.
_BEGINNINGS: Final[dict[str, tuple[type[ExchangeError], str]]] = {
    "Currency pair not supported": (errors.PairNotSupported, _NAME),
    "Currency pair not in ISO 4217-A3 format": (errors.PairNotInForm, _NAME),
    "EService:Market in": (errors.MarketInMode, _MODE),
    "EService:": (errors.ServiceError, _LATER),  # such as "Busy", which passes like those that are known by name
    "Private data and trading are unavailable on this endpoint.": (
        errors.WrongEndpoint,
        "private channels and orders need the venue's private endpoint",
    ),
    "Public market data subscriptions are unavailable on this endpoint.": (
        errors.WrongEndpoint,
        "public channels need the venue's public endpoint",
    ),
    "Unsupported field:": (errors.UnsupportedField, "leave the field out, or use the method that has it"),
}

WORDS: Final[tuple[str, ...]] = (*_TYPES, *_BEGINNINGS)
"""Kraken's words that have a class of their own, or their beginnings."""

# The case of what the WebSocket says is known only from a few clients, so case does not count anywhere.
_FOLDED: Final = {words.casefold(): known for words, known in _TYPES.items()}


def refusal(error: str, *, also: Sequence[str] = ()) -> ExchangeError:
    """Give the typed error for Kraken's words; those that are not known become a plain `ExchangeError`.

    Args:
        error: Kraken's words.
        also: What else it said in the same answer.
    """
    detail, known = "", _FOLDED.get(error.casefold())
    named = error
    while known is None and ":" in named:
        # "EGeneral:Invalid arguments:price" is an "EGeneral:Invalid arguments" about the price.
        named = named.rpartition(":")[0]
        detail, known = error[len(named) + 1 :], _FOLDED.get(named.casefold())
    if known is None:
        detail, known = _by_beginning(error)
    kind, hint = known
    return kind(error, detail=detail, hint=hint, also=tuple(also))


def first_refusal(said: Sequence[str]) -> ExchangeError | None:
    """Give the typed error for an answer's `error` list, or None if nothing in it is an error.

    An entry that begins with W, as in "WGeneral:...", is a warning.
    """
    wrong = [error for error in said if not is_warning(error)]
    return refusal(wrong[0], also=wrong[1:]) if wrong else None


def is_warning(said: str) -> bool:
    """Whether an entry of an answer's `error` list only warns."""
    head, colon, _ = said.partition(":")
    return bool(colon) and head[:1] == "W" and head[1:2].isupper() and head.isalpha()


def _by_beginning(error: str) -> tuple[str, tuple[type[ExchangeError], str | None]]:
    folded = error.casefold()
    for beginning, known in _BEGINNINGS.items():
        if folded.startswith(beginning.casefold()):
            rest = error[len(beginning) :].strip()
            # "Unsupported field: 'price' for the given msg type: add order" is about the price.
            return rest.split("'")[1] if rest.startswith("'") and rest.count("'") > 1 else rest, known
    return "", (ExchangeError, None)
