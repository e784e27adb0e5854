"""The core of `havklo sim`: a simulator until the time is up or the task is cancelled. It prints nothing."""

import gc
from collections.abc import Callable
from typing import Unpack

from havklo.sim.scenario import Scenario, Settings
from havklo.sim.simulator import Simulator, SimulatorStatistics

__all__ = ["serve"]


async def serve(
    *,
    port: int = 8900,
    host: str = "127.0.0.1",
    scenario: Scenario | str | None = None,
    fault_every: float | None = None,
    seconds: float | None = None,
    on_ready: Callable[[Simulator], object] | None = None,
    on_status: Callable[[SimulatorStatistics], object] | None = None,
    status_every: float = 1.0,
    **settings: Unpack[Settings],
) -> SimulatorStatistics:
    """Serve the simulated Kraken.

    Args:
        port: The port, 0 for any free one.
        host: The address to listen on.
        scenario: What happens when.
        fault_every: Seconds between two random faults, or None.
        seconds: How long; None: until this is cancelled, which stops it cleanly.
        on_ready: Called once with the running simulator, whose `url` is known then.
        on_status: Called again and again with its counters.
        status_every: Seconds between these calls, on the wall.
        **settings: What else a `Simulator` takes: symbols, seed, rate, speed, rules, accounts.

    Returns:
        The counters at the end.

    Raises:
        ConfigurationError: An argument that can't be, or a port that is taken.
    """
    simulator = Simulator(port=port, host=host, scenario=scenario, fault_every=fault_every, **settings)
    _spare_the_collector()
    speed = simulator.speed  # a scenario may have said it
    async with simulator:
        if on_ready is not None:
            on_ready(simulator)
        async for _ in simulator.clock.every(status_every * speed):
            statistics = simulator.statistics()
            if on_status is not None:
                on_status(statistics)
            if seconds is not None and statistics.seconds >= seconds * speed:
                break
        return simulator.statistics()


def _spare_the_collector() -> None:
    """Let the collector of cycles come seldom: this process is for the simulator alone.

    Markets are hundreds of thousands of objects that live long and form no cycles; looking through all of
    them again and again took a third of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
