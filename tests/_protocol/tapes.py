"""Trades for tests of tapes, and what was told of them."""

from collections.abc import Sequence
from decimal import Decimal

from havklo._protocol.tape import Told
from havklo.events import Trade

__all__ = ["SYMBOL", "short", "trade", "trades"]

SYMBOL = "BTC/USD"


def trade(number: int, *, day: int = 1) -> Trade:
    """A trade; later ones have later timestamps, and a later day is later still."""
    return Trade(
        symbol=SYMBOL,
        side="buy",
        price=Decimal(number),
        qty=Decimal(1),
        ord_type="limit",
        trade_id=number,
        timestamp=f"2026-11-{day:02}T00:00:00.{number:06}Z",
        recv_ns=number,
    )


def trades(*numbers: int, day: int = 1) -> list[Trade]:
    """Several of them."""
    return [trade(number, day=day) for number in numbers]


def short(told: Sequence[Told]) -> list[int | tuple[int, int | None, str]]:
    """What was told, by its numbers."""
    return [event.trade_id if isinstance(event, Trade) else (event.first, event.last, event.reason) for event in told]
