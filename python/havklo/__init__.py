"""Havklo: a Kraken SDK whose order books are proven by the exchange's own checksum, on every message.

async with Client() as kraken:
    btc = await kraken.subscribe(book("BTC/USD", depth=25))
    async for update in btc:
        print(update.best_bid.price, update.best_ask.price)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from havklo._protocol.timings import Timings
from havklo._run import run
from havklo.client import Client, ClientStatistics
from havklo.errors import (
    BookNotLive,
    CaptureError,
    ConfigurationError,
    CredentialsError,
    Disconnected,
    EndpointUnavailable,
    ExchangeError,
    HavkloError,
    HeadroomExceeded,
    MalformedFrame,
    NumberTooLarge,
    OrderInvalid,
    OrderRejected,
    OrderUnknown,
    RequestTimeout,
    RestError,
    RiskLimitExceeded,
    SlowConsumer,
    SubscribeTimeout,
    SubscriptionError,
    TradingLocked,
    UnknownSymbol,
    WaitTimeout,
)
from havklo.events import Book, BookState, BookUpdate, Desync, Level, Level3Book, Level3Update, QueuePosition, Sweep
from havklo.health import Health, HealthState
from havklo.instruments import Asset, Pair, Pairs
from havklo.level3 import Level3Subscription, Level3Subscriptions
from havklo.subscription import BookSubscription, BookSubscriptions, InstrumentSubscription, Subscription
from havklo.venues import LIVE, KrakenVenue, UrlVenue, Venue

if TYPE_CHECKING:
    from havklo import metrics, sync
    from havklo._log import JsonFormatter
    from havklo.credentials import Credentials
    from havklo.orders import Limit, Market, Order, RiskLimits
    from havklo.sim import Simulator

__all__ = [  # noqa: RUF022  # grouped as a reader meets them
    # clients
    "Client",
    "ClientStatistics",
    "Timings",
    "run",
    "sync",
    # who asks
    "Credentials",
    # orders that most programs place; all are in havklo.orders
    "Limit",
    "Market",
    "Order",
    "RiskLimits",
    # how it is
    "Health",
    "HealthState",
    "JsonFormatter",
    "metrics",
    # venues
    "LIVE",
    "KrakenVenue",
    "Simulator",
    "UrlVenue",
    "Venue",
    # subscriptions
    "BookSubscription",
    "BookSubscriptions",
    "InstrumentSubscription",
    "Level3Subscription",
    "Level3Subscriptions",
    "Subscription",
    # what is listed
    "Asset",
    "Pair",
    "Pairs",
    # books, and the two events everyone meets; all events are in havklo.events
    "Book",
    "BookState",
    "BookUpdate",
    "Desync",
    "Level",
    "Level3Book",
    "Level3Update",
    "QueuePosition",
    "Sweep",
    # errors that most programs meet; all errors are in havklo.errors
    "BookNotLive",
    "CaptureError",
    "ConfigurationError",
    "CredentialsError",
    "Disconnected",
    "EndpointUnavailable",
    "ExchangeError",
    "HavkloError",
    "HeadroomExceeded",
    "MalformedFrame",
    "NumberTooLarge",
    "OrderInvalid",
    "OrderRejected",
    "OrderUnknown",
    "RequestTimeout",
    "RestError",
    "RiskLimitExceeded",
    "SlowConsumer",
    "SubscribeTimeout",
    "SubscriptionError",
    "TradingLocked",
    "UnknownSymbol",
    "WaitTimeout",
    # about
    "__version__",
]

__version__: str


def __getattr__(name: str) -> Any:
    # What few programs need, or what takes long to import, is imported when it is asked for.
    if name == "Simulator":
        value = import_module("havklo.sim").Simulator
    elif name in ("metrics", "sync"):
        value = import_module(f"havklo.{name}")
    elif name in ("Limit", "Market", "Order", "RiskLimits"):
        value = getattr(import_module("havklo.orders"), name)
    elif name == "Credentials":
        value = import_module("havklo.credentials").Credentials
    elif name == "JsonFormatter":
        value = import_module("havklo._log").JsonFormatter
    elif name == "__version__":
        value = import_module("importlib.metadata").version("havklo")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
