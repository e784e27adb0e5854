"""Draws a view as a ladder for a terminal: asks above, the spread, bids below, what is proven under it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Final, NamedTuple

from rich.text import Text

from havklo.cli import _palette as palette
from havklo.cli._view import (
    Note,
    View,
    clock_text,
    mid_of,
    newest,
    number,
    quantity,
    signed_percent,
)
from havklo.events import BookSnapshot, Level

__all__ = ["draw"]

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
_MINUS: Final = "\N{MINUS SIGN}"
_HEADER: Final = 3  # the head's two lines and the columns' names
_FOOTER: Final = 4  # a rule, the checksum, the counters, what is proven
_BAR: Final = 48
_SLIM: Final = 58  # below this width there is no column of sums
_TINY: Final = 40  # below this there are no bars


class _Row(NamedTuple):
    rank: int
    price: str
    size: str
    total: str
    share: float
    proven: bool


class _Columns(NamedTuple):
    price: int
    size: int
    total: int
    bar: int
    common: int  # digits that all prices begin with


def draw(view: View, notes: Sequence[Note], *, width: int, height: int, log: int = 0) -> Text:
    """Draw exactly `height` lines of `width` cells.

    Args:
        view: What there is to see.
        notes: The log.
        width: The terminal's columns.
        height: The terminal's rows.
        log: How many lines of the log are shown, where there is room for them.
    """
    log_room = min(log, max(0, height - _HEADER - _FOOTER - 5))
    # A long note takes several lines, so that none of its figures is cut off; the newest lines stay in sight.
    note_lines = [line for note in newest(notes, log_room) for line in _note(note, width)]
    shown_notes = note_lines[max(0, len(note_lines) - log_room) :]
    log_lines = len(shown_notes) + bool(shown_notes)
    rows = max(1, min(view.depth, (height - _HEADER - _FOOTER - log_lines - 1) // 2))
    bid_levels, ask_levels = (view.shown.bids[:rows], view.shown.asks[:rows]) if view.shown else ((), ())
    largest = max((level.qty for level in (*bid_levels, *ask_levels)), default=Decimal(1))
    bids = _rows(bid_levels, largest, view.proven_depth)
    asks = _rows(ask_levels, largest, view.proven_depth)
    columns = _fit([*bids, *asks], width)
    lines = [
        *_head(view, width),
        _names(columns),
        *(Text() for _ in range(rows - len(asks))),
        *(_line(row, columns, palette.ASK, palette.ASK_BAR, view.live) for row in reversed(asks)),
        _middle(view, width),
        *(_line(row, columns, palette.BID, palette.BID_BAR, view.live) for row in bids),
        *(Text() for _ in range(rows - len(bids))),
        *_foot(view, width),
    ]
    if shown_notes:
        lines += [_rule(width, "log"), *shown_notes]
    return _sheet(lines, width, height)


def _rows(levels: Iterable[Level], largest: Decimal, proven_depth: int) -> list[_Row]:
    rows: list[_Row] = []
    total = Decimal(0)
    for rank, level in enumerate(levels, 1):
        total += level.qty
        share = float(level.qty / largest)
        texts = number(level.price), quantity(level.qty), quantity(total)
        rows.append(_Row(rank, *texts, share, rank <= proven_depth))
    return rows


def _fit(rows: Sequence[_Row], width: int) -> _Columns:
    price = max((len(row.price) for row in rows), default=8)
    size = max((len(row.size) for row in rows), default=8)
    total = max((len(row.total) for row in rows), default=8) if width >= _SLIM else 0
    used = 6 + price + 2 + size + (2 + total if total else 0) + 2
    bar = min(_BAR, width - used - 1) if width >= _TINY else 0
    alike = len({len(row.price) for row in rows}) == 1
    common = _common([row.price for row in rows]) if alike and len(rows) > 1 else 0
    return _Columns(price, size, total, max(0, bar), common)


def _common(texts: Sequence[str]) -> int:
    """How many characters all texts begin with."""
    columns = zip(*texts, strict=False)
    return next((index for index, letters in enumerate(columns) if len(set(letters)) > 1), 0)


def _head(view: View, width: int) -> list[Text]:
    state = palette.STATES.get(view.word, palette.WARN)
    first = Text.assemble((f" {view.symbol}", f"bold {palette.BRIGHT}"), (f"  depth {view.depth}", palette.SOFT))
    word = Text.assemble(("● ", state), (view.word.upper(), f"bold {state}"), " ")
    mid = mid_of(view.shown) if view.shown else None
    if mid is not None:
        first.append(
            f"   {_with_decimals(mid[1], view.shown)}", f"bold {palette.BRIGHT}" if view.live else palette.FAINT
        )
    first.truncate(max(0, width - word.cell_len), pad=True)
    return [first.append_text(word), Text(f" {view.venue}", palette.FAINT)]


def _with_decimals(price: Decimal, shown: BookSnapshot | None) -> str:
    """A price between the book's prices: with one decimal more than they have, so that it keeps its width."""
    levels = (*shown.bids[:1], *shown.asks[:1]) if shown else ()
    decimals = max((-int(level.price.as_tuple().exponent) for level in levels), default=0)
    return f"{price:.{max(0, decimals) + 1}f}"


