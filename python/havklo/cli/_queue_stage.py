"""Where the queues of a book are shown: a terminal that is redrawn in place, or lines where there is none."""

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, final

from havklo.cli._feed import able
from havklo.cli._output import results
from havklo.cli._plain import note_line
from havklo.cli._queues import QueuesView, queues_line
from havklo.cli._view import Note

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["QueueStage", "open_queue_stage"]

_SECOND: Final = 1_000_000_000
_NOTES_KEPT: Final = 50
_LOG: Final = 3


class QueueStage(Protocol):
    """Something that shows views and notes."""

    def show(self, view: QueuesView, now_ns: int) -> None:
        """Show a view; called up to ten times a second."""

    def note(self, note: Note) -> None:
        """Take a note into the log."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_queue_stage(*, plain: bool = False) -> QueueStage:
    """The stage that suits standard output.

    Args:
        plain: Lines, even on a terminal.
    """
    console = results()
    return _Terminal(console) if able(console) and not plain else _Lines(console)


@final
class _Terminal:
    """A terminal's other screen, which is left as it was found."""

    def __init__(self, console: "Console") -> None:
        from rich.live import Live  # noqa: PLC0415 - only who has a terminal pays for it

        self._console = console
        self._notes: deque[Note] = deque(maxlen=_NOTES_KEPT)
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        for note in self._notes:
            self._console.print(note_line(note), markup=False)

    def show(self, view: QueuesView, now_ns: int) -> None:
        """Draw the view; it carries its own times."""
        del now_ns
        from havklo.cli._queue_ladder import draw_queues  # noqa: PLC0415

        width, height = self._console.size
        self._live.update(draw_queues(view, self._notes, width=width, height=height, log=_LOG), refresh=True)

    def note(self, note: Note) -> None:
        """Take a note into the log."""
        self._notes.append(note)


@final
class _Lines:
    """A line a second, and one for each note."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._next = 0
        self._word: str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, view: QueuesView, now_ns: int) -> None:
        """Say the view, unless that was done within the last second and the book is in the same state."""
        if now_ns >= self._next or view.word != self._word:
            self._next, self._word = now_ns + _SECOND, view.word
            self._console.print(queues_line(view, now_ns), markup=False, soft_wrap=True)

    def note(self, note: Note) -> None:
        """Say the note."""
        self._console.print(note_line(note), markup=False, soft_wrap=True)
