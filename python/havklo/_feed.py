"""One topic of a client: who shares it, and what a reader who comes late has missed."""

import asyncio
from typing import TYPE_CHECKING, Any, final

from msgspec.structs import replace

from havklo import events
from havklo._protocol.actions import MarketEvent
from havklo.channels import Topic
from havklo.connection import Connection
from havklo.errors import HavkloError

if TYPE_CHECKING:
    from collections.abc import Callable

    from havklo._engine import Book
    from havklo.subscription import Subscription

__all__ = ["Feed"]

_TRADES, _CANDLES = 50, 720  # as many as Kraken's own snapshots have


@final
class Feed:
    """One topic: its connection and its book, the subscriptions that share it, and its latest events.

    Attributes:
        readers: What is fed with each event, and whether it wants trades from before the subscription, too.
        keeps: How many events a snapshot has at most.
    """

    def __init__(self, topic: Topic, connection: Connection) -> None:
        self.topic = topic
        self.connection = connection
        self.book: Book | None = None
        self.error: HavkloError | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.subscriptions: list[Subscription[Any]] = []
        self.readers: tuple[tuple[Callable[[Any], None], bool], ...] = ()
        self._recent: dict[object, MarketEvent] = {}
        self.keeps = {"trade": _TRADES, "ohlc": _CANDLES}.get(topic.channel, 1)

    def settle(self, error: HavkloError | None = None) -> None:
        """Let those who wait for the topic go on."""
        self.error = self.error or error
        if not self.ready.done():
            self.ready.set_result(None)

    @property
    def wants_history(self) -> bool:
        """Whether anybody wants trades from before the subscription."""
        return any(subscription.channel.snapshot for subscription in self.subscriptions)

    def keep(self, event: MarketEvent) -> None:
        """Remember an event for readers who come late."""
        recent = self._recent
        match event:
            case events.Trade():
                key: object = event.trade_id
            case events.Candle():
                key = event.interval_begin
            case events.TradeGap():
                recent.clear()  # what lies before the hole does not lead up to what comes
                return
            case events.Instruments():
                key, event = None, _merged(recent.get(None), event)
            case _:
                key = None
        recent[key] = event
        if len(recent) > self.keeps:
            del recent[next(iter(recent))]

    def history(self) -> list[MarketEvent]:
        """Give what a snapshot would have given now, oldest first."""
        return [_as_snapshot(event) for event in self._recent.values()]


def _merged(listed: MarketEvent | None, news: events.Instruments) -> events.Instruments:
    """The whole list, as of some news about it."""
    if news.type == "snapshot" or not isinstance(listed, events.Instruments):
        return news
    assets = {asset.id: asset for asset in (*listed.assets, *news.assets)}
    pairs = {pair.symbol: pair for pair in (*listed.pairs, *news.pairs)}
    return replace(news, assets=tuple(assets.values()), pairs=tuple(pairs.values()))


def _as_snapshot(event: MarketEvent) -> MarketEvent:
    return replace(event, source="snapshot") if isinstance(event, events.Trade) else replace(event, type="snapshot")
