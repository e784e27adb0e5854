"""What a session asks its shell to do, in order. Frozen: an action is said once and never changed."""

from typing import TypeAlias

import msgspec

from havklo._protocol.messages import AccountRow, Answer
from havklo._protocol.secret import Secret
from havklo._protocol.tokens import Token
from havklo.channels import Topic
from havklo.errors import SubscriptionError
from havklo.events import (
    BreakerChanged,
    Candle,
    Connected,
    ConnectionLost,
    CrossedBook,
    ExecutionGap,
    Heartbeat,
    Instruments,
    Malformed,
    Refused,
    Resync,
    Silent,
    Stalled,
    Status,
    SubscriptionLost,
    Ticker,
    Trade,
    TradeGap,
)

__all__ = [
    "Action",
    "Check",
    "Close",
    "Complete",
    "Connect",
    "Deliver",
    "DeliverAccount",
    "Discard",
    "DropToken",
    "Emit",
    "Fail",
    "MarketEvent",
    "NeedToken",
    "Reply",
    "Send",
    "SendSecret",
    "SessionEvent",
    "Suspend",
    "Track",
    "Untrack",
]

SessionEvent: TypeAlias = (
    BreakerChanged
    | Connected
    | ConnectionLost
    | CrossedBook
    | ExecutionGap
    | Heartbeat
    | Malformed
    | Refused
    | Resync
    | Silent
    | Stalled
    | Status
    | SubscriptionLost
)
"""What a session tells about itself and its subscriptions."""

MarketEvent: TypeAlias = Trade | TradeGap | Ticker | Candle | Instruments
"""What a topic tells that no engine keeps."""


class Connect(msgspec.Struct, frozen=True, tag_field="do", tag="connect"):
    """Open a transport now, then call `connected` or `disconnected`, unless a `Close` comes first."""


class Close(msgspec.Struct, frozen=True, tag_field="do", tag="close"):
    """Let go of the transport at once: nothing that it still says counts, `disconnected` is not called."""

    reason: str
    code: int = 1000


class Send(msgspec.Struct, frozen=True, tag_field="do", tag="send"):
    """Send one message."""

    payload: bytes


class SendSecret(msgspec.Struct, frozen=True, tag_field="do", tag="send_secret"):
    """Send one message that carries a token: its text shows up nowhere else."""

    payload: Secret


class NeedToken(msgspec.Struct, frozen=True, tag_field="do", tag="need_token"):
    """Get a WebSocket token that may begin a subscription, then call `token_came` or `token_failed`, once.

    It is asked for just before it is used, so that no old one is ever sent.

    Attributes:
        refused: The token that Kraken has refused, if it is for this that another one is needed.
    """

    refused: Token | None = None


class DropToken(msgspec.Struct, frozen=True, tag_field="do", tag="drop_token"):
    """Give this token to nobody any more: Kraken has refused it, and other connections may need one before this does.

    Attributes:
        token: The token.
    """

    token: Token


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


class Deliver(msgspec.Struct, frozen=True, tag_field="do", tag="deliver"):
    """Give these events of a topic to whoever reads it, in this order."""

    topic: Topic
    events: tuple[Trade | TradeGap | Ticker | Candle | Instruments, ...]


class DeliverAccount(msgspec.Struct, frozen=True, tag_field="do", tag="deliver_account"):
    """Hand what Kraken says of the account to whoever keeps its orders and balances.

    Attributes:
        topic: The channel.
        rows: What it says, in its order.
        snapshot: Whether it is all that there is, and not only news.
        recv_ns: When it came, in nanoseconds since the epoch.
    """

    topic: Topic
    rows: tuple[AccountRow, ...]
    snapshot: bool
    recv_ns: int


class Reply(msgspec.Struct, frozen=True, tag_field="do", tag="reply"):
    """Hand an answer to whoever has asked by `Session.ask`."""

    answer: Answer


class Check(msgspec.Struct, frozen=True, tag_field="do", tag="check"):
    """Say how lively these books are, by an `Activity`: the engine sees their messages, the session does not."""

    symbols: tuple[str, ...]
    channel: str = "book"


class Discard(msgspec.Struct, frozen=True, tag_field="do", tag="discard"):
    """Do not show the user the book message that this answers: it belongs to a subscription that is over."""


Action: TypeAlias = (
    Connect
    | Close
    | Send
    | SendSecret
    | NeedToken
    | DropToken
    | Track
    | Untrack
    | Suspend
    | Complete
    | Fail
    | Emit
    | Deliver
    | DeliverAccount
    | Reply
    | Check
    | Discard
)
