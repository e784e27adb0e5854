"""What the three endpoints have in common: which channel belongs where, and subscriptions to market data."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from havklo.sim.conversation.request import Params, RefusedError, Request
from havklo.sim.conversation.services import Services
from havklo.sim.delivery.hub import Key, Subscriber

__all__ = ["PRIVATE_CHANNELS", "PUBLIC_CHANNELS", "TRY_PRIVATE", "TRY_PUBLIC", "Channel", "Endpoint", "MarketData"]

TRY_PRIVATE: Final = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
TRY_PUBLIC: Final = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"

PUBLIC_CHANNELS: Final[tuple[str, ...]] = ("book", "trade", "ticker", "ohlc", "instrument")
PRIVATE_CHANNELS: Final[tuple[str, ...]] = ("executions", "balances")

_PAIR_NOT_SUPPORTED: Final = "Currency pair not supported"
_PAIR_NOT_IN_FORM: Final = "Currency pair not in ISO 4217-A3 format"


class Endpoint(ABC):
    """What one connection can ask for, and what it has subscribed to.

    Args:
        services: Who answers.
        subscriber: The connection.
    """

    elsewhere: ClassVar[Mapping[str, str]]
    """The channels of other endpoints, and what asking for them is answered with."""

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        self._services = services
        self._subscriber = subscriber
        self._texts = services.rules.texts

    @property
    @abstractmethod
    def subscriptions(self) -> int:
        """How many there are."""

    @abstractmethod
    def subscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer a subscribe."""

    @abstractmethod
    def unsubscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer an unsubscribe."""

    def trade(self, _request: Request, _params: Params) -> Iterator[bytes]:
        """Answer an order method."""
        raise RefusedError(TRY_PRIVATE)

    @abstractmethod
    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""

    def _channel(self, params: Params, channels: Collection[str]) -> str:
        """The channel that a request is about, one of these."""
        channel = params.text("channel")
        if channel not in channels:
            raise RefusedError(self.elsewhere.get(channel, self._texts.unknown_channel))
        return channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A channel of market data.

    Attributes:
        name: What it is called.
        parameter: What it is called that a subscription can choose besides the symbol, or None.
        choices: What there is to choose from, the default first.
        refusal: The answer to any other choice; None: it is malformed.
        snapshot: Whether a subscription begins with a snapshot if it does not say so.
        several: Whether a connection can have a symbol with several parameters at the same time.
        warnings: What an ack warns of.
    """

    name: str
    parameter: str | None = None
    choices: tuple[int | str, ...] = (0,)
    refusal: str | None = None
    snapshot: bool = True
    several: bool = False
    warnings: tuple[str, ...] = ()

    def choice(self, params: Params, malformed: str) -> int | str | None:
        """What was chosen, or None for nothing."""
        if self.parameter is None or self.parameter not in params:
            return None
        return params.choice(self.parameter, self.choices, self.refusal or malformed)

    def result(self, key: Key) -> dict[str, object]:
        """What every ack repeats."""
        chosen = {} if self.parameter is None else {self.parameter: key[2]}
        return {"channel": self.name, **chosen, "symbol": key[1]}


class MarketData(Endpoint):
    """An endpoint with channels of market data, whose messages come from a market's feeds through the hub."""

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        super().__init__(services, subscriber)
        self._keys: dict[tuple[str, str, int | str | None], Key] = {}
        self._joined: set[Key] = set()

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return len(self._keys)

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        for key in tuple(self._joined):
            self._part(key)
        self._keys.clear()

    def _subscribe(
        self, channel: Channel, request: Request, params: Params, admit: Callable[[Key], str | None] | None = None
    ) -> Iterator[bytes]:
        """One ack per symbol, then the snapshots, each made and followed by updates from the moment it is sent.

        Args:
            channel: Which channel.
            request: The request.
            params: Its parameters.
            admit: Has the last word on a subscription: why it can't be had, or None.
        """
        chosen = channel.choice(params, self._texts.malformed)
        symbols = params.texts("symbol")
        snapshot = params.flag("snapshot", default=channel.snapshot)
        accepted: list[Key] = []
        for symbol in symbols:
            key: Key = (channel.name, symbol, channel.choices[0] if chosen is None else chosen)
            slot = self._slot(channel, key)
            error = self._unlisted(symbol)
            if error is None and slot in self._keys:
                error = self._texts.already_subscribed
            if error is None and admit is not None:
                error = admit(key)
            if error is not None:
                yield request.refuse(error, symbol=symbol)
                continue
            self._keys[slot] = key
            accepted.append(key)
            warnings = {"warnings": channel.warnings} if channel.warnings else {}
            yield request.ack({**channel.result(key), "snapshot": snapshot, **warnings})
        for key in accepted:
            listing = self._services.exchange.listing(key[1], self._services.clock.epoch_ns())
            listing.open(key)
            self._services.hub.join(self._subscriber, key)
            self._joined.add(key)
            if snapshot:
                yield listing.snapshot(key)

    def _unsubscribe(self, channel: Channel, request: Request, params: Params) -> Iterator[bytes]:
        chosen = channel.choice(params, self._texts.malformed)
        for symbol in params.texts("symbol"):
            slot = self._slot(channel, (channel.name, symbol, channel.choices[0] if chosen is None else chosen))
            key = self._keys.get(slot)
            error = self._unlisted(symbol)
            if error is not None:
                yield request.refuse(error, symbol=symbol)
            elif key is None or chosen not in (None, key[2]):
                yield request.refuse(self._texts.not_subscribed, symbol=symbol)
            else:
                del self._keys[slot]
                self._part(key)
                yield request.ack(channel.result(key))

    def _part(self, key: Key) -> None:
        """No more messages of a stream; it may not have begun yet."""
        if key in self._joined:
            self._joined.remove(key)
            self._services.hub.leave(self._subscriber, key)
            self._services.exchange.listing(key[1], 0).close(key)

    def _slot(self, channel: Channel, key: Key) -> tuple[str, str, int | str | None]:
        """What a connection can have only once."""
        return (key[0], key[1], key[2] if channel.several else None)

    def _unlisted(self, symbol: str) -> str | None:
        """Why a symbol is none, or None."""
        if symbol in self._services.exchange.pairs:
            return None
        return f"{_PAIR_NOT_SUPPORTED if '/' in symbol else _PAIR_NOT_IN_FORM} {symbol}"
