"""The parts that drawings of a book share: its head, the line between its sides, its proof, its log, the sheet."""

from collections.abc import Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Final

from rich.text import Text

from havklo.cli import _palette as palette
from havklo.cli._view import Note, View, clock_text, mid_of, number, signed_percent
from havklo.events import BookSnapshot

__all__ = ["checksum_line", "head", "middle", "note_lines", "rule", "sheet"]

_MINUS: Final = "\N{MINUS SIGN}"


def head(view: View, width: int, title: str) -> list[Text]:
    """Two lines: the symbol, what is shown of it, its mid price and its state; the venue."""
    state = palette.STATES.get(view.word, palette.WARN)
    first = Text.assemble((f" {view.symbol}", f"bold {palette.BRIGHT}"), (f"  {title}", palette.SOFT))
    word = Text.assemble(("● ", state), (view.word.upper(), f"bold {state}"), " ")
    mid = mid_of(view.shown) if view.shown else None
    if mid is not None:
        first.append(
            f"   {_with_decimals(mid[1], view.shown)}", f"bold {palette.BRIGHT}" if view.live else palette.FAINT
        )
    first.truncate(max(0, width - word.cell_len), pad=True)
    return [first.append_text(word), Text(f" {view.venue}", palette.FAINT)]


def middle(view: View, width: int) -> Text:
    """The line between asks and bids: the spread, or why the book can't be read."""
    if not view.live:
        said = f" {view.word.upper()}" + (f": {view.trouble}" if view.trouble else "") + " "
        return Text(said.ljust(width), f"bold {palette.BACK} on {palette.STATES.get(view.word, palette.WARN)}")
    mid = mid_of(view.shown) if view.shown else None
    if mid is None:
        return rule(width, "a side is empty")
    spread, between = mid
    parts = [f"spread {number(spread)}", f"{spread / between * 10_000:.2f} bp"]
    if view.microprice is not None:
        parts.append(f"micro {_with_decimals(view.microprice, view.shown)}")
    if view.imbalance is not None:
        parts.append(f"imbalance {signed_percent(view.imbalance, _MINUS)}")
    return rule(width, "  ".join(parts), palette.BRIGHT)


def checksum_line(view: View) -> Text:
    """The checksum that equals Kraken's, or did until the book was lost."""
    line = Text(" checksum ", palette.FAINT)
    if view.shown is not None:
        line.append(f"{view.shown.checksum:>10}", palette.BRIGHT if view.live else palette.GREY)
        line.append("  equals Kraken's" if view.live else "  was the last to equal Kraken's", palette.SOFT)
    return line


def note_lines(note: Note, width: int) -> list[Text]:
    """A note of the log; a long one takes several lines, so that none of its figures is cut off."""
    line = Text(f" {clock_text(note.at_ns)} ", palette.FAINT)
    line.append(f"{note.kind:<11}", palette.NOTES.get(note.kind, palette.SOFT))
    first, *more = wrap(note.text, max(20, width - line.cell_len)) or [""]
    indent = " " * line.cell_len
    return [line.append(first, palette.BRIGHT), *(Text(indent + part, palette.BRIGHT) for part in more)]


def rule(width: int, title: str, style: str = palette.FAINT) -> Text:
    """A line with a title in it."""
    line = Text("── ", palette.LINE)
    line.append(title, style)
    return line.append(f" {'─' * max(0, width - line.cell_len - 1)}", palette.LINE)


def sheet(lines: Sequence[Text], width: int, height: int) -> Text:
    """The lines cut and filled to the terminal's size, on the sheet's own ground."""
    whole = Text(style=f"{palette.BRIGHT} on {palette.BACK}", no_wrap=True, overflow="crop", end="")
    blank = Text()
    for index in range(height):
        line = lines[index].copy() if index < len(lines) else blank.copy()
        line.truncate(width, overflow="ellipsis", pad=True)
        whole.append_text(line)
        if index < height - 1:
            whole.append("\n")
    return whole


def _with_decimals(price: Decimal, shown: BookSnapshot | None) -> str:
    """A price between the book's prices: with one decimal more than they have, so that it keeps its width."""
    levels = (*shown.bids[:1], *shown.asks[:1]) if shown else ()
    decimals = max((-int(level.price.as_tuple().exponent) for level in levels), default=0)
    return f"{price:.{max(0, decimals) + 1}f}"
