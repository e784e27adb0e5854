"""What this library itself finds wrong."""

from typing import final

__all__ = [
    "BookNotLive",
    "CaptureError",
    "ConfigurationError",
    "Disconnected",
    "EndpointUnavailable",
    "HavkloError",
    "MalformedFrame",
    "NumberTooLarge",
    "OrderNotInBook",
    "SlowConsumer",
    "SubscribeTimeout",
    "SubscriptionError",
    "UnknownSymbol",
    "WaitTimeout",
]

_EXCERPT = 200


class HavkloError(Exception):
    """The root of all Havklo errors.

    Attributes:
        message: What was wrong, in one sentence.
        hint: What to do about it, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigurationError(HavkloError, ValueError):
    """An argument that can never work, refused before anything is sent."""


@final
class BookNotLive(HavkloError):
    """A book was read while it was not proven.

    Attributes:
        state: The book's state: awaiting, desynced or closed.
        reason: Why, in a word or a sentence.
    """

    def __init__(self, state: str, reason: str, symbol: str = "") -> None:
        of = f" of {symbol}" if symbol else ""
        super().__init__(
            f"the book{of} is {state}: {reason}",
            hint="book.top is None instead of raising; book.peek() gives the last verified state with its age",
        )
        self.state = state
        self.reason = reason
        self.symbol = symbol


@final
class MalformedFrame(HavkloError):
    """Bytes that are not a Kraken frame and can't be put to a single tracked book.

    Attributes:
        detail: What was wrong and where.
        excerpt: The first 200 bytes of the frame.
    """

    def __init__(self, detail: str, frame: bytes = b"") -> None:
        super().__init__(f"malformed frame: {detail}")
        self.detail = detail
        self.excerpt: bytes = frame[:_EXCERPT]


@final
class UnknownSymbol(HavkloError, LookupError):
    """A symbol that is not tracked here, or that Kraken does not list.

    Attributes:
        symbol: The symbol as given.
        suggestions: Symbols that may have been meant, the likeliest first.
    """

    def __init__(
        self, symbol: str, message: str | None = None, *, hint: str | None = None, suggestions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message or f"no book is tracked for {symbol!r}", hint=hint)
        self.symbol = symbol
        self.suggestions = suggestions


class OrderNotInBook(HavkloError, LookupError):
    """A level-3 book does not hold this order: it is gone, not there yet, or lies beyond the book's depth.

    Attributes:
        order_id: The order's id as given.
    """

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"the book does not hold an order {order_id!r}",
            hint="it may be gone, or lie beyond the depth that is subscribed",
        )
        self.order_id = order_id


class SubscriptionError(HavkloError):
    """Kraken refused a subscription.

    Attributes:
        symbol: The symbol that was asked for, or None.
        channel: The channel that was asked for.
        error: Kraken's own words.
    """

    def __init__(self, symbol: str | None, channel: str, error: str, *, hint: str | None = None) -> None:
        of = f" {symbol}" if symbol else ""
        super().__init__(f"{channel}{of}: {error}", hint=hint)
        self.symbol = symbol
        self.channel = channel
        self.error = error


@final
class SubscribeTimeout(SubscriptionError):
    """No verified snapshot came in time; the symbol is no longer wanted.

    Attributes:
        seconds: How long was waited.
    """

    def __init__(self, symbol: str | None, channel: str, seconds: float, error: str | None = None) -> None:
        super().__init__(symbol, channel, error or f"no verified snapshot within {seconds:g} s")
        self.seconds = seconds


@final
class Disconnected(HavkloError):
    """The connection ended and is not coming back.

    Attributes:
        reason: What ended it.
    """

    def __init__(self, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"disconnected: {reason}", hint=hint)
        self.reason = reason


@final
class WaitTimeout(HavkloError, TimeoutError):
    """What was waited for has not come in time.

    Attributes:
        seconds: How long was waited.
    """

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} has not come within {seconds:g} s")
        self.seconds = seconds


@final
class EndpointUnavailable(HavkloError):
    """The venue does not offer this endpoint.

    Attributes:
        role: The endpoint's role: public, private, level3, futures or rest.
        venue: The venue's name.
    """

    def __init__(self, role: str, venue: str) -> None:
        super().__init__(
            f"{venue} has no {role} endpoint",
            hint="a bare URL is a public endpoint only, unless it is a simulator's: use the live venue or a simulator",
        )
        self.role = role
        self.venue = venue


@final
class SlowConsumer(HavkloError):
    """A bounded queue overflowed, and its events may not be lost in silence.

    Attributes:
        dropped: How many events were not delivered.
        limit: The queue's bound.
    """

    def __init__(self, dropped: int, limit: int) -> None:
        super().__init__(
            f"{dropped} events were dropped: the consumer fell behind a queue of {limit}",
            hint="take events out faster, raise the queue's limit, or use on() for work in the receive path",
        )
        self.dropped = dropped
        self.limit = limit


@final
class CaptureError(HavkloError):
    """A capture file can't be read.

    Attributes:
        path: The file.
        line: The line's number from 1, or None when the file itself is the problem.
        detail: What was wrong.
    """

    def __init__(self, path: str, detail: str, *, line: int | None = None, hint: str | None = None) -> None:
        where = f"{path}:{line}" if line is not None else path
        super().__init__(f"{where}: {detail}", hint=hint)
        self.path = path
        self.line = line
        self.detail = detail


@final
class NumberTooLarge(HavkloError, OverflowError):
    """A number does not fit where it was asked for: 64-bit integers of an array, or 28 digits of an argument."""
