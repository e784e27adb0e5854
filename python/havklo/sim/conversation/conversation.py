"""One connection's conversation, without I/O: a request goes in, the frames that answer it come out.

`handle` is a generator: it makes each frame when it is asked for, so that whoever writes to the socket can
wait for a slow reader between two snapshots without their contents growing old.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast, final

from havklo.clock import Clock
from havklo.sim.channels.book import DEPTHS
from havklo.sim.delivery.hub import Hub, Subscriber
from havklo.sim.exchange import Exchange
from havklo.sim.wire import frames as wire
from havklo.sim.wire.stamps import rfc3339

__all__ = ["Conversation", "Texts"]

PAIR_NOT_SUPPORTED: Final = "Currency pair not supported"
DEPTH_NOT_SUPPORTED: Final = "Subscription depth not supported"
PRIVATE: Final = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"

_PRIVATE_CHANNELS: Final = frozenset({"executions", "balances", "level3"})
_TRADING: Final = frozenset(
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
_TICK_SIZE_DEPRECATED: Final = "tick_size is deprecated, use price_increment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Error texts that Kraken does not publish.

    They are assumptions from what users of its two protocol versions have reported; replace them once the
    real ones are known.

    Attributes:
        malformed: Not JSON, not an object, a missing field or one of the wrong type.
        unknown_method: A method that does not exist.
        unknown_channel: A channel that does not exist, or that is not simulated.
        already_subscribed: A symbol is subscribed on this connection, at whatever depth.
        not_subscribed: An unsubscribe without a subscription.
    """

    malformed: str = "Malformed request"
    unknown_method: str = "Unsupported method"
    unknown_channel: str = "Unsupported channel"
    already_subscribed: str = "Already subscribed"
    not_subscribed: str = "Subscription Not Found"


