"""Every error that Havklo raises; `HavkloError` is the root.

    HavkloError
    ├── ConfigurationError (ValueError)   an argument that can't be meant: a depth, a symbol's form, a price off grid
    │   └── OrderInvalid                  an order that Kraken would refuse whatever the market does
    ├── BookNotLive                       a book was read while it was not proven
    ├── MalformedFrame                    bytes that are no Kraken frame and can't be put to one book
    ├── UnknownSymbol (LookupError)       a symbol that is not tracked or not listed
    ├── OrderNotInBook (LookupError)      a level-3 book does not hold this order
    ├── SubscriptionError                 Kraken refused a subscription
    │   └── SubscribeTimeout              no verified snapshot came in time
    ├── Disconnected                      the connection ended and is not coming back
    ├── WaitTimeout (TimeoutError)        what was waited for has not come in time
    ├── EndpointUnavailable               the venue does not offer this endpoint
    ├── NumberTooLarge (OverflowError)    a number that does not fit in an array of 64-bit integers
    ├── SlowConsumer                      a bounded queue overflowed and loss is not acceptable
    ├── RiskLimitExceeded                 an order would pass a limit that the user has set
    ├── TradingLocked                     orders are locked by the kill switch
    ├── HeadroomExceeded                  the pair's rate counter has no room now
    ├── OrderUnknown                      whether an order was accepted could not be told in time
    ├── RequestTimeout (TimeoutError)     no answer to a request about orders came in time
    ├── CaptureError                      a capture file can't be read
    ├── CredentialsError (ValueError)     an API key that can't be used, or that others can read
    ├── RestError                         a REST request got no answer that can be used
    │   ├── RestUnreachable               no connection, or it broke
    │   ├── RestTimeout                   no answer in time
    │   ├── HttpError                     another HTTP status than 200
    │   │   └── HttpRateLimited           429
    │   └── MalformedAnswer               an answer that is not Kraken's
    └── ExchangeError                     Kraken refused a request; its words are in `error`
        ├── AuthenticationError           who asks is unknown, or may not ask
        │   ├── InvalidKey, InvalidSignature, InvalidNonce, InvalidSession, PermissionDenied
        │   └── TemporaryLockout, AccountDisabled, AccountUnconfirmed
        ├── RateLimited                   too much in too short a time
        │   ├── ApiRateLimited, AuthRateLimited, TooManyRequests, MessageRateExceeded
        │   └── OrderRateLimited, DomainRateLimited (both OrderRejected too)
        ├── ServiceError                  Kraken can't do it now
        │   ├── ServiceUnavailable, KrakenInternalError
        │   └── MarketInMode
        │       └── MarketCancelOnly, MarketPostOnly
        ├── InvalidRequest                the request itself is wrong
        │   ├── InvalidArguments
        │   │   └── IndexUnavailable
        │   ├── InvalidTradeRequest, MalformedRequest, UnsupportedField, UnknownMethod, UnknownChannel
        │   ├── PairNotSupported, PairNotInForm, UnknownAsset, TooManySymbols
        │   ├── DepthNotSupported, IntervalNotSupported, AlreadySubscribed, NotSubscribed
        │   └── WrongEndpoint
        └── OrderRejected                 the order, or the change to one, was not taken
            ├── InsufficientFunds, OrderMinimumNotMet, CostMinimumNotMet, TickSizeCheckFailed, InvalidPrice
            ├── PostOnlyWouldTake, UnknownOrder, DeadlineElapsed, AcquisitionLimitExceeded
            ├── OrdersLimitExceeded, PositionsLimitExceeded, ScheduledOrdersLimitExceeded
            ├── MarginRejected
            │   ├── InsufficientMargin, MarginAllowanceExceeded, MarginLevelTooLow, MarginPositionSizeExceeded
            │   └── UnknownPosition, CannotOpenPosition, CannotOpenOpposingPosition
            └── ReduceOnlyRejected
                └── ReduceOnlyNoPosition, ReduceOnlyPositionClosed, ReduceOnlyNotClosing

Each error has typed fields beside its sentence; `hint`, where there is one, says what to do next. A foreign exception
that caused it is chained as `__cause__`. This module imports nothing of the package: the engine raises from it.
"""

