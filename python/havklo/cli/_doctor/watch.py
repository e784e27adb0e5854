"""What happens to a few live books, trades and tickers while somebody watches, counted and timed."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, final

import msgspec

from havklo._protocol.quantiles import Quantiles, Samples
from havklo._protocol.stamps import epoch_ns
from havklo.client import Client, ClientStatistics
from havklo.events import (
    BookUpdate,
    BreakerChanged,
    Connected,
    ConnectionLost,
    CrossedBook,
    Desync,
    Event,
    HealthChanged,
    Malformed,
    Moved,
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

if TYPE_CHECKING:
    from havklo.clock import Clock

__all__ = ["Incident", "Observed", "SymbolCount", "Watcher"]

_KEPT: Final = 100_000  # durations: of more, the latest count
_INCIDENTS: Final = 1_000
_TOLD: Final[tuple[type[Event], ...]] = (
    ConnectionLost,
    Status,
    Stalled,
    Silent,
    Malformed,
    Refused,
    SubscriptionLost,
    CrossedBook,
    Moved,
    BreakerChanged,
    HealthChanged,
)
"""What is only noted."""


@final
class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something out of the ordinary.

    Attributes:
        seconds: When, since the beginning.
        kind: The event's name.
        text: What it says.
    """

    seconds: float
    kind: str
    text: str


@final
class SymbolCount(msgspec.Struct, kw_only=True):
    """What came for one symbol.

    Attributes:
        symbol: The symbol.
        book: Book messages addressed to it.
        verified: Those of them that were proven.
        desyncs: How often its book lost its proof, by cause.
        trades: Its trades.
        missing: Its trades that could not be had.
        tickers: Its ticker messages.
    """

    symbol: str
    book: int = 0
    verified: int = 0
    desyncs: dict[str, int] = {}
    trades: int = 0
    missing: int = 0
    tickers: int = 0


@final
class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """All that was observed.

    Attributes:
        seconds: For how long.
        complete: False if it was ended early.
        symbols: What came for each symbol.
        errors: What could not be subscribed, and why.
        delay_ns: From the exchange's stamp on a book message to its arrival, by the corrected clock.
        offset_ns: The correction: how far the server's clock is ahead; None if it is not known, and not corrected.
        gap_ns: Between two messages of the same book.
        resync_ns: How long a broken subscription took until it was live again.
        gaps: Holes in the trades.
        reconnects: Connections that replaced a lost one.
        statistics: The client's own counters.
        incidents: What else happened, the first thousand.
    """

    seconds: float
    complete: bool
    symbols: tuple[SymbolCount, ...]
    errors: Mapping[str, str]
    delay_ns: Quantiles | None
    offset_ns: int | None
    gap_ns: Quantiles | None
    resync_ns: Quantiles | None
    gaps: int
    reconnects: int
    statistics: ClientStatistics
    incidents: tuple[Incident, ...]

    def total(self, name: str) -> int:
        """The sum of a count over all symbols."""
        return sum(getattr(each, name) for each in self.symbols)

    @property
    def desyncs(self) -> Counter[str]:
        """How often a book lost its proof, by cause."""
        return sum((Counter(each.desyncs) for each in self.symbols), Counter[str]())


