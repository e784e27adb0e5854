"""Waiting for something with a limit, by the venue's own clock."""

import asyncio
from typing import TypeVar

from havklo.clock import Clock
from havklo.errors import ConfigurationError, WaitTimeout

__all__ = ["until"]

T = TypeVar("T")
_SECOND = 1_000_000_000


async def until(future: asyncio.Future[T], clock: Clock, seconds: float | None, what: str) -> T:
    """Wait for a future; may be cancelled at any time.

    Args:
        future: What is waited for.
        clock: Whose seconds count.
        seconds: After how many seconds the wait has failed; None: never.
        what: What is waited for, in words.

    Raises:
        WaitTimeout: It has not come in time.
        ConfigurationError: The limit is not above 0.
    """
    if seconds is None:
        return await future
    if not seconds > 0:
        raise ConfigurationError(f"a timeout is a positive number of seconds, not {seconds!r}")

    def give_up() -> None:
        if not future.done():
            future.set_exception(WaitTimeout(what, seconds))

    timer = clock.call_at(clock.now() + round(seconds * _SECOND), give_up)
    try:
        return await future
    finally:
        timer.cancel()
