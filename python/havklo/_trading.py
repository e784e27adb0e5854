"""What a client is told about trading, kept until an order or the account is first asked for."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from havklo.errors import ConfigurationError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from havklo._protocol.messages import AccountRow, Answer
    from havklo._protocol.trading.costs import Tier, TierName
    from havklo.channels import Topic
    from havklo.events import BalanceChange, ConnectionLost, Execution
    from havklo.orders.risk import RiskLimits

__all__ = ["AccountKeeper", "OnExit", "Pacing", "TradingOptions", "checked"]

Pacing = Literal["wait", "refuse"]
OnExit = Literal["leave", "cancel"]


class TradingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a client trades; see `havklo.Client`."""

    tier: "TierName | Tier"
    risk: "RiskLimits | None"
    on_exit: OnExit
    dead_man: float | None
    pacing: Pacing
    cancel_reserve: Decimal | int
    order_keys: Path | None


class AccountKeeper(Protocol):
    """Whoever keeps the account's orders and balances."""

    def rows(self, topic: "Topic", rows: "Sequence[AccountRow]", recv_ns: int, *, snapshot: bool) -> None:
        """Take what Kraken says of the account."""

    def answered(self, answer: "Answer") -> None:
        """Take the answer to a request."""

    def link_lost(self, event: "ConnectionLost") -> None:
        """Learn that a connection has ended."""

    def history(self, topic: "Topic") -> "Sequence[Execution | BalanceChange]":
        """Give what a snapshot would say now."""
        ...

    def end(self) -> None:
        """Take nothing in any more."""


def checked(
    *,
    tier: "TierName | Tier",
    risk: "RiskLimits | None",
    on_exit: OnExit,
    dead_man: float | None,
    pacing: Pacing,
    cancel_reserve: Decimal | int,
    order_keys: "str | os.PathLike[str] | None",
) -> TradingOptions:
    """Take what a client is told about trading.

    Raises:
        ConfigurationError: Something of it can't be meant.
    """
    _one_of("on_exit", on_exit, ("leave", "cancel"))
    _one_of("pacing", pacing, ("wait", "refuse"))
    if isinstance(tier, str):
        _one_of("tier", tier, ("starter", "intermediate", "pro"))
    return TradingOptions(
        tier=tier,
        risk=risk,
        on_exit=on_exit,
        dead_man=dead_man,
        pacing=pacing,
        cancel_reserve=cancel_reserve,
        order_keys=None if order_keys is None else Path(order_keys),
    )


def _one_of(name: str, value: object, words: tuple[str, ...]) -> None:
    if value not in words:
        raise ConfigurationError(f"{name} is {' or '.join(map(repr, words))}, not {value!r}")


MakeKeeper = Callable[[], AccountKeeper]
