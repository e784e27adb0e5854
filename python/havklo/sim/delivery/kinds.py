"""The kinds of faults: where each strikes, and what can be said about it when it is ordered."""

import math
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypedDict, get_args

from havklo.errors import ConfigurationError

__all__ = ["FAULTS", "KINDS", "ORDER_METHODS", "FaultKind", "Kind", "Mode", "Options", "Place", "Role", "check"]

FaultKind = Literal[
    "drop",
    "duplicate",
    "reorder",
    "corrupt",
    "truncate",
    "delay",
    "lose_ack",
    "disconnect",
    "stall",
    "half_open",
    "slow_reader",
    "refuse",
    "ban",
    "rate_limit",
    "expire_token",
    "maintenance",
    "cancel_only",
    "post_only",
]
FAULTS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

Role = Literal["public", "private", "level3"]
Mode = Literal["online", "maintenance", "cancel_only", "post_only"]
Place = Literal["frame", "stream", "connection", "request", "door", "tokens", "exchange"]

ORDER_METHODS: Final = frozenset(
    {
        "add_order",
        "amend_order",
        "edit_order",
        "cancel_order",
        "cancel_all",
        "cancel_all_orders_after",
        "batch_add",
        "batch_cancel",
    }
)

_ROLES: Final[tuple[str, ...]] = get_args(Role)
_CHANNELS: Final = (
    "book",
    "level3",
    "trade",
    "ticker",
    "ohlc",
    "instrument",
    "status",
    "heartbeat",
    "executions",
    "balances",
    "ack",
)
_METHODS: Final = (*sorted(ORDER_METHODS), "subscribe", "unsubscribe")
_CLOSE_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})


class Options(TypedDict, total=False):
    """What can be said about a fault beside its kind, its symbol and its count; None is as good as nothing.

    Attributes:
        channel: Only frames of this channel, snapshots included; "ack" for answers to requests.
        connection: Only the connection with this number, counted from 1.
        role: Only connections to this endpoint.
        account: Only the tokens of the account with this name.
        method: Only acks of this method.
        seconds: For how long.
        code: The close code of the goodbye; None: there is no goodbye.
        cut: Whether the connection is cut in place of the ack.
        bytes_per_second: How much gets through.
    """

    channel: str | None
    connection: int | None
    role: Role | None
    account: str | None
    method: str | None
    seconds: float | None
    code: int | None
    cut: bool | None
    bytes_per_second: int | None


class Kind(NamedTuple):
    """One kind of fault.

    Attributes:
        place: Where it strikes, when nothing else is said.
        takes: What can be said about it.
        needs: What has to be.
    """

    place: Place
    takes: tuple[str, ...]
    needs: tuple[str, ...] = ()


_FRAME: Final = Kind("frame", ("symbol", "channel", "connection", "role", "count"))

KINDS: Final[Mapping[FaultKind, Kind]] = {
    "drop": _FRAME,
    "duplicate": _FRAME,
    "reorder": _FRAME,
    "corrupt": _FRAME,
    "truncate": _FRAME,
    "delay": Kind("frame", (*_FRAME.takes, "seconds"), ("seconds",)),
    "lose_ack": Kind("frame", ("method", "connection", "role", "count", "cut")),
    "disconnect": Kind("frame", (*_FRAME.takes, "code")),
    "stall": Kind("stream", ("symbol", "channel", "connection", "role", "seconds"), ("seconds",)),
    "half_open": Kind("connection", ("connection", "role", "count")),
    "slow_reader": Kind("connection", ("connection", "role", "count", "bytes_per_second"), ("bytes_per_second",)),
    "refuse": Kind("door", ("role", "count", "seconds")),
    "ban": Kind("door", ("seconds",)),
    "rate_limit": Kind("request", ("connection", "role", "count", "seconds")),
    "expire_token": Kind("tokens", ("account",)),
    "maintenance": Kind("exchange", ("symbol", "seconds")),
    "cancel_only": Kind("exchange", ("symbol", "seconds")),
    "post_only": Kind("exchange", ("symbol", "seconds")),
}


def check(kind: FaultKind, symbol: str | None, count: int, options: Mapping[str, object]) -> None:
    """Refuse what can never work.

    Raises:
        ConfigurationError: An unknown kind, something that the kind does not take, or a value that can't be.
    """
    if kind not in FAULTS:
        raise ConfigurationError(f"{kind!r} is not a fault", hint=f"faults are {', '.join(FAULTS)}")
    if isinstance(count, bool) or count < 1:
        raise ConfigurationError(f"a fault happens at least once, not {count} times")
    given = {name for name, value in options.items() if value is not None and value is not False}
    given |= {"symbol"} if symbol is not None else set()
    given |= {"count"} if count != 1 else set()
    takes, needs = KINDS[kind].takes, KINDS[kind].needs
    hint = f"it takes {', '.join(takes)}"
    for name in sorted(given.difference(takes)):
        raise ConfigurationError(f"{kind} does not take {name}", hint=hint)
    for name in needs:
        if name not in given:
            raise ConfigurationError(f"{kind} needs {name}", hint=hint)
    if {"count", "seconds"} <= given and kind in ("refuse", "rate_limit"):
        raise ConfigurationError(f"{kind} takes either count or seconds")
    _check_values(options)


def _check_values(options: Mapping[str, object]) -> None:
    _one_of("role", options.get("role"), _ROLES)
    _one_of("channel", options.get("channel"), _CHANNELS)
    _one_of("method", options.get("method"), _METHODS)
    for name in ("connection", "bytes_per_second"):
        number = options.get(name)
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise ConfigurationError(f"{name} is a whole number from 1 on, not {number!r}")
    seconds = options.get("seconds")
    if seconds is not None and not (isinstance(seconds, (int, float)) and 0 < seconds < math.inf):
        raise ConfigurationError(f"seconds is a time above 0, not {seconds!r}")
    code = options.get("code")
    if code is not None and code not in _CLOSE_CODES:
        raise ConfigurationError(
            f"{code!r} can't be sent as a close code", hint="1001 is going away, 1012 service restart, 1013 try later"
        )


def _one_of(name: str, value: object, choice: tuple[str, ...]) -> None:
    if value is not None and value not in choice:
        raise ConfigurationError(f"{value!r} is not a {name}", hint=f"there are {', '.join(choice)}")