def _names(columns: _Columns) -> Text:
    names = f"{'':6}{'price':>{columns.price}}  {'size':>{columns.size}}"
    return Text(names + (f"  {'sum':>{columns.total}}" if columns.total else ""), palette.FAINT)


def _line(row: _Row, columns: _Columns, side: str, bar: str, live: bool) -> Text:
    mark = " " if row.proven else "~"
    line = Text(f"{row.rank:>4}{mark} ", palette.FAINT)
    if not live:
        side = bar = bright = palette.GREY
    else:
        bright = palette.BRIGHT if row.proven else palette.SOFT
    line.append(" " * (columns.price - len(row.price)))
    line.append(row.price[: columns.common], palette.FAINT)
    line.append(row.price[columns.common :], side)
    line.append(" " * (2 + columns.size - len(row.size)))
    digits = row.size.rstrip("0") if "." in row.size else row.size
    line.append(digits, bright)
    line.append(row.size[len(digits) :], palette.FAINT)
    if columns.total:
        line.append(f"  {row.total:>{columns.total}}", palette.SOFT if live else palette.GREY)
    line.append("  ")
    line.append(_bar(row.share, columns.bar), bar)
    return line


def _bar(share: float, cells: int) -> str:
    eighths = round(share * cells * 8)
    if not cells:
        return ""
    full, rest = divmod(max(1, eighths), 8)
    return _BLOCKS[8] * full + (_BLOCKS[rest] if rest else "")


def _middle(view: View, width: int) -> Text:
    if not view.live:
        said = f" {view.word.upper()}" + (f": {view.trouble}" if view.trouble else "") + " "
        return Text(said.ljust(width), f"bold {palette.BACK} on {palette.STATES.get(view.word, palette.WARN)}")
    mid = mid_of(view.shown) if view.shown else None
    if mid is None:
        return _rule(width, "a side is empty")
    spread, middle = mid
    parts = [f"spread {number(spread)}", f"{spread / middle * 10_000:.2f} bp"]
    if view.microprice is not None:
        parts.append(f"micro {_with_decimals(view.microprice, view.shown)}")
    if view.imbalance is not None:
        parts.append(f"imbalance {signed_percent(view.imbalance, _MINUS)}")
    return _rule(width, "  ".join(parts), palette.BRIGHT)


def _foot(view: View, width: int) -> list[Text]:
    checksum = Text(" checksum ", palette.FAINT)
    if view.shown is not None:
        checksum.append(f"{view.shown.checksum:>10}", palette.BRIGHT if view.live else palette.GREY)
        checksum.append("  equals Kraken's" if view.live else "  was the last to equal Kraken's", palette.SOFT)
    reach = view.held or view.reach if view.shown is not None else ""
    warned = view.held is not None or not view.live
    return [
        _rule(width, "proof"),
        checksum,
        Text(f" {view.proof}", palette.SOFT),
        Text(f" {reach}", palette.WARN if warned else palette.SOFT),
    ]


def _note(note: Note, width: int) -> list[Text]:
    line = Text(f" {clock_text(note.at_ns)} ", palette.FAINT)
    line.append(f"{note.kind:<11}", palette.NOTES.get(note.kind, palette.SOFT))
    first, *more = wrap(note.text, max(20, width - line.cell_len)) or [""]
    indent = " " * line.cell_len
    return [line.append(first, palette.BRIGHT), *(Text(indent + part, palette.BRIGHT) for part in more)]


def _rule(width: int, title: str, style: str = palette.FAINT) -> Text:
    line = Text("── ", palette.LINE)
    line.append(title, style)
    return line.append(f" {'─' * max(0, width - line.cell_len - 1)}", palette.LINE)


def _sheet(lines: Sequence[Text], width: int, height: int) -> Text:
    """The lines cut and filled to the terminal's size, on the sheet's own ground."""
    sheet = Text(style=f"{palette.BRIGHT} on {palette.BACK}", no_wrap=True, overflow="crop", end="")
    blank = Text()
    for index in range(height):
        line = lines[index].copy() if index < len(lines) else blank.copy()
        line.truncate(width, overflow="ellipsis", pad=True)
        sheet.append_text(line)
        if index < height - 1:
            sheet.append("\n")
    return sheet
