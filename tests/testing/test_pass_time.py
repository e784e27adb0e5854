"""Virtual time that passes piece by piece."""

import pytest

from havklo.clock import ManualClock
from havklo.errors import ConfigurationError
from havklo.testing import Simulator, pass_time


@pytest.mark.parametrize(("seconds", "step"), [(1.0, 0.05), (0.01, 0.05), (0.7, 0.3), (60.0, 1.0)])
async def test_as_much_as_was_asked_for(seconds: float, step: float) -> None:
    """Whatever the step, the whole time passes."""
    clock = ManualClock()
    begin = clock.now()
    await pass_time(Simulator(1, clock=clock, rate=0), seconds, step=step)
    assert clock.now() - begin == pytest.approx(seconds * 1e9, abs=100)


async def test_time_that_can_not_be_moved() -> None:
    """Neither a clock that runs by itself nor a step of nothing will do."""
    with pytest.raises(ConfigurationError, match="passes by itself"):
        await pass_time(Simulator(1), 1.0)
    with pytest.raises(ConfigurationError, match="a step is above 0, not 0"):
        await pass_time(Simulator(1, clock=ManualClock()), 1.0, step=0)
