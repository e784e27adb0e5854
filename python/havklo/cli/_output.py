"""How the commands speak: results on standard output, everything about the run on standard error."""

from typing import TYPE_CHECKING

from havklo.errors import HavkloError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["complain", "errors", "results"]

_UNLIMITED = 10_000


def results() -> "Console":
    """Standard output. Where it is no terminal nothing is cut off to fit into a width."""
    return _console(stderr=False)


def errors() -> "Console":
    """Standard error."""
    return _console(stderr=True)


def complain(error: HavkloError | str, *, hint: str | None = None) -> None:
    """Say what went wrong in one line, and what to do about it in another."""
    message = error if isinstance(error, str) else error.message
    hint = hint if isinstance(error, str) else error.hint
    console = errors()
    console.print(f"[bold red]error:[/] {_escape(message)}", soft_wrap=True)
    if hint:
        console.print(f"  [dim]hint:[/] {_escape(hint)}", soft_wrap=True)


def _console(*, stderr: bool) -> "Console":
    # rich is loaded when there is something to say: a fast start is worth more than a tidy list of imports.
    from rich.console import Console  # noqa: PLC0415

    class Ours(Console):
        """Leaves a pipe that nobody reads any more to whoever writes into it; rich would end the program."""

        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704  # rich calls this where it has caught the error

    console = Ours(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    return console


def _escape(text: str) -> str:
    from rich.markup import escape  # noqa: PLC0415

    return escape(text)
