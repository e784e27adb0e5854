"""How an event is made to happen."""

from typing import Any

import pytest

from havklo.sim.flow import CALM
from havklo.sim.scenario import Event, perform
from havklo.sim.scenario.events import Announcement, Crash, FaultOrder, RegimeChange, StatusChange, SystemChange


class Notes:
    """A stage that writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> None:
            self.calls.append((name, *arguments, options) if options else (name, *arguments))

        return call


TOLD: list[tuple[Event, tuple[Any, ...]]] = [
    (RegimeChange(at=1, regime=CALM), ("set_regime", None, CALM)),
    (RegimeChange(at=1, regime=CALM, symbol="BTC/USD"), ("set_regime", "BTC/USD", CALM)),
    (Crash(at=1, symbol="BTC/USD", fraction=0.1), ("crash", "BTC/USD", 0.1)),
    (FaultOrder(at=1, kind="drop"), ("inject", "drop", None, 1)),
    (
        FaultOrder(at=1, kind="delay", symbol="BTC/USD", count=2, options={"seconds": 0.5}),
        ("inject", "delay", "BTC/USD", 2, {"seconds": 0.5}),
    ),
    (SystemChange(at=1, system="maintenance"), ("set_system", "maintenance")),
    (StatusChange(at=1, symbol="BTC/USD", status="cancel_only"), ("set_status", "BTC/USD", "cancel_only")),
    (Announcement(at=1, phase="announced", starts_in=60, lasts=9), ("announce", "announced", 60, 9)),
    (Announcement(at=1, phase=None), ("announce", None, 0.0, 0.0)),
]


@pytest.mark.parametrize(("event", "call"), TOLD)
def test_one_call_per_event(event: Event, call: tuple[Any, ...]) -> None:
    """Each event is one call on the stage."""
    notes = Notes()
    perform(event, notes)
    assert notes.calls == [call]
