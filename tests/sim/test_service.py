"""The core of the command."""

import asyncio

import pytest

from havklo.errors import HavkloError
from havklo.sim import Simulator, SimulatorStatistics, serve


async def test_runs_until_the_time_is_up() -> None:
    """It tells when it is ready, reports its counters, ends by itself and returns the last ones."""
    ready: list[str] = []
    reports: list[SimulatorStatistics] = []
    final = await serve(
        symbols=2,
        rate=500,
        port=0,
        seconds=0.05,
        status_every=0.01,
        on_ready=lambda sim: ready.append(sim.url),
        on_status=reports.append,
    )
    assert ready[0].startswith("ws://127.0.0.1:")
    assert reports
    assert 0 < final.messages <= 1_000 * final.seconds + 50
    assert final.seconds >= 0.05


async def test_cancelling_stops_it() -> None:
    """Ctrl-C arrives as a cancellation and leaves nothing running."""
    started: asyncio.Future[Simulator] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(symbols=1, port=0, on_ready=started.set_result))
    sim = await started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(HavkloError):
        _ = sim.url
