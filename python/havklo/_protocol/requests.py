"""What is sent to Kraken's spot API v2."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, final

import msgspec

from havklo._protocol.secret import Secret
from havklo._protocol.tokens import Token
from havklo.channels import Topic

__all__ = ["Requests"]

_LARGEST_ID = 2**31 - 1

Method: TypeAlias = Literal["subscribe", "unsubscribe"]


class _Params(msgspec.Struct, frozen=True, omit_defaults=True):
    channel: str
    symbol: tuple[str, ...] | None = None
    depth: int | None = None
    interval: int | None = None
    event_trigger: str | None = None
    snapshot: bool | None = None
    snap_orders: bool | None = None
    snap_trades: bool | None = None
    ratecounter: bool | None = None
    token: str | None = None

    def __repr__(self) -> str:
        return f"<params of {self.channel}>"


class _Request(msgspec.Struct, frozen=True, omit_defaults=True):
    method: Literal["subscribe", "unsubscribe", "ping"]
    req_id: int
    params: _Params | None = None


@final
class Requests:
    """Writes one connection's requests and numbers them; the ids stay within 32 bits, as Kraken asks."""

    def __init__(self, first_id: int = 1) -> None:
        self._next_id = first_id
        self._encoder = msgspec.json.Encoder(decimal_format="number")

    def subscribe(self, topics: Iterable[Topic]) -> tuple[int, bytes]:
        """Ask for topics that differ in nothing but their symbol."""
        req_id = self._take_id()
        return req_id, self._encoder.encode(_request("subscribe", req_id, topics))

    def unsubscribe(self, topics: Iterable[Topic]) -> tuple[int, bytes]:
        """Take back topics that differ in nothing but their symbol."""
        req_id = self._take_id()
        return req_id, self._encoder.encode(_request("unsubscribe", req_id, topics))

    def with_token(self, method: Method, topics: Iterable[Topic], token: Token) -> tuple[int, Secret]:
        """Ask for topics that need a token, or take them back."""
        req_id = self._take_id()
        # One expression: the token's text is in no variable of a frame.
        return req_id, Secret(self._encoder.encode(_request(method, req_id, topics, token)).decode())

    def order(self, method: str, params: Mapping[str, object], token: Token) -> tuple[int, Secret]:
        """Ask for something about orders; decimals keep their digits."""
        req_id = self._take_id()
        return req_id, Secret(
            self._encoder.encode(
                {"method": method, "params": {**params, "token": token.reveal()}, "req_id": req_id}
            ).decode()
        )

    def ping(self) -> tuple[int, bytes]:
        """Ask for a pong."""
        req_id = self._take_id()
        return req_id, self._encoder.encode(_Request("ping", req_id))

    def _take_id(self) -> int:
        taken = self._next_id
        self._next_id = 1 if taken == _LARGEST_ID else taken + 1
        return taken


def _request(method: Method, req_id: int, topics: Iterable[Topic], token: Token | None = None) -> _Request:
    asked = tuple(topics)
    first = asked[0]
    begins = True if method == "subscribe" else None
    whole = begins if first.channel == "executions" else None
    params = _Params(
        channel=first.channel,
        symbol=tuple(topic.symbol for topic in asked if topic.symbol) or None,
        depth=first.depth,
        interval=first.interval,
        event_trigger=first.event_trigger,
        # The executions channel calls it snap_orders, and its old name deprecated.
        snapshot=None if first.channel == "executions" else begins,
        snap_orders=whole,
        snap_trades=whole,
        ratecounter=whole,
        token=None if token is None else token.reveal(),
    )
    return _Request(method, req_id, params)
