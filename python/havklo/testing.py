"""What the tests of a trading program need: the simulated Kraken, its time in your hands, and a pytest fixture.

In your `conftest.py`:

    pytest_plugins = ["havklo.testing"]

and in a test, with pytest-asyncio:

    @pytest.mark.exchange(symbols=["BTC/USD"], seed=3)
    async def test_my_bot(exchange):
        async with Client(exchange) as kraken:
            ...
            await pass_time(exchange, 5)  # five seconds of trading, at once

pytest is no dependency of Havklo: everything here but the fixture works without it.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from havklo.clock import ManualClock, ScaledClock, SystemClock
from havklo.errors import ConfigurationError
from havklo.sim.accounts.account import Account
from havklo.sim.delivery.faults import FAULTS, Chance, Fault, FaultKind, Injection
from havklo.sim.rules import Rules, Texts
from havklo.sim.scenario import AccountPlan, Scenario
from havklo.sim.simulator import Simulator, SimulatorStatistics

if TYPE_CHECKING:
    import pytest

__all__ = [
    "FAULTS",
    "Account",
    "AccountPlan",
    "Chance",
    "Fault",
    "FaultKind",
    "Injection",
    "ManualClock",
    "Rules",
    "ScaledClock",
    "Scenario",
    "Simulator",
    "SimulatorStatistics",
    "SystemClock",
    "Texts",
    "pass_time",
]

_TURNS = 20  # of the event loop: enough for a message to arrive, and for the order that answers it


async def pass_time(exchange: Simulator, seconds: float, *, step: float = 0.05) -> None:
    """Let virtual time pass piece by piece, so that clients in this event loop see it pass.

    `exchange.advance(seconds)` is one leap: a client reads everything afterwards, and what it does then it does at
    the end. Here it reads and acts after each piece.

    Args:
        exchange: A simulator on a `ManualClock`.
        seconds: How much time in all.
        step: How much in one piece.

    Raises:
        ConfigurationError: The simulator's time can't be moved, or the step is not above 0.
    """
    if not step > 0:
        raise ConfigurationError(f"a step is above 0, not {step}")
    pieces = max(1, round(seconds / step))
    for _ in range(pieces):
        exchange.advance(seconds / pieces)
        for _ in range(_TURNS):
            await asyncio.sleep(0)


def pytest_configure(config: "pytest.Config") -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "exchange(**options): arguments of havklo.Simulator for the simulated Kraken of the `exchange` fixture",
    )


async def _exchange(request: "pytest.FixtureRequest") -> AsyncIterator[Simulator]:
    """A running simulated Kraken on loopback whose time stands until the test moves it.

    The marker `exchange` takes the simulator's arguments, `@pytest.mark.exchange(symbols=3, scenario="calm")`; with
    `clock=SystemClock()` time passes by itself.
    """
    marker = request.node.get_closest_marker("exchange")
    names: tuple[Any, ...] = () if marker is None else marker.args
    options: dict[str, Any] = {} if marker is None else marker.kwargs
    known = list(inspect.signature(Simulator).parameters)
    unknown = [*map(repr, names), *(name for name in options if name not in known)]
    if unknown:
        raise ConfigurationError(
            f"@pytest.mark.exchange does not take {unknown[0]}",
            hint=f"it takes, by name, {', '.join(known)}",
        )
    given: dict[str, Any] = {"clock": ManualClock()} | options
    async with Simulator(**given) as simulator:
        yield simulator


def _make_fixture() -> Any:
    import pytest  # noqa: PLC0415

    if find_spec("pytest_asyncio") is None:
        return pytest.fixture(name="exchange")(_exchange)  # for another plugin that runs coroutines
    import pytest_asyncio  # noqa: PLC0415

    return pytest_asyncio.fixture(name="exchange")(_exchange)


if find_spec("pytest") is None:

    def __getattr__(name: str) -> Any:
        """All is there but the fixture."""
        if name == "exchange":
            raise ConfigurationError(
                "the fixture 'exchange' needs pytest, which is not installed", hint="pip install pytest pytest-asyncio"
            )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

else:
    exchange: Any = _make_fixture()
