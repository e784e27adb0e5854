"""What the tests of channels share: a small market and its feeds, driven event by event."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from havklo.sim.channels.ohlc import OhlcFeed
from havklo.sim.channels.ticker import TickerFeed
from havklo.sim.channels.trade import TradeFeed
from havklo.sim.market.ladder import ASK, BID
from havklo.sim.market.matching import Market
from havklo.sim.symbols import Pair

START = 1_800_000_000_000_000_000
"""2027-01-15T08:00:00Z"""


class Floor:
    """A market with a few orders and the feeds that live on its trades.

    Prices have one decimal, quantities two; it opens at 100.0.
    """

    def __init__(self) -> None:
        self.pair = Pair(
            symbol="A/B",
            price_precision=1,
            qty_precision=2,
            price=1_000,
            gap=1,
            spread=1,
            size=100,
            qty_min=15,
            cost_min=Decimal("0.5"),
        )
        self.market = Market()
        self.trade = TradeFeed(self.pair)
        self.ticker = TickerFeed(self.pair, self.market)
        self.ohlc = OhlcFeed(self.pair)
        self.now = START
        self.market.begin(START)

    def event(self, action: Callable[[], object], seconds: float = 0.0) -> dict[str, dict[int | str, str]]:
        """One engine event so many seconds after the last; returns the messages by channel and parameter."""
        self.now += round(seconds * 1_000_000_000) + 1_000
        self.market.begin(self.now)
        action()
        fills = self.market.fills
        for feed in (self.trade, self.ticker, self.ohlc) if fills else ():
            feed.on_event(fills, self.now)
        messages = {"ticker": self.ticker.messages(self.now)}
        if fills:
            messages |= {"trade": self.trade.messages(self.now), "ohlc": self.ohlc.messages(self.now)}
        return {
            channel: {parameter: frame.decode() for parameter, frame in frames} for channel, frames in messages.items()
        }

    def trade_at(self, price: int, qty: int, seconds: float = 0.0) -> dict[str, dict[int | str, str]]:
        """A sale to a bid at this price, which was not there before: one event."""

        def action() -> None:
            self.market.limit(BID, price, qty)
            self.market.market(ASK, qty)

        return self.event(action, seconds)


@pytest.fixture
def floor() -> Floor:
    """An empty market."""
    return Floor()
