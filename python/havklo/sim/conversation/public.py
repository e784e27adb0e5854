"""The public endpoint: market data and instruments, for everybody."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, final

from havklo.sim.channels import book, instrument, ohlc, ticker
from havklo.sim.conversation.endpoint import PRIVATE_CHANNELS, PUBLIC_CHANNELS, TRY_PRIVATE, Channel, MarketData
from havklo.sim.conversation.request import Params, RefusedError, Request
from havklo.sim.conversation.services import Services
from havklo.sim.conversation.streams import INSTRUMENT
from havklo.sim.delivery.hub import Subscriber

__all__ = ["DEPTH_NOT_SUPPORTED", "Public"]

DEPTH_NOT_SUPPORTED: Final = "Subscription depth not supported"
_INTERVAL_NOT_SUPPORTED: Final = "Subscription ohlc interval not supported"

_CHANNELS: Final = {
    channel.name: channel
    for channel in (
        Channel(name="book", parameter="depth", choices=book.DEPTHS, refusal=DEPTH_NOT_SUPPORTED),
        Channel(name="trade", snapshot=False),
        Channel(name="ticker", parameter="event_trigger", choices=ticker.TRIGGERS),
        Channel(
            name="ohlc",
            parameter="interval",
            choices=ohlc.INTERVALS,
            refusal=_INTERVAL_NOT_SUPPORTED,
            several=True,
            warnings=("timestamp is deprecated, use interval_begin",),
        ),
    )
}


@final
class Public(MarketData):
    """A connection to the public endpoint."""

    elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys((*PRIVATE_CHANNELS, "level3"), TRY_PRIVATE)

    def __init__(self, services: Services, subscriber: Subscriber) -> None:
        super().__init__(services, subscriber)
        self._instrument = False

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return super().subscriptions + self._instrument

    def subscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer a subscribe."""
        name = self._channel(params, PUBLIC_CHANNELS)
        if name in _CHANNELS:
            yield from self._subscribe(_CHANNELS[name], request, params)
            return
        snapshot = params.flag("snapshot", default=True)
        if self._instrument:
            raise RefusedError(self._texts.already_subscribed)
        self._instrument = True
        yield request.ack({"channel": name, "snapshot": snapshot, "warnings": instrument.WARNINGS})
        self._services.hub.join(self._subscriber, INSTRUMENT)
        if snapshot:
            exchange = self._services.exchange
            yield instrument.instrument_snapshot(tuple(exchange.pairs.values()), exchange.statuses)

    def unsubscribe(self, request: Request, params: Params) -> Iterator[bytes]:
        """Answer an unsubscribe."""
        name = self._channel(params, PUBLIC_CHANNELS)
        if name in _CHANNELS:
            yield from self._unsubscribe(_CHANNELS[name], request, params)
            return
        if not self._instrument:
            raise RefusedError(self._texts.not_subscribed)
        self._leave_instrument()
        yield request.ack({"channel": name})

    def end(self) -> None:
        """The connection has ended: nothing is computed for it any more."""
        super().end()
        self._leave_instrument()

    def _leave_instrument(self) -> None:
        self._instrument = False
        self._services.hub.leave(self._subscriber, INSTRUMENT)
