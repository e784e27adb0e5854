"""A simulated market's statistics, from nothing but its messages."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, final

from havklo.errors import ConfigurationError
from havklo.sim.delivery.topics import Key
from havklo.sim.exchange import Exchange
from havklo.sim.flow import NORMAL, Regime
from havklo.sim.report.book import BookTally, digits
from havklo.sim.report.markouts import Markout, Markouts
from havklo.sim.report.measured import MEASURED, Figure
from havklo.sim.report.prices import PriceTally
from havklo.sim.report.trades import TradeTally
from havklo.sim.symbols import Pair, pairs
from havklo.sim.wire.stamps import micros

__all__ = ["DEPTHS", "Line", "MarketReport", "Report", "run"]

DEPTHS: Final = (10, 25)  # those of the captures
_HORIZONS: Final = (1, 10)
_MICROS: Final = 1_000_000
_SECOND: Final = 1_000_000_000
_UPDATES: Final = 100  # of the progress
_START: Final = 1_767_225_600 * _SECOND  # midnight, so that runs are equal whenever they are made


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One figure beside the measured one.

    Attributes:
        depth: The depth of the messages.
        figure: What was measured on Kraken.
        low: The lowest value among the markets here.
        high: The highest.
    """

    depth: int
    figure: Figure
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """Whether every market here is alike."""
        return self.figure.agrees(self.low) and self.figure.agrees(self.high)


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketReport:
    """One market's statistics.

    Attributes:
        symbol: Which.
        thin: Whether its sides are shorter than the shallowest window, so that no removal has a refill.
        rates: Messages a second, by depth.
        silence: The longest time without a message at depth 10, in seconds.
        books: The figures that were measured on Kraken too, by depth and name.
        orders: Takers a second.
        size: The median quantity that a taker got, in the base asset.
        clustering: The variance of takers per second over their mean: 1 without any bunches.
        memory: The correlation of takers per second with those of the second before.
        spread: The median distance of best bid and best ask, in basis points.
        volatility: The root mean square of the middle's moves, in basis points, by seconds.
        markouts: What naive passive fills were worth, by seconds.
    """

    symbol: str
    thin: bool
    rates: Mapping[int, float]
    silence: float
    books: Mapping[int, Mapping[str, float]]
    orders: float
    size: float
    clustering: float
    memory: float
    spread: float
    volatility: Mapping[int, float]
    markouts: Mapping[int, Markout]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A run's statistics.

    Attributes:
        seed: Its seed.
        seconds: How long it was, in its own time.
        regime: What kind of day it was.
        rate: Messages a second over all markets, as asked for.
        markets: Each market.
    """

    seed: int
    seconds: float
    regime: str
    rate: float
    markets: tuple[MarketReport, ...]

    def lines(self) -> list[Line]:
        """Every measured figure beside what it is here; thin books have no full windows to compare."""
        full = [market for market in self.markets if not market.thin]
        lines: list[Line] = []
        for depth in DEPTHS:
            for name, figure in MEASURED.items():
                values = [market.books[depth][name] for market in full if name in market.books[depth]]
                if values:
                    lines.append(Line(depth=depth, figure=figure, low=min(values), high=max(values)))
        return lines


def run(
    symbols: int | Sequence[str] = 5,
    *,
    seed: int = 7,
    seconds: float = 60.0,
    regime: Regime = NORMAL,
    rate: float = 100.0,
    progress: Callable[[float], object] | None = None,
) -> Report:
    """Let markets trade for a while of their own time, as fast as this machine can, and measure them.

    Args:
        symbols: How many symbols, or which.
        seed: Same seed, same figures.
        seconds: How long.
        regime: What kind of day it is.
        rate: Messages a second over all markets, as a reader of depth 10 counts them on a normal day.
        progress: Called now and then with the part that is done, from 0 to 1.

    Raises:
        ConfigurationError: A number that is not above 0, or a symbol that can't be.
    """
    if not (seconds > 0 and rate > 0):
        raise ConfigurationError("a report needs some seconds and some messages a second")
    exchange = Exchange(pairs(symbols), seed=seed, rate=rate, start_ns=_START)
    exchange.set_regime(regime)
    desks = {symbol: _Desk(pair) for symbol, pair in exchange.pairs.items()}
    for symbol, desk in desks.items():
        for depth in DEPTHS:
            key = ("book", symbol, depth)
            exchange.open(key, _START)
            desk.on_frame(key, exchange.snapshot(key, _START))
        exchange.open(("trade", symbol, 0), _START)
    exchange.publish = lambda key, frame: desks[key[1]].on_frame(key, frame)
    end_ns = _START + round(seconds * _SECOND)
    told = 0
    while (due := exchange.due()) < end_ns:
        exchange.step(due)
        done = (due - _START) * _UPDATES // (end_ns - _START)
        if progress is not None and done > told:
            told = done
            progress(done / _UPDATES)
    if progress is not None:
        progress(1.0)
    markets = tuple(desk.report(end_ns // 1_000) for desk in desks.values())
    return Report(seed=seed, seconds=seconds, regime=regime.name, rate=rate, markets=markets)


@final
class _Desk:
    """Everything that is measured in one market, fed with its messages."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._books = {depth: BookTally(depth) for depth in DEPTHS}
        self._trades = TradeTally(_START // 1_000)
        self._prices = PriceTally(_START // 1_000)
        self._markouts = Markouts(_HORIZONS)
        self._quote: tuple[int, int, int, int, int] | None = None

    def on_frame(self, key: Key, frame: bytes) -> None:
        """A message of one of its streams."""
        channel, _, depth = key
        if channel == "trade":
            self._on_trades(frame)
            return
        tally = self._books[int(depth)]
        tally.on_book(frame)
        if depth == DEPTHS[0]:
            self._show()
            best = tally.best()
            self._quote = best and (*best, tally.now_us)

    def report(self, end_us: int) -> MarketReport:
        """The figures, at the end."""
        self._show()
        self._prices.close(end_us)
        self._markouts.close(end_us)
        seconds = (end_us - _START // 1_000) / _MICROS
        books, trades, prices = self._books, self._trades, self._prices
        figures = {depth: tally.figures() for depth, tally in books.items()}
        shallow, deep = (tally.messages for tally in books.values())
        if shallow:
            figures[DEPTHS[1]]["deeper"] = deep / shallow
        clustering, memory = trades.clustering(end_us)
        return MarketReport(
            symbol=self._pair.symbol,
            thin=self._pair.thin,
            rates={depth: tally.messages / seconds for depth, tally in books.items()},
            silence=books[DEPTHS[0]].silence,
            books=figures,
            orders=trades.orders / seconds,
            size=trades.sizes()[0] / 10**self._pair.qty_precision,
            clustering=clustering,
            memory=memory,
            spread=prices.spread()[0],
            volatility={horizon: prices.volatility(horizon) for horizon in _HORIZONS},
            markouts={horizon: self._markouts.result(horizon) for horizon in _HORIZONS},
        )

    def _on_trades(self, frame: bytes) -> None:
        rows: list[dict[str, Any]] = json.loads(frame, parse_float=str, parse_int=str)["data"]
        now_us = micros(rows[0]["timestamp"])
        # An event's trades are told behind its book message, but they came before the quote in it.
        if self._quote is not None and self._quote[-1] < now_us:
            self._show()
        for row in rows:
            side: Literal["buy", "sell"] = row["side"]
            price, qty = digits(row["price"]), digits(row["qty"])
            self._trades.on_trade(side, qty, now_us)
            self._markouts.on_trade(side, price, qty, now_us)

    def _show(self) -> None:
        """The last quote holds now."""
        if self._quote is not None:
            bid, bid_qty, ask, ask_qty, now_us = self._quote
            self._prices.on_quote(bid, ask, now_us)
            self._markouts.on_quote(bid, bid_qty, ask, ask_qty, now_us)
            self._quote = None
