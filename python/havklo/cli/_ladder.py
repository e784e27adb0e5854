"""Draws a view as a ladder for a terminal: asks above, the spread, bids below, what is proven under it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from rich.text import Text

from havklo.cli import _palette as palette
from havklo.cli._sheet import checksum_line, head, middle, note_lines, rule, sheet
from havklo.cli._view import Note, View, newest, number, quantity
from havklo.events import Level

__all__ = ["draw"]

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
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
    told = [line for note in newest(notes, log_room) for line in note_lines(note, width)]
    shown_notes = told[max(0, len(told) - log_room) :]
    log_lines = len(shown_notes) + bool(shown_notes)
    rows = max(1, min(view.depth, (height - _HEADER - _FOOTER - log_lines - 1) // 2))
    bid_levels, ask_levels = (view.shown.bids[:rows], view.shown.asks[:rows]) if view.shown else ((), ())
    largest = max((level.qty for level in (*bid_levels, *ask_levels)), default=Decimal(1))
    bids = _rows(bid_levels, largest, view.proven_depth)
    asks = _rows(ask_levels, largest, view.proven_depth)
    columns = _fit([*bids, *asks], width)
    lines = [
        *head(view, width, f"depth {view.depth}"),
        _names(columns),
        *(Text() for _ in range(rows - len(asks))),
        *(_line(row, columns, palette.ASK, palette.ASK_BAR, view.live) for row in reversed(asks)),
        middle(view, width),
        *(_line(row, columns, palette.BID, palette.BID_BAR, view.live) for row in bids),
        *(Text() for _ in range(rows - len(bids))),
        *_foot(view, width),
    ]
    if shown_notes:
        lines += [rule(width, "log"), *shown_notes]
    return sheet(lines, width, height)


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


def _foot(view: View, width: int) -> list[Text]:
    reach = view.held or view.reach if view.shown is not None else ""
    warned = view.held is not None or not view.live
    return [
        rule(width, "proof"),
        checksum_line(view),
        Text(f" {view.proof}", palette.SOFT),
        Text(f" {reach}", palette.WARN if warned else palette.SOFT),
    ]
