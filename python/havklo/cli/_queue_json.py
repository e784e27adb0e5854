"""Writes what happens to a level-3 book as JSON, one object a line, with its queues after each message."""

import asyncio
from typing import Any, Final

import msgspec

from havklo.cli._feed import JsonStage
from havklo.cli._queue_watch import subscribe_queues
from havklo.cli._queues import Asked, QueuesView, look, queues_json
from havklo.cli._view import number
from havklo.client import Client
from havklo.errors import HavkloError
from havklo.events import (
    Connected,
    ConnectionLost,
    CrossedBook,
    Desync,
    Level,
    Level3Update,
    Malformed,
    OrderChange,
    Refused,
    Resync,
    Stalled,
    Status,
    SubscriptionLost,
)

__all__ = ["update_line", "write_queues"]

_SECOND: Final = 1_000_000_000
_TICK: Final = 0.1
_LEVELS: Final = 10
_FIRST: Final = 10
_TOLD: Final = (Desync, Resync, CrossedBook, Connected, ConnectionLost, Stalled, Malformed, Refused, Status)
"""What is written beside the updates."""


async def write_queues(kraken: Client, asked: Asked, stage: JsonStage) -> None:
    """Write everything that happens to a level-3 book, in its order, as it happens.

    Args:
        kraken: The client, within its `async with`.
        asked: Which book, and which of its orders.
        stage: Where the lines go.

    Raises:
        HavkloError: The book could not be subscribed, was lost for good, or was not live in time.
    """
    lost: list[SubscriptionLost] = []

    def write(update: Level3Update) -> None:
        book = kraken.level3.get(update.symbol)
        if book is not None:
            now_ns = kraken.clock.epoch_ns()
            seen = look(
                book,
                venue="",
                orders=asked.orders,
                resyncs=0,
                now_ns=now_ns,
                within=asked.within,
                levels=_LEVELS,
                first=_FIRST,
            )
            print(update_line(update, seen))  # noqa: T201 - for programs: no console may wrap or colour it

    kraken.on(Level3Update, write)
    for kind in _TOLD:
        kraken.on(kind, stage.take)
    kraken.on(SubscriptionLost, lost.append)
    clock = kraken.clock
    began = clock.now()
    subscribing = asyncio.create_task(subscribe_queues(kraken, asked))
    try:
        async for now in clock.every(_TICK):
            stage.draw()
            if subscribing.done():
                subscribing.result()
            if lost:
                raise lost[0].error
            if asked.seconds is not None and now - began >= asked.seconds * _SECOND:
                break
    finally:
        subscribing.cancel()
    if not subscribing.done():
        raise HavkloError(f"level 3 of {asked.symbol} was not live within {asked.seconds:g} s")


def update_line(update: Level3Update, view: QueuesView) -> str:
    """A level-3 message as JSON, with the queues after it."""
    return msgspec.json.encode(
        {
            "event": "level3_update",
            "symbol": update.symbol,
            "type": update.type,
            "depth": update.depth,
            "best_bid": _level(update.best_bid),
            "best_ask": _level(update.best_ask),
            "changes": [_change(change) for change in update.changes],
            **queues_json(view),
            "checksum": update.checksum,
            "crossed": update.crossed,
            "timestamp": update.timestamp,
            "recv_ns": update.recv_ns,
        }
    ).decode()


def _change(change: OrderChange) -> dict[str, Any]:
    return {
        "side": change.side,
        "event": change.event,
        "order_id": change.order_id,
        "limit_price": number(change.limit_price),
        "order_qty": number(change.order_qty),
        "qty_before": number(change.qty_before),
        "level": change.level,
        "orders_ahead": change.orders_ahead,
        "qty_ahead": number(change.qty_ahead),
        "reason": change.reason,
    }


def _level(level: Level | None) -> dict[str, Any] | None:
    return None if level is None else {"price": number(level.price), "qty": number(level.qty)}
