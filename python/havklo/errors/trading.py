"""What stops an order on its way out, or leaves its fate untold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from havklo.errors.base import ConfigurationError, HavkloError

if TYPE_CHECKING:
    from havklo.orders.order import Order

__all__ = [
    "HeadroomExceeded",
    "OrderInvalid",
    "OrderUnknown",
    "Problem",
    "RequestTimeout",
    "RiskLimitExceeded",
    "TradingLocked",
]


@final
class Problem(NamedTuple):
    """One thing that is wrong with a request.

    Attributes:
        field: The request's field, such as "price".
        value: What it is.
        message: What is wrong with it, in one sentence.
        nearest: Valid values next to it, lowest first; empty where no other number would do.
    """

    field: str
    value: object
    message: str
    nearest: tuple[Decimal, ...] = ()


@final
class OrderInvalid(ConfigurationError):
    """An order, or a change to one, that Kraken would refuse whatever the market does; nothing was sent.

    Attributes:
        symbol: The pair.
        problems: Everything that is wrong, in the order of the request's fields.
        field: The first problem's field.
        value: The first problem's value.
        nearest: Valid values next to it, lowest first; empty where no other number would do.
    """

    def __init__(self, symbol: str, problems: Sequence[Problem]) -> None:
        advice = [
            f"{problem.field}: {' or '.join(format(value, 'f') for value in problem.nearest)}"
            for problem in problems
            if problem.nearest
        ]
        super().__init__(
            f"this is no order of {symbol}: {'; '.join(problem.message for problem in problems)}",
            hint=f"the nearest valid values are {', '.join(advice)}" if advice else None,
        )
        self.symbol = symbol
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.field: str = problems[0].field
        self.value: object = problems[0].value
        self.nearest: tuple[Decimal, ...] = problems[0].nearest


@final
class RiskLimitExceeded(HavkloError):
    """An order would pass a limit that the user has set; nothing was sent.

    Attributes:
        limit: Which, by its name in `RiskLimits`.
        value: What the order has, or would lead to; None where it can't be told.
        allowed: What the limit allows.
        symbol: The pair.
    """

    def __init__(
        self, limit: str, value: object, allowed: object, *, symbol: str = "", hint: str | None = None
    ) -> None:
        of = f" of {symbol}" if symbol else ""
        super().__init__(f"the order{of} passes {limit}: {_said(value)}, where {_said(allowed)} is allowed", hint=hint)
        self.limit = limit
        self.value = value
        self.allowed = allowed
        self.symbol = symbol


@final
class TradingLocked(HavkloError):
    """Orders are locked, by the kill switch or on purpose; cancels still go out.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"orders are locked: {reason}", hint="orders.unlock() lets orders out again")
        self.reason = reason


@final
class HeadroomExceeded(HavkloError):
    """The pair's rate counter has no room for a request now, and it was asked not to wait; nothing was sent.

    Attributes:
        symbol: The pair.
        cost: What the request adds to the counter.
        retry_in: In how many seconds there is room; None where that depends on answers still to come, or where the
            request costs more than the counter ever holds.
    """

    def __init__(self, symbol: str, cost: Decimal, retry_in: float | None) -> None:
        super().__init__(
            f"the rate counter of {symbol} has no room for {cost:f} more",
            hint="it depends on answers that have not come yet, or needs fewer orders in one request"
            if retry_in is None
            else f'there is room in {retry_in:.3f} s; pacing="wait" waits for it',
        )
        self.symbol = symbol
        self.cost = cost
        self.retry_in = retry_in


@final
class OrderUnknown(HavkloError):
    """Whether an order was accepted could not be told in time: it may be open, filled, or have never arrived.

    It is not sent again, and resolving it goes on: `order` tells its state.

    Attributes:
        order: The order.
        seconds: How long was waited.
    """

    def __init__(self, order: "Order", seconds: float, *, name: str = "") -> None:
        super().__init__(
            f"the fate of order {name or 'without a name'} is not known after {seconds:g} s",
            hint="do not place it again before await order.done(), or a state other than unknown",
        )
        self.order = order
        self.seconds = seconds


@final
class RequestTimeout(HavkloError, TimeoutError):
    """A request about orders was sent, and no answer came in time; it may have been carried out.

    Attributes:
        method: The request, such as "amend_order".
        seconds: How long was waited.
    """

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(
            f"no answer to {method} within {seconds:g} s",
            hint="the order's state tells whether it was carried out, once executions are live again",
        )
        self.method = method
        self.seconds = seconds


def _said(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return "it can't be told" if value is None else str(value)