class _RefusedError(Exception):
    """A request is answered by one error ack."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@final
class Conversation:
    """What one connection has subscribed to, and the answers it gets."""

    def __init__(
        self, exchange: Exchange, hub: Hub, subscriber: Subscriber, clock: Clock, texts: Texts | None = None
    ) -> None:
        self._exchange = exchange
        self._hub = hub
        self._subscriber = subscriber
        self._clock = clock
        self._texts = texts or Texts()
        self._depths: dict[str, int] = {}
        self._joined: set[str] = set()
        self._instrument = False
        self._request = _Request(rfc3339(0))

    def __repr__(self) -> str:
        return f"<Conversation {len(self._depths)} books>"

    @property
    def subscribed(self) -> bool:
        """Whether there is any subscription; then heartbeats are due."""
        return self._instrument or bool(self._depths)

    def handle(self, message: str | bytes) -> Iterator[bytes]:
        """Answer one request."""
        request = self._request = _Request(self._now())
        try:
            yield from self._answer(request, request.read(message, self._texts.malformed))
        except _RefusedError as refused:
            yield self._refuse(refused.error)

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        for symbol in tuple(self._depths):
            self._drop(symbol)
        self._instrument = False

    def _answer(self, request: "_Request", params: dict[str, object]) -> Iterator[bytes]:
        match request.method:
            case "ping":
                yield wire.pong(request.req_id, request.time_in, self._now())
            case "subscribe":
                yield from self._subscribe(params)
            case "unsubscribe":
                yield from self._unsubscribe(params)
            case method if method in _TRADING:
                raise _RefusedError(PRIVATE)
            case _:
                raise _RefusedError(self._texts.unknown_method)

    def _subscribe(self, params: dict[str, object]) -> Iterator[bytes]:
        if self._channel(params) == "instrument":
            yield from self._subscribe_instrument(params)
            return
        depth, symbols = self._depth(params) or DEPTHS[0], self._symbols(params)
        snapshot = self._flag(params, "snapshot")
        accepted: list[str] = []
        for symbol in symbols:
            if symbol not in self._exchange.pairs:
                yield self._refuse(f"{PAIR_NOT_SUPPORTED} {symbol}", symbol)
            elif symbol in self._depths:
                yield self._refuse(self._texts.already_subscribed, symbol)
            else:
                self._depths[symbol] = depth
                accepted.append(symbol)
                yield self._ack({"channel": "book", "depth": depth, "snapshot": snapshot, "symbol": symbol})
        for symbol in accepted:
            listing = self._exchange.listing(symbol, self._clock.epoch_ns() // 1_000)
            listing.feed.open(depth)
            self._hub.join(self._subscriber, symbol, depth)
            self._joined.add(symbol)
            if snapshot:
                yield listing.snapshot(depth)

    def _subscribe_instrument(self, params: dict[str, object]) -> Iterator[bytes]:
        snapshot = self._flag(params, "snapshot")
        if self._instrument:
            raise _RefusedError(self._texts.already_subscribed)
        self._instrument = True
        yield self._ack({"channel": "instrument", "snapshot": snapshot, "warnings": [_TICK_SIZE_DEPRECATED]})
        if snapshot:
            yield wire.instrument(tuple(self._exchange.pairs.values()))

    def _unsubscribe(self, params: dict[str, object]) -> Iterator[bytes]:
        if self._channel(params) == "instrument":
            if not self._instrument:
                raise _RefusedError(self._texts.not_subscribed)
            self._instrument = False
            yield self._ack({"channel": "instrument"})
            return
        wanted = self._depth(params)
        for symbol in self._symbols(params):
            depth = self._depths.get(symbol)
            if symbol not in self._exchange.pairs:
                yield self._refuse(f"{PAIR_NOT_SUPPORTED} {symbol}", symbol)
            elif depth is None or wanted not in (None, depth):
                yield self._refuse(self._texts.not_subscribed, symbol)
            else:
                self._drop(symbol)
                yield self._ack({"channel": "book", "depth": depth, "symbol": symbol})

    def _drop(self, symbol: str) -> None:
        depth = self._depths.pop(symbol)
        if symbol in self._joined:
            self._joined.remove(symbol)
            self._hub.leave(self._subscriber, symbol, depth)
            self._exchange.listing(symbol, 0).feed.close(depth)

    def _channel(self, params: dict[str, object]) -> str:
        channel = params.get("channel")
        if not isinstance(channel, str):
            raise _RefusedError(self._texts.malformed)
        if channel in _PRIVATE_CHANNELS:
            raise _RefusedError(PRIVATE)
        if channel not in ("book", "instrument"):
            raise _RefusedError(self._texts.unknown_channel)
        return channel

    def _symbols(self, params: dict[str, object]) -> Sequence[str]:
        symbols = params.get("symbol")
        if not isinstance(symbols, list) or not symbols:
            raise _RefusedError(self._texts.malformed)
        names = cast("list[object]", symbols)
        if not all(isinstance(name, str) for name in names):
            raise _RefusedError(self._texts.malformed)
        return cast("list[str]", names)

    def _depth(self, params: dict[str, object]) -> int | None:
        if "depth" not in params:
            return None
        depth = params["depth"]
        if not isinstance(depth, int) or isinstance(depth, bool):
            raise _RefusedError(self._texts.malformed)
        if depth not in DEPTHS:
            raise _RefusedError(DEPTH_NOT_SUPPORTED)
        return depth

    def _flag(self, params: dict[str, object], name: str) -> bool:
        flag = params.get(name, True)
        if not isinstance(flag, bool):
            raise _RefusedError(self._texts.malformed)
        return flag

    def _ack(self, result: dict[str, object]) -> bytes:
        request = self._request
        return wire.ack(request.method or "", result, request.req_id, request.time_in, self._now())

    def _refuse(self, error: str, symbol: str | None = None) -> bytes:
        request = self._request
        return wire.refusal(error, request.method, request.req_id, request.time_in, self._now(), symbol=symbol)

    def _now(self) -> str:
        return rfc3339(self._clock.epoch_ns() // 1_000)


@final
class _Request:
    """A request while it is read: what is known of it can be repeated in an error ack."""

    def __init__(self, time_in: str) -> None:
        self.time_in = time_in
        self.method: str | None = None
        self.req_id: int | None = None

    def read(self, message: str | bytes, malformed: str) -> dict[str, object]:
        """Take a request apart; returns its parameters."""
        try:
            request = json.loads(message)
        except (ValueError, RecursionError):
            raise _RefusedError(malformed) from None
        if not isinstance(request, dict):
            raise _RefusedError(malformed)
        fields = cast("dict[str, object]", request)
        method, req_id, params = fields.get("method"), fields.get("req_id"), fields.get("params", {})
        if isinstance(method, str):
            self.method = method
        if isinstance(req_id, int) and not isinstance(req_id, bool):
            self.req_id = req_id
        well_formed = self.method is not None and (req_id is None or self.req_id is not None)
        if not well_formed or not isinstance(params, dict):
            raise _RefusedError(malformed)
        return cast("dict[str, object]", params)
