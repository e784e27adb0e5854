"""Draws the queues of a level-3 book for a terminal: at each price its orders as blocks, first to be filled first."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Final

from rich.text import Text

from havklo.cli import _palette as palette
from havklo.cli._queues import Queue, QueuesView, chance_text, place_text, priority_text
from havklo.cli._sheet import checksum_line, head, middle, note_lines, rule, sheet
from havklo.cli._view import Note, newest, number, quantity

__all__ = ["LETTERS", "draw_queues"]

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Chosen orders carry these, in the order in which they were asked for."""

_FULL: Final = "█"
_END: Final = "▊"  # leaves a gap to the next order, so that two of them look like two without any colour
_MORE: Final = "…"
_HEADER: Final = 3  # the head's two lines and the columns' names
_FOOTER: Final = 5  # a rule, the checksum, the counters, what is proven, what amends do
_LEAST: Final = 7  # three levels a side and the line between them are shown before anything else
_TITLES: Final = ("queue, first to be filled first", "queue")
_TINY: Final = 44  # below this width there are no blocks
_WIDE: Final = 72  # from this width on the biggest order of each queue is told


def draw_queues(view: QueuesView, notes: Sequence[Note], *, width: int, height: int, log: int = 0) -> Text:
    """Draw exactly `height` lines of `width` cells.

    Args:
        view: What there is to see.
        notes: The log.
        width: The terminal's columns.
        height: The terminal's rows.
        log: How many lines of the log are shown, where there is room for them.
    """
    marks = dict(zip(view.wanted, LETTERS, strict=False))
    orders = _chosen(view, marks, width, room=max(0, height - _HEADER - _FOOTER - _LEAST))
    log_room = min(log, max(0, height - _HEADER - _FOOTER - len(orders) - 5))
    told = [line for note in newest(notes, log_room) for line in note_lines(note, width)]
    told = told[max(0, len(told) - log_room) :]
    used = _HEADER + _FOOTER + len(orders) + len(told) + bool(told) + 1
    rows = max(1, min(view.depth, (height - used) // 2))
    bids, asks = (view.bids[:rows], view.asks[:rows]) if view.live else _levels(view, rows)
    columns = _Columns((*bids, *asks), width, is_live=view.live)
    lines = [
        *head(view, width, f"level 3, depth {view.depth}"),
        columns.names(),
        *(Text() for _ in range(rows - len(asks))),
        *(columns.row(len(asks) - index, queue, "ask", marks) for index, queue in enumerate(reversed(asks))),
        middle(view, width),
        *(columns.row(index + 1, queue, "bid", marks) for index, queue in enumerate(bids)),
        *(Text() for _ in range(rows - len(bids))),
        *orders,
        rule(width, "proof"),
        checksum_line(view),
        Text(f" {view.proof}", palette.SOFT),
        Text(f" {_reach(view)}", palette.SOFT if view.live else palette.WARN),
        Text(f" {priority_text(view.priority)}" if view.priority else "", palette.SOFT),
    ]
    if told:
        lines += [rule(width, "log"), *told]
    return sheet(lines, width, height)


class _Columns:
    """How wide the columns are, and the rows that are written into them."""

    def __init__(self, queues: Sequence[Queue], width: int, *, is_live: bool) -> None:
        self._price = max((len(number(queue.price)) for queue in queues), default=8)
        self._size = max((len(quantity(queue.qty)) for queue in queues), default=8)
        self._count = max(6, *(len(str(queue.count)) for queue in queues)) if queues else 6
        biggest = max((len(_biggest(queue)) for queue in queues), default=0)
        self._biggest = max(len("biggest"), biggest) if width >= _WIDE and biggest else 0
        used = 6 + self._price + 2 + self._size + 2 + self._count + (2 + self._biggest if self._biggest else 0) + 2
        self._blocks = max(0, width - used - 1) if width >= _TINY else 0
        self._most = max((queue.qty for queue in queues), default=Decimal(1))
        self._is_live = is_live

    def names(self) -> Text:
        """The columns' names."""
        names = f"{'':6}{'price':>{self._price}}  {'size':>{self._size}}  {'orders':>{self._count}}"
        if self._biggest:
            names += f"  {'biggest':>{self._biggest}}"
        title = next((title for title in _TITLES if len(title) <= self._blocks), "")
        return Text(f"{names}  {title}", palette.FAINT)

    def row(self, rank: int, queue: Queue, side: str, marks: Mapping[str, str]) -> Text:
        """One price with its queue."""
        bright = palette.BRIGHT if self._is_live else palette.GREY
        hue = (palette.BID if side == "bid" else palette.ASK) if self._is_live else palette.GREY
        line = Text(f"{rank:>4}{' ' if queue.proven else '~'} ", palette.FAINT)
        line.append(f"{number(queue.price):>{self._price}}", hue)
        line.append(f"  {quantity(queue.qty):>{self._size}}", bright)
        line.append(f"  {queue.count if self._is_live else '':>{self._count}}", palette.SOFT)
        if self._biggest:
            line.append(f"  {_biggest(queue):>{self._biggest}}", palette.SOFT)
        line.append("  ")
        return line.append_text(self._queue(queue, side, marks))

    def _queue(self, queue: Queue, side: str, marks: Mapping[str, str]) -> Text:
        """Each order as a block as long as it is large, at least one cell; a chosen one carries its letter."""
        line = Text()
        left = self._blocks
        shades = (palette.BID, palette.BID_BAR) if side == "bid" else (palette.ASK, palette.ASK_BAR)
        for index, order in enumerate(queue.first):
            is_last = index == queue.count - 1
            if left < 1 + (not is_last):
                break
            cells = max(1, round(order.order_qty / self._most * self._blocks))
            cells = min(cells, left if is_last else left - 1)
            letter = marks.get(order.order_id)
            block = _FULL * (cells - 1) + _END
            if letter is not None:
                line.append(letter + block[1:], f"bold {palette.WARN}")
            else:
                line.append(block, shades[index % 2])
            left -= cells
        else:
            if len(queue.first) == queue.count:
                return line
        return line.append(_MORE, palette.FAINT) if left > 0 and queue.first else line


def _biggest(queue: Queue) -> str:
    return "" if queue.biggest is None else quantity(queue.biggest.order_qty)


def _levels(view: QueuesView, rows: int) -> tuple[tuple[Queue, ...], tuple[Queue, ...]]:
    """The last proven levels of a book whose queues can't be read now."""
    if view.shown is None:
        return (), ()
    bids, asks = (
        tuple(
            Queue(price=each.price, qty=each.qty, count=0, first=(), biggest=None, proven=each.proven)
            for each in side[:rows]
        )
        for side in (view.shown.bids, view.shown.asks)
    )
    return bids, asks


def _chosen(view: QueuesView, marks: Mapping[str, str], width: int, room: int) -> list[Text]:
    """The chosen orders with their places, as many as there is room for."""
    if not view.wanted or room < 2:
        return []
    lines = [rule(width, "orders")]
    if not view.live:
        return [*lines, Text(" their places are not known now", palette.WARN)]
    for chosen in view.chosen:
        style = palette.SOFT if chosen.order is None else palette.BRIGHT
        letter = Text(f" {marks.get(chosen.order_id, ' ')} ", f"bold {palette.WARN}")
        indent = " " * letter.cell_len
        said = "; ".join(part for part in (place_text(chosen), chance_text(chosen, view.within)) if part)
        first, *more = wrap(said, max(20, width - len(indent)))
        lines.append(letter.append(first, f"not bold {style}"))
        lines += [Text(indent + part, style) for part in more]
    return lines[:room]


def _reach(view: QueuesView) -> str:
    if view.shown is None or not view.live:
        return view.reach if view.shown is not None else ""
    if view.depth <= view.proven_depth:
        return "every order's place is proven by this checksum"
    return (
        f"levels 1-{view.proven_depth}: every place proven; {view.proven_depth + 1}-{view.depth} (~) as messages imply"
    )
