"""Draws candles as text: a chart with its prices, and the latest ones in figures below."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from rich.text import Text

from havklo.cli import _palette as palette
from havklo.cli._view import number, quantity
from havklo.events import Candle

__all__ = ["picture"]

_BODY: Final = "█"
_WICK: Final = "│"
_FLAT: Final = "─"
_CHART: Final = 12  # rows at most
_SMALLEST: Final = 4  # rows: a chart of fewer tells nothing
_ROWS: Final = 5  # candles in figures at most


def picture(symbol: str, candles: Sequence[Candle], *, width: int, height: int) -> Text:
    """Draw a symbol's candles in at most `height` lines of at most `width` cells.

    Args:
        symbol: The symbol.
        candles: At least one, the oldest first.
        width: The terminal's columns.
        height: How many lines there are.
    """
    figures = _figures(candles[-max(0, min(_ROWS, height - _SMALLEST - 2)) :], width) if height > _SMALLEST + 2 else []
    rows = min(_CHART, height - 1 - len(figures))
    lines = [_head(symbol, candles[-1], width), *(_chart(candles, width, rows) if rows >= _SMALLEST else []), *figures]
    return Text("\n").join(lines[:height])


def _head(symbol: str, last: Candle, width: int) -> Text:
    change = (last.close - last.open) / last.open if last.open else Decimal(0)
    words = Text.assemble(
        (symbol, f"bold {palette.BRIGHT}"),
        (f"  {last.interval} min  ", palette.FAINT),
        (number(last.close), f"bold {_colour(last)}"),
        (f"  {change * 100:+.2f} % in this candle", palette.SOFT),
    )
    words.truncate(width)
    return words


def _chart(candles: Sequence[Candle], width: int, rows: int) -> list[Text]:
    """The candles that fit, one a column, and the prices of the highest and the lowest row beside them."""
    labels = max(len(number(each)) for candle in candles for each in (candle.high, candle.low))
    shown = candles[-max(1, width - labels - 1) :]
    high, low = max(candle.high for candle in shown), min(candle.low for candle in shown)
    step = (high - low) / rows or Decimal(1)
    lines: list[Text] = []
    for row in range(rows):
        top = high - step * row
        line = Text()
        for candle in shown:
            line.append(_cell(candle, top - step, top), _colour(candle))
        label = high if row == 0 else low if row == rows - 1 else None
        line.append(f" {number(label) if label is not None else ''}", palette.FAINT)
        lines.append(line)
    return lines


def _cell(candle: Candle, bottom: Decimal, top: Decimal) -> str:
    """What of a candle is between two prices: its body, else its wick."""
    upper, lower = max(candle.open, candle.close), min(candle.open, candle.close)
    if upper == lower and bottom <= upper <= top:
        return _FLAT
    middle = (bottom + top) / 2
    if lower <= middle <= upper or bottom <= lower <= upper <= top:
        return _BODY
    return _WICK if candle.low < top and candle.high > bottom else " "


def _figures(candles: Sequence[Candle], width: int) -> list[Text]:
    """The latest candles in figures, the newest first, as many columns as fit."""
    names = ("UTC", "open", "high", "low", "close", "volume", "trades")
    rows = [
        (
            candle.interval_begin[5:16].replace("T", " "),
            *(number(price) for price in (candle.open, candle.high, candle.low, candle.close)),
            quantity(candle.volume),
            f"{candle.trades:,}",
        )
        for candle in reversed(candles)
    ]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [Text("  ".join(f"{name:>{size}}" for name, size in zip(names, widths, strict=True)), style=palette.FAINT)]
    for row, candle in zip(rows, reversed(candles), strict=True):
        lines.append(
            Text("  ", style=palette.SOFT).join(
                Text(f"{cell:>{size}}", style=_colour(candle) if name == "close" else palette.SOFT)
                for name, cell, size in zip(names, row, widths, strict=True)
            )
        )
    for line in lines:
        line.truncate(width)
    return lines


def _colour(candle: Candle) -> str:
    return palette.BID if candle.close >= candle.open else palette.ASK
