"""Event loops: uvloop where it is installed, and only where Havklo owns the loop."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["loop_factory", "run"]

T = TypeVar("T")


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give uvloop's maker of event loops, or None where there is no uvloop."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415  # only who runs a loop pays for it

        return uvloop.new_event_loop
    return None


def run(main: Coroutine[Any, Any, T], *, debug: bool | None = None) -> T:
    """Run a coroutine to its end, as `asyncio.run` does, on uvloop where that is installed.

    An event loop of your own works just as well: `async with Client()` runs on whatever loop it is in.

    Args:
        main: The coroutine to run.
        debug: Whether the loop runs in debug mode.

    Returns:
        What the coroutine returns.
    """
    with asyncio.Runner(debug=debug, loop_factory=loop_factory()) as runner:
        return runner.run(main)
