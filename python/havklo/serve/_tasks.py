"""How a task beside a connection ends: with it, and never unnoticed."""

import asyncio
import logging

__all__ = ["end"]

_logger = logging.getLogger("havklo.serve")


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for its end; what it has failed with is logged, for there is nobody else to tell."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        _logger.error("sending to a page failed", exc_info=error)
