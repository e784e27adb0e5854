"""Where a view is shown: a terminal that is redrawn in place, or lines where there is none."""

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, final

from havklo.cli._output import results
from havklo.cli._plain import note_line, view_line
from havklo.cli._view import Note, View

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["LinesStage", "Stage", "TerminalStage", "open_stage"]

_SECOND: Final = 1_000_000_000
_NOTES_KEPT: Final = 50


class Stage(Protocol):
    """Something that shows views and notes."""

    @property
    def redraws(self) -> bool:
        """Whether the latest view replaces the one before."""
        ...

    def show(self, view: View, now_ns: int) -> None:
        """Show a view; called up to ten times a second."""

    def note(self, note: Note) -> None:
        """Take a note into the log."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_stage(*, log: int, plain: bool = False) -> Stage:
    """The stage that suits standard output.

    Args:
        log: How many lines of the log a terminal shows.
        plain: Lines, even on a terminal.
    """
    console = results()
    able = console.is_terminal and not console.is_dumb_terminal and console.encoding.startswith("utf")
    return TerminalStage(console, log) if able and not plain else LinesStage(console)


@final
class TerminalStage:
    """A terminal's other screen, which is left as it was found."""

    def __init__(self, console: "Console", log: int) -> None:
        from rich.live import Live  # noqa: PLC0415 - only who has a terminal pays for it

        self._console = console
        self._log = log
        self._notes: deque[Note] = deque(maxlen=_NOTES_KEPT)
        self._live = Live(console=console, screen=True, auto_refresh=False, transient=True)

    @property
    def redraws(self) -> bool:
        """Whether the latest view replaces the one before."""
        return True

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        for note in self._notes:
            self._console.print(note_line(note), markup=False)

    def show(self, view: View, now_ns: int) -> None:
        """Draw the view; it carries its own times."""
        del now_ns
        from havklo.cli._ladder import draw  # noqa: PLC0415

        width, height = self._console.size
        self._live.update(draw(view, self._notes, width=width, height=height, log=self._log), refresh=True)

    def note(self, note: Note) -> None:
        """Take a note into the log."""
        self._notes.append(note)


@final
class LinesStage:
    """A line a second, and one for each note."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._next = 0
        self._word: str = ""

    @property
    def redraws(self) -> bool:
        """Whether the latest view replaces the one before."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, view: View, now_ns: int) -> None:
        """Say the view, unless that was done within the last second and the book is in the same state."""
        if now_ns >= self._next or view.word != self._word:
            self._next, self._word = now_ns + _SECOND, view.word
            self._say(view_line(view, now_ns))

    def note(self, note: Note) -> None:
        """Say the note."""
        self._say(note_line(note))

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
