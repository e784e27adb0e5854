"""What a session asks its shell to do, in order. Frozen: an action is said once and never changed."""

from typing import TypeAlias

import msgspec

from havklo.channels import Topic
from havklo.errors import SubscriptionError
from havklo.events import (
    Connected,
    ConnectionLost,
    CrossedBook,
    Malformed,
    Refused,
    Resync,
    Stalled,
    Status,
    SubscriptionLost,
)

__all__ = [
    "Action",
    "Close",
    "Complete",
    "Connect",
    "Discard",
    "Emit",
    "Fail",
    "Send",
    "SessionEvent",
    "Suspend",
    "Track",
    "Untrack",
]

SessionEvent: TypeAlias = (
    Connected | ConnectionLost | CrossedBook | Malformed | Refused | Resync | Stalled | Status | SubscriptionLost
)


class Connect(msgspec.Struct, frozen=True, tag_field="do", tag="connect"):
    """Open a transport now, then call `connected` or `disconnected`."""


class Close(msgspec.Struct, frozen=True, tag_field="do", tag="close"):
    """Let go of the transport at once: nothing that it still says counts, `disconnected` is not called."""

    reason: str


class Send(msgspec.Struct, frozen=True, tag_field="do", tag="send"):
    """Send one message."""

    payload: bytes


class Track(msgspec.Struct, frozen=True, tag_field="do", tag="track"):
    """Have the engine keep this topic's book."""

    topic: Topic


class Untrack(msgspec.Struct, frozen=True, tag_field="do", tag="untrack"):
    """Have the engine close this topic's book."""

    topic: Topic


class Suspend(msgspec.Struct, frozen=True, tag_field="do", tag="suspend"):
    """Have the engine await new snapshots: of these symbols, or of all."""

    symbols: tuple[str, ...] | None
    reason: str


class Complete(msgspec.Struct, frozen=True, tag_field="do", tag="complete"):
    """A subscription is live for the first time."""

    topic: Topic


class Fail(msgspec.Struct, frozen=True, tag_field="do", tag="fail"):
    """A subscription will not become live, or not again; the topic is no longer wanted."""

    topic: Topic
    error: SubscriptionError


class Emit(msgspec.Struct, frozen=True, tag_field="do", tag="emit"):
    """Tell the user."""

    event: SessionEvent


class Discard(msgspec.Struct, frozen=True, tag_field="do", tag="discard"):
    """Do not show the user the book message that this answers: it belongs to a subscription that is over."""


Action: TypeAlias = Connect | Close | Send | Track | Untrack | Suspend | Complete | Fail | Emit | Discard
