"""One subscribe from the request to its outcome."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from havklo._feed import Feed
from havklo._hub import Hub
from havklo.channels import Channel, instrument
from havklo.errors import ConfigurationError, HavkloError, SubscriptionError, UnknownSymbol
from havklo.events import Book, Level3Book
from havklo.level3 import Level3Subscription, Level3Subscriptions
from havklo.subscription import BookSubscription, BookSubscriptions, InstrumentSubscription, Subscription

__all__ = ["check_once", "know_pairs", "subscribe"]

_SECOND = 1_000_000_000
_LISTING_SECONDS = 5.0


async def subscribe(hub: Hub, channel: Channel[Any], seconds: float, check: Callable[[], None]) -> Subscription[Any]:
    """Place a channel's topics, and wait until each is live or has failed.

    Args:
        hub: The client's machine room.
        channel: What to subscribe to; its symbols are Kraken's own.
        seconds: How long that may take.
        check: Raises if the client has failed meanwhile.

    Raises:
        SubscriptionError: No topic became live.
    """
    fresh = hub.place(channel.topics)
    subscription = _kind(channel)(channel, hub)
    feeds = [hub.feeds[topic] for topic in channel.topics]
    shared = [feed for feed in feeds if feed.ready.done()]
    for feed in feeds:
        feed.subscriptions.append(subscription)
    for feed in shared:
        if channel.snapshot:
            subscription.remind(hub.history(feed.topic))
    try:
        for connection, topics in fresh.items():
            connection.subscribe(topics, round(seconds * _SECOND))
        await asyncio.wait([feed.ready for feed in feeds])
        check()
        await _explain(hub, channel, feeds, min(seconds, _LISTING_SECONDS))
        _conclude(subscription, feeds)
    except BaseException:
        await subscription.unsubscribe()
        raise
    return subscription


def _kind(channel: Channel[Any]) -> type[Subscription[Any]]:
    match channel.name:
        case "book":
            return BookSubscription if len(channel.symbols) == 1 else BookSubscriptions
        case "level3":
            return Level3Subscription if len(channel.symbols) == 1 else Level3Subscriptions
        case "instrument":
            return InstrumentSubscription
        case _:
            return Subscription


async def _explain(hub: Hub, channel: Channel[Any], feeds: Sequence[Feed], seconds: float) -> None:
    """Add to each refusal of a symbol what may have been meant."""
    refused = [feed for feed in feeds if isinstance(feed.error, SubscriptionError) and "pair" in feed.error.error]
    if not refused or channel.name == "instrument":
        return
    try:
        await know_pairs(hub, seconds)
    except HavkloError as error:
        for feed in refused:
            _note(feed, f"the list of pairs could not be had: {error}")
        return
    for feed in refused:
        try:
            hub.pairs.resolve(feed.topic.symbol)
        except UnknownSymbol as unknown:
            if feed.error is not None:
                feed.error.hint = unknown.hint


async def know_pairs(hub: Hub, seconds: float, *, anew: bool = False) -> None:
    """Fetch the list of all pairs unless it is known.

    Args:
        hub: The client's machine room.
        seconds: How long that may take.
        anew: Fetch it even if it is known, unless a subscription keeps it up to date.

    Raises:
        SubscriptionError: It could not be had.
    """
    if not hub.pairs or (anew and instrument().topics[0] not in hub.feeds):
        subscription = await subscribe(hub, instrument(), seconds, _nothing)
        await subscription.unsubscribe()


def check_once(symbols: Sequence[str]) -> None:
    """Refuse symbols of which two are the same.

    Raises:
        ConfigurationError: So it is.
    """
    for symbol in symbols:
        if symbols.count(symbol) > 1:
            raise ConfigurationError(f"{symbol!r} is named twice")


def _note(feed: Feed, words: str) -> None:
    if feed.error is not None:
        feed.error.add_note(words)


def _nothing() -> None:
    """A failure of the client shows elsewhere."""


def _conclude(subscription: Subscription[Any], feeds: Sequence[Feed]) -> None:
    """Give a subscription its topics, its books and its errors; raises if there are only errors."""
    errors = {feed.topic.symbol: feed.error for feed in feeds if feed.error is not None}
    live = [feed for feed in feeds if feed.error is None]
    if not live:
        first, *others = errors.values()
        for other in others:
            first.add_note(f"also: {other}")
        raise first
    for feed in live:
        match subscription, feed.book:
            case ((Level3Subscription() | Level3Subscriptions()), Level3Book() as orders):
                subscription.show(feed.topic.symbol, orders)
            case ((BookSubscription() | BookSubscriptions()), Book() as levels):
                subscription.show(feed.topic.symbol, levels)
            case _:
                continue
    subscription.settle([feed.topic for feed in live], errors)
