"""The status channel: the state of the matching engine, and the maintenance that is ahead."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from havklo.sim.wire.stamps import rfc3339

__all__ = ["Announcement", "Phase", "status_message"]

Phase = Literal["announced", "reminder_24h", "approaching_30m", "imminent_5m", "final_warning_30s"]
Action = Literal["continue", "reduce_activity", "cancel_open_orders", "stop_new_orders", "disconnect_and_wait"]

_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """An announced maintenance.

    Attributes:
        event_id: Its number.
        title: What is going to be done.
        start_ns: When it begins, in epoch nanoseconds.
        end_ns: When it is expected to end.
        cancel_before_ns: Until when orders should be cancelled; None: until it begins.
        phase: How near it is.
        affected_services: What will not be there.
        order_submission: Whether orders are taken until then.
        recommended_action: What a client should do now.
        source_url: Where to read about it.
    """

    event_id: int
    title: str
    start_ns: int
    end_ns: int
    cancel_before_ns: int | None = None
    phase: Phase = "announced"
    affected_services: tuple[str, ...] = ("spot_trading", "spot_fix", "spot_ws")
    order_submission: str = "allowed"
    recommended_action: Action = "continue"
    source_url: str = "https://status.kraken.com"


def status_message(connection_id: int, system: str, upcoming: Iterable[Announcement], now_ns: int) -> bytes:
    """A connection's status frame.

    Args:
        connection_id: Its unsigned 64-bit number.
        system: The state of the matching engine.
        upcoming: The maintenance that is ahead.
        now_ns: The present, which the time to a maintenance is counted from.
    """
    state = {
        "version": "2.0.10",
        "system": system,
        "api_version": "v2",
        "connection_id": connection_id,
        "upcoming_maintenance": [_announcement(each, now_ns) for each in upcoming],
        "emergency": [],
    }
    return json.dumps({"channel": "status", "type": "update", "data": [state]}, separators=(",", ":")).encode()


def _announcement(event: Announcement, now_ns: int) -> dict[str, object]:
    cancel_before = event.start_ns if event.cancel_before_ns is None else event.cancel_before_ns
    return {
        "affected_services": event.affected_services,
        "cancel_before_utc": rfc3339(cancel_before // 1_000),
        "event_id": event.event_id,
        "expected_end_utc": rfc3339(event.end_ns // 1_000),
        "expected_start_utc": rfc3339(event.start_ns // 1_000),
        "order_submission": event.order_submission,
        "phase": event.phase,
        "recommended_action": event.recommended_action,
        "source_url": event.source_url,
        "time_to_start_s": max(0, (event.start_ns - now_ns) // _SECOND),
        "title": event.title,
    }
