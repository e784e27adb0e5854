"""Kraken's refusals of orders."""

from typing import final

from havklo.errors.exchange import ExchangeError, RateLimited

__all__ = [
    "AcquisitionLimitExceeded",
    "CannotOpenOpposingPosition",
    "CannotOpenPosition",
    "CostMinimumNotMet",
    "DeadlineElapsed",
    "DomainRateLimited",
    "InsufficientFunds",
    "InsufficientMargin",
    "InvalidPrice",
    "MarginAllowanceExceeded",
    "MarginLevelTooLow",
    "MarginPositionSizeExceeded",
    "MarginRejected",
    "OrderMinimumNotMet",
    "OrderRateLimited",
    "OrderRejected",
    "OrdersLimitExceeded",
    "PositionsLimitExceeded",
    "PostOnlyWouldTake",
    "ReduceOnlyNoPosition",
    "ReduceOnlyNotClosing",
    "ReduceOnlyPositionClosed",
    "ReduceOnlyRejected",
    "ScheduledOrdersLimitExceeded",
    "TickSizeCheckFailed",
    "UnknownOrder",
    "UnknownPosition",
]


class OrderRejected(ExchangeError):
    """An order, or a change to one, was not taken."""


@final
class OrderRateLimited(OrderRejected, RateLimited):
    """The rate counter of the account in this pair would pass its threshold."""


@final
class DomainRateLimited(OrderRejected, RateLimited):
    """The rate counter of the domain would pass its threshold."""


@final
class InsufficientFunds(OrderRejected):
    """The order may cost more than what is available."""


@final
class OrderMinimumNotMet(OrderRejected):
    """The quantity is below the pair's `qty_min`."""


@final
class CostMinimumNotMet(OrderRejected):
    """The order is worth less than the pair's `cost_min`."""


@final
class TickSizeCheckFailed(OrderRejected):
    """The price is no multiple of the pair's `price_increment`."""


@final
class InvalidPrice(OrderRejected):
    """The price can't be."""


@final
class PostOnlyWouldTake(OrderRejected):
    """A post-only order would have taken."""


@final
class UnknownOrder(OrderRejected):
    """There is no such open order."""


@final
class DeadlineElapsed(OrderRejected):
    """The request reached the matching engine after its deadline, and was not carried out."""


@final
class AcquisitionLimitExceeded(OrderRejected):
    """The account would exceed the net purchase limit that holds in Canada."""


@final
class OrdersLimitExceeded(OrderRejected):
    """The account has as many open orders in the pair as it may."""


@final
class PositionsLimitExceeded(OrderRejected):
    """The account has as many positions as it may."""


@final
class ScheduledOrdersLimitExceeded(OrderRejected):
    """The account has as many scheduled orders as it may."""


class MarginRejected(OrderRejected):
    """An order on margin, or about a position, was not taken."""


@final
class InsufficientMargin(MarginRejected):
    """The order needs more margin than Kraken can give at the moment, or than is free."""


@final
class MarginAllowanceExceeded(MarginRejected):
    """The account would use more margin than it is allowed."""


@final
class MarginLevelTooLow(MarginRejected):
    """The account's equity is too small for its margin."""


@final
class MarginPositionSizeExceeded(MarginRejected):
    """The position would be larger than the pair allows."""


@final
class UnknownPosition(MarginRejected):
    """There is no such position."""


@final
class CannotOpenPosition(MarginRejected):
    """The account may not open a position here."""


@final
class CannotOpenOpposingPosition(MarginRejected):
    """There is a position on the other side."""


class ReduceOnlyRejected(OrderRejected):
    """A reduce-only order would not reduce a position."""


@final
class ReduceOnlyNoPosition(ReduceOnlyRejected):
    """There is no position."""


@final
class ReduceOnlyPositionClosed(ReduceOnlyRejected):
    """The position is closed."""


@final
class ReduceOnlyNotClosing(ReduceOnlyRejected):
    """The order is on the position's own side and would enlarge it."""
