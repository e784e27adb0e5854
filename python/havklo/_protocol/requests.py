"""What is sent to Kraken's spot API v2."""

from collections.abc import Iterable
from typing import Literal, final

import msgspec

from havklo.channels import Topic

__all__ = ["Requests"]

_LARGEST_ID = 2**31 - 1


class _Params(msgspec.Struct, frozen=True, omit_defaults=True):
    channel: str
    symbol: tuple[str, ...] | None = None
    depth: int | None = None
    interval: int | None = None
    event_trigger: str | None = None
    snapshot: bool | None = None


class _Request(msgspec.Struct, frozen=True, omit_defaults=True):
    method: Literal["subscribe", "unsubscribe", "ping"]
    req_id: int
    params: _Params | None = None


@final
class Requests:
    """Writes one connection's requests and numbers them; the ids stay within 32 bits, as Kraken asks."""

    def __init__(self, first_id: int = 1) -> None:
        self._next_id = first_id
        self._encoder = msgspec.json.Encoder()

    def subscribe(self, topics: Iterable[Topic]) -> tuple[int, bytes]:
        """Ask for topics that differ in nothing but their symbol."""
        return self._write("subscribe", tuple(topics), snapshot=True)

    def unsubscribe(self, topics: Iterable[Topic]) -> tuple[int, bytes]:
        """Take back topics that differ in nothing but their symbol."""
        return self._write("unsubscribe", tuple(topics), snapshot=None)

    def ping(self) -> tuple[int, bytes]:
        """Ask for a pong."""
        req_id = self._take_id()
        return req_id, self._encoder.encode(_Request("ping", req_id))

    def _write(
        self, method: Literal["subscribe", "unsubscribe"], topics: tuple[Topic, ...], *, snapshot: bool | None
    ) -> tuple[int, bytes]:
        req_id = self._take_id()
        first = topics[0]
        symbols = tuple(topic.symbol for topic in topics if topic.symbol) or None
        params = _Params(first.channel, symbols, first.depth, first.interval, first.event_trigger, snapshot)
        return req_id, self._encoder.encode(_Request(method, req_id, params))

    def _take_id(self) -> int:
        taken = self._next_id
        self._next_id = 1 if taken == _LARGEST_ID else taken + 1
        return taken
