"""Whether the server at an address is Havklo's simulated Kraken."""

from typing import Final

from havklo._rest.rest import Rest
from havklo.clock import Clock

__all__ = ["SIMULATOR", "is_simulator"]

SIMULATOR: Final = "havklo-simulator"
"""What the simulator calls itself in the header `Server` of its HTTP answers, before the slash and the version."""


async def is_simulator(url: str, clock: Clock) -> bool:
    """Ask a server for its status, and look which software answers.

    Args:
        url: The address of its REST interface, without a path.
        clock: Whose time the timeout follows.

    Raises:
        RestError: There was no answer that can be used.
    """
    async with Rest(url, clock) as rest:
        return (await rest.software()).partition("/")[0] == SIMULATOR