@final
class Watcher:
    """Counts what a client tells; registers its handlers when it is made.

    Args:
        kraken: The client.
        offset_ns: How far the server's clock is ahead, if that is known.
    """

    def __init__(self, kraken: Client, offset_ns: int | None) -> None:
        self.errors: dict[str, str] = {}
        self._kraken = kraken
        self._clock: Clock = kraken.clock
        self._began = self._clock.now()
        self._offset = offset_ns
        self._symbols: dict[str, SymbolCount] = {}
        self._last: dict[str, int] = {}
        self._delays, self._gaps, self._resyncs = Samples(_KEPT), Samples(_KEPT), Samples(_KEPT)
        self._trade_gaps = 0
        self._reconnects = 0
        self._incidents: list[Incident] = []
        kraken.on(BookUpdate, self._on_book)
        kraken.on(Trade, self._on_trade)
        kraken.on(TradeGap, self._on_trade_gap)
        kraken.on(Ticker, self._on_ticker)
        kraken.on(Desync, self._on_desync)
        kraken.on(Resync, self._on_resync)
        kraken.on(Connected, self._on_connected)
        for kind in _TOLD:
            kraken.on(kind, lambda event: self._note(type(event).__name__, _told(event)))

    @property
    def seconds(self) -> float:
        """For how long it has watched."""
        return (self._clock.now() - self._began) / 1e9

    def observed(self, *, complete: bool) -> Observed:
        """All that was observed until now."""
        for symbol, book in self._kraken.books.items():
            counted, row = book.statistics(), self._row(symbol)
            row.book, row.verified = counted.messages, counted.verified
        return Observed(
            seconds=round(self.seconds, 3),
            complete=complete,
            symbols=tuple(self._symbols.values()),
            errors=dict(self.errors),
            delay_ns=self._delays.summary(),
            offset_ns=self._offset,
            gap_ns=self._gaps.summary(),
            resync_ns=self._resyncs.summary(),
            gaps=self._trade_gaps,
            reconnects=self._reconnects,
            statistics=self._kraken.statistics(),
            incidents=tuple(self._incidents),
        )

    def _row(self, symbol: str) -> SymbolCount:
        row = self._symbols.get(symbol)
        if row is None:
            row = self._symbols[symbol] = SymbolCount(symbol=symbol)
        return row

    def _note(self, kind: str, text: str) -> None:
        if len(self._incidents) < _INCIDENTS:
            self._incidents.append(Incident(seconds=round(self.seconds, 3), kind=kind, text=text))

    # -- handlers: called in the receive path -----------------------------------------------------------

    def _on_book(self, update: BookUpdate) -> None:
        symbol, at = update.symbol, update.recv_ns
        before = self._last.get(symbol)
        self._last[symbol] = at
        if before is not None:
            self._gaps.add(at - before)
        # A snapshot shows a state of earlier: its stamp tells nothing about its way.
        stamp = epoch_ns(update.timestamp or "") if update.type == "update" else None
        if stamp is not None:
            self._delays.add(at + (self._offset or 0) - stamp)

    def _on_trade(self, trade: Trade) -> None:
        self._row(trade.symbol).trades += 1

    def _on_trade_gap(self, gap: TradeGap) -> None:
        self._trade_gaps += 1
        self._row(gap.symbol).missing += gap.count or 0
        self._note("TradeGap", f"{gap.symbol}: {gap.count or 'unknown how many'} trades from {gap.first}, {gap.reason}")

    def _on_ticker(self, ticker: Ticker) -> None:
        self._row(ticker.symbol).tickers += 1

    def _on_desync(self, desync: Desync) -> None:
        for symbol in desync.symbols:
            causes = self._row(symbol).desyncs
            causes[desync.reason.value] = causes.get(desync.reason.value, 0) + 1
            self._last.pop(symbol, None)
        self._note("Desync", f"{' '.join(desync.symbols)}: {desync.detail}")

    def _on_resync(self, resync: Resync) -> None:
        self._resyncs.add(resync.took_ns)
        tries = f", {resync.attempts} attempts" if resync.attempts > 1 else ""
        took = resync.took_ns / 1e6
        self._note("Resync", f"{resync.channel} {resync.symbol} after {took:.1f} ms ({resync.reason}{tries})")

    def _on_connected(self, connected: Connected) -> None:
        if connected.again:
            self._reconnects += 1
            self._note("Connected", f"connection {connected.connection} is back, attempt {connected.attempts}")


def _told(event: Event) -> str:  # noqa: C901  # one arm per kind, each a line
    """What a log says of an event."""
    said = ""
    match event:
        case ConnectionLost(connection=number, reason=reason, retry_in_ns=wait, code=code):
            said = (
                f"connection {number}: {reason}{'' if code is None else f', code {code}'}; again in {wait / 1e9:.1f} s"
            )
        case Status(system=system, emergency=emergency, upcoming_maintenance=upcoming):
            said = ", ".join([system, *(f"{each.title} ({each.phase})" for each in (*emergency, *upcoming))])
        case Stalled(connection=number, silent_ns=silent):
            said = f"connection {number}: silent for {silent / 1e9:.1f} s"
        case Silent(symbol=symbol, channel=channel, silent_ns=silent):
            said = f"{channel} {symbol}: silent for {silent / 1e9:.1f} s"
        case Malformed(connection=number, detail=detail):
            said = f"connection {number}: {detail}"
        case Refused(error=error, method=method, symbol=symbol):
            said = f"{method or 'something'} {symbol or ''}: {error}"
        case SubscriptionLost(symbol=symbol, channel=channel, error=error):
            said = f"{channel} {symbol}: {error}"
        case CrossedBook(symbol=symbol):
            said = f"{symbol}: a fresh snapshot is proven and crossed"
        case Moved(symbols=symbols, source=source, target=target):
            said = f"{' '.join(symbols)}: from connection {source} to {target}"
        case BreakerChanged(role=role, state=state, failures=failures):
            said = f"{role}: {state} after {failures} failures"
        case HealthChanged(before=before, after=after, reason=reason):
            said = f"{before} to {after}: {reason}"
        case _:
            said = repr(event)
    return said
