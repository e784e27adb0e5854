"""The command line: a file for each command, such as `havklo book`, `order`, `sim` and `doctor`."""

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells expect it."""

READER_GONE = 141
"""The exit code when the reader of the output has gone, as shells show it."""

USAGE = 2
"""The exit code when a command could not do what it was asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What stands after `havklo`; what the program was called with by default.

    Returns:
        The exit code: 0 for success, 1 when a check that was asked for failed, 2 when the command could not
        do what it was asked, 130 after Ctrl-C.
    """
    # Imported here, so that `from havklo.cli import main` costs nothing.
    from cyclopts import CycloptsError  # noqa: PLC0415

    from havklo.cli._app import app  # noqa: PLC0415
    from havklo.cli._output import complain  # noqa: PLC0415
    from havklo.errors import HavkloError  # noqa: PLC0415

    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code: int | None = app(given, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        command = next((word for word in given if not word.startswith("-")), "")
        complain(_one_line(str(error)), hint=f"see havklo {command + ' ' if command in app else ''}--help")
        return USAGE
    except HavkloError as error:
        complain(error)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    return code or 0


def _reader_gone() -> int:
    """Whoever read the output, such as `head`, has enough; what is still buffered has nowhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


def _one_line(text: str) -> str:
    return " ".join(text.split())
