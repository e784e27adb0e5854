"""A report as a plain text."""

from collections.abc import Iterable, Sequence
from typing import Final

from havklo.sim.report.measured import SOURCE
from havklo.sim.report.report import DEPTHS, Line, MarketReport, Report

__all__ = ["render"]

_COLUMNS: Final = (
    "market",
    "msg/s",
    "silence",
    "trades/s",
    "size",
    "bunched",
    "memory",
    "spread",
    "moves 1 s",
    "moves 10 s",
    "fills",
    "worth 1 s",
    "worth 10 s",
)
_LEGEND: Final = (
    "msg/s, silence: at depth 10. trades, size: takers, and what the median one got. bunched: variance over mean of",
    "trades per second, 1 if they were independent. memory: their correlation with the second before. fills: of a",
    "naive maker who always joins the best bid and ask. worth: what its fills were worth later, and the error of that.",
    "Spreads, moves and worths are in basis points. Behind the ten best levels less happens than on Kraken: it would",
    "cost as much time here as what everybody sees.",
)


def render(report: Report) -> str:
    """Two tables: the figures that are known of Kraken beside those here, then each market's own."""
    trading = f"{report.seconds:g} s at {report.rate:g} messages a second"
    parts = [
        f"{len(report.markets)} markets, seed {report.seed}, {report.regime} regime, {trading}",
        "",
        f"Kraken: {SOURCE}. Here: lowest and highest of the markets with full books.",
        "",
        *_table(["depth", "figure", "Kraken", "here", ""], map(_compared, report.lines())),
        "",
        *_table(_COLUMNS, map(_market, report.markets)),
        "",
        *_LEGEND,
    ]
    return "\n".join(parts) + "\n"


def _compared(line: Line) -> Sequence[str]:
    figure = line.figure
    low, high = figure.text(line.low), figure.text(line.high)
    here = low if low == high else f"{low.removesuffix(' %')} to {high}"
    return str(line.depth), figure.title, figure.kraken, here, "alike" if line.agrees else "differs"


def _market(market: MarketReport) -> Sequence[str]:
    return (
        market.symbol,
        f"{market.rates[DEPTHS[0]]:.1f}",
        f"{market.silence:.1f} s",
        f"{market.orders:.2f}",
        f"{market.size:.4g}",
        f"{market.clustering:.2f}",
        f"{market.memory:+.2f}",
        f"{market.spread:.2f}",
        *(f"{moves:.2f}" for moves in market.volatility.values()),
        f"{max(markout.fills for markout in market.markouts.values())}",
        *(f"{markout.mean:+.2f} ± {markout.error:.2f}" for markout in market.markouts.values()),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; texts to the left."""
    table = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
