"""Each event of a client as one structured log record on the logger `havklo.client`."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from logging import DEBUG, ERROR, INFO, WARNING, LogRecord
from typing import Any, NamedTuple, cast, final

from havklo.events import (
    BreakerChanged,
    Connected,
    ConnectionLost,
    CrossedBook,
    DeadManChanged,
    Desync,
    ExecutionGap,
    HealthChanged,
    Maintenance,
    Malformed,
    Moved,
    OrderStateChanged,
    Refused,
    Resync,
    Silent,
    Stalled,
    Status,
    SubscriptionLost,
    TradeGap,
    TradingLocked,
    TradingUnlocked,
)

__all__ = ["EVENTS", "Entry", "JsonFormatter", "log"]

_SECOND = 1_000_000_000
_LONGEST = 200

_logger = logging.getLogger("havklo.client")
# A program that has set up no logging is not to find these on its standard error.
logging.getLogger("havklo").addHandler(logging.NullHandler())


class Entry(NamedTuple):
    """How one type of event is logged.

    Attributes:
        name: The event's name in records.
        level: The level.
        template: The message; `%(retry_in)` are the seconds of the field `retry_in_ns`.
        fields: What stands in a record beside the message: attributes of the event.
        case: Gives the word for an event by which its level differs.
        levels: The levels of those words that have one of their own.
    """

    name: str
    level: int
    template: str
    fields: tuple[str, ...]
    case: Callable[[Any], str] | None = None
    levels: Mapping[str, int] = {}


def _system(status: Status) -> str:
    return status.system if not (status.upcoming_maintenance or status.emergency) else "announcing"


def _state(event: BreakerChanged) -> str:
    return event.state


def _order(event: OrderStateChanged) -> str:
    return event.after


def _switch(event: DeadManChanged) -> str:
    return event.state


def _after(event: HealthChanged) -> str:
    return event.after


EVENTS: Mapping[type, Entry] = {
    Connected: Entry(
        "connected",
        INFO,
        "connection %(connection)d is open (attempts: %(attempts)d)",
        ("connection", "attempts", "again"),
    ),
    ConnectionLost: Entry(
        "connection_lost",
        WARNING,
        "connection %(connection)d is lost: %(reason)s; the next attempt is in %(retry_in).3f s",
        ("connection", "reason", "code", "retry_in_ns"),
    ),
    Stalled: Entry(
        "stalled",
        WARNING,
        "connection %(connection)d has been silent for %(silent).3f s",
        ("connection", "silent_ns"),
    ),
    Silent: Entry(
        "silent",
        INFO,
        "%(channel)s %(symbol)s has been silent for %(silent).3f s and is subscribed anew",
        ("channel", "symbol", "silent_ns"),
    ),
    Moved: Entry(
        "moved",
        WARNING,
        "subscriptions moved from connection %(source)d to connection %(target)d",
        ("symbols", "source", "target"),
    ),
    BreakerChanged: Entry(
        "breaker_changed",
        INFO,
        "the breaker of the %(role)s endpoint is %(state)s (failures in a row: %(failures)d)",
        ("role", "state", "failures", "retry_in_ns"),
        _state,
        {"open": ERROR},
    ),
    HealthChanged: Entry(
        "health_changed",
        INFO,
        "the client was %(before)s and is %(after)s: %(reason)s",
        ("before", "after", "reason"),
        _after,
        {"degraded": WARNING, "down": ERROR},
    ),
    Desync: Entry(
        "desync",
        WARNING,
        "book %(symbol)s is not proven any more: %(reason)s",
        ("symbol", "symbols", "reason", "expected", "computed"),
    ),
    Resync: Entry(
        "resync",
        INFO,
        "%(channel)s %(symbol)s is live again after %(took).3f s; it was lost: %(reason)s",
        ("channel", "symbol", "reason", "attempts", "took_ns"),
    ),
    CrossedBook: Entry(
        "crossed_book",
        WARNING,
        "book %(symbol)s is verified and crossed",
        ("symbol",),
    ),
    TradeGap: Entry(
        "trade_gap",
        WARNING,
        "trades of %(symbol)s are missing, from %(first)d to %(last)s: %(reason)s",
        ("symbol", "first", "last", "count", "reason"),
    ),
    SubscriptionLost: Entry(
        "subscription_lost",
        ERROR,
        "%(channel)s %(symbol)s has ended: %(error)s",
        ("channel", "symbol", "error"),
    ),
    Refused: Entry(
        "refused",
        WARNING,
        "Kraken refused something (method: %(method)s, symbol: %(symbol)s): %(error)s",
        ("method", "symbol", "error"),
    ),
    OrderStateChanged: Entry(
        "order_state_changed",
        DEBUG,
        "order %(order_id)s (%(cl_ord_id)s) was %(before)s and is %(after)s: %(reason)s",
        ("order_id", "cl_ord_id", "before", "after", "reason"),
        _order,
        {"unknown": WARNING, "rejected": INFO},
    ),
    ExecutionGap: Entry(
        "execution_gap",
        WARNING,
        "message %(expected)d of %(channel)s is missing, %(got)d came; it is subscribed anew",
        ("channel", "expected", "got"),
    ),
    TradingLocked: Entry("trading_locked", ERROR, "orders are locked: %(reason)s", ("reason",)),
    TradingUnlocked: Entry(
        "trading_unlocked", WARNING, "orders may go out again; they were locked: %(reason)s", ("reason",)
    ),
    DeadManChanged: Entry(
        "dead_man_changed",
        INFO,
        "the account's dead man's switch is %(state)s (%(reason)s)",
        ("state", "reason"),
        _switch,
        {"lapsing": WARNING, "lapsed": ERROR},
    ),
    Malformed: Entry(
        "malformed",
        WARNING,
        "connection %(connection)d brought a malformed frame: %(detail)s",
        ("connection", "detail"),
    ),
    Status: Entry(
        "status",
        WARNING,
        "Kraken is %(system)s",
        ("system", "version", "api_version", "connection_id", "upcoming_maintenance", "emergency"),
        _system,
        {"online": INFO},
    ),
}
"""All that is logged. What the market does, and heartbeats, never are: that is what the events are for."""


def log(event: object, venue: str) -> None:
    """Log an event of a client, if it is one that is logged and its level is on.

    Args:
        event: Any event of `havklo.events`.
        venue: The name of the client's venue.
    """
    entry = EVENTS.get(type(event))
    if entry is None:
        return
    level = entry.level if entry.case is None else entry.levels.get(entry.case(event), entry.level)
    if not _logger.isEnabledFor(level):
        return
    fields = {name: _plain(getattr(event, name)) for name in entry.fields}
    seconds = {name.removesuffix("_ns"): value / _SECOND for name, value in fields.items() if name.endswith("_ns")}
    _logger.log(level, entry.template, fields | seconds, extra={"event": entry.name, "venue": venue} | fields)


def _plain(value: object) -> Any:
    """Give what a log may hold: numbers, flags, short texts of one line, and lists of these."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    text = f"{value.phase}: {value.title}" if isinstance(value, Maintenance) else str(value)
    # A peer chose some of these words: they must not pass for other lines of the log, nor fill it.
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


_STANDARD = frozenset(vars(LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}


@final
class JsonFormatter(logging.Formatter):
    """Turns each record into one line of JSON: the time in UTC, the level, the logger, the message and its fields.

    It works for records of any logger; what a record carries as `extra` becomes fields of their own.
    """

    def format(self, record: LogRecord) -> str:
        """Give the record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD and name not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        import json  # noqa: PLC0415  # only who formats so pays for it

        return json.dumps(line, default=str)
