"""What the tests of studies share: shadow orders with known fates, and one short study of a simulated market."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from havklo.study import QueueReport, Simulated, study
from havklo.study.contest import MODELS
from havklo.study.shadows import Said, Shadow

SECOND = 1_000_000_000


@pytest.fixture(scope="session")
def report() -> QueueReport:
    """Two minutes of a simulated market."""
    return study(Simulated(2, seed=3, depth=10), within=[5, 1])


@pytest.fixture(scope="session")
def shadow() -> Callable[..., Shadow]:
    """Make a shadow order that was placed at a second, and what was said of it."""

    def make(second: float, *, filled_after: float | None = None, ahead: float = 1.0, **said: float) -> Shadow:
        placed = round(second * SECOND)
        options: dict[str, Any] = {"calibrated": False}
        return Shadow(
            side="bid",
            price=Decimal(100),
            level=0,
            placed_ns=placed,
            ahead=set(),
            orders_ahead=1,
            qty_ahead=ahead,
            said={(1.0, name): Said(p=said.get(name, 0.5), **options) for name in MODELS},
            no_cancels={1.0: said.get("no_cancels", 0.25)},
            filled_ns=None if filled_after is None else placed + round(filled_after * SECOND),
        )

    return make
