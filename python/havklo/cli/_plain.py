"""Says a view in one line, for logs and pipes. Plain ASCII, one line a second."""

from havklo.cli._view import Note, View, clock_text, mid_of, number

__all__ = ["note_line", "view_line"]


def view_line(view: View, now_ns: int) -> str:
    """A view as a line."""
    return f"{clock_text(now_ns)} {view.symbol} {_market(view)} | {view.proof}"


def note_line(note: Note) -> str:
    """A note of the log as a line."""
    return f"{clock_text(note.at_ns)} {note.kind}: {note.text}"


def _market(view: View) -> str:
    if not view.live or view.shown is None:
        return view.word + (f": {view.trouble}" if view.trouble else "")
    said = [view.word]
    for name, side in (("bid", view.shown.bids), ("ask", view.shown.asks)):
        said.append(f"{name} {number(side[0].price)} x {number(side[0].qty)}" if side else f"no {name}s")
    mid = mid_of(view.shown)
    if mid is not None:
        said.append(f"spread {number(mid[0])}")
    return f"{' '.join(said)} | checksum {view.shown.checksum}"
