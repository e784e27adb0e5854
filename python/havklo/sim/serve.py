"""The core of `havklo sim`: a simulator until the time is up or the task is cancelled. It prints nothing."""

from collections.abc import Callable, Sequence

from havklo.sim.simulator import Simulator, SimulatorStatistics

__all__ = ["serve"]


async def serve(
    *,
    symbols: int | Sequence[str] = 5,
    rate: float = 100.0,
    seed: int = 7,
    port: int = 8900,
    host: str = "127.0.0.1",
    fault_every: float | None = None,
    seconds: float | None = None,
    on_ready: Callable[[Simulator], object] | None = None,
    on_status: Callable[[SimulatorStatistics], object] | None = None,
    status_every: float = 1.0,
) -> SimulatorStatistics:
    """Serve the simulated Kraken.

    Args:
        symbols: How many symbols, or which.
        rate: Market messages a second over all symbols.
        seed: Same seed, same trading.
        port: The port, 0 for any free one.
        host: The address to listen on.
        fault_every: Seconds between two random faults, or None.
        seconds: How long; None: until this is cancelled, which stops it cleanly.
        on_ready: Called once with the running simulator, whose `url` is known then.
        on_status: Called again and again with its counters.
        status_every: Seconds between these calls.

    Returns:
        The counters at the end.

    Raises:
        ConfigurationError: An argument that can't be, or a port that is taken.
    """
    async with Simulator(symbols, seed=seed, rate=rate, port=port, host=host, fault_every=fault_every) as simulator:
        if on_ready is not None:
            on_ready(simulator)
        async for _ in simulator.clock.every(status_every):
            statistics = simulator.statistics()
            if on_status is not None:
                on_status(statistics)
            if seconds is not None and statistics.seconds >= seconds:
                break
        return simulator.statistics()