from havklo.errors.base import (
    BookNotLive,
    CaptureError,
    ConfigurationError,
    Disconnected,
    EndpointUnavailable,
    HavkloError,
    MalformedFrame,
    NumberTooLarge,
    OrderNotInBook,
    SlowConsumer,
    SubscribeTimeout,
    SubscriptionError,
    UnknownSymbol,
    WaitTimeout,
)
from havklo.errors.exchange import (
    AccountDisabled,
    AccountUnconfirmed,
    AlreadySubscribed,
    ApiRateLimited,
    AuthenticationError,
    AuthRateLimited,
    DepthNotSupported,
    ExchangeError,
    IndexUnavailable,
    IntervalNotSupported,
    InvalidArguments,
    InvalidKey,
    InvalidNonce,
    InvalidRequest,
    InvalidSession,
    InvalidSignature,
    InvalidTradeRequest,
    KrakenInternalError,
    MalformedRequest,
    MarketCancelOnly,
    MarketInMode,
    MarketPostOnly,
    MessageRateExceeded,
    NotSubscribed,
    PairNotInForm,
    PairNotSupported,
    PermissionDenied,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    TemporaryLockout,
    TooManyRequests,
    TooManySymbols,
    UnknownAsset,
    UnknownChannel,
    UnknownMethod,
    UnsupportedField,
    WrongEndpoint,
)
from havklo.errors.orders import (
    AcquisitionLimitExceeded,
    CannotOpenOpposingPosition,
    CannotOpenPosition,
    CostMinimumNotMet,
    DeadlineElapsed,
    DomainRateLimited,
    InsufficientFunds,
    InsufficientMargin,
    InvalidPrice,
    MarginAllowanceExceeded,
    MarginLevelTooLow,
    MarginPositionSizeExceeded,
    MarginRejected,
    OrderMinimumNotMet,
    OrderRateLimited,
    OrderRejected,
    OrdersLimitExceeded,
    PositionsLimitExceeded,
    PostOnlyWouldTake,
    ReduceOnlyNoPosition,
    ReduceOnlyNotClosing,
    ReduceOnlyPositionClosed,
    ReduceOnlyRejected,
    ScheduledOrdersLimitExceeded,
    TickSizeCheckFailed,
    UnknownOrder,
    UnknownPosition,
)
from havklo.errors.rest import (
    CredentialsError,
    HttpError,
    HttpRateLimited,
    MalformedAnswer,
    RestError,
    RestTimeout,
    RestUnreachable,
)
from havklo.errors.trading import (
    HeadroomExceeded,
    OrderInvalid,
    OrderUnknown,
    RequestTimeout,
    RiskLimitExceeded,
    TradingLocked,
)

__all__ = [
    "AccountDisabled",
    "AccountUnconfirmed",
    "AcquisitionLimitExceeded",
    "AlreadySubscribed",
    "ApiRateLimited",
    "AuthRateLimited",
    "AuthenticationError",
    "BookNotLive",
    "CannotOpenOpposingPosition",
    "CannotOpenPosition",
    "CaptureError",
    "ConfigurationError",
    "CostMinimumNotMet",
    "CredentialsError",
    "DeadlineElapsed",
    "DepthNotSupported",
    "Disconnected",
    "DomainRateLimited",
    "EndpointUnavailable",
    "ExchangeError",
    "HavkloError",
    "HeadroomExceeded",
    "HttpError",
    "HttpRateLimited",
    "IndexUnavailable",
    "InsufficientFunds",
    "InsufficientMargin",
    "IntervalNotSupported",
    "InvalidArguments",
    "InvalidKey",
    "InvalidNonce",
    "InvalidPrice",
    "InvalidRequest",
    "InvalidSession",
    "InvalidSignature",
    "InvalidTradeRequest",
    "KrakenInternalError",
    "MalformedAnswer",
    "MalformedFrame",
    "MalformedRequest",
    "MarginAllowanceExceeded",
    "MarginLevelTooLow",
    "MarginPositionSizeExceeded",
    "MarginRejected",
    "MarketCancelOnly",
    "MarketInMode",
    "MarketPostOnly",
    "MessageRateExceeded",
    "NotSubscribed",
    "NumberTooLarge",
    "OrderInvalid",
    "OrderMinimumNotMet",
    "OrderNotInBook",
    "OrderRateLimited",
    "OrderRejected",
    "OrderUnknown",
    "OrdersLimitExceeded",
    "PairNotInForm",
    "PairNotSupported",
    "PermissionDenied",
    "PositionsLimitExceeded",
    "PostOnlyWouldTake",
    "RateLimited",
    "ReduceOnlyNoPosition",
    "ReduceOnlyNotClosing",
    "ReduceOnlyPositionClosed",
    "ReduceOnlyRejected",
    "RequestTimeout",
    "RestError",
    "RestTimeout",
    "RestUnreachable",
    "RiskLimitExceeded",
    "ScheduledOrdersLimitExceeded",
    "ServiceError",
    "ServiceUnavailable",
    "SlowConsumer",
    "SubscribeTimeout",
    "SubscriptionError",
    "TemporaryLockout",
    "TickSizeCheckFailed",
    "TooManyRequests",
    "TooManySymbols",
    "TradingLocked",
    "UnknownAsset",
    "UnknownChannel",
    "UnknownMethod",
    "UnknownOrder",
    "UnknownPosition",
    "UnknownSymbol",
    "UnsupportedField",
    "WaitTimeout",
    "WrongEndpoint",
]
